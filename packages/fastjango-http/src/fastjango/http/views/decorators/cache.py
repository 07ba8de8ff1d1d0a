"""Decorators for Cache-Control; caching pages on the server belongs to `fastjango.cache`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.http.cache_control import add_never_cache_headers, patch_cache_control
from fastjango.http.views.decorators.wrapping import wrap_view

__all__ = ["cache_control", "never_cache"]

F = TypeVar("F", bound=Callable[..., Any])


def _check_request(request: Any, decorator_name: str) -> None:
    if not hasattr(request, "META"):
        raise TypeError(
            f"{decorator_name} didn't receive an HttpRequest. If you are decorating a "
            "classmethod, be sure to use @method_decorator."
        )


def cache_control(**kwargs: Any) -> Callable[[F], F]:
    """Add directives to the Cache-Control header of a view's responses.

    Args:
        kwargs: What `patch_cache_control()` takes, for example `max_age=3600, public=True`.
    """

    def decorator(view: F) -> F:
        return wrap_view(
            view,
            before=lambda request, _args, _kwargs: _check_request(request, "cache_control"),
            after=lambda _request, response: patch_cache_control(response, **kwargs),
        )

    return decorator


def never_cache(view_func: F) -> F:
    """Keep a view's responses out of every cache."""
    return wrap_view(
        view_func,
        before=lambda request, _args, _kwargs: _check_request(request, "never_cache"),
        after=lambda _request, response: add_never_cache_headers(response),
    )
