"""The routes by which clients get, exchange and give back tokens."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, HTTPException, Request
from fastjango.auth.conf import LONGEST_LIMIT
from fastjango.auth.events import log_event
from fastjango.auth.hooks import afactors_of
from fastjango.auth.jwt.tokens import InvalidTokenError, TokenPair, aissue, arefresh, arevoke
from fastjango.auth.passwords import acheck_credentials
from fastjango.auth.throttles import ThrottledError, ahit, client_address
from pydantic import BaseModel, Field, SecretStr

__all__ = ["CredentialsIn", "RefreshIn", "TokensOut", "jwt_router"]

Responses: TypeAlias = dict[int | str, dict[str, Any]]
_LONGEST_NAME = 254  # characters; of an email address
_LONGEST_TOKEN = 8192  # characters
_INVALID: Responses = {401: {"description": "The credentials are not right."}}
_STEP: Responses = {403: {"description": "A second step is needed, which tokens do not offer."}}
_BUSY: Responses = {429: {"description": "Too many attempts."}}


class CredentialsIn(BaseModel):
    """A login."""

    username: str = Field(max_length=_LONGEST_NAME)
    password: SecretStr = Field(max_length=LONGEST_LIMIT)
    scope: Annotated[str | None, Field(max_length=2000, pattern=r"^[^\x00]*$")] = None


class RefreshIn(BaseModel):
    """A refresh token."""

    refresh: str = Field(max_length=_LONGEST_TOKEN)


class TokensOut(BaseModel):
    """Tokens."""

    access: str
    refresh: str
    expires_in: int
    token_type: str = "Bearer"

    @classmethod
    def of(cls, pair: TokenPair) -> TokensOut:
        """Return the answer for a pair."""
        return cls(**pair._asdict())


async def _limit(request: Request) -> None:
    try:
        await ahit(request, token__address=client_address(request))
    except ThrottledError as error:
        raise _busy(error) from error


def _busy(error: ThrottledError) -> HTTPException:
    return HTTPException(429, str(error), headers={"Retry-After": str(error.wait)})


async def obtain(request: Request, body: CredentialsIn) -> TokensOut:
    """Log in with name (or email address) and password."""
    try:
        user = await acheck_credentials(request, body.username, body.password.get_secret_value())
    except ThrottledError as error:
        raise _busy(error) from error
    if user is None:
        raise HTTPException(
            401, "Name or password is not right.", headers={"WWW-Authenticate": "Bearer"}
        )
    if await afactors_of(request, user):
        log_event("token_refused", request, user, reason="second step")
        raise HTTPException(403, "This account needs a second step; a password gives no tokens.")
    return TokensOut.of(await aissue(user, body.scope, request=request))


async def exchange(request: Request, body: RefreshIn) -> TokensOut:
    """Exchange a refresh token for new tokens."""
    await _limit(request)
    try:
        return TokensOut.of(await arefresh(body.refresh, request=request))
    except InvalidTokenError as error:
        raise HTTPException(
            401, str(error), headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        ) from error


async def give_back(request: Request, body: RefreshIn) -> None:
    """End the login of a refresh token; nothing is said of tokens that are not valid."""
    await _limit(request)
    try:
        await arevoke(body.refresh, request=request)
    except InvalidTokenError:
        return


def jwt_router(prefix: str = "/token") -> APIRouter:
    """Return a router with `POST` routes: obtain, `/refresh` and `/revoke`."""
    router = APIRouter(prefix=prefix, tags=["tokens"])
    router.post("", responses={**_INVALID, **_STEP, **_BUSY})(obtain)
    router.post("/refresh", responses={**_INVALID, **_BUSY})(exchange)
    router.post("/revoke", status_code=204, responses=_BUSY)(give_back)
    return router
