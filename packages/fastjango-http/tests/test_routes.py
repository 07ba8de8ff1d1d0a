"""From patterns to answers: every kind of view under one URLconf, over ASGI."""

import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, WebSocket
from fastapi.sse import EventSourceResponse
from fastjango.core.exceptions import (
    BadRequest,
    ImproperlyConfigured,
    PermissionDenied,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from fastjango.http import (
    FastJango,
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    View,
    include,
    path,
    re_path,
    register_converter,
    resolve,
    reverse,
)
from fastjango.http.hooks import view_guards
from fastjango.http.responder import default_exception_handlers
from fastjango.http.urls import build_routes
from fastjango.http.urls.djangoroute import DjangoRoute
from fastjango.http.urls.operations import AppRoute, OperationRoute
from fastjango.http.urls.overview import list_routes
from fastjango.http.urls.styles import ViewStyle, style_of
from fastjango.http.views.api import ApiView, operation
from fastjango.http.views.decorators.http import require_POST
from fastjango.signals import got_request_exception
from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

Ask = Callable[..., Any]


class Item(BaseModel):
    name: str
    size: int = 1


def get_limit(limit: int = 10) -> int:
    return limit


def sync_view(request: Any, pk: int = 0) -> HttpResponse:
    return HttpResponse(f"sync {pk} {request.method} {request.POST.get('a')}")


async def async_view(request: Any, name: str = "-") -> HttpResponse:
    return JsonResponse({"name": name, "body": request.body.decode()})


async def operation_view(pk: int, q: str = "none", limit: int = Depends(get_limit)) -> Item:
    return Item(name=f"{pk} {q}", size=limit)


async def create(item: Item) -> Item:
    return item


def injected(request: Any, pk: int, limit: Annotated[int, Depends(get_limit)]) -> HttpResponse:
    return HttpResponse(f"{pk} {limit} {request.POST.get('a')} {type(request).__name__}")


async def asks_for_request(request: Request, pk: int) -> dict[str, Any]:
    return {"pk": pk, "type": type(request).__name__}


async def also_http_request(pk: int, request: HttpRequest) -> dict[str, Any]:
    return {"pk": pk, "type": type(request).__name__, "get": request.GET.dict()}


async def socket(websocket: WebSocket, room: str) -> None:
    await websocket.accept()
    await websocket.send_text(room)
    await websocket.close()


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    await HttpResponse(f"{scope['root_path']}|{scope['path']}")(scope, receive, send)


class Methods(View):
    def get(self, request: Any, pk: int) -> HttpResponse:
        return HttpResponse(f"get {pk}")

    def post(self, request: Any, pk: int) -> HttpResponse:
        return HttpResponse("post")


class Items(ApiView):
    """Many items."""

    size = 3

    async def get(self, pk: int, q: Annotated[str, Query(max_length=3)] = "x") -> Item:
        return Item(name=f"{pk}{q}", size=self.size)

    @operation(status_code=201, tags=["made"])
    def post(self, pk: int, item: Item) -> Item:
        return item


def application(*patterns: Any, **options: Any) -> FastAPI:
    app = FastAPI(**options)
    app.router.routes.extend(build_routes(patterns, app.router))
    return app


# --- telling styles apart -----------------------------------------------------------------


def _request_first(_request: Any) -> None: ...
def _bare(thing: Any = 5) -> None: ...
def _no_parameters() -> None: ...
@operation()
def _marked(request: int) -> None: ...
def _star(*args: Any, **kwargs: Any) -> None: ...
def _text_annotation(req: "HttpRequest") -> None: ...
def _unknown_annotation(req: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def _named_socket(websocket) -> None: ...  # type: ignore[no-untyped-def]
def _unannotated(thing) -> None: ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize(
    ("view", "parameters", "expected"),
    [
        (sync_view, (), ViewStyle.DJANGO),
        (_request_first, (), ViewStyle.DJANGO),
        (_star, (), ViewStyle.DJANGO),
        (_text_annotation, (), ViewStyle.DJANGO),
        (_unannotated, (), ViewStyle.DJANGO),
        (_unannotated, ("thing",), ViewStyle.FASTAPI),
        (_unknown_annotation, (), ViewStyle.FASTAPI),
        (operation_view, ("pk",), ViewStyle.FASTAPI),
        (asks_for_request, ("pk",), ViewStyle.FASTAPI),
        (_bare, (), ViewStyle.FASTAPI),
        (_no_parameters, (), ViewStyle.FASTAPI),
        (socket, (), ViewStyle.WEBSOCKET),
        (_named_socket, (), ViewStyle.WEBSOCKET),
        (asgi_app, (), ViewStyle.ASGI),
        (FastAPI(), (), ViewStyle.ASGI),
        (Methods.as_view(), (), ViewStyle.DJANGO),
        (Items.as_view(), (), ViewStyle.FASTAPI),
        (functools.partial(sync_view, pk=5), (), ViewStyle.DJANGO),
        (_marked, (), ViewStyle.FASTAPI),
        (type("NoSignature", (), {"__call__": dict.fromkeys})(), (), ViewStyle.DJANGO),
    ],
)
def test_styles(view: Any, parameters: Any, expected: ViewStyle) -> None:
    assert style_of(view, parameters) is expected


# --- Django style -------------------------------------------------------------------------


async def test_django_views(ask: Ask) -> None:
    app = application(
        path("sync/<int:pk>/", sync_view),
        path("async/<name>/", async_view),
        path("class/<int:pk>/", Methods.as_view()),
    )
    assert (await ask(app, "/sync/4/")).text == "sync 4 GET None"
    answer = await ask(app, "/sync/4/", form={"a": "ü"})
    assert answer.text == "sync 4 POST ü"
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("content-length") == str(len(answer.body))
    answer = await ask(app, "/async/bob/", method="PUT", body=[b"one", b"two"])
    assert answer.json() == {"name": "bob", "body": "onetwo"}
    assert (await ask(app, "/class/1/", method="POST")).text == "post"
    assert (await ask(app, "/class/1/", method="HEAD")).status == 200
    refused = await ask(app, "/class/1/", method="DELETE")
    assert refused.status == 405
    assert refused.header("allow") == "GET, POST, HEAD, OPTIONS"
    assert (await ask(app, "/class/x/")).status == 404


async def test_the_request_knows_its_match(ask: Ask) -> None:
    def view(request: Any, **kwargs: Any) -> HttpResponse:
        match = request.resolver_match
        return HttpResponse(f"{match.view_name} {match.kwargs} {request.path_params}")

    app = application(path("x/<slug:s>/", include(([path("y/", view, name="y")], "app"))))
    assert (await ask(app, "/x/a/y/")).text == "app:y {'s': 'a'} {'s': 'a'}"


async def test_nobody_waits_for_a_body_that_cannot_come(ask: Ask) -> None:
    def view(request: Any) -> HttpResponse:
        return HttpResponse(request.body + b"|" + request.read())

    app = application(path("", view))
    answer = await ask(app, "/")
    assert answer.text == "|"
    chunked = {"Transfer-Encoding": "chunked"}
    assert (await ask(app, "/", body=[b"a", b"b"], headers=chunked)).text == "ab|ab"
    assert (await ask(app, "/", body=b"x", http_version="2")).text == "x|x"


async def test_a_client_that_leaves_gets_no_answer(scope: Any) -> None:
    app = application(path("", sync_view))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope("POST", "/", {"Content-Length": "5"}), receive, send)
    assert sent == []


@pytest.mark.parametrize(
    ("error", "status", "logger", "message"),
    [
        (Http404("gone"), 404, "fastjango.request", "Not Found: /"),
        (PermissionDenied("no"), 403, "fastjango.request", "Forbidden (Permission denied): /"),
        (BadRequest("bad"), 400, "fastjango.request", "bad: /"),
        (
            SuspiciousOperation("100% evil"),
            400,
            "fastjango.security.SuspiciousOperation",
            "100% evil",
        ),
        (TooManyFieldsSent("many"), 400, "fastjango.security.TooManyFieldsSent", "many"),
    ],
)
async def test_known_errors_become_pages(
    ask: Ask,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    logger: str,
    message: str,
) -> None:
    def view(request: Any) -> HttpResponse:
        raise error

    app = application(path("", view))
    with caplog.at_level(logging.INFO):
        answer = await ask(app, "/", form={"a": "1"})
    assert answer.status == status
    assert answer.text.strip().startswith("<!doctype html>")
    assert [(r.name, r.getMessage(), r.status_code) for r in caplog.records] == [  # type: ignore[attr-defined]
        (logger, message, status)
    ]


async def test_broken_forms_are_bad_requests(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    app = application(path("", sync_view))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await ask(app, "/", method="POST", body=b"--b\r\n\x00\x01: x\r\n", headers=headers)
    assert answer.status == 400
    assert "Unable to parse request body" in caplog.text
    latin = {"Content-Type": "application/x-www-form-urlencoded; charset=latin-1"}
    assert (await ask(app, "/", method="POST", body=b"a=1", headers=latin)).status == 400


async def test_applications_may_handle_known_errors_themselves(ask: Ask) -> None:
    def view(request: Any) -> HttpResponse:
        raise Http404("gone")

    app = application(path("", view))

    @app.exception_handler(Http404)
    async def handle(request: Request, error: Http404) -> HttpResponse:
        return HttpResponse(f"mine: {error}", status=404)

    assert (await ask(app)).text == "mine: gone"


async def test_unknown_errors_pass(ask: Ask) -> None:
    def view(request: Any) -> HttpResponse:
        raise ZeroDivisionError("oops")

    with pytest.raises(ZeroDivisionError, match="oops"):
        await ask(application(path("", view)))


async def test_error_handlers_of_the_urlconf(
    ask: Ask, configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    import types

    def view(request: Any) -> HttpResponse:
        raise Http404("gone")

    async def handler404(request: Any, exception: Exception) -> HttpResponse:
        return HttpResponse(f"custom {exception}", status=404)

    def broken(request: Any, exception: Exception) -> HttpResponse:
        raise KeyError("in the handler")

    module = types.ModuleType("handled_urlconf")
    module.__dict__.update(urlpatterns=[path("", view)], handler404=handler404)
    monkeypatch.setitem(sys.modules, "handled_urlconf", module)
    configured(ROOT_URLCONF="handled_urlconf")
    app = application(*module.urlpatterns)
    assert (await ask(app)).text == "custom gone"

    seen: list[Any] = []

    def receiver(**kwargs: Any) -> None:
        seen.append(kwargs["request"])

    got_request_exception.connect(receiver)
    try:
        module.handler404 = broken  # type: ignore[attr-defined]
        answer = await ask(app)
        module.handler500 = broken  # type: ignore[attr-defined]
        last = await ask(app)
    finally:
        got_request_exception.disconnect(receiver)
    assert answer.status == last.status == 500
    assert "Server Error (500)" in answer.text
    assert last.text == "Internal Server Error"
    assert len(seen) == 2


async def test_default_handlers_serve_fastapi_views_too(ask: Ask) -> None:
    async def view(pk: int) -> Item:
        raise PermissionDenied

    app = application(path("<int:pk>/", view), exception_handlers=default_exception_handlers())
    answer = await ask(app, "/5/")
    assert (answer.status, answer.json()) == (403, {"detail": "Forbidden"})
    page = await ask(app, "/5/", headers={"Accept": "text/html"})
    assert (page.status, "403 Forbidden" in page.text) == (403, True)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "It returned None instead"),
        (5, "It returned a int instead"),
    ],
)
async def test_views_that_return_nothing(ask: Ask, result: Any, message: str) -> None:
    def view(request: Any) -> Any:
        return result

    class Called:
        def __call__(self, request: Any) -> Any:
            return result

    for candidate in (view, Called()):
        with pytest.raises(ValueError, match=message):
            await ask(application(path("", candidate)))


async def test_a_forgotten_await_is_explained(ask: Ask) -> None:
    def view(request: Any) -> Any:
        return async_view(request)

    with pytest.raises(ValueError, match="You may need to add an 'await'"):
        await ask(application(path("", view)))


async def test_what_is_rendered_late(ask: Ask) -> None:
    class Duck:
        """A response by its methods alone."""

        def render(self) -> HttpResponse:
            return HttpResponse("rendered duck")

        async def __call__(self, *args: Any) -> None:
            raise AssertionError

    app = application(
        path("duck/", lambda request: Duck()),
        path("starlette/", lambda request: JSONResponse({"a": 1})),
    )
    assert (await ask(app, "/duck/")).text == "rendered duck"
    assert (await ask(app, "/starlette/")).json() == {"a": 1}


async def test_hooks_around_the_view(ask: Ask) -> None:
    log: list[str] = []

    class Hooks:
        stop = False

        async def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
            log.append(f"view {view.__name__} {kwargs}")
            return HttpResponse("stopped") if self.stop else None

        async def process_exception(self, request: Any, exception: Exception) -> Any:
            log.append(f"exception {exception}")
            return HttpResponse("handled") if isinstance(exception, KeyError) else None

        async def process_template_response(self, request: Any, response: Any) -> Any:
            log.append("template")
            return response

    class Late(HttpResponse):
        is_rendered = False

        def __init__(self, fail: bool = False) -> None:
            super().__init__()
            self.fail = fail

        def render(self) -> Any:  # type: ignore[override]
            if self.fail:
                raise KeyError("while rendering")
            self.content = b"rendered"
            return self

    class AsyncLate(Late):
        async def render(self) -> Any:  # type: ignore[override]
            return super().render()

    def failing(request: Any, kind: str) -> HttpResponse:
        if kind == "late":
            return Late()
        if kind == "async":
            return AsyncLate()
        if kind == "broken":
            return Late(fail=True)
        raise {"key": KeyError, "value": ValueError}[kind](kind)

    app = application(path("<slug:kind>/", failing))
    hooks = Hooks()
    extra = {"fastjango.view_hooks": hooks}
    assert (await ask(app, "/key/", **extra)).text == "handled"
    assert (await ask(app, "/late/", **extra)).text == "rendered"
    assert (await ask(app, "/async/", **extra)).text == "rendered"
    assert (await ask(app, "/broken/", **extra)).text == "handled"
    assert (await ask(app, "/late/")).text == "rendered"
    with pytest.raises(KeyError):
        await ask(app, "/broken/")
    with pytest.raises(ValueError, match="value"):
        await ask(app, "/value/", **extra)
    hooks.stop = True
    assert (await ask(app, "/late/", **extra)).text == "stopped"
    assert log[:2] == ["view failing {'kind': 'key'}", "exception 'key'"]
    assert log.count("template") == 3


# --- FastAPI style ------------------------------------------------------------------------


async def test_operations_are_validated_and_documented(ask: Ask) -> None:
    app = application(
        path("items/<int:pk>/", operation_view, name="item"),
        path("made/", operation(methods=["POST"], status_code=201)(create)),
        re_path(r"^re/(?P<pk>[0-9]+)/$", operation_view),
        path("posted/", require_POST(create)),
    )
    assert (await ask(app, "/items/5/?q=x")).json() == {"name": "5 x", "size": 10}
    assert (await ask(app, "/items/5/?limit=zz")).status == 422
    assert (await ask(app, "/items/x/")).status == 404
    wrong = await ask(app, "/items/5/", method="DELETE")
    assert (wrong.status, wrong.header("allow")) == (405, "GET")
    body = b'{"name": "a"}'
    json_type = {"Content-Type": "application/json"}
    made = await ask(app, "/made/", method="POST", body=body, headers=json_type)
    assert (made.status, made.json()) == (201, {"name": "a", "size": 1})
    assert (await ask(app, "/re/7/")).json()["name"] == "7 none"
    posted = await ask(app, "/posted/", method="POST", body=body, headers=json_type)
    assert posted.json()["name"] == "a"
    paths = app.openapi()["paths"]
    assert set(paths) == {"/items/{pk}/", "/made/", "/re/{pk}/", "/posted/"}
    assert set(paths["/posted/"]) == {"post"}
    create.__dict__.pop("fastjango_operation", None)


async def test_operations_outside_an_application(ask: Ask) -> None:
    [route] = build_routes([path("items/<int:pk>/", operation_view)])
    assert isinstance(route, OperationRoute)
    answer = await ask(route, "/items/1/", method="PUT")
    assert (answer.status, answer.text) == (405, "Method Not Allowed")
    assert (await ask(route, "/nope/")).status == 404


async def test_operations_may_ask_for_the_request(ask: Ask) -> None:
    app = application(path("a/<int:pk>/", asks_for_request), path("b/<int:pk>/", also_http_request))
    assert (await ask(app, "/a/1/")).json() == {"pk": 1, "type": "Request"}
    assert (await ask(app, "/b/1/?z=2")).json() == {
        "pk": 1,
        "type": "HttpRequest",
        "get": {"z": "2"},
    }


async def test_dependencies_may_ask_for_the_request(ask: Ask) -> None:
    def agent(request: HttpRequest) -> str:
        return request.META["HTTP_USER_AGENT"]

    async def view(pk: int, who: str = Depends(agent)) -> str:
        return who

    app = application(path("<int:pk>/", view))
    assert (await ask(app, "/1/", headers={"User-Agent": "me"})).json() == "me"


async def test_django_views_with_dependencies(ask: Ask) -> None:
    app = application(path("<int:pk>/", injected, name="inj"))
    answer = await ask(app, "/3/?limit=7", form={"a": "1"})
    assert answer.text == "3 7 1 HttpRequest"
    assert (await ask(app, "/3/?limit=x")).status == 422
    assert app.openapi()["paths"] == {}


async def test_the_parents_dependencies_apply(ask: Ask) -> None:
    def guard() -> None:
        raise PermissionDenied

    app = application(
        path("<int:pk>/", operation_view),
        dependencies=[Depends(guard)],
        exception_handlers=default_exception_handlers(),
    )
    assert (await ask(app, "/1/")).status == 403
    app.dependency_overrides[guard] = lambda: None
    assert (await ask(app, "/1/")).status == 200


def test_operations_take_no_extra_arguments() -> None:
    with pytest.raises(ImproperlyConfigured, match="passes extra arguments to 'operation_view'"):
        build_routes([path("<int:pk>/", operation_view, {"q": "x"})])


async def test_api_views(ask: Ask) -> None:
    app = application(path("items/<int:pk>/", Items.as_view(size=9), name="items"))
    assert (await ask(app, "/items/4/?q=ab")).json() == {"name": "4ab", "size": 9}
    assert (await ask(app, "/items/4/?q=abcd")).status == 422
    made = await ask(
        app,
        "/items/4/",
        method="POST",
        body=b'{"name": "n"}',
        headers={"Content-Type": "application/json"},
    )
    assert (made.status, made.json()) == (201, {"name": "n", "size": 1})
    refused = await ask(app, "/items/4/", method="PUT")
    assert (refused.status, refused.header("allow")) == (405, "GET, POST")
    documented = app.openapi()["paths"]["/items/{pk}/"]
    assert set(documented) == {"get", "post"}
    assert documented["post"]["tags"] == ["made"]
    with pytest.raises(TypeError, match="Items is an API view"):
        Items.as_view()(None)
    for wrong in ({"get": 1}, {"color": 1}):
        with pytest.raises(TypeError, match=r"Items.as_view\(\) received"):
            Items.as_view(**wrong)


# --- routers, mounts, sockets -------------------------------------------------------------


async def test_routers_keep_everything(ask: Ask, configured: Any) -> None:
    inner = APIRouter(prefix="/inner")

    @inner.get("/{id:int}", name="deep")
    async def deep(id: int) -> int:
        return id

    def header() -> str:
        return "dep"

    router = APIRouter(tags=["things"], dependencies=[Depends(header)])

    @router.get("/things/{id}", name="thing")
    async def thing(id: int, tenant: str) -> dict[str, Any]:
        return {"id": id, "tenant": tenant}

    @router.websocket("/ws")
    async def ws(websocket: WebSocket) -> None: ...

    router.include_router(inner)
    urlpatterns = (
        path("api/<slug:tenant>/", include(router, namespace="api")),
        path("", include((inner, "bare"))),
    )
    configured(ROOT_URLCONF=urlpatterns)
    app = application(*urlpatterns)
    assert (await ask(app, "/api/acme/things/5")).json() == {"id": 5, "tenant": "acme"}
    assert (await ask(app, "/api/acme/inner/6")).json() == 6
    assert (await ask(app, "/inner/7")).json() == 7
    assert reverse("api:thing", kwargs={"tenant": "t", "id": 5}) == "/api/t/things/5"
    assert reverse("api:deep", args=["t", 6]) == "/api/t/inner/6"
    assert reverse("bare:deep", args=[7]) == "/inner/7"
    with pytest.raises(Exception, match="not found"):
        reverse("bare:deep", args=["x"])
    match = resolve("/api/t/inner/6")
    assert (match.func, match.view_name, match.kwargs) == (
        deep,
        "api:deep",
        {"tenant": "t", "id": 6},
    )
    documented = app.openapi()["paths"]["/api/{tenant}/things/{id}"]["get"]
    assert documented["tags"] == ["things"]
    assert len(app.router.routes) - len(FastAPI().router.routes) == 2


async def test_routers_stand_among_patterns(ask: Ask) -> None:
    router = APIRouter()

    @router.get("/direct")
    async def direct() -> int:
        return 1

    plain = Route("/plain", endpoint=lambda request: HttpResponse("plain"))
    app = application(router, plain)
    assert (await ask(app, "/direct")).json() == 1
    assert (await ask(app, "/plain")).text == "plain"


async def test_lifespans_of_routers_are_merged() -> None:
    events: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        events.append("up")
        yield
        events.append("down")

    router = APIRouter(lifespan=lifespan)
    app = application(path("x/", include(router)))
    async with app.router.lifespan_context(app):
        assert events == ["up"]
    assert events == ["up", "down"]


async def test_applications_are_mounted(ask: Ask, configured: Any) -> None:
    urlpatterns = (
        path("legacy/<slug:s>/", include(asgi_app), name="legacy"),
        path("exact/", asgi_app, name="exact"),
    )
    configured(ROOT_URLCONF=urlpatterns)
    app = application(*urlpatterns)
    assert (await ask(app, "/legacy/a/deep/er")).text == "/legacy/a|/legacy/a/deep/er"
    assert (await ask(app, "/exact/")).text == "|/exact/"
    assert (await ask(app, "/exact/more")).status == 404
    assert resolve("/legacy/a/deep").func is asgi_app
    assert resolve("/legacy/a").kwargs == {"s": "a"}
    assert reverse("legacy", args=["b"]) == "/legacy/b"
    with pytest.raises(Http404):
        resolve("/legacyish/a")
    assert isinstance(app.router.routes[-2], Mount)
    assert isinstance(app.router.routes[-1], AppRoute)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (lambda: re_path(r"^a(\d)/", include(APIRouter())), "under a regular expression"),
        (lambda: path("a/", include(APIRouter()), {"k": 1}), "cannot pass extra arguments"),
        (
            lambda: re_path(r"^(\d)/", include([path("", include(APIRouter()))])),
            "stands below a regular expression",
        ),
        (lambda: "a string", "Your URL pattern 'a string' is invalid"),
    ],
)
def test_what_routers_cannot_do(pattern: Callable[[], Any], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        build_routes([pattern()])


async def test_literal_expressions_may_hold_routers(ask: Ask) -> None:
    router = APIRouter()

    @router.get("/x")
    async def x() -> int:
        return 1

    assert (await ask(application(re_path(r"^api-v1/", include(router))), "/api-v1/x")).json() == 1


async def test_a_converter_that_refuses_is_not_found_before_a_router(ask: Ask) -> None:
    from fastjango.http.urls import converters

    class Even:
        regex = "[0-9]+"

        def to_python(self, value: str) -> int:
            if int(value) % 2:
                raise ValueError
            return int(value)

        def to_url(self, value: int) -> str:
            return str(value)

    register_converter(Even, "even")
    router = APIRouter()

    @router.get("/x")
    async def x(n: int) -> int:
        return n

    try:
        app = application(path("<even:n>/", include(router)))
        assert (await ask(app, "/4/x")).json() == 4
        assert (await ask(app, "/5/x")).status == 404
        assert str(app.url_path_for("x", n=4)) == "/4/x"
    finally:
        del converters.REGISTERED_CONVERTERS["even"]
        converters.get_converters.cache_clear()


async def test_websockets(scope: Any) -> None:
    app = application(path("ws/<room>/", socket, name="ws"))
    incoming = [{"type": "websocket.connect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    handshake = scope(path="/ws/lobby/")
    handshake.update(type="websocket", scheme="ws", subprotocols=[])
    del handshake["method"]
    await app(handshake, receive, send)
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    assert sent[1]["text"] == "lobby"
    sent.clear()
    incoming.append({"type": "websocket.connect"})
    await app({**handshake, "path": "/nope/", "raw_path": b"/nope/"}, receive, send)
    assert sent[0]["type"] == "websocket.close"


# --- names and lists ----------------------------------------------------------------------


async def test_url_for(ask: Ask) -> None:
    def view(request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(str(request.url_for("app:y", s="a", n=5)))

    inner = [path("y/<int:n>/", view, name="y")]
    app = application(path("x/<slug:s>/", include((inner, "app"))))
    assert (await ask(app, "/x/a/y/1/")).text == "http://testserver/x/a/y/5/"
    route = next(r for r in app.router.routes if isinstance(r, DjangoRoute))
    assert route.name == "app:y"
    assert repr(route) == "<DjangoRoute '/x/{s}/y/{n}/' [name='app:y']>"
    assert route.path_format == "/x/{s}/y/{n}/"
    assert set(route.param_convertors) == {"s", "n"}
    assert route.path_regex.match("/x/a/y/1/")
    for name, params in (("nope", {}), ("app:y", {"s": "a"})):
        with pytest.raises(Exception, match="No route exists"):
            route.url_path_for(name, **params)


def test_list_of_routes() -> None:
    router = APIRouter(dependencies=[Depends(get_limit)])

    @router.get("/r", name="r")
    async def r() -> int:
        return 1

    exempt = functools.partial(sync_view)
    exempt.csrf_exempt = True  # type: ignore[attr-defined]
    app = application(
        path("a/<int:pk>/", exempt, name="a"),
        path("n/", include(([path("c/", Methods.as_view(), name="c")], "ns"))),
        path("api/", include(router)),
        path("op/<int:pk>/", operation_view, name="op"),
        path("ws/<room>/", socket),
        path("m/", include(asgi_app), name="m"),
        path("e/", asgi_app),
        path("i/<int:pk>/", injected),
        path("p/", require_POST(sync_view)),
        openapi_url=None,
    )
    infos = {info.path: info for info in list_routes(app.router.routes)}
    assert infos["/a/<int:pk>/"].methods == ("ANY",)
    assert infos["/a/<int:pk>/"].guards == ("csrf exempt",)
    assert infos["/n/c/"].name == "ns:c"
    assert infos["/n/c/"].methods == ("GET", "HEAD", "OPTIONS", "POST")
    assert infos["/n/c/"].view.endswith("test_routes.Methods")
    assert infos["/api/r"].guards == ("get_limit",)
    assert infos["/op/<int:pk>/"].methods == ("GET",)
    assert infos["/ws/<room>/"].methods == ("WS",)
    assert infos["/m/*"].methods == infos["/e/"].methods == ("ASGI",)
    assert infos["/i/<int:pk>/"].methods == ("ANY",)
    assert infos["/p/"].methods == ("POST",)


# --- middleware of single routes ----------------------------------------------------------


class Tag:
    """An ASGI middleware that adds its name to a header."""

    def __init__(self, app: Any, name: str = "tag") -> None:
        self.app, self.name = app, name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def tagged(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-tag", self.name.encode())]
            await send(message)

        await self.app(scope, receive, tagged)


def outer(app: Any) -> Tag:
    return Tag(app, "outer")


async def test_middleware_of_routes_and_includes(ask: Ask) -> None:
    inner = [
        path("view/", sync_view, middleware=[Tag]),
        path("op/<int:pk>/", operation_view),
        path("app/", asgi_app),
        path("mount/", include(asgi_app)),
    ]
    app = application(
        path("in/", include(inner, middleware=[outer])),
        path("out/", sync_view),
    )
    assert (await ask(app, "/in/view/")).headers_named("x-tag") == ["tag", "outer"]
    assert (await ask(app, "/in/view/", form={"a": "1"})).text == "sync 0 POST 1"
    for url in ("/in/op/5/", "/in/app/", "/in/mount/x"):
        answer = await ask(app, url)
        assert (answer.status, answer.headers_named("x-tag")) == (200, ["outer"])
    assert (await ask(app, "/out/")).headers_named("x-tag") == []


def test_routers_have_no_middleware_of_their_own() -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot have middleware of its own"):
        path("api/", include(APIRouter()), middleware=[Tag])
    nested = path("x/", include([path("api/", include(APIRouter()))], middleware=[Tag]))
    with pytest.raises(ImproperlyConfigured, match="cannot have middleware of its own"):
        build_routes([nested])


def test_guards_are_told_by_plugins() -> None:
    def login(view: Any) -> list[str]:
        return ["login"] if view is sync_view else []

    app = application(path("a/", sync_view), path("b/", async_view), openapi_url=None)
    with view_guards.implemented(login):
        infos = {info.path: info for info in list_routes(app.router.routes)}
    assert infos["/a/"].guards == ("login",)
    assert infos["/b/"].guards == ()


def test_a_single_file_needs_no_settings() -> None:
    import subprocess
    import sys

    program = """
import asyncio
from fastjango.http import FastJango, HttpResponse, path

async def hello(request, name: str):
    return HttpResponse(f"Hello, {name} {request.GET.dict()}")

app = FastJango(urlpatterns=[path("hello/<slug:name>/", hello)])
sent = []

async def send(message):
    sent.append(message)

scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http",
         "path": "/hello/ada/", "raw_path": b"/hello/ada/", "query_string": b"a=1",
         "root_path": "", "headers": [], "client": None, "server": None}
asyncio.run(app(scope, None, send))
assert sent[1]["body"] == b"Hello, ada {'a': '1'}", sent
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr


# --- request.urlconf ----------------------------------------------------------------------


async def test_a_request_may_have_a_urlconf_of_its_own(ask: Ask, configured: Any) -> None:
    def where(request: Any, pk: int = 0) -> HttpResponse:
        return HttpResponse(f"{reverse('here', kwargs={'pk': 1})} {pk}")

    default = (path("here/<int:pk>/", where, name="here"),)
    other = (path("there/<int:pk>/", where, name="here"), path("op/<int:pk>/", operation_view))
    configured(ROOT_URLCONF=default)

    def switch(get_response: Any) -> Any:
        async def middleware(request: Any) -> Any:
            kind = request.GET.get("urlconf")
            if kind is not None:
                request.urlconf = other if kind == "other" else None
            return await get_response(request)

        return middleware

    switch.async_capable = True  # type: ignore[attr-defined]
    app = FastJango(urlpatterns=default, django_middleware=[switch], redirect_slashes=False)
    assert (await ask(app, "/here/5/")).text == "/here/1/ 5"
    assert (await ask(app, "/there/5/?urlconf=other")).text == "/there/1/ 5"
    assert (await ask(app, "/op/5/?urlconf=other&q=z")).json()["name"] == "5 z"
    assert (await ask(app, "/here/5/?urlconf=other")).status == 404
    assert (await ask(app, "/op/5/?urlconf=other", method="PUT")).status == 405
    assert (await ask(app, "/here/5/?urlconf=default")).text == "/here/1/ 5"
    assert reverse("here", kwargs={"pk": 1}) == "/here/1/"


# --- server-sent events -------------------------------------------------------------------


async def test_server_sent_events_from_both_styles(ask: Ask) -> None:
    @operation(response_class=EventSourceResponse)
    async def ticks(count: int) -> AsyncIterator[dict[str, int]]:
        for number in range(count):
            yield {"n": number}

    async def lines() -> AsyncIterator[str]:
        yield "data: one\n\n"

    def from_django(request: Any) -> Any:
        return EventSourceResponse(lines())

    app = application(path("ticks/<int:count>/", ticks), path("django/", from_django))
    answer = await ask(app, "/ticks/2/", stay=True)
    assert answer.header("content-type").startswith("text/event-stream")
    assert answer.text == 'data: {"n":0}\n\ndata: {"n":1}\n\n'
    assert (await ask(app, "/django/", stay=True)).text == "data: one\n\n"
