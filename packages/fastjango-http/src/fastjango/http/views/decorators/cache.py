"""Decorators for caches: Cache-Control, and pages kept on the server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.cache_control import add_never_cache_headers, patch_cache_control
from fastjango.http.hooks import page_cache
from fastjango.http.views.decorators.wrapping import wrap_view
from fastjango.values.decorators import iscoroutinefunction, markcoroutinefunction

__all__ = ["cache_control", "cache_page", "never_cache"]

F = TypeVar("F", bound=Callable[..., Any])


def _check_request(request: Any, decorator_name: str) -> None:
    if not hasattr(request, "META"):
        raise TypeError(
            f"{decorator_name} didn't receive an HttpRequest. If you are decorating a "
            "classmethod, be sure to use @method_decorator."
        )


def cache_page(
    timeout: float | None, *, cache: str | None = None, key_prefix: str | None = None
) -> Callable[[F], F]:
    """Keep a view's pages on the server and answer from there.

    The caching is the cache distribution's, by the hook `page_cache`; it is looked up when the
    view is called first.

    Args:
        timeout: Seconds a page is kept.
        cache: Alias of the cache.
        key_prefix: What the keys begin with.
    """

    def decorator(view: F) -> F:
        built: list[Callable[..., Any]] = []

        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if not built:
                found = page_cache.call(timeout, cache, key_prefix)
                if not found:
                    raise ImproperlyConfigured(
                        "cache_page() needs a page cache, and none is registered. Install "
                        "fastjango-cache and list 'fastjango.cache' in INSTALLED_APPS."
                    )
                built.append(found[0](view))
            return built[0](*args, **kwargs)

        return cast("F", markcoroutinefunction(wrapper) if iscoroutinefunction(view) else wrapper)

    return decorator


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
