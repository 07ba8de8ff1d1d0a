"""Tokens for links in mails: good once, for a while, and void when the user changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastjango.core import settings
from fastjango.core.crypto import constant_time_compare, salted_hmac
from fastjango.values.http import base36_to_int, int_to_base36

__all__ = ["PasswordResetTokenGenerator", "default_token_generator"]

_EPOCH = datetime(2001, 1, 1)


class PasswordResetTokenGenerator:
    """Makes and checks tokens in Django's format, so that a link of either side works on both.

    Derive from it for other links; give those another `key_salt`.

    Attributes:
        key_salt: What keeps tokens for different purposes apart.
        algorithm: Name of the hash; SHA-256 by default.
    """

    key_salt: str = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
    algorithm: str | None = None
    _secret: str | bytes | None = None
    _secret_fallbacks: Iterable[str | bytes] | None = None

    def __init__(self) -> None:
        self.algorithm = self.algorithm or "sha256"

    @property
    def secret(self) -> str | bytes:
        """The key that tokens are made with: `SECRET_KEY` unless another was set."""
        return self._secret or settings.SECRET_KEY

    @secret.setter
    def secret(self, secret: str | bytes) -> None:
        self._secret = secret

    @property
    def secret_fallbacks(self) -> Iterable[str | bytes]:
        """Keys whose tokens are still good: `SECRET_KEY_FALLBACKS` unless others were set."""
        if self._secret_fallbacks is None:
            fallbacks: Iterable[str | bytes] = settings.SECRET_KEY_FALLBACKS
            return fallbacks
        return self._secret_fallbacks

    @secret_fallbacks.setter
    def secret_fallbacks(self, fallbacks: Iterable[str | bytes]) -> None:
        self._secret_fallbacks = fallbacks

    def make_token(self, user: Any) -> str:
        """Return a token for a user: time and signature, with a hyphen between."""
        return self._make_token_with_timestamp(user, self._num_seconds(self._now()), self.secret)

    def check_token(self, user: Any, token: str | None) -> bool:
        """Tell whether a token is of this user, unused, and not older than
        `PASSWORD_RESET_TIMEOUT` seconds.
        """
        if not (user and token):
            return False
        stamp, hyphen, rest = token.partition("-")
        if not hyphen or "-" in rest:
            return False
        try:
            timestamp = base36_to_int(stamp)
        except ValueError:
            return False
        if not any(
            constant_time_compare(self._make_token_with_timestamp(user, timestamp, secret), token)
            for secret in (self.secret, *self.secret_fallbacks)
        ):
            return False
        age = self._num_seconds(self._now()) - timestamp
        return bool(age <= settings.PASSWORD_RESET_TIMEOUT)

    def _make_token_with_timestamp(self, user: Any, timestamp: int, secret: str | bytes) -> str:
        signature = salted_hmac(
            self.key_salt,
            self._make_hash_value(user, timestamp),
            secret=secret,
            algorithm=self.algorithm or "sha256",
        ).hexdigest()
        # Every other digit keeps links short: 128 bits are left.
        return f"{int_to_base36(timestamp)}-{signature[::2]}"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        """Return what is signed: everything whose change shall void the token.

        The password changes with a reset, even to the same one, because of its salt; the last
        login changes soon after.
        """
        last_login = user.last_login
        # Not every database keeps fractions of a second.
        login = "" if last_login is None else last_login.replace(microsecond=0, tzinfo=None)
        email = getattr(user, user.get_email_field_name(), "") or ""
        return f"{user.pk}{user.password}{login}{timestamp}{email}"

    def _num_seconds(self, dt: datetime) -> int:
        return int((dt - _EPOCH).total_seconds())

    def _now(self) -> datetime:
        """Return the local time; tests put another in its place."""
        return datetime.now()


default_token_generator = PasswordResetTokenGenerator()
