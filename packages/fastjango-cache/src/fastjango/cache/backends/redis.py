"""A cache on Redis (or Valkey), by redis-py, in Django's format."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache, options_of
from fastjango.cache.serializers import PickleSerializer, load_serializer
from fastjango.core.aio import guard_sync
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string

__all__ = ["RedisCache", "RedisCacheClient", "RedisSerializer"]

_BLOCKS = "The Redis cache would block the event loop. Use the asynchronous method, such as aget()."


class RedisSerializer(PickleSerializer):
    """Pickles, but for whole numbers, which Redis itself can add to."""

    def dumps(self, obj: Any) -> Any:
        """Return a value as Redis keeps it."""
        # By type: True is a number too, but shall come back as it was.
        return obj if type(obj) is int else super().dumps(obj)

    def loads(self, data: Any) -> Any:
        """Return the value that Redis keeps."""
        try:
            return int(data)
        except ValueError:
            return super().loads(data)


def _library() -> Any:
    try:
        import redis
        import redis.asyncio  # pyright: ignore[reportUnusedImport]  # makes redis.asyncio known
    except ImportError as error:
        raise ImproperlyConfigured(
            "CACHES names the Redis cache, and the package 'redis' is not installed. Install "
            "fastjango-cache[redis]."
        ) from error
    return redis


class RedisCacheClient:
    """The connections to the servers, for threads and for event loops.

    Args:
        servers: URLs; the first is written to, the others are read from.
        serializer: What turns values into what Redis keeps, or its dotted path.
        pool_class: Class of the pool of synchronous connections, or its dotted path.
        parser_class: Class that reads the protocol, or its dotted path.
        options: Anything else that a connection of redis-py takes.
    """

    def __init__(
        self,
        servers: list[str],
        serializer: Any = None,
        pool_class: Any = None,
        parser_class: Any = None,
        **options: Any,
    ) -> None:
        self._lib = _library()
        self._servers = servers
        self._serializer = load_serializer(serializer, RedisSerializer())
        given = import_string(pool_class) if isinstance(pool_class, str) else pool_class
        self._pool_class: Any = given or self._lib.ConnectionPool
        parser = import_string(parser_class) if isinstance(parser_class, str) else parser_class
        self._pool_options = {"parser_class": parser, **options} if parser else dict(options)
        self._async_options = dict(options)
        self._pools: dict[int, Any] = {}
        # Connections of one event loop are of no use on another.
        self._async_clients: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()

    def _get_connection_pool_index(self, write: bool) -> int:
        if write or len(self._servers) == 1:
            return 0
        return random.randint(1, len(self._servers) - 1)

    def _get_connection_pool(self, write: bool) -> Any:
        index = self._get_connection_pool_index(write)
        if index not in self._pools:
            self._pools[index] = self._pool_class.from_url(
                self._servers[index], **self._pool_options
            )
        return self._pools[index]

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        """Return a client for synchronous code.

        Args:
            key: The key that it is for; a subclass may choose the server by it.
            write: Whether it is to change something.
        """
        guard_sync(_BLOCKS)
        return self._lib.Redis(connection_pool=self._get_connection_pool(write))

    def get_async_client(self, key: str | None = None, *, write: bool = False) -> Any:
        """Return a client for the running event loop; see `get_client`."""
        loop = asyncio.get_running_loop()
        clients = self._async_clients.setdefault(loop, {})
        index = self._get_connection_pool_index(write)
        if index not in clients:
            clients[index] = self._lib.asyncio.Redis.from_url(
                self._servers[index], **self._async_options
            )
        return clients[index]

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        clients = self._async_clients.pop(asyncio.get_running_loop(), {})
        for client in clients.values():
            await client.aclose()

    def dumps(self, value: Any) -> Any:
        """Return a value as Redis keeps it."""
        return self._serializer.dumps(value)

    def loads(self, data: Any, default: Any = None) -> Any:
        """Return the value that Redis keeps, or `default`."""
        return default if data is None else self._serializer.loads(data)


class RedisCache(BaseCache):
    """Keeps values in Redis. Forgetting all of them empties the whole database of the server.

    Args:
        server: URLs, as a list or separated by commas or semicolons: the first is written to,
            the others, its replicas, are read from.
        params: The entry of `CACHES`; its `OPTIONS` go to `RedisCacheClient`.

    Source: https://docs.djangoproject.com/en/6.1/topics/cache/#redis
    """

    def __init__(self, server: Any, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._servers = re.split("[;,]", server) if isinstance(server, str) else list(server)
        self._class = RedisCacheClient
        self._options = options_of(params)
        for name in ("MAX_ENTRIES", "CULL_FREQUENCY"):
            self._options.pop(name, None)
        self._made: RedisCacheClient | None = None

    @property
    def _cache(self) -> RedisCacheClient:
        if self._made is None:
            self._made = _client(self._class, self._servers, self._options)
        return self._made

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> Any:
        """Return the seconds that a value is kept; `None` for ever, `0` not at all."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else max(0, int(timeout))

    async def aclose(self, **kwargs: Any) -> None:
        """Close the connections of the running event loop; those of threads stay open."""
        if self._made is not None:
            await self._made.aclose()

    # --- one value ----------------------------------------------------------------------

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; tell whether it was stored."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_client(key, write=True)
        data = self._cache.dumps(value)
        if end == 0:
            # Redis refuses to keep something for no time: it is there for a moment.
            return bool(client.set(key, data, nx=True) and client.delete(key) >= 0)
        return bool(client.set(key, data, ex=end, nx=True))

    async def aadd(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `add`."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_async_client(key, write=True)
        data = self._cache.dumps(value)
        if end == 0:
            return bool(await client.set(key, data, nx=True) and await client.delete(key) >= 0)
        return bool(await client.set(key, data, ex=end, nx=True))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        key = self.make_and_validate_key(key, version)
        return self._cache.loads(self._cache.get_client(key).get(key), default)

    async def aget(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Asynchronous twin of `get`."""
        key = self.make_and_validate_key(key, version)
        return self._cache.loads(await self._cache.get_async_client(key).get(key), default)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_client(key, write=True)
        data = self._cache.dumps(value)
        if end == 0:
            client.delete(key)
        else:
            client.set(key, data, ex=end)

    async def aset(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Asynchronous twin of `set`."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_async_client(key, write=True)
        data = self._cache.dumps(value)
        if end == 0:
            await client.delete(key)
        else:
            await client.set(key, data, ex=end)

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already, in one step; tell whether there was."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_client(key, write=True)
        if end == 0:
            return bool(client.delete(key))
        return bool(client.set(key, self._cache.dumps(value), ex=end, xx=True))

    async def areplace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `replace`."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_async_client(key, write=True)
        if end == 0:
            return bool(await client.delete(key))
        return bool(await client.set(key, self._cache.dumps(value), ex=end, xx=True))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_client(key, write=True)
        if end is None:
            # persist() says 0 as well for a value that has no end already.
            return bool(client.persist(key) or client.exists(key))
        return bool(client.expire(key, end))

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Asynchronous twin of `touch`."""
        key, end = self.make_and_validate_key(key, version), self.get_backend_timeout(timeout)
        client = self._cache.get_async_client(key, write=True)
        if end is None:
            return bool(await client.persist(key) or await client.exists(key))
        return bool(await client.expire(key, end))

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        key = self.make_and_validate_key(key, version)
        return bool(self._cache.get_client(key, write=True).delete(key))

    async def adelete(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `delete`."""
        key = self.make_and_validate_key(key, version)
        return bool(await self._cache.get_async_client(key, write=True).delete(key))

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        key = self.make_and_validate_key(key, version)
        return bool(self._cache.get_client(key).exists(key))

    async def ahas_key(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `has_key`."""
        key = self.make_and_validate_key(key, version)
        return bool(await self._cache.get_async_client(key).exists(key))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Add to a whole number and return the sum."""
        key = self.make_and_validate_key(key, version)
        client = self._cache.get_client(key, write=True)
        if not client.exists(key):
            raise ValueError(f"Key '{key}' not found.")
        return client.incr(key, delta)

    async def aincr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr`."""
        key = self.make_and_validate_key(key, version)
        client = self._cache.get_async_client(key, write=True)
        if not await client.exists(key):
            raise ValueError(f"Key '{key}' not found.")
        return await client.incr(key, delta)

    # --- several values -----------------------------------------------------------------

    def _found(self, keys: Mapping[str, Any], answers: Iterable[Any]) -> dict[Any, Any]:
        pairs = zip(keys.values(), answers, strict=True)
        return {key: self._cache.loads(data) for key, data in pairs if data is not None}

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Return the values that there are, by key, with one question."""
        made = {self.make_and_validate_key(key, version): key for key in keys}
        if not made:
            return {}
        return self._found(made, self._cache.get_client().mget(list(made)))

    async def aget_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Asynchronous twin of `get_many`."""
        made = {self.make_and_validate_key(key, version): key for key in keys}
        if not made:
            return {}
        return self._found(made, await self._cache.get_async_client().mget(list(made)))

    def _fill(self, pipeline: Any, data: Mapping[Any, Any], timeout: Any, version: Any) -> None:
        made = {
            self.make_and_validate_key(key, version): self._cache.dumps(value)
            for key, value in data.items()
        }
        end = self.get_backend_timeout(timeout)
        pipeline.mset(made)
        if end is not None:
            for key in made:  # mset() knows no timeout
                pipeline.expire(key, end)

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Store several values in one go."""
        if data:
            pipeline = self._cache.get_client(write=True).pipeline()
            self._fill(pipeline, data, timeout, version)
            pipeline.execute()
        return []

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Asynchronous twin of `set_many`."""
        if data:
            pipeline = self._cache.get_async_client(write=True).pipeline()
            self._fill(pipeline, data, timeout, version)
            await pipeline.execute()
        return []

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Forget several values at once."""
        made = [self.make_and_validate_key(key, version) for key in keys]
        if made:
            self._cache.get_client(write=True).delete(*made)

    async def adelete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Asynchronous twin of `delete_many`."""
        made = [self.make_and_validate_key(key, version) for key in keys]
        if made:
            await self._cache.get_async_client(write=True).delete(*made)

    def clear(self) -> bool:
        """Empty the database of the server."""
        return bool(self._cache.get_client(write=True).flushdb())

    async def aclear(self) -> bool:
        """Asynchronous twin of `clear`."""
        return bool(await self._cache.get_async_client(write=True).flushdb())


_clients: dict[str, RedisCacheClient] = {}


def _client(
    cls: type[RedisCacheClient], servers: list[str], options: Mapping[str, Any]
) -> RedisCacheClient:
    """Return the client of a configuration: threads share its pools."""
    key = repr((cls, servers, sorted(options.items())))
    found = _clients.get(key)
    return _clients.setdefault(key, cls(servers, **options)) if found is None else found
