import inspect
import logging
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import FastAPIDeprecationWarning
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import FastJango, Router
from fastjango.http.dispatch import pristine
from fastjango.http.dispatch.core import FusedErrors
from fastjango.http.dispatch.telemetry import Telemetry
from fastjango.http.options import FastAPIOptions, IncludeOptions
from fastjango.http.response import HttpResponse
from fastjango.http.urls import path
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient


def test_the_options_are_fastapis() -> None:
    own = set(inspect.signature(FastAPI.__init__).parameters) - {"self"}
    included = set(inspect.signature(APIRouter.include_router).parameters) - {"self", "router"}

    assert set(FastAPIOptions.__annotations__) == own
    assert set(IncludeOptions.__annotations__) == included


def test_it_is_a_fastapi_with_our_router() -> None:
    app = FastJango(title="T", version="9")

    assert isinstance(app, FastAPI)
    assert isinstance(app.router, Router)
    assert app.openapi()["info"] == {"title": "T", "version": "9"}


async def test_a_single_file_application(ask: Any) -> None:
    async def hello(request: Any, name: str) -> HttpResponse:
        return HttpResponse(f"Hello {name}")

    async def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    app = FastJango(
        urlpatterns=[path("hello/<slug:name>/", hello, name="hello"), path("add/<int:a>", add)]
    )

    assert (await ask(app, "/hello/you/")).text == "Hello you"
    assert (await ask(app, "/add/3?b=4")).json() == {"sum": 7}
    assert "/add/{a}" in app.openapi()["paths"]
    assert len(app.urlpatterns) == 2


def test_patterns_added_later_are_in_the_schema() -> None:
    async def view(n: int) -> int:
        return n

    app = FastJango()
    app.openapi()

    added = app.add_urlpatterns([path("late/<int:n>", view)])

    assert len(added) == 1
    assert "/late/{n}" in app.openapi()["paths"]


def test_a_subclass_of_the_router_stays_what_it_is() -> None:
    class Special(APIRouter):
        pass

    special, plain = Special(), APIRouter()

    Router.adopt(special)
    Router.adopt(plain)

    assert type(special) is Special
    assert type(plain) is Router
    assert plain.middleware_stack == plain.app


async def test_an_adopted_router_keeps_its_middleware(ask: Any) -> None:
    router = APIRouter(max_body_size=3)

    @router.post("/")
    async def show(request: Request) -> str:
        return (await request.body()).decode()

    Router.adopt(router)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["fastapi_middleware_astack"] = stack
        await router(scope, receive, send)

    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        assert (await ask(app, "/", "POST", b"abc")).json() == "abc"
        assert (await ask(app, "/", "POST", b"abcd")).status == 413


async def test_a_replaced_router_goes_fastapis_way(ask: Any) -> None:
    class Special(APIRouter):
        pass

    app = FastJango(openapi_url=None)
    app.router = Special()
    app.get("/x")(lambda: 1)
    guarded = FastJango(django_middleware=["fastjango.http.middleware.Layer"])
    guarded.router = Special()

    assert (await ask(app, "/x")).json() == 1
    with pytest.raises(ImproperlyConfigured, match="router is a Special"):
        guarded.build_middleware_stack()


async def test_a_router_is_an_application_of_its_own(ask: Any) -> None:
    router = Router()
    router.add_route("/x", lambda request: PlainTextResponse("x"))

    assert (await ask(router, "/x")).text == "x"
    assert (await ask(router, "/y")).status == 404
    redirected = await ask(router, "/x/")
    assert (redirected.status, redirected.header("location")) == (307, "http://testserver/x")


async def test_it_can_be_mounted_in_starlette_and_itself(ask: Any) -> None:
    def make() -> FastJango:
        inner = FastJango(openapi_url=None)
        inner.get("/x/{n}")(lambda n: n)
        return inner

    outer = Starlette()
    outer.mount("/m", make())
    ours = FastJango(openapi_url=None)
    ours.mount("/m", make())

    assert (await ask(outer, "/m/x/1")).json() == "1"
    assert (await ask(ours, "/m/x/1")).json() == "1"
    assert (await ask(ours, "/m/y")).json() == {"detail": "Not Found"}


async def test_other_middleware_is_built_once_and_runs(ask: Any) -> None:
    built: list[str] = []

    class Counting:
        def __init__(self, app: Any) -> None:
            built.append("built")
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    app = FastJango(openapi_url=None, middleware=[Middleware(Counting)])
    app.add_middleware(GZipMiddleware, minimum_size=10)

    @app.get("/{n}")
    async def show(n: int) -> str:
        if n == 0:
            raise KeyError("zero")
        return "x" * n

    answer = await ask(app, "/100", headers={"Accept-Encoding": "gzip"})

    assert answer.header("content-encoding") == "gzip"
    assert (await ask(app, "/2")).json() == "xx"
    with pytest.raises(KeyError):
        await ask(app, "/0")
    assert built == ["built"]
    with pytest.raises(RuntimeError, match="after an application has started"):
        app.add_middleware(Counting)


async def test_a_body_limit_takes_the_whole_stack(ask: Any) -> None:
    app = FastJango(openapi_url=None, max_body_size=5)

    @app.post("/")
    async def show(request: Request) -> int:
        return len(await request.body())

    stack = app.build_middleware_stack()
    assert isinstance(stack, FusedErrors)
    assert stack.core is None
    assert (await ask(app, "/", "POST", b"12345")).json() == 5
    assert (await ask(app, "/", "POST", b"123456")).status == 413


async def test_debug_pages_are_starlettes(ask: Any) -> None:
    app = FastJango(openapi_url=None, debug=True)

    @app.get("/")
    async def fail() -> None:
        raise KeyError("shown")

    client = TestClient(app, raise_server_exceptions=False)

    assert "KeyError" in client.get("/").text


async def test_websockets_go_fastapis_way() -> None:
    app = FastJango(openapi_url=None)
    router = APIRouter()

    @router.websocket("/ws/{n}")
    async def talk(websocket: Any, n: int) -> None:
        await websocket.accept()
        await websocket.send_json(n)
        await websocket.close()

    from fastapi import WebSocket

    talk.__annotations__["websocket"] = WebSocket
    router.routes.clear()
    router.websocket("/ws/{n}")(talk)
    app.include_router(router)

    with TestClient(app).websocket_connect("/ws/4") as socket:
        assert socket.receive_json() == 4


async def test_the_root_path_option(ask: Any) -> None:
    with pytest.warns(FastAPIDeprecationWarning, match="root_path"):
        app = FastJango(openapi_url=None, root_path="/api")

    @app.get("/x")
    async def show(request: Request) -> str:
        return str(request.scope["root_path"])

    for _ in range(2):
        assert (await ask(app, "/x")).json() == "/api"


# -- what switches compilation off ---------------------------------------------------------------


def test_every_mirrored_function_is_there_and_known() -> None:
    found = pristine.fingerprints()

    assert "absent" not in found.values()
    assert set(found) == set(pristine.KNOWN)
    assert pristine.compilation_allowed()


async def test_an_unknown_release_is_answered_by_fastapi_itself(
    ask: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "fastapi.routing.APIRoute.matches"
    monkeypatch.setitem(pristine.KNOWN, name, ("other",))
    pristine._allowed.cache_clear()
    app = FastJango(openapi_url=None)
    app.get("/x/{n}")(lambda n: n)
    try:
        with caplog.at_level(logging.WARNING, "fastjango.http.dispatch"):
            assert (await ask(app, "/x/1")).json() == "1"
            assert (await ask(app, "/x/2")).json() == "2"
    finally:
        pristine._allowed.cache_clear()

    assert not isinstance(app.middleware_stack, FusedErrors)
    assert len(caplog.records) == 1
    assert name in caplog.text
    assert "FastAPI's own path" in caplog.text


async def test_instrumentation_is_never_skipped(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = Starlette.__call__

    async def instrumented(self: Any, scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(Starlette, "__call__", instrumented)
    app = FastJango(openapi_url=None)
    app.get("/x")(lambda: 1)

    await ask(app, "/x")
    await ask(app, "/x")

    assert calls == ["/x", "/x"]


def test_the_path_of_a_library_does_not_count() -> None:
    inside = pristine._library_path("/any/where/site-packages/fastapi/routing.py")

    assert inside == pristine._library_path("C:\\lib\\fastapi\\routing.py") == "fastapi/routing.py"
    assert pristine._library_path("/tmp/x.py") == "/tmp/x.py"


# -- telemetry -----------------------------------------------------------------------------------


@pytest.fixture
def config() -> dict[str, Any]:
    signals = dict.fromkeys(("tracing", "metrics", "logs"), True)
    return {**signals, **dict.fromkeys(("tracer_provider", "meter_provider", "logger_provider"))}


def test_telemetry_is_off_until_there_is_a_provider(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Telemetry(config)
    assert watch.is_off()

    import opentelemetry.trace

    monkeypatch.setattr(opentelemetry.trace, "_TRACER_PROVIDER", object())
    assert not watch.is_off()


def test_a_provider_of_the_application_counts(config: dict[str, Any]) -> None:
    config["meter_provider"] = object()

    assert not Telemetry(config).is_off()
    config["metrics"] = False
    assert Telemetry(config).is_off()


def test_a_provider_named_by_the_environment_counts(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "sdk")

    assert not Telemetry(config).is_off()


async def test_with_telemetry_a_request_goes_fastapis_way(ask: Any) -> None:
    class Provider:
        """Enough of a meter provider to be one."""

        def get_meter(self, *args: Any, **options: Any) -> Any:
            import opentelemetry.metrics

            return opentelemetry.metrics.NoOpMeterProvider().get_meter("x")

    provider: Any = Provider()
    app = FastJango(openapi_url=None, telemetry={"meter_provider": provider})
    seen: list[bool] = []

    @app.get("/{n}")
    async def show(n: int, request: Request) -> int:
        seen.append("fastapi.telemetry" in request.scope)
        if n == 0:
            raise KeyError("zero")
        return n

    assert (await ask(app, "/3")).json() == 3
    with pytest.raises(KeyError):
        await ask(app, "/0")
    assert seen == [True, True]


def test_request_started_is_sent_once_for_each_request() -> None:
    from fastjango.signals import request_started

    seen: list[tuple[Any, str]] = []

    def receiver(sender: Any, scope: Any, **kwargs: Any) -> None:
        seen.append((sender, scope["path"]))

    inner, outer = FastJango(), FastJango()
    inner.add_api_route("/leaf", lambda: "leaf")
    outer.mount("/inner", inner)
    outer.add_api_route("/own", lambda: "own")
    request_started.connect(receiver)
    try:
        with TestClient(outer) as client:
            assert client.get("/inner/leaf").json() == "leaf"
            assert client.get("/own").json() == "own"
            assert client.get("/nowhere").status_code == 404
    finally:
        request_started.disconnect(receiver)
    assert seen == [(FastJango, "/inner/leaf"), (FastJango, "/own"), (FastJango, "/nowhere")]
