"""`AbstractBaseSession`: the base of session models, Django's and those of projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastjango.core.translation import gettext_lazy as _

if TYPE_CHECKING:
    from fastjango.sessions.backends.base import SessionBase

try:
    from fastjango.orm import models
except ImportError as error:  # pragma: no cover - with the extra it is there
    raise ImportError(
        "The model of sessions needs the ORM. Install fastjango-sessions[db]."
    ) from error

__all__ = ["AbstractBaseSession", "BaseSessionManager"]


class BaseSessionManager(models.Manager["AbstractBaseSession"]):
    """Writes sessions by hand, and finds those of a user."""

    def encode(self, session_dict: Mapping[str, Any]) -> str:
        """Return content as the signed text that the table holds."""
        return self._store_class()().encode(session_dict)

    def _store_class(self) -> type[SessionBase]:
        model: Any = self.model
        found: type[SessionBase] = model.get_session_store_class()
        return found

    def _row(self, session_key: str, session_dict: Mapping[str, Any], expire_date: datetime) -> Any:
        return self.model(
            session_key=session_key,
            session_data=self.encode(session_dict),
            expire_date=expire_date,
        )

    def save(self, session_key: str, session_dict: Mapping[str, Any], expire_date: datetime) -> Any:
        """Write a session and return its row; without content, delete it."""
        row = self._row(session_key, session_dict, expire_date)
        if session_dict:
            row.save()
        else:
            row.delete()
        return row

    async def asave(
        self, session_key: str, session_dict: Mapping[str, Any], expire_date: datetime
    ) -> Any:
        """Asynchronous twin of `save`."""
        row = self._row(session_key, session_dict, expire_date)
        if session_dict:
            await row.asave()
        else:
            await row.adelete()
        return row

    def for_user(self, user: Any) -> list[Any]:
        """Return the rows of a user's sessions, those that have not ended.

        The table does not say whose a session is, so every row is read and its signature
        verified: the cost grows with the sessions of the whole site.

        Args:
            user: The user, or the text of its primary key.
        """
        from fastjango.sessions.management import sessions_of

        keys = [found.session_key for found in sessions_of(user, store=self._store_class())]
        rows: Any = self.get_queryset()
        return list(rows.filter(session_key__in=keys))

    async def afor_user(self, user: Any) -> list[Any]:
        """Asynchronous twin of `for_user`."""
        from fastjango.sessions.management import asessions_of

        found = await asessions_of(user, store=self._store_class())
        rows: Any = self.get_queryset()
        keys = [one.session_key for one in found]
        return [row async for row in rows.filter(session_key__in=keys)]


class AbstractBaseSession(models.Model):
    """A session as a row: key, signed content, end."""

    session_key = models.CharField(_("session key"), max_length=40, primary_key=True)
    session_data = models.TextField(_("session data"))
    expire_date = models.DateTimeField(_("expire date"), db_index=True)

    objects = BaseSessionManager()

    class Meta:
        abstract = True
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return str(self.session_key)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the engine class that uses this model; subclasses say which."""
        raise NotImplementedError(
            f"{cls.__name__} must provide get_session_store_class(), which returns the class of "
            "the session engine that uses the model."
        )

    def get_decoded(self) -> dict[str, Any]:
        """Return the content."""
        return self.get_session_store_class()().decode(str(self.session_data))
