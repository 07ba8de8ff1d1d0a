"""Upload handlers: where the files of a form go while it is being read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastjango.core import settings
from fastjango.core.imports import import_string
from fastjango.http.uploads.files import File
from fastjango.http.uploads.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile

if TYPE_CHECKING:
    from fastjango.http.request import HttpRequest

__all__ = [
    "FileUploadHandler",
    "MemoryFileUploadHandler",
    "SkipFile",
    "StopFutureHandlers",
    "StopUpload",
    "TemporaryFileUploadHandler",
    "UploadFileException",
    "load_handler",
]


class UploadFileException(Exception):
    """Base of what upload handlers raise to steer an upload."""


class StopUpload(UploadFileException):
    """End the upload.

    Args:
        connection_reset: Whether to leave the rest of the body unread.
    """

    def __init__(self, connection_reset: bool = False) -> None:
        super().__init__(connection_reset)
        self.connection_reset = connection_reset

    def __str__(self) -> str:
        if self.connection_reset:
            return "StopUpload: Halt current upload."
        return "StopUpload: Consume request data, then halt."


class SkipFile(UploadFileException):
    """Leave this file out and go on with the next."""


class StopFutureHandlers(UploadFileException):
    """Take this file alone: the handlers after this one are not told about it."""


class FileUploadHandler:
    """Base of all upload handlers; a subclass provides the receiving and the finished file.

    Args:
        request: The request being read.
    """

    chunk_size: int = 64 * 2**10  # bytes

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.field_name: str | None = None
        self.file_name: str | None = None
        self.content_type: str | None = None
        self.content_length: int | None = None
        self.charset: str | None = None
        self.content_type_extra: Mapping[str, Any] | None = None
        self.request = request

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Take over the whole body.

        Args:
            input_data: A file-like object with the body.
            META: `request.META`.
            content_length: As claimed by the client, in bytes.
            boundary: The multipart boundary, without its two hyphens.
            encoding: The character set of the form.

        Returns:
            `None` to have the body parsed as usual, or POST and FILES.
        """
        return None

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a file. The length is a claim of the client, and often missing."""
        self.field_name = field_name
        self.file_name = file_name
        self.content_type = content_type
        self.content_length = content_length
        self.charset = charset
        self.content_type_extra = content_type_extra

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Take a piece of the file.

        Args:
            raw_data: The bytes.
            start: Their position in the file.

        Returns:
            Bytes for the next handler, or `None` to keep them from it.
        """
        raise NotImplementedError(
            "subclasses of FileUploadHandler must provide a receive_data_chunk() method"
        )

    def file_complete(self, file_size: int) -> File | None:
        """Finish the file; return an `UploadedFile`, or `None` to leave that to another handler.

        Args:
            file_size: Bytes received.
        """
        raise NotImplementedError(
            "subclasses of FileUploadHandler must provide a file_complete() method"
        )

    def upload_complete(self) -> Any:
        """Clean up after the whole form; a true result keeps later handlers from being told."""

    def upload_interrupted(self) -> None:
        """Clean up after a form that ended in the middle of a file."""


class TemporaryFileUploadHandler(FileUploadHandler):
    """Writes files to the temporary folder."""

    file: TemporaryUploadedFile

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a temporary file."""
        super().new_file(*args, **kwargs)
        self.file = TemporaryUploadedFile(
            self.file_name or "", self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Append to the temporary file."""
        self.file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> File | None:
        """Return the file, rewound."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        """Delete what has been written."""
        if "file" not in self.__dict__:
            return
        location = self.file.temporary_file_path()
        try:
            self.file.close()
            Path(location).unlink()
        except FileNotFoundError:
            pass


class MemoryFileUploadHandler(FileUploadHandler):
    """Keeps files in memory if the whole body is no larger than `FILE_UPLOAD_MAX_MEMORY_SIZE`."""

    activated: bool = False
    file: BytesIO

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Decide by the size of the body, measured where the stream allows it."""
        stream = getattr(input_data, "_stream", input_data)
        size: int | None = content_length
        try:
            size = stream.seek(0, os.SEEK_END)
        except (UnsupportedOperation, AttributeError):
            # What cannot be measured is limited by Content-Length already.
            pass
        else:
            stream.seek(0)
        self.activated = size is not None and size <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        return None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file in memory, if activated.

        Raises:
            StopFutureHandlers: The file is this handler's alone.
        """
        super().new_file(*args, **kwargs)
        if self.activated:
            self.file = BytesIO()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the bytes if activated, else pass them on."""
        if not self.activated:
            return raw_data
        self.file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> File | None:
        """Return the file if activated."""
        if not self.activated:
            return None
        self.file.seek(0)
        return InMemoryUploadedFile(
            file=self.file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def load_handler(path: str, *args: Any, **kwargs: Any) -> FileUploadHandler:
    """Import the handler class a dotted path names and make an instance of it."""
    return cast("FileUploadHandler", import_string(path)(*args, **kwargs))
