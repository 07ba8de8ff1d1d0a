"""JSON Web Tokens: what is in them, what ends them, and what is refused."""

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import HTTPException
from fastapi.testclient import TestClient
from fastjango.auth import jwt
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.jwt.keys import check_keys, keys, signing_key
from fastjango.auth.jwt.models import TokenLogin
from fastjango.auth.models import User
from fastjango.auth.schemes import AuthScheme
from fastjango.core import timezone
from fastjango.core.conf import override_settings, settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import FastJango

Runner = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Runner:
    """Call a function of `fastjango.auth.jwt`, or its twin."""

    def run(name: str, *args: Any, **kwargs: Any) -> Any:
        if request.param == "sync":
            return getattr(jwt, name)(*args, **kwargs)
        return asyncio.run(getattr(jwt, f"a{name}")(*args, **kwargs))

    return run


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada", "ada@example.com", "right")


def claims(token: str) -> dict[str, Any]:
    return pyjwt.decode(token, options={"verify_signature": False})


def test_what_tokens_say(call: Runner, user: User) -> None:
    pair = call("issue", user, ["b", "a", "b"])
    access, refresh = claims(pair.access), claims(pair.refresh)
    assert pair.expires_in == access["exp"] - access["iat"] == 300
    assert refresh["exp"] - refresh["iat"] == 14 * 24 * 3600
    assert access["iss"] == access["aud"] == "fastjango"
    assert access["sub"] == str(user.pk)
    assert access["sid"] == refresh["sid"]
    assert access["jti"] != refresh["jti"]
    assert access["scope"] == "a b"
    found, token = call("verify", pair.access)
    assert found == user
    assert token.scopes == {"a", "b"}
    assert token.login.pk == access["sid"]
    assert int(token.expires.timestamp()) == access["exp"]
    pair = call("issue", user)
    assert call("verify", pair.access)[1].scopes is None
    assert call("verify", call("issue", user, "x y").access)[1].scopes == {"x", "y"}
    assert str(TokenLogin.objects.get(pk=claims(pair.access)["sid"])) == claims(pair.access)["sid"]


def test_a_refresh_token_is_good_once(
    call: Runner, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    first = call("issue", user, "a")
    second = call("refresh", first.refresh)
    third = call("refresh", second.refresh)
    assert call("verify", third.access)[1].scopes == {"a"}
    with (
        caplog.at_level(logging.INFO, "fastjango.security.auth"),
        pytest.raises(jwt.TokenReusedError, match=r"used before\. Its login has been ended"),
    ):
        call("refresh", second.refresh)
    record = caplog.records[-1]
    assert record.security_event["event"] == "token_reused"
    assert record.levelno == logging.ERROR
    assert first.refresh not in record.getMessage()
    for name, token in (("refresh", third.refresh), ("verify", third.access)):
        with pytest.raises(jwt.InvalidTokenError, match="The login of this token has ended"):
            call(name, token)


async def test_of_two_exchanges_at_once_one_succeeds() -> None:
    user = await User.objects.acreate_user("bob", password="right")
    pair = await jwt.aissue(user)
    results = await asyncio.gather(
        *(jwt.arefresh(pair.refresh) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(result, jwt.TokenPair) for result in results) == 1


def test_revocation(call: Runner, user: User) -> None:
    one, two = call("issue", user), call("issue", user)
    assert call("revoke", one.refresh) is True
    assert call("revoke", one.refresh) is False
    with pytest.raises(jwt.InvalidTokenError):
        call("verify", one.access)
    assert call("verify", two.access)[0] == user
    assert call("revoke", two.access) is True
    call("issue", user)
    assert call("revoke_all", user) == 1
    with pytest.raises(jwt.InvalidTokenError):
        call("revoke", "x")


def test_what_ends_a_login(call: Runner, user: User) -> None:
    pair = call("issue", user)
    user.set_password("another")
    user.save()
    with pytest.raises(jwt.InvalidTokenError, match="password has changed since the login"):
        call("verify", pair.access)
    pair = call("issue", user)
    TokenLogin.objects.update(expires=timezone.now() - timedelta(seconds=1))
    with pytest.raises(jwt.InvalidTokenError, match="has ended"):
        call("refresh", pair.refresh)
    pair = call("issue", user)
    User.objects.update(is_active=False)
    with pytest.raises(jwt.InvalidTokenError, match="has ended"):
        call("verify", pair.access)
    User.objects.all().delete()
    with pytest.raises(jwt.InvalidTokenError, match="has ended"):
        call("verify", pair.access)


def test_tokens_do_not_outlive_the_login(call: Runner, user: User) -> None:
    with override_settings(JWT_LOGIN_LIFETIME=60):
        pair = call("issue", user)
    assert 55 <= pair.expires_in <= 60
    token = claims(pair.refresh)
    assert token["exp"] - token["iat"] <= 60


def test_expired_tokens_and_clocks(call: Runner, user: User) -> None:
    with override_settings(JWT_ACCESS_LIFETIME=-5):
        pair = call("issue", user)
    with pytest.raises(jwt.InvalidTokenError, match="The token has expired"):
        call("verify", pair.access)
    with override_settings(JWT_LEEWAY=10):
        assert call("verify", pair.access)[0] == user


def _forge(token: str, header: dict[str, Any], **changes: Any) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part(header)}.{part({**claims(token), **changes})}."


def test_forgeries(user: User) -> None:
    pair = jwt.issue(user)
    kid = signing_key().kid
    head, body, signature = pair.access.split(".")
    wrong = [
        "",
        "a.b.c",
        "x" * 9000,
        f"{head}.{body}.{signature[:-4]}AAAA",
        _forge(pair.access, {"alg": "none", "kid": kid, "typ": "JWT"}),
        _forge(pair.access, {"alg": "none", "typ": "JWT"}),
        _forge(pair.access, {"alg": "HS256", "kid": ["x"], "typ": "JWT"}),
        pyjwt.encode(claims(pair.access), "k" * 64, "HS256", {"kid": kid}),
        pyjwt.encode(claims(pair.access), settings.SECRET_KEY, "HS256", {"kid": kid}),
        # the algorithm of a key is not for the token to choose
        pyjwt.encode(claims(pair.access), signing_key().private, "HS512", {"kid": kid}),
        pair.refresh,
    ]
    for token in wrong:
        with pytest.raises(jwt.InvalidTokenError):
            jwt.verify(token)
    with pytest.raises(jwt.InvalidTokenError, match="This is no refresh token"):
        jwt.refresh(pair.access)


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "jti", "sid", "typ"])
def test_claims_that_are_missing_or_others(user: User, name: str) -> None:
    pair, key = jwt.issue(user), signing_key()
    known = claims(pair.access)
    less = {other: value for other, value in known.items() if other != name}
    for changed in (less, {**known, name: "other"}):
        if name == "jti" and changed is not less:
            continue  # an access token's is a name only
        token = pyjwt.encode(changed, key.private, key.algorithm, {"kid": key.kid})
        with pytest.raises(jwt.InvalidTokenError):
            jwt.verify(token)


def test_keys_rotate_with_the_secret(call: Runner, user: User) -> None:
    pair, old = call("issue", user), settings.SECRET_KEY
    new = "n" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old]):
        assert call("verify", pair.access)[0] == user
        renewed = call("refresh", pair.refresh)
    with override_settings(SECRET_KEY=new):
        assert call("verify", renewed.access)[0] == user
        with pytest.raises(jwt.InvalidTokenError, match="signed with an unknown key"):
            call("verify", pair.access)


def _pem() -> tuple[bytes, bytes]:
    private = ec.generate_private_key(ec.SECP256R1())
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )


def test_keys_of_your_own(user: User) -> None:
    private, public = _pem()
    pair_key = {"kid": "ec", "algorithm": "ES256", "private": private, "public": public}
    shared = {"kid": "old", "algorithm": "HS256", "key": "s" * 40}
    with override_settings(JWT_KEYS=[shared]):
        old = jwt.issue(user)
    with override_settings(JWT_KEYS=[pair_key, shared]):
        new = jwt.issue(user)
        assert pyjwt.get_unverified_header(new.access)["alg"] == "ES256"
        assert jwt.verify(new.access)[0] == jwt.verify(old.access)[0] == user
        # the public key is no shared secret
        with pytest.raises(jwt.InvalidTokenError):
            jwt.verify(_forge(new.access, {"alg": "HS256", "kid": "ec"}))
        assert check_keys() == []
    with override_settings(JWT_KEYS=[{**pair_key, "private": None}]):
        assert jwt.verify(new.access)[0] == user
        (error,) = check_keys()
        assert error.id == "auth_jwt.E001"
        assert "no 'private' key to sign with" in error.msg


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"JWT_KEYS": [{"algorithm": "HS256", "key": "s" * 40}]}, "needs a 'kid'"),
        ({"JWT_KEYS": [{"kid": "a", "algorithm": "HS256", "key": "short"}]}, "shorter than 32"),
        ({"JWT_KEYS": [{"kid": "a", "algorithm": "none"}]}, "Choose one of: ES256"),
        ({"JWT_KEYS": [{"kid": "a", "algorithm": "RS256"}]}, "needs a 'public' key for RS256"),
        ({"JWT_KEYS": [{"kid": "a", "wrong": 1}]}, "the unknown name 'wrong'"),
        ({"JWT_KEYS": [{"kid": "a", "algorithm": "HS256", "key": b"s" * 40}] * 2}, "two keys"),
        ({"JWT_ALGORITHM": "RS256"}, "Give keys of your own in JWT_KEYS"),
    ],
)
def test_keys_that_cannot_be_used(changes: dict[str, Any], text: str) -> None:
    with override_settings(**changes), pytest.raises(ImproperlyConfigured, match=text):
        keys()


class Request:
    """As much of a request as schemes look at."""

    def __init__(self, authorization: str = "") -> None:
        self.headers = {"authorization": authorization}
        self.scope: dict[str, Any] = {}


async def test_the_header() -> None:
    scheme = jwt.JwtScheme()
    assert isinstance(scheme, AuthScheme)
    user = await User.objects.acreate_user("cy", password="right")
    pair = await jwt.aissue(user)
    found, auth = await scheme.authenticate(Request(f"bearer {pair.access}"))
    assert (found, auth.scopes) == (user, None)
    for none in ("", "Token x", "Bearer opaque"):
        assert await scheme.authenticate(Request(none)) is None
    with pytest.raises(HTTPException) as caught:
        await scheme.authenticate(Request("Bearer a.b.c"))
    assert caught.value.status_code == 401
    assert caught.value.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert scheme.challenge(Request()) == "Bearer"
    assert scheme.openapi().bearerFormat == "JWT"


@pytest.fixture
def client() -> TestClient:
    app = FastJango()
    app.include_router(jwt.jwt_router())
    return TestClient(app, base_url="http://testserver")


def test_the_routes(client: TestClient, user: User) -> None:
    answer = client.post("/token", json={"username": "ada", "password": "right", "scope": "a"})
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    again = client.post("/token", json={"username": "ADA@example.com", "password": "right"})
    assert again.status_code == 200
    tokens = client.post("/token/refresh", json={"refresh": answer.json()["refresh"]}).json()
    assert jwt.verify(tokens["access"])[1].scopes == {"a"}
    assert client.post("/token/revoke", json={"refresh": tokens["refresh"]}).status_code == 204
    assert client.post("/token/revoke", json={"refresh": "nonsense"}).status_code == 204
    gone = client.post("/token/refresh", json={"refresh": tokens["refresh"]})
    assert gone.status_code == 401
    assert "WWW-Authenticate" in gone.headers


def test_a_password_is_not_enough_where_a_second_step_is_needed(
    client: TestClient, user: User
) -> None:
    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    right = {"username": "ada", "password": "right"}
    with second_factors.implemented(factors):
        refused = client.post("/token", json=right)
        wrong = client.post("/token", json={**right, "password": "wrong"})
    assert (refused.status_code, "second step" in refused.text) == (403, True)
    assert "access" not in refused.json()
    assert wrong.status_code == 401
    assert client.post("/token", json=right).status_code == 200


def test_wrong_credentials_say_the_same(client: TestClient, user: User) -> None:
    answers = [
        client.post("/token", json={"username": name, "password": "wrong"})
        for name in ("ada", "nobody", "nobody@example.com")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, '{"detail":"Name or password is not right."}')
    }


def test_attempts_are_limited(client: TestClient, user: User) -> None:
    def attempt(name: str, password: str = "wrong") -> Any:
        return client.post("/token", json={"username": name, "password": password})

    with override_settings(AUTH_RATE_LIMITS={"login:account": "3/h", "token:address": "2/h"}):
        for name in ("limited", "unknown-too"):
            User.objects.filter(username="ada").update(username="limited")
            statuses = [attempt(name).status_code for _ in range(4)]
            assert statuses == [401, 401, 401, 429]
        refused = attempt("limited", "right")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        for path in ("refresh", "revoke"):
            last = [client.post(f"/token/{path}", json={"refresh": "x"}) for _ in range(3)][-1]
            assert last.status_code == 429
