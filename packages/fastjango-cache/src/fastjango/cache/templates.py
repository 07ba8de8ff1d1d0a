"""Fragments of templates, kept in a cache: what the tag `cache` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from fastjango.cache.exceptions import InvalidCacheBackendError
from fastjango.cache.fragments import make_template_fragment_key
from fastjango.cache.handler import DEFAULT_CACHE_ALIAS, caches

__all__ = ["UnknownFragmentCache", "fragment_store", "register"]

FRAGMENTS_ALIAS = "template_fragments"


class UnknownFragmentCache(InvalidCacheBackendError, LookupError):
    """A template names a cache that `CACHES` does not have."""


class _Fragment:
    """One fragment in its cache."""

    def __init__(self, cache: BaseCache, key: str) -> None:
        self._cache, self._key = cache, key

    def get(self) -> str | None:
        found: str | None = self._cache.get(self._key)
        return found

    def set(self, value: str, timeout: Any = DEFAULT_TIMEOUT) -> None:
        self._cache.set(self._key, value, timeout)

    async def aget(self) -> str | None:
        found: str | None = await self._cache.aget(self._key)
        return found

    async def aset(self, value: str, timeout: Any = DEFAULT_TIMEOUT) -> None:
        await self._cache.aset(self._key, value, timeout)


def fragment_store(name: str, vary_on: Sequence[Any], using: str | None) -> _Fragment:
    """Return where a fragment is kept.

    Args:
        name: The fragment's name.
        vary_on: What it depends on.
        using: Alias of the cache; that of fragments, else the default one, if `None`.

    Raises:
        UnknownFragmentCache: There is no cache of that alias.
    """
    if using is None:
        using = FRAGMENTS_ALIAS if FRAGMENTS_ALIAS in caches.settings else DEFAULT_CACHE_ALIAS
    try:
        cache = caches[using]
    except InvalidCacheBackendError as error:
        raise UnknownFragmentCache(
            f"Invalid cache name specified for cache tag: {using!r}"
        ) from error
    return _Fragment(cache, make_template_fragment_key(name, vary_on))


def register() -> None:
    """Have templates keep their fragments here."""
    from fastjango.templates.hooks import fragment_cache

    fragment_cache.register(fragment_store)
