"""A user's sessions: list them, end them.

Whose a session is stands in its content only, as in Django: the engine lists every session and
each is decoded, which costs in proportion to the sessions of the whole site. It fits an account
page or a command, not something that every request does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastjango.core import settings
from fastjango.sessions.backends.base import SessionBase, StoredSession

__all__ = ["aend_sessions", "asessions_of", "end_sessions", "sessions_of"]

USER_KEY = "_auth_user_id"
"""Under which login stores the user's primary key, in Django as well."""


def _store(store: type[SessionBase] | None) -> type[SessionBase]:
    if store is not None:
        return store
    engine: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return engine


def _user_id(user: Any) -> str:
    meta = getattr(user, "_meta", None)
    return str(meta.pk.value_to_string(user) if meta is not None else user)


def sessions_of(user: Any, *, store: type[SessionBase] | None = None) -> list[StoredSession]:
    """Return the sessions in which a user is logged in.

    Args:
        user: The user, or its primary key.
        store: The engine's class; that of `SESSION_ENGINE` by default.

    Raises:
        SessionsNotListable: The engine cannot list its sessions.
    """
    wanted = _user_id(user)
    return [one for one in _store(store).stored() if one.data.get(USER_KEY) == wanted]


async def asessions_of(user: Any, *, store: type[SessionBase] | None = None) -> list[StoredSession]:
    """Asynchronous twin of `sessions_of`."""
    wanted = _user_id(user)
    return [one async for one in _store(store).astored() if one.data.get(USER_KEY) == wanted]


def end_sessions(
    user: Any, *, keep: str | None = None, store: type[SessionBase] | None = None
) -> int:
    """End the sessions of a user; return how many.

    Args:
        user: The user, or its primary key.
        keep: Key of a session that goes on, such as `request.session.session_key`.
        store: The engine's class; that of `SESSION_ENGINE` by default.

    Raises:
        SessionsNotListable: The engine cannot list its sessions.
    """
    engine = _store(store)
    keys = [one.session_key for one in sessions_of(user, store=engine) if one.session_key != keep]
    for key in keys:
        engine(key).delete()
    return len(keys)


async def aend_sessions(
    user: Any, *, keep: str | None = None, store: type[SessionBase] | None = None
) -> int:
    """Asynchronous twin of `end_sessions`."""
    engine = _store(store)
    found = await asessions_of(user, store=engine)
    keys = [one.session_key for one in found if one.session_key != keep]
    for key in keys:
        await engine(key).adelete()
    return len(keys)
