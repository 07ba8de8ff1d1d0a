"""Settings of email; each is documented in the README."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

__all__ = ["MailSettings"]


class MailSettings(PluginSettings):
    """Mailers, the addresses of the site's people, and what messages say about the site."""

    # named mailers; None means that the EMAIL_* settings describe the only one
    MAILERS: dict[str, dict[str, Any]] | None = None

    # the only mailer
    EMAIL_BACKEND: str = "fastjango.mail.backends.smtp.EmailBackend"
    EMAIL_FILE_PATH: Any = None
    EMAIL_HOST: str = "localhost"
    EMAIL_HOST_PASSWORD: str = ""
    EMAIL_HOST_USER: str = ""
    EMAIL_PORT: int = 25
    EMAIL_SSL_CERTFILE: str | None = None
    EMAIL_SSL_KEYFILE: str | None = None
    EMAIL_TIMEOUT: float | None = None  # seconds; None waits as long as the server takes
    EMAIL_USE_SSL: bool = False
    EMAIL_USE_TLS: bool = False

    # messages
    DEFAULT_FROM_EMAIL: str = "webmaster@localhost"
    EMAIL_SUBJECT_PREFIX: str = "[FastJango] "
    EMAIL_USE_LOCALTIME: bool = False
    SERVER_EMAIL: str = "root@localhost"

    # people: addresses, or Django's older pairs of name and address
    ADMINS: list[Any] = []
    MANAGERS: list[Any] = []
