"""Names and passwords that were typed: counted, and looked up by name or email address."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastjango.auth._edges import Steps, arun, call, pair, run
from fastjango.auth._texts import is_unstorable
from fastjango.auth.authentication import (
    aauthenticate,
    authenticate,
    get_user_model,
)
from fastjango.auth.throttles import aforget, ahit, client_address, forget, hit
from fastjango.core import settings
from fastjango.http.views.decorators.debug import sensitive_variables

__all__ = ["acheck_credentials", "check_credentials"]


def _candidates_steps(typed: str) -> Steps[list[str]]:
    """The login names that may be meant: of an email address, that of its only owner."""
    model = get_user_model()
    field = model.get_email_field_name()
    if "@" not in typed or not settings.AUTH_LOGIN_BY_EMAIL:
        return [typed]
    if is_unstorable(typed):
        return [typed]
    # A name with an @ wins over an address, so that nobody shadows it with their address.
    named = model._default_manager.filter(**{model.USERNAME_FIELD: typed})
    if (yield call(named, "exists")):
        return [typed]
    owners = model._default_manager.filter(**{f"{field}__iexact": typed})
    rows = yield pair(list, _rows, owners[:2])
    return [rows[0].get_username()] if len(rows) == 1 else [typed]


async def _rows(owners: Any) -> list[Any]:
    return [user async for user in owners]


@sensitive_variables("password")
def _check_steps(request: Any, typed: str, password: str) -> Steps[Any]:
    limits = {"login__account": typed, "login__address": client_address(request)}
    yield pair(partial(hit, **limits), partial(ahit, **limits), request)
    # One password check, whoever is meant: the time tells nothing.
    (name,) = yield from _candidates_steps(typed)
    credentials = {get_user_model().USERNAME_FIELD: name, "password": password}
    user = yield pair(
        partial(authenticate, **credentials), partial(aauthenticate, **credentials), request
    )
    if user is not None:
        yield pair(partial(forget, login__account=typed), partial(aforget, login__account=typed))
    return user


@sensitive_variables("password")
def check_credentials(request: Any, username: str, password: str) -> Any:
    """Return the user of a name or email address with a password, `None` if there is none.

    Attempts are counted by name and by address, of unknown names too; a right password clears the
    count of the name.

    Raises:
        ThrottledError: There were too many attempts.
    """
    return run(_check_steps(request, username, password))


@sensitive_variables("password")
async def acheck_credentials(request: Any, username: str, password: str) -> Any:
    """Do what `check_credentials()` does."""
    return await arun(_check_steps(request, username, password))
