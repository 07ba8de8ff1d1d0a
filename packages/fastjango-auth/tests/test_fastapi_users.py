"""A program written against fastapi-users runs on the users of this site."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient
from fastapi_users import FastAPIUsers, exceptions, schemas
from fastapi_users.authentication import (
    AuthenticationBackend,
    BearerTransport,
    CookieTransport,
    JWTStrategy,
)
from fastapi_users.authentication.strategy import DatabaseStrategy
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.fastapi_users import (
    Account,
    PasswordHelper,
    TokenDatabase,
    UserDatabase,
    UserManager,
    get_token_database,
    get_user_database,
)
from fastjango.auth.fastapi_users.models import AccessToken, ProviderAccount
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.models import User
from fastjango.auth.throttles import memory
from fastjango.cache import cache
from fastjango.core import timezone
from fastjango.core.conf import override_settings
from fastjango.http import FastJango

PASSWORD = "a-Long-enough-1"
MAIL = {"email": "ada@example.com", "password": PASSWORD}
seen: list[tuple[str, Any]] = []


class Manager(UserManager):
    """The manager of a project."""

    async def on_after_register(self, user: Any, request: Any = None) -> None:
        seen.append(("register", user.email))

    async def on_after_forgot_password(self, user: Any, token: str, request: Any = None) -> None:
        seen.append(("forgot", token))

    async def on_after_request_verify(self, user: Any, token: str, request: Any = None) -> None:
        seen.append(("verify", token))


async def get_manager(user_db: Annotated[UserDatabase, Depends(get_user_database)]) -> Any:
    yield Manager(user_db)


class UserRead(schemas.BaseUser[int]):
    """What is shown of a user."""


class UserCreate(schemas.BaseUserCreate):
    """What a user is made of."""


class UserUpdate(schemas.BaseUserUpdate):
    """What may be changed."""


def database_strategy(tokens: Annotated[TokenDatabase, Depends(get_token_database)]) -> Any:
    return DatabaseStrategy(tokens, lifetime_seconds=3600)


def jwt_strategy() -> Any:
    return JWTStrategy(secret="s" * 40, lifetime_seconds=3600)


BEARER = AuthenticationBackend("bearer", BearerTransport("auth/login"), database_strategy)
COOKIE = AuthenticationBackend("cookie", CookieTransport(cookie_secure=False), jwt_strategy)


@pytest.fixture
def client() -> Iterator[TestClient]:
    seen.clear()
    users = FastAPIUsers[Any, int](get_manager, [BEARER, COOKIE])
    app = FastJango()
    app.include_router(users.get_auth_router(BEARER), prefix="/auth")
    app.include_router(users.get_auth_router(COOKIE), prefix="/cookie")
    app.include_router(users.get_register_router(UserRead, UserCreate), prefix="/auth")
    app.include_router(users.get_reset_password_router(), prefix="/auth")
    app.include_router(users.get_verify_router(UserRead), prefix="/auth")
    app.include_router(users.get_users_router(UserRead, UserUpdate), prefix="/users")

    known = users.current_user(active=True)

    @app.get("/me")
    async def me(user: Annotated[Any, Depends(known)]) -> dict[str, Any]:
        return {"name": user.username, "email": user.email}

    with TestClient(app, base_url="http://testserver") as made:
        yield made
    AccountEmail.objects.all().delete()


def login(client: TestClient, password: str = PASSWORD, where: str = "auth") -> Any:
    data = {"username": MAIL["email"], "password": password}
    return client.post(f"/{where}/login", data=data)


def test_register_login_logout(client: TestClient) -> None:
    answer = client.post("/auth/register", json={**MAIL, "is_superuser": True})
    assert answer.status_code == 201, answer.text
    user = User.objects.get()
    assert answer.json() == {
        "id": user.pk, "email": "ada@example.com", "is_active": True, "is_superuser": False,
        "is_verified": False,
    }  # fmt: skip
    assert user.check_password(PASSWORD)
    assert client.post("/auth/register", json=MAIL).status_code == 400
    weak = client.post("/auth/register", json={"email": "b@example.com", "password": "123"})
    assert weak.json()["detail"]["code"] == "REGISTER_INVALID_PASSWORD"
    assert login(client, "wrong").status_code == 400
    token = login(client).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/me", headers=headers).json()["name"] == "ada@example.com"
    assert token not in AccessToken.objects.get().digest
    assert client.post("/auth/logout", headers=headers).status_code == 204
    assert client.get("/me", headers=headers).status_code == 401
    assert login(client, where="cookie").status_code == 204
    assert client.get("/me").status_code == 200
    nobody = {"username": "nobody@example.com", "password": "x"}
    assert client.post("/auth/login", data=nobody).status_code == 400


def test_an_address_in_use_in_another_way_is_taken(client: TestClient) -> None:
    named = User.objects.create_user(MAIL["email"], "other@example.com")
    assert client.post("/auth/register", json=MAIL).json() == {
        "detail": "REGISTER_USER_ALREADY_EXISTS"
    }
    User.objects.filter(pk=named.pk).update(username="ada")
    AccountEmail.objects.create(user=named, email=MAIL["email"])
    assert client.post("/auth/register", json=MAIL).status_code == 400
    AccountEmail.objects.all().delete()
    for name in ("one", "two"):
        User.objects.create_user(name, MAIL["email"])
    assert client.post("/auth/register", json=MAIL).status_code == 400
    assert User.objects.count() == 3
    User.objects.all().delete()
    client.post("/auth/register", json=MAIL)
    other = User.objects.create_user("other", "second@example.com")
    AccountEmail.objects.create(user=other, email="third@example.com")
    headers = {"Authorization": f"Bearer {login(client).json()['access_token']}"}
    for taken in ("Second@example.com", "third@example.com"):
        answer = client.patch("/users/me", json={"email": taken}, headers=headers)
        assert answer.json() == {"detail": "UPDATE_USER_EMAIL_ALREADY_EXISTS"}
    assert User.objects.exclude(pk=other.pk).get().email == MAIL["email"]


def test_attempts_are_limited(client: TestClient) -> None:
    cache.clear()
    memory.clear()
    client.post("/auth/register", json=MAIL)
    limits = {"login:account": "2/h", "signup:address": "2/h", "mail:account": "1/h"}
    with override_settings(AUTH_RATE_LIMITS=limits):
        statuses = [login(client, "wrong").status_code for _ in range(3)]
        assert statuses == [400, 400, 429]
        # neither does the right password help, nor are unknown accounts treated otherwise
        refused = login(client)
        assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
        unknown = {"username": "nobody@example.com", "password": "x"}
        statuses = [client.post("/auth/login", data=unknown).status_code for _ in range(3)]
        assert statuses == [400, 400, 429]
        new = {**MAIL, "email": "new@example.com"}
        many = [client.post("/auth/register", json=new) for _ in range(3)]
        assert many[-1].status_code == 429
        assert int(many[-1].headers["Retry-After"]) > 0
        seen.clear()
        asked = [client.post("/auth/forgot-password", json=MAIL).status_code for _ in range(3)]
        assert asked == [202, 202, 202]
        assert len(seen) == 1
    cache.clear()
    memory.clear()
    # a right password clears the count
    with override_settings(AUTH_RATE_LIMITS={"login:account": "2/h"}):
        assert [login(client).status_code for _ in range(4)] == [200] * 4


def test_a_password_is_not_enough_where_a_second_step_is_needed(client: TestClient) -> None:
    client.post("/auth/register", json=MAIL)

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    with second_factors.implemented(factors):
        assert login(client).status_code == 400
    assert login(client).status_code == 200


def test_logins_are_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.post("/auth/register", json=MAIL)
    with caplog.at_level(logging.INFO, "fastjango.security.auth"):
        login(client, "wrong")
        login(client)
    events = [one.security_event for one in caplog.records if hasattr(one, "security_event")]
    assert [event["event"] for event in events] == ["login_failed", "login"]
    assert events[1]["user_id"] == str(User.objects.get().pk)


def test_resets_and_verification(client: TestClient) -> None:
    client.post("/auth/register", json=MAIL)
    headers = {"Authorization": f"Bearer {login(client).json()['access_token']}"}
    assert client.get("/me", headers=headers).status_code == 200
    client.post("/auth/forgot-password", json={"email": MAIL["email"]})
    assert client.post("/auth/forgot-password", json={"email": "x@example.com"}).status_code == 202
    kind, token = seen[-1]
    assert kind == "forgot"
    for wrong, password in (("x", "another-Long-2"), (token, "123")):
        data = {"token": wrong, "password": password}
        assert client.post("/auth/reset-password", json=data).status_code == 400
    data = {"token": token, "password": "another-Long-2"}
    assert client.post("/auth/reset-password", json=data).status_code == 200
    assert client.get("/me", headers=headers).status_code == 401
    assert client.post("/auth/reset-password", json=data).status_code == 400
    assert login(client, "another-Long-2").status_code == 200
    client.post("/auth/request-verify-token", json={"email": MAIL["email"]})
    verified = client.post("/auth/verify", json={"token": seen[-1][1]})
    assert verified.json()["is_verified"] is True
    assert AccountEmail.objects.get().verified is not None


def test_users(client: TestClient) -> None:
    client.post("/auth/register", json=MAIL)
    login(client, where="cookie")
    assert client.get("/users/me").json()["email"] == MAIL["email"]
    changed = client.patch("/users/me", json={"email": "new@example.com"})
    assert changed.json()["email"] == "new@example.com"
    assert client.patch("/users/me", json={"password": "another-Long-2"}).status_code == 200
    assert User.objects.get().check_password("another-Long-2")
    assert client.get(f"/users/{User.objects.get().pk}").status_code == 403
    User.objects.update(is_superuser=True)
    other = User.objects.create_user("other", "other@example.com", PASSWORD)
    assert client.get(f"/users/{other.pk}").json()["email"] == "other@example.com"
    assert client.delete(f"/users/{other.pk}").status_code == 204
    assert not User.objects.filter(pk=other.pk).exists()


async def test_accounts_at_providers() -> None:
    manager = UserManager(UserDatabase())
    arguments = ("github", "token", "42", "ada@example.com", 9, None)
    user = await manager.oauth_callback(*arguments)
    assert isinstance(user, Account)
    assert user.oauth_accounts[0].account_id == "42"
    assert str(await ProviderAccount.objects.aget()) == "github ada@example.com"
    again = await manager.oauth_callback("github", "newer", "42", "ada@example.com")
    assert again == user
    assert hash(again) == hash(user)
    assert again.oauth_accounts[0].access_token == "newer"
    with pytest.raises(exceptions.UserAlreadyExists):
        await manager.oauth_callback("discord", "token", "1", "ada@example.com")


async def test_databases() -> None:
    database, tokens = UserDatabase(), TokenDatabase()
    long = "a" * 200 + "@example.com"
    user = await database.create({"email": long, "hashed_password": "x", "is_active": None})
    assert len(user.username) <= 150
    assert user.email == long
    await User.objects.acreate_user("twin", long)
    assert await database.get_by_email(long) is None
    record = await tokens.create({"token": "t", "user_id": user.id})
    now = timezone.now()
    assert (await tokens.get_by_token("t")).user_id == user.id
    assert await tokens.get_by_token("t", max_age=now + timedelta(hours=1)) is None
    await tokens.update(record, {"created_at": now, "token": "other"})
    assert record.created_at == now
    await tokens.delete(record)
    assert await tokens.get_by_token("t") is None


def test_stored_passwords_are_renewed() -> None:
    helper = PasswordHelper()
    with override_settings(PASSWORD_HASHERS=[
        "fastjango.auth.hashers.PBKDF2PasswordHasher", "fastjango.auth.hashers.MD5PasswordHasher",
    ]):  # fmt: skip
        old = User(password="md5$salt$" + "0" * 32)
        assert helper.verify_and_update("x", old.password) == (False, None)
        right, renewed = helper.verify_and_update("x", helper.hash("x"))
        assert (right, renewed) == (True, None)
    stored = helper.hash("x")
    with override_settings(PASSWORD_HASHERS=[
        "fastjango.auth.hashers.PBKDF2PasswordHasher", "fastjango.auth.hashers.MD5PasswordHasher",
    ]):  # fmt: skip
        right, renewed = helper.verify_and_update("x", stored)
        assert right
        assert renewed.startswith("pbkdf2_sha256$")
    assert len(helper.generate()) > 30
