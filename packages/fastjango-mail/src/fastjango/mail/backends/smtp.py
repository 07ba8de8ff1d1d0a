"""The backend that sends messages to an SMTP server."""

from __future__ import annotations

import asyncio
import email.policy
import smtplib
import ssl
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from email.headerregistry import Address, AddressHeader
from typing import TYPE_CHECKING, Any

from fastjango.core.aio import guard_sync
from fastjango.core.conf import settings
from fastjango.core.functional import cached_property
from fastjango.mail.backends.base import BaseEmailBackend
from fastjango.mail.exceptions import InvalidMailer
from fastjango.mail.hostname import DNS_NAME
from fastjango.mail.message import EmailMessage
from fastjango.values.encoding import force_str, punycode

if TYPE_CHECKING:
    import aiosmtplib

__all__ = ["EmailBackend"]

_NO_DOMAIN = "addr-spec local part with no domain"
_NOT_ASCII = "local-part contains non-ASCII characters)"  # Python's text has the bracket
_BLOCKING = (
    "Sending over SMTP would block the event loop. Use `await message.asend()`, `asend_mail()` "
    "or `asend_messages()` instead."
)


@contextmanager
def _translated() -> Generator[None]:
    """Raise the errors of smtplib for those of aiosmtplib, so that both ways raise the same."""
    import aiosmtplib

    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        refused = {each.recipient: (each.code, each.message.encode()) for each in error.recipients}
        raise smtplib.SMTPRecipientsRefused(refused) from error
    except aiosmtplib.SMTPSenderRefused as error:
        args = (error.code, error.message.encode(), error.sender)
        raise smtplib.SMTPSenderRefused(*args) from error
    except aiosmtplib.SMTPNotSupported as error:
        raise smtplib.SMTPNotSupportedError(error.message) from error
    except aiosmtplib.SMTPServerDisconnected as error:
        raise smtplib.SMTPServerDisconnected(error.message) from error
    except aiosmtplib.SMTPResponseException as error:
        twins: dict[type, type[smtplib.SMTPResponseException]] = {
            aiosmtplib.SMTPAuthenticationError: smtplib.SMTPAuthenticationError,
            aiosmtplib.SMTPConnectResponseError: smtplib.SMTPConnectError,
            aiosmtplib.SMTPDataError: smtplib.SMTPDataError,
            aiosmtplib.SMTPHeloError: smtplib.SMTPHeloError,
        }
        twin = twins.get(type(error), smtplib.SMTPResponseException)
        raise twin(error.code, error.message.encode()) from error
    except aiosmtplib.SMTPConnectTimeoutError as error:
        raise TimeoutError(error.message) from error
    except aiosmtplib.SMTPTimeoutError as error:
        raise smtplib.SMTPServerDisconnected(error.message) from error
    except aiosmtplib.SMTPConnectError as error:
        # what the connection failed for: nobody listens, no such host, an unknown certificate
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from error
        raise ConnectionError(error.message) from error
    except aiosmtplib.SMTPException as error:
        raise smtplib.SMTPException(error.message) from error


class EmailBackend(BaseEmailBackend):
    """Sends messages over SMTP: with smtplib, and with aiosmtplib for async callers.

    Outside of `MAILERS` each option has the setting `EMAIL_…` as its default.

    Args:
        host: The server.
        port: Its port; 25, 587 with TLS or 465 with SSL.
        username: User name at the server; no login without it and a password.
        password: The password.
        use_tls: Whether the connection is encrypted after it was opened (STARTTLS).
        fail_silently: Whether failures to send are passed over.
        use_ssl: Whether the connection is encrypted from the start.
        timeout: Seconds to wait for the server at most.
        ssl_keyfile: File of the client's private key.
        ssl_certfile: File of the client's certificate.
        kwargs: `alias`.

    Raises:
        InvalidMailer: An entry of `MAILERS` has no host, or asks for TLS and SSL.
        ValueError: The settings ask for TLS and SSL.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        use_tls: bool | None = None,
        fail_silently: bool = False,
        use_ssl: bool | None = None,
        timeout: float | None = None,
        ssl_keyfile: str | None = None,
        ssl_certfile: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fail_silently=fail_silently, **kwargs)
        self.connection: smtplib.SMTP | None = None
        self._partial_connection: smtplib.SMTP | None = None
        self.aconnection: aiosmtplib.SMTP | None = None
        self._lock, self._alock = threading.RLock(), asyncio.Lock()
        alone = self.alias is None

        def choose(value: Any, setting: str) -> Any:
            return getattr(settings, setting) if value is None and alone else value

        self.host: str | None = (host or settings.EMAIL_HOST) if alone else host
        self.port: int | None = (port or settings.EMAIL_PORT) if alone else port
        self.username: str | None = choose(username, "EMAIL_HOST_USER")
        self.password: str | None = choose(password, "EMAIL_HOST_PASSWORD")
        self.use_tls = bool(choose(use_tls, "EMAIL_USE_TLS"))
        self.use_ssl = bool(choose(use_ssl, "EMAIL_USE_SSL"))
        self.timeout: float | None = choose(timeout, "EMAIL_TIMEOUT")
        self.ssl_keyfile: str | None = choose(ssl_keyfile, "EMAIL_SSL_KEYFILE")
        self.ssl_certfile: str | None = choose(ssl_certfile, "EMAIL_SSL_CERTFILE")
        self._validate()

    def _validate(self) -> None:
        if self.alias is None:
            if self.use_ssl and self.use_tls:
                raise ValueError(
                    "EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive, so only set one of those "
                    "settings to True."
                )
            return
        if self.host is None:
            raise InvalidMailer("OPTIONS must define 'host'.", alias=self.alias)
        if self.use_ssl and self.use_tls:
            raise InvalidMailer(
                "The 'use_ssl' and 'use_tls' OPTIONS are incompatible. Set at most one of them to "
                "True.",
                alias=self.alias,
            )
        if self.port is None:
            self.port = 465 if self.use_ssl else 587 if self.use_tls else 25

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """The class of connections."""
        return smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """How the server's certificate is verified, with the client's own if there is one."""
        if self.ssl_certfile or self.ssl_keyfile:
            context = ssl.SSLContext(protocol=ssl.PROTOCOL_TLS_CLIENT)
            context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)  # type: ignore[arg-type]  # pyright: ignore
            return context
        return ssl.create_default_context()

    # --- connections --------------------------------------------------------------------

    def open(self) -> bool | None:
        """Open a connection unless one is open.

        Returns:
            Whether it was opened now; `None` if that failed silently.

        Raises:
            OSError: The server cannot be reached, or refuses.
        """
        if self.connection:
            return False
        guard_sync(_BLOCKING)
        if self._partial_connection is not None:
            self._close_connection(self._partial_connection)
            self._partial_connection = None
        params: dict[str, Any] = {"local_hostname": DNS_NAME.get_fqdn()}
        if self.timeout is not None:
            params["timeout"] = self.timeout
        if self.use_ssl:
            params["context"] = self.ssl_context
        try:
            partial = self.connection_class(self.host or "", self.port or 0, **params)
            self._partial_connection = partial
            if not self.use_ssl and self.use_tls:
                partial.starttls(context=self.ssl_context)
            if self.username and self.password:
                partial.login(self.username, self.password)
            self.connection, self._partial_connection = partial, None
        except OSError:
            if self._partial_connection is not None:
                self._partial_connection.close()
                self._partial_connection = None
            if not self.fail_silently:
                raise
            return None
        return True

    async def aopen(self) -> bool | None:
        """Do what `open()` does, on a connection of aiosmtplib."""
        if self.aconnection is not None and self.aconnection.is_connected:
            return False
        import aiosmtplib

        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=await DNS_NAME.aget_fqdn(),
            timeout=self.timeout,
            use_tls=self.use_ssl,
            start_tls=self.use_tls,
            tls_context=self.ssl_context if self.use_ssl or self.use_tls else None,
        )
        try:
            with _translated():
                await client.connect()
                if self.username and self.password:
                    await client.login(self.username, self.password)
        except OSError:
            client.close()
            await asyncio.sleep(0)  # lets the transport close
            if not self.fail_silently:
                raise
            return None
        self.aconnection = client
        return True

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        try:
            connection.quit()
        except (ssl.SSLError, smtplib.SMTPServerDisconnected):
            connection.close()  # the server has gone before the goodbye
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._partial_connection is not None:
            try:
                self._close_connection(self._partial_connection)
            finally:
                self._partial_connection = None
        if self.connection is not None:
            try:
                self._close_connection(self.connection)
            finally:
                self.connection = None

    async def aclose(self) -> None:
        """Do what `close()` does."""
        client, self.aconnection = self.aconnection, None
        if client is None:
            return
        try:
            with _translated(), suppress(ssl.SSLError):
                await client.quit()
        except smtplib.SMTPServerDisconnected:
            pass
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
        finally:
            client.close()

    # --- messages -----------------------------------------------------------------------

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Send messages over one connection, which is closed unless it was open before.

        Returns:
            How many were sent.

        Raises:
            OSError: The server cannot be reached, or refuses a message.
            ValueError: An address or a header is not valid.
            SynchronousOnlyOperation: An event loop is running.
        """
        if not email_messages:
            return 0
        with self._lock:
            opened = self.open()
            if not self.connection or opened is None:
                return 0
            try:
                return sum(self._send(message) for message in email_messages)
            finally:
                if opened:
                    self.close()

    async def asend_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Do what `send_messages()` does."""
        if not email_messages:
            return 0
        async with self._alock:
            opened = await self.aopen()
            if self.aconnection is None or opened is None:
                return 0
            try:
                return sum([await self._asend(message) for message in email_messages])
            finally:
                if opened:
                    await self.aclose()

    def _prepare(self, message: EmailMessage) -> tuple[str, list[str], bytes]:
        sender = self.prep_address(message.from_email)
        recipients = [self.prep_address(address) for address in message.recipients()]
        return sender, recipients, message.message(policy=email.policy.SMTP).as_bytes()

    def _send(self, message: EmailMessage) -> bool:
        if not message.recipients() or self.connection is None:
            return False
        sender, recipients, data = self._prepare(message)
        guard_sync(_BLOCKING)
        try:
            self.connection.sendmail(sender, recipients, data)
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True

    async def _asend(self, message: EmailMessage) -> bool:
        if not message.recipients() or self.aconnection is None:
            return False
        sender, recipients, data = self._prepare(message)
        try:
            with _translated():
                await self.aconnection.sendmail(sender, recipients, data)
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True

    def prep_address(self, address: Any, force_ascii: bool = True) -> str:
        """Return the address without a display name.

        Args:
            address: The address, with or without a name.
            force_ascii: Whether the domain is written in IDNA and other than ASCII before the
                `@` is refused; off for servers with SMTPUTF8.

        Raises:
            ValueError: It is not one valid address.
        """
        address = force_str(address)
        parsed: Any = AddressHeader.value_parser(address)
        # a mailbox of this machine, such as "webmaster", has no domain
        defects = {str(defect) for defect in parsed.all_defects} - {_NO_DOMAIN}
        if not force_ascii:
            defects.discard(_NOT_ASCII)
        if defects:
            raise ValueError(f"Invalid address {address!r}: {'; '.join(sorted(defects))}")
        mailboxes = parsed.all_mailboxes
        if len(mailboxes) != 1:
            raise ValueError(f"Invalid address {address!r}: must be a single address")
        (mailbox,) = mailboxes
        if force_ascii and mailbox.domain and not mailbox.domain.isascii():
            return str(Address(username=mailbox.local_part, domain=punycode(mailbox.domain)))
        spec: str = mailbox.addr_spec
        if not force_ascii:
            return spec
        # older Python versions have no defect for it
        if not (mailbox.local_part or "").isascii():
            raise ValueError(f"Invalid address {address!r}: {_NOT_ASCII.rstrip(')')}")
        return spec
