"""What the engines share that keep sessions, or copies of them, in a cache."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.sessions.backends.base import SessionBase

try:
    from fastjango.cache import CacheKeyWarning, caches
except ImportError as error:  # pragma: no cover - with the extra it is there
    raise ImportError(
        "The session engines cache and cached_db need the caches. Install "
        "fastjango-sessions[cache]."
    ) from error

__all__ = ["CacheKeyWarning", "CacheKeys"]


class CacheKeys(SessionBase):
    """The cache of `SESSION_CACHE_ALIAS`, and the key that it has for a session.

    Attributes:
        cache_key_prefix: What the key of the session is put behind, as Django does.
    """

    cache_key_prefix: ClassVar[str]

    def __init__(self, session_key: str | None = None) -> None:
        self._cache: Any = caches[settings.SESSION_CACHE_ALIAS]
        super().__init__(session_key)

    @property
    def cache_key(self) -> str:
        """The key of the cache."""
        return self.cache_key_prefix + self._get_or_create_session_key()

    async def acache_key(self) -> str:
        """Asynchronous twin of `cache_key`."""
        return self.cache_key_prefix + await self._aget_or_create_session_key()
