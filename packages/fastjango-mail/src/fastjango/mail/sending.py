"""Functions that send mail in one call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastjango.core.conf import settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import Promise
from fastjango.mail.hostname import DNS_NAME
from fastjango.mail.mailers import get_connection, mailers
from fastjango.mail.message import EmailMessage, EmailMultiAlternatives

if TYPE_CHECKING:
    from fastjango.mail.backends.base import BaseEmailBackend

__all__ = [
    "amail_admins", "amail_managers", "asend_mail", "asend_mass_mail", "choose_connection",
    "mail_admins", "mail_managers", "send_mail", "send_mass_mail",
]  # fmt: skip


def choose_connection(
    connection: Any = None,
    fail_silently: bool = False,
    using: str | None = None,
    auth_user: str | None = None,
    auth_password: str | None = None,
) -> BaseEmailBackend:
    """Return the backend that the arguments of a sending function mean.

    Raises:
        TypeError: Arguments contradict each other.
    """
    if using is not None:
        if connection is not None:
            raise TypeError("'connection' is not compatible with 'using'.")
        if fail_silently:
            raise TypeError("'fail_silently' is not compatible with 'using'.")
        if auth_user is not None or auth_password is not None:
            raise TypeError(
                "'auth_user' and 'auth_password' are not compatible with 'using'. Set 'username' "
                "and 'password' OPTIONS in MAILERS instead."
            )
        return mailers[using]
    if connection is None:
        options = {"username": auth_user, "password": auth_password}
        given = {name: value for name, value in options.items() if value is not None}
        return get_connection(fail_silently=fail_silently, **given)
    if fail_silently:
        raise TypeError(
            "fail_silently cannot be used with a connection. Pass fail_silently to "
            "get_connection() instead."
        )
    if auth_user is not None or auth_password is not None:
        raise TypeError(
            "auth_user and auth_password cannot be used with a connection. Pass auth_user and "
            "auth_password to get_connection() instead."
        )
    chosen: BaseEmailBackend = connection
    return chosen


def _mail(
    subject: Any,
    message: Any,
    from_email: str | None,
    recipients: Any,
    connection: Any,
    html_message: Any,
) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(subject, message, from_email, recipients, connection=connection)
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    return mail


def send_mail(
    subject: Any,
    message: Any,
    from_email: str | None,
    recipient_list: Iterable[Any],
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> int:
    """Send one message, whose recipients see each other's addresses.

    Args:
        subject: The subject.
        message: The text.
        from_email: The sender; `DEFAULT_FROM_EMAIL` if `None`.
        recipient_list: The addresses.
        fail_silently: Whether failures to send are passed over.
        auth_user: User name at the SMTP server.
        auth_password: Password at the SMTP server.
        connection: The backend to send with.
        html_message: The same in HTML.
        using: A name in `MAILERS`.

    Returns:
        1 if it was sent, else 0.
    """
    backend = choose_connection(connection, fail_silently, using, auth_user, auth_password)
    return _mail(subject, message, from_email, recipient_list, backend, html_message).send()


async def asend_mail(
    subject: Any,
    message: Any,
    from_email: str | None,
    recipient_list: Iterable[Any],
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> int:
    """Do what `send_mail()` does."""
    backend = choose_connection(connection, fail_silently, using, auth_user, auth_password)
    mail = _mail(subject, message, from_email, recipient_list, backend, html_message)
    return await mail.asend()


def send_mass_mail(
    datatuple: Iterable[tuple[Any, Any, str | None, Iterable[Any]]],
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    using: str | None = None,
) -> int:
    """Send several messages over one connection.

    Args:
        datatuple: Subject, text, sender and addresses of each; the other arguments are
            `send_mail()`'s.

    Returns:
        How many were sent.
    """
    backend = choose_connection(connection, fail_silently, using, auth_user, auth_password)
    messages = [EmailMessage(*data, connection=backend) for data in datatuple]
    return backend.send_messages(messages) or 0


async def asend_mass_mail(
    datatuple: Iterable[tuple[Any, Any, str | None, Iterable[Any]]],
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    using: str | None = None,
) -> int:
    """Do what `send_mass_mail()` does."""
    backend = choose_connection(connection, fail_silently, using, auth_user, auth_password)
    messages = [EmailMessage(*data, connection=backend) for data in datatuple]
    await DNS_NAME.aget_fqdn()
    return await backend.asend_messages(messages) or 0


def _addresses_of(setting: str) -> list[Any]:
    """Return the addresses of a setting.

    Raises:
        ImproperlyConfigured: It is not a list of addresses.
    """
    people: Any = getattr(settings, setting)
    # Django's older form: pairs of name and address
    if people and all(isinstance(each, (list, tuple)) and len(each) == 2 for each in people):  # pyright: ignore
        people = [pair[1] for pair in people]
    if not isinstance(people, (list, tuple)) or not all(
        isinstance(each, (str, Promise))
        for each in people  # pyright: ignore
    ):
        raise ImproperlyConfigured(
            f"The {setting} setting must be a list of email address strings."
        )
    return list(people)  # pyright: ignore


def _server_mail(
    setting: str,
    subject: Any,
    message: Any,
    fail_silently: bool,
    connection: Any,
    html_message: Any,
    using: str | None,
) -> EmailMultiAlternatives | None:
    """Return the message to the people of a setting, `None` if there are none."""
    backend: Any = None
    if connection is not None or using is not None:
        backend = choose_connection(connection, fail_silently, using)
    if not (people := _addresses_of(setting)):
        return None
    if backend is None:
        backend = choose_connection(None, fail_silently)
    subject = f"{settings.EMAIL_SUBJECT_PREFIX}{subject}"
    return _mail(subject, message, settings.SERVER_EMAIL, people, backend, html_message)


def mail_admins(
    subject: Any,
    message: Any,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> None:
    """Send a message to `ADMINS`; the arguments are `send_mail()`'s.

    The sender is `SERVER_EMAIL`, and the subject begins with `EMAIL_SUBJECT_PREFIX`.

    Raises:
        ImproperlyConfigured: The setting is not a list of addresses.
    """
    options = (fail_silently, connection, html_message, using)
    if mail := _server_mail("ADMINS", subject, message, *options):
        mail.send()


async def amail_admins(
    subject: Any,
    message: Any,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> None:
    """Do what `mail_admins()` does."""
    options = (fail_silently, connection, html_message, using)
    if mail := _server_mail("ADMINS", subject, message, *options):
        await mail.asend()


def mail_managers(
    subject: Any,
    message: Any,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> None:
    """Send a message to `MANAGERS`; the arguments are `send_mail()`'s.

    Raises:
        ImproperlyConfigured: The setting is not a list of addresses.
    """
    options = (fail_silently, connection, html_message, using)
    if mail := _server_mail("MANAGERS", subject, message, *options):
        mail.send()


async def amail_managers(
    subject: Any,
    message: Any,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: Any = None,
    using: str | None = None,
) -> None:
    """Do what `mail_managers()` does."""
    options = (fail_silently, connection, html_message, using)
    if mail := _server_mail("MANAGERS", subject, message, *options):
        await mail.asend()
