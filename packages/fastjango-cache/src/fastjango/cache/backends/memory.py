"""Twins for caches whose methods never wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

__all__ = ["UnwaitingCache"]


class UnwaitingCache(BaseCache):
    """A cache in the memory of the process: its twins answer at once, without a thread."""

    async def aadd(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `add`."""
        return self.add(key, value, timeout, version)

    async def aget(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Asynchronous twin of `get`."""
        return self.get(key, default, version)

    async def aset(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Asynchronous twin of `set`."""
        self.set(key, value, timeout, version)

    async def areplace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Asynchronous twin of `replace`."""
        return self.replace(key, value, timeout, version)

    async def atouch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Asynchronous twin of `touch`."""
        return self.touch(key, timeout, version)

    async def adelete(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `delete`."""
        return self.delete(key, version)

    async def aclear(self) -> Any:
        """Asynchronous twin of `clear`."""
        return self.clear()

    async def ahas_key(self, key: Any, version: Any = None) -> bool:
        """Asynchronous twin of `has_key`."""
        return self.has_key(key, version)

    async def aincr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Asynchronous twin of `incr`."""
        return self.incr(key, delta, version)

    async def aget_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """Asynchronous twin of `get_many`."""
        return self.get_many(keys, version)

    async def aset_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        """Asynchronous twin of `set_many`."""
        return self.set_many(data, timeout, version)

    async def adelete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Asynchronous twin of `delete_many`."""
        self.delete_many(keys, version)
