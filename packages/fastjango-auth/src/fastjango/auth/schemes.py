"""Schemes: the ways in which a request of an API can say whose it is.

The session's cookie is one; tokens and others are added by `register`. Dependencies ask the
schemes in turn and describe them in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, runtime_checkable

from fastapi.openapi.models import APIKey, APIKeyIn, SecurityBase
from fastjango.auth.logins import set_request_user
from fastjango.core import settings

__all__ = [
    "AuthScheme",
    "Authenticated",
    "SessionScheme",
    "authenticate_request",
    "challenge",
    "register",
    "registered_schemes",
    "scopes_of",
    "unregister",
]


class Authenticated(NamedTuple):
    """Who a request is of, and by what.

    Attributes:
        user: The user, active and authenticated.
        auth: What the scheme knows of the credentials: a token, say. Its attribute `scopes`, if it
            has one, limits what the request may do; without it the user's permissions decide.
    """

    user: Any
    auth: Any


@runtime_checkable
class AuthScheme(Protocol):
    """One way to authenticate a request."""

    @property
    def name(self) -> str:
        """Name of the scheme in the OpenAPI document."""
        ...

    def openapi(self) -> SecurityBase:
        """Return the description for the OpenAPI document."""
        ...

    async def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return user and credentials.

        Returns:
            `None` if the request does not use this scheme, so that the next one is asked.

        Raises:
            HTTPException: It uses this scheme wrongly, with a token that is not valid, say (401).
        """
        ...

    def challenge(self, request: Any) -> str | None:
        """Return a value for the header `WWW-Authenticate` of a 401, `None` for no header."""
        ...


class SessionScheme:
    """The session of a browser, by its cookie."""

    @property
    def name(self) -> str:
        """Name of the scheme in the OpenAPI document."""
        return "session"

    def openapi(self) -> SecurityBase:
        """Describe the cookie."""
        # The field's alias is a keyword of Python.
        return APIKey.model_validate(
            {
                "type": "apiKey",
                "in": APIKeyIn.cookie,
                "name": settings.SESSION_COOKIE_NAME,
                "description": "The session of a user who has logged in.",
            }
        )

    async def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        """Return the user of the session; it has every right of its user."""
        if not hasattr(request, "auser"):
            return None
        user = await request.auser()
        return (user, None) if user.is_authenticated else None

    def challenge(self, request: Any) -> str | None:
        """Return `None`: HTTP has no name for logging in by a form."""
        return None


_schemes: dict[str, AuthScheme] = {"session": SessionScheme()}
_KEY = "fastjango.auth.authenticated"


def register(scheme: AuthScheme, *, first: bool = False) -> AuthScheme:
    """Let dependencies accept a scheme, in place of one of the same name.

    Call it in `ready()` of an app config, before routes are made.

    Args:
        first: Ask it before the others.
    """
    known = {name: one for name, one in _schemes.items() if name != scheme.name}
    _schemes.clear()
    if first:
        _schemes[scheme.name] = scheme
    _schemes.update(known)
    _schemes.setdefault(scheme.name, scheme)
    return scheme


def unregister(name: str) -> None:
    """Accept a scheme no longer."""
    _schemes.pop(name, None)


def registered_schemes() -> list[AuthScheme]:
    """Return the schemes in the order in which they are asked."""
    return list(_schemes.values())


async def authenticate_request(
    request: Any, schemes: Iterable[AuthScheme] | None = None
) -> Authenticated | None:
    """Return whose a request is, found once for all that ask with the same schemes.

    Side effects: `request.user` and `request.auth` say so too.

    Args:
        schemes: Those to ask; all by default.

    Returns:
        `None` if no scheme knows.

    Raises:
        HTTPException: The request uses a scheme wrongly.
    """
    chosen = registered_schemes() if schemes is None else list(schemes)
    known: dict[tuple[str, ...], Authenticated | None] = request.scope.setdefault(_KEY, {})
    key = tuple(scheme.name for scheme in chosen)
    if key in known:
        return known[key]
    found: Authenticated | None = None
    for scheme in chosen:
        answer = await scheme.authenticate(request)
        if answer is not None:
            found = Authenticated(*answer)
            break
    known[key] = found
    if found is not None:
        set_request_user(request, found.user)
        request.user = found.user
        request.auth = found.auth
    return found


def challenge(request: Any, schemes: Iterable[AuthScheme] | None = None) -> dict[str, str]:
    """Return the headers of a 401: one challenge for each scheme that HTTP has a name for."""
    chosen = registered_schemes() if schemes is None else schemes
    values = [value for scheme in chosen if (value := scheme.challenge(request))]
    return {"WWW-Authenticate": ", ".join(values)} if values else {}


def scopes_of(auth: Any) -> frozenset[str] | None:
    """Return the scopes of credentials; `None` if they have every right of their user."""
    scopes = getattr(auth, "scopes", None)
    if scopes is None:
        return None
    return frozenset(scopes.split() if isinstance(scopes, str) else scopes)
