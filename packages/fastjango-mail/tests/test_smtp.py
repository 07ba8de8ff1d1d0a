"""The SMTP backend against real servers on loopback, sync and async alike."""

import asyncio
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from fastjango import mail
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.mail import InvalidMailer
from fastjango.mail.backends.smtp import EmailBackend

PATH = "fastjango.mail.backends.smtp.EmailBackend"
Runner = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Runner:
    """Call a function, or its twin."""

    def run(owner: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if request.param == "sync":
            return getattr(owner, name)(*args, **kwargs)
        return asyncio.run(getattr(owner, f"a{name}")(*args, **kwargs))

    return run


class Handler:
    """Keeps what it gets; refuses what is named so."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.connections = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: Any, responses: Any
    ) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("refused"):
            return "550 sender refused"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("refused"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if b"refuse this" in envelope.content:
            return "554 content refused"
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (b"user", b"right")
    return AuthResult(success=right, handled=False)


class Server(Controller):
    """A server on a port of its own, up when it listens."""

    def __init__(self, handler: Handler, **kwargs: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=free_port(), **kwargs)

    def shut(self) -> None:
        if self.server is not None:
            self.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    controller = Server(Handler(), authenticator=authenticate, auth_require_tls=False)
    controller.start()
    host, port = "127.0.0.1", controller.port
    with override_settings(EMAIL_BACKEND=PATH, EMAIL_HOST=host, EMAIL_PORT=port, EMAIL_TIMEOUT=10):
        yield controller
    controller.shut()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def closed_port() -> int:
    return free_port()


def test_a_message_arrives(call: Runner, server: Server) -> None:
    sent = call(
        mail.EmailMessage(
            "Sübject", "text ü\n.\n", "Al <al@example.com>",
            ["To <a@bücher.example>"], bcc=["hidden@example.com"],
        ),
        "send",
    )  # fmt: skip
    assert sent == 1
    ((sender, recipients, content),) = server.handler.messages
    assert sender == "al@example.com"
    assert recipients == ["a@xn--bcher-kva.example", "hidden@example.com"]
    assert b"Subject: =?utf-8?q?S=C3=BCbject?=\r\n" in content
    assert b"hidden" not in content
    assert "text ü\r\n.\r\n".encode() in content


def test_one_connection_for_many(call: Runner, server: Server) -> None:
    data = [("s", "b", None, [f"{n}@example.com"]) for n in range(3)]
    assert call(mail, "send_mass_mail", data) == 3
    assert server.handler.connections == 1
    assert call(mail.get_connection(), "send_messages", []) == 0


def test_a_block_keeps_the_connection(server: Server) -> None:
    message = mail.EmailMessage("s", "b", to=["a@example.com"])
    with mail.get_connection() as connection:
        assert connection.open() is False
        connection.send_messages([message, mail.EmailMessage("s", "b")])
        connection.send_messages([message])

    async def again() -> None:
        async with mail.get_connection() as connection:
            assert await connection.aopen() is False
            await connection.asend_messages([message, mail.EmailMessage("s", "b")])
            await connection.asend_messages([message])

    asyncio.run(again())
    assert server.handler.connections == 2
    assert len(server.handler.messages) == 4


def test_login(call: Runner, server: Server) -> None:
    base = ("s", "b", None, ["a@example.com"])
    assert call(mail, "send_mail", *base, auth_user="user", auth_password="right") == 1
    with pytest.raises(smtplib.SMTPAuthenticationError):
        call(mail, "send_mail", *base, auth_user="user", auth_password="wrong")
    silent = {"auth_user": "user", "auth_password": "wrong", "fail_silently": True}
    assert call(mail, "send_mail", *base, **silent) == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"from_email": "refused@example.com"}, smtplib.SMTPSenderRefused),
        ({"to": ["refused@example.com"]}, smtplib.SMTPRecipientsRefused),
        ({"body": "refuse this"}, smtplib.SMTPDataError),
        ({"from_email": "two@example.com, more@example.com"}, ValueError),
        ({"to": ["ü@example.com"]}, ValueError),
        ({"to": ["a@example.com\r\nRCPT TO:<x@example.com>"]}, ValueError),
    ],
)
def test_refusals(
    call: Runner, server: Server, change: dict[str, Any], error: type[Exception]
) -> None:
    options = {"subject": "s", "body": "b", "to": ["a@example.com"], **change}
    with pytest.raises(error):
        call(mail.EmailMessage(**options), "send")
    if error is not ValueError:
        assert call(mail.EmailMessage(**options), "send", fail_silently=True) == 0
    assert server.handler.messages == []


def test_no_server(call: Runner, closed_port: int) -> None:
    options = {"host": "127.0.0.1", "port": closed_port}
    message = mail.EmailMessage("s", "b", to=["a@example.com"])
    message.connection = EmailBackend(**options)
    with pytest.raises(ConnectionError):
        call(message, "send")
    message.connection = EmailBackend(**options, fail_silently=True)
    assert call(message, "send") == 0


def test_a_server_that_says_nothing(call: Runner) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        backend = EmailBackend("127.0.0.1", silent.getsockname()[1], timeout=0.2)
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
            call(backend, "open")
        call(backend, "close")


def test_a_server_that_goes_away(server: Server) -> None:
    connection = EmailBackend()
    connection.open()

    async def later() -> None:
        again = EmailBackend()
        await again.aopen()
        server.shut()
        await again.aclose()
        await again.aclose()

    asyncio.run(later())
    connection.close()
    connection.close()


def test_a_failed_connection_is_closed_before_the_next(server: Server) -> None:
    backend = EmailBackend(username="user", password="wrong")
    for _ in range(2):
        with pytest.raises(smtplib.SMTPAuthenticationError):
            backend.open()
    backend.close()
    backend.password = "right"
    assert backend.open() is True
    backend.close()


async def test_sync_sending_refuses_to_block_the_loop(server: Server) -> None:
    with pytest.raises(SynchronousOnlyOperation, match=r"Use `await message\.asend\(\)`"):
        mail.EmailMessage("s", "b", to=["a@example.com"]).send()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder: Path = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
               "-keyout", str(key), "-out", str(cert)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return str(cert), str(key)


@pytest.mark.parametrize("mode", ["use_tls", "use_ssl"])
def test_encryption(
    call: Runner, certificate: tuple[str, str], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    handler = Handler()

    class TlsServer(Server):
        def factory(self) -> SMTP:
            starttls = {"tls_context": context, "require_starttls": True}
            return SMTP(handler, **(starttls if mode == "use_tls" else {}))

    controller = TlsServer(handler, ssl_context=context if mode == "use_ssl" else None)
    controller.start()
    port = controller.port
    try:
        backend = EmailBackend("localhost", port, timeout=10, **{mode: True})
        message = mail.EmailMessage("s", "b", to=["a@example.com"], connection=backend)
        with pytest.raises(ssl.SSLCertVerificationError):  # nobody vouches for it
            call(message, "send")
        backend = EmailBackend("localhost", port, timeout=10, **{mode: True})
        backend.ssl_context.load_verify_locations(certificate[0])
        message.connection = backend
        assert call(message, "send") == 1
        assert len(handler.messages) == 1
    finally:
        controller.stop()


def test_the_clients_own_certificate(certificate: tuple[str, str]) -> None:
    cert, key = certificate
    backend = EmailBackend(ssl_certfile=cert, ssl_keyfile=key)
    assert backend.ssl_context.verify_mode is ssl.CERT_REQUIRED
    assert backend.ssl_context.check_hostname
    with pytest.raises(FileNotFoundError):
        assert EmailBackend(ssl_certfile="/nowhere", ssl_keyfile=key).ssl_context


def test_options_of_mailers() -> None:
    with pytest.raises(ValueError, match="EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive"):
        EmailBackend(use_tls=True, use_ssl=True)
    with pytest.raises(InvalidMailer, match="OPTIONS must define 'host'"):
        EmailBackend(alias="x")
    with pytest.raises(InvalidMailer, match="'use_ssl' and 'use_tls' OPTIONS are incompatible"):
        EmailBackend("h", alias="x", use_tls=True, use_ssl=True)
    assert EmailBackend("h", alias="x").port == 25
    assert EmailBackend("h", alias="x", use_tls=True).port == 587
    assert EmailBackend("h", alias="x", use_ssl=True).port == 465
    assert EmailBackend("h", alias="x", use_ssl=True).connection_class is smtplib.SMTP_SSL
    assert EmailBackend("h", 26, alias="x").username is None
    with override_settings(EMAIL_HOST_USER="u", EMAIL_HOST_PASSWORD="p"):
        assert EmailBackend().username == "u"
        assert EmailBackend(username="", password="").username == ""


def test_addresses() -> None:
    prepare = EmailBackend().prep_address
    assert prepare("Al <al@example.com>") == "al@example.com"
    assert prepare("webmaster") == "webmaster"
    assert prepare("al@bücher.example") == "al@xn--bcher-kva.example"
    assert prepare("ä@bücher.example", force_ascii=False) == "ä@bücher.example"
    for wrong in ("a@example.com, b@example.com", "not an address", "ä@example.com", ""):
        with pytest.raises(ValueError, match="Invalid address"):
            prepare(wrong)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (aiosmtplib.SMTPNotSupported("no AUTH"), smtplib.SMTPNotSupportedError),
        (aiosmtplib.SMTPReadTimeoutError("slow"), smtplib.SMTPServerDisconnected),
        (aiosmtplib.SMTPConnectTimeoutError("slow"), TimeoutError),
        (aiosmtplib.SMTPConnectError("odd"), ConnectionError),
        (aiosmtplib.SMTPHeloError(500, "no"), smtplib.SMTPHeloError),
        (aiosmtplib.SMTPException("odd"), smtplib.SMTPException),
    ],
)
async def test_both_ways_raise_the_same_errors(
    raised: Exception, expected: type[Exception]
) -> None:
    class Client:
        async def quit(self) -> None:
            raise raised

        def close(self) -> None:
            self.closed = True

    backend = EmailBackend()
    backend.aconnection = client = Client()
    if expected is smtplib.SMTPServerDisconnected:
        await backend.aclose()
    else:
        with pytest.raises(expected):
            await backend.aclose()
    assert client.closed
    if issubclass(expected, smtplib.SMTPException):
        backend.fail_silently, backend.aconnection = True, Client()
        await backend.aclose()


def test_goodbyes_that_fail() -> None:
    class Connection:
        closed = False
        error: Exception = smtplib.SMTPServerDisconnected()

        def quit(self) -> None:
            raise self.error

        def close(self) -> None:
            self.closed = True

    backend = EmailBackend()
    backend.connection = connection = Connection()
    backend.close()
    assert connection.closed
    Connection.error = smtplib.SMTPException("odd")
    backend.connection = Connection()
    with pytest.raises(smtplib.SMTPException, match="odd"):
        backend.close()
    backend.connection, backend.fail_silently = Connection(), True
    backend.close()
    assert backend.connection is None
    backend._partial_connection = Connection()
    backend.close()
    assert backend._partial_connection is None
