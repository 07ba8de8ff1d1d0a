"""Which URLconf counts where none is chosen: that of the settings, or an application's own."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from weakref import ref

from fastjango.core.conf import settings

__all__ = ["UrlPatterns", "announce", "get_default_urlconf", "serve_from"]

_serving: ContextVar[Any] = ContextVar("fastjango_serving", default=None)

#: The patterns of the youngest application that was made with `urlpatterns`: an entry or none.
_youngest: list[Callable[[], Any]] = []


class UrlPatterns(list[object]):
    """The patterns of an application; `reverse()` finds them while no `ROOT_URLCONF` is set."""

    __slots__ = ("__weakref__",)


def announce(patterns: UrlPatterns) -> None:
    """Make the patterns of an application those that `reverse()` uses without a `ROOT_URLCONF`.

    During a request the patterns of the application that answers it come first (`serve_from()`).
    """
    _youngest[:] = [ref(patterns)]


def serve_from(patterns: UrlPatterns) -> None:
    """Note whose patterns a request is answered from, in the present context."""
    _serving.set(patterns)


def get_default_urlconf() -> Any:
    """Return the URLconf where none is chosen: `ROOT_URLCONF`, else an application's own patterns.

    `None` if there is neither.
    """
    urlconf: Any = settings.ROOT_URLCONF
    if urlconf:
        return urlconf
    found = _serving.get()
    if found is None and _youngest:
        found = _youngest[0]()
    return urlconf if found is None else found
