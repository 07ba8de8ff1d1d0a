"""`SessionBase`: the interface of a session, whatever keeps it."""

from __future__ import annotations

import logging
import string
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastjango.core import settings, signing, timezone
from fastjango.core.crypto import get_random_string
from fastjango.core.imports import import_string
from fastjango.http.aio import run_in_thread
from fastjango.sessions.content import SessionContent
from fastjango.sessions.exceptions import CreateError, SessionsNotListable, UpdateError

__all__ = ["VALID_KEY_CHARS", "CreateError", "SessionBase", "StoredSession", "UpdateError"]

# Keys are lower case: a file system may not tell the cases apart.
VALID_KEY_CHARS = string.ascii_lowercase + string.digits
KEY_LENGTH = 32  # characters, 165 bits
MIN_KEY_LENGTH = 8  # characters
EXPIRY_KEY = "_session_expiry"
_MISSING: Any = object()


class StoredSession(NamedTuple):
    """One session as its engine keeps it.

    Attributes:
        session_key: The key that the cookie holds.
        data: The decoded content.
        expire_date: When it ends.
    """

    session_key: str
    data: dict[str, Any]
    expire_date: datetime


def _expiry_to_store(value: Any) -> Any:
    if isinstance(value, timedelta):
        value = timezone.now() + value
    return value.isoformat() if isinstance(value, datetime) else value


class SessionBase(SessionContent):
    """A session: a dictionary that is loaded when it is touched and saved when it was changed.

    Every method that may have to wait for the store has a twin whose name begins with `a`.

    Args:
        session_key: The key from the cookie; a new session if `None` or too short to be a key.

    Attributes:
        accessed: Whether the content was looked at.
        modified: Whether it has to be saved. Set it yourself after changing a nested value.

    Source: https://docs.djangoproject.com/en/6.1/topics/http/sessions/#using-sessions-in-views
    """

    def __init__(self, session_key: str | None = None) -> None:
        self._session_key = session_key
        self.accessed = False
        self.modified = False

    @property
    def serializer(self) -> type[signing.Serializer]:
        """The class that `SESSION_SERIALIZER` names."""
        own: type[signing.Serializer] | None = self.__dict__.get("_serializer")
        return own if own is not None else import_string(settings.SESSION_SERIALIZER)

    @serializer.setter
    def serializer(self, value: type[signing.Serializer]) -> None:
        self.__dict__["_serializer"] = value

    # --- the key ------------------------------------------------------------------------

    @property
    def session_key(self) -> str | None:
        """The key that the cookie holds; `None` before a new session is saved."""
        return self.__session_key

    @property
    def _session_key(self) -> str | None:
        return self.__session_key

    @_session_key.setter
    def _session_key(self, value: str | None) -> None:
        # What cannot be a key is treated as if there was none.
        self.__session_key = value if self._validate_session_key(value) else None

    def _validate_session_key(self, key: str | None) -> bool:
        # PostgreSQL fails at a question with a null character in it.
        return key is not None and len(key) >= MIN_KEY_LENGTH and "\x00" not in key

    def _get_new_session_key(self) -> str:
        while True:
            key = get_random_string(KEY_LENGTH, VALID_KEY_CHARS)
            if not self.exists(key):
                return key

    async def _aget_new_session_key(self) -> str:
        while True:
            key = get_random_string(KEY_LENGTH, VALID_KEY_CHARS)
            if not await self.aexists(key):
                return key

    def _save_anew(self, attempts: Iterable[object]) -> bool:
        """Take keys until one is nobody else's, and save at once; tell whether one was."""
        for _ in attempts:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue  # somebody else took the key in between
            self.modified = True
            return True
        return False

    async def _asave_anew(self, attempts: Iterable[object]) -> bool:
        for _ in attempts:
            self._session_key = await self._aget_new_session_key()
            try:
                await self.asave(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return True
        return False

    def _get_or_create_session_key(self) -> str:
        if self._session_key is None:
            self._session_key = self._get_new_session_key()
        return str(self._session_key)

    async def _aget_or_create_session_key(self) -> str:
        if self._session_key is None:
            self._session_key = await self._aget_new_session_key()
        return str(self._session_key)

    # --- the stored form ----------------------------------------------------------------

    @property
    def key_salt(self) -> str:
        """The salt of the signature, the same as that of the class of this name in Django."""
        return "django.contrib.sessions." + self.__class__.__qualname__

    def encode(self, session_dict: Mapping[str, Any]) -> str:
        """Return content as signed text."""
        return signing.dumps(
            session_dict, salt=self.key_salt, serializer=self.serializer, compress=True
        )

    def decode(self, session_data: str) -> dict[str, Any]:
        """Return the content that `encode` wrote, none if it was changed or cannot be read."""
        try:
            content: dict[str, Any] = signing.loads(
                session_data, salt=self.key_salt, serializer=self.serializer
            )
        except signing.BadSignature:
            logging.getLogger("fastjango.security.SuspiciousSession").warning(
                "Session data corrupted"
            )
        except Exception:
            # Whatever a serializer raises at what it cannot read: the session begins anew.
            pass
        else:
            return content
        return {}

    # --- expiry -------------------------------------------------------------------------

    def get_session_cookie_age(self) -> int:
        """Return the seconds that a session lasts without an expiry of its own."""
        return int(settings.SESSION_COOKIE_AGE)

    def _age(self, expiry: Any, modification: datetime | None) -> int:
        if not expiry:  # None, or 0: until the browser closes
            return self.get_session_cookie_age()
        if not isinstance(expiry, (datetime, str)):
            return int(expiry)
        if isinstance(expiry, str):
            expiry = datetime.fromisoformat(expiry)
        left: timedelta = expiry - (modification or timezone.now())
        return left.days * 86400 + left.seconds

    def _date(self, expiry: Any, modification: datetime | None) -> datetime:
        if isinstance(expiry, datetime):
            return expiry
        if isinstance(expiry, str):
            return datetime.fromisoformat(expiry)
        seconds = expiry or self.get_session_cookie_age()
        return (modification or timezone.now()) + timedelta(seconds=seconds)

    def get_expiry_age(
        self, *, modification: datetime | None = None, expiry: Any = _MISSING
    ) -> int:
        """Return the seconds until the session ends.

        Args:
            modification: When it was changed last; now by default.
            expiry: Its expiry; given, nothing is loaded.
        """
        return self._age(self.get(EXPIRY_KEY) if expiry is _MISSING else expiry, modification)

    async def aget_expiry_age(
        self, *, modification: datetime | None = None, expiry: Any = _MISSING
    ) -> int:
        """Asynchronous twin of `get_expiry_age`."""
        own = await self.aget(EXPIRY_KEY) if expiry is _MISSING else expiry
        return self._age(own, modification)

    def get_expiry_date(
        self, *, modification: datetime | None = None, expiry: Any = _MISSING
    ) -> datetime:
        """Return when the session ends.

        Args:
            modification: When it was changed last; now by default.
            expiry: Its expiry; given, nothing is loaded.
        """
        return self._date(self.get(EXPIRY_KEY) if expiry is _MISSING else expiry, modification)

    async def aget_expiry_date(
        self, *, modification: datetime | None = None, expiry: Any = _MISSING
    ) -> datetime:
        """Asynchronous twin of `get_expiry_date`."""
        own = await self.aget(EXPIRY_KEY) if expiry is _MISSING else expiry
        return self._date(own, modification)

    def set_expiry(self, value: float | datetime | timedelta | None) -> None:
        """Give the session an expiry of its own.

        Args:
            value: Seconds without a change, `0` for until the browser closes, a fixed time or the
                time until it; `None` for what the settings say.
        """
        if value is None:
            self.pop(EXPIRY_KEY, None)
            return
        self[EXPIRY_KEY] = _expiry_to_store(value)

    async def aset_expiry(self, value: float | datetime | timedelta | None) -> None:
        """Asynchronous twin of `set_expiry`."""
        if value is None:
            await self.apop(EXPIRY_KEY, None)
            return
        await self.aset(EXPIRY_KEY, _expiry_to_store(value))

    def get_expire_at_browser_close(self) -> bool:
        """Tell whether the cookie goes when the browser is closed."""
        expiry = self.get(EXPIRY_KEY)
        return bool(settings.SESSION_EXPIRE_AT_BROWSER_CLOSE if expiry is None else expiry == 0)

    async def aget_expire_at_browser_close(self) -> bool:
        """Asynchronous twin of `get_expire_at_browser_close`."""
        expiry = await self.aget(EXPIRY_KEY)
        return bool(settings.SESSION_EXPIRE_AT_BROWSER_CLOSE if expiry is None else expiry == 0)

    # --- the life of a session ----------------------------------------------------------

    def flush(self) -> None:
        """End the session: its content goes, in the store too, and the next one gets a new key."""
        self.clear()
        self.delete()
        self._session_key = None

    async def aflush(self) -> None:
        """Asynchronous twin of `flush`."""
        self.clear()
        await self.adelete()
        self._session_key = None

    def cycle_key(self) -> None:
        """Give the content a new key, so that whoever knows the old one has nothing."""
        data, old = self._session, self.session_key
        self.create()
        self._session_cache = data
        if old:
            self.delete(old)

    async def acycle_key(self) -> None:
        """Asynchronous twin of `cycle_key`."""
        data, old = await self._aget_session(), self.session_key
        await self.acreate()
        self._session_cache = data
        if old:
            await self.adelete(old)

    # --- what engines do; the twins here serve engines that are written without them ---------

    def exists(self, session_key: str) -> bool:
        """Tell whether the store has a session of this key."""
        raise NotImplementedError("subclasses of SessionBase must provide an exists() method")

    async def aexists(self, session_key: str) -> bool:
        """Asynchronous twin of `exists`; runs it in a thread unless the engine has its own."""
        return await run_in_thread(self.exists, session_key)

    def create(self) -> None:
        """Begin a session with a key that no other has, and save it at once."""
        raise NotImplementedError("subclasses of SessionBase must provide a create() method")

    async def acreate(self) -> None:
        """Asynchronous twin of `create`; runs it in a thread unless the engine has its own."""
        await run_in_thread(self.create)

    def save(self, must_create: bool = False) -> None:
        """Write the content to the store.

        Args:
            must_create: Whether it must not be there yet; otherwise it must.

        Raises:
            CreateError: It is there.
            UpdateError: It is not.
        """
        raise NotImplementedError("subclasses of SessionBase must provide a save() method")

    async def asave(self, must_create: bool = False) -> None:
        """Asynchronous twin of `save`; runs it in a thread unless the engine has its own."""
        await run_in_thread(self.save, must_create)

    def delete(self, session_key: str | None = None) -> None:
        """Remove a session from the store, this one unless a key is given."""
        raise NotImplementedError("subclasses of SessionBase must provide a delete() method")

    async def adelete(self, session_key: str | None = None) -> None:
        """Asynchronous twin of `delete`; runs it in a thread unless the engine has its own."""
        await run_in_thread(self.delete, session_key)

    @classmethod
    def clear_expired(cls) -> None:
        """Remove sessions that have ended from the store; nothing to do where it does so itself."""
        raise NotImplementedError("This backend does not support clear_expired().")

    @classmethod
    async def aclear_expired(cls) -> None:
        """Asynchronous twin of `clear_expired`; in a thread unless the engine has its own."""
        await run_in_thread(cls.clear_expired)

    @classmethod
    def stored(cls) -> Iterator[StoredSession]:
        """Iterate over the sessions that have not ended.

        Raises:
            SessionsNotListable: The store cannot list them.
        """
        raise SessionsNotListable(
            f"{cls.__module__} cannot list its sessions: what keeps them finds them by key only. "
            "Use the db, cached_db or file engine, or change the password: that ends all "
            "sessions of a user with every engine."
        )

    @classmethod
    async def astored(cls) -> AsyncIterator[StoredSession]:
        """Asynchronous twin of `stored`; lists in a thread unless the engine has its own."""
        for session in await run_in_thread(lambda: list(cls.stored())):
            yield session
