"""Signed texts and objects, byte for byte those of `django.core.signing`."""

from __future__ import annotations

import base64
import json
import re
import time
import zlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Protocol

from .conf import settings
from .crypto import constant_time_compare, salted_hmac, to_bytes
from .imports import import_string

__all__ = [
    "BadSignature", "JSONSerializer", "Serializer", "SignatureExpired", "Signer",
    "TimestampSigner", "b62_decode", "b62_encode", "b64_decode", "b64_encode", "base64_hmac",
    "cookie_signer_salt", "dumps", "get_cookie_signer", "loads", "unsign_cookie",
]  # fmt: skip

BASE62_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SEP_UNSAFE = re.compile(r"^[A-z0-9-_=]*$")
Key = str | bytes


class BadSignature(Exception):
    """The signature does not fit the value."""


class SignatureExpired(BadSignature):
    """The signature is older than allowed."""


def b62_encode(s: int) -> str:
    """Write a whole number in base 62."""
    digits, rest = "", abs(s)
    while rest:
        rest, digit = divmod(rest, 62)
        digits = BASE62_ALPHABET[digit] + digits
    return ("-" if s < 0 else "") + (digits or "0")


def b62_decode(s: str) -> int:
    """Read a whole number in base 62."""
    number = 0
    for digit in s.removeprefix("-"):
        number = number * 62 + BASE62_ALPHABET.index(digit)
    return -number if s.startswith("-") else number


def b64_encode(s: bytes) -> bytes:
    """Encode in URL-safe base 64 without padding."""
    return base64.urlsafe_b64encode(s).strip(b"=")


def b64_decode(s: bytes) -> bytes:
    """Decode URL-safe base 64 without padding."""
    return base64.urlsafe_b64decode(s + b"=" * (-len(s) % 4))


def base64_hmac(salt: Key, value: Key, key: Key, algorithm: str = "sha1") -> str:
    """Return the salted HMAC of a value in URL-safe base 64."""
    return b64_encode(salted_hmac(salt, value, key, algorithm=algorithm).digest()).decode()


class Serializer(Protocol):
    """What `dumps` and `loads` take: a class whose instances turn objects into bytes and back."""

    def dumps(self, obj: Any, /) -> bytes:
        """Return the object as bytes."""
        ...

    def loads(self, data: bytes, /) -> Any:
        """Return the object that the bytes stand for."""
        ...


class JSONSerializer:
    """Compact JSON in latin-1."""

    def dumps(self, obj: Any) -> bytes:
        """Return the object as JSON."""
        return json.dumps(obj, separators=(",", ":")).encode("latin-1")

    def loads(self, data: bytes) -> Any:
        """Return the object that the JSON stands for."""
        return json.loads(data.decode("latin-1"))


class Signer:
    """Signs texts with HMAC.

    Args:
        key: `settings.SECRET_KEY` by default.
        sep: What stands between value and signature.
        salt: Keeps signatures of different uses apart; the class's name in Django by default.
        algorithm: A name that `hashlib` knows.
        fallback_keys: Old keys that still verify, `settings.SECRET_KEY_FALLBACKS` by default.
    """

    def __init__(
        self,
        *,
        key: Key | None = None,
        sep: str = ":",
        salt: str | None = None,
        algorithm: str | None = None,
        fallback_keys: Iterable[Key] | None = None,
    ) -> None:
        self.key: Key = key or settings.SECRET_KEY
        old = settings.SECRET_KEY_FALLBACKS if fallback_keys is None else fallback_keys
        self.fallback_keys: list[Key] = list(old)
        self.sep = sep
        module = type(self).__module__
        module = "django.core.signing" if module == __name__ else module
        self.salt: str = salt or f"{module}.{type(self).__name__}"
        self.algorithm: str = algorithm or "sha256"
        if _SEP_UNSAFE.match(sep):
            raise ValueError(
                f"Unsafe Signer separator: {sep!r} (cannot be empty or consist of only A-z0-9-_=)"
            )

    def signature(self, value: Key, key: Key | None = None) -> str:
        """Return the signature of a value."""
        return base64_hmac(self.salt + "signer", value, key or self.key, self.algorithm)

    def sign(self, value: str) -> str:
        """Return the value with its signature behind it."""
        return f"{value}{self.sep}{self.signature(value)}"

    def unsign(self, signed_value: str) -> str:
        """Return the value.

        Raises:
            BadSignature: No key of this signer made the signature.
        """
        if self.sep not in signed_value:
            raise BadSignature(f'No "{self.sep}" found in value')
        value, signature = signed_value.rsplit(self.sep, 1)
        for key in (self.key, *self.fallback_keys):
            if constant_time_compare(signature, self.signature(value, key)):
                return value
        raise BadSignature(f'Signature "{signature}" does not match')

    def sign_object(
        self, obj: Any, serializer: type[Serializer] = JSONSerializer, compress: bool = False
    ) -> str:
        """Return an object as signed URL-safe text, compressed if asked and if that is shorter."""
        data, mark = serializer().dumps(obj), ""
        if compress and len(packed := zlib.compress(data)) < len(data) - 1:
            data, mark = packed, "."
        return self.sign(mark + b64_encode(data).decode())

    def unsign_object(
        self, signed_obj: str, serializer: type[Serializer] = JSONSerializer, **kwargs: Any
    ) -> Any:
        """Return the object that `sign_object` signed; `kwargs` go to `unsign`."""
        text = self.unsign(signed_obj, **kwargs).encode()
        data = b64_decode(text.removeprefix(b"."))
        return serializer().loads(zlib.decompress(data) if text.startswith(b".") else data)


class TimestampSigner(Signer):
    """A signer that notes the time, so that signatures can expire."""

    def timestamp(self) -> str:
        """Return the present second in base 62."""
        return b62_encode(int(time.time()))

    def sign(self, value: str) -> str:
        """Return the value with the time and the signature behind it."""
        return super().sign(f"{value}{self.sep}{self.timestamp()}")

    def unsign(self, signed_value: str, max_age: float | timedelta | None = None) -> str:
        """Return the value.

        Args:
            max_age: Greatest age allowed, in seconds if a number.

        Raises:
            SignatureExpired: It was signed longer ago.
            BadSignature: No key of this signer made the signature.
        """
        value, stamp = super().unsign(signed_value).rsplit(self.sep, 1)
        if max_age is not None:
            limit = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
            if (age := time.time() - b62_decode(stamp)) > limit:
                raise SignatureExpired(f"Signature age {age} > {limit} seconds")
        return value


def get_cookie_signer(salt: str = "django.core.signing.get_cookie_signer") -> TimestampSigner:
    """Return the signer of cookies, made by the class that `settings.SIGNING_BACKEND` names."""

    def cookie_key(key: Key) -> bytes:
        return b"django.http.cookies" + to_bytes(key)

    signer: type[TimestampSigner] = import_string(settings.SIGNING_BACKEND)
    old = [cookie_key(key) for key in settings.SECRET_KEY_FALLBACKS]
    return signer(key=cookie_key(settings.SECRET_KEY), fallback_keys=old, salt=salt)


def cookie_signer_salt(cookie_name: str, salt: str = "") -> str:
    """Return the salt of a signed cookie; the length keeps name and salt from running together."""
    return f"django.http.cookies.v2:{len(salt)}:{salt}{cookie_name}"


def unsign_cookie(
    signed_value: str,
    *,
    cookie_name: str,
    salt: str = "",
    max_age: float | timedelta | None = None,
) -> str:
    """Return the value of a signed cookie.

    Cookies with the older salt (name and salt run together) are read too while
    `settings.SIGNED_COOKIE_LEGACY_SALT_FALLBACK` is on.
    """
    signer = get_cookie_signer(cookie_signer_salt(cookie_name, salt))
    try:
        return signer.unsign(signed_value, max_age)
    except SignatureExpired:
        raise
    except BadSignature:
        if not settings.SIGNED_COOKIE_LEGACY_SALT_FALLBACK:
            raise
        return get_cookie_signer(cookie_name + salt).unsign(signed_value, max_age)


def dumps(
    obj: Any,
    key: Key | None = None,
    salt: str = "django.core.signing",
    serializer: type[Serializer] = JSONSerializer,
    compress: bool = False,
) -> str:
    """Return an object as URL-safe text with time and signature.

    Args:
        salt: Give each use its own, so that a text made for one is of no use to another.
    """
    return TimestampSigner(key=key, salt=salt).sign_object(obj, serializer, compress)


def loads(
    s: str,
    key: Key | None = None,
    salt: str = "django.core.signing",
    serializer: type[Serializer] = JSONSerializer,
    max_age: float | timedelta | None = None,
    fallback_keys: Iterable[Key] | None = None,
) -> Any:
    """Return the object that `dumps` signed.

    Raises:
        BadSignature: The text was changed, or made with another key or salt, or is too old.
    """
    signer = TimestampSigner(key=key, salt=salt, fallback_keys=fallback_keys)
    return signer.unsign_object(s, serializer, max_age=max_age)
