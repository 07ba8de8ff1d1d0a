"""Settings of users, logins and passwords; each is documented in the README."""

from __future__ import annotations

from typing import Any, Final

from fastjango.core.conf import PluginSettings

__all__ = ["AuthSettings"]

SHORTEST_LIMIT: Final = 64  # characters; NIST SP 800-63B, section 3.1.1.2
LONGEST_LIMIT: Final = 4096  # characters of a password that forms and routers take


class AuthSettings(PluginSettings):
    """Users, backends, logins and passwords.

    Attributes:
        AUTH_USER_MODEL: The model of users, as `app_label.ModelName`; settle it before the first
            migration.
        AUTHENTICATION_BACKENDS: Classes that know users and permissions, asked in this order.
            Django's own names for our backends are taken as well.
        LOGIN_URL: Path or URL name of the login page.
        LOGIN_REDIRECT_URL: Where a login leads when nothing else says so.
        LOGOUT_REDIRECT_URL: Where a logout leads; `None` shows a page of its own.
        PASSWORD_RESET_TIMEOUT: Seconds for which the link of a password reset is good.
        PASSWORD_HASHERS: Classes that read and write stored passwords; the first one writes.
        AUTH_PASSWORD_VALIDATORS: What a new password has to fulfil. Django's default is none.
        AUTH_LOGIN_BY_EMAIL: Whether tokens and account pages take an email address for the name,
            if exactly one account has it.
        AUTH_RATE_LIMITS: Changes to `throttles.DEFAULT_RATES`; `None` lifts a limit.
        AUTH_THROTTLE_CACHE: The cache that counts attempts; `None` counts in each process.
        REAUTHENTICATION_TIMEOUT: Seconds for which a password that was entered is good for
            sensitive actions.
        REAUTHENTICATION_URL: Path or URL name of the page that asks for the password again.
        AUTH_PASSWORD_MAX_LENGTH: Characters that a new password may have at most, from 64 to 4096.
    """

    AUTH_USER_MODEL: str = "auth.User"
    AUTHENTICATION_BACKENDS: list[str] = ["fastjango.auth.backends.ModelBackend"]
    LOGIN_URL: Any = "/accounts/login/"
    LOGIN_REDIRECT_URL: Any = "/accounts/profile/"
    LOGOUT_REDIRECT_URL: Any = None
    PASSWORD_RESET_TIMEOUT: int = 60 * 60 * 24 * 3  # seconds
    PASSWORD_HASHERS: list[str] = [
        "fastjango.auth.hashers.PBKDF2PasswordHasher",
        "fastjango.auth.hashers.PBKDF2SHA1PasswordHasher",
        "fastjango.auth.hashers.Argon2PasswordHasher",
        "fastjango.auth.hashers.BCryptSHA256PasswordHasher",
        "fastjango.auth.hashers.ScryptPasswordHasher",
    ]
    AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
        {"NAME": "fastjango.auth.password_validation.UserAttributeSimilarityValidator"},
        {"NAME": "fastjango.auth.password_validation.MinimumLengthValidator"},
        {"NAME": "fastjango.auth.password_validation.CommonPasswordValidator"},
        {"NAME": "fastjango.auth.password_validation.NumericPasswordValidator"},
    ]
    AUTH_PASSWORD_MAX_LENGTH: int = 4096  # characters
    AUTH_LOGIN_BY_EMAIL: bool = True
    AUTH_RATE_LIMITS: dict[str, str | None] = {}
    AUTH_THROTTLE_CACHE: str | None = "default"
    REAUTHENTICATION_TIMEOUT: int = 5 * 60  # seconds
    REAUTHENTICATION_URL: Any = "account_reauthenticate"
