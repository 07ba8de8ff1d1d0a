"""The flows as a JSON API, for sites whose pages are elsewhere.

Sessions are cookies: what other sites make a browser send is refused by the CSRF middleware, which
looks at `Origin` and `Sec-Fetch-Site`. `GET /session` gives the token that pages of the site need.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastjango.auth.accounts import changes, logins, signups
from fastjango.auth.conf import LONGEST_LIMIT
from fastjango.auth.logins import alogout
from fastjango.auth.reauthentication import areauthenticate
from fastjango.auth.throttles import ThrottledError
from fastjango.core.exceptions import PermissionDenied, ValidationError
from fastjango.http.csrf import get_token
from fastjango.http.request import HttpRequest
from pydantic import BaseModel, Field, SecretStr

__all__ = ["accounts_router"]

T = TypeVar("T")
Password = Annotated[SecretStr, Field(max_length=LONGEST_LIMIT)]
Name = Annotated[str, Field(max_length=254)]
Token = Annotated[str, Field(max_length=2000)]


class SignUpIn(BaseModel):
    """A sign-up; without a name where users log in by their address."""

    username: Name = ""
    email: Name
    password: Password


class LoginIn(BaseModel):
    """A login by name or email address."""

    username: Name
    password: Password
    remember: bool | None = None


class PasswordIn(BaseModel):
    """The password of who is logged in."""

    password: Password


class ChangePasswordIn(BaseModel):
    """An old and a new password."""

    old_password: Password
    new_password: Password


class EmailIn(BaseModel):
    """An email address."""

    email: Name


class ChangeEmailIn(BaseModel):
    """A new email address."""

    email: Name
    password: Password


class TokenIn(BaseModel):
    """The token of a link."""

    token: Token


class ResetIn(BaseModel):
    """A new password, and what the link says."""

    uid: Name
    token: Token
    new_password: Password


class Said(BaseModel):
    """What happens next."""

    detail: str


class FactorOut(BaseModel):
    """A second step."""

    name: str
    url: str


class SessionOut(BaseModel):
    """Who is logged in, and what else has to be done for it."""

    authenticated: bool
    username: str | None = None
    second_factors: list[FactorOut] = []
    csrf_token: str


SENT = "If that can be done, a message with the next step is on its way."


def _ours(request: Request) -> HttpRequest:
    return HttpRequest.from_scope(request.scope, request.receive)


async def _user(request: Request) -> Any:
    user = await _ours(request).auser()
    if not user.is_authenticated:
        raise HTTPException(401, "Log in first.")
    return user


Ours = Annotated[HttpRequest, Depends(_ours)]
User = Annotated[Any, Depends(_user)]


async def _answer(flow: Awaitable[T]) -> T:
    """Await a flow; what it refuses becomes an HTTP error.

    Raises:
        HTTPException: 403 or 429.
        RequestValidationError: 422, in FastAPI's form.
    """
    try:
        return await flow
    except ThrottledError as error:
        headers = {"Retry-After": str(error.wait)}
        raise HTTPException(429, str(error), headers=headers) from error
    except PermissionDenied as error:
        raise HTTPException(403, str(error)) from error
    except ValidationError as error:
        named: dict[str, list[str]] = (
            error.message_dict if hasattr(error, "error_dict") else {"email": error.messages}
        )
        raise RequestValidationError(
            [
                {"type": "value_error", "loc": ("body", name), "msg": text, "input": None}
                for name, texts in named.items()
                for text in texts
            ]
        ) from error


async def _session(request: HttpRequest) -> SessionOut:
    user = await request.auser()
    name = user.get_username() if user.is_authenticated else None
    return SessionOut(
        authenticated=user.is_authenticated, username=name or None, csrf_token=get_token(request)
    )


async def session(request: Ours) -> SessionOut:
    """Say who is logged in, and give a token against forgery."""
    return await _session(request)


async def sign_up(request: Ours, body: SignUpIn) -> Said:
    """Sign up; what comes of it is said in a message to the address."""
    password = body.password.get_secret_value()
    await _answer(signups.asign_up(request, body.username, body.email, password))
    return Said(detail=SENT)


async def verify(request: Ours, body: TokenIn) -> Said:
    """Confirm the address of a sign-up."""
    if await _answer(signups.averify_email(request, body.token)) is None:
        raise HTTPException(400, "This link is not good, or no longer.")
    return Said(detail="The address is confirmed.")


async def login(request: Ours, body: LoginIn) -> SessionOut:
    """Log in by name or email address."""
    password = body.password.get_secret_value()
    flow = logins.abegin_login(request, body.username, password, remember=body.remember)
    result = await _answer(flow)
    if result.user is None:
        raise HTTPException(401, "Name or password is not right.")
    factors = [FactorOut(name=each.name, url=each.url) for each in result.second_factors]
    if factors:
        return SessionOut(
            authenticated=False, second_factors=factors, csrf_token=get_token(request)
        )
    return await _session(request)


async def logout(request: Ours) -> SessionOut:
    """Log out."""
    await alogout(request)
    return await _session(request)


async def reauthenticate(request: Ours, user: User, body: PasswordIn) -> Said:
    """Enter the password again, for sensitive actions."""
    if not await _answer(areauthenticate(request, user, body.password.get_secret_value())):
        text = changes.WRONG if user.has_usable_password() else changes.LOG_IN_AGAIN
        raise HTTPException(403, str(text))
    return Said(detail="Go on.")


async def change_password(request: Ours, user: User, body: ChangePasswordIn) -> Said:
    """Change the password; all other sessions end."""
    old, new = body.old_password.get_secret_value(), body.new_password.get_secret_value()
    await _answer(changes.achange_password(request, user, old, new))
    return Said(detail="The password is changed.")


async def request_reset(request: Ours, body: EmailIn) -> Said:
    """Ask for a link to set a new password."""
    await _answer(changes.arequest_reset(request, body.email))
    return Said(detail=SENT)


async def reset(request: Ours, body: ResetIn) -> Said:
    """Set a new password by a link."""
    new = body.new_password.get_secret_value()
    user = await _answer(changes.areset_password(request, body.uid, body.token, new))
    if user is None:
        raise HTTPException(400, "This link is not good, or no longer.")
    return Said(detail="The password is set.")


async def change_email(request: Ours, user: User, body: ChangeEmailIn) -> Said:
    """Ask for a link to use another address."""
    password = body.password.get_secret_value()
    await _answer(changes.arequest_email_change(request, user, password, body.email))
    return Said(detail=SENT)


async def confirm_email(request: Ours, body: TokenIn) -> Said:
    """Use another address, by the link sent to it."""
    if await _answer(changes.aconfirm_email_change(request, body.token)) is None:
        raise HTTPException(400, "This link is not good, or no longer.")
    return Said(detail="The address is changed.")


async def delete_account(request: Ours, user: User, body: PasswordIn) -> Said:
    """Delete the account."""
    await _answer(changes.adelete_account(request, user, body.password.get_secret_value()))
    return Said(detail="The account is deleted.")


def accounts_router(prefix: str = "/account") -> APIRouter:
    """Return a router with the flows."""
    router = APIRouter(prefix=prefix, tags=["account"])
    busy: dict[int | str, dict[str, Any]] = {429: {"description": "Too many attempts."}}
    router.get("/session")(session)
    for path, endpoint, status in (
        ("/signup", sign_up, 202),
        ("/verify", verify, 200),
        ("/login", login, 200),
        ("/logout", logout, 200),
        ("/reauthenticate", reauthenticate, 200),
        ("/password/change", change_password, 200),
        ("/password/reset", request_reset, 202),
        ("/password/reset/confirm", reset, 200),
        ("/email/change", change_email, 202),
        ("/email/change/confirm", confirm_email, 200),
        ("/delete", delete_account, 200),
    ):
        router.post(path, status_code=status, responses=busy)(endpoint)
    return router
