"""JSON Web Tokens: short-lived access tokens, and refresh tokens that work once.

List `fastjango.auth.jwt` in `INSTALLED_APPS`. A client sends `Authorization: Bearer TOKEN`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.auth.jwt.routes import jwt_router
    from fastjango.auth.jwt.scheme import JwtScheme
    from fastjango.auth.jwt.tokens import (
        AccessToken,
        InvalidTokenError,
        TokenPair,
        TokenReusedError,
        aissue,
        arefresh,
        arevoke,
        arevoke_all,
        averify,
        issue,
        refresh,
        revoke,
        revoke_all,
        verify,
    )

_TOKENS = (
    "AccessToken", "InvalidTokenError", "TokenPair", "TokenReusedError", "aissue", "arefresh",
    "arevoke", "arevoke_all", "averify", "issue", "refresh", "revoke", "revoke_all", "verify",
)  # fmt: skip
_HOME = {"JwtScheme": "scheme", "jwt_router": "routes", **dict.fromkeys(_TOKENS, "tokens")}

__all__ = [
    "AccessToken", "InvalidTokenError", "JwtScheme", "TokenPair", "TokenReusedError", "aissue",
    "arefresh", "arevoke", "arevoke_all", "averify", "issue", "jwt_router", "refresh", "revoke",
    "revoke_all", "verify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for: models need the apps."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
