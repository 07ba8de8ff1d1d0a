"""Django's views of logins and passwords, with the templates that come with them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango import mail
from fastjango.auth import views
from fastjango.auth.hashers import PBKDF2PasswordHasher
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.models import User
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.urls import include, path
from fastjango.testing import Client

MIDDLEWARE = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]
PASSWORD = "a-Long-enough-1"
OTHER = "another-Long-2"
LOGIN = {"username": "ada", "password": PASSWORD}


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    mail.outbox = []
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    patterns = [
        path("accounts/", include("fastjango.auth.urls")),
        path("out/", views.logout_then_login),
        path("away/", views.LogoutView.as_view(next_page="/bye/")),
        path("again/", views.LoginView.as_view(redirect_authenticated_user=True)),
        path("bad/", views.PasswordResetConfirmView.as_view()),
        path(
            "enter/<uidb64>/<token>/",
            views.PasswordResetConfirmView.as_view(post_reset_login=True),
        ),
    ]
    with override_settings(ROOT_URLCONF=patterns, MIDDLEWARE=MIDDLEWARE):
        yield


def test_login() -> None:
    client = Client()
    page = client.get("/accounts/login/", {"next": "/somewhere/"})
    assert page.status_code == 200
    assert '<label for="id_username">' in page.text
    assert 'name="next" value="/somewhere/"' in page.text
    assert "no-store" in page.headers["cache-control"]
    wrong = client.post("/accounts/login/", {**LOGIN, "password": "wrong"})
    assert wrong.status_code == 200
    assert "Please enter a correct username and password." in wrong.text
    done = client.post("/accounts/login/", {**LOGIN, "next": "/somewhere/"})
    assert (done.status_code, done.headers["location"]) == (302, "/somewhere/")
    for danger in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
        done = Client().post("/accounts/login/", {**LOGIN, "next": danger})
        assert done.headers["location"] == "/accounts/profile/"
    assert client.get("/again/").headers["location"] == "/accounts/profile/"
    with (
        override_settings(LOGIN_REDIRECT_URL="/again/"),
        pytest.raises(ValueError, match="Redirection loop for authenticated user detected"),
    ):
        client.get("/again/")


def test_second_steps_are_asked_for() -> None:
    from fastjango.auth.accounts.logins import complete_second_factor, half_logged_in

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    client = Client()
    with second_factors.implemented(factors):
        answer = client.post("/accounts/login/", {**LOGIN, "next": "/somewhere/"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/second/")
    assert "_auth_user_id" not in client.session

    class Request:
        META: dict[str, Any] = {}
        session = client.session

    assert half_logged_in(Request).username == "ada"
    assert complete_second_factor(Request).username == "ada"
    assert "_auth_user_id" in Request.session


def test_logout() -> None:
    client = Client()
    client.post("/accounts/login/", LOGIN)
    assert client.get("/accounts/logout/").status_code == 405
    page = client.post("/accounts/logout/")
    assert "You have logged out." in page.text
    assert client.get("/accounts/password_change/").status_code == 302
    assert client.post("/away/").headers["location"] == "/bye/"
    assert client.post("/out/").headers["location"] == "/accounts/login/"
    with override_settings(LOGOUT_REDIRECT_URL="/front/"):
        assert client.post("/accounts/logout/").headers["location"] == "/front/"
    assert client.post("/accounts/logout/", {"next": "/x/"}).headers["location"] == "/x/"


def test_a_mixin_without_a_page_says_so() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"No URL to redirect to\. Provide a next_page"):
        views.RedirectURLMixin().get_default_redirect_url()
    mixin = views.RedirectURLMixin()
    mixin.next_page = "/there/"
    assert mixin.get_default_redirect_url() == "/there/"


def test_changing_the_password() -> None:
    client, other = Client(), Client()
    refused = client.get("/accounts/password_change/")
    assert refused.headers["location"] == "/accounts/login/?next=/accounts/password_change/"
    for one in (client, other):
        one.post("/accounts/login/", LOGIN)
    assert client.get("/accounts/password_change/").status_code == 200
    data = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
    done = client.post("/accounts/password_change/", data)
    assert done.headers["location"] == "/accounts/password_change/done/"
    assert "Your password was changed." in client.get(done.headers["location"]).text
    assert other.get("/accounts/password_change/").status_code == 302
    assert User.objects.get().check_password(OTHER)


def test_a_password_that_is_stored_anew_ends_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.post("/accounts/login/", LOGIN)
    names = ["PBKDF2PasswordHasher", "MD5PasswordHasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    with override_settings(PASSWORD_HASHERS=[f"fastjango.auth.hashers.{name}" for name in names]):
        data = {"old_password": PASSWORD, "new_password1": "1", "new_password2": "1"}
        assert client.post("/accounts/password_change/", data).status_code == 200
        assert User.objects.get().password.startswith("pbkdf2_sha256$")
        assert client.get("/accounts/password_change/").status_code == 200


def ask(client: Client, address: str = "ada@example.com") -> Any:
    return client.post("/accounts/password_reset/", {"email": address})


def test_resetting_the_password() -> None:
    client = Client()
    assert client.get("/accounts/password_reset/").status_code == 200
    known, unknown = ask(client), ask(client, "nobody@example.com")
    assert known.headers["location"] == unknown.headers["location"]
    assert "on its way" in client.get(known.headers["location"]).text
    (message,) = mail.outbox
    assert message.subject == "Password reset on testserver"
    assert "Your user name, in case you forgot it: ada" in message.body
    link = re.search(r"http://testserver(/accounts/reset/\S+)", message.body)[1]
    moved = client.get(link)
    assert moved.headers["location"].endswith("/set-password/")
    assert client.get(moved.headers["location"]).status_code == 200
    assert "This link is not valid" in Client().get(moved.headers["location"]).text
    data = {"new_password1": OTHER, "new_password2": OTHER}
    weak = client.post(moved.headers["location"], {"new_password1": "1", "new_password2": "1"})
    assert weak.status_code == 200
    done = client.post(moved.headers["location"], data)
    assert done.headers["location"] == "/accounts/reset/done/"
    assert 'href="/accounts/login/"' in client.get(done.headers["location"]).text
    assert User.objects.get().check_password(OTHER)
    assert "This link is not valid" in client.get(link).text


def test_links_that_are_wrong() -> None:
    client = Client()
    for uid, token in (("!!", "x-y"), ("OTk5", "x-y"), ("YWJj", "x-y")):
        page = client.get(f"/accounts/reset/{uid}/{token}/")
        assert "This link is not valid" in page.text
    with pytest.raises(ImproperlyConfigured, match="must contain 'uidb64' and 'token'"):
        client.get("/bad/")


def test_a_wrong_host_does_not_tell_who_has_an_account() -> None:
    for address in ("ada@example.com", "nobody@example.com"):
        client = Client(headers={"host": "elsewhere.example"})
        assert ask(client, address).status_code == 400
    assert mail.outbox == []


def test_a_login_replaces_a_session_of_another_kind_of_users() -> None:
    client = Client()
    session = client.session
    session.update({"_auth_user_id": "of-a-text", "theirs": 1})
    session.save()
    assert client.post("/accounts/login/", LOGIN).status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert "theirs" not in client.session


def test_a_reset_may_log_in() -> None:
    client = Client()
    ask(client)
    link = re.search(r"/accounts/reset/(\S+/\S+)/", mail.outbox[0].body)[1]
    path = client.get(f"/enter/{link}/").headers["location"]
    client.post(path, {"new_password1": OTHER, "new_password2": OTHER})
    assert client.get("/accounts/password_change/").status_code == 200
