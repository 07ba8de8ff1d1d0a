"""Whole pages, kept in a cache: their keys, and the decorator behind `cache_page()`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from hashlib import md5
from typing import Any

from fastjango.cache.backends.base import BaseCache
from fastjango.cache.handler import caches
from fastjango.core import settings
from fastjango.core.timezone import get_current_timezone_name
from fastjango.core.translation import get_language
from fastjango.values.decorators import iscoroutinefunction
from fastjango.values.http import split_header_value

__all__ = ["aget_cache_key", "alearn_cache_key", "get_cache_key", "learn_cache_key"]

_PAGE = "views.decorators.cache.cache_page"
_HEADERS = "views.decorators.cache.cache_header"


def _localized(request: Any, key: str) -> str:
    """Add the language and time zone that a page is written for."""
    if settings.USE_I18N:
        key += f".{getattr(request, 'LANGUAGE_CODE', get_language())}"
    if settings.USE_TZ:
        key += f".{get_current_timezone_name()}"
    return key


def _url_digest(request: Any) -> str:
    url: str = request.build_absolute_uri()
    return md5(url.encode("ascii"), usedforsecurity=False).hexdigest()


def _page_key(request: Any, method: str, headers: Iterable[str], key_prefix: str) -> str:
    digest = md5(usedforsecurity=False)
    for name in headers:
        value = request.META.get(name)
        if value is None:
            # A header that is absent is not one that is empty (RFC 9111, 4.1); with lengths
            # before the values, no value looks like this mark.
            digest.update(b"-,")
            continue
        data = value.encode()
        digest.update(b"%d:%s," % (len(data), data))
    url = _url_digest(request)
    return _localized(request, f"{_PAGE}.{key_prefix}.{method}.{url}.{digest.hexdigest()}")


def _headers_key(key_prefix: str, request: Any) -> str:
    return _localized(request, f"{_HEADERS}.{key_prefix}.{_url_digest(request)}")


def _prefix(key_prefix: str | None) -> str:
    return str(settings.CACHE_MIDDLEWARE_KEY_PREFIX if key_prefix is None else key_prefix)


def _cache(cache: BaseCache | None) -> BaseCache:
    return caches[settings.CACHE_MIDDLEWARE_ALIAS] if cache is None else cache


def _varied(response: Any) -> list[str]:
    """Return which request headers a response depends on, under the names of CGI."""
    if not response.has_header("Vary"):
        return []
    names = [
        name.upper().replace("-", "_") for name in split_header_value(response.headers["Vary"])
    ]
    if settings.USE_I18N:
        # The language itself is in the key.
        names = [name for name in names if name != "ACCEPT_LANGUAGE"]
    return sorted("HTTP_" + name for name in names)


def get_cache_key(
    request: Any,
    key_prefix: str | None = None,
    method: str = "GET",
    cache: BaseCache | None = None,
) -> str | None:
    """Return the key of the page that answers a request; `None` if none has been kept.

    Args:
        request: The request.
        key_prefix: What the key begins with; `CACHE_MIDDLEWARE_KEY_PREFIX` by default.
        method: Method of the page.
        cache: The cache; that of `CACHE_MIDDLEWARE_ALIAS` by default.
    """
    prefix = _prefix(key_prefix)
    headers = _cache(cache).get(_headers_key(prefix, request))
    return None if headers is None else _page_key(request, method, headers, prefix)


async def aget_cache_key(
    request: Any,
    key_prefix: str | None = None,
    method: str = "GET",
    cache: BaseCache | None = None,
) -> str | None:
    """Asynchronous twin of `get_cache_key`."""
    prefix = _prefix(key_prefix)
    headers = await _cache(cache).aget(_headers_key(prefix, request))
    return None if headers is None else _page_key(request, method, headers, prefix)


def learn_cache_key(
    request: Any,
    response: Any,
    cache_timeout: float | None = None,
    key_prefix: str | None = None,
    cache: BaseCache | None = None,
) -> str:
    """Remember which headers a page depends on, and return its key.

    Args:
        request: The request.
        response: The page.
        cache_timeout: Seconds that it is remembered; `CACHE_MIDDLEWARE_SECONDS` by default.
        key_prefix: What the key begins with; `CACHE_MIDDLEWARE_KEY_PREFIX` by default.
        cache: The cache; that of `CACHE_MIDDLEWARE_ALIAS` by default.
    """
    prefix, headers = _prefix(key_prefix), _varied(response)
    timeout = settings.CACHE_MIDDLEWARE_SECONDS if cache_timeout is None else cache_timeout
    _cache(cache).set(_headers_key(prefix, request), headers, timeout)
    return _page_key(request, request.method, headers, prefix)


async def alearn_cache_key(
    request: Any,
    response: Any,
    cache_timeout: float | None = None,
    key_prefix: str | None = None,
    cache: BaseCache | None = None,
) -> str:
    """Asynchronous twin of `learn_cache_key`."""
    prefix, headers = _prefix(key_prefix), _varied(response)
    timeout = settings.CACHE_MIDDLEWARE_SECONDS if cache_timeout is None else cache_timeout
    await _cache(cache).aset(_headers_key(prefix, request), headers, timeout)
    return _page_key(request, request.method, headers, prefix)


def page_decorator(
    timeout: float | None, cache: str | None, key_prefix: str | None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the decorator behind `cache_page()`; the implementation of its hook."""
    from fastjango.cache.middleware import CacheMiddleware

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        # The middleware is used by its hooks; nothing goes through its call.
        middleware = CacheMiddleware(
            view, page_timeout=timeout, cache_alias=cache, key_prefix=key_prefix
        )
        if iscoroutinefunction(view):

            @functools.wraps(view)
            async def acached(request: Any, *args: Any, **kwargs: Any) -> Any:
                found = await middleware.aprocess_request(request)
                if found is not None:
                    return found
                response = await view(request, *args, **kwargs)
                return await middleware.aprocess_response(request, response)

            return acached

        @functools.wraps(view)
        def cached(request: Any, *args: Any, **kwargs: Any) -> Any:
            found = middleware.process_request(request)
            if found is not None:
                return found
            return middleware.process_response(request, view(request, *args, **kwargs))

        return cached

    return decorate
