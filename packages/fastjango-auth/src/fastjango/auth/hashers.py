"""Stored passwords: making them, checking them, and the formats that Django knows.

Hashing is meant to be slow. The functions here refuse to do it on a running event loop; their
twins do it in a worker thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from fastjango.auth._algorithms import (
    Argon2PasswordHasher,
    BasePasswordHasher,
    BCryptPasswordHasher,
    BCryptSHA256PasswordHasher,
    MD5PasswordHasher,
    PBKDF2PasswordHasher,
    PBKDF2SHA1PasswordHasher,
    ScryptPasswordHasher,
    mask_hash,
    must_update_salt,
)
from fastjango.auth._texts import is_password
from fastjango.core import settings
from fastjango.core.aio import guard_sync
from fastjango.core.crypto import get_random_string
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.signals import receiver, setting_changed

__all__ = [
    "UNUSABLE_PASSWORD_PREFIX",
    "UNUSABLE_PASSWORD_SUFFIX_LENGTH",
    "Argon2PasswordHasher",
    "BCryptPasswordHasher",
    "BCryptSHA256PasswordHasher",
    "BasePasswordHasher",
    "MD5PasswordHasher",
    "PBKDF2PasswordHasher",
    "PBKDF2SHA1PasswordHasher",
    "ScryptPasswordHasher",
    "acheck_password",
    "amake_password",
    "averify_password",
    "check_password",
    "get_hasher",
    "get_hashers",
    "get_hashers_by_algorithm",
    "identify_hasher",
    "is_password_usable",
    "make_password",
    "mask_hash",
    "must_update_salt",
    "reset_hashers",
    "verify_password",
]

#: What a stored password begins with that nothing matches.
UNUSABLE_PASSWORD_PREFIX = "!"

#: Random characters behind that prefix; they keep password-reset links apart.
UNUSABLE_PASSWORD_SUFFIX_LENGTH = 40

DJANGO_HASHERS = "django.contrib.auth.hashers."


def is_password_usable(encoded: str | None) -> bool:
    """Tell whether a stored password is not one that `make_password(None)` made."""
    return encoded is None or not encoded.startswith(UNUSABLE_PASSWORD_PREFIX)


@lru_cache
def get_hashers() -> list[Any]:
    """Return a hasher for each entry of `PASSWORD_HASHERS`.

    Raises:
        ImproperlyConfigured: A hasher has no algorithm name.
    """
    hashers: list[Any] = []
    for path in settings.PASSWORD_HASHERS:
        if path.startswith(DJANGO_HASHERS):
            path = f"{__name__}.{path.removeprefix(DJANGO_HASHERS)}"
        hasher = import_string(path)()
        if not hasher.algorithm:
            raise ImproperlyConfigured(f"hasher doesn't specify an algorithm name: {path}")
        hashers.append(hasher)
    return hashers


@lru_cache
def get_hashers_by_algorithm() -> dict[str, Any]:
    """Return the hashers of `PASSWORD_HASHERS` by algorithm."""
    return {hasher.algorithm: hasher for hasher in get_hashers()}


@receiver(setting_changed, inline=True)
def reset_hashers(*, setting: str, **kwargs: Any) -> None:
    """Forget the hashers when a test changes `PASSWORD_HASHERS`."""
    if setting == "PASSWORD_HASHERS":
        get_hashers.cache_clear()
        get_hashers_by_algorithm.cache_clear()


def get_hasher(algorithm: Any = "default") -> Any:
    """Return the hasher of an algorithm.

    Args:
        algorithm: Its name; `"default"` for the first of `PASSWORD_HASHERS`; a hasher is returned
            as it is.

    Raises:
        ValueError: No entry of `PASSWORD_HASHERS` has that algorithm.
    """
    if hasattr(algorithm, "algorithm"):
        return algorithm
    if algorithm == "default":
        return get_hashers()[0]
    try:
        return get_hashers_by_algorithm()[algorithm]
    except KeyError:
        raise ValueError(
            f"Unknown password hashing algorithm '{algorithm}'. Did you specify it in the "
            "PASSWORD_HASHERS setting?"
        ) from None


def identify_hasher(encoded: str) -> Any:
    """Return the hasher that wrote a stored password.

    Raises:
        ValueError: None of `PASSWORD_HASHERS` did.
    """
    # Django wrote these two without a salt until 1.x; no hasher reads them any more.
    if (len(encoded) == 32 and "$" not in encoded) or (
        len(encoded) == 37 and encoded.startswith("md5$$")
    ):
        return get_hasher("unsalted_md5")
    if len(encoded) == 46 and encoded.startswith("sha1$$"):
        return get_hasher("unsalted_sha1")
    return get_hasher(encoded.partition("$")[0])


def _guard(hasher: Any, name: str) -> None:
    if getattr(hasher, "blocking", True):
        guard_sync(
            f"{name}() would block the event loop, because hashing a password is slow by intent. "
            f"Use `await a{name}()` instead."
        )


@sensitive_variables("password")
def _verify(password: str | bytes | None, encoded: str, preferred: Any) -> tuple[bool, bool]:
    fake_runtime = not is_password(password) or not is_password_usable(encoded)
    preferred = get_hasher(preferred)
    hasher: Any = None
    try:
        hasher = identify_hasher(encoded)
    except ValueError:
        fake_runtime = True
    if fake_runtime:
        # An account without a password takes as long as one with it.
        make_password(get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH))
        return False, False
    changed = hasher.algorithm != preferred.algorithm
    must_update = changed or preferred.must_update(encoded)
    correct = hasher.verify(password, encoded)
    if not correct and not changed and must_update:
        # A stored password of a lower cost takes as long as one of today's.
        hasher.harden_runtime(password, encoded)
    return correct, must_update


@sensitive_variables("password")
def verify_password(
    password: str | bytes | None, encoded: str, preferred: Any = "default"
) -> tuple[bool, bool]:
    """Compare a password with a stored one.

    Takes as long for a stored password that cannot be used, or that no hasher reads.

    Args:
        password: What was typed; `None`, and what cannot be hashed, matches nothing.
        encoded: The stored password.
        preferred: The algorithm that stored passwords should have.

    Returns:
        Whether it matches, and whether it should be stored anew.

    Raises:
        SynchronousOnlyOperation: An event loop is running in this thread.
    """
    _guard(get_hasher(preferred), "verify_password")
    return _verify(password, encoded, preferred)


@sensitive_variables("password")
async def averify_password(
    password: str | bytes | None, encoded: str, preferred: Any = "default"
) -> tuple[bool, bool]:
    """Do what `verify_password` does, in a worker thread."""

    @sensitive_variables()
    def verify() -> tuple[bool, bool]:
        return _verify(password, encoded, preferred)

    return await asyncio.to_thread(verify)


@sensitive_variables("password")
def check_password(
    password: str | bytes | None,
    encoded: str,
    setter: Callable[[Any], Any] | None = None,
    preferred: Any = "default",
) -> bool:
    """Tell whether a password matches a stored one.

    Args:
        setter: Called with the password when it matches and should be stored anew.
        preferred: The algorithm that stored passwords should have.

    Raises:
        SynchronousOnlyOperation: An event loop is running in this thread.
    """
    _guard(get_hasher(preferred), "check_password")
    correct, must_update = verify_password(password, encoded, preferred=preferred)
    if setter and correct and must_update:
        setter(password)
    return correct


@sensitive_variables("password")
async def acheck_password(
    password: str | bytes | None,
    encoded: str,
    setter: Callable[[Any], Awaitable[Any]] | None = None,
    preferred: Any = "default",
) -> bool:
    """Do what `check_password` does, hashing in a worker thread; `setter` is awaited."""

    @sensitive_variables()
    def verify() -> tuple[bool, bool]:
        return verify_password(password, encoded, preferred=preferred)

    correct, must_update = await asyncio.to_thread(verify)
    if setter and correct and must_update:
        await setter(password)
    return correct


@sensitive_variables("password")
def _make(password: str | bytes | None, salt: Any, hasher: Any) -> str:
    if password is None:
        return UNUSABLE_PASSWORD_PREFIX + get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH)
    if not isinstance(password, (bytes, str)):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise TypeError(f"Password must be a string or bytes, got {type(password).__qualname__}.")
    hasher = get_hasher(hasher)
    encoded: str = hasher.encode(password, salt or hasher.salt())
    return encoded


@sensitive_variables("password")
def make_password(password: str | bytes | None, salt: Any = None, hasher: Any = "default") -> str:
    """Turn a password into what is stored.

    Args:
        password: The password; `None` makes a value that nothing matches.
        salt: A random one by default.
        hasher: The algorithm, or a hasher.

    Raises:
        TypeError: The password is neither text nor bytes.
        ValueError: `PASSWORD_HASHERS` lacks the algorithm.
        SynchronousOnlyOperation: An event loop is running in this thread.
    """
    if password is not None:
        _guard(get_hasher(hasher), "make_password")
    return _make(password, salt, hasher)


@sensitive_variables("password")
async def amake_password(
    password: str | bytes | None, salt: Any = None, hasher: Any = "default"
) -> str:
    """Do what `make_password` does, in a worker thread."""
    if password is None:
        return _make(None, None, hasher)

    @sensitive_variables()
    def make() -> str:
        return make_password(password, salt, hasher)

    return await asyncio.to_thread(make)
