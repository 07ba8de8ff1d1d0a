"""Sessions in the database, in Django's table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import repeat
from typing import Any

from fastjango.core import timezone
from fastjango.sessions.backends.base import (
    CreateError,
    SessionBase,
    StoredSession,
    UpdateError,
)

try:
    from fastjango.orm import router
    from fastjango.orm.exceptions import DatabaseError, IntegrityError
    from fastjango.orm.transaction import atomic, get_connection
except ImportError as error:  # pragma: no cover - with the extra it is there
    raise ImportError(
        "The session engine db needs the ORM. Install fastjango-sessions[db]."
    ) from error

__all__ = ["SessionStore"]

CHUNK = 500  # rows read at once when sessions are listed


class SessionStore(SessionBase):
    """Keeps sessions in the table `django_session`, or that of another model.

    Source: https://docs.djangoproject.com/en/6.1/topics/http/sessions/#extending-database-backed-session-engines
    """

    @classmethod
    def get_model_class(cls) -> Any:
        """Return the model; override it to use your own."""
        # The engine can be imported although the app is not installed.
        from fastjango.sessions.models import Session

        return Session

    @property
    def model(self) -> Any:
        """The model that the sessions are rows of."""
        return self.get_model_class()

    # --- reading ------------------------------------------------------------------------

    def _condition(self) -> dict[str, Any]:
        return {"session_key": self.session_key, "expire_date__gt": timezone.now()}

    def _get_session_from_db(self) -> Any:
        try:
            return self.model.objects.get(**self._condition())
        except self.model.DoesNotExist:
            self._session_key = None

    async def _aget_session_from_db(self) -> Any:
        try:
            return await self.model.objects.aget(**self._condition())
        except self.model.DoesNotExist:
            self._session_key = None

    def load(self) -> dict[str, Any]:
        """Read the content; without a valid row the session begins anew."""
        row = self._get_session_from_db()
        return self.decode(row.session_data) if row else {}

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`."""
        row = await self._aget_session_from_db()
        return self.decode(row.session_data) if row else {}

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a row of this key."""
        return bool(self.model.objects.filter(session_key=session_key).exists())

    async def aexists(self, session_key: str) -> bool:
        """Asynchronous twin of `exists`."""
        return bool(await self.model.objects.filter(session_key=session_key).aexists())

    # --- writing ------------------------------------------------------------------------

    def create(self) -> None:
        """Begin a session with a key that no other has, and save it at once."""
        self._save_anew(repeat(None))

    async def acreate(self) -> None:
        """Asynchronous twin of `create`."""
        await self._asave_anew(repeat(None))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return an unsaved row of the content; override it to fill columns of your own."""
        return self.model(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        """Asynchronous twin of `create_model_instance`."""
        return self.model(
            session_key=await self._aget_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=await self.aget_expiry_date(),
        )

    @staticmethod
    def _savepoint(using: str) -> AbstractContextManager[Any]:
        """A savepoint where a failure would doom the caller's transaction; else nothing at all."""
        inside = get_connection(using).transaction_state.in_atomic_block
        return atomic(using=using) if inside else nullcontext()

    @staticmethod
    def _meaning(error: Exception, must_create: bool) -> Exception:
        """What a failed write means to the caller."""
        if must_create:
            return CreateError() if isinstance(error, IntegrityError) else error
        return error if isinstance(error, IntegrityError) else UpdateError()

    def save(self, must_create: bool = False) -> None:
        """Write the content.

        Args:
            must_create: Insert a row; otherwise there must be one.

        Raises:
            CreateError: There is a row of this key.
            UpdateError: There is none (any more), or the database refused.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        row = self.create_model_instance(data)
        using = router.db_for_write(self.model, instance=row)
        try:
            with self._savepoint(using):
                row.save(force_insert=must_create, force_update=not must_create, using=using)
        except DatabaseError as error:
            if (meaning := self._meaning(error, must_create)) is error:
                raise
            raise meaning from error

    async def asave(self, must_create: bool = False) -> None:
        """Asynchronous twin of `save`."""
        if self.session_key is None:
            await self.acreate()
            return
        data = await self._aget_session(no_load=must_create)
        row = await self.acreate_model_instance(data)
        using = router.db_for_write(self.model, instance=row)
        options: dict[str, Any] = {
            "force_insert": must_create,
            "force_update": not must_create,
            "using": using,
        }
        try:
            if get_connection(using).transaction_state.in_atomic_block:
                async with atomic(using=using):
                    await row.asave(**options)
            else:
                await row.asave(**options)
        except DatabaseError as error:
            if (meaning := self._meaning(error, must_create)) is error:
                raise
            raise meaning from error

    def delete(self, session_key: str | None = None) -> None:
        """Delete a row, that of this session unless a key is given."""
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=key).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        """Asynchronous twin of `delete`."""
        key = session_key or self.session_key
        if key is not None:
            await self.model.objects.filter(session_key=key).adelete()

    # --- all sessions -------------------------------------------------------------------

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the rows of sessions that have ended."""
        cls.get_model_class().objects.filter(expire_date__lt=timezone.now()).delete()

    @classmethod
    async def aclear_expired(cls) -> None:
        """Asynchronous twin of `clear_expired`."""
        rows = cls.get_model_class().objects.filter(expire_date__lt=timezone.now())
        await rows.adelete()

    @classmethod
    def stored(cls) -> Iterator[StoredSession]:
        """Iterate over the sessions that have not ended; reads the whole table."""
        decode = cls().decode
        rows = cls.get_model_class().objects.filter(expire_date__gt=timezone.now())
        for row in rows.iterator(chunk_size=CHUNK):
            yield StoredSession(row.session_key, decode(row.session_data), row.expire_date)

    @classmethod
    async def astored(cls) -> AsyncIterator[StoredSession]:
        """Asynchronous twin of `stored`."""
        decode = cls().decode
        rows = cls.get_model_class().objects.filter(expire_date__gt=timezone.now())
        async for row in rows.aiterator(chunk_size=CHUNK):
            yield StoredSession(row.session_key, decode(row.session_data), row.expire_date)
