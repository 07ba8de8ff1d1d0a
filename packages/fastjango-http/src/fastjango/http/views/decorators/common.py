"""Decorators for the common middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.http.views.decorators.wrapping import mark_view

__all__ = ["no_append_slash"]

F = TypeVar("F", bound=Callable[..., Any])


def no_append_slash(view_func: F) -> F:
    """Exclude a view from the redirects of `APPEND_SLASH`."""
    return mark_view(view_func, should_append_slash=False)
