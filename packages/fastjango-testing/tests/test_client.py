"""Clients and request factories."""

import inspect
import io
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import pytest
from fastjango.http import FastJango, HttpResponse
from fastjango.http.request import ASGIRequest, WSGIRequest
from fastjango.http.urls import path
from fastjango.testing import (
    AsyncClient,
    AsyncRequestFactory,
    Client,
    RequestFactory,
    hooks,
    override_settings,
)
from fastjango.testing.client import RedirectCycleError, encode_multipart
from fastjango.testing.lifespan import Lifespan
from fastjango.testing.payload import FakePayload
from fastjango.testing.portal import portal
from fastjango.values.decorators import sync_only_middleware

ENDING = """
from contextlib import asynccontextmanager
from fastjango.http import FastJango
from fastjango.core import settings
from fastjango.testing import Client

settings.configure()

@asynccontextmanager
async def noted(app):
    print("start")
    yield
    print("stop")

print(Client(app=FastJango(lifespan=noted)).get("/").status_code)
"""


class TestRequestFactory:
    def test_get(self) -> None:
        request = RequestFactory().get("/a b/?x=1", headers={"X-Extra": "e"}, REMOTE_ADDR="1.2.3.4")
        assert isinstance(request, WSGIRequest)
        assert (request.method, request.path) == ("GET", "/a b/")
        assert request.GET["x"] == "1"
        assert request.headers["x-extra"] == "e"
        assert request.META["REMOTE_ADDR"] == "1.2.3.4"
        assert request.get_host() == "testserver"

    def test_query(self) -> None:
        factory = RequestFactory(query_params={"d": 1}, headers={"accept": "text/x"})
        assert factory.get("/").GET["d"] == "1"
        assert factory.get("/").headers["accept"] == "text/x"
        assert factory.get("/?y=2", {"x": [1, 2]}).GET.getlist("x") == ["1", "2"]
        assert factory.head("/", query_params={"z": 1}).GET["z"] == "1"
        with pytest.raises(ValueError, match="query_params and data arguments are mutually"):
            factory.get("/", {"a": 1}, query_params={"b": 1})

    @pytest.mark.parametrize("factory", [RequestFactory, AsyncRequestFactory])
    def test_queries_may_have_any_letters(self, factory: Any) -> None:
        request = factory().get("/?name=Zoë€")
        assert request.GET["name"] == "Zoë€"

    def test_post(self) -> None:
        factory = RequestFactory()
        request = factory.post("/", {"a": ["1", "2"], "file": io.BytesIO(b"data")}, secure=True)
        assert request.POST.getlist("a") == ["1", "2"]
        assert request.FILES["file"].read() == b"data"
        assert request.is_secure()
        assert request.META["SERVER_PORT"] == "443"
        json = factory.post("/", {"a": 1}, content_type="application/json")
        assert json.body == b'{"a": 1}'
        text = factory.post("/", "é", content_type="text/plain; charset=latin-1")
        assert text.body == b"\xe9"

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
    def test_other_methods(self, method: str) -> None:
        request = getattr(RequestFactory(), method)("/x/")
        assert request.method == method.upper()
        if method != "trace":
            with_body = getattr(RequestFactory(), method)("/x/", "body", "text/plain")
            assert with_body.body == b"body"

    def test_json_bodies(self) -> None:
        request = RequestFactory().put("/", [1], content_type="application/vnd.api+json")
        assert request.body == b"[1]"

    def test_async_factory(self) -> None:
        factory = AsyncRequestFactory(HTTP_X_EXTRA="always")
        request = factory.post("/é/?q=1", {"a": "1"}, headers={"x-other": "h"})
        assert isinstance(request, ASGIRequest)
        assert request.POST["a"] == "1"
        assert request.path == "/é/"
        assert request.GET["q"] == "1"
        assert request.headers["x-extra"] == "always"
        assert request.headers["x-other"] == "h"
        assert factory.get("/", {"x": 1}, secure=True).scheme == "https"
        assert factory.get("/", QUERY_STRING="y=2").GET["y"] == "2"


class TestEncoding:
    def test_files(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".png") as named, tempfile.TemporaryFile() as bare:
            named.write(b"image")
            named.seek(0)
            body = encode_multipart("B", {"f": named, "g": [bare, "text"], "h": 5})
        assert b'filename="' in body
        assert b"Content-Type: image/png" in body
        assert b"Content-Type: application/octet-stream" in body
        assert body.endswith(b"--B--\r\n")
        typed = io.BytesIO(b"x")
        typed.content_type = None  # type: ignore[attr-defined]
        assert b"application/octet-stream" in encode_multipart("B", {"f": typed})

    def test_none_is_refused(self) -> None:
        with pytest.raises(TypeError, match="Cannot encode None for key 'a' as POST data"):
            encode_multipart("B", {"a": None})

    def test_payload_is_read_once(self) -> None:
        payload = FakePayload(b"one\ntwo")
        payload.write("!")
        assert len(payload) == 8
        assert payload.readline() == b"one\n"
        assert payload.read(2) == b"tw"
        assert payload.read(None) == b"o!"
        with pytest.raises(AssertionError, match="Cannot read more than the available bytes"):
            payload.read(1)
        with pytest.raises(ValueError, match="Unable to write a payload"):
            payload.write(b"x")


class TestClient:
    def test_response(self, site: Any) -> None:
        client = Client(app=site)
        response = client.get("/", headers={"x": "y"})
        assert response.status_code == 200
        assert response.content == b"<p>Hello</p>"
        assert response.client is client
        assert response.request["PATH_INFO"] == "/"
        assert response.templates == []
        assert response.context is None
        assert response.exc_info is None
        assert response.wsgi_request.path == "/"
        assert response.resolver_match.func.__name__ == "index"
        assert isinstance(response, HttpResponse)

    def test_sync_views_run_in_the_thread_of_the_test(self, site: Any) -> None:
        response = Client(app=site).get("/")
        assert response["X-Thread"] == threading.current_thread().name

    def test_async_views_run_on_the_loop_of_the_tests(self, site: Any) -> None:
        assert Client(app=site).get("/loop/").content == b"fastjango-tests"

    @pytest.mark.parametrize(
        "method", ["get", "post", "put", "patch", "delete", "options", "trace"]
    )
    def test_methods(self, site: Any, method: str) -> None:
        response = getattr(Client(app=site), method)("/echo/", REMOTE_ADDR="9.9.9.9", secure=True)
        data = response.json()
        assert data["method"] == method.upper()
        assert data["address"] == "9.9.9.9"
        assert data["secure"]

    def test_head_has_no_content(self, site: Any) -> None:
        response = Client(app=site).head("/")
        assert response.content == b""
        assert Client(app=site).head("/stream/").streaming

    def test_forms_and_files(self, site: Any) -> None:
        response = Client(app=site).post("/echo/", {"a": "1", "f": io.BytesIO(b"data")})
        assert response.json()["post"] == {"a": ["1"]}
        assert response.json()["files"] == {"f": "data"}

    def test_typed_views(self, site: Any) -> None:
        client = Client(app=site)
        assert client.get("/typed/5").json() == {"number": 5}
        assert client.get("/typed/x").status_code == 422
        sent = client.post("/typed", {"a": 1}, content_type="application/json")
        assert sent.json() == {"a": 1}

    def test_json_needs_json(self, site: Any) -> None:
        response = Client(app=site).get("/")
        with pytest.raises(ValueError, match='Content-Type header is "text/html'):
            response.json()

    def test_streams(self, site: Any) -> None:
        response = Client(app=site).get("/stream/")
        assert response.streaming
        assert b"".join(response.streaming_content) == b"ab"

    def test_cookies_are_kept(self, site: Any) -> None:
        client = Client(app=site)
        assert client.get("/cookie/").cookies["flavour"].value == "plain"
        assert client.get("/echo/").json()["cookies"] == {"flavour": "plain"}

    def test_missing_pages(self, site: Any) -> None:
        assert Client(app=site).get("/nowhere/").status_code == 404

    def test_exceptions_are_raised(self, site: Any) -> None:
        client = Client(app=site)
        with pytest.raises(ValueError, match="the view broke"):
            client.get("/fail/")
        assert client.exc_info is None

    def test_exceptions_can_be_left(self, site: Any) -> None:
        response = Client(app=site, raise_request_exception=False).get("/fail/")
        assert response.status_code == 500
        assert str(response.exc_info[1]) == "the view broke"

    def test_lifespan_runs_once(self, site: Any) -> None:
        client = Client(app=site)
        client.get("/")
        client.get("/")
        assert site.state.events == ["start"]

    def test_a_process_that_ends_stops_the_application(self) -> None:
        ended = subprocess.run(
            [sys.executable, "-X", "dev", "-c", ENDING], capture_output=True, text=True, check=True
        )
        assert ended.stdout.split() == ["start", "404", "stop"]
        assert not ended.stderr

    def test_an_application_that_does_not_stop_is_named(self) -> None:
        ended = subprocess.run(
            [sys.executable, "-c", ENDING.replace('print("stop")', 'raise ValueError("stuck")')],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "did not stop" in ended.stderr
        assert "stuck" in ended.stderr

    def test_other_settings_stop_the_former_site(self) -> None:
        events: list[str] = []

        @asynccontextmanager
        async def noted(app: Any) -> AsyncIterator[None]:
            events.append("start")
            yield
            events.append("stop")

        def made() -> FastJango:
            return FastJango(lifespan=noted)

        with mock.patch("fastjango.http.asgi.get_asgi_application", made), override_settings():
            Client().get("/")
            assert events == ["start"]
            with override_settings(APPEND_SLASH=False):
                Client().get("/")
                assert events == ["start", "stop", "start"]

    def test_silent_applications(self) -> None:
        async def silent(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                raise RuntimeError("no lifespan here")

        with pytest.raises(RuntimeError, match="The application sent no response"):
            Client(app=silent).get("/")

    def test_plain_asgi_applications(self) -> None:
        async def plain(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                return
            message = await receive()
            headers = [(b"x-a", b"1"), (b"x-a", b"2"), (b"set-cookie", b"c=d")]
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
            await send({"type": "http.response.body"})
            assert (await receive())["type"] == "http.disconnect"

        response = Client(app=plain).post("/", "sent", content_type="text/plain")
        assert response.status_code == 201
        assert response.content == b"sent"
        assert response["x-a"] == "1, 2"
        assert response.cookies["c"].value == "d"


class TestRedirects:
    def test_following(self, site: Any) -> None:
        response = Client(app=site).get("/redirect/echo/", follow=True)
        assert response.redirect_chain == [("/echo/?x=1", 302)]
        assert response.json()["get"] == {"x": ["1"]}

    def test_relative(self, site: Any) -> None:
        response = Client(app=site).post("/redirect/relative/", follow=True)
        assert response.redirect_chain == [("../index/", 302), ("/", 302)]

    def test_other_hosts(self, site: Any) -> None:
        response = Client(app=site).get("/redirect/other/", follow=True)
        assert response.json()["host"] == "other.com"
        assert Client(app=site).get("/redirect/bare/", follow=True).content == b"<p>Hello</p>"
        assert Client(app=site).get("/redirect/secure/", follow=True).json()["secure"]

    def test_method_is_kept(self, site: Any) -> None:
        response = Client(app=site).post("/keep/", {"a": "1"}, follow=True)
        assert response.json()["method"] == "POST"
        assert response.json()["post"] == {"a": ["1"]}
        assert response.json()["get"] == {"kept": ["1"]}
        assert Client(app=site).get("/keep/", follow=True).json()["get"] == {"kept": ["1"]}
        given = Client(app=site).get("/keep/", {"a": "1"}, follow=True)
        assert given.json()["get"] == {"a": ["1"]}

    def test_loops(self, site: Any) -> None:
        with pytest.raises(RedirectCycleError, match=r"Redirect loop detected\.") as caught:
            Client(app=site).get("/redirect/loop/", follow=True)
        assert len(caught.value.redirect_chain) == 2
        with pytest.raises(RedirectCycleError, match=r"Too many redirects\."):
            Client(app=site).get("/count/1/", follow=True)


class TestAsyncClient:
    async def test_requests(self, site: Any) -> None:
        client = AsyncClient(app=site, HTTP_X_EXTRA="always")
        response = await client.get("/echo/", {"q": "1"})
        data = response.json()
        assert data["get"] == {"q": ["1"]}
        assert data["header"] == "always"
        assert response.asgi_request.path == "/echo/"
        assert response.request["PATH_INFO"] == "/echo/"
        assert response.resolver_match.func.__name__ == "echo"
        posted = await client.post("/echo/", {"a": "1"})
        assert posted.json()["post"] == {"a": ["1"]}
        assert (await client.get("/loop/")).content.decode() == threading.current_thread().name

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "head"])
    async def test_methods(self, site: Any, method: str) -> None:
        response = await getattr(AsyncClient(app=site), method)("/echo/")
        assert response.status_code == 200

    @pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "request"])
    def test_methods_are_coroutine_functions(self, method: str) -> None:
        assert inspect.iscoroutinefunction(getattr(AsyncClient, method))
        assert inspect.iscoroutinefunction(getattr(AsyncClient(), method))
        assert not inspect.iscoroutinefunction(getattr(Client, method))

    async def test_redirects(self, site: Any) -> None:
        client = AsyncClient(app=site)
        response = await client.get("/redirect/echo/", follow=True)
        assert response.redirect_chain == [("/echo/?x=1", 302)]
        assert (await client.get("/redirect/secure/", follow=True)).json()["secure"]
        assert (await client.get("/redirect/other/", follow=True)).json()[
            "host"
        ] == "other.com:8000"
        kept = await client.post("/keep/", {"a": "1"}, follow=True)
        assert kept.json()["method"] == "POST"

    async def test_exceptions(self, site: Any) -> None:
        with pytest.raises(ValueError, match="the view broke"):
            await AsyncClient(app=site).get("/fail/")
        response = await AsyncClient(app=site, raise_request_exception=False).get("/fail/")
        assert response.status_code == 500

    async def test_sync_clients_are_refused_on_their_own_loop(self, site: Any) -> None:
        def nested() -> None:
            async def inner() -> None:
                Client(app=site).get("/")

            portal().run(inner())

        import asyncio

        with pytest.raises(RuntimeError, match="In async tests, use AsyncClient"):
            await asyncio.to_thread(nested)


class Authentication:
    """Logs users in by putting their name into a cookie."""

    def login(self, client: Any, **credentials: Any) -> bool:
        if credentials.get("password") != "right":
            return False
        client.cookies["user"] = credentials["username"]
        return True

    async def alogin(self, client: Any, **credentials: Any) -> bool:
        return self.login(client, **credentials)

    def force_login(self, client: Any, user: Any, backend: str | None) -> None:
        client.cookies["user"] = str(user)

    async def aforce_login(self, client: Any, user: Any, backend: str | None) -> None:
        self.force_login(client, user, backend)

    def logout(self, client: Any) -> None:
        client.cookies["user"] = "nobody"

    async def alogout(self, client: Any) -> None:
        self.logout(client)


class TestUsers:
    def test_without_an_app_that_knows_users(self) -> None:
        with pytest.raises(RuntimeError, match=r"Add 'fastjango\.auth' to INSTALLED_APPS"):
            Client().force_login("ada")

    def test_client_authentication(self) -> None:
        client = Client()
        with hooks.client_authentication.implemented(Authentication):
            assert not client.login(username="ada", password="wrong")
            assert client.login(username="ada", password="right")
            assert client.cookies["user"].value == "ada"
            client.force_login("bea")
            assert client.cookies["user"].value == "bea"
            client.logout()
            assert not client.cookies

    async def test_async_client_authentication(self) -> None:
        client = AsyncClient()
        with hooks.client_authentication.implemented(Authentication):
            assert await client.alogin(username="ada", password="right")
            await client.aforce_login("bea")
            assert client.cookies["user"].value == "bea"
            await client.alogout()
            assert not client.cookies


class TestMiddleware:
    """Django-style middleware that is synchronous, around views of both kinds."""

    @staticmethod
    def made(*middleware: Any) -> FastJango:
        def sync_view(request: Any) -> HttpResponse:
            return HttpResponse(threading.current_thread().name)

        async def async_view(request: Any) -> HttpResponse:
            return HttpResponse(threading.current_thread().name)

        patterns = [path("sync/", sync_view), path("async/", async_view)]
        return FastJango(urlpatterns=patterns, django_middleware=middleware)

    @staticmethod
    def noting(name: str) -> Any:
        @sync_only_middleware
        def factory(get_response: Any) -> Any:
            def middleware(request: Any) -> Any:
                response = get_response(request)
                response[name] = threading.current_thread().name
                return response

            return middleware

        return factory

    def test_a_sync_client_lends_its_thread_to_all_of_it(self) -> None:
        client = Client(app=self.made(self.noting("X-Outer"), self.noting("X-Inner")))
        here = threading.current_thread().name
        response = client.get("/sync/")
        assert response.content == here.encode()
        assert response["X-Outer"] == response["X-Inner"] == here
        assert client.get("/async/").content == b"fastjango-tests"

    async def test_an_async_client(self) -> None:
        client = AsyncClient(app=self.made(self.noting("X-Outer"), self.noting("X-Inner")))
        for kind in ("sync", "async"):
            response = await client.get(f"/{kind}/")
            assert response.status_code == 200
            assert response["X-Outer"]
            assert response["X-Inner"]


class TestSession:
    class SessionStore:
        saved: dict[str, Any] = {}

        def __init__(self, session_key: str | None = None) -> None:
            self.session_key = session_key

        def save(self) -> None:
            self.session_key = "made"

        async def asave(self) -> None:
            self.save()

    async def test_session(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys
        from types import SimpleNamespace

        from fastjango.core.conf import override_settings

        engine: Any = SimpleNamespace(SessionStore=self.SessionStore)
        monkeypatch.setitem(sys.modules, "session_engine", engine)
        names = {"SESSION_ENGINE": "session_engine", "SESSION_COOKIE_NAME": "sid"}
        with override_settings(**names):
            client = Client()
            assert client.session.session_key == "made"
            assert client.cookies["sid"].value == "made"
            assert client.session.session_key == "made"
            other = AsyncClient()
            assert (await other.asession()).session_key == "made"
            assert (await other.asession()).session_key == "made"


class TestLifespan:
    async def test_start_and_stop(self, site: Any) -> None:
        lifespan = Lifespan(site)
        await lifespan.start()
        assert lifespan.state == {"from_lifespan": "state"}
        await lifespan.stop()
        await lifespan.stop()
        assert site.state.events == ["start", "stop"]

    async def test_failures_are_told(self) -> None:
        async def failing(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})

        with pytest.raises(RuntimeError, match="The application's startup failed: no database"):
            await Lifespan(failing).start()
