"""`Session`: the table `django_session`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastjango.sessions.base_session import AbstractBaseSession, BaseSessionManager

if TYPE_CHECKING:
    from fastjango.sessions.backends.base import SessionBase

__all__ = ["AbstractBaseSession", "BaseSessionManager", "Session", "SessionManager"]


class SessionManager(BaseSessionManager):
    """The manager that migrations know."""

    use_in_migrations = True


class Session(AbstractBaseSession):
    """A session in the database, in the table and form that Django uses."""

    objects = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        app_label = "sessions"
        db_table = "django_session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the engine of the database."""
        from fastjango.sessions.backends.db import SessionStore

        return SessionStore
