"""Sessions in the database, read from a cache."""

from __future__ import annotations

import logging
from typing import Any

from fastjango.sessions.backends._cached import CacheKeys
from fastjango.sessions.backends.db import SessionStore as DBStore

__all__ = ["SessionStore"]

KEY_PREFIX = "django.contrib.sessions.cached_db"

logger = logging.getLogger("fastjango.sessions")


class SessionStore(CacheKeys, DBStore):
    """Keeps sessions in the database, with copies in the cache of `SESSION_CACHE_ALIAS`.

    After a copy is made, a look at the row makes sure that nobody ended the session meanwhile: so
    no copy outlives its session. That costs one query each time a copy is made.
    """

    cache_key_prefix = KEY_PREFIX

    # --- copies -------------------------------------------------------------------------

    def _copy(self, data: dict[str, Any], age: int) -> None:
        key, name = self._get_or_create_session_key(), self.cache_key
        self._cache.set(name, data, age)
        if not super().exists(key):
            self._cache.delete(name)

    async def _acopy(self, data: dict[str, Any], age: int) -> None:
        key, name = await self._aget_or_create_session_key(), await self.acache_key()
        await self._cache.aset(name, data, age)
        if not await super().aexists(key):
            await self._cache.adelete(name)

    # --- sessions -----------------------------------------------------------------------

    def load(self) -> dict[str, Any]:
        """Read the content from the cache, else from the database."""
        try:
            data = self._cache.get(self.cache_key)
        except Exception:
            # The cache is away, or refuses a key that somebody made up.
            data = None
        if data is None:
            row = self._get_session_from_db()
            if not row:
                return {}
            data = self.decode(row.session_data)
            self._copy(data, self.get_expiry_age(expiry=row.expire_date))
        found: dict[str, Any] = data
        return found

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`."""
        try:
            data = await self._cache.aget(await self.acache_key())
        except Exception:
            data = None
        if data is None:
            row = await self._aget_session_from_db()
            if not row:
                return {}
            data = self.decode(row.session_data)
            await self._acopy(data, await self.aget_expiry_age(expiry=row.expire_date))
        found: dict[str, Any] = data
        return found

    def exists(self, session_key: str) -> bool:
        """Tell whether cache or database have a session of this key."""
        if not session_key:
            return False
        return (self.cache_key_prefix + session_key) in self._cache or super().exists(session_key)

    async def aexists(self, session_key: str) -> bool:
        """Asynchronous twin of `exists`."""
        if not session_key:
            return False
        if await self._cache.ahas_key(self.cache_key_prefix + session_key):
            return True
        return await super().aexists(session_key)

    def save(self, must_create: bool = False) -> None:
        """Write the content to the database, then to the cache; see the engine of the database."""
        super().save(must_create)
        try:
            self._copy(self._session, self.get_expiry_age())
        except Exception:
            logger.exception("Error saving to cache (%s)", self._cache)

    async def asave(self, must_create: bool = False) -> None:
        """Asynchronous twin of `save`."""
        await super().asave(must_create)
        try:
            await self._acopy(await self._aget_session(), await self.aget_expiry_age())
        except Exception:
            logger.exception("Error saving to cache (%s)", self._cache)

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session from both, this one unless a key is given."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(key)
            self._cache.delete(self.cache_key_prefix + key)

    async def adelete(self, session_key: str | None = None) -> None:
        """Asynchronous twin of `delete`."""
        key = session_key or self.session_key
        if key is not None:
            await super().adelete(key)
            await self._cache.adelete(self.cache_key_prefix + key)
