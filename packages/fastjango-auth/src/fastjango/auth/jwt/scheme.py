"""How a request shows its access token."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException
from fastapi.openapi.models import HTTPBearer, SecurityBase
from fastjango.auth.events import log_event

__all__ = ["JwtScheme"]


class JwtScheme:
    """The header `Authorization: Bearer TOKEN`."""

    @property
    def name(self) -> str:
        """Name of the scheme in the OpenAPI document."""
        return "jwt"

    def openapi(self) -> SecurityBase:
        """Describe the header."""
        return HTTPBearer(bearerFormat="JWT", description="An access token.")

    def challenge(self, request: Any) -> str | None:
        """Return the keyword."""
        return "Bearer"

    async def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and `AccessToken` of the header.

        Raises:
            HTTPException: The header holds no valid access token (401).
        """
        from fastjango.auth.jwt.tokens import InvalidTokenError, averify

        keyword, _, token = request.headers.get("authorization", "").partition(" ")
        # A dot tells these tokens from others that are sent in the same way.
        if keyword.lower() != "bearer" or "." not in token:
            return None
        try:
            return await averify(token.strip())
        except InvalidTokenError as error:
            log_event("token_refused", request, scheme=self.name, reason=error)
            challenge = f'Bearer error="invalid_token", error_description="{error}"'
            raise HTTPException(401, str(error), headers={"WWW-Authenticate": challenge}) from error
