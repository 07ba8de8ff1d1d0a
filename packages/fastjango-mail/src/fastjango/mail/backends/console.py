"""A backend that writes messages to a stream, the console's unless another is given."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from typing import Any

from fastjango.mail.backends.base import BaseEmailBackend
from fastjango.mail.message import EmailMessage

__all__ = ["EmailBackend"]


class EmailBackend(BaseEmailBackend):
    """Writes messages to `sys.stdout`.

    Args:
        fail_silently: Whether failures to write are passed over.
        kwargs: `stream`, another stream; `alias`.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        self.stream: Any = kwargs.pop("stream", sys.stdout)
        self._lock = threading.RLock()
        super().__init__(fail_silently=fail_silently, **kwargs)

    def write_message(self, message: EmailMessage) -> None:
        """Write one message and a line of hyphens."""
        msg = message.message()
        charset: Any = msg.get_charset()
        text = msg.as_bytes().decode(charset.get_output_charset() if charset else "utf-8")
        self.stream.write(f"{text}\n{'-' * 79}\n")

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int | None:
        """Write the messages, one thread at a time.

        Returns:
            How many were written; `None` if there are none.
        """
        if not email_messages:
            return None
        count = 0
        with self._lock:
            try:
                opened = self.open()
                for message in email_messages:
                    self.write_message(message)
                    self.stream.flush()
                    count += 1
                if opened:
                    self.close()
            except Exception:
                if not self.fail_silently:
                    raise
        return count
