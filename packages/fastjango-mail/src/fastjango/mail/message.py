"""Messages: what they hold, and the MIME message that they become."""

from __future__ import annotations

import email
import email.message
import email.policy
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.mime.base import MIMEBase
from email.utils import make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastjango.core.conf import settings
from fastjango.core.timezone import get_current_timezone
from fastjango.mail.exceptions import BadHeaderError
from fastjango.mail.hostname import DNS_NAME
from fastjango.values.encoding import force_bytes, force_str, punycode

if TYPE_CHECKING:
    from fastjango.mail.backends.base import BaseEmailBackend

__all__ = [
    "DEFAULT_ATTACHMENT_MIME_TYPE", "EmailAlternative", "EmailAttachment", "EmailMessage",
    "EmailMultiAlternatives", "forbid_multi_line_headers", "make_msgid",
]  # fmt: skip

DEFAULT_ATTACHMENT_MIME_TYPE: Final = "application/octet-stream"
"""The type of attachments whose type is neither given nor guessed from the name."""
_OWN_HEADERS: Final = frozenset({"from", "to", "cc", "reply-to"})
_NEW_HEADER: Final = re.compile(r"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n(?![ \t])")


class EmailAlternative(NamedTuple):
    """Another form of the body."""

    content: Any
    mimetype: str


class EmailAttachment(NamedTuple):
    """A file that comes with a message."""

    filename: str | None
    content: Any
    mimetype: str | None


def forbid_multi_line_headers(
    name: str, val: object, encoding: str | None = None
) -> tuple[str, str]:
    """Return a header ready for the wire.

    Raises:
        ValueError: The value holds a line break, which would begin another header.
    """
    text = str(val)
    if "\n" in text or "\r" in text:
        raise BadHeaderError(
            f"Header values can't contain newlines (got {text!r} for header {name!r})"
        )
    if text.isascii() and name.lower() != "subject":
        return name, text
    charset = None if text.isascii() else encoding or _charset()
    return name, Header(text, charset).encode()


def _charset() -> str:
    return getattr(settings, "DEFAULT_CHARSET", None) or "utf-8"


def _addresses(name: str, value: Iterable[Any] | None) -> list[Any]:
    if isinstance(value, str):
        raise TypeError(f'"{name}" argument must be a list or tuple')
    return list(value or ())


class EmailMessage:
    """A message with a text body.

    Args:
        subject: The subject.
        body: The text.
        from_email: The sender; `DEFAULT_FROM_EMAIL` if `None`.
        to: Addresses.
        bcc: Addresses that the others do not see.
        connection: The backend to send with; the default mailer if `None`.
        attachments: `EmailAttachment`s, tuples for `attach()`, or MIME parts.
        headers: More headers.
        cc: Addresses that get a copy.
        reply_to: Addresses for answers.

    Raises:
        TypeError: Addresses are given as one text.
    """

    content_subtype = "plain"
    encoding: Any = None
    """The charset of text parts; `DEFAULT_CHARSET` if `None`."""
    sent_using: str | None
    """The mailer of a message in the tests' outbox."""

    def __init__(
        self,
        subject: Any = "",
        body: Any = "",
        from_email: str | None = None,
        to: Iterable[Any] | None = None,
        *,
        bcc: Iterable[Any] | None = None,
        connection: Any = None,
        attachments: Iterable[Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        cc: Iterable[Any] | None = None,
        reply_to: Iterable[Any] | None = None,
    ) -> None:
        self.to = _addresses("to", to)
        self.cc = _addresses("cc", cc)
        self.bcc = _addresses("bcc", bcc)
        self.reply_to = _addresses("reply_to", reply_to)
        self.from_email = from_email or settings.DEFAULT_FROM_EMAIL
        self.subject = subject
        self.body = body or ""
        self.attachments: list[Any] = []
        for attachment in attachments or ():
            if isinstance(attachment, (email.message.MIMEPart, MIMEBase)):
                self.attach(attachment)
            else:
                self.attach(*attachment)
        self.extra_headers: Mapping[str, Any] = headers or {}
        self.connection = connection

    def message(self, *, policy: Any = email.policy.default) -> email.message.EmailMessage:
        """Return the message as Python's email package has it.

        Raises:
            ValueError: A header holds a line break, or `headers` holds a Bcc.
        """
        msg = email.message.EmailMessage(policy=policy)
        self._add_bodies(msg)
        self._add_attachments(msg)
        msg["Subject"] = str(self.subject)
        msg["From"] = str(self.extra_headers.get("From", self.from_email))
        self._set_addresses(msg, "To", self.to)
        self._set_addresses(msg, "Cc", self.cc)
        self._set_addresses(msg, "Reply-To", self.reply_to)
        given = {name.lower() for name in self.extra_headers}
        if "date" not in given:
            zone = get_current_timezone() if settings.EMAIL_USE_LOCALTIME else UTC
            msg["Date"] = datetime.now(zone)
        if "message-id" not in given:
            msg["Message-ID"] = make_msgid(domain=str(DNS_NAME))
        for name, value in self.extra_headers.items():
            if name.lower() == "bcc":
                raise ValueError(
                    'Bcc is not a valid email header. Use the "bcc" argument to specify blind '
                    "carbon copy recipients."
                )
            if name.lower() not in _OWN_HEADERS:
                msg[name] = force_str(value, strings_only=True)
        _encode_domains(msg)
        _verify_headers(msg)
        return msg

    def recipients(self) -> list[Any]:
        """Return all addresses that get the message: To, Cc and Bcc."""
        return [address for address in (*self.to, *self.cc, *self.bcc) if address]

    def send(self, fail_silently: bool = False, *, using: str | None = None) -> int:
        """Send the message.

        Args:
            fail_silently: Whether failures to send are passed over.
            using: A name in `MAILERS`.

        Returns:
            1 if it was sent, else 0; 0 also without recipients.
        """
        if not self.recipients():
            return 0
        return self._backend(fail_silently, using).send_messages([self]) or 0

    async def asend(self, fail_silently: bool = False, *, using: str | None = None) -> int:
        """Do what `send()` does."""
        if not self.recipients():
            return 0
        await DNS_NAME.aget_fqdn()
        return await self._backend(fail_silently, using).asend_messages([self]) or 0

    def _backend(self, fail_silently: bool, using: str | None) -> BaseEmailBackend:
        from fastjango.mail.sending import choose_connection

        return choose_connection(self.connection, fail_silently, using)

    def attach(
        self, filename: Any = None, content: Any = None, mimetype: str | None = None
    ) -> None:
        """Attach a file.

        Args:
            filename: Its name, or a MIME part that is attached as it is.
            content: Its bytes or text. Bytes of a text type are decoded as UTF-8; where that
                fails, the type becomes `DEFAULT_ATTACHMENT_MIME_TYPE`.
            mimetype: Its type; guessed from the name if `None`.

        Raises:
            ValueError: There is no content, or there is some beside a MIME part.
        """
        if isinstance(filename, (email.message.MIMEPart, MIMEBase)):
            if content is not None or mimetype is not None:
                kind = "MIMEPart" if isinstance(filename, email.message.MIMEPart) else "MIMEBase"
                raise ValueError(
                    f"content and mimetype must not be given when a {kind} instance is provided."
                )
            self.attachments.append(filename)
            return
        if content is None:
            raise ValueError("content must be provided.")
        guessed = mimetypes.guess_type(filename)[0] if filename else None
        mimetype = mimetype or guessed or DEFAULT_ATTACHMENT_MIME_TYPE
        content, mimetype = _decode_text(content, mimetype)
        self.attachments.append(EmailAttachment(filename, content, mimetype))

    def attach_file(self, path: Any, mimetype: str | None = None) -> None:
        """Attach a file of this machine; its type is treated as `attach()` does."""
        path = Path(path)
        self.attach(path.name, path.read_bytes(), mimetype)

    def _add_bodies(self, msg: email.message.EmailMessage) -> None:
        if self.body or not self.attachments:
            encoding = self.encoding or _charset()
            body = force_str(self.body or "", encoding=encoding, errors="surrogateescape")
            msg.set_content(body, subtype=self.content_subtype, charset=encoding)

    def _add_attachments(self, msg: Any) -> None:
        if not self.attachments:
            return
        msg.make_mixed()
        for attachment in self.attachments:
            if isinstance(attachment, (email.message.MIMEPart, MIMEBase)):
                msg.attach(attachment)
            else:
                self._add_attachment(msg, *attachment)

    def _add_attachment(
        self, msg: Any, filename: str | None, content: Any, mimetype: str | None
    ) -> None:
        content, mimetype = _decode_text(content, mimetype or DEFAULT_ATTACHMENT_MIME_TYPE)
        maintype, subtype = mimetype.split("/", 1)
        if maintype == "text":
            charset = self.encoding or _charset()
            msg.add_attachment(content, subtype=subtype, filename=filename, charset=charset)
        elif maintype == "message":
            if isinstance(content, EmailMessage):
                content = content.message(policy=msg.policy)
            elif not isinstance(content, email.message.Message):
                content = email.message_from_bytes(force_bytes(content), policy=msg.policy)
            msg.add_attachment(content, subtype=subtype, filename=filename)
        else:
            if not isinstance(content, (bytes, bytearray, memoryview)):
                content = force_bytes(content)
            msg.add_attachment(content, maintype=maintype, subtype=subtype, filename=filename)

    def _set_addresses(self, msg: Any, header: str, values: Sequence[Any]) -> None:
        if header in self.extra_headers:
            msg[header] = self.extra_headers[header]
        elif values:
            msg[header] = ", ".join(str(value) for value in values)


class EmailMultiAlternatives(EmailMessage):
    """A message whose body comes in several forms, such as text and HTML.

    Args:
        alternatives: Pairs of content and type; the other arguments are `EmailMessage`'s.
    """

    def __init__(
        self,
        subject: Any = "",
        body: Any = "",
        from_email: str | None = None,
        to: Iterable[Any] | None = None,
        *,
        bcc: Iterable[Any] | None = None,
        connection: Any = None,
        attachments: Iterable[Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        alternatives: Iterable[Any] | None = None,
        cc: Iterable[Any] | None = None,
        reply_to: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(
            subject,
            body,
            from_email,
            to,
            bcc=bcc,
            connection=connection,
            attachments=attachments,
            headers=headers,
            cc=cc,
            reply_to=reply_to,
        )
        self.alternatives = [EmailAlternative(*pair) for pair in alternatives or ()]

    def attach_alternative(self, content: Any, mimetype: str) -> None:
        """Add another form of the body.

        Raises:
            ValueError: The content or its type is missing.
        """
        if content is None or mimetype is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise ValueError("Both content and mimetype must be provided.")
        self.alternatives.append(EmailAlternative(content, mimetype))

    def body_contains(self, text: str) -> bool:
        """Tell whether the text is in the body and in every alternative of a text type."""
        if text not in self.body:
            return False
        texts = (each for each in self.alternatives if each.mimetype.startswith("text/"))
        return all(text in each.content for each in texts)

    def _add_bodies(self, msg: Any) -> None:
        if self.body or not self.alternatives:
            super()._add_bodies(msg)
        if not self.alternatives:
            return
        msg.make_alternative()
        encoding = self.encoding or _charset()
        for content, mimetype in self.alternatives:
            maintype, subtype = mimetype.split("/", 1)
            if maintype == "text":
                text = content.decode() if isinstance(content, bytes) else content
                msg.add_alternative(text, subtype=subtype, charset=encoding)
            else:
                data = force_bytes(content, encoding=str(encoding), strings_only=True)
                msg.add_alternative(data, maintype=maintype, subtype=subtype)


def _decode_text(content: Any, mimetype: str) -> tuple[Any, str]:
    """Return text for bytes of a text type, or the bytes as no text if they are none."""
    if not mimetype.startswith("text/") or not isinstance(content, bytes):
        return content, mimetype
    try:
        return content.decode(), mimetype
    except UnicodeDecodeError:
        return content, DEFAULT_ATTACHMENT_MIME_TYPE


def _encode_domains(msg: email.message.EmailMessage) -> None:
    """Write other domains than ASCII in IDNA: Python's email package would garble them.

    See https://github.com/python/cpython/issues/83938. Nothing is done under a policy for
    SMTPUTF8.
    """
    if getattr(msg.policy, "utf8", False):
        return
    for field, value in msg.items():
        header: Any = value
        if not isinstance(header, AddressHeader):
            continue
        if all(each.domain.isascii() for each in header.addresses):
            continue
        encoded: Any = [
            Address(each.display_name, each.username, punycode(each.domain))
            for each in header.addresses
        ]
        msg.replace_header(field, encoded)


def _verify_headers(msg: email.message.EmailMessage) -> None:
    """Refuse headers that would be several on the wire.

    The email package of older Python versions decodes a line break in an encoded word and writes
    it out (https://github.com/python/cpython/issues/121650).
    """
    for name, value in msg.items():
        folded = msg.policy.fold(name, value)
        if _NEW_HEADER.search(folded.rstrip("\r\n")):
            raise BadHeaderError(
                f"Header values can't contain newlines (got {str(value)!r} for header {name!r})"
            )
