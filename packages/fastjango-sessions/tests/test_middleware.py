"""The session of a request: given, saved, and its cookie set or deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import FastJango, HttpRequest, HttpResponse, StreamingHttpResponse, path
from fastjango.orm.schema import create_model, delete_model
from fastjango.sessions.backends.db import SessionStore
from fastjango.sessions.middleware import SessionMiddleware
from fastjango.sessions.models import Session
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

PATH = "fastjango.sessions.middleware.SessionMiddleware"


class Plain(SessionMiddleware):
    """A subclass: the chain runs it in Django's way instead of as a layer."""


class OwnResponse(SessionMiddleware):
    """A subclass that has changed the synchronous hook."""

    def process_response(self, request: Any, response: Any) -> Any:
        response["X-Own"] = "1"
        return super().process_response(request, response)


@pytest.fixture(autouse=True)
def _table(tmp_path: Any) -> Iterator[None]:
    # A file: worker threads have connections of their own.
    create_model(Session)
    yield
    delete_model(Session)


async def count(request: Any) -> Any:
    number = await request.session.aget("n", 0) + 1
    await request.session.aset("n", number)
    return HttpResponse(str(number))


async def look(request: Any) -> Any:
    return HttpResponse(repr(await request.session.aget("n")))


async def nothing(request: Any) -> Any:
    return HttpResponse("nothing")


async def end(request: Any) -> Any:
    await request.session.aflush()
    return HttpResponse("ended")


async def closing(request: Any) -> Any:
    await request.session.aset("n", 1)
    await request.session.aset_expiry(0)
    return HttpResponse("closing")


async def fail(request: Any) -> Any:
    await request.session.aset("n", 99)
    return HttpResponse("failed", status=500)


async def interrupted(request: Any) -> Any:
    await request.session.aset("n", 5)
    await Session.objects.all().adelete()
    return HttpResponse("secret", headers={"X-Secret": "1"})


async def interrupted_stream(request: Any) -> Any:
    await request.session.aset("n", 5)
    await Session.objects.all().adelete()
    return StreamingHttpResponse(iter([b"secret", b"secret"]))


async def replaced(request: Any) -> Any:
    request.session = {"plain": 1}
    return HttpResponse("replaced")


def site(middleware: Any = PATH) -> TestClient:
    views = [
        count, look, nothing, end, closing, fail, interrupted, interrupted_stream, replaced
    ]  # fmt: skip
    urls = [path(f"{view.__name__}/", view) for view in views]
    app = FastJango(urlpatterns=urls, django_middleware=[middleware])

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        session: Any = websocket.session
        await websocket.send_text(repr(await session.aget("n")))
        await session.aset("n", "from ws")
        await session.asave()
        await websocket.close()

    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(params=[PATH, Plain, OwnResponse])
def client(request: pytest.FixtureRequest) -> TestClient:
    """A client of a site with each form of the middleware."""
    return site(request.param)


def test_a_request_that_leaves_it_alone_gets_nothing(client: TestClient) -> None:
    response = client.get("/nothing/")
    assert "set-cookie" not in response.headers
    assert "vary" not in response.headers
    assert Session.objects.count() == 0


def test_looking_varies_and_saves_nothing(client: TestClient) -> None:
    response = client.get("/look/")
    assert response.text == "None"
    assert response.headers["vary"] == "Cookie"
    assert "set-cookie" not in response.headers


def test_a_changed_session_is_saved_and_comes_back(client: TestClient) -> None:
    response = client.get("/count/")
    cookie = response.headers["set-cookie"]
    assert response.headers["vary"] == "Cookie"
    assert "HttpOnly" in cookie
    assert "Max-Age=1209600" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/count/").text == "2"
    assert client.get("/look/").text == "2"
    assert Session.objects.count() == 1


def test_the_settings_of_the_cookie_count(client: TestClient) -> None:
    with override_settings(
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_NAME="sid",
        SESSION_COOKIE_DOMAIN="example.local",
        SESSION_COOKIE_PATH="/x",
        SESSION_COOKIE_HTTPONLY=False,
        SESSION_COOKIE_SAMESITE="Strict",
    ):
        cookie = client.get("/count/").headers["set-cookie"]
    assert cookie.startswith("sid=")
    assert "Secure" in cookie
    assert "Domain=example.local" in cookie
    assert "Path=/x" in cookie
    assert "HttpOnly" not in cookie
    assert "SameSite=Strict" in cookie


def test_saving_every_request(client: TestClient) -> None:
    client.get("/count/")
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        assert "set-cookie" in client.get("/nothing/").headers


def test_an_ended_session_takes_its_cookie_along(client: TestClient) -> None:
    client.get("/count/")
    response = client.get("/end/")
    assert 'sessionid=""' in response.headers["set-cookie"]
    assert "Max-Age=0" in response.headers["set-cookie"]
    assert response.headers["vary"] == "Cookie"
    assert Session.objects.count() == 0
    assert client.get("/look/").text == "None"


def test_a_cookie_that_is_no_key_is_deleted(client: TestClient) -> None:
    client.cookies["sessionid"] = "short"
    assert "Max-Age=0" in client.get("/nothing/").headers["set-cookie"]


def test_until_the_browser_closes(client: TestClient) -> None:
    cookie = client.get("/closing/").headers["set-cookie"]
    assert "Max-Age" not in cookie
    assert "expires" not in cookie.lower()


def test_a_failed_request_saves_nothing(client: TestClient) -> None:
    client.get("/count/")
    response = client.get("/fail/")
    assert response.status_code == 500
    assert "set-cookie" not in response.headers
    assert client.get("/look/").text == "1"


@pytest.mark.parametrize("page", ["interrupted", "interrupted_stream"])
def test_a_session_that_was_ended_meanwhile_does_not_come_back(
    client: TestClient, page: str
) -> None:
    client.get("/count/")
    response = client.get(f"/{page}/")
    assert response.status_code == 400
    assert "secret" not in response.text
    assert "x-secret" not in response.headers
    assert "set-cookie" not in response.headers
    assert Session.objects.count() == 0


def test_something_else_in_its_place_is_left_alone(client: TestClient) -> None:
    response = client.get("/replaced/")
    assert response.text == "replaced"
    assert "set-cookie" not in response.headers


def test_a_websocket_reads_the_session_and_saves_it_itself() -> None:
    client = site()
    client.get("/count/")
    with client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "1"
        assert socket.receive()["type"] == "websocket.close"
    assert client.get("/look/").text == "'from ws'"
    with site().websocket_connect("/ws") as socket:
        assert socket.receive_text() == "None"


def test_csrf_in_the_session_finds_its_secret_in_memory() -> None:
    with override_settings(CSRF_USE_SESSIONS=True):
        app = FastJango(
            urlpatterns=[path("form/", _form)],
            django_middleware=[PATH, "fastjango.http.middleware.csrf.CsrfViewMiddleware"],
        )
        client = TestClient(app)
        token = client.get("/form/").text
        assert client.post("/form/").status_code == 403
        answer = client.post("/form/", data={"csrfmiddlewaretoken": token})
        assert answer.status_code == 200


async def _form(request: Any) -> Any:
    from fastjango.http.csrf import get_token

    return HttpResponse(get_token(request))


# --- by hand, as Django's own users test it --------------------------------------------------


def _request(key: str | None = None) -> Any:
    request = HttpRequest()
    if key:
        request.COOKIES["sessionid"] = key
    return request


def test_by_hand() -> None:
    def view(request: Any) -> Any:
        request.session["hello"] = "world"
        return HttpResponse("ok")

    middleware = SessionMiddleware(view)
    response = middleware(_request())
    key = response.cookies["sessionid"].value
    assert SessionStore(key)["hello"] == "world"
    assert response["Vary"] == "Cookie"
    bare: Any = HttpRequest()
    assert middleware.process_response(bare, response) is response

    async def aview(request: Any) -> Any:
        return HttpResponse("ok")

    assert asyncio.run(SessionMiddleware(aview).aprocess_response(bare, response)) is response
