"""`RequestIdMiddleware`: a name for every request, in its log records and in its response."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from typing import Any

from .exchange import Exchange
from .layer import Layer

__all__ = ["RequestIdFilter", "RequestIdMiddleware", "get_request_id"]

_current: ContextVar[str | None] = ContextVar("fastjango_request_id", default=None)

#: What is taken over from a proxy: at most 128 characters that can break no log line.
_SAFE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")


class _Pool:
    """Random names, cut from one large draw: a call to the system for each costs more than it."""

    def __init__(self) -> None:
        self._names: list[str] = []
        # A forked process must not hand out its parent's names.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._names.clear)

    def take(self) -> str:
        """Return 32 random hexadecimal digits."""
        try:
            return self._names.pop()
        except IndexError:
            drawn = os.urandom(16 * 256).hex()
            self._names.extend(drawn[at : at + 32] for at in range(32, len(drawn), 32))
            return drawn[:32]


_pool = _Pool()


def get_request_id() -> str | None:
    """The name of the present request, `None` outside of one."""
    return _current.get()


class RequestIdMiddleware(Layer):
    """Takes `X-Request-ID` from the request, or makes one, and sends it with the response.

    The name is in `request.id`, in `get_request_id()` and, by `RequestIdFilter`, in log records.
    """

    def process_request(self, exchange: Exchange) -> None:
        given = None
        for key, value in exchange.scope["headers"]:
            if key == b"x-request-id":
                given = value
                break
        name = given.decode() if given and _SAFE.fullmatch(given) else _pool.take()
        exchange.scope["fastjango.request_id"] = name
        _current.set(name)

    def process_response(self, exchange: Exchange) -> None:
        name: str | None = exchange.scope.get("fastjango.request_id")
        if name is not None:
            exchange.setdefault_header(b"x-request-id", name.encode())


class RequestIdFilter:
    """A logging filter that gives every record a `request_id` (`-` outside of a request)."""

    def filter(self, record: Any) -> bool:
        """Add the name; let every record pass."""
        record.request_id = _current.get() or "-"
        return True
