"""Logins by two real OpenID providers: success, cancellations, errors, linking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.models import User
from fastjango.auth.oauth.client import clear_caches
from fastjango.auth.oauth.models import OAuthAccount
from fastjango.auth.throttles import memory
from fastjango.core import timezone
from fastjango.core.conf import override_settings
from fastjango.http.urls import include, path
from fastjango.testing import Client

PATTERNS = [
    path("account/", include("fastjango.auth.accounts.urls")),
    path("oauth/", include("fastjango.auth.oauth.urls")),
]
PASSWORD = "a-Long-enough-1"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    clear_caches()
    memory.clear()
    with override_settings(ROOT_URLCONF=PATTERNS):
        yield
    User.objects.all().delete()


def providers(name: str, issuer: str, **changes: Any) -> Any:
    entry = {"issuer": issuer, "client_id": "site", "client_secret": "secret", **changes}
    return override_settings(OAUTH_PROVIDERS={name: entry})


def ask(client: Client, name: str, path: str = "login", **data: str) -> str:
    """Begin, and return the URL at the provider."""
    response = client.post(f"/oauth/{name}/{path}/", data)
    assert response.status_code == 302, response.text
    return response.headers["location"]


def local(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}"


# --- oidc-provider-mock ---------------------------------------------------------------------


def allow(url: str, subject: str) -> str:
    """Log in at the mock and return where it sends the user."""
    response = httpx2.post(url, data={"sub": subject}, follow_redirects=False)
    assert response.status_code in (302, 303), response.text
    return local(response.headers["location"])


def deny(url: str) -> str:
    response = httpx2.post(url, data={"action": "deny"}, follow_redirects=False)
    assert response.status_code in (302, 303), response.text
    return local(response.headers["location"])


def log_in(client: Client, subject: str, **data: str) -> Any:
    return client.get(allow(ask(client, "mock", **data), subject))


def test_a_first_login_makes_an_account(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        client = Client()
        url = ask(client, "mock", next="/somewhere/")
        query = parse_qs(urlsplit(url).query)
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["state"][0]) >= 32
        assert "nonce" in query
        response = client.get(allow(url, "ada"))
        assert response.headers["location"] == "/somewhere/"
        user = User.objects.get()
        assert (user.username, user.email) == ("ada", "ada@example.com")
        assert not user.has_usable_password()
        assert "mock ada@example.com" in client.get("/oauth/accounts/").text
        response = log_in(Client(), "ada")
        assert response.headers["location"] == "/oauth/accounts/"
        assert User.objects.count() == OAuthAccount.objects.count() == 1
        User.objects.update(is_active=False)
        response = log_in(Client(), "ada")
        assert response.status_code == 400
        assert "This account is inactive." in response.text


def test_addresses_that_nobody_verified_open_no_account(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        victim = User.objects.create_user("victim", "ada@example.com", PASSWORD)
        for subject in ("eve", "ada"):  # she because of the provider, he because of the site
            response = log_in(Client(), subject)
            assert response.status_code == 400
            assert "link mock to your account" in response.text
        AccountEmail.objects.create(user=victim, email=victim.email, verified=timezone.now())
        assert log_in(Client(), "eve").status_code == 400
        with override_settings(OAUTH_LINK_VERIFIED_EMAIL=False):
            assert log_in(Client(), "ada").status_code == 400
        assert OAuthAccount.objects.count() == 0
        assert log_in(Client(), "ada").status_code == 302
        assert OAuthAccount.objects.get().user == victim


def test_an_account_without_a_verified_address_gets_none(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        assert log_in(Client(), "eve").status_code == 302
        user = User.objects.get()
        assert (user.username, user.email) == ("eve", "")
        with override_settings(OAUTH_SIGNUP=False):
            response = log_in(Client(), "ada")
            assert "Signing up is closed." in response.text


def test_linking_and_unlinking(mock_issuer: str) -> None:
    user = User.objects.create_user("bob", "bob@example.com", PASSWORD)
    with providers("mock", mock_issuer):
        client = Client()
        assert client.post("/oauth/mock/link/").headers["location"].startswith("/account/login/")
        client.force_login(user)
        again = client.post("/oauth/mock/link/").headers["location"]
        assert again.startswith("/account/reauthenticate/")
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        response = client.get(allow(ask(client, "mock", "link"), "ada"))
        assert response.headers["location"] == "/oauth/accounts/"
        row = OAuthAccount.objects.get()
        assert row.user == user
        other = Client()
        other.post("/account/login/", {"username": "bob", "password": PASSWORD})
        client.get(allow(ask(client, "mock", "link"), "ada"))  # twice is harmless
        mallory = User.objects.create_user("mallory", password=PASSWORD)
        thief = Client()
        thief.post("/account/login/", {"username": "mallory", "password": PASSWORD})
        refused = thief.get(allow(ask(thief, "mock", "link"), "ada"))
        assert "is linked to another account" in refused.text
        assert thief.post(f"/oauth/accounts/{row.pk}/unlink/").status_code == 400
        assert client.post(f"/oauth/accounts/{row.pk}/unlink/").status_code == 302
        assert OAuthAccount.objects.count() == 0
        assert mallory.pk


def test_the_only_way_to_log_in_stays(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        client = Client()
        log_in(client, "ada")
        row = OAuthAccount.objects.get()
        refused = client.post(f"/oauth/accounts/{row.pk}/unlink/")
        assert "Set a password first" in refused.text
        assert OAuthAccount.objects.count() == 1


def test_cancellations(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        client = Client()
        response = client.get(deny(ask(client, "mock")))
        assert response.status_code == 200
        assert "The login was cancelled." in response.text
        assert User.objects.count() == 0


def test_answers_that_this_browser_did_not_ask_for(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        client = Client()
        back = allow(ask(client, "mock"), "ada")
        for wrong in (
            "/oauth/mock/callback/",
            "/oauth/mock/callback/?code=x&state=",
            re.sub("state=[^&]*", "state=forged", back),
        ):
            assert Client().get(wrong).status_code == 400
            assert client.get(wrong).status_code == 400
        assert Client().get(back).status_code == 400  # another browser
        assert client.get(back + "&iss=https://elsewhere.example").status_code == 400
        assert client.get(back).status_code == 400  # the state is good once
        assert User.objects.count() == 0


def test_codes_that_are_not_good(mock_issuer: str) -> None:
    with providers("mock", mock_issuer):
        client = Client()
        back = re.sub("code=[^&]*", "code=wrong", allow(ask(client, "mock"), "ada"))
        response = client.get(back)
        assert response.status_code == 400
        assert "mock does not answer as it should" in response.text
        back = local(ask(client, "mock")).partition("?")[2]
        state = parse_qs(back)["state"][0]
        for query in (f"state={state}&error=server_error",):
            response = client.get(f"/oauth/mock/callback/?{query}")
            assert "mock refused the login." in response.text


def test_what_was_begun_for_another_provider(mock_issuer: str) -> None:
    entry = {"issuer": mock_issuer, "client_id": "site", "client_secret": "secret"}
    with override_settings(OAUTH_PROVIDERS={"mock": entry, "two": entry}):
        client = Client()
        back = allow(ask(client, "mock"), "ada").replace("/mock/", "/two/")
        assert client.get(back).status_code == 400


def test_a_site_starts_without_its_providers() -> None:
    with providers("mock", "http://127.0.0.1:9"):
        client = Client()
        assert client.get("/oauth/mock/login/").status_code == 200
        response = client.post("/oauth/mock/login/")
        assert response.status_code == 502
        assert client.get("/oauth/other/login/").status_code == 404


# --- the provider of npm --------------------------------------------------------------------


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))


def walk(url: str, name: str) -> str:
    """Log in and consent at the provider; return where it sends the user."""
    with httpx2.Client(follow_redirects=False) as browser:
        for _ in range(12):
            response = browser.get(url)
            while response.status_code == 200:
                action = re.search(r'<form[^>]*action="([^"]+)"', response.text)[1]
                data = {**fields(response.text), "login": name, "password": "any"}
                if 'name="login"' not in response.text:
                    data = fields(response.text)
                response = browser.post(urljoin(str(response.url), action), data=data)
            url = urljoin(str(response.url), response.headers["location"])
            if url.startswith("http://testserver/"):
                return local(url)
    raise AssertionError(url)


def test_the_certified_provider(node_issuer: str) -> None:
    with providers("node", node_issuer):
        client = Client()
        response = client.get(walk(ask(client, "node"), "cleo"))
        assert response.headers["location"] == "/oauth/accounts/"
        user = User.objects.get()
        assert (user.username, user.email) == ("cleo", "cleo@example.com")
        assert AccountEmail.objects.get(user=user).verified is not None


def test_a_wrong_secret_at_the_certified_provider(node_issuer: str) -> None:
    with providers("node", node_issuer, client_secret="wrong"):
        client = Client()
        response = client.get(walk(ask(client, "node"), "cleo"))
        assert response.status_code == 400
        assert User.objects.count() == 0


def test_the_user_says_no_to_the_certified_provider(node_issuer: str) -> None:
    with providers("node", node_issuer):
        client = Client()
        url = ask(client, "node")
        with httpx2.Client(follow_redirects=False) as browser:
            page = browser.get(urljoin(url, browser.get(url).headers["location"]))
            abort = urljoin(str(page.url), re.search(r'href="([^"]+/abort)"', page.text)[1])
            response = browser.get(abort)
            while not response.headers["location"].startswith("http://testserver/"):
                response = browser.get(urljoin(str(response.url), response.headers["location"]))
        answer = client.get(local(response.headers["location"]))
        assert "The login was cancelled." in answer.text
