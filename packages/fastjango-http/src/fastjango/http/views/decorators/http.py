"""Decorators for methods and preconditions."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from fastjango.core.timezone import is_aware, make_aware
from fastjango.http.cache_control import get_conditional_response
from fastjango.http.views._refusals import method_not_allowed
from fastjango.http.views.decorators.wrapping import (
    ViewDecorator,
    late_middleware_decorator,
    wrap_view,
)
from fastjango.values.http import http_date, quote_etag

__all__ = [
    "condition",
    "conditional_page",
    "etag",
    "last_modified",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
]

F = TypeVar("F", bound=Callable[..., Any])

conditional_page: Callable[[Callable[..., Any]], Any] = late_middleware_decorator(
    "fastjango.http.middleware.http", "ConditionalGetMiddleware"
)
conditional_page.__name__ = "conditional_page"
conditional_page.__doc__ = """Answer 304 for a page the client has already, by its ETag."""


def require_http_methods(request_method_list: Sequence[str]) -> Callable[[F], F]:
    """Answer 405 to all but some methods.

    A view in FastAPI style under `path()` is registered for exactly these methods.

    Args:
        request_method_list: The methods, in upper case.
    """

    def check(request: Any, _args: Any, _kwargs: Any) -> Any:
        if request.method in request_method_list:
            return None
        return method_not_allowed(request, request_method_list)

    def decorator(view: F) -> F:
        wrapped = wrap_view(view, before=check)
        wrapped.allowed_methods = _common(view, request_method_list)  # type: ignore[attr-defined]
        return wrapped

    return decorator


def _common(view: Any, methods: Sequence[str]) -> list[str]:
    """Return the methods that an inner decorator allows too."""
    inner: Collection[str] = getattr(view, "allowed_methods", methods)
    return [method for method in methods if method in inner]


require_GET: ViewDecorator = require_http_methods(["GET"])  # noqa: N816 - Django's name
require_GET.__doc__ = """Allow GET only."""

require_POST: ViewDecorator = require_http_methods(["POST"])  # noqa: N816 - Django's name
require_POST.__doc__ = """Allow POST only."""

require_safe: ViewDecorator = require_http_methods(["GET", "HEAD"])
require_safe.__doc__ = """Allow GET and HEAD only, which must not change anything."""


class _Conditions:
    """Computes ETag and date of a resource, and compares them with what the client has."""

    def __init__(
        self,
        etag_func: Callable[..., str | None] | None,
        last_modified_func: Callable[..., datetime.datetime | None] | None,
    ) -> None:
        self.etag_func = etag_func
        self.last_modified_func = last_modified_func

    def compute(
        self, request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str | None, int | None]:
        """Return the quoted ETag and the seconds since the epoch."""
        modified: int | None = None
        if self.last_modified_func is not None:
            moment = self.last_modified_func(request, *args, **kwargs)
            if moment:
                if not is_aware(moment):
                    moment = make_aware(moment, datetime.UTC)
                modified = int(moment.timestamp())
        tag = self.etag_func(request, *args, **kwargs) if self.etag_func is not None else None
        return (quote_etag(tag) if tag is not None else None), modified

    def wrap(self, view: F) -> F:
        """Return the view with the comparison before it and the headers after it."""
        # Computed before the view and needed after it; requests differ, so they carry it.
        attribute = f"_conditions_{id(self)}"

        def before(request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            tag, modified = self.compute(request, args, kwargs)
            setattr(request, attribute, (tag, modified))
            return get_conditional_response(request, etag=tag, last_modified=modified)

        def after(request: Any, response: Any) -> None:
            tag, modified = getattr(request, attribute)
            delattr(request, attribute)
            if request.method not in ("GET", "HEAD"):
                return
            if modified and "Last-Modified" not in response.headers:
                response.headers["Last-Modified"] = http_date(modified)
            if tag:
                response.headers.setdefault("ETag", tag)

        return wrap_view(view, before=before, after=after)


def condition(
    etag_func: Callable[..., str | None] | None = None,
    last_modified_func: Callable[..., datetime.datetime | None] | None = None,
) -> Callable[[F], F]:
    """Answer 304 or 412 by the request's preconditions, without calling the view.

    Args:
        etag_func: Gets the view's arguments and returns the resource's ETag, quoted or not, or
            `None` if there is no resource.
        last_modified_func: The same for the time it was last changed.
    """
    return _Conditions(etag_func, last_modified_func).wrap


def etag(etag_func: Callable[..., str | None]) -> Callable[[F], F]:
    """Do what `condition()` does, by ETag only."""
    return condition(etag_func=etag_func)


def last_modified(
    last_modified_func: Callable[..., datetime.datetime | None],
) -> Callable[[F], F]:
    """Do what `condition()` does, by the time of the last change only."""
    return condition(last_modified_func=last_modified_func)
