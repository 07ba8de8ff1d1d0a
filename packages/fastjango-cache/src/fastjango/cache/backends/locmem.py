"""A cache in the memory of the process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, options_of
from fastjango.cache.backends.memory import UnwaitingCache
from fastjango.cache.serializers import PickleSerializer, Serializer, load_serializer

__all__ = ["LocMemCache"]

# Caches of one location share these; so do all threads of the process.
_caches: dict[str, OrderedDict[str, bytes]] = {}
_expire_info: dict[str, dict[str, float | None]] = {}
_locks: dict[str, Lock] = {}


class LocMemCache(UnwaitingCache):
    """Keeps values, serialized, in the process; the least recently used go when it is full.

    Each process has its own. A value that comes out is a copy: changing it changes nothing here.

    Args:
        name: Caches of one name share their values.
        params: The entry of `CACHES`.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        options = options_of(params)
        self._serializer: Serializer = load_serializer(
            options.get("serializer"), PickleSerializer()
        )
        self._cache = _caches.setdefault(name, OrderedDict())
        self._expire_info = _expire_info.setdefault(name, {})
        self._lock = _locks.setdefault(name, Lock())

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; tell whether it was stored."""
        key = self.make_and_validate_key(key, version=version)
        data = self._serializer.dumps(value)
        with self._lock:
            if not self._has_expired(key):
                return False
            self._set(key, data, timeout)
            return True

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        key = self.make_and_validate_key(key, version=version)
        with self._lock:
            if self._has_expired(key):
                self._delete(key)
                return default
            data = self._cache[key]
            self._cache.move_to_end(key, last=False)
        return self._serializer.loads(data)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value."""
        key = self.make_and_validate_key(key, version=version)
        data = self._serializer.dumps(value)
        with self._lock:
            self._set(key, data, timeout)

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already, in one step; tell whether there was."""
        key = self.make_and_validate_key(key, version=version)
        data = self._serializer.dumps(value)
        with self._lock:
            if self._has_expired(key):
                return False
            self._set(key, data, timeout)
            return True

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        key = self.make_and_validate_key(key, version=version)
        with self._lock:
            if self._has_expired(key):
                return False
            self._expire_info[key] = self.get_backend_timeout(timeout)
            return True

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        """Add to a value in one step, and return the sum."""
        key = self.make_and_validate_key(key, version=version)
        with self._lock:
            if self._has_expired(key):
                self._delete(key)
                raise ValueError(f"Key '{key}' not found")
            value = self._serializer.loads(self._cache[key]) + delta
            self._cache[key] = self._serializer.dumps(value)
            self._cache.move_to_end(key, last=False)
        return value

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        key = self.make_and_validate_key(key, version=version)
        with self._lock:
            if self._has_expired(key):
                self._delete(key)
                return False
            return True

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        key = self.make_and_validate_key(key, version=version)
        with self._lock:
            return self._delete(key)

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._cache.clear()
            self._expire_info.clear()

    # --- under the lock -----------------------------------------------------------------

    def _set(self, key: str, data: bytes, timeout: Any = DEFAULT_TIMEOUT) -> None:
        if len(self._cache) >= self._max_entries:
            self._cull()
        self._cache[key] = data
        self._cache.move_to_end(key, last=False)
        self._expire_info[key] = self.get_backend_timeout(timeout)

    def _has_expired(self, key: str) -> bool:
        end = self._expire_info.get(key, -1)
        return end is not None and end <= time.time()

    def _cull(self) -> None:
        if self._cull_frequency == 0:
            self._cache.clear()
            self._expire_info.clear()
            return
        for _ in range(len(self._cache) // self._cull_frequency):
            key, _data = self._cache.popitem()
            del self._expire_info[key]

    def _delete(self, key: str) -> bool:
        if self._cache.pop(key, None) is None:
            return False
        del self._expire_info[key]
        return True
