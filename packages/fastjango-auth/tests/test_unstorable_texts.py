"""Texts that nothing can store or hash: every way to log in or sign up refuses them cleanly."""

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi_users import FastAPIUsers, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport
from fastapi_users.authentication.strategy import DatabaseStrategy
from fastjango import auth, mail
from fastjango.auth._texts import is_password, is_unstorable
from fastjango.auth.accounts import accounts_router
from fastjango.auth.accounts.background import settle
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.fastapi_users import TokenDatabase, get_token_database, get_user_manager
from fastjango.auth.forms import AuthenticationForm, UserCreationForm
from fastjango.auth.handlers import modwsgi
from fastjango.auth.hashers import MD5PasswordHasher, acheck_password, check_password, make_password
from fastjango.auth.jwt import jwt_router
from fastjango.auth.models import User
from fastjango.auth.password_validation import validate_password
from fastjango.auth.passwords import acheck_credentials, check_credentials
from fastjango.auth.schemes import registered_schemes
from fastjango.auth.throttles import memory
from fastjango.cache import cache
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ValidationError
from fastjango.http import HttpRequest, HttpResponse, JsonResponse
from fastjango.http.urls import include, path
from fastjango.testing import Client
from fastjango.values.http import urlsafe_base64_encode

PASSWORD = "a-Long-enough-1"
ADA = {"username": "ada", "password": PASSWORD}
LONE, NUL = "\ud800", "jo\x00@example.com"
LARGE = "x" * 2**20
HOSTILE = [LONE, f"ada{LONE}@example.com", NUL, LARGE, "", 5, True, None, ["ada"], {"$ne": ""}]
MIDDLEWARE = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]


def log_in(request: Any) -> Any:
    """A site's own JSON login, which trusts what it is sent."""
    data = json.loads(request.body)
    user = auth.authenticate(request, username=data["username"], password=data["password"])
    if user is None:
        return JsonResponse({}, status=401)
    auth.login(request, user)
    return HttpResponse("in")


async def alog_in(request: Any) -> Any:
    data = json.loads(await request.body())
    user = await auth.aauthenticate(request, username=data["username"], password=data["password"])
    if user is None:
        return JsonResponse({}, status=401)
    await auth.alogin(request, user)
    return HttpResponse("in")


def form_log_in(request: Any) -> Any:
    form = AuthenticationForm(request, json.loads(request.body))
    return JsonResponse({}, status=200 if form.is_valid() else 401)


async def aform_sign_up(request: Any) -> Any:
    data = json.loads(await request.body())
    both = {"password1": data["password"], "password2": data["password"]}
    form = UserCreationForm({"username": data["username"], **both})
    valid = await form.ais_valid()
    return JsonResponse(form.errors, status=200 if valid else 401)


def strategy(tokens: Annotated[TokenDatabase, Depends(get_token_database)]) -> Any:
    return DatabaseStrategy(tokens, lifetime_seconds=60)


class UserRead(schemas.BaseUser[int]):
    """What is shown of a user."""


class UserCreate(schemas.BaseUserCreate):
    """What a user is made of."""


def routers() -> APIRouter:
    """Return every other router that takes passwords."""
    bearer = AuthenticationBackend("bearer", BearerTransport("auth/login"), strategy)
    users = FastAPIUsers[Any, int](get_user_manager, [bearer])
    router = APIRouter()
    router.include_router(jwt_router())
    router.include_router(users.get_auth_router(bearer), prefix="/auth")
    router.include_router(users.get_register_router(UserRead, UserCreate), prefix="/auth")
    router.include_router(users.get_reset_password_router(), prefix="/auth")
    return router


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    cache.clear()
    memory.clear()
    mail.outbox = []
    patterns = [
        path("accounts/", include("fastjango.auth.urls")),
        path("account/", include("fastjango.auth.accounts.urls")),
        path("api/", include(accounts_router())),
        path("routers/", include(routers())),
        path("in/", log_in),
        path("ain/", alog_in),
        path("form/", form_log_in),
        path("signup/", aform_sign_up),
    ]
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    with override_settings(
        ROOT_URLCONF=patterns,
        MIDDLEWARE=MIDDLEWARE,
        LOGIN_REDIRECT_URL="/api/account/session",
        AUTH_RATE_LIMITS=dict.fromkeys(
            ("login:account", "login:address", "signup:address", "confirm:address"), None
        ),
    ):
        yield
    settle()
    AccountEmail.objects.all().delete()


def post(client: Any, url: str, data: Any) -> Any:
    return client.post(url, json.dumps(data), content_type="application/json")


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("url", ["/in/", "/ain/", "/form/", "/api/account/login"])
def test_logins(url: str, value: Any) -> None:
    client = Client()
    for known in ("ada", "nobody"):
        for data in (
            {"username": value, "password": PASSWORD},
            {"username": known, "password": value},
        ):
            answer = post(client, url, data)
            assert answer.status_code in (401, 422), (data, answer.text)
    assert "_auth_user_id" not in client.session
    assert post(client, url, ADA).status_code == 200


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_sign_ups_and_changes(value: Any) -> None:
    client = Client()
    for data in ({"username": value, "password": PASSWORD}, {"username": "new", "password": value}):
        answer = post(client, "/signup/", data)
        # Null characters, and what is a text once written out, are for the form to judge.
        assert answer.status_code in (200, 401)
    names = {"username": "new", "email": "new@example.com", "password": PASSWORD}
    for name in names:
        answer = post(client, "/api/account/signup", {**names, name: value})
        assert answer.status_code == 422 or (name == "password" and value == NUL), answer.text
    changes = {"old_password": PASSWORD, "new_password": "another-Long-2"}
    assert post(client, "/api/account/login", ADA).status_code == 200
    for url, good in (
        ("password/change", changes),
        ("reauthenticate", {"password": PASSWORD}),
        ("email/change", {"email": "b@example.com", "password": PASSWORD}),
        ("email/change/confirm", {"token": "x"}),
        ("verify", {"token": "x"}),
        ("password/reset", {"email": "ada@example.com"}),
        ("password/reset/confirm", {"uid": "x", "token": "x", "new_password": "another-Long-2"}),
        ("delete", {"password": PASSWORD}),
    ):
        for name in good:
            if name == "new_password" and value == NUL and url == "password/change":
                continue  # a password like any other
            answer = post(client, f"/api/account/{url}", {**good, name: value})
            assert 400 <= answer.status_code < 500, (url, name, answer.text)
    assert User.objects.get(username="ada").check_password(PASSWORD)


def test_pages_take_bytes_that_are_no_text() -> None:
    client = Client()
    for value in ("%ED%A0%80", "jo%00@example.com", "%FF%FE", "x" * 2**20):
        for url, fields in (
            ("/accounts/login/", ("username", "password")),
            ("/accounts/password_reset/", ("email",)),
            ("/account/login/", ("username", "password")),
            ("/account/signup/", ("username", "email", "password", "password_again")),
            ("/account/reset/", ("email",)),
        ):
            body = "&".join(f"{name}={value}" for name in fields)
            answer = client.post(url, body, content_type="application/x-www-form-urlencoded")
            # Of four large values together the site takes none.
            refused = 400 if "signup" in url and len(body) > 2**21 else 200
            assert answer.status_code == refused, (url, value[:20])
    assert mail.outbox == []


@pytest.mark.parametrize("text", ["\x00", "9" * 40, "9" * 5000, "²", "-1", "1.5", "None"])
def test_reset_links_of_keys_that_nobody_can_have(text: str) -> None:
    uid = urlsafe_base64_encode(text.encode())
    assert "not valid" in Client().get(f"/accounts/reset/{uid}/x-y/").text
    data = {"uid": uid, "token": "x-y", "new_password": "another-Long-2"}
    assert post(Client(), "/api/account/password/reset/confirm", data).status_code in (400, 422)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_routers(value: Any) -> None:
    client = Client()
    for url, good in (
        ("/token", {**ADA, "scope": "a"}),
        ("/token/refresh", {"refresh": "x"}),
        ("/auth/register", {"email": "b@example.com", "password": PASSWORD}),
        ("/auth/forgot-password", {"email": "ada@example.com"}),
        ("/auth/reset-password", {"token": "x", "password": PASSWORD}),
    ):
        for name in good:
            if (name == "scope" and value in (None, "", LARGE[:9])) or (
                name == "password" and url == "/auth/register" and value == NUL
            ):
                continue  # as good as any other
            answer = post(client, f"/routers{url}", {**good, name: value})
            assert 400 <= answer.status_code < 500, (url, name, answer.text)
    for body in (b"username=%ED%A0%80&password=x", b"username=x&password=%ED%A0%80",
                 b"username=jo%00%40example.com&password=x"):  # fmt: skip
        form = "application/x-www-form-urlencoded"
        assert client.post("/routers/auth/login", body, content_type=form).status_code == 400


def test_tokens_that_nothing_can_store_are_nobodys() -> None:
    (scheme,) = (one for one in registered_schemes() if one.name == "token")
    for text in ("Token a\x00b", "Token \xff"):
        request = HttpRequest.from_scope(
            {
                "type": "http",
                "method": "GET",
                "path": "/",
                "headers": [(b"authorization", text.encode("latin-1"))],
            }
        )
        with pytest.raises(Exception, match=r"Invalid token\."):
            asyncio.run(scheme.authenticate(request))


def test_passwords_that_cannot_be_hashed_match_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = make_password("5")
    hashed: list[Any] = []
    encode = MD5PasswordHasher.encode

    def count(self: Any, password: Any, salt: Any) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    for number, value in enumerate((LONE, 5, ["5"], None), start=1):
        assert check_password(value, encoded) is False
        # It takes as long as any wrong password.
        assert len(hashed) == number
    assert asyncio.run(acheck_password(LONE, encoded)) is False
    with pytest.raises(UnicodeEncodeError):
        make_password(LONE)
    with pytest.raises(ValidationError, match="unpaired surrogate") as caught:
        validate_password(f"a-Long-enough-1{LONE}")
    assert caught.value.error_list[0].code == "surrogates_not_allowed"


def test_names_that_cannot_be_counted_are_counted() -> None:
    request = HttpRequest()
    assert check_credentials(request, LONE, PASSWORD) is None
    assert asyncio.run(acheck_credentials(request, f"{LONE}@example.com", PASSWORD)) is None
    assert modwsgi.check_password({}, LONE, PASSWORD) is None
    assert modwsgi.groups_for_user({}, "a\x00") == []


def test_which_texts_those_are() -> None:
    assert [is_unstorable(value) for value in ("ä", "\x00", LONE, 5, None)] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert [is_password(value) for value in ("ä\x00", b"\xff", LONE, 5, None)] == [
        True, True, False, False, False,
    ]  # fmt: skip
