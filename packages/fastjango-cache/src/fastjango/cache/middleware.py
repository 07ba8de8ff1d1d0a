"""Middleware that keeps pages in a cache and answers from there.

`UpdateCacheMiddleware` goes first in `MIDDLEWARE`, `FetchFromCacheMiddleware` last: so a page is
stored after everything else has had its hand in it, and looked up with everything known that it
depends on. Pages that answer GET with 200, are not streamed and neither private nor tied to a
cookie are kept, as long as their `max-age` says or `CACHE_MIDDLEWARE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastjango.cache.backends.base import BaseCache
from fastjango.cache.handler import DEFAULT_CACHE_ALIAS, caches
from fastjango.cache.pages import (
    aget_cache_key,
    alearn_cache_key,
    get_cache_key,
    learn_cache_key,
)
from fastjango.core import settings
from fastjango.http.cache_control import (
    get_max_age,
    has_vary_header,
    patch_response_headers,
    patch_vary_headers,
)
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.values.http import parse_http_date_safe, split_header_value

__all__ = ["CacheMiddleware", "FetchFromCacheMiddleware", "UpdateCacheMiddleware"]

_NOT_SHARED = frozenset({"private", "no-cache", "no-store"})
_storing: set[asyncio.Task[None]] = set()


def _directives(response: Any) -> set[str]:
    """Return the names of the directives of Cache-Control, without their values."""
    parts = split_header_value(response.get("Cache-Control", ""))
    return {part.partition("=")[0].strip().lower() for part in parts}


def _is_late(response: Any) -> bool:
    """Whether a response is rendered after middleware has seen it."""
    return callable(getattr(response, "render", None))


class _CachedMiddleware(MiddlewareMixin):
    """What both halves share; around asynchronous views the caches' own twins are used."""

    key_prefix: str
    cache_alias: str

    @property
    def cache(self) -> BaseCache:
        """The cache that keeps the pages."""
        return caches[self.cache_alias]

    async def __acall__(self, request: Any) -> Any:
        before = getattr(self, "aprocess_request", None)
        after = getattr(self, "aprocess_response", None)
        response = None if before is None else await before(request)
        if response is None:
            response = await self.get_response(request)
        return response if after is None else await after(request, response)


class UpdateCacheMiddleware(_CachedMiddleware):
    """Stores pages; the first of `MIDDLEWARE`.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#the-per-site-cache
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.cache_timeout: float | None = settings.CACHE_MIDDLEWARE_SECONDS
        self.page_timeout: float | None = None
        self.key_prefix = settings.CACHE_MIDDLEWARE_KEY_PREFIX
        self.cache_alias = settings.CACHE_MIDDLEWARE_ALIAS

    def _should_update_cache(self, request: Any, response: Any) -> bool:
        return bool(getattr(request, "_cache_update_cache", False))

    def _timeout(self, request: Any, response: Any) -> float | None:
        """Write the headers of a page that may be kept; return for how long, `None` if not."""
        if not self._should_update_cache(request, response):
            return None
        if response.streaming or response.status_code not in (200, 304):
            return None
        if response.cookies and has_vary_header(response, "Cookie"):
            return None  # it is somebody's own
        directives = _directives(response)
        if directives & _NOT_SHARED or has_vary_header(response, "*"):
            return None
        timeout = self.page_timeout
        if timeout is None:
            timeout = get_max_age(response)
            if timeout is None:
                timeout = self.cache_timeout
            elif timeout == 0:
                return None
        patch_response_headers(response, timeout)
        if request.headers.get("Authorization") and "public" not in directives:
            # What somebody proved to be is not for others (RFC 9111, 3.5).
            patch_vary_headers(response, ("Authorization",))
        return timeout if timeout and response.status_code == 200 else None

    def process_response(self, request: Any, response: Any) -> Any:
        """Store a page that may be kept."""
        timeout = self._timeout(request, response)
        if timeout is None:
            return response
        key = learn_cache_key(request, response, timeout, self.key_prefix, cache=self.cache)
        if _is_late(response):

            def keep(page: Any) -> None:
                self.cache.set(key, page, timeout)

            response.add_post_render_callback(keep)
        else:
            self.cache.set(key, response, timeout)
        return response

    async def aprocess_response(self, request: Any, response: Any) -> Any:
        """Asynchronous twin of `process_response`."""
        timeout = self._timeout(request, response)
        if timeout is None:
            return response
        key = await alearn_cache_key(request, response, timeout, self.key_prefix, cache=self.cache)
        if _is_late(response):

            def keep(page: Any) -> None:
                self._store(key, page, timeout)

            response.add_post_render_callback(keep)
        else:
            await self.cache.aset(key, response, timeout)
        return response

    def _store(self, key: str, page: Any, timeout: float) -> None:
        """Store a page from a callback, which cannot wait, beside the loop's other work."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.cache.set(key, page, timeout)
            return
        task = loop.create_task(self.cache.aset(key, page, timeout))
        _storing.add(task)  # the loop itself would let it be collected
        task.add_done_callback(_storing.discard)


class FetchFromCacheMiddleware(_CachedMiddleware):
    """Answers with pages that are kept; the last of `MIDDLEWARE`.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#the-per-site-cache
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.key_prefix = settings.CACHE_MIDDLEWARE_KEY_PREFIX
        self.cache_alias = settings.CACHE_MIDDLEWARE_ALIAS

    @staticmethod
    def _is_readable(request: Any) -> bool:
        return request.method in ("GET", "HEAD")

    @staticmethod
    def _answer(request: Any, response: Any) -> Any:
        """Say how old a page is, and that it need not be stored again."""
        request._cache_update_cache = response is None
        if response is None:
            return None
        max_age = get_max_age(response)
        expires = parse_http_date_safe(response.get("Expires", ""))
        if max_age is not None and expires is not None:
            remaining = expires - int(time.time())
            # A clock that was set back makes no page older than 0.
            response["Age"] = max(0, max_age - remaining)
        return response

    def process_request(self, request: Any) -> Any:
        """Return the page that is kept for a request, or `None`."""
        if not self._is_readable(request):
            request._cache_update_cache = False
            return None
        key = get_cache_key(request, self.key_prefix, "GET", cache=self.cache)
        if key is None:
            return self._answer(request, None)
        response = self.cache.get(key)
        if response is None and request.method == "HEAD":
            key = get_cache_key(request, self.key_prefix, "HEAD", cache=self.cache)
            response = self.cache.get(key)
        return self._answer(request, response)

    async def aprocess_request(self, request: Any) -> Any:
        """Asynchronous twin of `process_request`."""
        if not self._is_readable(request):
            request._cache_update_cache = False
            return None
        key = await aget_cache_key(request, self.key_prefix, "GET", cache=self.cache)
        if key is None:
            return self._answer(request, None)
        response = await self.cache.aget(key)
        if response is None and request.method == "HEAD":
            key = await aget_cache_key(request, self.key_prefix, "HEAD", cache=self.cache)
            response = await self.cache.aget(key)
        return self._answer(request, response)


class CacheMiddleware(UpdateCacheMiddleware, FetchFromCacheMiddleware):
    """Both halves in one, for sites where nothing else of the chain matters to the key.

    Args:
        get_response: The next middleware, or the view.
        cache_timeout: Seconds for pages that do not say; `CACHE_MIDDLEWARE_SECONDS` by default.
        page_timeout: Seconds for all pages, whatever they say.
        kwargs: `key_prefix` and `cache_alias`, those of the settings if left out.
    """

    def __init__(
        self,
        get_response: Any,
        cache_timeout: float | None = None,
        page_timeout: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(get_response)
        # None stands for the plain default, not for what the settings say.
        if "key_prefix" in kwargs:
            self.key_prefix = kwargs["key_prefix"] or ""
        if "cache_alias" in kwargs:
            self.cache_alias = kwargs["cache_alias"] or DEFAULT_CACHE_ALIAS
        if cache_timeout is not None:
            self.cache_timeout = cache_timeout
        self.page_timeout = page_timeout
