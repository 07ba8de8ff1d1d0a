"""`BaseCache`: the interface of a cache, whatever keeps the values."""

from __future__ import annotations

import re
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from fastjango.cache.exceptions import (
    CacheKeyWarning,
    InvalidCacheBackendError,
    InvalidCacheKey,
)
from fastjango.core.imports import import_string

__all__ = [
    "DEFAULT_TIMEOUT",
    "MEMCACHE_MAX_KEY_LENGTH",
    "BaseCache",
    "CacheKeyWarning",
    "InvalidCacheBackendError",
    "InvalidCacheKey",
    "default_key_func",
    "get_key_func",
    "memcache_key_warnings",
    "options_of",
]

T = TypeVar("T")

DEFAULT_TIMEOUT: Any = object()
"""Stands for the timeout that the cache was configured with; `None` means for ever."""

MEMCACHE_MAX_KEY_LENGTH = 250  # characters

_TIMEOUT = 300  # seconds
_MAX_ENTRIES = 300
_CULL_FREQUENCY = 3
_BAD_FOR_MEMCACHED = re.compile(r"[\x00-\x20\x7f]")


def default_key_func(key: Any, key_prefix: str, version: Any) -> str:
    """Return what a key is stored under: prefix, version and key."""
    return f"{key_prefix}:{version}:{key}"


def get_key_func(key_func: Any) -> Callable[[Any, str, Any], str]:
    """Return the function that `KEY_FUNCTION` gives, or names by its path."""
    if key_func is None:
        return default_key_func
    found: Any = key_func if callable(key_func) else import_string(key_func)
    return found  # type: ignore[no-any-return]  # what a setting names


def memcache_key_warnings(key: str) -> Iterator[str]:
    """Say what memcached would not like about a key."""
    if len(key) > MEMCACHE_MAX_KEY_LENGTH:
        yield (
            f"Cache key will cause errors if used with memcached: {key!r} "
            f"(longer than {MEMCACHE_MAX_KEY_LENGTH})"
        )
    if _BAD_FOR_MEMCACHED.search(key):
        yield (
            f"Cache key contains characters that will cause errors if used with memcached: {key!r}"
        )


def options_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the `OPTIONS` of an entry of `CACHES`."""
    found: dict[str, Any] | None = params.get("OPTIONS")
    return dict(found) if found else {}


def _whole(value: Any, default: int) -> int:
    try:
        return int(value)
    except (ValueError, TypeError):
        return default


class BaseCache:
    """Values by key, each for a time.

    Every method that may have to wait has a twin whose name begins with `a`. A backend that is
    written without twins gets them by threads, one call at a time.

    Args:
        params: The entry of `CACHES` without backend and location.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#the-low-level-cache-api
    """

    _missing_key: ClassVar[Any] = object()

    def __init__(self, params: Mapping[str, Any]) -> None:
        timeout = params.get("timeout", params.get("TIMEOUT", _TIMEOUT))
        self.default_timeout: Any = None if timeout is None else _whole(timeout, _TIMEOUT)
        options = options_of(params)
        self._max_entries = _whole(
            params.get("max_entries", options.get("MAX_ENTRIES")), _MAX_ENTRIES
        )
        self._cull_frequency = _whole(
            params.get("cull_frequency", options.get("CULL_FREQUENCY")), _CULL_FREQUENCY
        )
        self.key_prefix: str = params.get("KEY_PREFIX", "")
        self.version: Any = params.get("VERSION", 1)
        self.key_func = get_key_func(params.get("KEY_FUNCTION"))
        self._one_at_a_time = threading.Lock()

    async def _in_thread(self, method: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a blocking method in a thread; a backend need not be thread-safe for that."""

        from fastjango.http.aio import run_in_thread  # scripts with a cache need no web layer

        def call() -> T:
            with self._one_at_a_time:
                return method(*args, **kwargs)

        return await run_in_thread(call)

    def _is_own(self, name: str) -> bool:
        """Tell whether a subclass has the synchronous method itself."""
        return getattr(type(self), name) is not getattr(BaseCache, name)

    # --- keys and times -----------------------------------------------------------------

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> Any:
        """Return when a value ends, in seconds since the epoch; `None` for never."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        elif timeout == 0:
            timeout = -1  # in the past, however coarse the clock
        return None if timeout is None else time.time() + timeout

    def make_key(self, key: Any, version: Any = None) -> str:
        """Return what a key is stored under."""
        return self.key_func(key, self.key_prefix, self.version if version is None else version)

    def validate_key(self, key: str) -> None:
        """Warn of a key that memcached would refuse, so that backends can be exchanged."""
        for warning in memcache_key_warnings(key):
            warnings.warn(warning, CacheKeyWarning, stacklevel=4)

    def make_and_validate_key(self, key: Any, version: Any = None) -> str:
        """Return what a key is stored under, after a look at it."""
        made = self.make_key(key, version=version)
        self.validate_key(made)
        return made

    # --- what backends do ---------------------------------------------------------------

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; tell whether it was stored."""
        raise NotImplementedError("subclasses of BaseCache must provide an add() method")

    async def aadd(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `add`; in a thread unless the backend has its own."""
        return await self._in_thread(self.add, key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        raise NotImplementedError("subclasses of BaseCache must provide a get() method")

    async def aget(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Asynchronous twin of `get`; in a thread unless the backend has its own."""
        return await self._in_thread(self.get, key, default, version)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value.

        Args:
            key: Its key.
            value: The value.
            timeout: Seconds that it is kept: `None` for ever, `0` not at all.
            version: Version of the key, that of the cache by default.
        """
        raise NotImplementedError("subclasses of BaseCache must provide a set() method")

    async def aset(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Asynchronous twin of `set`; in a thread unless the backend has its own."""
        await self._in_thread(self.set, key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        raise NotImplementedError("subclasses of BaseCache must provide a touch() method")

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Asynchronous twin of `touch`; in a thread unless the backend has its own."""
        return await self._in_thread(self.touch, key, timeout, version)

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        raise NotImplementedError("subclasses of BaseCache must provide a delete() method")

    async def adelete(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `delete`; in a thread unless the backend has its own."""
        return await self._in_thread(self.delete, key, version)

    def clear(self) -> Any:
        """Forget all values, those of other prefixes and versions too."""
        raise NotImplementedError("subclasses of BaseCache must provide a clear() method")

    async def aclear(self) -> Any:
        """Asynchronous twin of `clear`; in a thread unless the backend has its own."""
        return await self._in_thread(self.clear)

    def close(self, **kwargs: Any) -> None:
        """Give back what the cache holds for this thread; sent after every request."""

    async def aclose(self, **kwargs: Any) -> None:
        """Asynchronous twin of `close`."""
        if self._is_own("close"):
            await self._in_thread(self.close, **kwargs)

    # --- what follows from it -----------------------------------------------------------

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already; tell whether there was.

        In two steps where the backend has no better way: a value that is deleted in between
        comes back. Those of this distribution do it in one.
        """
        if not self.has_key(key, version=version):
            return False
        self.set(key, value, timeout, version=version)
        return True

    async def areplace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `replace`."""
        if self._is_own("replace"):
            return await self._in_thread(self.replace, key, value, timeout, version)
        if not await self.ahas_key(key, version=version):
            return False
        await self.aset(key, value, timeout, version=version)
        return True

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Return the values that there are, by key."""
        found: dict[Any, Any] = {}
        for key in keys:
            value = self.get(key, self._missing_key, version=version)
            if value is not self._missing_key:
                found[key] = value
        return found

    async def aget_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Asynchronous twin of `get_many`."""
        if self._is_own("get_many"):
            return await self._in_thread(self.get_many, keys, version=version)
        found: dict[Any, Any] = {}
        for key in keys:
            value = await self.aget(key, self._missing_key, version=version)
            if value is not self._missing_key:
                found[key] = value
        return found

    def get_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> Any:
        """Return a value, after storing `default` (or what it returns) if there is none.

        Of several callers at once, all get the value of the first that stored one.
        """
        value = self.get(key, self._missing_key, version=version)
        if value is self._missing_key:
            value = default() if callable(default) else default
            self.add(key, value, timeout=timeout, version=version)
            return self.get(key, value, version=version)
        return value

    async def aget_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> Any:
        """Asynchronous twin of `get_or_set`; `default` may be a coroutine function."""
        if self._is_own("get_or_set"):
            return await self._in_thread(
                self.get_or_set, key, default, timeout=timeout, version=version
            )
        value = await self.aget(key, self._missing_key, version=version)
        if value is self._missing_key:
            made: Any = default() if callable(default) else default
            value = await made if hasattr(made, "__await__") else made
            await self.aadd(key, value, timeout=timeout, version=version)
            return await self.aget(key, value, version=version)
        return value

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        return self.get(key, self._missing_key, version=version) is not self._missing_key

    async def ahas_key(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `has_key`."""
        if self._is_own("has_key"):
            return await self._in_thread(self.has_key, key, version=version)
        return await self.aget(key, self._missing_key, version=version) is not self._missing_key

    def __contains__(self, key: object) -> bool:
        # Not an alias: a subclass may override has_key().
        return self.has_key(key)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Add to a value and return the sum.

        Raises:
            ValueError: There is no value.
        """
        value = self.get(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        self.set(key, value + delta, version=version)
        return value + delta

    async def aincr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr`."""
        if self._is_own("incr"):
            return await self._in_thread(self.incr, key, delta=delta, version=version)
        value = await self.aget(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        await self.aset(key, value + delta, version=version)
        return value + delta

    def decr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Subtract from a value and return the difference.

        Raises:
            ValueError: There is no value.
        """
        return self.incr(key, -delta, version=version)

    async def adecr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `decr`."""
        return await self.aincr(key, -delta, version=version)

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values; return the keys of those that could not be stored."""
        for key, value in data.items():
            self.set(key, value, timeout=timeout, version=version)
        return []

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Asynchronous twin of `set_many`."""
        if self._is_own("set_many"):
            return await self._in_thread(self.set_many, data, timeout=timeout, version=version)
        for key, value in data.items():
            await self.aset(key, value, timeout=timeout, version=version)
        return []

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Forget several values."""
        for key in keys:
            self.delete(key, version=version)

    async def adelete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Asynchronous twin of `delete_many`."""
        if self._is_own("delete_many"):
            await self._in_thread(self.delete_many, keys, version=version)
            return
        for key in keys:
            await self.adelete(key, version=version)

    def incr_version(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Move a value to another version of its key, and return that.

        Raises:
            ValueError: There is no value.
        """
        version = self.version if version is None else version
        value = self.get(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        self.set(key, value, version=version + delta)
        self.delete(key, version=version)
        return version + delta

    async def aincr_version(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr_version`."""
        if self._is_own("incr_version"):
            return await self._in_thread(self.incr_version, key, delta=delta, version=version)
        version = self.version if version is None else version
        value = await self.aget(key, self._missing_key, version=version)
        if value is self._missing_key:
            raise ValueError(f"Key '{key}' not found")
        await self.aset(key, value, version=version + delta)
        await self.adelete(key, version=version)
        return version + delta

    def decr_version(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Move a value to an earlier version of its key, and return that."""
        return self.incr_version(key, -delta, version)

    async def adecr_version(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `decr_version`."""
        return await self.aincr_version(key, -delta, version)
