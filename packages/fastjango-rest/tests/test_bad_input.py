"""Input that nothing can be made of: every kind is a 4xx that names the field and a stable code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import FastJango
from fastjango.orm.exceptions import DataError
from fastjango.orm.models import QuerySet
from fastjango.rest import viewsets
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.testing import APIAsyncClient, APIClient
from fastjango.rest.validators import UniqueValidator
from rest_site_models import ArticleSerializer, clear, fill, shop

PROBLEMS = {"EXCEPTION_HANDLER": "fastjango.rest.views.problem_exception_handler"}
GOOD = {"title": "Title", "slug": "title", "author": 1, "tags": [1]}


class Strict(ArticleSerializer):
    class Meta(ArticleSerializer.Meta):
        extra = "forbid"


class Articles(viewsets.ModelViewSet):
    queryset = shop.Article.objects.all()
    serializer_class = Strict
    authentication_classes: Any = []


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    author = fill()
    shop.Article.objects.create(id=1, title="One", slug="one", author=author)
    with override_settings(REST_FRAMEWORK=PROBLEMS):
        yield
    clear()


@pytest.fixture
def app() -> FastJango:
    router = SimpleRouter()
    router.register("articles", Articles)
    return FastJango(urlpatterns=router.urls)


@pytest.fixture
def client(app: FastJango) -> APIClient:
    return APIClient(app=app)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"title": None}, "/title", "null"),
        ({"title": ""}, "/title", "blank"),
        ({"title": "x" * 101}, "/title", "max_length"),
        ({"title": ["x"]}, "/title", "invalid"),
        ({"title": {"x": 1}}, "/title", "invalid"),
        ({"title": True}, "/title", "invalid"),
        ({"title": "\ud800"}, "/title", "surrogate_characters_not_allowed"),
        ({"title": "a\0b"}, "/title", "null_characters_not_allowed"),
        ({"slug": "no slug"}, "/slug", "invalid"),
        ({"slug": "one"}, "/slug", "unique"),
        ({"status": "gone"}, "/status", "invalid_choice"),
        ({"status": ["draft"]}, "/status", "invalid_choice"),
        ({"words": -1}, "/words", "min_value"),
        ({"words": 2**63}, "/words", "max_value"),
        ({"words": 1.5}, "/words", "invalid"),
        ({"words": "9" * 2000}, "/words", "max_string_length"),
        ({"words": []}, "/words", "invalid"),
        ({"big": 2**63}, "/big", "max_value"),
        ({"big": -(2**63) - 1}, "/big", "min_value"),
        ({"rating": "x"}, "/rating", "invalid"),
        ({"rating": {}}, "/rating", "invalid"),
        ({"extra": {"a": "\ud800"}}, "/extra", "invalid"),
        ({"author": 9}, "/author", "does_not_exist"),
        ({"author": "x"}, "/author", "incorrect_type"),
        ({"author": None}, "/author", "null"),
        ({"author": True}, "/author", "incorrect_type"),
        ({"author": 2**70}, "/author", "does_not_exist"),
        ({"tags": [1, 99]}, "/tags", "does_not_exist"),
        ({"tags": {}}, "/tags", "not_a_list"),
        ({"tags": 1}, "/tags", "not_a_list"),
        ({"nonsense": 1}, "/nonsense", "unknown"),
    ],
)
async def test_wrong_values(app: FastJango, change: Any, pointer: str, code: str) -> None:
    body = json.dumps({**GOOD, **change})
    answer = await APIAsyncClient(app=app).post("/articles/", body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code), error
    assert await shop.Article.objects.acount() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"1", b"null", b'"x"', b'{"rating": NaN}', b'{"rating": Infinity}',
        b'{"a": 1}{', b"\xff\xfe", b'{"title": "\xff"}', b"[" * 100_000, b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_bodies_that_are_no_object(client: APIClient, body: bytes) -> None:
    for method in (client.post, client.put):
        url = "/articles/" if method == client.post else "/articles/1/"
        answer = method(url, body, content_type="application/json")
        assert answer.status_code == 400, (body[:20], answer.content[:200])


def test_numbers_for_texts(app: FastJango) -> None:
    body = {**GOOD, "title": 5}
    with override_settings(REST_FRAMEWORK={**PROBLEMS, "COERCE_NUMBER_INPUT_TO_STRING": False}):
        refused = APIClient(app=app).post("/articles/", body, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/title")
    assert APIClient(app=app).post("/articles/", body, format="json").json()["title"] == "5"


def test_a_body_that_is_too_large(client: APIClient) -> None:
    body = json.dumps({**GOOD, "title": "x" * 5000})
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        answer = client.post("/articles/", body, content_type="application/json")
    assert answer.status_code in (400, 413)


def test_the_same_row_twice_and_a_race(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("/articles/", GOOD, format="json").status_code == 201
    again = client.post("/articles/", GOOD, format="json")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "unique")

    # Both were validated before either was saved: the database has the last word.
    def nothing(self: Any, *args: Any) -> Any:
        return iter(())

    for name in ("__call__", "acall", "_steps", "steps"):
        if name in vars(UniqueValidator):
            monkeypatch.setattr(UniqueValidator, name, _passes if name == "acall" else nothing)
    race = client.post("/articles/", GOOD, format="json")
    assert race.status_code == 409, race.content
    assert shop.Article.objects.filter(slug="title").count() == 1


async def _passes(self: Any, *args: Any) -> None:
    """Find nothing wrong."""


@pytest.mark.parametrize(
    "key", ["x", "9" * 30, "-1", "%00", "%F0%9F%92%A9", "1.5", "\u0661\u0661\u0661"]
)
def test_addresses_of_nothing(client: APIClient, key: str) -> None:
    for method in (client.get, client.put, client.delete):
        assert method(f"/articles/{key}/").status_code in (400, 404), key


async def test_a_key_that_a_database_refuses(
    app: FastJango, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(QuerySet, "get", refuse)
    monkeypatch.setattr(QuerySet, "aget", refuse)
    assert (await APIAsyncClient(app=app).get("/articles/1/")).status_code == 404
