"""Decorators for the Vary header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.http.cache_control import patch_vary_headers
from fastjango.http.views.decorators.wrapping import ViewDecorator, wrap_view

__all__ = ["vary_on_cookie", "vary_on_headers"]

F = TypeVar("F", bound=Callable[..., Any])


def vary_on_headers(*headers: str) -> Callable[[F], F]:
    """Tell caches that a view's responses depend on request headers.

    Args:
        headers: Their names.
    """

    def decorator(view: F) -> F:
        return wrap_view(
            view, after=lambda _request, response: patch_vary_headers(response, headers)
        )

    return decorator


vary_on_cookie: ViewDecorator = vary_on_headers("Cookie")
vary_on_cookie.__doc__ = """Tell caches that a view's responses depend on cookies."""
