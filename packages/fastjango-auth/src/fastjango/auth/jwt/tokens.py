"""Making, verifying, exchanging and revoking tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import jwt as pyjwt
from fastjango.auth._edges import Steps, arun, call, run
from fastjango.auth.events import log_event
from fastjango.auth.exceptions import AuthError
from fastjango.auth.jwt.keys import keys, signing_key
from fastjango.auth.jwt.models import TokenLogin
from fastjango.core import settings, timezone
from fastjango.core.crypto import constant_time_compare

__all__ = [
    "AccessToken", "InvalidTokenError", "TokenPair", "TokenReusedError", "aissue", "arefresh",
    "arevoke", "arevoke_all", "averify", "issue", "refresh", "revoke", "revoke_all", "verify",
]  # fmt: skip

Kind = Literal["access", "refresh"]
_LONGEST = 8192  # characters of a token


class InvalidTokenError(AuthError):
    """A token is malformed, expired, revoked, of another kind, or not from here."""


class TokenReusedError(InvalidTokenError):
    """A refresh token came a second time: somebody has a copy. Its login was ended."""


class TokenPair(NamedTuple):
    """What a client gets at login and with each refresh."""

    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified access token says.

    Attributes:
        login: The row of the login.
        scopes: What it is limited to; `None` if it has every right of its user.
        expires: When it ends.
    """

    login: Any
    scopes: frozenset[str] | None
    expires: datetime


def _encode(kind: Kind, login: Any, jti: str, now: datetime, seconds: int) -> str:
    key = signing_key()
    claims: dict[str, Any] = {
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "sub": str(login.user_id),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + seconds,
        "jti": jti,
        "sid": login.id,
        "typ": kind,
    }
    if login.scopes is not None:
        claims["scope"] = login.scopes
    header = {"kid": key.kid, "typ": "at+jwt" if kind == "access" else "rt+jwt"}
    return pyjwt.encode(claims, key.private, algorithm=key.algorithm, headers=header)


def _decode(token: str, kind: Kind) -> dict[str, Any]:
    """Return the claims of a token.

    The key, and with it the algorithm, is found by the key's name: what the token says of its
    algorithm counts for nothing.

    Raises:
        InvalidTokenError: It is not valid as one of this kind.
    """
    try:
        if len(token) > _LONGEST:
            raise InvalidTokenError("The token is too long.")
        kid = pyjwt.get_unverified_header(token).get("kid")
        key = keys().get(kid) if isinstance(kid, str) else None
        if key is None:
            raise InvalidTokenError("The token was signed with an unknown key.")
        claims: dict[str, Any] = pyjwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            issuer=settings.JWT_ISSUER,
            audience=settings.JWT_AUDIENCE,
            leeway=settings.JWT_LEEWAY,
            options={"require": ["iss", "aud", "sub", "iat", "exp", "jti", "sid", "typ"]},
        )
    except pyjwt.ExpiredSignatureError as error:
        raise InvalidTokenError("The token has expired.") from error
    except (pyjwt.PyJWTError, ValueError, TypeError) as error:
        raise InvalidTokenError("The token is not valid.") from error
    if claims["typ"] != kind:
        raise InvalidTokenError(f"This is no {kind} token.")
    return claims


def _pair(login: Any, now: datetime) -> TokenPair:
    left = int((login.expires - now).total_seconds())
    access = min(settings.JWT_ACCESS_LIFETIME, left)
    refresh = min(settings.JWT_REFRESH_LIFETIME, left)
    return TokenPair(
        _encode("access", login, secrets.token_hex(16), now, access),
        _encode("refresh", login, login.current, now, refresh),
        access,
    )


def _text(scopes: str | Iterable[str] | None) -> str | None:
    if scopes is None:
        return None
    return " ".join(sorted(set(scopes.split() if isinstance(scopes, str) else scopes)))


def _issue_steps(user: Any, scopes: Any, request: Any) -> Steps[TokenPair]:
    now = timezone.now()
    login = TokenLogin(
        id=secrets.token_hex(16),
        user=user,
        current=secrets.token_hex(16),
        auth_hash=user.get_session_auth_hash(),
        scopes=_text(scopes),
        created=now,
        refreshed=now,
        expires=now + timedelta(seconds=settings.JWT_LOGIN_LIFETIME),
    )
    yield call(login, "save", force_insert=True)
    log_event("token_issued", request, user)
    return _pair(login, now)


def issue(
    user: Any, scopes: str | Iterable[str] | None = None, *, request: Any = None
) -> TokenPair:
    """Begin a login by token.

    Args:
        user: Whose it is. Make sure of their credentials before.
        scopes: What the tokens are limited to; `None` gives them every right of the user.
        request: The request, for the log.
    """
    return run(_issue_steps(user, scopes, request))


async def aissue(
    user: Any, scopes: str | Iterable[str] | None = None, *, request: Any = None
) -> TokenPair:
    """Do what `issue()` does."""
    return await arun(_issue_steps(user, scopes, request))


def _login_steps(claims: dict[str, Any]) -> Steps[Any]:
    """The login of a token, alive and of an active user with the password of that time."""
    found = TokenLogin.objects.select_related("user").filter(pk=str(claims["sid"]))
    login = yield call(found, "first")
    if login is None or login.revoked is not None or login.expires <= timezone.now():
        raise InvalidTokenError("The login of this token has ended.")
    user = login.user
    if str(login.user_id) != claims["sub"] or not user.is_active:
        raise InvalidTokenError("The login of this token has ended.")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    if not any(constant_time_compare(login.auth_hash, known) for known in hashes):
        raise InvalidTokenError("The password has changed since the login.")
    return login


def _verify_steps(token: str) -> Steps[tuple[Any, AccessToken]]:
    claims = _decode(token, "access")
    login = yield from _login_steps(claims)
    scope = claims.get("scope")
    scopes = None if scope is None else frozenset(str(scope).split())
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    return login.user, AccessToken(login, scopes, expires)


def verify(token: str) -> tuple[Any, AccessToken]:
    """Return the user of an access token, and what it says. One query.

    Raises:
        InvalidTokenError: It is not valid, or its login has ended: by logout, a new password, a
            disabled account.
    """
    return run(_verify_steps(token))


async def averify(token: str) -> tuple[Any, AccessToken]:
    """Do what `verify()` does."""
    return await arun(_verify_steps(token))


def _refresh_steps(token: str, request: Any) -> Steps[TokenPair]:
    claims = _decode(token, "refresh")
    login = yield from _login_steps(claims)
    now, new = timezone.now(), secrets.token_hex(16)
    # One statement decides, so that of two simultaneous requests one alone gets tokens.
    good = TokenLogin.objects.filter(pk=login.pk, current=str(claims["jti"]), revoked=None)
    user_hash = login.user.get_session_auth_hash()
    changed = yield call(good, "update", current=new, refreshed=now, auth_hash=user_hash)
    if not changed:
        yield call(TokenLogin.objects.filter(pk=login.pk), "update", revoked=now)
        log_event("token_reused", request, login.user, login=login.pk)
        raise TokenReusedError("The refresh token was used before. Its login has been ended.")
    login.current = new
    return _pair(login, now)


def refresh(token: str, *, request: Any = None) -> TokenPair:
    """Exchange a refresh token for new tokens. It is good for one exchange.

    Raises:
        InvalidTokenError: It is not valid, or its login has ended.
        TokenReusedError: It was used before. All tokens of its login end with that.
    """
    return run(_refresh_steps(token, request))


async def arefresh(token: str, *, request: Any = None) -> TokenPair:
    """Do what `refresh()` does."""
    return await arun(_refresh_steps(token, request))


def _revoke_steps(token: str, request: Any) -> Steps[bool]:
    try:
        claims = _decode(token, "refresh")
    except InvalidTokenError:
        claims = _decode(token, "access")
    rows = TokenLogin.objects.filter(pk=str(claims["sid"]), revoked=None)
    ended = yield call(rows, "update", revoked=timezone.now())
    if ended:
        log_event("token_revoked", request, user_id=claims["sub"])
    return bool(ended)


def revoke(token: str, *, request: Any = None) -> bool:
    """End the login of a token, of either kind; tell whether it was alive.

    Raises:
        InvalidTokenError: The token is not valid.
    """
    return run(_revoke_steps(token, request))


async def arevoke(token: str, *, request: Any = None) -> bool:
    """Do what `revoke()` does."""
    return await arun(_revoke_steps(token, request))


def _revoke_all_steps(user: Any) -> Steps[int]:
    rows = TokenLogin.objects.filter(user=user, revoked=None)
    ended: int = yield call(rows, "update", revoked=timezone.now())
    return ended


def revoke_all(user: Any) -> int:
    """End all logins by token of a user; return how many there were."""
    return run(_revoke_all_steps(user))


async def arevoke_all(user: Any) -> int:
    """Do what `revoke_all()` does."""
    return await arun(_revoke_all_steps(user))
