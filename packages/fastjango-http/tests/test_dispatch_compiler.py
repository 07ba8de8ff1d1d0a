"""Compiled endpoints against FastAPI's own handler: equal answers, and really compiled."""

import gc
import linecache
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import (
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
    Security,
    WebSocket,
)
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from fastjango.http import FastJango
from fastjango.http.dispatch.compiler import compile_endpoint
from fastjango.http.dispatch.plan import Unsupported, read_plan
from fastjango.http.dispatch.source import Source
from pydantic import BaseModel, Field

Build = Callable[[Any], None]
JSON = {"Content-Type": "application/json"}


class Item(BaseModel):
    name: str
    price: float = Field(default=1.0, gt=0)


class Filters(BaseModel):
    limit: int = 10
    tags: list[str] = []


def apps(build: Build) -> tuple[FastAPI, FastJango]:
    made: list[Any] = [FastAPI(openapi_url=None), FastJango(openapi_url=None)]
    for app in made:
        build(app)
    return made[0], made[1]


async def same(ask: Any, build: Build, *requests: dict[str, Any]) -> list[Any]:
    """Send requests to FastAPI and FastJango, compare all messages, return the answers."""
    plain, ours = apps(build)
    answers: list[Any] = []
    for request in requests or ({},):
        expected = await outcome(ask, plain, request)
        answer = await outcome(ask, ours, request)
        assert getattr(answer, "messages", answer) == getattr(expected, "messages", expected)
        answers.append(answer)
    return answers


async def outcome(ask: Any, app: Any, request: dict[str, Any]) -> Any:
    """Return the answer, or the exception as text."""
    try:
        return await ask(app, **{"path": "/", **request})
    except Exception as error:
        return repr(error)


def kind(app: FastJango, number: int = -1) -> str:
    route: Any = app.routes[number]
    compiled = compile_endpoint(route.app, route)
    return "no" if compiled is None else "staged" if compiled.staged else "plain"


async def test_parameters_of_every_kind(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/{number}/{rest:path}")
        async def show(
            number: Annotated[int, Path(gt=1)],
            rest: str,
            q: str,
            many: Annotated[list[int], Query()] = [],  # noqa: B006
            made: Annotated[list[str], Query(default_factory=lambda: ["made"])] = ...,  # type: ignore[assignment]
            checked: Annotated[int, Query(validate_default=True, gt=5)] = 3,
            x_token: Annotated[str | None, Header()] = None,
            x_many: Annotated[list[str] | None, Header()] = None,
            session: Annotated[str, Cookie()] = "none",
        ) -> dict[str, Any]:
            return dict(locals())

        assert not isinstance(app, FastJango) or kind(app) == "plain"

    answers = await same(
        ask,
        build,
        {"path": "/5/a/b?q=x&checked=9"},
        {"path": "/5/a/b?q=x"},
        {"path": "/1/a?many=1&many=x"},
        {
            "path": "/7/a?q=%C3%A9+b&many=1&many=2&checked=6&made=m",
            "headers": {"X-Token": "t", "X-Many": "1", "Cookie": "session=abc"},
        },
    )
    assert [answer.status for answer in answers] == [200, 422, 422, 200]
    assert answers[-1].json()["many"] == [1, 2]


async def test_models_of_parameters(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/")
        async def show(filters: Annotated[Filters, Query()]) -> Filters:
            return filters

        assert not isinstance(app, FastJango) or kind(app) == "plain"

    await same(ask, build, {"path": "/?limit=3&tags=a&tags=b"}, {"path": "/?limit=x"})


async def test_parameters_with_several_names(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/")
        async def show(
            hidden: Annotated[str, Header(alias="X-Odd-Name")],
            items: Annotated[tuple[int, ...], Cookie()] = (),
        ) -> Any:
            return [hidden, items]

    await same(ask, build, {"headers": {"x-odd-name": "v"}}, {"headers": {"Cookie": "items=1"}})


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "x"}',
        b'{"name": "x", "price": -1}',
        b'{"name": 1}',
        b"{broken",
        b'"\xff"',
        b"[" * 3000,
        b"9" * 5000,
        b"",
        b"[]",
    ],
)
@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/geo+json; x=y", "text/plain", "application/xml", ""],
)
async def test_bodies(ask: Any, body: bytes, content_type: str) -> None:
    def build(app: Any) -> None:
        @app.post("/")
        async def show(item: Item) -> Item:
            return item

        assert not isinstance(app, FastJango) or kind(app) == "plain"

    headers = {"Content-Type": content_type} if content_type else {}
    await same(ask, build, {"method": "POST", "body": body, "headers": headers})


async def test_several_bodies_and_chunks(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.post("/two")
        async def two(item: Item, count: Annotated[int, Body()]) -> Any:
            return [item, count]

        @app.post("/optional")
        async def optional(item: Item | None = None) -> Any:
            return item

        @app.post("/inner")
        async def inner(value: Annotated[Any, Depends(lambda item: item)]) -> Any:
            return value

    good = b'{"item": {"name": "x"}, "count": 2}'
    await same(
        ask,
        build,
        {"path": "/two", "method": "POST", "body": [good[:9], good[9:]], "headers": JSON},
        {"path": "/two", "method": "POST", "body": b'{"count": "x"}', "headers": JSON},
        {"path": "/two", "method": "POST", "body": b"[]", "headers": JSON},
        {"path": "/optional", "method": "POST"},
        {"path": "/optional", "method": "POST", "body": b'{"name": "y"}', "headers": JSON},
    )


async def test_a_client_that_leaves_while_sending_gets_400(scope: Any) -> None:
    def build(app: Any) -> None:
        @app.post("/")
        async def show(item: Item) -> Item:
            return item

    for app in apps(build):
        messages: list[Any] = []

        async def gone() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any, kept: list[Any] = messages) -> None:
            kept.append(message)

        await app(scope("POST", "/"), gone, send)
        assert messages[0]["status"] == 400


async def test_dependencies_run_once_and_validate_each_time(ask: Any) -> None:
    calls: list[str] = []

    async def base(q: int) -> int:
        calls.append("base")
        return q

    async def left(value: Annotated[int, Depends(base)]) -> int:
        return value + 1

    def right(value: Annotated[int, Depends(base)]) -> int:
        return value + 2

    class Pair:
        def __init__(self, x: Annotated[int, Depends(base, use_cache=False)]) -> None:
            self.x = x

    def build(app: Any) -> None:
        @app.get("/", dependencies=[Depends(base)])
        async def show(
            a: Annotated[int, Depends(left)],
            b: Annotated[int, Depends(right)],
            c: Annotated[Pair, Depends()],
        ) -> list[int]:
            return [a, b, c.x]

        assert not isinstance(app, FastJango) or kind(app) == "plain"

    answers = await same(ask, build, {"path": "/?q=1"}, {"path": "/"})

    assert answers[0].json() == [2, 3, 1]
    assert len(answers[1].json()["detail"]) == 4
    assert calls == ["base", "base"] * 2


async def test_overrides_are_looked_up_on_every_request(ask: Any) -> None:
    async def dep() -> str:
        return "own"

    app = FastJango(openapi_url=None)

    @app.get("/")
    async def show(value: Annotated[str, Depends(dep)]) -> str:
        return value

    assert (await ask(app)).json() == "own"
    app.dependency_overrides[dep] = lambda: "other"
    assert (await ask(app)).json() == "other"
    app.dependency_overrides = {}
    assert (await ask(app)).json() == "own"


async def test_the_response_parameter(ask: Any) -> None:
    def build(app: Any) -> None:
        async def dep(response: Response) -> None:
            response.headers["x-dep"] = "1"

        @app.get("/", dependencies=[Depends(dep)])
        async def show(response: Response, status: int = 0) -> dict[str, int]:
            response.set_cookie("a", "b")
            if status:
                response.status_code = status
            return {"status": status}

        @app.get("/text", response_class=PlainTextResponse, status_code=203)
        async def text(response: Response, status: int = 0) -> Any:
            if status:
                response.status_code = status
            return "text"

        assert not isinstance(app, FastJango) or kind(app, 0) == "plain"

    paths = [f"{path}?status={n}" for path in ("/", "/text") for n in (0, 201, 204, 205, 304)]
    await same(ask, build, *({"path": path} for path in paths))


async def test_statuses_and_response_classes(ask: Any) -> None:
    def build(app: Any) -> None:
        for status in (201, 204, 205, 304, None):
            for model in (None, Item):
                if status in (204, 205, 304) and model is not None:
                    continue
                path = f"/{status}/{'model' if model else 'none'}"

                @app.get(path, status_code=status, response_model=model)
                async def show() -> Any:
                    return {"name": "x"}

        @app.get("/json", response_class=JSONResponse)
        async def explicit() -> dict[str, Any]:
            return {"name": "x"}

        @app.get("/item", response_class=JSONResponse, response_model_exclude_unset=True)
        async def filtered() -> Item:
            return Item(name="x")

        @app.get("/iterator", status_code=205)
        async def iterator():
            return (n for n in range(3))

    paths = ["/201/none", "/201/model", "/204/none", "/205/none", "/304/none", "/None/none"]
    paths += ["/None/model", "/json", "/item", "/iterator"]
    await same(ask, build, *({"path": path} for path in paths))


async def test_responses_of_ones_own(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/json")
        async def own() -> JSONResponse:
            return JSONResponse({"a": 1}, 202, {"x": "y"})

        @app.get("/stream")
        async def stream() -> StreamingResponse:
            return StreamingResponse(iter([b"a", b"b"]))

        @app.get("/tasks")
        async def tasks(tasks: BackgroundTasks, own: bool = False) -> Any:
            tasks.add_task(done.append, "task")
            return PlainTextResponse("own") if own else {"own": own}

    done: list[str] = []
    await same(
        ask,
        build,
        {"path": "/json"},
        {"path": "/stream", "asgi": {"version": "3.0", "spec_version": "2.4"}},
        {"path": "/tasks"},
        {"path": "/tasks?own=1"},
    )
    assert done == ["task"] * 4


async def test_sync_endpoints(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/")
        def show(q: int = 1) -> Item:
            return Item(name="x", price=q)

        assert not isinstance(app, FastJango) or kind(app) == "plain"

    await same(ask, build, {}, {"path": "/?q=3"})


async def test_security_scopes(ask: Any) -> None:
    def build(app: Any) -> None:
        async def inner(scopes: SecurityScopes) -> list[str]:
            return scopes.scopes

        async def outer(found: Annotated[list[str], Security(inner, scopes=["b"])]) -> Any:
            return found

        @app.get("/")
        async def show(
            a: Annotated[Any, Security(outer, scopes=["a"])],
            b: Annotated[Any, Security(inner, scopes=["c"])],
        ) -> Any:
            return [a, b]

    answers = await same(ask, build)
    assert answers[0].json() == [["a", "b"], ["c"]]


async def test_requests_and_yield_run_inside_the_exit_stacks(ask: Any) -> None:
    log: list[str] = []

    def build(app: Any) -> None:
        async def resource() -> Any:
            log.append("open")
            try:
                yield "r"
            except KeyError:
                log.append("saw")
                raise
            finally:
                log.append("close")

        def blocking() -> Any:
            yield "b"

        @app.post("/")
        async def show(
            request: Request,
            r: Annotated[str, Depends(resource)],
            b: Annotated[str, Depends(blocking, scope="function")],
            data: Annotated[Any, Body()] = None,
        ) -> Any:
            if request.query_params.get("fail"):
                raise KeyError("fail")
            return [r, b, data, await request.json() if data else None, request.scope["path"]]

        @app.get("/stream")
        async def stream(r: Annotated[str, Depends(resource)]) -> StreamingResponse:
            return StreamingResponse(iter([r]))

        assert not isinstance(app, FastJango) or kind(app) == "staged"

        @app.exception_handler(KeyError)
        async def handled(request: Request, error: KeyError) -> Response:
            return PlainTextResponse("handled", 409)

    await same(
        ask,
        build,
        {"method": "POST"},
        {"method": "POST", "body": b"[1]", "headers": JSON},
        {"method": "POST", "body": b"{", "headers": JSON},
        {"method": "POST", "path": "/?fail=1"},
    )
    assert log.count("open") == log.count("close") == 6  # broken JSON is found before
    assert log.count("saw") == 2


async def test_a_dependency_that_wants_the_scope_alone_takes_the_short_way(ask: Any) -> None:
    class Caller:
        needs_exit_stacks = False

        async def __call__(self, connection: HTTPConnection) -> str:
            return connection.headers["host"]

    def build(app: Any) -> None:
        @app.get("/")
        async def show(host: Annotated[str, Depends(Caller())]) -> str:
            return host

        assert not isinstance(app, FastJango) or kind(app) == "plain"

        @app.get("/both")
        async def both(request: Request, host: Annotated[str, Depends(Caller())]) -> dict[str, str]:
            return {"host": host, "path": request.url.path}

        assert not isinstance(app, FastJango) or kind(app) == "staged"

    await same(ask, build, {}, {"path": "/both"})


async def test_a_dependency_that_swallows_an_error_is_told_so(ask: Any) -> None:
    app = FastJango(openapi_url=None)

    async def swallow() -> Any:
        try:
            yield
        except KeyError:
            pass

    @app.get("/", dependencies=[Depends(swallow)])
    async def show() -> None:
        raise KeyError("x")

    with pytest.raises(Exception, match="Response not awaited"):
        await ask(app)


async def test_tasks_run_after_the_response_inside_the_stacks(ask: Any) -> None:
    order: list[str] = []
    app = FastJango(openapi_url=None)

    async def resource() -> Any:
        yield
        order.append("closed")

    @app.get("/", dependencies=[Depends(resource)])
    async def show(tasks: BackgroundTasks) -> int:
        tasks.add_task(order.append, "task")
        return 1

    assert (await ask(app)).json() == 1
    assert order == ["task", "closed"]


async def test_exceptions_reach_the_handlers(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.post("/{what}")
        async def fail(what: str, data: Annotated[Any, Body()] = None) -> Item:
            if what == "http":
                raise HTTPException(401, "no", {"x-h": "1"})
            if what == "handled":
                raise LookupError("l")
            if what == "nested":
                raise ArithmeticError("n")
            return {"wrong": True}  # type: ignore[return-value]

        @app.exception_handler(LookupError)
        async def handled(request: Request, error: LookupError) -> Response:
            return PlainTextResponse((await request.body()) + b"|" + str(error).encode())

        @app.exception_handler(ArithmeticError)
        def nested(request: Request, error: ArithmeticError) -> Response:
            raise LookupError("from a handler")

        @app.exception_handler(RequestValidationError)
        async def invalid(request: Request, error: RequestValidationError) -> Response:
            return PlainTextResponse(repr((error.errors(), error.body, await request.body())))

    await same(
        ask,
        build,
        {"path": "/http", "method": "POST"},
        {"path": "/handled", "method": "POST", "body": b'{"a": 1}', "headers": JSON},
        {"path": "/handled", "method": "POST", "body": [b'{"a"', b": 1}"], "headers": JSON},
        {"path": "/nested", "method": "POST", "body": b"1", "headers": JSON},
        {"path": "/x", "method": "POST", "body": b"{", "headers": JSON},
    )
    for app in apps(build):
        with pytest.raises(ResponseValidationError) as caught:
            await ask(app, "/wrong", "POST")
        assert "POST /{what}" in str(caught.value)
        assert caught.value.__context__ is None


async def test_an_exception_after_the_start_is_not_answered_twice(ask: Any) -> None:
    def build(app: Any) -> None:
        def job(error: type[Exception]) -> None:
            raise error("late")

        @app.get("/{handled}")
        async def show(handled: bool, tasks: BackgroundTasks) -> int:
            tasks.add_task(job, LookupError if handled else ZeroDivisionError)
            return 1

        @app.get("/stream/{handled}")
        async def stream(handled: bool) -> StreamingResponse:
            async def chunks() -> Any:
                yield b"a"
                job(LookupError if handled else ZeroDivisionError)

            return StreamingResponse(chunks())

        @app.exception_handler(LookupError)
        async def handler(request: Request, error: LookupError) -> Response:
            return PlainTextResponse("never")

    modern = {"version": "3.0", "spec_version": "2.4"}
    for app in apps(build):
        for path in ("/", "/stream/"):
            with pytest.raises(RuntimeError, match="response already started"):
                await ask(app, f"{path}1", asgi=modern)
            with pytest.raises(ZeroDivisionError):
                await ask(app, f"{path}0", asgi=modern)


async def test_the_error_page_and_what_is_raised(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.get("/")
        async def fail() -> None:
            raise KeyError("x")

        @app.exception_handler(500)
        async def page(request: Request, error: Exception) -> Response:
            sent.append(f"{request.url.path} {error!r}")
            return PlainTextResponse("oops", 500)

    sent: list[str] = []
    for app in apps(build):
        with pytest.raises(KeyError):
            await ask(app)
    assert sent == ["/ KeyError('x')"] * 2


async def test_handlers_for_404(ask: Any) -> None:
    def build(app: Any) -> None:
        @app.exception_handler(404)
        async def lost(request: Request, error: Exception) -> Response:
            return PlainTextResponse(f"lost {request.url.path}", 404)

    await same(ask, build, {"path": "/nothing"})
    await same(ask, lambda app: None, {"path": "/nothing"})


class Wrapping(APIRoute):
    def get_route_handler(self) -> Any:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            response: Response = await original(request)
            response.headers["x-wrapped"] = "1"
            return response

        return handler


def test_what_is_not_compiled() -> None:
    app = FastJango(openapi_url=None)
    app.router.route_class = Wrapping

    @app.get("/")
    async def wrapped() -> None: ...

    assert kind(app) == "no"
    app.router.route_class = APIRoute

    @app.get("/generator")
    async def generator() -> Any:
        yield 1

    assert kind(app) == "no"

    @app.post("/form")
    async def form(name: Annotated[str, Form()]) -> None: ...

    assert kind(app) == "no"

    @app.get("/limited", max_body_size=10)
    async def limited() -> None: ...

    assert kind(app) == "no"

    @app.get("/socket")
    async def socket(socket: WebSocket) -> None: ...

    assert kind(app) == "no"

    async def throttled() -> None: ...

    @app.get("/throttled", dependencies=[Depends(throttled, max_concurrency=1)])
    async def slow() -> None: ...

    assert kind(app) == "no"


def test_types_that_are_not_there_yet_are_not_compiled() -> None:
    class Incomplete:
        """Stands for an adapter whose types cannot be resolved."""

        pydantic_complete = False

    app = FastJango(openapi_url=None)

    @app.get("/parameter")
    async def parameter(q: int) -> None: ...

    @app.get("/answer")
    async def answer() -> Item: ...

    parameter_route: Any = app.routes[-2]
    answer_route: Any = app.routes[-1]
    assert kind(app, -2) == kind(app, -1) == "plain"
    parameter_route.dependant.query_params[0]._type_adapter = Incomplete()
    answer_route.response_field._type_adapter = Incomplete()
    assert kind(app, -2) == kind(app, -1) == "no"


def test_dependencies_that_cannot_be_hashed_are_not_compiled() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        async def __call__(self) -> int:
            return 1

    app = FastJango(openapi_url=None)

    @app.get("/")
    async def show() -> None: ...

    route: Any = app.routes[-1]
    from fastapi.dependencies.models import Dependant

    route.dependant.dependencies.append(Dependant(call=Unhashable(), name="x"))
    assert kind(app) == "no"


async def test_a_connection_and_cookie_models(ask: Any) -> None:

    class Cookies(BaseModel):
        session: str = "none"

    class Headers(BaseModel):
        x_token: str

    def build(app: Any) -> None:
        @app.get("/connection")
        async def connection(connection: HTTPConnection) -> str:
            return connection.url.path

        @app.get("/models")
        async def models(
            cookies: Annotated[Cookies, Cookie()], headers: Annotated[Headers, Header()]
        ) -> Any:
            return [cookies, headers]

    await same(
        ask,
        build,
        {"path": "/connection"},
        {"path": "/models", "headers": {"Cookie": "session=x", "X-Token": "t"}},
        {"path": "/models"},
    )


def test_the_reason_is_told() -> None:
    with pytest.raises(Unsupported, match="not FastAPI's own"):
        read_plan(PlainTextResponse("x"))


async def test_a_route_whose_application_is_replaced_runs_the_new_one(ask: Any) -> None:
    app = FastJango(openapi_url=None)

    @app.get("/")
    async def show() -> str:
        return "compiled"

    assert (await ask(app)).json() == "compiled"
    app.routes[-1].app = PlainTextResponse("replaced")  # type: ignore[attr-defined]
    assert (await ask(app)).text == "replaced"


def test_the_generated_code_shows_in_tracebacks() -> None:
    import linecache
    import traceback

    app = FastJango(openapi_url=None)

    @app.get("/")
    async def fail() -> None: ...

    route: Any = app.routes[-1]
    compiled = compile_endpoint(route.app, route)
    assert compiled is not None
    code = compiled.run.__code__  # type: ignore[attr-defined]
    assert "fastjango endpoint" in code.co_filename
    assert linecache.getline(code.co_filename, 1).startswith("async def endpoint(")
    assert traceback.walk_stack is not None


def test_the_source_goes_with_its_endpoint() -> None:
    source = Source()
    with source.block("async def endpoint():"):
        source.line("return 1")
    endpoint = source.function("endpoint", "a label")
    name = endpoint.__code__.co_filename
    assert linecache.getline(name, 2) == "    return 1\n"
    del source, endpoint
    gc.collect()
    assert name not in linecache.cache
