"""Settings of account flows."""

from __future__ import annotations

from fastjango.core.conf import PluginSettings

__all__ = ["AccountsSettings"]


class AccountsSettings(PluginSettings):
    """What flows do, and where their links lead.

    Attributes:
        ACCOUNTS_SIGNUP_OPEN: Whether everybody may sign up.
        ACCOUNTS_LINK_LIFETIME: Seconds for which links in messages are good, and after which a
            sign-up that was never confirmed gives its name free. Links of password resets have
            `PASSWORD_RESET_TIMEOUT`.
        ACCOUNTS_LINKS: Where links lead if not to the pages of this site: by `verify`,
            `change_email` and `reset` an absolute URL with `{token}` (and `{uid}` for `reset`);
            `login`, an absolute URL.
        ACCOUNTS_FROM_EMAIL: Sender of messages; `DEFAULT_FROM_EMAIL` if `None`.
        ACCOUNTS_REMEMBER: Whether a login outlives the browser: `None` asks by a checkbox (and
            `remember` of the JSON API), `True` is always and `False` is never.
        ACCOUNTS_RESERVED_NAMES: Names that nobody may sign up with, in lower case.
    """

    ACCOUNTS_SIGNUP_OPEN: bool = True
    ACCOUNTS_LINK_LIFETIME: int = 3 * 24 * 60 * 60  # seconds
    ACCOUNTS_LINKS: dict[str, str] = {}
    ACCOUNTS_FROM_EMAIL: str | None = None
    ACCOUNTS_REMEMBER: bool | None = None
    ACCOUNTS_RESERVED_NAMES: list[str] = [
        "abuse", "admin", "administrator", "hostmaster", "postmaster", "root", "security",
        "support", "webmaster",
    ]  # fmt: skip
