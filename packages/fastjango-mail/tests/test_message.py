"""Messages: their headers, bodies, attachments, and what Django makes of the same."""

import email
from email.message import MIMEPart
from email.mime.text import MIMEText
from email.policy import SMTP
from pathlib import Path

import pytest
from fastjango.core.conf import override_settings
from fastjango.mail import (
    BadHeaderError,
    EmailAlternative,
    EmailAttachment,
    EmailMessage,
    EmailMultiAlternatives,
    forbid_multi_line_headers,
)


def test_the_headers_of_a_message() -> None:
    message = EmailMessage(
        "Subject", "Content", "from@example.com", ["a@example.com", "b@example.com"],
        cc=["c@example.com"], bcc=["d@example.com"], reply_to=["e@example.com"],
        headers={"X-Extra": "1", "Date": "Fri, 09 Nov 2001 01:08:47 -0000", "Message-ID": "<id@x>"},
    )  # fmt: skip
    made = message.message()
    assert made["Subject"] == "Subject"
    assert made.get_content() == "Content\n"
    assert made["From"] == "from@example.com"
    assert made["To"] == "a@example.com, b@example.com"
    assert made["Cc"] == "c@example.com"
    assert made["Reply-To"] == "e@example.com"
    assert made["Bcc"] is None
    assert made["X-Extra"] == "1"
    assert made["Message-ID"] == "<id@x>"
    assert made["Date"] == "Fri, 09 Nov 2001 01:08:47 -0000"
    assert [*message.recipients()] == [f"{x}@example.com" for x in "abcd"]


def test_defaults_of_date_id_and_sender() -> None:
    with override_settings(DEFAULT_FROM_EMAIL="site@example.com", TIME_ZONE="Asia/Tokyo"):
        made = EmailMessage("s", "b", to=["a@example.com"]).message()
        assert made["From"] == "site@example.com"
        assert made["Date"].endswith("+0000")
        assert made["Message-ID"].startswith("<")
        with override_settings(EMAIL_USE_LOCALTIME=True):
            made = EmailMessage("s", "b", to=["a@example.com"]).message()
            assert made["Date"].endswith("+0900")


def test_headers_may_replace_addresses() -> None:
    message = EmailMessage(
        "s", "b", "bounce@example.com", ["a@example.com"],
        headers={"From": "shown@example.com", "To": "list@example.com"},
    )  # fmt: skip
    assert message.message()["From"] == "shown@example.com"
    assert message.message()["To"] == "list@example.com"
    assert message.from_email == "bounce@example.com"


@pytest.mark.parametrize("name", ["to", "cc", "bcc", "reply_to"])
def test_one_text_is_no_list_of_addresses(name: str) -> None:
    with pytest.raises(TypeError, match=f'"{name}" argument must be a list or tuple'):
        EmailMessage(**{name: "a@example.com"})


def test_bcc_is_no_header() -> None:
    with pytest.raises(ValueError, match="Bcc is not a valid email header"):
        EmailMessage("s", "b", to=["a@example.com"], headers={"Bcc": "x@example.com"}).message()


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hi\nBcc: x@example.com"},
        {"subject": "Hi\r\nBcc: x@example.com"},
        {"subject": "Hi\rBcc: x@example.com"},
        {"from_email": "a@example.com\nBcc: x@example.com"},
        {"to": ["a@example.com\nBcc: x@example.com"]},
        {"reply_to": ["a@example.com\r\nBcc: x@example.com"]},
        {"headers": {"X-Extra": "1\nBcc: x@example.com"}},
        # older versions of Python decode these and write the line break out
        {"to": ["=?utf-8?q?Al=0d=0aBcc: x@example.com?= <a@example.com>"]},
        {"headers": {"X-Extra": "=?utf-8?q?a=0d=0aBcc:_x@example.com?="}},
    ],
)
def test_nobody_adds_headers(change: dict[str, object]) -> None:
    arguments = {"subject": "s", "body": "b", "to": ["a@example.com"], **change}
    message = EmailMessage(**arguments)
    try:
        text = message.message(policy=SMTP).as_bytes()
    except BadHeaderError:
        return
    parsed = email.message_from_bytes(text)
    assert parsed["Bcc"] is None


def test_multi_line_headers_are_forbidden() -> None:
    with pytest.raises(BadHeaderError, match="Header values can't contain newlines"):
        forbid_multi_line_headers("X", "a\nb")
    assert forbid_multi_line_headers("X", "a", "utf-8") == ("X", "a")
    assert forbid_multi_line_headers("Subject", "a") == ("Subject", "a")
    assert forbid_multi_line_headers("Subject", "ä") == ("Subject", "=?utf-8?b?w6Q=?=")


def test_domains_are_written_in_idna() -> None:
    message = EmailMessage("s", "b", "Jürgen <j@bücher.example>", ["a@example.com"])
    text = message.message().as_bytes()
    assert b"j@xn--bcher-kva.example" in text
    utf8 = message.message(policy=SMTP.clone(utf8=True)).as_bytes()
    assert "j@bücher.example".encode() in utf8


def test_attachments(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<p>x</p>")
    message = EmailMessage(
        "s", "b", to=["a@example.com"],
        attachments=[("a.txt", "text", "text/plain"), EmailAttachment("b.bin", b"\x00\xff", None)],
    )  # fmt: skip
    message.attach_file(path)
    message.attach("bad.txt", b"\xff\xfe")
    message.attach("c", "text")
    message.attach(None, b"data", "image/png")
    part = MIMEPart()
    part.set_content("part")
    message.attach(part)
    message.attach(MIMEText("old"))
    parts = list(message.message().iter_parts())
    kinds = [(p.get_content_type(), p.get_filename()) for p in parts]
    assert kinds == [
        ("text/plain", None),
        ("text/plain", "a.txt"),
        ("application/octet-stream", "b.bin"),
        ("text/html", "page.html"),
        ("application/octet-stream", "bad.txt"),
        ("application/octet-stream", "c"),
        ("image/png", None),
        ("text/plain", None),
        ("text/plain", None),
    ]
    assert message.attachments[0] == EmailAttachment("a.txt", "text", "text/plain")
    assert parts[2].get_content() == b"\x00\xff"


def test_attachments_alone_need_no_body() -> None:
    message = EmailMessage("s", to=["a@example.com"])
    message.attach("a.txt", "text")
    assert len(list(message.message().iter_parts())) == 1


def test_messages_are_attachments() -> None:
    inner = EmailMessage("inner", "b", to=["a@example.com"])
    for content in (inner, inner.message(), inner.message().as_bytes()):
        outer = EmailMessage("s", "b", to=["a@example.com"])
        outer.attach(None, content, "message/rfc822")
        part = list(outer.message().iter_parts())[1]
        assert part.get_content_type() == "message/rfc822"
        assert part.get_payload(0)["Subject"] == "inner"


def test_what_attach_refuses() -> None:
    message = EmailMessage()
    with pytest.raises(ValueError, match=r"content must be provided\."):
        message.attach("a.txt")
    with pytest.raises(ValueError, match="when a MIMEPart instance is provided"):
        message.attach(MIMEPart(), "content")
    with pytest.raises(ValueError, match="when a MIMEBase instance is provided"):
        message.attach(MIMEText("x"), mimetype="text/plain")


def test_alternatives() -> None:
    message = EmailMultiAlternatives(
        "s", "text", to=["a@example.com"], alternatives=[("<b>text</b>", "text/html")]
    )
    message.attach_alternative(b"text, too", "text/markdown")
    message.attach_alternative(b"\x00", "application/octet-stream")
    assert message.alternatives[0] == EmailAlternative("<b>text</b>", "text/html")
    made = message.message()
    assert made.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in made.iter_parts()] == [
        "text/plain", "text/html", "text/markdown", "application/octet-stream",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="Both content and mimetype must be provided"):
        message.attach_alternative("x", None)


def test_alternatives_beside_attachments() -> None:
    message = EmailMultiAlternatives("s", to=["a@example.com"])
    message.attach_alternative("<b>x</b>", "text/html")
    message.attach("a.txt", "x")
    made = message.message()
    assert made.get_content_type() == "multipart/mixed"
    assert next(made.iter_parts()).get_content_type() == "multipart/alternative"


def test_body_contains() -> None:
    message = EmailMultiAlternatives("s", "one two")
    assert message.body_contains("one")
    message.attach_alternative("<b>one</b>", "text/html")
    assert message.body_contains("one")
    assert not message.body_contains("two")
    assert not message.body_contains("three")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_charsets(encoding: str) -> None:
    message = EmailMessage("Sübject", "Bödy", to=["a@example.com"])
    message.encoding = encoding
    made = message.message()
    assert made.get_content_charset() == encoding
    assert made.get_content() == "Bödy\n"
    assert email.message_from_bytes(made.as_bytes())["Subject"] == "=?utf-8?q?S=C3=BCbject?="
