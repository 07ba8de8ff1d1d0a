"""Sessions in a cache, and nowhere else."""

from __future__ import annotations

from typing import Any

from fastjango.sessions.backends._cached import CacheKeys, CacheKeyWarning
from fastjango.sessions.backends.base import CreateError, UpdateError

__all__ = ["SessionStore"]

KEY_PREFIX = "django.contrib.sessions.cache"
_ATTEMPTS = 10_000
_NO_KEY = "Unable to create a new session key. It is likely that the cache is unavailable."


class SessionStore(CacheKeys):
    """Keeps sessions in the cache that `SESSION_CACHE_ALIAS` names.

    They are lost when the cache drops them, and cannot be listed. A cache that cannot be reached
    is an error, not the end of everybody's session.
    """

    cache_key_prefix = KEY_PREFIX

    def _loaded(self, content: Any) -> dict[str, Any]:
        if content is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = content
        return found

    def load(self) -> dict[str, Any]:
        """Read the content; without a value the session begins anew."""
        try:
            content = self._cache.get(self.cache_key)
        except (ValueError, CacheKeyWarning):
            # A key that the cache refuses is nobody's: somebody made the cookie up.
            content = None
        return self._loaded(content)

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`."""
        try:
            content = await self._cache.aget(await self.acache_key())
        except (ValueError, CacheKeyWarning):
            content = None
        return self._loaded(content)

    def create(self) -> None:
        """Begin a session with a key that no other has, and save it at once.

        Raises:
            RuntimeError: The cache stores nothing.
        """
        # A key is taken, or the cache away: it does not say.
        if not self._save_anew(range(_ATTEMPTS)):
            raise RuntimeError(_NO_KEY)

    async def acreate(self) -> None:
        """Asynchronous twin of `create`."""
        if not await self._asave_anew(range(_ATTEMPTS)):
            raise RuntimeError(_NO_KEY)

    def save(self, must_create: bool = False) -> None:
        """Store the content; where there is none any more it does not come back.

        Raises:
            CreateError: There is a value of this key, and `must_create`.
            UpdateError: There is none, and not `must_create`.
        """
        if self.session_key is None:
            self.create()
            return
        store = self._cache.add if must_create else self._cache.replace
        data = self._get_session(no_load=must_create)
        if not store(self.cache_key, data, self.get_expiry_age()):
            raise CreateError if must_create else UpdateError

    async def asave(self, must_create: bool = False) -> None:
        """Asynchronous twin of `save`."""
        if self.session_key is None:
            await self.acreate()
            return
        store = self._cache.aadd if must_create else self._cache.areplace
        data = await self._aget_session(no_load=must_create)
        if not await store(await self.acache_key(), data, await self.aget_expiry_age()):
            raise CreateError if must_create else UpdateError

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a value of this key."""
        return bool(session_key) and (self.cache_key_prefix + session_key) in self._cache

    async def aexists(self, session_key: str) -> bool:
        """Asynchronous twin of `exists`."""
        key = self.cache_key_prefix + (session_key or "")
        return bool(session_key) and bool(await self._cache.ahas_key(key))

    def delete(self, session_key: str | None = None) -> None:
        """Forget a session, this one unless a key is given."""
        key = session_key or self.session_key
        if key is not None:
            self._cache.delete(self.cache_key_prefix + key)

    async def adelete(self, session_key: str | None = None) -> None:
        """Asynchronous twin of `delete`."""
        key = session_key or self.session_key
        if key is not None:
            await self._cache.adelete(self.cache_key_prefix + key)

    @classmethod
    def clear_expired(cls) -> None:
        """Do nothing: caches forget by themselves."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """Asynchronous twin of `clear_expired`."""
