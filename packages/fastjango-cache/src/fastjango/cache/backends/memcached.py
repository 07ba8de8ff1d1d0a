"""A cache on memcached, by emcache, in the format that Django's clients write."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import zlib
from collections.abc import Coroutine, Iterable, Mapping
from functools import cache as cached_function
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from fastjango.cache.backends.base import (
    DEFAULT_TIMEOUT,
    BaseCache,
    InvalidCacheKey,
    memcache_key_warnings,
    options_of,
)
from fastjango.cache.serializers import PickleSerializer, load_serializer
from fastjango.core.aio import guard_sync
from fastjango.core.exceptions import ImproperlyConfigured

__all__ = ["MemcachedCache", "PyLibMCCache", "PyMemcacheCache"]

T = TypeVar("T")

_BLOCKS = (
    "The memcached cache would block the event loop. Use the asynchronous method, such as aget()."
)
_DEFAULT_PORT = 11211
_LONGEST = 60 * 60 * 24 * 30  # seconds; more is a point in time to memcached

# What pymemcache and pylibmc note beside a value, so that both and this read each other's.
_PICKLE, _INTEGER, _LONG, _ZLIB, _TEXT = 1, 2, 4, 8, 16


@cached_function
def _background_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop, in a thread of its own, that synchronous code waits for."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="fastjango-memcached", daemon=True).start()
    return loop


def _library() -> Any:
    try:
        import emcache
    except ImportError as error:
        raise ImproperlyConfigured(
            "CACHES names the memcached cache, and the package 'emcache' is not installed. "
            "Install fastjango-cache[memcached]."
        ) from error
    return emcache


class _Clients:
    """The clients of one configuration, one for each event loop."""

    def __init__(self, servers: list[str], options: Mapping[str, Any]) -> None:
        self._library = _library()
        self.addresses = [self._address(server) for server in servers]
        self._options = options
        self._by_loop: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def _address(self, server: str) -> Any:
        if server.startswith(("unix:", "/")):
            return self._library.MemcachedUnixSocketPath(server.removeprefix("unix:"))
        host, _, port = server.strip().partition(":")
        return self._library.MemcachedHostAddress(host, int(port or _DEFAULT_PORT))

    async def get(self) -> Any:
        """Return the client of the running loop, connected at first use."""
        loop = asyncio.get_running_loop()
        making = self._by_loop.get(loop)
        if making is None:
            create = self._library.create_client(self.addresses, **self._options)
            making = self._by_loop[loop] = loop.create_task(create)
        try:
            return await asyncio.shield(making)
        except Exception:
            self._by_loop.pop(loop, None)
            raise

    async def aclose(self) -> None:
        """Close the client of the running loop."""
        making = self._by_loop.pop(asyncio.get_running_loop(), None)
        if making is not None:
            await (await making).close()


_clients: dict[str, _Clients] = {}


class MemcachedCache(BaseCache):
    """Keeps values in memcached.

    On an event loop the client works natively. Synchronous calls wait for the same client on an
    event loop that runs in a thread in the background. With one server, Django and this read each
    other's values; with several, they spread keys over them differently.

    Keys have at most 250 characters without spaces and controls, values by default 1 MiB: what
    is larger is not stored.

    Args:
        server: `host:port` or `unix:/path`, as a list or separated by commas or semicolons.
        params: The entry of `CACHES`; its `OPTIONS` are those of `emcache.create_client()`, and
            `serializer`.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#memcached
    """

    def __init__(self, server: Any, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._servers = re.split("[;,]", server) if isinstance(server, str) else list(server)
        options = options_of(params)
        for name in ("MAX_ENTRIES", "CULL_FREQUENCY"):
            options.pop(name, None)
        self._serializer = load_serializer(options.pop("serializer", None), PickleSerializer())
        self._options = options

    @property
    def _pool(self) -> _Clients:
        key = repr((self._servers, sorted(self._options.items())))
        found = _clients.get(key)
        if found is None:
            found = _clients.setdefault(key, _Clients(self._servers, self._options))
        return found

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait, in synchronous code, for what the background loop does."""
        try:
            guard_sync(_BLOCKS)
        except BaseException:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, _background_loop()).result()

    # --- keys, times, values ------------------------------------------------------------

    def validate_key(self, key: str) -> None:
        """Refuse what memcached would refuse.

        Raises:
            InvalidCacheKey: The key is too long, or has spaces or controls.
        """
        for warning in memcache_key_warnings(key):
            raise InvalidCacheKey(warning)

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        """Return a timeout as memcached counts it."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        if timeout is None:
            return 0  # for ever
        if int(timeout) == 0:
            return -1  # not at all
        if timeout > _LONGEST:
            timeout += int(time.time())
        return int(timeout)

    def _key(self, key: Any, version: Any) -> bytes:
        made = self.make_and_validate_key(key, version=version).encode()
        if len(made) > 250:
            raise InvalidCacheKey(f"Cache key {made!r} is longer than 250 bytes.")
        return made

    def _dumps(self, value: Any) -> tuple[bytes, int]:
        if type(value) is bytes:
            return value, 0
        if type(value) is str:
            return value.encode(), _TEXT
        if type(value) is int:
            return b"%d" % value, _INTEGER
        data: bytes = self._serializer.dumps(value)
        return data, _PICKLE

    def _loads(self, item: Any) -> Any:
        data, flags = item.value, item.flags
        if flags & _ZLIB:
            data = zlib.decompress(data)
        if flags & _TEXT:
            return data.decode()
        if flags & (_INTEGER | _LONG):
            return int(data)
        return self._serializer.loads(data) if flags & _PICKLE else bytes(data)

    # --- one value ----------------------------------------------------------------------

    async def _put(self, command: str, key: Any, value: Any, timeout: Any, version: Any) -> bool:
        name = self._key(key, version)
        data, flags = self._dumps(value)
        client = await self._pool.get()
        try:
            await getattr(client, command)(
                name, data, flags=flags, exptime=self.get_backend_timeout(timeout)
            )
        except _library().StorageCommandError:
            return False
        return True

    async def aadd(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `add`."""
        return await self._put("add", key, value, timeout, version)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; tell whether it was stored."""
        return self._wait(self.aadd(key, value, timeout, version))

    async def aset(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Asynchronous twin of `set`."""
        if not await self._put("set", key, value, timeout, version):
            # Better no value than the old one.
            await self.adelete(key, version)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value; one that is too large replaces the old one by nothing."""
        self._wait(self.aset(key, value, timeout, version))

    async def areplace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `replace`."""
        return await self._put("replace", key, value, timeout, version)

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already, in one step; tell whether there was."""
        return self._wait(self.areplace(key, value, timeout, version))

    async def aget(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Asynchronous twin of `get`."""
        client = await self._pool.get()
        item = await client.get(self._key(key, version), return_flags=True)
        return default if item is None else self._loads(item)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        return self._wait(self.aget(key, default, version))

    async def _found(self, work: Any) -> bool:
        try:
            await work
        except _library().NotFoundCommandError:
            return False
        return True

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Asynchronous twin of `touch`."""
        name, end = self._key(key, version), self.get_backend_timeout(timeout)
        return await self._found((await self._pool.get()).touch(name, end))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        return self._wait(self.atouch(key, timeout, version))

    async def adelete(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `delete`."""
        name = self._key(key, version)
        return await self._found((await self._pool.get()).delete(name))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        return self._wait(self.adelete(key, version))

    async def ahas_key(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `has_key`."""
        return await (await self._pool.get()).get(self._key(key, version)) is not None

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        return self._wait(self.ahas_key(key, version))

    async def aincr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr`."""
        name = self._key(key, version)
        client = await self._pool.get()
        try:
            if delta < 0:
                return await client.decrement(name, -delta)
            return await client.increment(name, delta)
        except _library().NotFoundCommandError:
            raise ValueError(f"Key '{key}' not found") from None

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Add to a whole number in one step, and return the sum; it never gets below 0.

        Raises:
            ValueError: There is no value.
        """
        return self._wait(self.aincr(key, delta, version))

    # --- several values -----------------------------------------------------------------

    async def aget_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Asynchronous twin of `get_many`."""
        made = {self._key(key, version): key for key in keys}
        if not made:
            return {}
        items = await (await self._pool.get()).get_many(list(made), return_flags=True)
        return {made[name]: self._loads(item) for name, item in items.items()}

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Return the values that there are, by key, with one question."""
        return self._wait(self.aget_many(keys, version))

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Asynchronous twin of `set_many`."""
        return [
            key
            for key, value in data.items()
            if not await self._put("set", key, value, timeout, version)
        ]

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values; return the keys of those that were too large."""
        return self._wait(self.aset_many(data, timeout, version))

    async def adelete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Asynchronous twin of `delete_many`."""
        for key in keys:
            await self.adelete(key, version)

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Forget several values."""
        self._wait(self.adelete_many(keys, version))

    async def aclear(self) -> None:
        """Asynchronous twin of `clear`."""
        client = await self._pool.get()
        for address in self._pool.addresses:
            await client.flush_all(address)

    def clear(self) -> None:
        """Empty the servers."""
        self._wait(self.aclear())

    async def aclose(self, **kwargs: Any) -> None:
        """Close the connections of the running event loop; those of threads stay open."""
        await self._pool.aclose()


class PyMemcacheCache(MemcachedCache):
    """`MemcachedCache` under Django's name for pymemcache."""


class PyLibMCCache(MemcachedCache):
    """`MemcachedCache` under Django's name for pylibmc."""
