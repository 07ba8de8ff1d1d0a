"""`Authorization: Token <JWT>`."""

from __future__ import annotations

from typing import Any

from fastjango.auth.jwt import aissue
from fastjango.rest.authentication import JWTAuthentication, get_authorization_header
from fastjango.rest.exceptions import AuthenticationFailed


async def token_for(user: Any) -> str:
    """Return a new token, with which a user is known for as long as the settings say."""
    return (await aissue(user)).access


def token_of(request: Any) -> str:
    """Return the token that a request came with."""
    return get_authorization_header(request).split()[1].decode()


class TokenAuthentication(JWTAuthentication):
    """A JSON web token under the scheme that the document names."""

    keyword = "Token"


class LenientTokenAuthentication(TokenAuthentication):
    """The same where the document has no 401: who has a wrong token is nobody."""

    async def aauthenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and token, or nothing."""
        try:
            return await super().aauthenticate(request)
        except AuthenticationFailed:
            return None
