"""Opaque tokens: the table, the command, the header."""

import io
from typing import Any

import pytest
from fastapi import HTTPException
from fastjango.auth.authtoken.models import Token, TokenProxy
from fastjango.auth.authtoken.scheme import TokenScheme
from fastjango.auth.models import User
from fastjango.auth.schemes import AuthScheme, registered_schemes
from fastjango.core.management import CommandError, call_command
from fastjango.orm import connection


class Request:
    """As much of a request as schemes look at."""

    def __init__(self, authorization: str | None = None) -> None:
        self.headers = {"authorization": authorization} if authorization else {}
        self.scope: dict[str, Any] = {}


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada", "ada@example.com", "right")


def test_the_table_is_djangos(user: User) -> None:
    assert Token._meta.db_table == TokenProxy._meta.db_table == "authtoken_token"
    token = Token.objects.create(user=user)
    assert len(str(token)) == 40
    assert user.auth_token == token
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, user_id FROM authtoken_token")
        assert cursor.fetchall() == [(token.key, user.pk)]
    assert Token(key="k" * 40, user=user).key == "k" * 40


async def test_tokens_are_saved_by_async_code() -> None:
    user = await User.objects.acreate_user("bob", password="right")
    token = Token(user=user)
    await token.asave()
    assert len(token.key) == 40


def test_the_command(user: User) -> None:
    out = io.StringIO()
    call_command("drf_create_token", "ada", stdout=out)
    first = Token.objects.get(user=user).key
    assert out.getvalue() == f"Generated token {first} for user ada\n"
    call_command("drf_create_token", "ada", stdout=io.StringIO())
    assert Token.objects.get(user=user).key == first
    call_command("drf_create_token", "ada", "--reset", stdout=io.StringIO())
    assert Token.objects.get(user=user).key != first
    with pytest.raises(CommandError, match="Cannot create the Token: user nobody does not exist"):
        call_command("drf_create_token", "nobody")


async def test_the_header() -> None:
    scheme = TokenScheme()
    assert isinstance(scheme, AuthScheme)
    assert "token" in [known.name for known in registered_schemes()]
    user = await User.objects.acreate_user("ada", password="right")
    token = await Token.objects.acreate(user=user)
    assert await scheme.authenticate(Request(f"Token {token.key}")) == (user, token)
    assert await scheme.authenticate(Request(f"token {token.key}")) == (user, token)
    assert await scheme.authenticate(Request()) is None
    assert await scheme.authenticate(Request("Bearer x")) is None
    for header, detail in (
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token wrong", "Invalid token."),
    ):
        with pytest.raises(HTTPException) as caught:
            await scheme.authenticate(Request(header))
        assert (caught.value.status_code, caught.value.detail) == (401, detail)
        assert caught.value.headers == {"WWW-Authenticate": "Token"}
    await User.objects.filter(pk=user.pk).aupdate(is_active=False)
    with pytest.raises(HTTPException) as caught:
        await scheme.authenticate(Request(f"Token {token.key}"))
    assert caught.value.detail == "User inactive or deleted."


def test_the_description() -> None:
    scheme = TokenScheme("Key")
    described = scheme.openapi().model_dump(by_alias=True, exclude_none=True, mode="json")
    assert described == {
        "type": "apiKey",
        "description": "`Key`, a space and the key.",
        "in": "header",
        "name": "Authorization",
    }
    assert scheme.challenge(Request()) == "Key"
