"""How a request shows its token."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException
from fastapi.openapi.models import APIKey, APIKeyIn, SecurityBase
from fastjango.auth._texts import is_unstorable
from fastjango.auth.events import log_event

__all__ = ["TokenScheme"]


class TokenScheme:
    """The header `Authorization: Token KEY`.

    Args:
        keyword: The word before the key.
    """

    def __init__(self, keyword: str = "Token") -> None:
        self.keyword = keyword

    @property
    def name(self) -> str:
        """Name of the scheme in the OpenAPI document."""
        return "token"

    def openapi(self) -> SecurityBase:
        """Describe the header."""
        return APIKey.model_validate(
            {
                "type": "apiKey",
                "in": APIKeyIn.header,
                "name": "Authorization",
                "description": f"`{self.keyword}`, a space and the key.",
            }
        )

    def challenge(self, request: Any) -> str | None:
        """Return the keyword."""
        return self.keyword

    def _refusal(self, request: Any, detail: str) -> HTTPException:
        log_event("token_refused", request, scheme=self.name, reason=detail)
        return HTTPException(401, detail, headers={"WWW-Authenticate": self.keyword})

    async def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and `Token` of the header.

        Raises:
            HTTPException: The header holds no valid token (401).
        """
        from fastjango.auth.authtoken.models import Token

        words = request.headers.get("authorization", "").split()
        if not words or words[0].lower() != self.keyword.lower():
            return None
        if len(words) == 1:
            raise self._refusal(request, "Invalid token header. No credentials provided.")
        if len(words) > 2:
            detail = "Invalid token header. Token string should not contain spaces."
            raise self._refusal(request, detail)
        tokens = Token.objects.select_related("user").filter(key=words[1])
        token = None if is_unstorable(words[1]) else await tokens.afirst()
        if token is None:
            raise self._refusal(request, "Invalid token.")
        user: Any = token.user
        if not user.is_active:
            raise self._refusal(request, "User inactive or deleted.")
        return user, token
