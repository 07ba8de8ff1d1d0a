"""Providers that answer wrongly: what is believed, and what is not. No network is used."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.models import User
from fastjango.auth.oauth import client as oauth_client
from fastjango.auth.oauth import flows
from fastjango.auth.oauth.exceptions import LinkRefusedError, OAuthError, ProviderError
from fastjango.auth.oauth.models import OAuthAccount
from fastjango.auth.oauth.providers import (
    check_providers,
    get_provider,
    get_providers,
    is_safe,
)
from fastjango.auth.throttles import memory
from fastjango.cache import cache
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured

ISSUER = "https://id.example.com"
BASE = {"client_id": "site", "client_secret": "se cret"}
KEY = ec.generate_private_key(ec.SECP256R1())


class World:
    """What providers answer, by URL."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            f"{ISSUER}/.well-known/openid-configuration": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/userinfo",
                "jwks_uri": f"{ISSUER}/keys",
            },
            f"{ISSUER}/keys": {"keys": [self.public(KEY, "one")]},
        }
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.claims: dict[str, Any] = {}

    @staticmethod
    def public(key: Any, kid: str) -> dict[str, Any]:
        made = json.loads(pyjwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
        return {**made, "kid": kid, "use": "sig"}

    def send(self, method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
        self.asked.append((method, url, kwargs))
        answer = self.answers.get(url, (404, {"error": "none"}))
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    async def asend(self, method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
        return self.send(method, url, **kwargs)

    def token(self, nonce: str, key: Any = KEY, /, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": "site", "sub": "42", "iat": now, "exp": now + 60,
            "nonce": nonce, "email": "ada@example.com", "email_verified": True,
            "preferred_username": "ada", **changes,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        return pyjwt.encode(kept, key, "ES256", {"kid": "one"})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setattr(oauth_client, "_send", made.send)
    monkeypatch.setattr(oauth_client, "_asend", made.asend)
    oauth_client.clear_caches()
    cache.clear()
    memory.clear()
    providers = {
        "work": {"issuer": ISSUER, **BASE},
        "github": {"type": "github", **BASE},
        "facebook": {"type": "facebook", **BASE},
        "discord": {"type": "discord", **BASE},
        "google": {"type": "google", **BASE},
        "microsoft": {"type": "microsoft", **BASE},
    }
    with override_settings(OAUTH_PROVIDERS=providers):
        yield made
    AccountEmail.objects.all().delete()


class Request:
    """As much of a request as flows look at."""

    META = {"REMOTE_ADDR": "192.0.2.1"}
    user: Any = None

    def __init__(self) -> None:
        from fastjango.sessions.backends.db import SessionStore

        self.session = SessionStore()
        self.scope: dict[str, Any] = {}

    async def auser(self) -> Any:
        return self.user


def start(name: str, request: Request, **kwargs: Any) -> tuple[Any, dict[str, str]]:
    provider = get_provider(name)
    url = flows.begin(request, provider, "https://site.test/back", **kwargs)
    return provider, {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def finish(world: World, make: Callable[[str], str], request: Request | None = None) -> Any:
    """Run a login by the OpenID provider, whose id token is made of the nonce."""
    request = request or Request()
    provider, query = start("work", request)
    world.answers[f"{ISSUER}/token"] = {
        "access_token": "at", "id_token": make(query["nonce"]),
    }  # fmt: skip
    return flows.finish(request, provider, {"state": query["state"], "code": "c"})


def test_a_login(world: World) -> None:
    outcome = finish(world, world.token)
    assert outcome.login.user.username == "ada"
    method, _url, kwargs = next(each for each in world.asked if each[1] == f"{ISSUER}/token")
    assert method == "POST"
    assert isinstance(kwargs["auth"], httpx2.BasicAuth)
    assert len(kwargs["data"]["code_verifier"]) >= 43
    discoveries = [url for _m, url, _k in world.asked if "well-known" in url]
    assert len(discoveries) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "other"},
        {"aud": ["site", "other"], "azp": "other"},
        {"exp": 1},
        {"nonce": "other"},
        {"nonce": None},
        {"sub": None},
        {"iat": None},
        {"at_hash": "wrong"},
        # what nothing can store
        {"sub": "4\x002"},
        {"sub": "\ud800"},
        {"email": "ada\x00@example.com"},
        {"email": "ada\ud800@example.com"},
    ],
)
def test_id_tokens_that_are_not_believed(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match="does not answer as it should"):
        finish(world, lambda nonce: world.token(nonce, **changes))
    assert not User.objects.exists()


def test_signatures_that_are_not_believed(world: World) -> None:
    other = ec.generate_private_key(ec.SECP256R1())

    def unsigned(nonce: str) -> str:
        claims = pyjwt.decode(world.token(nonce), options={"verify_signature": False})
        return pyjwt.encode(claims, None, "none")

    def shared(nonce: str) -> str:
        claims = pyjwt.decode(world.token(nonce), options={"verify_signature": False})
        return pyjwt.encode(claims, "k" * 64, "HS256", {"kid": "one"})

    makers = (lambda n: world.token(n, other), unsigned, shared, lambda n: "x", lambda n: 7)
    for make in makers:
        with pytest.raises(ProviderError):
            finish(world, make)
    assert not User.objects.exists()


def test_new_keys_of_a_provider_are_looked_for(world: World) -> None:
    finish(world, world.token)
    new = ec.generate_private_key(ec.SECP256R1())
    world.answers[f"{ISSUER}/keys"] = {"keys": [World.public(new, "two")]}

    def make(nonce: str) -> str:
        claims = pyjwt.decode(world.token(nonce), options={"verify_signature": False})
        return pyjwt.encode(claims, new, "ES256", {"kid": "two"})

    assert finish(world, make).login.user.username == "ada"


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (200, b"no json"),
        httpx2.ConnectTimeout("slow"),
        ["a list"],
        {},
        {"issuer": "https://elsewhere.example"},
        {"issuer": ISSUER, "authorization_endpoint": "http://id.example.com/plain"},
        {"issuer": ISSUER},
    ],
)
def test_discoveries_that_are_of_no_use(world: World, answer: Any) -> None:
    world.answers[f"{ISSUER}/.well-known/openid-configuration"] = answer
    with pytest.raises(ProviderError, match="work does not answer as it should"):
        start("work", Request())


def test_token_endpoints_that_are_of_no_use(world: World) -> None:
    for answer in ({"error": "bad_code"}, {"access_token": 7}, {"access_token": "at"}, []):
        request = Request()
        provider, query = start("work", request)
        world.answers[f"{ISSUER}/token"] = answer
        with pytest.raises(ProviderError):
            flows.finish(request, provider, {"state": query["state"], "code": "c"})
    request = Request()
    provider, query = start("work", request)
    with pytest.raises(ProviderError, match="The answer holds no code"):
        flows.finish(request, provider, {"state": query["state"]})


def test_userinfo_of_somebody_else(world: World) -> None:
    def make(nonce: str) -> str:
        return world.token(nonce, email=None)

    for answer in ({"sub": "other", "email": "ada@example.com"}, ["list"]):
        world.answers[f"{ISSUER}/userinfo"] = answer
        with pytest.raises(ProviderError):
            finish(world, make)
    world.answers[f"{ISSUER}/userinfo"] = {"sub": "42", "email": "i@example.com"}
    user = finish(world, make).login.user
    assert user.email == "i@example.com"


def by(world: World, name: str, url: str, told: Any) -> Any:
    request = Request()
    provider, query = start(name, request)
    assert "nonce" not in query
    world.answers[provider.token_endpoint] = {"access_token": "at"}
    world.answers[url] = told
    return flows.finish(request, provider, {"state": query["state"], "code": "c"}).login.user


def test_providers_without_openid(world: World) -> None:
    world.answers["https://api.github.com/user/emails"] = [
        {"email": "old@example.com", "primary": False, "verified": True},
        {"email": "octo@example.com", "primary": True, "verified": True},
    ]
    user = by(world, "github", "https://api.github.com/user", {"id": 1, "login": "octo"})
    assert (user.username, user.email) == ("octo", "octo@example.com")
    url = "https://graph.facebook.com/v23.0/me?fields=id,name,email"
    user = by(world, "facebook", url, {"id": "2", "name": "Fay Book", "email": "f@example.com"})
    assert (user.username, user.email) == ("FayBook", "")
    told = {"id": "3", "username": "admin", "email": "d@example.com", "verified": True}
    user = by(world, "discord", "https://discord.com/api/users/@me", told)
    assert user.username.startswith("admin-")
    assert user.email == "d@example.com"
    for wrong in ({"name": "nobody"}, {"id": "9" * 300}):
        with pytest.raises(ProviderError):
            by(world, "discord", "https://discord.com/api/users/@me", wrong)


def test_six_providers_at_once(world: World) -> None:
    google, common = "https://accounts.google.com", "https://login.microsoftonline.com/common/v2.0"
    for issuer in (google, common):
        world.answers[f"{issuer}/.well-known/openid-configuration"] = {
            "issuer": issuer, "authorization_endpoint": f"{issuer}/a",
            "token_endpoint": f"{issuer}/t", "jwks_uri": f"{ISSUER}/keys",
        }  # fmt: skip
    world.answers["https://api.github.com/user/emails"] = []
    told = {"id": 7, "login": "ada", "name": "ada", "username": "ada"}
    user = User.objects.create_user("ada")
    begun: list[tuple[Request, Any, dict[str, str]]] = []
    for name in ("work", "github", "facebook", "discord", "google", "microsoft"):
        request = Request()
        request.user = user
        provider, query = start(name, request, link_user=user)
        assert query["code_challenge_method"] == "S256"
        assert ("nonce" in query) is provider.is_oidc
        begun.append((request, provider, query))
    for secret in ("state", "code_challenge"):
        assert len({query[secret] for *_, query in begun}) == 6
    # None is finished before all are begun.
    for request, provider, query in begun:
        tokens = {"access_token": "at"}
        if provider.is_oidc:
            tokens["id_token"] = world.token(query["nonce"], iss=provider.issuer)
        else:
            world.answers[provider.userinfo_endpoint] = told
        world.answers[flows.run(oauth_client.endpoint(provider, "token_endpoint"))] = tokens
        answer = {"state": query["state"], "code": "c"}
        assert flows.finish(request, provider, answer).linked
        sent = [kw["data"] for method, _, kw in world.asked if method == "POST"][-1]
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert challenge == query["code_challenge"]
    rows = OAuthAccount.objects.filter(user=user)
    assert sorted(row.provider for row in rows) == sorted(p.name for _, p, _ in begun)
    for left, row in zip(range(5, -1, -1), list(rows), strict=True):
        if left:
            flows.unlink(None, user, row.pk)
        else:
            with pytest.raises(LinkRefusedError, match="Set a password first"):
                flows.unlink(None, user, row.pk)


def test_microsofts_tenants(world: World) -> None:
    common = "https://login.microsoftonline.com/common/v2.0"
    theirs = "https://login.microsoftonline.com/{tenantid}/v2.0"
    world.answers[f"{common}/.well-known/openid-configuration"] = {
        "issuer": theirs, "authorization_endpoint": f"{common}/a", "token_endpoint": f"{common}/t",
        "jwks_uri": f"{ISSUER}/keys", "token_endpoint_auth_methods_supported": ["x"],
    }  # fmt: skip

    def run(**changes: Any) -> Any:
        request = Request()
        provider, query = start("microsoft", request)
        claims = {"iss": theirs.replace("{tenantid}", "t-1"), "tid": "t-1", **changes}
        token = world.token(query["nonce"], **claims)
        world.answers[f"{common}/t"] = {"access_token": "at", "id_token": token}
        return flows.finish(request, provider, {"state": query["state"], "code": "c"}).login.user

    # whoever administers a tenant chooses its addresses
    assert run().email == ""
    assert run(sub="2", preferred_username="bob", xms_edov=True).email == "ada@example.com"
    with pytest.raises(ProviderError):
        run(tid="t-2", sub="3")


async def test_the_async_way(world: World) -> None:
    request = Request()
    provider = get_provider("discord")
    url = await flows.abegin(request, provider, "https://site.test/back", "/next/")
    state = parse_qs(urlsplit(url).query)["state"][0]
    world.answers[provider.token_endpoint] = {"access_token": "at"}
    world.answers[provider.userinfo_endpoint] = {"id": "1", "username": "di"}
    outcome = await flows.afinish(request, provider, {"state": state, "code": "c"})
    assert (outcome.next, outcome.login.user.username) == ("/next/", "di")
    row = await OAuthAccount.objects.aget()
    with pytest.raises(LinkRefusedError, match="Set a password first"):
        await flows.aunlink(request, outcome.login.user, row.pk)
    with pytest.raises(OAuthError, match="There is no such link"):
        await flows.aunlink(request, outcome.login.user, 0)


def test_a_browser_has_a_few_logins_under_way(world: World) -> None:
    request = Request()
    states = [start("work", request)[1]["state"] for _ in range(7)]
    provider = get_provider("work")
    with pytest.raises(OAuthError, match="was not begun in this browser"):
        flows.finish(request, provider, {"state": states[0], "code": "c"})
    kept = request.session["_oauth"]
    assert len(kept) == flows.MOST
    request.session["_oauth"] = {k: {**v, "time": v["time"] - 601} for k, v in kept.items()}
    with pytest.raises(OAuthError, match="took too long"):
        flows.finish(request, provider, {"state": states[-1], "code": "c"})


def test_linking_needs_the_user_who_began(world: World) -> None:
    user = User.objects.create_user("bob")
    request = Request()
    request.user = User.objects.create_user("eve")
    provider, query = start("discord", request, link_user=user)
    world.answers[provider.token_endpoint] = {"access_token": "at"}
    world.answers[provider.userinfo_endpoint] = {"id": "1"}
    with pytest.raises(LinkRefusedError, match="Log in first"):
        flows.finish(request, provider, {"state": query["state"], "code": "c"})


def test_names_that_are_taken(world: World) -> None:
    User.objects.create_user("ADA")
    user = finish(world, world.token).login.user
    assert user.username.startswith("ada-")
    assert str(OAuthAccount.objects.get()) == "work ada@example.com"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({**BASE, "type": "other"}, "unknown type 'other'"),
        ({**BASE, "wrong": 1}, "unknown option 'wrong'"),
        ({"type": "github", "client_id": "x"}, "needs a 'client_secret'"),
        (BASE, "needs an 'issuer'"),
        ({**BASE, "issuer": "http://id.example.com"}, "has to begin with https://"),
    ],
)
def test_providers_that_are_described_wrongly(entry: dict[str, Any], text: str) -> None:
    with override_settings(OAUTH_PROVIDERS={"x": entry}):
        with pytest.raises(ImproperlyConfigured, match=text):
            get_providers()
        (error,) = check_providers()
        assert error.id == "auth_oauth.E001"


def test_providers_that_are_described_well(world: World) -> None:
    assert check_providers() == []
    assert get_provider("none") is None
    assert get_provider("work").title == "work"
    assert not get_provider("github").is_oidc
    assert is_safe("http://127.0.0.1:9/")
    assert not is_safe("ftp://id.example.com")
