"""The keys that sign and verify tokens, each with its one algorithm."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final, NamedTuple

import jwt as pyjwt
from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Error, Tags
from fastjango.core.exceptions import ImproperlyConfigured

__all__ = ["Key", "check_keys", "keys", "signing_key"]

SHARED: Final = ("HS256", "HS384", "HS512")
PAIRED: Final = ("ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384",
                 "RS512")  # fmt: skip
SHORTEST: Final = 32  # bytes of a shared secret, RFC 7518, section 3.2


class Key(NamedTuple):
    """A key and the only algorithm it is used with."""

    kid: str
    algorithm: str
    private: Any
    public: Any


def _from_secret(secret: str | bytes, algorithm: str) -> Key:
    raw = secret.encode() if isinstance(secret, str) else secret
    # A key of its own: no other signature of the site is good as a token.
    key = hmac.new(raw, b"fastjango.auth.jwt", hashlib.sha512).digest()
    return Key(hashlib.sha256(b"kid" + key).hexdigest()[:8], algorithm, key, key)


def _configured(entry: dict[str, Any], position: int) -> Key:
    where = f"JWT_KEYS[{position}]"
    unknown = set(entry) - {"kid", "algorithm", "key", "private", "public"}
    if unknown:
        raise ImproperlyConfigured(f"{where} has the unknown name {min(unknown)!r}.")
    algorithm, kid = entry.get("algorithm"), entry.get("kid")
    if not kid or not isinstance(kid, str):
        raise ImproperlyConfigured(f"{where} needs a 'kid', the name by which tokens refer to it.")
    if algorithm in SHARED:
        secret = entry.get("key") or ""
        raw = secret.encode() if isinstance(secret, str) else secret
        if len(raw) < SHORTEST:
            raise ImproperlyConfigured(f"The 'key' of {where} is shorter than {SHORTEST} bytes.")
        return Key(kid, algorithm, raw, raw)
    if algorithm in PAIRED:
        if not entry.get("public"):
            raise ImproperlyConfigured(f"{where} needs a 'public' key for {algorithm}.")
        return Key(kid, algorithm, entry.get("private"), entry["public"])
    raise ImproperlyConfigured(
        f"{where} names the algorithm {algorithm!r}. Choose one of: "
        f"{', '.join(sorted((*SHARED, *PAIRED)))}."
    )


def keys() -> dict[str, Key]:
    """Return the keys by name; the first one signs.

    Raises:
        ImproperlyConfigured: The settings describe no usable keys.
    """
    if settings.JWT_KEYS:
        found = [_configured(entry, n) for n, entry in enumerate(settings.JWT_KEYS)]
    else:
        algorithm = settings.JWT_ALGORITHM
        if algorithm not in SHARED:
            raise ImproperlyConfigured(
                f"JWT_ALGORITHM is {algorithm!r}; keys made from SECRET_KEY work with "
                f"{', '.join(SHARED)}. Give keys of your own in JWT_KEYS."
            )
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        found = [_from_secret(secret, algorithm) for secret in secrets]
    by_name: dict[str, Key] = {}
    for key in found:
        if key.kid in by_name and settings.JWT_KEYS:
            raise ImproperlyConfigured(f"JWT_KEYS has two keys named {key.kid!r}.")
        by_name.setdefault(key.kid, key)
    return by_name


def signing_key() -> Key:
    """Return the key that signs.

    Raises:
        ImproperlyConfigured: The first key cannot sign.
    """
    key = next(iter(keys().values()))
    if not key.private:
        raise ImproperlyConfigured("JWT_KEYS[0] has no 'private' key to sign with.")
    return key


def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """Refuse keys that cannot be used (auth_jwt.E001)."""
    try:
        key = signing_key()
        pyjwt.encode({}, key.private, algorithm=key.algorithm)
    except (ImproperlyConfigured, pyjwt.PyJWTError, ValueError, TypeError) as error:
        return [Error(f"Tokens cannot be signed: {error}", id="auth_jwt.E001")]
    return []


check_keys.tags = (Tags.security,)  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark
