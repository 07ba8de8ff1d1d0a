"""Functions that send, mailers, and the backends that need no server; sync and async alike."""

import asyncio
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastjango import mail
from fastjango.core.checks import run_checks
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import lazystr
from fastjango.core.management import call_command
from fastjango.mail import InvalidMailer, MailerDoesNotExist
from fastjango.mail.apps import MailConfig
from fastjango.mail.backends.base import BaseEmailBackend
from fastjango.mail.checks import check_mailers_default_alias, check_mailers_production_backend
from fastjango.mail.hostname import CachedDnsName
from fastjango.mail.log import AdminEmailHandler, install_handler

LOCMEM = "fastjango.mail.backends.locmem.EmailBackend"
Runner = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Runner:
    """Call a function of `fastjango.mail`, or its twin."""

    def run(name: str, *args: Any, owner: Any = mail, **kwargs: Any) -> Any:
        if request.param == "sync":
            return getattr(owner, name)(*args, **kwargs)
        return asyncio.run(getattr(owner, f"a{name}")(*args, **kwargs))

    return run


def test_send_mail(call: Runner) -> None:
    sent = call("send_mail", "s", "text", None, ["a@example.com"], html_message="<b>text</b>")
    assert sent == 1
    (message,) = mail.outbox
    assert message.from_email == "webmaster@localhost"
    assert message.alternatives == [("<b>text</b>", "text/html")]
    assert call("send_mail", "s", "text", None, []) == 0
    assert len(mail.outbox) == 1


def test_send_mass_mail(call: Runner) -> None:
    data = [("s", "text", None, ["a@example.com"]), ("t", "text", "b@example.com", ["c@x.test"])]
    assert call("send_mass_mail", data) == 2
    assert [message.subject for message in mail.outbox] == ["s", "t"]
    assert call("send_mass_mail", []) == 0


@pytest.mark.parametrize(
    ("name", "setting"), [("mail_admins", "ADMINS"), ("mail_managers", "MANAGERS")]
)
def test_mail_to_people_of_the_site(call: Runner, name: str, setting: str) -> None:
    assert call(name, "s", "text") is None
    assert not hasattr(mail, "outbox")
    people = ["a@example.com", lazystr("b@example.com")]
    with override_settings(**{setting: people}, EMAIL_SUBJECT_PREFIX="[Site] "):
        call(name, "s", "text", html_message="<b>x</b>")
    (message,) = mail.outbox
    assert (message.subject, message.from_email) == ("[Site] s", "root@localhost")
    assert [*map(str, message.to)] == ["a@example.com", "b@example.com"]
    with override_settings(**{setting: [("Al", "al@example.com")]}):
        call(name, "s", "text")
    assert mail.outbox[1].to == ["al@example.com"]
    for wrong in ("a@example.com", [1], [("a", "b", "c")]):
        with (
            override_settings(**{setting: wrong}),
            pytest.raises(ImproperlyConfigured, match=f"The {setting} setting must be a list"),
        ):
            call(name, "s", "text")


def test_messages_send_themselves(call: Runner) -> None:
    message = mail.EmailMessage("s", "b", to=["a@example.com"])
    assert call("send", owner=message) == 1
    assert call("send", owner=mail.EmailMessage("s", "b")) == 0
    connection = mail.get_connection()
    message = mail.EmailMessage("s", "b", to=["a@example.com"], connection=connection)
    assert call("send", owner=message) == 1
    assert len(mail.outbox) == 2
    with pytest.raises(TypeError, match="fail_silently cannot be used with a connection"):
        call("send", True, owner=message)


def test_named_mailers(call: Runner) -> None:
    mailers = {"default": {"BACKEND": LOCMEM}, "news": {"BACKEND": LOCMEM}}
    with override_settings(MAILERS=mailers):
        call("send_mail", "s", "b", None, ["a@example.com"], using="news")
        call("send_mail", "s", "b", None, ["a@example.com"])
        assert [message.sent_using for message in mail.outbox] == ["news", "default"]
        assert list(mail.mailers) == ["default", "news"]
        assert "news" in mail.mailers
        assert mail.mailers.get("other") is None
        assert mail.mailers.get("news").alias == "news"
        with pytest.raises(MailerDoesNotExist, match=r"^The mailer 'other' is not configured\.$"):
            call("send_mail", "s", "b", None, ["a@example.com"], using="other")
        with pytest.raises(RuntimeError, match="not supported with MAILERS"):
            mail.get_connection(LOCMEM)


def test_arguments_that_contradict_each_other(call: Runner) -> None:
    connection = mail.get_connection()
    base = ("s", "b", None, ["a@example.com"])
    for wrong, text in (
        ({"using": "x", "connection": connection}, "'connection' is not compatible"),
        ({"using": "x", "fail_silently": True}, "'fail_silently' is not compatible"),
        ({"using": "x", "auth_user": "u"}, "Set 'username' and 'password' OPTIONS"),
        ({"connection": connection, "fail_silently": True}, "Pass fail_silently to"),
        ({"connection": connection, "auth_password": "p"}, "Pass auth_user and auth_password"),
    ):
        with pytest.raises(TypeError, match=text):
            call("send_mail", *base, **wrong)


def test_mailers_that_cannot_be_used() -> None:
    with override_settings(MAILERS={}), pytest.raises(MailerDoesNotExist):
        assert mail.mailers.default
    with (
        override_settings(MAILERS={"default": {"BACKEND": "no.such.Backend"}}),
        pytest.raises(InvalidMailer, match=r"MAILERS\['default'\]: Could not find BACKEND"),
    ):
        assert mail.mailers.default
    for options, text in (
        ({"alias": "x"}, "OPTIONS must not define 'alias'"),
        ({"wrong": 1}, "Unknown options 'wrong'"),
    ):
        mailers = {"default": {"BACKEND": LOCMEM, "OPTIONS": options}}
        with override_settings(MAILERS=mailers), pytest.raises(InvalidMailer, match=text):
            assert mail.mailers.default
    assert mail.mailers.default.alias is None
    with pytest.raises(InvalidMailer, match=r"^Unknown options 'wrong'\.$"):
        mail.get_connection(wrong=1)


def test_the_outbox_keeps_copies() -> None:
    message = mail.EmailMessage("s", "b", to=["a@example.com"])
    message.send()
    message.subject = "changed"
    assert mail.outbox[0].subject == "s"
    with pytest.raises(mail.BadHeaderError):
        mail.EmailMessage("s\nBcc: x@example.com", "b", to=["a@example.com"]).send()


def test_the_dummy_sends_nothing(call: Runner) -> None:
    connection = mail.get_connection("fastjango.mail.backends.dummy.EmailBackend")
    assert call("send_mail", "s", "b", None, ["a@example.com"], connection=connection) == 1
    call("open", owner=connection)
    call("close", owner=connection)
    assert not hasattr(mail, "outbox")


def test_the_console(call: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    path = "fastjango.mail.backends.console.EmailBackend"
    with override_settings(EMAIL_BACKEND=path):
        assert call("send_mail", "Sübject", "text ü", None, ["a@example.com"]) == 1
    out = capsys.readouterr().out
    assert "Subject: =?utf-8?q?S=C3=BCbject?=\n" in out
    assert "\n\ntext ü\n" in out
    assert out.endswith(f"\n{'-' * 79}\n")
    stream = io.StringIO()
    connection = mail.get_connection(path, stream=stream)
    assert call("send_messages", [], owner=connection) is None
    stream.close()
    message = mail.EmailMessage("s", "b", to=["a@example.com"])
    with pytest.raises(ValueError, match="closed file"):
        call("send_messages", [message], owner=connection)
    connection.fail_silently = True
    assert call("send_messages", [message], owner=connection) == 0


def test_files(call: Runner, tmp_path: Path) -> None:
    path = "fastjango.mail.backends.filebased.EmailBackend"
    with override_settings(EMAIL_BACKEND=path, EMAIL_FILE_PATH=tmp_path / "mail"):
        for _ in range(2):
            call("send_mail", "s", "text", None, ["a@example.com"])
        assert len(list((tmp_path / "mail").iterdir())) == 2
        connection = mail.get_connection()
        with connection:
            for _ in range(2):
                mail.send_mail("s", "text", None, ["a@example.com"], connection=connection)
        assert len(list((tmp_path / "mail").iterdir())) == 3
        text = Path(connection._get_filename()).read_bytes()
        assert text.count(b"Subject: s") == 2


def test_folders_that_cannot_hold_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "fastjango.mail.backends.filebased.EmailBackend"
    with pytest.raises(ImproperlyConfigured, match="EMAIL_FILE_PATH setting must be set"):
        mail.get_connection(path)
    with (
        override_settings(MAILERS={"default": {"BACKEND": path}}),
        pytest.raises(InvalidMailer, match="OPTIONS must define 'file_path'"),
    ):
        assert mail.mailers.default
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ImproperlyConfigured, match="exists, but is not a directory"):
        mail.get_connection(path, file_path=file)
    with pytest.raises(ImproperlyConfigured, match="Could not create directory"):
        mail.get_connection(path, file_path=file / "below")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ImproperlyConfigured, match="Could not write to directory"):
        mail.get_connection(path, file_path=tmp_path)


class Recorder(BaseEmailBackend):
    """A backend of a project, written for sync code."""

    def __init__(self, broken: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.broken, self.calls = broken, []

    def open(self) -> None:
        self.calls.append("open")
        if self.broken:
            raise OSError("no server")

    def close(self) -> None:
        self.calls.append("close")

    def send_messages(self, email_messages: Any) -> int:
        self.calls.append("send")
        return len(email_messages)


async def test_sync_backends_serve_async_code() -> None:
    backend = Recorder()
    message = mail.EmailMessage("s", "b", to=["a@example.com"], connection=backend)
    async with backend:
        assert await message.asend() == 1
    assert backend.calls == ["open", "send", "close"]
    broken = Recorder(broken=True)
    with pytest.raises(OSError, match="no server"):
        async with broken:
            pass
    assert broken.calls == ["open", "close"]


def test_connections_are_closed_when_they_fail_to_open() -> None:
    broken = Recorder(broken=True)
    with pytest.raises(OSError, match="no server"), broken:
        pass
    assert broken.calls == ["open", "close"]
    assert BaseEmailBackend().open() is None
    with (
        BaseEmailBackend(),
        pytest.raises(NotImplementedError, match="must override"),
    ):
        BaseEmailBackend().send_messages([])


def test_the_name_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("socket.getfqdn", lambda: asked.append(1) or "bücher.example")
    name = CachedDnsName()
    assert asyncio.run(name.aget_fqdn()) == str(name) == "xn--bcher-kva.example"
    assert len(asked) == 1
    assert str(CachedDnsName()) == "xn--bcher-kva.example"


def test_checks() -> None:
    assert run_checks is not None
    assert list(MailConfig("fastjango.mail", mail).checks()) == [
        check_mailers_default_alias, check_mailers_production_backend,
    ]  # fmt: skip
    assert check_mailers_default_alias() == check_mailers_production_backend() == []
    with override_settings(MAILERS={}):
        (warning,) = check_mailers_default_alias()
        assert (warning.id, warning.hint) == ("mail.W001", "Add a 'default' entry to MAILERS.")
    with override_settings(MAILERS={"other": {}}):
        (warning,) = check_mailers_default_alias()
        assert "or pass 'using'" in warning.hint
    with override_settings(MAILERS={"default": {"BACKEND": LOCMEM}}):
        assert check_mailers_default_alias() == []
        (error,) = check_mailers_production_backend()
        assert error.id == "mail.E001"
    with override_settings(MAILERS={"default": {}}):
        assert check_mailers_production_backend() == []


def test_sendtestemail() -> None:
    from fastjango.mail.management.commands.sendtestemail import Command

    with override_settings(ADMINS=["admin@example.com"], MANAGERS=["manager@example.com"]):
        call_command(Command(), "a@example.com", "b@example.com", managers=True, admins=True)
    assert [message.to for message in mail.outbox] == [
        ["a@example.com", "b@example.com"], ["manager@example.com"], ["admin@example.com"],
    ]  # fmt: skip
    assert mail.outbox[0].subject.startswith("Test email from ")


def record(message: str = "Gone\nwrong", **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("fastjango", logging.ERROR, __file__, 1, message, (), None)
    made.__dict__.update(extra)
    return made


class Reporter:
    """A report that needs no web layer."""

    def __init__(self, request: Any, *exc_info: Any, is_email: bool = False) -> None:
        self.args = request, exc_info, is_email

    def get_traceback_text(self) -> str:
        return f"report {self.args}"

    def get_traceback_html(self) -> str:
        return "<b>report</b>"


REPORTER = f"{__name__}.Reporter"


@pytest.fixture
def reporter(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.mail import log

    monkeypatch.setattr(log, "import_string", lambda _: Reporter)


class Request:
    def __init__(self, address: str) -> None:
        self.META = {"REMOTE_ADDR": address}


def test_errors_are_mailed_to_the_admins(reporter: None) -> None:
    handler = AdminEmailHandler(include_html=True)
    handler.emit(record())
    assert not hasattr(mail, "outbox")
    with override_settings(ADMINS=["admin@example.com"], INTERNAL_IPS=["127.0.0.1"]):
        handler.emit(record())
        handler.emit(record("x", request=Request("127.0.0.1")))
        handler.emit(record("x", request=Request("192.0.2.1")))
    assert [message.subject for message in mail.outbox] == [
        "[FastJango] ERROR: Gone\\nwrong",
        "[FastJango] ERROR (internal IP): x",
        "[FastJango] ERROR (EXTERNAL IP): x",
    ]
    assert mail.outbox[0].body.startswith("Gone\nwrong\n\nreport ")
    assert mail.outbox[0].alternatives == [("<b>report</b>", "text/html")]


async def test_errors_are_mailed_by_a_task(reporter: None, capsys: Any) -> None:
    with override_settings(ADMINS=["admin@example.com"]):
        AdminEmailHandler().emit(record("x"))
        await asyncio.sleep(0.05)
        assert len(mail.outbox) == 1
        with override_settings(MAILERS={"default": {"BACKEND": "no.such.Backend"}}):
            AdminEmailHandler().emit(record("y"))
            AdminEmailHandler(using="other").emit(record("z"))
            await asyncio.sleep(0.05)
    assert "Could not find BACKEND" in capsys.readouterr().err
    assert len(mail.outbox) == 1


def test_errors_are_mailed_by_name(reporter: None) -> None:
    with override_settings(ADMINS=["admin@example.com"], MAILERS={"news": {"BACKEND": LOCMEM}}):
        AdminEmailHandler(using="news").emit(record("x"))
        AdminEmailHandler().emit(record("nobody sends it"))
        assert [message.sent_using for message in mail.outbox] == ["news"]
        with pytest.raises(ImproperlyConfigured, match=r"not valid when settings\.MAILERS"):
            AdminEmailHandler(email_backend=LOCMEM)
    with pytest.raises(ImproperlyConfigured, match="not compatible with 'using'"):
        AdminEmailHandler(email_backend=LOCMEM, using="news")


def test_the_handler_is_installed_once(reporter: None) -> None:
    logger = logging.getLogger("fastjango")
    before = list(logger.handlers)
    try:
        with override_settings(LOGGING={"loggers": {"fastjango": {}}}, ADMINS=["a@x.test"]):
            install_handler()
        assert logger.handlers == before
        config = MailConfig("fastjango.mail", mail)
        config.ready()
        assert logger.handlers == before
        with override_settings(ADMINS=["a@example.com"]):
            config.ready()
            config.ready()
        (added,) = set(logger.handlers) - set(before)
        assert isinstance(added, AdminEmailHandler)
        assert added.level == logging.ERROR
    finally:
        logger.handlers = before
