"""Settings of JSON Web Tokens."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

__all__ = ["JwtSettings"]


class JwtSettings(PluginSettings):
    """Keys, claims and lifetimes.

    Attributes:
        JWT_ACCESS_LIFETIME: Seconds for which an access token is good.
        JWT_REFRESH_LIFETIME: Seconds for which a refresh token may stay unused.
        JWT_LOGIN_LIFETIME: Seconds after which a login ends, however often it was refreshed.
        JWT_ALGORITHM: Algorithm of the keys that come from `SECRET_KEY`: HS256, HS384 or HS512.
        JWT_KEYS: Keys of your own, the first of which signs while all verify. Each is a mapping
            with `kid`, `algorithm` and `key` (shared secret), or `private` and `public` (PEM).
            Empty: keys made from `SECRET_KEY` and `SECRET_KEY_FALLBACKS`.
        JWT_ISSUER: Value of `iss`, which tokens must have.
        JWT_AUDIENCE: Value of `aud`, which tokens must have.
        JWT_LEEWAY: Seconds by which clocks may differ.
    """

    JWT_ACCESS_LIFETIME: int = 5 * 60  # seconds
    JWT_REFRESH_LIFETIME: int = 14 * 24 * 60 * 60  # seconds
    JWT_LOGIN_LIFETIME: int = 90 * 24 * 60 * 60  # seconds
    JWT_ALGORITHM: str = "HS256"
    JWT_KEYS: list[dict[str, Any]] = []
    JWT_ISSUER: str = "fastjango"
    JWT_AUDIENCE: str = "fastjango"
    JWT_LEEWAY: int = 0  # seconds
