"""Caches with Django's interface, and what is built on them: pages, fragments, functions."""

from fastjango.cache.backends.base import BaseCache
from fastjango.cache.exceptions import (
    CacheError,
    CacheKeyWarning,
    InvalidCacheBackendError,
    InvalidCacheKey,
)
from fastjango.cache.handler import (
    DEFAULT_CACHE_ALIAS,
    CacheHandler,
    cache,
    caches,
    close_caches,
)

__all__ = [
    "DEFAULT_CACHE_ALIAS",
    "BaseCache",
    "CacheError",
    "CacheHandler",
    "CacheKeyWarning",
    "InvalidCacheBackendError",
    "InvalidCacheKey",
    "cache",
    "caches",
    "close_caches",
]
