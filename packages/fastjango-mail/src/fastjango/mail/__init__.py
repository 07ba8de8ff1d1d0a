"""Email with Django's interface, sent from sync and async code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# At once: the module of this name would else stand in the object's place.
from fastjango.mail.mailers import (
    DEFAULT_MAILER_ALIAS,
    MailersHandler,
    get_connection,
    mailers,
)

if TYPE_CHECKING:
    from fastjango.mail.exceptions import (
        BadHeaderError,
        InvalidMailer,
        MailerDoesNotExist,
        MailError,
    )
    from fastjango.mail.hostname import DNS_NAME, CachedDnsName
    from fastjango.mail.message import (
        DEFAULT_ATTACHMENT_MIME_TYPE,
        EmailAlternative,
        EmailAttachment,
        EmailMessage,
        EmailMultiAlternatives,
        forbid_multi_line_headers,
        make_msgid,
    )
    from fastjango.mail.sending import (
        amail_admins,
        amail_managers,
        asend_mail,
        asend_mass_mail,
        mail_admins,
        mail_managers,
        send_mail,
        send_mass_mail,
    )

__all__ = [
    "DEFAULT_ATTACHMENT_MIME_TYPE", "DEFAULT_MAILER_ALIAS", "DNS_NAME", "BadHeaderError",
    "CachedDnsName", "EmailAlternative", "EmailAttachment", "EmailMessage",
    "EmailMultiAlternatives", "InvalidMailer", "MailError", "MailerDoesNotExist",
    "MailersHandler", "amail_admins", "amail_managers", "asend_mail", "asend_mass_mail",
    "forbid_multi_line_headers", "get_connection", "mail_admins", "mail_managers", "mailers",
    "make_msgid", "send_mail", "send_mass_mail",
]  # fmt: skip

_HOMES = {
    "BadHeaderError": "exceptions",
    "CachedDnsName": "hostname",
    "DEFAULT_ATTACHMENT_MIME_TYPE": "message",
    "DNS_NAME": "hostname",
    "EmailAlternative": "message",
    "EmailAttachment": "message",
    "EmailMessage": "message",
    "EmailMultiAlternatives": "message",
    "InvalidMailer": "exceptions",
    "MailError": "exceptions",
    "MailerDoesNotExist": "exceptions",
    "amail_admins": "sending",
    "amail_managers": "sending",
    "asend_mail": "sending",
    "asend_mass_mail": "sending",
    "forbid_multi_line_headers": "message",
    "mail_admins": "sending",
    "mail_managers": "sending",
    "make_msgid": "message",
    "send_mail": "sending",
    "send_mass_mail": "sending",
}

outbox: list[EmailMessage]
"""Messages that the `locmem` backend kept. It exists in tests, and once that backend was made."""


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
