"""The chain: three kinds of middleware in one order."""

import gc
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, HTTPException, WebSocket
from fastjango.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed, PermissionDenied
from fastjango.http import FastJango
from fastjango.http.middleware import Exchange, Layer, MiddlewareEntry, wrap_app
from fastjango.http.middleware.entries import Kind, kind_of, load_entry, order_entries
from fastjango.http.middleware.group import LayerGroup
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.http.responder import default_exception_handlers
from fastjango.http.response import HttpResponse
from fastjango.http.urls import path
from fastjango.values.decorators import (
    async_only_middleware,
    sync_and_async_middleware,
    sync_only_middleware,
)
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient, WebSocketDenialResponse

MODERN = {"version": "3.0", "spec_version": "2.4"}


class Marks(Layer):
    """Adds its name to a header; `log` holds what it saw."""

    name = "marks"

    def __init__(self) -> None:
        self.log: list[Any] = []

    def process_response(self, exchange: Exchange) -> None:
        exchange.add_header(b"x-layer", self.name.encode())


class Outer(Marks):
    name = "outer"


class Inner(Marks):
    name = "inner"


class Asgi:
    def __init__(self, app: Any, mark: str = "asgi") -> None:
        self.app, self.mark = app, mark

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sender(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {
                    **message,
                    "headers": [*message["headers"], (b"x-layer", self.mark.encode())],
                }
            await send(message)

        await self.app(scope, receive, sender)


@async_only_middleware
def async_factory(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any:
        response = await get_response(request)
        response["X-Async"] = type(response).__name__
        return response

    return middleware


@sync_only_middleware
def sync_factory(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["X-Sync"] = request.method
        return response

    return middleware


def make(*middleware: Any) -> FastJango:
    app = FastJango(openapi_url=None, django_middleware=middleware)

    async def resource() -> AsyncIterator[str]:
        yield "r"

    @app.get("/json")
    async def json() -> dict[str, int]:
        return {"a": 1}

    @app.get("/yield")
    async def yielding(r: Annotated[Any, Depends(resource)]) -> Any:
        return r

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"one"
            yield b"two"

        return StreamingResponse(chunks())

    @app.get("/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(iter([b"data: 1\n\n"]), media_type="text/event-stream")

    @app.get("/fail")
    async def fail() -> None:
        raise ZeroDivisionError("fail")

    @app.post("/body")
    async def body(data: dict[str, int]) -> dict[str, int]:
        return data

    @app.get("/tasks")
    async def tasks(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, "task")
        return "queued"

    return app


done: list[str] = []


async def test_the_order_is_the_list(ask: Any) -> None:
    for middleware in ([Outer, Asgi, Inner], [Outer, Middleware(Asgi, mark="asgi"), Inner()]):
        for target in ("/json", "/yield", "/stream", "/nothing"):
            answer = await ask(make(*middleware), target, asgi=MODERN)
            assert answer.headers_named("x-layer") == ["inner", "asgi", "outer"]


async def test_dotted_paths_are_loaded(ask: Any) -> None:
    app = make("starlette.middleware.gzip.GZipMiddleware", "fastjango.http.middleware.Layer")

    assert (await ask(app, "/json")).json() == {"a": 1}
    with pytest.raises(ImproperlyConfigured, match=r"MIDDLEWARE names 'no\.Such'"):
        make("no.Such").build_middleware_stack()


async def test_a_request_hook_may_answer(ask: Any) -> None:
    class Stop(Layer):
        async def process_request(self, exchange: Exchange) -> Response | None:
            if exchange.header(b"x-stop"):
                return PlainTextResponse("stopped", 403)
            return None

        def process_response(self, exchange: Exchange) -> None:
            exchange.set_header(b"x-stop", b"seen")

    app = make(Outer, Stop, Inner)

    stopped = await ask(app, "/json", headers={"X-Stop": "1"})
    assert (stopped.status, stopped.text) == (403, "stopped")
    assert stopped.headers_named("x-layer") == ["outer"]
    assert stopped.header("x-stop") == "seen"
    assert (await ask(app, "/json")).headers_named("x-layer") == ["inner", "outer"]


async def test_a_request_hook_may_raise(ask: Any) -> None:
    class Refuse(Layer):
        def process_request(self, exchange: Exchange) -> None:
            if exchange.scope["path"] == "/json":
                raise PermissionDenied("no")
            if exchange.scope["path"] == "/yield":
                raise ZeroDivisionError("broken")

    for middleware in ([Outer, Refuse, Inner], [Outer, Refuse, Asgi]):
        app = make(*middleware)
        for error, handler in default_exception_handlers().items():
            app.add_exception_handler(error, handler)
        answer = await ask(app, "/json")
        assert answer.status == 403
        assert answer.headers_named("x-layer") == ["outer"]
        with pytest.raises(ZeroDivisionError):
            await ask(app, "/yield")


async def test_error_pages_pass_the_response_hooks(ask: Any) -> None:
    for middleware in ([Outer, Inner], [Outer, Inner, Asgi], [Outer, Asgi, Inner]):
        app = make(*middleware)
        client = TestClient(app, raise_server_exceptions=False)
        answer = client.get("/fail")
        assert answer.status_code == 500
        assert "outer" in answer.headers["x-layer"]
        with pytest.raises(ZeroDivisionError):
            await ask(app, "/fail")


async def test_bodies_and_streams_in_response_hooks(ask: Any) -> None:
    class Shout(Layer):
        def process_response(self, exchange: Exchange) -> None:
            if exchange.body is not None:
                exchange.body = exchange.body.upper() + b"!"
            else:
                exchange.stream = lambda chunk, last: chunk.upper() + (b"." if last else b"")
                with pytest.raises(ValueError, match="streamed body cannot be replaced"):
                    exchange.body = b""

    for middleware in ([Shout], [Shout, Asgi]):
        app = make(*middleware)
        whole = await ask(app, "/json")
        assert whole.text == '{"A":1}!'
        assert whole.header("content-length") == "8"
        assert (await ask(app, "/stream", asgi=MODERN)).text == "ONETWO."
        assert (await ask(app, "/events", asgi=MODERN)).text == "DATA: 1\n\n."


async def test_the_head_of_an_event_stream_is_not_held_back(scope: Any) -> None:
    app = make(Outer)
    seen: list[Any] = []

    @app.get("/slow")
    async def slow() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            assert [m["type"] for m in seen] == ["http.response.start"]
            yield b"data: x\n\n"

        return StreamingResponse(chunks(), media_type="text/event-stream")

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        seen.append(message)

    await app(scope(path="/slow", asgi=MODERN), receive, send)

    assert (b"x-layer", b"outer") in seen[0]["headers"]


async def test_view_hooks_know_the_view(ask: Any) -> None:
    class Guard(Layer):
        async def process_view(self, exchange: Exchange, view: Any, path_params: Any) -> Any:
            seen.append((getattr(view, "__name__", view), dict(path_params), exchange.view is view))
            if exchange.header(b"x-deny"):
                return PlainTextResponse("denied", 403)
            return None

    async def django_view(request: Any, n: int) -> HttpResponse:
        return HttpResponse("django")

    class ViewMark(Layer):
        def process_view(self, exchange: Exchange, view: Any, path_params: Any) -> None:
            exchange.state["marked"] = True

    seen: list[Any] = []
    app = make(Outer, Guard)
    app.add_urlpatterns([path("django/<int:n>/", django_view)])
    sub = FastJango(openapi_url=None)

    @sub.get("/deep/{n}")
    async def deep(n: int) -> int:
        return n

    guarded = FastJango(openapi_url=None, django_middleware=[Inner, ViewMark])
    guarded.get("/deep/{n}")(deep)
    app.mount("/sub", sub)
    app.mount("/both", guarded)
    app.mount("/raw", PlainTextResponse("raw"))

    for target in (
        "/json",
        "/yield",
        "/django/3/",
        "/sub/deep/4",
        "/both/deep/4",
        "/raw/x",
        "/nothing",
    ):
        seen.clear()
        allowed = await ask(app, target)
        denied = await ask(app, target, headers={"X-Deny": "1"})
        assert denied.status == (404 if target == "/nothing" else 403), target
        assert allowed.status == (404 if target == "/nothing" else 200), target
        assert (
            allowed.headers_named("x-layer")[-1] == denied.headers_named("x-layer")[-1] == "outer"
        )
        names = [name for name, _, same in seen if same]
        expected = {
            "/json": ["json"] * 2,
            "/yield": ["yielding"] * 2,
            "/django/3/": ["django_view"] * 2,
            "/sub/deep/4": ["deep"] * 2,
            "/both/deep/4": ["deep"] * 2,
            "/nothing": [],
        }
        if target in expected:
            assert names == expected[target]


async def test_what_the_index_cannot_judge_is_guarded_as_well(ask: Any) -> None:
    from fastapi import APIRouter
    from fastapi.routing import APIRoute

    class Own(APIRoute):
        def matches(self, scope: Any) -> Any:
            return super().matches(scope)

    class Guard(Layer):
        def process_view(self, exchange: Exchange, view: Any, path_params: Any) -> Any:
            return PlainTextResponse(f"denied {view}", 403)

    router = APIRouter(route_class=Own)
    router.get("/x")(lambda: 1)
    app = make(Guard)
    app.include_router(router, prefix="/own")

    answer = await ask(app, "/own/x")

    assert (answer.status, answer.text) == (403, "denied None")


async def test_exception_hooks_see_what_no_handler_takes(ask: Any) -> None:
    class Rescue(Layer):
        def process_exception(self, exchange: Exchange, error: Exception) -> Response | None:
            if isinstance(error, ZeroDivisionError):
                return PlainTextResponse(f"rescued {error}")
            return None

    app = make(Outer, Rescue)

    @app.get("/staged", dependencies=[Depends(lambda: None)])
    async def staged(request: Any = None) -> None:
        raise ZeroDivisionError("staged")

    @app.get("/other")
    async def other() -> None:
        raise KeyError("other")

    assert (await ask(app, "/fail")).text == "rescued fail"
    assert (await ask(app, "/staged")).text == "rescued staged"
    with pytest.raises(KeyError):
        await ask(app, "/other")


async def test_django_style_middleware(ask: Any) -> None:
    for middleware in ([async_factory, sync_factory], [Outer, async_factory, sync_factory, Inner]):
        app = make(*middleware)
        for target, kind in (
            ("/json", "HttpResponse"),
            ("/yield", "HttpResponse"),
            ("/stream", "StreamingHttpResponse"),
            ("/nothing", "HttpResponse"),
        ):
            answer = await ask(app, target, asgi=MODERN)
            assert answer.header("x-async") == kind, target
            assert answer.header("x-sync") == "GET"
        assert (await ask(app, "/stream", asgi=MODERN)).text == "onetwo"
        assert (await ask(app, "/json")).json() == {"a": 1}


async def test_a_django_view_hands_its_own_response_over(ask: Any) -> None:
    made: list[Any] = []

    async def view(request: Any) -> HttpResponse:
        response = HttpResponse("x")
        response.set_cookie("a", "b")
        made.append(response)
        return response

    @async_only_middleware
    def keeps(get_response: Any) -> Any:
        async def middleware(request: Any) -> Any:
            response = await get_response(request)
            made.append(response)
            return response

        return middleware

    app = make(keeps)
    app.add_urlpatterns([path("v/", view)])

    answer = await ask(app, "/v/")

    assert made[0] is made[1]
    assert answer.headers_named("set-cookie") == ["a=b; Path=/"]


async def test_unhandled_exceptions_become_responses_for_django_style_middleware(
    ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = make(async_factory)

    with caplog.at_level(logging.CRITICAL):
        answer = await ask(app, "/fail")

    assert answer.status == 500
    assert str(answer.header("x-async")).endswith("Response")


async def test_the_hooks_of_django_style_middleware(ask: Any) -> None:
    class Hooks:
        async_capable = sync_capable = True

        def __init__(self, get_response: Any) -> None:
            self.get_response = get_response

        def __call__(self, request: Any) -> Any:
            return self.get_response(request)

        def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
            if "view" in request.GET:
                return HttpResponse(f"view {view.__name__} {kwargs}")
            return None

        def process_exception(self, request: Any, error: Exception) -> Any:
            return HttpResponse(f"error {error}") if "keep" not in request.GET else None

        async def process_template_response(self, request: Any, response: Any) -> Any:
            response.context["added"] = "by hook"
            return response

    class Template(HttpResponse):
        context: dict[str, str]
        is_rendered = False

        def render(self) -> Any:
            self.content = repr(self.context).encode()
            return self

    async def templated(request: Any) -> Template:
        response = Template()
        response.context = {}
        return response

    sync_hooks = sync_only_middleware(Hooks)
    app = make(sync_hooks)
    app.add_urlpatterns([path("t/", templated)])

    assert (await ask(app, "/json?view=1")).text == "view json {}"
    assert (await ask(app, "/fail")).text == "error fail"
    assert (await ask(app, "/t/")).text == "{'added': 'by hook'}"


async def test_the_body_is_there_after_middleware_has_read_it(ask: Any) -> None:
    @async_only_middleware
    def reads(get_response: Any) -> Any:
        async def middleware(request: Any) -> Any:
            await request.aload()
            if request.GET.get("all"):
                assert request.body == b'{"n": 2}'
            return await get_response(request)

        return middleware

    app = make(reads)
    for query in ("", "?all=1"):
        answer = await ask(
            app, f"/body{query}", "POST", b'{"n": 2}', headers={"Content-Type": "application/json"}
        )
        assert answer.json() == {"n": 2}


async def test_background_tasks_run_behind_middleware(ask: Any) -> None:
    done.clear()
    for middleware in ([Outer], [async_factory], [async_factory, Inner]):
        assert (await ask(make(*middleware), "/tasks")).json() == "queued"
    assert done == ["task"] * 3


async def test_a_response_nobody_wants_ends_its_application(ask: Any) -> None:
    @async_only_middleware
    def replaces(get_response: Any) -> Any:
        async def middleware(request: Any) -> Any:
            await get_response(request)
            return HttpResponse("instead")

        return middleware

    for target in ("/json", "/yield", "/stream"):
        assert (await ask(make(replaces), target, asgi=MODERN)).text == "instead"


async def test_an_application_without_an_answer_is_an_error(ask: Any, scope: Any) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return None

    answer = await ask(wrap_app(silent, [async_factory]))
    assert answer.status == 500


async def test_middleware_may_leave_the_chain(
    ask: Any, configured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configured(DEBUG=True)

    class Unused(Layer):
        def __init__(self) -> None:
            raise MiddlewareNotUsed("not today")

    def unused_factory(get_response: Any) -> Any:
        raise MiddlewareNotUsed

    class UnusedAsgi:
        def __init__(self, app: Any) -> None:
            raise MiddlewareNotUsed

    with caplog.at_level(logging.DEBUG, "fastjango.request"):
        app = make(Unused, unused_factory, UnusedAsgi, sync_factory)
        assert (await ask(app, "/json")).json() == {"a": 1}

    said = [record.getMessage() for record in caplog.records]
    place = f"{__name__}.test_middleware_may_leave_the_chain.<locals>"
    assert f"MiddlewareNotUsed({place + '.Unused'!r}): not today" in said
    assert f"MiddlewareNotUsed: {place + '.unused_factory'!r}" in said
    assert f"Asynchronous handler adapted for middleware {__name__}.sync_factory." in said

    caplog.clear()
    configured(DEBUG=False)
    with caplog.at_level(logging.DEBUG, "fastjango.request"):
        assert (await ask(make(Unused, sync_factory), "/json")).json() == {"a": 1}
    assert not caplog.records


def test_factories_that_cannot_work_are_refused() -> None:
    def none(get_response: Any) -> None:
        return None

    def neither(get_response: Any) -> Any:
        return get_response

    neither.sync_capable = neither.async_capable = False  # type: ignore[attr-defined]

    with pytest.raises(ImproperlyConfigured, match=r"factory .*none returned None"):
        make(none).build_middleware_stack()
    with pytest.raises(RuntimeError, match="must have at least one of"):
        make(neither).build_middleware_stack()


async def test_middleware_that_returns_nothing_is_told_so(
    ask: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def forgets(get_response: Any) -> Any:
        return lambda request: None

    @async_only_middleware
    def forgets_async(get_response: Any) -> Any:
        async def middleware(request: Any) -> Any:
            return None

        return middleware

    for factory in (forgets, forgets_async):
        answer = await ask(make(factory), "/json")
        assert answer.status == 500
    assert "didn't return an HttpResponse object" in caplog.text


async def test_a_factory_for_both_worlds_is_given_the_async_one(ask: Any) -> None:
    import inspect

    @sync_and_async_middleware
    def both(get_response: Any) -> Any:
        assert inspect.iscoroutinefunction(get_response)

        async def middleware(request: Any) -> Any:
            return await get_response(request)

        return middleware

    assert (await ask(make(both), "/json")).json() == {"a": 1}


def test_websockets_may_be_refused() -> None:
    class Refuse(Layer):
        async def websocket(self, exchange: Exchange) -> int | None:
            return 401 if exchange.header(b"x-refuse") else None

    for middleware in ([Refuse], [Refuse, Asgi]):
        app = make(*middleware)

        @app.websocket("/ws")
        async def talk(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.send_text("hi")
            await websocket.close()

        client = TestClient(app)
        with client.websocket_connect("/ws") as socket:
            assert socket.receive_text() == "hi"
        with (
            pytest.raises(WebSocketDenialResponse) as caught,
            client.websocket_connect("/ws", headers={"X-Refuse": "1"}),
        ):
            pass
        assert caught.value.status_code == 401


async def test_a_server_without_denial_responses_closes_the_socket(scope: Any) -> None:
    class Refuse(Layer):
        def websocket(self, exchange: Exchange) -> int | None:
            return 403

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await make(Refuse)(scope(path="/ws", type="websocket"), receive, send)

    assert sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]


async def test_a_chain_works_with_a_body_limit(ask: Any) -> None:
    class Guard(Layer):
        def process_view(self, exchange: Exchange, view: Any, path_params: Any) -> Any:
            return PlainTextResponse("denied", 403) if exchange.header(b"x-deny") else None

    app = FastJango(openapi_url=None, max_body_size=5, django_middleware=[Outer, Guard])
    app.post("/")(lambda: 1)

    answer = await ask(app, "/", "POST", b"1")
    assert (answer.json(), answer.headers_named("x-layer")) == (1, ["outer"])
    assert (await ask(app, "/", "POST", headers={"X-Deny": "1"})).status == 403


async def test_exception_hooks_of_routes_in_fastapis_own_way(ask: Any) -> None:
    class Rescue(Layer):
        async def process_exception(self, exchange: Exchange, error: Exception) -> Any:
            if str(error) == "'break'":
                raise ValueError("the hook itself")
            return PlainTextResponse("rescued") if str(error) == "'rescue'" else None

    app = make(Outer, Rescue)

    async def resource() -> AsyncIterator[None]:
        yield

    @app.get("/own/{what}", dependencies=[Depends(resource)])
    async def own(what: str) -> None:
        raise KeyError(what)

    @app.get("/compiled/{what}")
    async def compiled(what: str) -> None:
        raise KeyError(what)

    @app.get("/known/{what}", dependencies=[Depends(resource)])
    async def known(what: str) -> None:
        raise HTTPException(418)

    for prefix in ("/own", "/compiled"):
        assert (await ask(app, f"{prefix}/rescue")).text == "rescued"
        with pytest.raises(KeyError):
            await ask(app, f"{prefix}/pass")
        with pytest.raises(ValueError, match="the hook itself"):
            await ask(app, f"{prefix}/break")
    assert (await ask(app, "/known/x")).status == 418


async def test_a_stream_that_fails_behind_django_style_middleware(ask: Any) -> None:
    app = make(async_factory)

    async def resource() -> AsyncIterator[None]:
        yield

    @app.get("/late", dependencies=[Depends(resource)])
    async def late() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"one"
            raise KeyError("late")

        return StreamingResponse(chunks())

    @app.get("/early", dependencies=[Depends(resource)])
    async def early() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            raise KeyError("early")
            yield b""

        return StreamingResponse(chunks())

    with pytest.raises(KeyError):
        await ask(app, "/late", asgi=MODERN)
    assert (await ask(app, "/early", asgi=MODERN)).status == 500


async def test_cookies_and_repeated_headers_survive_the_conversion(ask: Any) -> None:
    app = make(async_factory)

    @app.get("/headers")
    async def headers() -> Response:
        response = PlainTextResponse("x")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        response.headers.append("x-many", "1")
        response.headers.append("x-many", "2")
        return response

    answer = await ask(app, "/headers")

    assert [value.split(";")[0] for value in answer.headers_named("set-cookie")] == ["a=1", "b=2"]
    assert answer.header("x-many") == "1, 2"


async def test_a_bad_template_hook_is_told(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Bad:
        def __init__(self, get_response: Any) -> None:
            self.get_response = get_response

        def __call__(self, request: Any) -> Any:
            return self.get_response(request)

        def process_template_response(self, request: Any, response: Any) -> None:
            return None

    class Template(HttpResponse):
        is_rendered = False

        def render(self) -> Any:
            return self

    async def templated(request: Any) -> Template:
        return Template()

    app = make(Bad)
    app.add_urlpatterns([path("t/", templated)])

    assert (await ask(app, "/t/")).status == 500
    assert "Bad.process_template_response didn't return an HttpResponse object" in caplog.text


def test_names_of_the_package() -> None:
    from fastjango.http import middleware

    assert set(middleware.__all__) <= set(dir(middleware))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        middleware.Nothing  # noqa: B018


def test_hooks_that_nobody_overrides_do_nothing(scope: Any) -> None:
    async def nothing(*_: Any) -> Any: ...

    layer, exchange = Layer(), Exchange(scope(), nothing, nothing)

    assert layer.process_request(exchange) is None
    assert layer.process_view(exchange, None, {}) is None
    assert layer.process_exception(exchange, ValueError()) is None
    assert layer.process_response(exchange) is None
    assert layer.websocket(exchange) is None


async def test_wrap_app_takes_all_kinds(ask: Any) -> None:
    app = wrap_app(PlainTextResponse("inside"), [Outer, Asgi, async_factory, Inner()])

    answer = await ask(app)

    assert answer.text == "inside"
    assert answer.headers_named("x-layer") == ["inner", "asgi", "outer"]
    assert answer.header("x-async") == "HttpResponse"


async def test_a_group_without_handlers_lets_exceptions_pass(ask: Any) -> None:
    class Raise(Layer):
        def process_request(self, exchange: Exchange) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask(LayerGroup(PlainTextResponse("x"), [Raise()]))


# -- entries -------------------------------------------------------------------------------------


def test_kinds() -> None:
    assert kind_of(Outer) is kind_of(Outer()) is Kind.LAYER
    assert kind_of(async_factory) is Kind.DJANGO
    assert kind_of(Asgi) is kind_of(Middleware(Asgi)) is Kind.ASGI
    assert kind_of(dict) is Kind.ASGI
    assert kind_of(lambda: None) is Kind.ASGI
    assert load_entry(Outer) is Outer


def test_kinds_of_middleware_with_names_of_its_own() -> None:
    class Answers:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __call__(self, request: Any) -> Any:
            return self.inner(request)

    class Mixed(MiddlewareMixin):
        def __init__(self, inner: Any) -> None:
            super().__init__(inner)

    class Served:
        def __init__(self, inner: Any) -> None: ...

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    class Passed(Served):
        async def __call__(self, *arguments: Any) -> None: ...

    @sync_only_middleware
    def decorated(inner: Any) -> Any:
        return inner

    assert kind_of(Answers) is kind_of(Mixed) is kind_of(decorated) is Kind.DJANGO
    assert kind_of(Served) is kind_of(Passed) is Kind.ASGI


def test_contributions_are_placed_by_their_constraints() -> None:
    assert order_entries(["a", "b"], ["c"]) == ["a", "b", "c"]
    assert order_entries(["a", "b"], ["b"]) == ["a", "b"]
    assert order_entries(["a", "b"], [MiddlewareEntry("c", before=("b",))]) == ["a", "c", "b"]
    assert order_entries(["a", "b"], [MiddlewareEntry("c", before=("a",))]) == ["c", "a", "b"]
    assert order_entries(["a", "b"], [MiddlewareEntry("c", after=("a",))]) == ["a", "b", "c"]
    assert order_entries(["a"], [MiddlewareEntry("c", after=("d",)), "d"]) == ["a", "d", "c"]
    assert order_entries([], [MiddlewareEntry("c", before=("not there",))]) == ["c"]
    assert order_entries([Outer], [MiddlewareEntry(Inner, before=(f"{__name__}.Outer",))]) == [
        Inner,
        Outer,
    ]


def test_contradicting_constraints_are_told() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"contradicts itself: .*'c'"):
        order_entries(["a"], [MiddlewareEntry("c", before=("a",), after=("a",))])


# -- the exchange --------------------------------------------------------------------------------


def test_headers_of_an_exchange(scope: Any) -> None:
    async def nothing(*_: Any) -> Any: ...

    exchange = Exchange(scope(headers={"X-Token": "\u00e9"}), nothing, nothing)
    exchange.begin_response(200, [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")], b"body")

    assert exchange.header(b"x-token") == "\u00e9"
    assert exchange.header(b"x-other") is None
    assert exchange.get_header(b"a") == b"1"
    exchange.set_header(b"a", b"9")
    exchange.setdefault_header(b"b", b"7")
    exchange.setdefault_header(b"c", b"7")
    exchange.set_header(b"d", b"4")
    exchange.remove_header(b"c")
    assert exchange.headers == [(b"a", b"9"), (b"b", b"2"), (b"d", b"4")]
    exchange.add_vary("Cookie", "Accept")
    exchange.add_vary("cookie", "Origin")
    assert exchange.get_header(b"vary") == b"Cookie, Accept, Origin"
    exchange.add_vary("*")
    exchange.add_vary("Host")
    assert exchange.get_header(b"vary") == b"*"
    exchange.body = b"longer body"
    assert exchange.get_header(b"content-length") is None
    exchange.state["key"] = 1
    assert exchange.state == {"key": 1}
    assert exchange.request is exchange.request


@pytest.mark.parametrize("kind", ["fused", "apart"])
async def test_a_request_leaves_nothing_to_the_garbage_collector(ask: Any, kind: str) -> None:
    app = make(Outer, Asgi, Inner) if kind == "apart" else make(Outer, Inner)
    await ask(app, "/json")
    requests = 200
    gc.collect()
    gc.disable()
    try:
        for _ in range(requests):
            assert (await ask(app, "/json")).json() == {"a": 1}
        # Whatever ran before in this process may leave something, but not for each request.
        assert gc.collect() < requests
    finally:
        gc.enable()
