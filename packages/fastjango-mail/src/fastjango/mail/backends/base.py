"""What every email backend is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fastjango.mail.exceptions import InvalidMailer

if TYPE_CHECKING:
    from fastjango.mail.message import EmailMessage

__all__ = ["BaseEmailBackend"]


class BaseEmailBackend:
    """Base of email backends, which override `send_messages()` and `asend_messages()` at least.

    Used in a `with` or `async with` block, a backend keeps one connection for all it sends.

    Args:
        fail_silently: Whether failures to send are passed over.
        alias: The backend's name in `MAILERS`, `None` without.
        kwargs: Options that no subclass has taken.

    Raises:
        InvalidMailer: There are such options.
    """

    def __init__(
        self, fail_silently: bool = False, *, alias: str | None = None, **kwargs: Any
    ) -> None:
        self.alias = alias
        self.fail_silently = fail_silently
        if kwargs:
            names = ", ".join(repr(name) for name in kwargs)
            raise InvalidMailer(f"Unknown options {names}.", alias=alias)

    def open(self) -> bool | None:
        """Open a connection, if the backend has such.

        Returns:
            Whether there was none before; `None` if it failed silently.
        """
        return None

    async def aopen(self) -> bool | None:
        """Do what `open()` does; in a thread for backends that have no own version."""
        return await asyncio.to_thread(self.open)

    def close(self) -> None:
        """Close the connection, if there is one."""

    async def aclose(self) -> None:
        """Do what `close()` does; in a thread for backends that have no own version."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        try:
            self.open()
        except Exception:
            self.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        try:
            await self.aopen()
        except Exception:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int | None:
        """Send messages and return how many were sent."""
        raise NotImplementedError(
            "subclasses of BaseEmailBackend must override send_messages() method"
        )

    async def asend_messages(self, email_messages: Iterable[EmailMessage]) -> int | None:
        """Do what `send_messages()` does; in a thread for backends that have no own version."""
        return await asyncio.to_thread(self.send_messages, email_messages)
