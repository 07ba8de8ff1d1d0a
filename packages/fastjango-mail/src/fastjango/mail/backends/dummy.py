"""A backend that drops what it gets."""

from __future__ import annotations

from collections.abc import Iterable

from fastjango.mail.backends.base import BaseEmailBackend
from fastjango.mail.message import EmailMessage

__all__ = ["EmailBackend"]


class EmailBackend(BaseEmailBackend):
    """Sends nothing."""

    async def aopen(self) -> bool | None:
        """Do what `open()` does."""
        return self.open()

    async def aclose(self) -> None:
        """Do what `close()` does."""
        self.close()

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Return how many messages there are."""
        return len(list(email_messages))

    async def asend_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Do what `send_messages()` does."""
        return self.send_messages(email_messages)
