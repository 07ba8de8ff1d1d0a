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


#: Random names, cut from one large draw: a call to the system for each costs more than it.
_names: list[str] = []
if hasattr(os, "register_at_fork"):
    # A forked process must not hand out its parent's names.
    os.register_at_fork(after_in_child=_names.clear)


def take_name() -> str:
    """Return 32 random hexadecimal digits."""
    try:
        return _names.pop()
    except IndexError:
        drawn = os.urandom(16 * 256).hex()
        _names.extend(drawn[at : at + 32] for at in range(32, len(drawn), 32))
        return drawn[:32]


def get_request_id() -> str | None:
    """The name of the present request, `None` outside of one."""
    return _current.get()


class RequestIdMiddleware(Layer):
    """Takes `X-Request-ID` from the request, or makes one, and sends it with the response.

    The name is in `request.id`, in `get_request_id()` and, by `RequestIdFilter`, in log records.
    """

    def process_request(self, exchange: Exchange) -> None:
        scope = exchange.scope
        for key, value in scope["headers"]:
            if key == b"x-request-id":
                name = value.decode() if _SAFE.fullmatch(value) else take_name()
                break
        else:
            name = take_name()
        scope["fastjango.request_id"] = name
        _current.set(name)

    def process_response(self, exchange: Exchange) -> None:
        scope = exchange.scope
        if "fastjango.request_id" in scope:
            exchange.setdefault_header(b"x-request-id", scope["fastjango.request_id"].encode())


class RequestIdFilter:
    """A logging filter that gives every record a `request_id` (`-` outside of a request)."""

    def filter(self, record: Any) -> bool:
        """Add the name; let every record pass."""
        record.request_id = _current.get() or "-"
        return True
