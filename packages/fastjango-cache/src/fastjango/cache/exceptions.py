"""Every error of this distribution."""

from fastjango.core.exceptions import ImproperlyConfigured

__all__ = ["CacheError", "CacheKeyWarning", "InvalidCacheBackendError", "InvalidCacheKey"]


class CacheError(Exception):
    """The root of every error that fastjango.cache raises."""


class InvalidCacheBackendError(CacheError, ImproperlyConfigured):
    """A cache is not configured, or its backend cannot be loaded."""


class InvalidCacheKey(CacheError, ValueError):
    """A key that the backend cannot store anything under."""


class CacheKeyWarning(RuntimeWarning):
    """A key that not every backend can store something under."""
