"""Users that the server in front names, and tokens of links."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastjango.auth import get_user_model
from fastjango.auth.middleware import (
    AuthenticationMiddleware,
    LoginRequiredMiddleware,
    RemoteUserMiddleware,
)
from fastjango.auth.models import User
from fastjango.auth.tokens import PasswordResetTokenGenerator
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import HttpResponse, path
from fastjango.testing import Client

CHAIN = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]
REMOTE = "fastjango.auth.middleware.RemoteUserMiddleware"
PERSISTENT = "fastjango.auth.middleware.PersistentRemoteUserMiddleware"
BACKEND = "fastjango.auth.backends.RemoteUserBackend"


def who(request: Any) -> HttpResponse:
    return HttpResponse(request.user.get_username() or "nobody")


async def awho(request: Any) -> HttpResponse:
    return HttpResponse((await request.auser()).get_username() or "nobody")


URLS = [path("sync/", who), path("async/", awho)]


@pytest.fixture(params=["sync", "async"])
def url(request: pytest.FixtureRequest) -> str:
    return f"/{request.param}/"


def site(*middleware: str, backends: tuple[str, ...] = (BACKEND,)) -> Any:
    return override_settings(
        ROOT_URLCONF=URLS,
        MIDDLEWARE=[*CHAIN, *middleware],
        AUTHENTICATION_BACKENDS=[*backends],
    )


def test_the_server_names_the_user(url: str) -> None:
    with site(REMOTE):
        client = Client()
        assert client.get(url).text == "nobody"
        assert client.get(url, headers={"Remote-User": "ada"}).text == "ada"
        assert client.get(url, REMOTE_USER="ada").text == "ada"
        assert User.objects.get().username == "ada"
        # The server decides: another name is another user, and none is nobody.
        assert client.get(url, headers={"Remote-User": "eve"}).text == "eve"
        assert client.get(url).text == "nobody"
        User.objects.filter(username="ada").update(is_active=False)
        assert client.get(url, headers={"Remote-User": "ada"}).text == "nobody"


def test_named_at_the_login_page_only(url: str) -> None:
    with site(PERSISTENT):
        client = Client()
        assert client.get(url, headers={"Remote-User": "ada"}).text == "ada"
        assert client.get(url).text == "ada"


def test_other_logins_are_left_alone(url: str) -> None:
    model = "fastjango.auth.backends.ModelBackend"
    user = User.objects.create_user("bob", password="x")
    with site(REMOTE, backends=(model, BACKEND)):
        client = Client()
        client.force_login(user, backend=model)
        assert client.get(url).text == "bob"
        # A remote user takes over a session of another kind.
        assert client.get(url, headers={"Remote-User": "bob"}).text == "bob"
        client.get(url, headers={"Remote-User": "ada"})
    with site(REMOTE, backends=(model,)):
        # The backend of the session's login is not there any more.
        assert client.get(url).text == "nobody"


def test_names_are_cleaned_before_they_are_compared(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastjango.auth import backends

    monkeypatch.setattr(
        backends.RemoteUserBackend, "clean_username", lambda self, name: name.partition("@")[0]
    )
    with site(REMOTE):
        client = Client()
        assert client.get(url, headers={"Remote-User": "ada@realm"}).text == "ada"
        key = client.session.session_key
        assert client.get(url, headers={"Remote-User": "ada@realm"}).text == "ada"
        assert client.session.session_key == key


def test_middleware_says_what_it_needs() -> None:
    class Bare:
        META: dict[str, str] = {}

    bare: Any = Bare()
    with pytest.raises(ImproperlyConfigured, match="requires session middleware"):
        AuthenticationMiddleware(lambda request: None).process_request(bare)
    with pytest.raises(ImproperlyConfigured, match="requires the authentication middleware"):
        RemoteUserMiddleware(lambda request: None).process_request(bare)
    with pytest.raises(ValueError, match="get_response must be provided"):
        RemoteUserMiddleware(None)  # type: ignore[arg-type]  # what is refused
    with (
        override_settings(LOGIN_URL=None),
        pytest.raises(ImproperlyConfigured, match="No login URL to redirect to"),
    ):
        LoginRequiredMiddleware(lambda request: None).get_login_url(who)


class Clock(PasswordResetTokenGenerator):
    """A generator whose time can be set."""

    time = datetime(2026, 1, 1)

    def _now(self) -> datetime:
        return self.time


def test_tokens_of_links_are_good_for_a_while_and_once() -> None:
    user = User.objects.create_user("ada", "ada@example.com", "x")
    clock = Clock()
    token = clock.make_token(user)
    assert clock.check_token(user, token)
    other = User.objects.create_user("eve", "eve@example.com", "x")
    for wrong in (None, "", "x", "x-y-z", "!-abc", token + "0", token.upper(), "0" + token[1:]):
        assert not clock.check_token(user, wrong), wrong
    assert not clock.check_token(other, token)
    assert not clock.check_token(None, token)
    with override_settings(PASSWORD_RESET_TIMEOUT=60):
        clock.time = Clock.time + timedelta(seconds=60)
        assert clock.check_token(user, token)
        clock.time = Clock.time + timedelta(seconds=61)
        assert not clock.check_token(user, token)
    clock.time = Clock.time
    for name, value in (("email", "new@example.com"), ("last_login", datetime(2026, 1, 2))):
        before = getattr(user, name)
        setattr(user, name, value)
        assert not clock.check_token(user, token), name
        setattr(user, name, before)
    assert clock.check_token(user, token)
    user.set_password("x")  # the same one, with another salt
    assert not clock.check_token(user, token)


def test_tokens_of_links_outlive_a_change_of_the_secret() -> None:
    user = User.objects.create_user("ada")
    clock = Clock()
    with override_settings(SECRET_KEY="old-" * 20):
        token = clock.make_token(user)
    assert not clock.check_token(user, token)
    with override_settings(SECRET_KEY_FALLBACKS=["old-" * 20]):
        assert clock.check_token(user, token)
        clock.secret_fallbacks = []
        assert not clock.check_token(user, token)
    clock.secret = "old-" * 20
    assert clock.check_token(user, token)
    assert get_user_model() is User
