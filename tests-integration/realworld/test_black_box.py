"""All 19 operations of the document, asked over a socket by a client that knows only the document.

Every answer is compared with it (status, content type, schema) besides what is asserted here.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
import schemathesis

# They begin with a migration, a seed and a server: minutes on a machine that is busy.
pytestmark = pytest.mark.timeout(900)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "realworld" / "openapi.yml"
BLANK, MISSING = ["can't be blank"], ["is missing"]


class Client:
    """Calls operations by method and path, and checks each answer against the document."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.schema = schemathesis.openapi.from_path(str(DOCUMENT))
        self.seen: dict[str, set[int]] = {}

    def __call__(
        self, operation: str, status: int, /, *, token: str = "", body: Any = None,
        query: Any = None, **path: Any,
    ) -> Any:  # fmt: skip
        method, template = operation.split()
        headers = {"Authorization": f"Token {token}"} if token else {}
        given: dict[str, Any] = {} if body is None else {"body": body}
        case = self.schema[template][method].Case(
            method=method, path_parameters=path, query=query or {}, headers=headers,
            media_type="application/json" if body is not None else None, **given,
        )  # fmt: skip
        response = case.call(base_url=self.url)
        case.operation.validate_response(response)
        documented = case.operation.definition.raw["responses"]
        assert str(response.status_code) in documented, (operation, response.status_code)
        self.seen.setdefault(operation, set()).add(response.status_code)
        assert response.status_code == status, (operation, response.status_code, response.text)
        if status == 204:
            assert response.content == b""
            return None
        content = response.json()
        if status >= 400:
            assert list(content) == ["errors"]
            assert all(isinstance(texts, list) for texts in content["errors"].values())
            return content["errors"]
        return content

    def register(self, name: str) -> str:
        account = {"username": name, "email": f"{name}@x.example", "password": "secret-1"}
        made = self("POST /users", 201, body={"user": account})["user"]
        assert made["username"] == name
        assert made["bio"] is None
        assert made["image"] is None
        return str(made["token"])

    def publish(self, token: str, title: str, **more: Any) -> dict[str, Any]:
        article = {"title": title, "description": "d", "body": "b", **more}
        made = self("POST /articles", 201, token=token, body={"article": article})["article"]
        return dict(made)


def people(ask: Client) -> tuple[str, str, str, str]:
    """Make two accounts and return name and token of each."""
    one, two = f"u{uuid.uuid4().hex[:10]}", f"u{uuid.uuid4().hex[:10]}"
    return one, ask.register(one), two, ask.register(two)


def accounts(ask: Client, two: Any) -> None:
    name, token, other, _ = two
    account = {"username": name, "email": f"{name}@x.example", "password": "p"}
    assert set(ask("POST /users", 409, body={"user": account})) == {"username", "email"}
    fresh = {**account, "username": f"{name}-2"}
    assert set(ask("POST /users", 409, body={"user": fresh})) == {"email"}
    assert ask("POST /users", 422, body={"user": {"username": "x"}}) == {
        "email": BLANK, "password": BLANK,
    }  # fmt: skip
    login = {"email": account["email"], "password": "secret-1"}
    assert ask("POST /users/login", 200, body={"user": login})["user"]["email"] == login["email"]
    wrong = {**login, "password": "nope"}
    ask("POST /users/login", 401, body={"user": wrong})
    ask("POST /users/login", 422, body={"user": {"email": login["email"]}})
    assert ask("GET /user", 401) == {"token": MISSING}
    assert ask("GET /user", 401, token="x.y.z") == {"token": ["is invalid"]}
    assert ask("GET /user", 200, token=token)["user"]["username"] == name
    changed = {"bio": "Hello", "image": "https://x.example/i.png"}
    shown = ask("PUT /user", 200, token=token, body={"user": changed})["user"]
    assert (shown["bio"], shown["image"]) == ("Hello", "https://x.example/i.png")
    assert ask("PUT /user", 200, token=token, body={"user": {"bio": ""}})["user"]["bio"] is None
    ask("PUT /user", 401, body={"user": changed})
    ask("PUT /user", 422, token=token, body={"user": {"username": other}})
    ask("PUT /user", 422, token=token, body={"user": {"email": "no address"}})


def profiles(ask: Client, two: Any) -> None:
    _name, token, other, _ = two
    assert ask("GET /profiles/{username}", 200, username=other)["profile"]["following"] is False
    ask("GET /profiles/{username}", 404, username="there-is-nobody")
    ask("GET /profiles/{username}", 401, username=other, token="x")
    for operation in ("POST", "DELETE"):
        follow = f"{operation} /profiles/{{username}}/follow"
        ask(follow, 401, username=other)
        ask(follow, 401, username="there-is-nobody")
        ask(follow, 404, username="there-is-nobody", token=token)
        shown = ask(follow, 200, username=other, token=token)["profile"]
        assert shown == {
            "username": other, "bio": None, "image": None, "following": operation == "POST",
        }  # fmt: skip
        seen = ask("GET /profiles/{username}", 200, username=other, token=token)
        assert seen["profile"]["following"] is (operation == "POST")


def articles(ask: Client, two: Any) -> None:
    name, token, _, foreign = two
    title = f"About {name}"
    made = ask.publish(token, title, tagList=["zeta", "alpha"])
    slug = made["slug"]
    assert made["tagList"] == ["zeta", "alpha"]
    assert (made["favorited"], made["favoritesCount"]) == (False, 0)
    assert made["author"]["username"] == name
    article = {"title": title, "description": "d", "body": "b"}
    ask("POST /articles", 401, body={"article": article})
    ask("POST /articles", 409, token=token, body={"article": article})
    assert set(ask("POST /articles", 422, token=token, body={"article": {"title": ""}})) == {
        "title", "description", "body",
    }  # fmt: skip
    assert ask("GET /articles/{slug}", 200, slug=slug)["article"] == made
    ask("GET /articles/{slug}", 404, slug="there-is-none")
    listed = ask("GET /articles", 200, query={"author": name})
    assert listed["articlesCount"] == 1
    assert "body" not in listed["articles"][0]
    assert ask("GET /articles", 200, query={"tag": "zeta", "author": name})["articlesCount"] == 1
    ask("GET /articles", 422, query={"limit": 0})
    ask("GET /articles", 401, token="x")
    change = {"article": {"title": f"More {name}"}}
    for operation, extra in (("PUT", {"body": change}), ("DELETE", {})):
        call = f"{operation} /articles/{{slug}}"
        ask(call, 401, slug=slug, **extra)
        # What is not there is not there, whoever asks.
        ask(call, 404, slug="there-is-none", token=foreign, **extra)
        ask(call, 403, slug=slug, token=foreign, **extra)
    ask("PUT /articles/{slug}", 422, slug=slug, token=token, body={"article": {"title": ""}})
    moved = ask("PUT /articles/{slug}", 200, slug=slug, token=token, body=change)["article"]
    assert moved["createdAt"] == made["createdAt"]
    assert moved["updatedAt"] > made["updatedAt"]
    ask("DELETE /articles/{slug}", 204, slug=moved["slug"], token=token)
    ask("DELETE /articles/{slug}", 404, slug=moved["slug"], token=token)


def the_feed(ask: Client, two: Any) -> None:
    name, token, _, reader = two
    for number in range(3):
        ask.publish(token, f"Feed {name} {number}")
    ask("GET /articles/feed", 401)
    ask("GET /articles/feed", 422, token=reader, query={"offset": -1})
    assert ask("GET /articles/feed", 200, token=reader)["articlesCount"] == 0
    ask("POST /profiles/{username}/follow", 200, username=name, token=reader)
    part = ask("GET /articles/feed", 200, token=reader, query={"limit": 1, "offset": 1})
    assert part["articlesCount"] == 3
    assert [one["title"] for one in part["articles"]] == [f"Feed {name} 1"]
    assert part["articles"][0]["author"]["following"] is True


def comments(ask: Client, two: Any) -> None:
    name, token, _, foreign = two
    slug = ask.publish(token, f"Talk {name}")["slug"]
    comments = "/articles/{slug}/comments"
    new = {"comment": {"body": "Well said."}}
    ask(f"POST {comments}", 401, slug=slug, body=new)
    ask(f"POST {comments}", 404, slug="there-is-none", token=foreign, body=new)
    ask(f"POST {comments}", 422, slug=slug, token=foreign, body={"comment": {"body": ""}})
    made = ask(f"POST {comments}", 201, slug=slug, token=foreign, body=new)["comment"]
    ask(f"GET {comments}", 404, slug="there-is-none")
    ask(f"GET {comments}", 401, slug=slug, token="x")
    assert ask(f"GET {comments}", 200, slug=slug)["comments"] == [made]
    one = f"DELETE {comments}/{{id}}"
    ask(one, 401, slug=slug, id=made["id"])
    ask(one, 404, slug=slug, id=999_999_999, token=token)
    ask(one, 404, slug="there-is-none", id=made["id"], token=token)
    ask(one, 403, slug=slug, id=made["id"], token=token)
    ask(one, 204, slug=slug, id=made["id"], token=foreign)
    ask(one, 404, slug=slug, id=made["id"], token=foreign)


def favorites_and_tags(ask: Client, two: Any) -> None:
    name, token, _, reader = two
    slug = ask.publish(token, f"Liked {name}", tagList=[f"t{name}"])["slug"]
    favorite = "/articles/{slug}/favorite"
    for operation, count in (("POST", 1), ("DELETE", 0)):
        call = f"{operation} {favorite}"
        ask(call, 401, slug=slug)
        ask(call, 404, slug="there-is-none", token=reader)
        for _ in range(2):
            shown = ask(call, 200, slug=slug, token=reader)["article"]
            assert (shown["favorited"], shown["favoritesCount"]) == (bool(count), count)
    assert f"t{name}" in ask("GET /tags", 200)["tags"]


SCENARIOS = (accounts, profiles, articles, the_feed, comments, favorites_and_tags)


def test_every_operation(served: str) -> None:
    ask = Client(served)
    for scenario in SCENARIOS:
        scenario(ask, people(ask))
    every = {
        f"{method.upper()} {path}"
        for path, item in ask.schema.raw_schema["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    }
    assert len(every) == 19
    assert set(ask.seen) == every
