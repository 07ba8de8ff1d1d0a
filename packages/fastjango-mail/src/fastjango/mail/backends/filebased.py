"""A backend that writes messages to files."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastjango.core.conf import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.mail.backends.console import EmailBackend as ConsoleEmailBackend
from fastjango.mail.exceptions import InvalidMailer
from fastjango.mail.message import EmailMessage

__all__ = ["EmailBackend"]


class EmailBackend(ConsoleEmailBackend):
    """Writes messages to one file per connection; async callers wait for a thread.

    Args:
        fail_silently: Whether failures to write are passed over.
        file_path: The folder, made if it is missing; `EMAIL_FILE_PATH` outside of `MAILERS`.
        kwargs: `alias`.

    Raises:
        ImproperlyConfigured: There is no folder, or nothing can be written there.
    """

    def __init__(self, fail_silently: bool = False, file_path: Any = None, **kwargs: Any) -> None:
        self._fname: str | None = None
        super().__init__(fail_silently=fail_silently, **{**kwargs, "stream": None})
        if file_path is None and self.alias is None:
            file_path = getattr(settings, "EMAIL_FILE_PATH", None)
        if file_path is None:
            raise self._fault(
                "The EMAIL_FILE_PATH setting must be set to use the file EmailBackend.",
                "OPTIONS must define 'file_path'.",
            )
        self.file_path = os.path.abspath(file_path)  # noqa: PTH100 - as it is named, links kept
        self._make_folder()

    def _make_folder(self) -> None:
        path = self.file_path
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise self._fault(
                f"Path for saving email messages exists, but is not a directory: {path}",
                f"'file_path' is not a directory: {path}",
            ) from error
        except OSError as error:
            raise self._fault(
                f"Could not create directory for saving email messages: {path} ({error})",
                f"Could not create 'file_path': {path} ({error})",
            ) from error
        if not os.access(path, os.W_OK):
            raise self._fault(
                f"Could not write to directory: {path}", f"'file_path' is not writable: {path}"
            )

    def _fault(self, alone: str, named: str) -> ImproperlyConfigured:
        """Return the error, in the words for a backend with or without a name."""
        if self.alias is None:
            return ImproperlyConfigured(alone)
        return InvalidMailer(named, alias=self.alias)

    def write_message(self, message: EmailMessage) -> None:
        """Write one message and a line of hyphens."""
        self.stream.write(message.message().as_bytes() + b"\n" + b"-" * 79 + b"\n")

    def _get_filename(self) -> str:
        if self._fname is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
            self._fname = str(Path(self.file_path) / f"{stamp}-{uuid4().int}.log")
        return self._fname

    def open(self) -> bool:
        """Open the file; tell whether it was closed before."""
        if self.stream is not None:
            return False
        self.stream = Path(self._get_filename()).open("ab")  # noqa: SIM115 - closed by close()
        return True

    def close(self) -> None:
        """Close the file."""
        try:
            if self.stream is not None:
                self.stream.close()
        finally:
            self.stream = None
