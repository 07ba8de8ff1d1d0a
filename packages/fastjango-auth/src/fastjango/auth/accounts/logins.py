"""Logging in, in one or two steps, and out."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth.authentication import get_user_model
from fastjango.auth.hooks import SecondFactor, afactors_of, factors_of
from fastjango.auth.logins import alogin, login
from fastjango.auth.passwords import acheck_credentials, check_credentials
from fastjango.auth.reauthentication import anote, note
from fastjango.core import settings
from fastjango.core.crypto import constant_time_compare
from fastjango.http.views.decorators.debug import sensitive_variables

__all__ = [
    "HALF_LOGIN_SESSION_KEY", "LoginResult", "abegin_login", "acomplete_second_factor",
    "ahalf_logged_in", "begin_login", "complete_second_factor", "half_logged_in",
]  # fmt: skip

HALF_LOGIN_SESSION_KEY: Final = "_auth_half_login"
HALF_LOGIN_LIFETIME: Final = 600  # seconds
UNTIL_CLOSED: Final = 0  # the expiry of a session that ends with the browser


class LoginResult(NamedTuple):
    """What came of name and password.

    Attributes:
        user: The user, `None` if they were wrong.
        second_factors: Steps of which one has to be taken yet; empty when logged in.
    """

    user: Any
    second_factors: list[SecondFactor]


def _set(session: Any, value: Any) -> Step:
    key = HALF_LOGIN_SESSION_KEY
    return pair(lambda: session.__setitem__(key, value), lambda: session.aset(key, value))


def _enter_steps(
    request: Any, user: Any, backend: Any = None, remember: bool | None = None
) -> Steps[None]:
    yield pair(lambda: login(request, user, backend), lambda: alogin(request, user, backend))
    # Django's page of logins comes here too, on sites that do not list this app.
    always: bool | None = getattr(settings, "ACCOUNTS_REMEMBER", None)
    if always is not None:
        remember = always
    if remember is not None:
        age = settings.SESSION_COOKIE_AGE if remember else UNTIL_CLOSED
        yield call(request.session, "set_expiry", age)
    yield pair(lambda: note(request), lambda: anote(request))


@sensitive_variables("password")
def _begin_steps(
    request: Any, username: str, password: str, remember: bool | None
) -> Steps[LoginResult]:
    user = yield pair(check_credentials, acheck_credentials, request, username, password)
    if user is None:
        return LoginResult(None, [])
    return (yield from after_first_factor(request, user, user.backend, remember))


def after_first_factor(
    request: Any, user: Any, backend: str, remember: bool | None = None
) -> Steps[LoginResult]:
    """Log in somebody who proved who they are, or note that a second step is needed."""
    factors = yield pair(factors_of, afactors_of, request, user)
    if factors:
        yield call(request.session, "cycle_key")
        known = user.get_session_auth_hash()
        half = _Half(str(user.pk), backend, time.time(), remember, known)
        yield _set(request.session, list(half))
        return LoginResult(user, factors)
    yield from _enter_steps(request, user, backend, remember)
    return LoginResult(user, [])


@sensitive_variables("password")
def begin_login(
    request: Any, username: str, password: str, *, remember: bool | None = None
) -> LoginResult:
    """Log in by name or email address, or take the first of two steps.

    Args:
        remember: Whether the login outlives the browser: `True` for `SESSION_COOKIE_AGE`, `False`
            until the browser is closed, `None` as the settings of sessions say. The setting
            `ACCOUNTS_REMEMBER` counts more.

    Raises:
        ThrottledError: There were too many attempts.
    """
    return run(_begin_steps(request, username, password, remember))


@sensitive_variables("password")
async def abegin_login(
    request: Any, username: str, password: str, *, remember: bool | None = None
) -> LoginResult:
    """Do what `begin_login()` does."""
    return await arun(_begin_steps(request, username, password, remember))


class _Half(NamedTuple):
    """What the session holds between the two steps."""

    pk: str
    backend: str
    since: float
    remember: bool | None
    auth_hash: str


def _half_steps(request: Any) -> Steps[tuple[Any, bool | None]]:
    kept: list[Any] | None = yield call(request.session, "get", HALF_LOGIN_SESSION_KEY)
    if not kept or len(kept) != len(_Half._fields):
        return None, None
    half = _Half(*kept)
    if not 0 <= time.time() - half.since <= HALF_LOGIN_LIFETIME:
        return None, None
    users = get_user_model()._default_manager.filter(pk=half.pk, is_active=True)
    user = yield call(users, "first")
    if user is None or not constant_time_compare(user.get_session_auth_hash(), half.auth_hash):
        return None, None
    user.backend = half.backend
    return user, half.remember


def half_logged_in(request: Any) -> Any:
    """Return who has entered their password and has to take a second step; `None` if nobody has."""
    return run(_half_steps(request))[0]


async def ahalf_logged_in(request: Any) -> Any:
    """Do what `half_logged_in()` does."""
    return (await arun(_half_steps(request)))[0]


def _complete_steps(request: Any) -> Steps[Any]:
    user, remember = yield from _half_steps(request)
    if user is None:
        return None
    yield call(request.session, "pop", HALF_LOGIN_SESSION_KEY, None)
    yield from _enter_steps(request, user, user.backend, remember)
    return user


def complete_second_factor(request: Any) -> Any:
    """Log in who has taken the second step; the plugin of the step calls it after its check.

    Returns:
        The user, `None` if nobody had begun, or too long ago.
    """
    return run(_complete_steps(request))


async def acomplete_second_factor(request: Any) -> Any:
    """Do what `complete_second_factor()` does."""
    return await arun(_complete_steps(request))
