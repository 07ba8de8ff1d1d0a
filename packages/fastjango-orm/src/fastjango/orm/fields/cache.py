"""Loaded relations, kept in an instance's state."""

from __future__ import annotations

from typing import Any

__all__ = ["FieldCacheMixin"]

_MISSING: Any = object()


class FieldCacheMixin:
    """Reads and writes one entry of `instance._state.fields_cache`; its name is `cache_name`."""

    #: Name of the entry.
    cache_name: Any

    def get_cached_value(self, instance: Any, default: Any = _MISSING) -> Any:
        """The loaded object.

        Raises:
            KeyError: Nothing was loaded and no default was given.
        """
        try:
            return instance._state.fields_cache[self.cache_name]
        except KeyError:
            if default is _MISSING:
                raise
            return default

    def is_cached(self, instance: Any) -> bool:
        """Whether something (maybe `None`) was loaded."""
        return self.cache_name in instance._state.fields_cache

    def set_cached_value(self, instance: Any, value: Any) -> None:
        """Remember a loaded object."""
        instance._state.fields_cache[self.cache_name] = value

    def delete_cached_value(self, instance: Any) -> None:
        """Forget the loaded object."""
        del instance._state.fields_cache[self.cache_name]
