"""A cache that keeps nothing, for development."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT
from fastjango.cache.backends.memory import UnwaitingCache

__all__ = ["DummyCache"]


class DummyCache(UnwaitingCache):
    """Looks at keys, and forgets everything else.

    Args:
        host: Not used.
        params: The entry of `CACHES`.
    """

    def __init__(self, host: str, params: Mapping[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Return `True`."""
        self.make_and_validate_key(key, version=version)
        return True

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return `default`."""
        self.make_and_validate_key(key, version=version)
        return default

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store nothing."""
        self.make_and_validate_key(key, version=version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Return `False`."""
        self.make_and_validate_key(key, version=version)
        return False

    def delete(self, key: Any, version: Any = None) -> bool:
        """Return `False`."""
        self.make_and_validate_key(key, version=version)
        return False

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Return `False`."""
        self.make_and_validate_key(key, version=version)
        return False

    def clear(self) -> None:
        """Do nothing."""
