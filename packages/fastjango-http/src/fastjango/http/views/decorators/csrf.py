"""Decorators for the protection against forged requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.http.views.decorators.wrapping import late_middleware_decorator, mark_view

__all__ = ["csrf_exempt", "csrf_protect", "ensure_csrf_cookie", "requires_csrf_token"]

F = TypeVar("F", bound=Callable[..., Any])

_MODULE = "fastjango.http.middleware.csrf"

csrf_protect: Callable[[Callable[..., Any]], Any] = late_middleware_decorator(
    _MODULE, "CsrfViewMiddleware"
)
csrf_protect.__name__ = "csrf_protect"
csrf_protect.__doc__ = """Protect one view as the middleware does; doing both is harmless."""

requires_csrf_token: Callable[[Callable[..., Any]], Any] = late_middleware_decorator(
    _MODULE, "EnsureCsrfToken"
)
requires_csrf_token.__name__ = "requires_csrf_token"
requires_csrf_token.__doc__ = """Give a view a correct token without refusing requests."""

ensure_csrf_cookie: Callable[[Callable[..., Any]], Any] = late_middleware_decorator(
    _MODULE, "EnsureCsrfCookie"
)
ensure_csrf_cookie.__name__ = "ensure_csrf_cookie"
ensure_csrf_cookie.__doc__ = """Make a view send the CSRF cookie, even if its page has no form."""


def csrf_exempt(view_func: F) -> F:
    """Exempt a view from the protection; it has to guard itself against forged requests."""
    return mark_view(view_func, csrf_exempt=True)
