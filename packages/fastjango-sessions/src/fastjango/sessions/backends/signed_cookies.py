"""Sessions whose content is in the cookie, signed but readable by whoever has it."""

from __future__ import annotations

from typing import Any

from fastjango.core import signing
from fastjango.sessions.backends.base import SessionBase

__all__ = ["SessionStore"]

SALT = "django.contrib.sessions.backends.signed_cookies"


class SessionStore(SessionBase):
    """Keeps the session in the cookie itself.

    Nothing on the server ends such a session before its time: a copy of the cookie stays valid
    after logout. Browsers keep 4096 bytes of a cookie.
    """

    def load(self) -> dict[str, Any]:
        """Read the content out of the key; begin anew if its signature is wrong or too old."""
        try:
            content: dict[str, Any] = signing.loads(
                str(self.session_key),
                serializer=self.serializer,
                # An expiry of the session's own is inside, and cannot be known yet.
                max_age=self.get_session_cookie_age(),
                salt=SALT,
            )
        except Exception:
            # A wrong signature, or whatever the serializer raises at what it cannot read.
            self.create()
            return {}
        return content

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`."""
        return self.load()

    def create(self) -> None:
        """Have the cookie set."""
        self.modified = True

    async def acreate(self) -> None:
        """Asynchronous twin of `create`."""
        self.create()

    def save(self, must_create: bool = False) -> None:
        """Write the content into the key, and have the cookie set."""
        self._session_key = self._get_session_key()
        self.modified = True

    async def asave(self, must_create: bool = False) -> None:
        """Asynchronous twin of `save`."""
        self.save(must_create)

    def exists(self, session_key: str | None = None) -> bool:
        """Return `False`: no two clients share a store."""
        return False

    async def aexists(self, session_key: str | None = None) -> bool:
        """Asynchronous twin of `exists`."""
        return False

    def delete(self, session_key: str | None = None) -> None:
        """Forget key and content, and have the cookie set."""
        self._session_key = ""
        self._session_cache = {}
        self.modified = True

    async def adelete(self, session_key: str | None = None) -> None:
        """Asynchronous twin of `delete`."""
        self.delete(session_key)

    def cycle_key(self) -> None:
        """Sign the content anew."""
        self.save()

    async def acycle_key(self) -> None:
        """Asynchronous twin of `cycle_key`."""
        self.save()

    def _get_session_key(self) -> str:
        return signing.dumps(self._session, compress=True, salt=SALT, serializer=self.serializer)

    @classmethod
    def clear_expired(cls) -> None:
        """Do nothing: browsers drop cookies themselves."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """Asynchronous twin of `clear_expired`."""
