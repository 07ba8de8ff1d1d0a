"""Commands: superusers, passwords, and what removes rows that are of no use any more."""

from __future__ import annotations

import builtins
import getpass
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.fastapi_users.models import AccessToken
from fastjango.auth.hooks import expired_rows
from fastjango.auth.jwt import issue, refresh, revoke, verify
from fastjango.auth.jwt.models import TokenLogin
from fastjango.auth.management import get_default_username
from fastjango.auth.models import User
from fastjango.core import timezone
from fastjango.core.conf import override_settings
from fastjango.core.management import CommandError, call_command

GOOD = "a-Long-enough-1"


class Terminal:
    """Somebody who answers questions, in order."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.passwords: list[str] = []
        self.asked: list[str] = []

    @staticmethod
    def isatty() -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()

    def answer(prompt: str = "") -> str:
        made.asked.append(prompt)
        return made.answers.pop(0)

    def secret(prompt: str = "Password: ") -> str:
        made.asked.append(prompt)
        return made.passwords.pop(0)

    monkeypatch.setattr(builtins, "input", answer)
    monkeypatch.setattr(getpass, "getpass", secret)
    monkeypatch.setattr(getpass, "getuser", lambda: "José")
    return made


def run(name: str, *arguments: str, **options: Any) -> tuple[str, str]:
    """Return what a command said on both channels."""
    out, errors = StringIO(), StringIO()
    call_command(name, *arguments, stdout=out, stderr=errors, **options)
    return out.getvalue(), errors.getvalue()


def test_a_superuser_by_questions(terminal: Terminal) -> None:
    User.objects.create_user("taken", "t@example.com", GOOD)
    terminal.answers = ["taken", "no spaces", "root2", "no address", "root@example.com", "n", "y"]
    terminal.passwords = [GOOD, "other", " ", " ", "1234", "1234", "root2", "root2"]
    out, errors = run("createsuperuser", stdin=terminal)
    assert out == "Superuser created successfully.\n"
    assert terminal.asked[0] == "Username (leave blank to use 'jose'): "
    for text in (
        "Error: That username is already taken.",
        "Error: Enter a valid username.",
        "Error: Enter a valid email address.",
        "Error: Your passwords didn't match.",
        "Error: Blank passwords aren't allowed.",
        "This password is too short.",
    ):
        assert text in errors
    user = User.objects.get(username="root2")
    assert (user.is_staff, user.is_superuser, user.email) == (True, True, "root@example.com")
    assert user.check_password("root2")


def test_a_superuser_with_the_suggested_name(terminal: Terminal) -> None:
    terminal.answers = ["", "j@example.com"]
    terminal.passwords = [GOOD, GOOD]
    run("createsuperuser", stdin=terminal, verbosity=0)
    assert User.objects.get(username="jose").is_superuser
    # A name that is taken is not suggested.
    assert get_default_username() == ""
    terminal.answers, terminal.asked = ["k@example.com"], []
    terminal.passwords = [GOOD, GOOD]
    run("createsuperuser", "--username", "second", stdin=terminal)
    assert terminal.asked[0] == "Email address: "


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    out, _ = run("createsuperuser", stdin=terminal)
    assert "skipped due to not running in a TTY" in out
    assert not User.objects.exists()


def test_stopping_half_way(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    def stop(prompt: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", stop)
    with pytest.raises(SystemExit):
        run("createsuperuser", stdin=terminal)
    with pytest.raises(CommandError, match="Username cannot be blank"):
        run("createsuperuser", "--username", "", stdin=terminal)
    assert not User.objects.exists()


def test_a_superuser_without_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    call: Callable[..., Any] = lambda *more: run("createsuperuser", "--no-input", *more)  # noqa: E731
    with pytest.raises(CommandError, match="You must use --username with --noinput"):
        call()
    with pytest.raises(CommandError, match="You must use --email with --noinput"):
        call("--username", "root")
    with pytest.raises(CommandError, match="Enter a valid username"):
        call("--username", "no spaces", "--email", "a@example.com")
    with pytest.raises(CommandError, match="Enter a valid email address"):
        call("--username", "root", "--email", "nothing")
    call("--username", "first", "--email", "a@example.com")
    assert not User.objects.get(username="first").has_usable_password()
    with pytest.raises(CommandError, match="already taken"):
        call("--username", "first", "--email", "a@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ignored")
    monkeypatch.setenv("FASTJANGO_SUPERUSER_USERNAME", "second")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "b@example.com")
    monkeypatch.setenv("FASTJANGO_SUPERUSER_PASSWORD", "1")
    out, _ = call()
    assert out == "Superuser created successfully.\n"
    user = User.objects.get(username="second")
    assert (user.email, user.check_password("1")) == ("b@example.com", True)
    monkeypatch.setenv("FASTJANGO_SUPERUSER_USERNAME", "third")
    monkeypatch.setenv("FASTJANGO_SUPERUSER_EMAIL", "")
    call()
    assert User.objects.get(username="third").email == ""


def test_bytes_that_are_no_text(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    """Python hands them to a command as lone surrogates."""
    given = {"interactive": False, "email": "a@example.com"}
    with pytest.raises(CommandError, match=r"The username '\\udcff' holds what nothing can store"):
        run("createsuperuser", username="\udcff", **given)
    monkeypatch.setenv("FASTJANGO_SUPERUSER_PASSWORD", "\udcff")
    with pytest.raises(CommandError, match="no text in UTF-8"):
        run("createsuperuser", username="ada", **given)
    with pytest.raises(CommandError, match=r"user '\\udcff' does not exist"):
        run("changepassword", "\udcff")
    user = User.objects.create_user("ada", password=GOOD)
    terminal.passwords = ["New-one-5\udcff"] * 2 + [f"{GOOD}2"] * 2
    _out, errors = run("changepassword", "ada")
    assert "unpaired surrogate" in errors
    user.refresh_from_db()
    assert user.check_password(f"{GOOD}2")


def test_another_password(terminal: Terminal) -> None:
    User.objects.create_user("José", "j@example.com", "old")
    terminal.passwords = [GOOD, "other", "123", "123", GOOD, GOOD]
    out, errors = run("changepassword")
    assert out.splitlines() == [
        "Changing password for user 'José'",
        "Passwords do not match. Please try again.",
        "Password changed successfully for user 'José'",
    ]
    assert "too short" in errors
    assert User.objects.get().check_password(GOOD)


def test_passwords_that_are_not_changed(terminal: Terminal) -> None:
    User.objects.create_user("ada", "a@example.com", "old")
    terminal.passwords = ["1", "2"] * 3
    with pytest.raises(CommandError, match="Aborting password change for user 'ada' after 3"):
        run("changepassword", "ada")
    terminal.passwords = [""]
    with pytest.raises(CommandError, match="aborted"):
        run("changepassword", "ada")
    with pytest.raises(CommandError, match="user 'nobody' does not exist"):
        run("changepassword", "nobody")
    assert User.objects.get().check_password("old")


@pytest.fixture
def _rows() -> Iterator[None]:
    yield
    TokenLogin.objects.all().delete()
    AccessToken.objects.all().delete()


@pytest.mark.usefixtures("_rows")
def test_tokens_that_have_ended_are_removed() -> None:
    user = User.objects.create_user("ada", "a@example.com", GOOD)
    now = timezone.now()
    pairs = {name: issue(user) for name in ("alive", "revoked", "ended", "unused")}
    logins = {name: verify(pair.access)[1].login for name, pair in pairs.items()}
    revoke(pairs["revoked"].refresh)
    rows = TokenLogin.objects
    rows.filter(pk=logins["ended"].pk).update(expires=now - timedelta(seconds=1))
    rows.filter(pk=logins["unused"].pk).update(refreshed=now - timedelta(days=15))
    out, _ = run("cleartokens", "--dry-run")
    assert "auth_jwt.TokenLogin: 3 would be removed" in out
    assert rows.count() == 4
    out, _ = run("cleartokens")
    assert "auth_jwt.TokenLogin: 3 removed" in out
    assert [row.pk for row in rows.all()] == [logins["alive"].pk]
    assert refresh(pairs["alive"].refresh)
    # Who lengthens the life of access tokens keeps the logins for as long.
    rows.update(refreshed=now - timedelta(days=15))
    with override_settings(JWT_ACCESS_LIFETIME=30 * 24 * 60 * 60):
        assert run("cleartokens", verbosity=0) == ("", "")
    assert rows.count() == 1


@pytest.mark.usefixtures("_rows")
def test_tokens_of_fastapi_users_have_the_age_that_you_say() -> None:
    user = User.objects.create_user("ada", "a@example.com", GOOD)
    AccessToken.objects.create(digest="new", user=user)
    old = timezone.now() - timedelta(hours=2)
    AccessToken.objects.create(digest="old", user=user, created_at=old)
    out, _ = run("cleartokens")
    assert "AccessToken" not in out
    with override_settings(FASTAPI_USERS_TOKEN_LIFETIME=3600):
        out, _ = run("cleartokens")
    assert "auth_fastapi_users.AccessToken: 1 removed" in out
    assert AccessToken.objects.get().digest == "new"


def test_sign_ups_that_nobody_confirmed_are_removed() -> None:
    def waiting(name: str, days: int, **more: Any) -> None:
        email = f"{name}@example.com"
        user = User.objects.create_user(name, email, GOOD, **{"is_active": False, **more})
        row = AccountEmail.objects.create(user=user, email=email, pending=True)
        created = timezone.now() - timedelta(days=days)
        AccountEmail.objects.filter(pk=row.pk).update(created=created)

    waiting("old", 4)
    waiting("new", 2)
    waiting("by-hand", 4, is_active=True)
    User.objects.create_user("off", "off@example.com", GOOD, is_active=False)
    out, _ = run("cleartokens")
    assert "auth.User: 1 removed" in out
    assert {user.username for user in User.objects.all()} == {"new", "by-hand", "off"}


def test_other_apps_add_rows_of_theirs() -> None:
    User.objects.create_user("guest", "g@example.com", GOOD)

    def guests(now: Any) -> list[Any]:
        return [User.objects.filter(username="guest", date_joined__lt=now)]

    with expired_rows.implemented(guests):
        run("cleartokens")
    assert not User.objects.exists()
