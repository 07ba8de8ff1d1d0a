"""The pages of logins by other sites, with a provider that answers as told. No network is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastjango import mail
from fastjango.auth.accounts import accounts_router
from fastjango.auth.accounts.background import settle
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.models import User
from fastjango.auth.oauth import client as oauth_client
from fastjango.auth.oauth import flows
from fastjango.auth.oauth.exceptions import LinkRefusedError
from fastjango.auth.oauth.models import OAuthAccount
from fastjango.auth.oauth.providers import Identity, get_provider
from fastjango.auth.throttles import memory
from fastjango.cache import cache
from fastjango.core.conf import override_settings
from fastjango.http import HttpResponse
from fastjango.http.urls import include, path
from fastjango.testing import Client

PASSWORD = "a-Long-enough-1"


def who(request: Any) -> HttpResponse:
    return HttpResponse(request.user.get_username() or "nobody")


class Discord:
    """A provider's answers."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {"id": "1", "username": "di"}
        self.status = 200

    async def asend(self, method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
        return self.send(method, url, **kwargs)

    def send(self, method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
        import json

        token = url == get_provider("discord").token_endpoint
        answer = {"access_token": "at"} if token else self.told
        return self.status, json.dumps(answer).encode()


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[Discord]:
    made = Discord()
    monkeypatch.setattr(oauth_client, "_send", made.send)
    monkeypatch.setattr(oauth_client, "_asend", made.asend)
    oauth_client.clear_caches()
    cache.clear()
    memory.clear()
    known = {"client_id": "site", "client_secret": "secret"}
    with override_settings(
        OAUTH_PROVIDERS={
            "discord": {"type": "discord", **known},
            "work": {"issuer": "https://id.example.com", **known},
        },
        ROOT_URLCONF=[
            path("account/", include("fastjango.auth.accounts.urls")),
            path("api/", include(accounts_router())),
            path("oauth/", include("fastjango.auth.oauth.urls")),
            path("who/", who),
        ],
        MIDDLEWARE=[
            "fastjango.sessions.middleware.SessionMiddleware",
            "fastjango.http.middleware.csrf.CsrfViewMiddleware",
            "fastjango.auth.middleware.AuthenticationMiddleware",
        ],
        LOGIN_URL="account_login",
        LOGIN_REDIRECT_URL="/who/",
    ):
        yield made
    AccountEmail.objects.all().delete()


def begin(client: Client, url: str = "/oauth/discord/login/", **data: str) -> str:
    """Go to the provider; return the state."""
    location = client.post(url, data).headers["location"]
    assert location.startswith("https://discord.com/")
    return parse_qs(urlsplit(location).query)["state"][0]


def come_back(client: Client, state: str, **answer: str) -> Any:
    return client.get("/oauth/discord/callback/", {"state": state, **(answer or {"code": "c"})})


def test_there_and_back(discord: Discord) -> None:
    client = Client()
    page = client.get("/oauth/discord/login/", {"next": "/who/?a=1"})
    assert 'value="/who/?a=1"' in page.text
    assert (
        'value="https'
        not in client.get("/oauth/discord/login/", {"next": "https://elsewhere.example/"}).text
    )
    response = come_back(client, begin(client, next="/who/?a=1"))
    assert response.headers["location"] == "/who/?a=1"
    assert client.get("/who/").text == "di"
    assert User.objects.get().email == ""
    again = Client()
    assert come_back(again, begin(again)).headers["location"] == "/who/"
    assert OAuthAccount.objects.get().used is not None
    User.objects.update(is_active=False)
    third = Client()
    assert "inactive" in come_back(third, begin(third)).text
    assert third.get("/who/").text == "nobody"


def test_answers_that_log_nobody_in(discord: Discord) -> None:
    client = Client()
    assert client.get("/oauth/none/login/").status_code == 404
    assert client.get("/oauth/none/callback/").status_code == 404
    cancelled = come_back(client, begin(client), error="access_denied")
    assert (cancelled.status_code, "cancelled" in cancelled.text) == (200, True)
    refused = come_back(client, begin(client), error="server_error")
    assert (refused.status_code, "refused the login" in refused.text) == (400, True)
    state = begin(client)
    stranger = come_back(Client(), state)
    assert (stranger.status_code, "was not begun in this browser" in stranger.text) == (400, True)
    mixed = come_back(client, state, code="c", iss="https://elsewhere.example")
    assert mixed.headers.get("location") == "/who/"  # Discord has no issuer to compare with
    assert "used already" in come_back(client, state).text
    discord.status = 500
    other = Client()
    assert come_back(other, begin(other)).status_code == 400
    # A provider whose description cannot be had.
    assert other.post("/oauth/work/login/").status_code == 502
    with override_settings(AUTH_RATE_LIMITS={"login:address": "1/h"}):
        cache.clear()
        statuses = [come_back(other, "x") for _ in range(2)]
    assert [one.status_code for one in statuses] == [400, 429]
    assert int(statuses[1].headers["Retry-After"]) > 0
    assert other.get("/who/").text == "nobody"


def test_second_factors_are_asked_for_here_too(discord: Discord) -> None:
    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    client = Client()
    with second_factors.implemented(factors):
        assert come_back(client, begin(client)).headers["location"] == "/second/"
    assert client.get("/who/").text == "nobody"


def test_accounts_are_linked_and_unlinked(discord: Discord) -> None:
    user = User.objects.create_user("ada", password=PASSWORD)
    client = Client()
    link, page = "/oauth/discord/link/", "/oauth/accounts/"
    assert client.get(page).headers["location"].startswith("/account/login/?next=")
    client.force_login(user)
    # The password is asked for again first.
    assert client.post(link).headers["location"].startswith("/account/reauthenticate/?next=")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.get(link).status_code == 405
    response = come_back(client, begin(client, link))
    assert response.headers["location"] == page
    row = OAuthAccount.objects.get()
    assert (row.user, row.provider) == (user, "discord")
    assert "discord" in client.get(page).text.lower()
    # Linking the same account again changes nothing.
    come_back(client, begin(client, link))
    assert OAuthAccount.objects.count() == 1
    eve = User.objects.create_user("eve", password=PASSWORD)
    other = Client()
    other.force_login(eve)
    other.post("/account/reauthenticate/", {"password": PASSWORD})
    taken = come_back(other, begin(other, link))
    assert (taken.status_code, "is linked to another account" in taken.text) == (400, True)
    # Somebody else's link is as unknown as none.
    foreign = other.post(f"/oauth/accounts/{row.pk}/unlink/")
    assert (foreign.status_code, "no such link" in foreign.text) == (400, True)
    assert other.post("/oauth/work/link/").status_code == 502
    assert client.post(f"/oauth/accounts/{row.pk}/unlink/").headers["location"] == page
    assert not OAuthAccount.objects.exists()


def outdate(client: Client) -> None:
    """Let the last login be a while ago."""
    session = client.session
    session["_auth_reauthenticated"] = 1.0
    session.save()


@pytest.mark.parametrize("kind", ["pages", "api"])
def test_accounts_without_a_password_are_changed_after_a_fresh_login(
    discord: Discord, kind: str
) -> None:
    client = Client()
    come_back(client, begin(client))
    user = User.objects.get()
    assert not user.has_usable_password()
    posted = [
        ("password", "password/change", {"new_password": PASSWORD, "old_password": ""}),
        ("email", "email/change", {"email": "di@example.com", "password": ""}),
        ("reauthenticate", "reauthenticate", {"password": ""}),
        ("delete", "delete", {"password": ""}),
    ]

    def post(page: str, url: str, data: dict[str, str]) -> Any:
        if kind == "api":
            return client.post(f"/api/account/{url}", data, content_type="application/json")
        form = client.get(f"/account/{page}/").text
        # there is nothing to enter
        assert 'autocomplete="current-password"' not in form
        again = {"password_again": data["new_password"]} if "new_password" in data else {}
        sent = {name: value for name, value in {**data, **again}.items() if value}
        return client.post(f"/account/{page}/", sent)

    mail.outbox = []
    outdate(client)
    for one in posted:
        refused = post(*one)
        assert refused.status_code in (200, 403, 422), one
        assert "og in again" in refused.text, one
    settle()
    assert mail.outbox == []
    assert User.objects.get().password == user.password
    come_back(client, begin(client))
    for one in posted[1:]:
        assert post(*one).status_code in (200, 202, 302), one
    assert not User.objects.exists()
    # Whoever sets a password needs it from then on, and may unlink the other site.
    come_back(client, begin(client))
    assert post(*posted[0]).status_code in (200, 302)
    assert User.objects.get().check_password(PASSWORD)
    wrong = client.post("/api/account/delete", {"password": ""}, content_type="application/json")
    assert wrong.status_code == 422
    flows.unlink(None, User.objects.get(), OAuthAccount.objects.get().pk)


def test_addresses_open_accounts_only_if_both_sides_know_them(discord: Discord) -> None:
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    discord.told |= {"email": "ADA@example.com", "verified": True}
    client = Client()
    refused = come_back(client, begin(client))
    assert (refused.status_code, "Log in another way" in refused.text) == (400, True)
    from fastjango.core import timezone

    AccountEmail.objects.create(user=user, email="ada@example.com", verified=timezone.now())
    with override_settings(OAUTH_LINK_VERIFIED_EMAIL=False):
        assert come_back(client, begin(client)).status_code == 400
    discord.told["verified"] = False
    assert come_back(client, begin(client)).status_code == 400
    discord.told["verified"] = True
    assert come_back(client, begin(client)).status_code == 302
    assert client.get("/who/").text == "ada"
    discord.told = {"id": "2", "username": "new"}
    with override_settings(OAUTH_SIGNUP=False):
        closed = come_back(client, begin(client))
    assert (closed.status_code, "closed" in closed.text) == (400, True)
    # An address that waits here for its confirmation, under another account.
    waiting = User.objects.create_user("wait", "other@example.com")
    AccountEmail.objects.create(user=waiting, email="third@example.com")
    discord.told = {"id": "3", "username": "th", "email": "third@example.com", "verified": True}
    assert "waits for this address" in come_back(client, begin(client)).text
    assert not User.objects.filter(username="th").exists()


def test_sign_ups_that_were_not_confirmed_give_way(discord: Discord) -> None:
    def wait_for(name: str) -> None:
        user = User.objects.create_user(name, "di@example.com", PASSWORD, is_active=False)
        AccountEmail.objects.create(user=user, email="di@example.com", pending=True)

    wait_for("squatter")
    client = Client()
    discord.told |= {"email": "di@example.com", "verified": False}
    assert come_back(client, begin(client)).status_code == 400
    discord.told["verified"] = True
    with override_settings(OAUTH_SIGNUP=False):
        assert come_back(client, begin(client)).status_code == 400
    assert User.objects.get().username == "squatter"
    assert come_back(client, begin(client)).status_code == 302
    assert client.get("/who/").text == "di"
    assert User.objects.get().email == "di@example.com"


def test_addresses_that_a_database_takes_for_one_open_no_account(discord: Discord) -> None:
    from fastjango.core import timezone

    def may_enter(theirs: str, ours: str) -> bool:
        # Some databases find the row of the one address for the other.
        user = User.objects.create_user("ada", ours, PASSWORD)
        AccountEmail.objects.create(user=user, email=theirs.lower(), verified=timezone.now())
        identity = Identity("1", email=theirs, email_verified=True)
        try:
            return flows.run(flows._may_enter_steps(identity, user))
        finally:
            user.delete()

    assert may_enter("Ada@example.com", "ada@Example.com")
    assert may_enter("ada@exämple.com", "ada@exämple.com")
    assert not may_enter("ada@exämple.com", "ada@example.com")
    assert not may_enter("ada@strasse.example", "ada@straße.example")


def test_links_in_sync_code(discord: Discord) -> None:
    user = User.objects.create_user("ada", password=PASSWORD)
    row = OAuthAccount.objects.create(user=user, provider="discord", subject="1")
    flows.unlink(None, user, row.pk)
    assert not OAuthAccount.objects.exists()
    user.set_unusable_password()
    row = OAuthAccount.objects.create(user=user, provider="discord", subject="1")
    with pytest.raises(LinkRefusedError, match="Set a password first"):
        flows.unlink(None, user, row.pk)
