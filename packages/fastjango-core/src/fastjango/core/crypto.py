"""Keyed hashes, random texts and comparison in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = [
    "RANDOM_STRING_CHARS", "InvalidAlgorithm", "constant_time_compare",
    "get_random_secret_key", "get_random_string", "pbkdf2", "salted_hmac", "to_bytes",
]  # fmt: skip

RANDOM_STRING_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class InvalidAlgorithm(ValueError):
    """`hashlib` does not know the algorithm asked for."""


def to_bytes(value: object) -> bytes:
    """Return bytes as they are, and the UTF-8 form of any other value's text."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, memoryview):
        return value.tobytes()
    return value if isinstance(value, bytes) else str(value).encode()


@lru_cache(maxsize=128)
def _keyed(key_salt: bytes, secret: bytes, algorithm: str) -> hmac.HMAC:
    """Return an HMAC that has its key and no message; the same keys come with every request."""
    try:
        hasher = getattr(hashlib, algorithm)
    except AttributeError as error:
        raise InvalidAlgorithm(
            f"{algorithm!r} is not an algorithm accepted by the hashlib module."
        ) from error
    # hmac.new() shortens an overlong key itself; hashing binds salt and secret into one key.
    return hmac.new(hasher(key_salt + secret).digest(), digestmod=hasher)


def salted_hmac(
    key_salt: str | bytes,
    value: str | bytes,
    secret: str | bytes | None = None,
    *,
    algorithm: str = "sha1",
) -> hmac.HMAC:
    """Return the HMAC of `value` under a key made of `key_salt` and `secret`.

    Args:
        secret: `settings.SECRET_KEY` by default.

    Raises:
        InvalidAlgorithm: `hashlib` has no such algorithm.
    """
    if secret is None:
        from .conf import settings

        secret = settings.SECRET_KEY
    signed = _keyed(to_bytes(key_salt), to_bytes(secret), algorithm).copy()
    signed.update(to_bytes(value))
    return signed


def get_random_string(length: int, allowed_chars: str = RANDOM_STRING_CHARS) -> str:
    """Return a text of `length` characters from a secure source."""
    return "".join(secrets.choice(allowed_chars) for _ in range(length))


def get_random_secret_key() -> str:
    """Return a text fit for `SECRET_KEY`."""
    return get_random_string(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)")


def constant_time_compare(val1: str | bytes, val2: str | bytes) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return secrets.compare_digest(to_bytes(val1), to_bytes(val2))


def pbkdf2(
    password: str | bytes,
    salt: str | bytes,
    iterations: int,
    dklen: int = 0,
    digest: Callable[..., Any] | None = None,
) -> bytes:
    """Return PBKDF2 of a password (RFC 8018) with SHA-256 unless `digest` is given."""
    name = (digest or hashlib.sha256)().name
    return hashlib.pbkdf2_hmac(name, to_bytes(password), to_bytes(salt), iterations, dklen or None)
