"""Forms of users, on both edges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango import mail
from fastjango.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    UserChangeForm,
    UserCreationForm,
)
from fastjango.auth.models import User
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import DisallowedHost, ValidationError
from fastjango.http import HttpRequest
from fastjango.mail import EmailMultiAlternatives

GOOD = "a-Long-enough-1"
OTHER = "another-Long-2"


class Edge:
    """Asks forms by their synchronous or their asynchronous methods."""

    def __init__(self, name: str) -> None:
        self.waits = name == "async"

    def valid(self, form: Any) -> bool:
        return bool(asyncio.run(form.ais_valid()) if self.waits else form.is_valid())

    def save(self, form: Any, **options: Any) -> Any:
        assert self.valid(form), form.errors
        return asyncio.run(form.asave(**options)) if self.waits else form.save(**options)


@pytest.fixture(params=["sync", "async"])
def edge(request: pytest.FixtureRequest) -> Iterator[Edge]:
    with override_settings(ROOT_URLCONF="fastjango.auth.urls"):
        yield Edge(request.param)


def codes(form: Any) -> dict[str, list[str]]:
    return {
        name: [error.code for error in errors] for name, errors in form.errors.as_data().items()
    }


@pytest.mark.parametrize("kind", [BaseUserCreationForm, UserCreationForm, AdminUserCreationForm])
def test_new_users(edge: Edge, kind: Any) -> None:
    User.objects.create_user("taken")
    data = {"username": "ada", "password1": GOOD, "password2": GOOD, "usable_password": "true"}
    for changes, expected in (
        ({"username": "taken"}, {"username": ["unique"]}),
        ({"username": ""}, {"username": ["required"]}),
        ({"password2": OTHER}, {"password2": ["password_mismatch"]}),
        ({"username": GOOD}, {"password2": ["password_too_similar"]}),
        ({"password1": ""}, {"password1": ["required"]}),
    ):
        form = kind({**data, **changes})
        assert not edge.valid(form)
        assert codes(form) == expected, changes
    twice = kind({**data, "username": "TAKEN"})
    assert edge.valid(twice) is (kind is BaseUserCreationForm)
    assert twice.cleaned_data["username"] == ("TAKEN" if edge.valid(twice) else None)
    unsaved = edge.save(kind(data), commit=False)
    assert unsaved.pk is None
    assert unsaved.check_password(GOOD)
    user = edge.save(kind({**data, "username": "ﬁne"}))  # a ligature
    assert user.username == "fine"
    assert User.objects.get(pk=user.pk).check_password(GOOD)


def test_users_without_a_password(edge: Edge) -> None:
    data = {"username": "ada", "usable_password": "false", "password1": GOOD}
    user = edge.save(AdminUserCreationForm(data))
    assert not User.objects.get(pk=user.pk).has_usable_password()


def test_changing_users(edge: Edge) -> None:
    user = User.objects.create_user("ada", "a@example.com", GOOD)
    form = UserChangeForm({"username": "eve", "date_joined": user.date_joined}, instance=user)
    assert "algorithm" in str(form["password"])
    edge.save(form)
    user.refresh_from_db()
    assert user.username == "eve"
    assert user.check_password(GOOD)
    user.set_unusable_password()
    text = UserChangeForm(instance=user).fields["password"].help_text
    assert "by setting a password" in text


def test_logging_in(edge: Edge) -> None:
    user = User.objects.create_user("ada", password=GOOD)
    User.objects.create_user("off", password=GOOD, is_active=False)
    assert edge.valid(form := AuthenticationForm(None, {"username": "ada", "password": GOOD}))
    assert form.get_user() == user
    for name, password in (("ada", OTHER), ("nobody", GOOD), ("off", GOOD)):
        form = AuthenticationForm(None, {"username": name, "password": password})
        assert not edge.valid(form)
        assert codes(form) == {"__all__": ["invalid_login"]}
    form = AuthenticationForm(None, {"username": "ada"})
    assert not edge.valid(form)
    assert codes(form) == {"password": ["required"]}
    assert form.get_user() is None
    assert AuthenticationForm().fields["username"].label == "Username"
    with pytest.raises(ValidationError, match="inactive"):
        form.confirm_login_allowed(User(is_active=False))


def test_setting_and_changing_passwords(edge: Edge) -> None:
    user = User.objects.create_user("ada", password=GOOD)
    for data, expected in (
        ({"new_password1": OTHER, "new_password2": GOOD}, ["password_mismatch"]),
        ({"new_password1": "1234", "new_password2": "1234"}, None),
    ):
        form = SetPasswordForm(user, data)
        assert not edge.valid(form)
        assert expected is None or codes(form)["new_password2"] == expected
    edge.save(SetPasswordForm(user, {"new_password1": OTHER, "new_password2": OTHER}))
    assert User.objects.get().check_password(OTHER)
    both = {"new_password1": GOOD, "new_password2": GOOD}
    form = PasswordChangeForm(user, {**both, "old_password": "wrong"})
    assert list(form.fields) == ["old_password", "new_password1", "new_password2"]
    assert not edge.valid(form)
    assert codes(form) == {"old_password": ["password_incorrect"]}
    assert not edge.valid(missing := PasswordChangeForm(user, both))
    assert codes(missing) == {"old_password": ["required"]}
    mistaken = PasswordChangeForm(user, {"old_password": "wrong", "new_password1": GOOD})
    assert not edge.valid(mistaken)
    assert list(mistaken.errors) == ["old_password", "new_password2"]
    edge.save(PasswordChangeForm(user, {**both, "old_password": OTHER}))
    assert User.objects.get().check_password(GOOD)


def test_passwords_of_others(edge: Edge) -> None:
    user = User.objects.create_user("ada", password=GOOD)
    data = {"password1": OTHER, "password2": OTHER, "usable_password": "true"}
    form = AdminPasswordChangeForm(user, data)
    assert edge.save(form, commit=False) is user
    assert form.changed_data == ["password"]
    assert User.objects.get().check_password(GOOD)
    edge.save(AdminPasswordChangeForm(user, data))
    assert User.objects.get().check_password(OTHER)
    assert AdminPasswordChangeForm(user, {"password1": OTHER}).changed_data == []
    edge.save(AdminPasswordChangeForm(user, {"usable_password": "false"}))
    user = User.objects.get()
    assert not user.has_usable_password()
    assert "usable_password" not in AdminPasswordChangeForm(user).fields


SITE = SimpleNamespace(get_host=lambda: "example.org", is_secure=lambda: False)


def test_links_for_new_passwords(edge: Edge) -> None:
    mail.outbox = []
    User.objects.create_user("ada", "Ada@example.com", GOOD)
    User.objects.create_user("off", "ada@example.com", GOOD, is_active=False)
    User.objects.create_user("without", "ada@example.com")
    assert not edge.valid(PasswordResetForm({"email": "nothing"}))
    edge.save(PasswordResetForm({"email": "nobody@example.com"}), request=SITE)
    assert mail.outbox == []
    edge.save(PasswordResetForm({"email": "ada@example.com"}), request=SITE, use_https=True)
    (message,) = mail.outbox
    assert message.to == ["Ada@example.com"]
    assert "example.org" in message.subject
    assert "https://example.org/" in message.body
    mail.outbox = []
    edge.save(
        PasswordResetForm({"email": "ada@example.com"}),
        domain_override="other.example",
        from_email="site@example.com",
        html_email_template_name="registration/password_reset_email.html",
    )
    (message,) = mail.outbox
    assert message.from_email == "site@example.com"
    assert message.alternatives[0].mimetype == "text/html"
    assert "http://other.example/" in message.body
    with pytest.raises(TypeError, match="needs a request or a domain_override"):
        edge.save(PasswordResetForm({"email": "ada@example.com"}))


def test_addresses_that_a_database_takes_for_one(edge: Edge) -> None:
    class Database(PasswordResetForm):
        def _candidates(self, email: str) -> Any:
            return User.objects.all()

    mail.outbox = []
    User.objects.create_user("mike", "mike@\N{LATIN SMALL LETTER DOTLESS I}xample.org", GOOD)
    edge.save(Database({"email": "mike@ixample.org"}), request=SITE)
    assert mail.outbox == []

    class Chosen(PasswordResetForm):
        def get_users(self, email: str) -> Any:
            return User.objects.all()

    edge.save(Chosen({"email": "any@example.org"}), request=SITE)
    assert len(mail.outbox) == 1


def test_a_host_that_is_not_ours_does_not_tell_who_has_an_account(edge: Edge) -> None:
    User.objects.create_user("ada", "ada@example.com", GOOD)
    request = HttpRequest()
    request.META["HTTP_HOST"] = "elsewhere.example"
    for address in ("ada@example.com", "nobody@example.com"):
        with pytest.raises(DisallowedHost):
            edge.save(PasswordResetForm({"email": address}), request=request)
    # Without a link to write nothing needs a domain, as in Django.
    mail.outbox = []
    edge.save(PasswordResetForm({"email": "nobody@example.com"}))
    assert mail.outbox == []


def test_one_overridden_edge_is_not_passed_over(edge: Edge) -> None:
    sent: list[str] = []

    class Queued(PasswordResetForm):
        def send_mail(self, *args: Any, **kwargs: Any) -> None:
            sent.append(args[4])

    class Recorded(SetPasswordForm):
        def set_password_and_save(self, *args: Any, **kwargs: Any) -> Any:
            sent.append("password")
            return super().set_password_and_save(*args, **kwargs)

    user = User.objects.create_user("ada", "ada@example.com", GOOD)
    edge.save(Queued({"email": "ada@example.com"}), request=SITE)
    edge.save(Recorded(user, {"new_password1": OTHER, "new_password2": OTHER}))
    assert sent == ["ada@example.com", "password"]
    assert User.objects.get().check_password(OTHER)


class Remembering:
    """A validator that asks the database."""

    def validate(self, password: str, user: Any = None) -> None:
        if User.objects.filter(first_name=password).exists():
            raise ValidationError("You had this password before.", code="used")

    def password_changed(self, password: str, user: Any = None) -> None:
        User.objects.filter(pk=user.pk).update(first_name=password)

    def get_help_text(self) -> str:
        return "New."


@pytest.mark.parametrize("kind", ["create", "set", "change", "admin"])
def test_validators_may_ask_the_database(edge: Edge, kind: str) -> None:
    user = User.objects.create_user("ada", "ada@example.com", GOOD)

    def form(password: str) -> tuple[Any, str]:
        new = {"new_password1": password, "new_password2": password}
        both = {"password1": password, "password2": password}
        if kind == "create":
            return UserCreationForm({**both, "username": "eve"}), "password2"
        if kind == "set":
            return SetPasswordForm(user, new), "new_password2"
        if kind == "change":
            return PasswordChangeForm(user, {**new, "old_password": GOOD}), "new_password2"
        return AdminPasswordChangeForm(user, both), "password2"

    name = f"{__name__}.Remembering"
    with override_settings(AUTH_PASSWORD_VALIDATORS=[{"NAME": name}]):
        User.objects.update(first_name="Seen-before-1")
        refused, field = form("Seen-before-1")
        assert not edge.valid(refused)
        assert codes(refused) == {field: ["used"]}
        saved = edge.save(form("Never-seen-1")[0])
        assert User.objects.get(pk=saved.pk).first_name == "Never-seen-1"


def test_mail_that_cannot_be_sent_is_logged(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    user = User.objects.create_user("ada", "ada@example.com", GOOD)

    def fail(self: Any) -> None:
        raise ConnectionRefusedError

    async def afail(self: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)
    monkeypatch.setattr(EmailMultiAlternatives, "asend", afail)
    edge.save(PasswordResetForm({"email": "ada@example.com"}), request=SITE)
    assert f"Failed to send password reset email to {user.pk}" in caplog.text
    assert "ada@example.com" not in caplog.records[0].getMessage()
