"""Sessions with a user in them: logging in and out, and whose session a request has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth.authentication import (
    configured_backends,
    get_user_model,
    is_configured,
    load_backend,
    shared_path,
)
from fastjango.auth.signals import user_logged_in, user_logged_out
from fastjango.core.crypto import constant_time_compare
from fastjango.core.exceptions import ValidationError
from fastjango.http.csrf import rotate_token
from fastjango.sessions.backends.base import SessionBase

__all__ = [
    "BACKEND_SESSION_KEY",
    "HASH_SESSION_KEY",
    "REDIRECT_FIELD_NAME",
    "SESSION_KEY",
    "aget_user",
    "alogin",
    "alogout",
    "aupdate_session_auth_hash",
    "get_user",
    "login",
    "logout",
    "update_session_auth_hash",
]

SESSION_KEY = "_auth_user_id"
BACKEND_SESSION_KEY = "_auth_user_backend"
HASH_SESSION_KEY = "_auth_user_hash"
REDIRECT_FIELD_NAME = "next"


def _has(session: Any, key: str) -> Step:
    return Step(lambda: key in session, lambda: session.ahas_key(key))


def _set(session: Any, key: str, value: Any) -> Step:
    return Step(lambda: session.__setitem__(key, value), lambda: session.aset(key, value))


def _session_user_id(session: Any) -> Steps[Any]:
    """The id of the session's user in the type of the primary key.

    Raises:
        KeyError: Nobody is logged in.
    """
    value = yield call(session, "get", SESSION_KEY)
    if value is None:
        raise KeyError(SESSION_KEY)
    # Sessions hold it as a text.
    return get_user_model()._meta.pk.to_python(value)


def _backend_of(user: Any, backend: Any) -> str:
    if not backend:
        backend = getattr(user, "backend", None)
    if not backend:
        backends = configured_backends()
        if len(backends) != 1:
            raise ValueError(
                "You have multiple authentication backends configured and therefore must provide "
                "the `backend` argument or set the `backend` attribute on the user."
            )
        return backends[0][1]
    if not isinstance(backend, str):
        raise TypeError(f"backend must be a dotted import path string (got {backend!r}).")
    return backend


def set_request_user(request: Any, user: Any = None) -> None:
    """Make somebody (nobody if `None`) the user of a request that has one."""
    from fastjango.auth.models import AnonymousUser

    someone = AnonymousUser() if user is None else user

    async def auser() -> Any:
        return someone

    if hasattr(request, "user"):
        request.user = someone
    if hasattr(request, "auser"):
        request.auser = auser


def _is_same_steps(session: Any, user: Any, session_hash: str) -> Steps[bool]:
    """Tell whether a session is of this user, with the password of now."""
    try:
        known_id = yield from _session_user_id(session)
    except (KeyError, ValidationError):
        # An id of another kind than that of today's users.
        return False
    if known_id != user.pk:
        return False
    if not session_hash:
        return True
    return constant_time_compare((yield call(session, "get", HASH_SESSION_KEY, "")), session_hash)


def _login_steps(request: Any, user: Any, backend: Any) -> Steps[None]:
    session = request.session
    session_hash = user.get_session_auth_hash()
    if (yield _has(session, SESSION_KEY)):
        if not (yield from _is_same_steps(session, user, session_hash)):
            # What another user has left in the session is not for this one.
            yield call(session, "flush")
    else:
        # A key that was planted before the login is worth nothing after it.
        yield call(session, "cycle_key")
    path = _backend_of(user, backend)
    yield _set(session, SESSION_KEY, user._meta.pk.value_to_string(user))
    yield _set(session, BACKEND_SESSION_KEY, shared_path(path))
    yield _set(session, HASH_SESSION_KEY, session_hash)
    set_request_user(request, user)
    rotate_token(request)
    yield call(user_logged_in, "send", sender=user.__class__, request=request, user=user)


def login(request: Any, user: Any, backend: str | None = None) -> None:
    """Make somebody the user of a session, from this request on.

    What the session held before stays, unless it was another user's. Its key changes.

    Side effects: sends `user_logged_in`; a receiver of it notes the time in `last_login`.

    Args:
        backend: Path of the backend that knows the user; may be left out if `authenticate` found
            them, or if there is only one.

    Raises:
        ValueError: There are several backends and none was named.
    """
    run(_login_steps(request, user, backend))


async def alogin(request: Any, user: Any, backend: str | None = None) -> None:
    """Do what `login` does."""
    await arun(_login_steps(request, user, backend))


def _end_steps(request: Any, user: Any) -> Steps[None]:
    if not getattr(user, "is_authenticated", True):
        user = None
    # First the signal, so that receivers know whom it is about.
    yield call(user_logged_out, "send", sender=user.__class__, request=request, user=user)
    yield call(request.session, "flush")
    set_request_user(request)


def logout(request: Any) -> None:
    """Delete the session of a request, with everything in it.

    Side effects: sends `user_logged_out` before.
    """
    run(_end_steps(request, getattr(request, "user", None)))


async def alogout(request: Any) -> None:
    """Do what `logout` does."""
    auser: Callable[[], Any] | None = getattr(request, "auser", None)
    await arun(_end_steps(request, None if auser is None else await auser()))


def _verified_steps(session: Any, user: Any) -> Steps[bool]:
    """Tell whether a session is of the password that the user has now."""
    session_hash = yield from _read(session, HASH_SESSION_KEY)
    if not session_hash:
        return False
    current = user.get_session_auth_hash()
    if constant_time_compare(session_hash, current):
        return True
    if any(
        constant_time_compare(session_hash, fallback)
        for fallback in user.get_session_auth_fallback_hash()
    ):
        # Signed with an old secret: from now on with the new one.
        yield call(session, "cycle_key")
        yield _set(session, HASH_SESSION_KEY, current)
        return True
    return False


def _read(session: Any, key: str) -> Steps[Any]:
    """Read one more value of a session: once touched, ours has all of them in memory."""
    if isinstance(session, SessionBase):
        return session.get(key)
    return (yield call(session, "get", key))


def _user_steps(request: Any) -> Steps[Any]:
    from fastjango.auth.models import AnonymousUser

    session = request.session
    try:
        user_id = yield from _session_user_id(session)
    except (KeyError, ValidationError):
        # Nobody, or an id of another kind than that of today's users.
        return AnonymousUser()
    path = yield from _read(session, BACKEND_SESSION_KEY)
    if path is None or not is_configured(path):
        return AnonymousUser()
    user = yield call(load_backend(path), "get_user", user_id)
    if hasattr(user, "get_session_auth_hash") and not (yield from _verified_steps(session, user)):
        yield call(session, "flush")
        user = None
    return user or AnonymousUser()


def get_user(request: Any) -> Any:
    """Return the user of a request's session, or an `AnonymousUser`.

    A session from before the last change of the password is deleted.

    Side effects: reads the session and the user; nothing is kept, see `request.user`.
    """
    return run(_user_steps(request))


async def aget_user(request: Any) -> Any:
    """Do what `get_user` does."""
    return await arun(_user_steps(request))


def _update_steps(request: Any, user: Any, current: Any) -> Steps[None]:
    session = request.session
    yield call(session, "cycle_key")
    if hasattr(user, "get_session_auth_hash") and current == user:
        yield _set(session, HASH_SESSION_KEY, user.get_session_auth_hash())


def _keep_steps(request: Any, user: Any) -> Steps[None]:
    known = yield call(request.session, "get", HASH_SESSION_KEY)
    if known and known != user.get_session_auth_hash():
        yield pair(update_session_auth_hash, aupdate_session_auth_hash, request, user)


def keep_session(request: Any, user: Any) -> None:
    """Keep the session of a request alive when checking the password has stored it anew."""
    run(_keep_steps(request, user))


async def akeep_session(request: Any, user: Any) -> None:
    """Do what `keep_session` does."""
    await arun(_keep_steps(request, user))


def update_session_auth_hash(request: Any, user: Any) -> None:
    """Keep the session of a request alive when its user's password has changed.

    All other sessions of the user end.
    """
    run(_update_steps(request, user, request.user))


async def aupdate_session_auth_hash(request: Any, user: Any) -> None:
    """Do what `update_session_auth_hash` does."""
    await arun(_update_steps(request, user, await request.auser()))
