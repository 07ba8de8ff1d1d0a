"""Sensitive actions need a password that was entered a short while ago."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth.events import log_event
from fastjango.auth.guards import add_rule
from fastjango.auth.logins import akeep_session, keep_session
from fastjango.auth.redirects import redirect_to_login
from fastjango.auth.throttles import aforget, ahit, forget, hit
from fastjango.core import settings
from fastjango.http.shortcuts import resolve_url
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.values.decorators import iscoroutinefunction

__all__ = [
    "REAUTHENTICATION_SESSION_KEY", "ais_recent", "anote", "areauthenticate", "is_recent", "note",
    "reauthenticate", "reauthentication_required",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

REAUTHENTICATION_SESSION_KEY: Final = "_auth_reauthenticated"


def _set(session: Any, value: float) -> Step:
    key = REAUTHENTICATION_SESSION_KEY
    return pair(lambda: session.__setitem__(key, value), lambda: session.aset(key, value))


def note(request: Any) -> None:
    """Note that the user has just proved who they are."""
    request.session[REAUTHENTICATION_SESSION_KEY] = time.time()


async def anote(request: Any) -> None:
    """Do what `note()` does."""
    await request.session.aset(REAUTHENTICATION_SESSION_KEY, time.time())


def _recent(stamp: Any) -> bool:
    if not isinstance(stamp, (int, float)):
        return False
    return bool(0 <= time.time() - stamp <= settings.REAUTHENTICATION_TIMEOUT)


def is_recent(request: Any) -> bool:
    """Tell whether the user has proved who they are within `REAUTHENTICATION_TIMEOUT` seconds."""
    return _recent(request.session.get(REAUTHENTICATION_SESSION_KEY))


async def ais_recent(request: Any) -> bool:
    """Do what `is_recent()` does."""
    return _recent(await request.session.aget(REAUTHENTICATION_SESSION_KEY))


@sensitive_variables("password")
def _steps(request: Any, user: Any, password: str) -> Steps[bool]:
    if not user.has_usable_password():
        # Who logs in by another site has nothing to enter: that login, if it was just now, is it.
        return bool((yield pair(is_recent, ais_recent, request)))
    who = str(user.pk)
    yield pair(
        lambda: hit(request, reauthenticate__account=who),
        lambda: ahit(request, reauthenticate__account=who),
    )
    if not (yield call(user, "check_password", password)):
        log_event("reauthentication_failed", request, user)
        return False
    yield pair(keep_session, akeep_session, request, user)
    yield _set(request.session, time.time())
    yield pair(
        lambda: forget(reauthenticate__account=who), lambda: aforget(reauthenticate__account=who)
    )
    log_event("reauthenticated", request, user)
    return True


@sensitive_variables("password")
def reauthenticate(request: Any, user: Any, password: str) -> bool:
    """Check the password of a user who is logged in, and note it for sensitive actions.

    Of a user without a password the login counts, for `REAUTHENTICATION_TIMEOUT` seconds.

    Raises:
        ThrottledError: There were too many attempts.
    """
    return run(_steps(request, user, password))


@sensitive_variables("password")
async def areauthenticate(request: Any, user: Any, password: str) -> bool:
    """Do what `reauthenticate()` does."""
    return await arun(_steps(request, user, password))


def reauthentication_required(view: F) -> F:
    """Send users to `REAUTHENTICATION_URL` who have not proved who they are for a while.

    Put it inside of `login_required`.
    """

    def refused(request: Any) -> Any:
        url = resolve_url(settings.REAUTHENTICATION_URL)
        return redirect_to_login(request.get_full_path(), url)

    guarded: Any
    if iscoroutinefunction(view):

        @wraps(view)
        async def aview_wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            if not await ais_recent(request):
                return refused(request)
            return await view(request, *args, **kwargs)

        guarded = cast("Any", aview_wrapper)

    else:

        @wraps(view)
        def view_wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_recent(request):
                return refused(request)
            return view(request, *args, **kwargs)

        guarded = cast("Any", view_wrapper)

    add_rule(guarded, "reauthentication")
    return cast("F", guarded)
