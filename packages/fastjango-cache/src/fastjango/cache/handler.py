"""`caches`: the caches of `CACHES`, by alias."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from fastjango.cache.backends.base import BaseCache
from fastjango.cache.exceptions import InvalidCacheBackendError
from fastjango.core import settings
from fastjango.core.exceptions import did_you_mean
from fastjango.core.imports import import_string

__all__ = ["DEFAULT_CACHE_ALIAS", "CacheHandler", "CacheProxy", "cache", "caches", "close_caches"]

DEFAULT_CACHE_ALIAS = "default"

_DJANGO = "django.core.cache.backends."
_OURS = "fastjango.cache.backends."
_KNOWN = (
    "db.DatabaseCache",
    "dummy.DummyCache",
    "filebased.FileBasedCache",
    "locmem.LocMemCache",
    "memcached.MemcachedCache",
    "redis.RedisCache",
)


def load_backend(path: str) -> type[BaseCache]:
    """Import the class of a backend; Django's paths lead to the ones here.

    Raises:
        InvalidCacheBackendError: It cannot be imported.
    """
    ours = _OURS + path.removeprefix(_DJANGO) if path.startswith(_DJANGO) else path
    try:
        backend: type[BaseCache] = import_string(ours)
    except ImportError as error:
        choices = [_OURS + name for name in _KNOWN]
        raise InvalidCacheBackendError(
            f"Could not find backend '{path}': {error}{did_you_mean(path, choices)}"
        ) from error
    return backend


class CacheHandler:
    """Makes a cache when its alias is asked for first; each thread has its own objects.

    Connections and values are the process's: only what is cheap is made for each thread.

    Args:
        settings: What `CACHES` says, read live from the settings by default.
    """

    def __init__(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._given = settings
        self._local = threading.local()

    @property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """The entries of `CACHES` by alias."""
        if self._given is not None:
            return self._given
        found: Mapping[str, Mapping[str, Any]] = settings.CACHES
        return found

    def _made(self) -> dict[str, BaseCache]:
        """The caches of this thread; none are left when `CACHES` has become another."""
        local: dict[str, Any] = self._local.__dict__
        generation = settings.__dict__.get("generation", 0)
        if local.get("generation") != generation:
            if local.get("configured") is not self.settings:
                local["configured"] = self.settings
                local["made"] = dict[str, BaseCache]()
            local["generation"] = generation
        made: dict[str, BaseCache] = local["made"]
        return made

    def __getitem__(self, alias: str) -> BaseCache:
        made = self._made()
        found = made.get(alias)
        if found is None:
            if alias not in self.settings:
                raise InvalidCacheBackendError(
                    f"The connection '{alias}' doesn't exist."
                    f"{did_you_mean(alias, list(self.settings))}"
                )
            found = made[alias] = self.create_connection(alias)
        return found

    def __setitem__(self, alias: str, value: BaseCache) -> None:
        self._made()[alias] = value

    def __delitem__(self, alias: str) -> None:
        del self._made()[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def create_connection(self, alias: str) -> BaseCache:
        """Make the cache of an alias.

        Raises:
            InvalidCacheBackendError: Its backend cannot be imported.
        """
        params = dict(self.settings[alias])
        backend: Any = load_backend(params.pop("BACKEND"))
        location = params.pop("LOCATION", "")
        made: BaseCache = backend(location, params)
        if getattr(backend, "close", None) is not BaseCache.close:
            # Only caches that want it cost anything at the end of a request.
            from fastjango.signals import request_finished

            request_finished.connect(close_caches)
        return made

    def all(self, initialized_only: bool = False) -> list[BaseCache]:
        """Return the caches of all aliases.

        Args:
            initialized_only: Leave out those that this thread has not used yet.
        """
        made = self._made()
        return [self[alias] for alias in self if not initialized_only or alias in made]

    def reset(self) -> None:
        """Close the caches that this thread has used, and make new ones when they are asked for."""
        self.close_all()
        self._local = threading.local()

    def close_all(self) -> None:
        """Close the caches that this thread has used."""
        for one in self.all(initialized_only=True):
            one.close()

    async def aclose_all(self) -> None:
        """Close the caches that this thread has used, with their connections on this loop."""
        for one in self.all(initialized_only=True):
            await one.aclose()


class CacheProxy:
    """Stands for one alias and passes everything on to the cache behind it."""

    _caches: CacheHandler
    _alias: str

    def __init__(self, caches: CacheHandler, alias: str) -> None:
        self.__dict__["_caches"] = caches
        self.__dict__["_alias"] = alias

    def __getattr__(self, name: str) -> Any:
        return getattr(self._caches[self._alias], name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._caches[self._alias], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._caches[self._alias], name)

    def __contains__(self, key: object) -> bool:
        return key in self._caches[self._alias]

    def __eq__(self, other: object) -> bool:
        return bool(self._caches[self._alias] == other)

    def __hash__(self) -> int:
        return hash(self._caches[self._alias])

    def __repr__(self) -> str:
        return f"<CacheProxy alias={self._alias!r}>"


caches = CacheHandler()
cache: Any = CacheProxy(caches, DEFAULT_CACHE_ALIAS)


def close_caches(**kwargs: Any) -> None:
    """Close the caches that this thread has used; called after requests."""
    caches.close_all()
