"""Decorators for X-Frame-Options, which overrule the setting for one view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.http.views.decorators.wrapping import mark_response, wrap_view

__all__ = ["xframe_options_deny", "xframe_options_exempt", "xframe_options_sameorigin"]

F = TypeVar("F", bound=Callable[..., Any])


def _set_default(value: str) -> Callable[[Any, Any], None]:
    def after(request: Any, response: Any) -> None:
        if response.headers.get("X-Frame-Options") is None:
            response.headers["X-Frame-Options"] = value

    return after


def xframe_options_deny(view_func: F) -> F:
    """Forbid framing a view's pages anywhere, unless it has set the header itself."""
    return wrap_view(view_func, after=_set_default("DENY"))


def xframe_options_sameorigin(view_func: F) -> F:
    """Allow framing a view's pages within the site only, unless it has set the header itself."""
    return wrap_view(view_func, after=_set_default("SAMEORIGIN"))


def xframe_options_exempt(view_func: F) -> F:
    """Keep the middleware from setting X-Frame-Options on a view's responses."""
    return wrap_view(
        view_func,
        after=lambda request, response: mark_response(
            request, response, "xframe_options_exempt", True
        ),
    )
