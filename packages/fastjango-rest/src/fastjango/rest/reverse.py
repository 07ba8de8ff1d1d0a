"""`reverse()` for APIs: full addresses that keep version and format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.core.functional import lazy
from fastjango.http.exceptions import NoReverseMatch
from fastjango.http.urls import reverse as http_reverse
from fastjango.rest._addresses import replace_query_param
from fastjango.rest.settings import api_settings

__all__ = ["preserve_builtin_query_params", "reverse", "reverse_lazy"]


def preserve_builtin_query_params(url: str, request: Any = None) -> str:
    """Return an address with the `?format=` of the request."""
    name = api_settings.URL_FORMAT_OVERRIDE
    if request is not None and name and name in request.GET:
        return replace_query_param(url, name, request.GET[name])
    return url


def plain_reverse(
    viewname: str,
    args: Any = None,
    kwargs: Any = None,
    request: Any = None,
    format: str | None = None,
    **extra: Any,
) -> str:
    """Return the address of a view, with scheme and host if there is a request."""
    if format is not None:
        given: dict[str, Any] = kwargs or {}
        kwargs = {**given, "format": format}
    url = str(http_reverse(viewname, args=args, kwargs=kwargs, **extra))
    return str(request.build_absolute_uri(url)) if request is not None else url


def reverse(
    viewname: str,
    args: Any = None,
    kwargs: Any = None,
    request: Any = None,
    format: str | None = None,
    **extra: Any,
) -> str:
    """Return the address of a view as the versioning scheme of the request wants it.

    Args:
        viewname: The name of the pattern.
        args: Positional arguments.
        kwargs: Arguments by name.
        request: The request; with it the address has scheme and host.
        format: A format suffix.
        extra: What `fastjango.http.reverse()` takes.

    Raises:
        NoReverseMatch: There is no such pattern.
    """
    scheme = getattr(request, "versioning_scheme", None)
    url: str | None = None
    if scheme is not None:
        try:
            url = scheme.reverse(viewname, args, kwargs, request, format, **extra)
        except NoReverseMatch:
            # Patterns outside of the versions.
            url = None
    if url is None:
        url = plain_reverse(viewname, args, kwargs, request, format, **extra)
    return preserve_builtin_query_params(url, request)


reverse_lazy: Callable[..., Any] = lazy(reverse, str)
"""`reverse()` that is worked out when the text is needed."""
