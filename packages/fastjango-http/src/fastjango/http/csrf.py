"""Tokens against forged requests, in Django's format.

A secret of 32 letters and digits is kept in a cookie, or in the session. A form carries a token:
the secret, hidden by a fresh mask, so that compression cannot leak it.

Source: https://docs.djangoproject.com/en/6.1/ref/csrf/
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from fastjango.core.crypto import constant_time_compare, get_random_string
from fastjango.http.middleware.layer import offer_of

__all__ = ["get_token", "rotate_token"]

#: Characters in a secret.
CSRF_SECRET_LENGTH = 32

#: Characters in a masked token: the mask and the hidden secret.
CSRF_TOKEN_LENGTH = 2 * CSRF_SECRET_LENGTH

CSRF_ALLOWED_CHARS = string.ascii_letters + string.digits
CSRF_SESSION_KEY = "_csrftoken"

LOADER_KEY = "fastjango.csrf_loader"
"""Name of an offer of the chain: what reads the secret of a request when it is first needed."""

REASON_INCORRECT_LENGTH = "has incorrect length"
REASON_INVALID_CHARACTERS = "has invalid characters"

_POSITIONS = {char: position for position, char in enumerate(CSRF_ALLOWED_CHARS)}
_BASE = len(CSRF_ALLOWED_CHARS)


class InvalidTokenFormat(Exception):
    """A token or secret has the wrong length or characters."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def new_secret() -> str:
    """A fresh secret."""
    return get_random_string(CSRF_SECRET_LENGTH, allowed_chars=CSRF_ALLOWED_CHARS)


def mask_secret(secret: str) -> str:
    """Hide a secret behind a fresh mask."""
    mask = new_secret()
    hidden = "".join(
        CSRF_ALLOWED_CHARS[(_POSITIONS[a] + _POSITIONS[b]) % _BASE]
        for a, b in zip(secret, mask, strict=True)
    )
    return mask + hidden


def unmask_token(token: str) -> str:
    """The secret that a token hides."""
    mask, hidden = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    return "".join(
        CSRF_ALLOWED_CHARS[_POSITIONS[a] - _POSITIONS[b]] for a, b in zip(hidden, mask, strict=True)
    )


def check_format(token: str) -> None:
    """Refuse what cannot be a token or a secret.

    Raises:
        InvalidTokenFormat: Wrong length, or other characters than letters and digits.
    """
    if len(token) not in (CSRF_TOKEN_LENGTH, CSRF_SECRET_LENGTH):
        raise InvalidTokenFormat(REASON_INCORRECT_LENGTH)
    if not all(char in _POSITIONS for char in token):
        raise InvalidTokenFormat(REASON_INVALID_CHARACTERS)


def matches(token: str, secret: str) -> bool:
    """Whether a token, masked or not, is of this secret."""
    if len(token) == CSRF_TOKEN_LENGTH:
        token = unmask_token(token)
    return constant_time_compare(token, secret)


def add_new_secret(request: Any) -> str:
    """Give a request a fresh secret, to be stored with the response."""
    secret = new_secret()
    request.META.update({"CSRF_COOKIE": secret, "CSRF_COOKIE_NEEDS_UPDATE": True})
    request._csrf_touched = True
    return secret


def load_secret(request: Any) -> None:
    """Read the secret of a request whose middleware has put that off."""
    scope: Mapping[str, Any] = getattr(request, "scope", None) or {}
    loader = offer_of(scope, LOADER_KEY)
    if loader is not None and "CSRF_COOKIE" not in request.META:
        loader(request)


def get_token(request: Any) -> str:
    """A token for a form; its secret is made if need be and stored with the response.

    Args:
        request: The request that the form answers.

    Side effects: the response sets the cookie (or the session), and varies with it.
    """
    load_secret(request)
    if "CSRF_COOKIE" in request.META:
        secret = request.META["CSRF_COOKIE"]
        # The cookie's age begins anew.
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
        request._csrf_touched = True
    else:
        secret = add_new_secret(request)
    return mask_secret(secret)


def rotate_token(request: Any) -> None:
    """Change the secret; to be called at login, so that a token planted before is worth nothing."""
    add_new_secret(request)
