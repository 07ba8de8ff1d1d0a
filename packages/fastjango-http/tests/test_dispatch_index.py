"""The index against FastAPI's own loop: the first declared match wins."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter
from fastjango.http import FastJango, Router
from fastjango.http.dispatch.index import ASK, MISS
from fastjango.http.dispatch.target import Target
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Match, Mount, Route, WebSocketRoute


def make(name: str) -> Callable[..., Any]:
    async def endpoint() -> str:
        return name

    return endpoint


def app_with(*paths: str, **options: Any) -> FastJango:
    app = FastJango(openapi_url=None, **options)
    for path in paths:
        app.get(path)(make(path))
    return app


def found(app: FastJango, scope: dict[str, Any]) -> Any:
    verdict = app.router.find(scope)
    return verdict.route.path if isinstance(verdict, Target) else verdict


@pytest.mark.parametrize(
    ("paths", "path", "expected"),
    [
        (["/a", "/b"], "/b", "/b"),
        (["/{x}", "/b"], "/b", "/{x}"),
        (["/b", "/{x}"], "/b", "/b"),
        (["/{x:int}", "/b"], "/b", "/b"),
        (["/a/{x}/c", "/a/b/{y}"], "/a/b/c", "/a/{x}/c"),
        (["/a/{x:int}/c", "/a/b/{y}"], "/a/b/c", "/a/b/{y}"),
        (["/files/{p:path}", "/files/x/y"], "/files/x/y", "/files/{p:path}"),
        (["/files/x/y", "/files/{p:path}"], "/files/x/z", "/files/{p:path}"),
        (["/files/{p:path}"], "/files/", "/files/{p:path}"),
        (["/v{n:int}.{m}/x"], "/v1.2/x", "/v{n:int}.{m}/x"),
        (["/a"], "/c", MISS),
        (["/a/{x}"], "/a/", MISS),
        (["/a/{x}"], "/a/b/c", MISS),
        (["/a/"], "/a", ASK),
        (["/a/{x}"], "/a/b/", ASK),
        (["/a"], "/a\n", ASK),
        (["/{x}"], "/a\nb", ASK),
    ],
)
def test_the_first_declared_match_wins(
    paths: list[str], path: str, expected: object, scope: Callable[..., Any]
) -> None:
    assert found(app_with(*paths), scope(path=path)) is expected or (
        found(app_with(*paths), scope(path=path)) == expected
    )


def test_a_match_is_written_into_the_scope(scope: Callable[..., Any]) -> None:
    app = app_with("/a/{x:int}/{y}")
    made = scope(path="/a/7/b", path_params={"outer": 1})

    target = app.router.find(made)

    assert isinstance(target, Target)
    assert made["path_params"] == {"outer": 1, "x": 7, "y": "b"}
    assert made["route"] is target.route
    assert made["endpoint"] is target.route.endpoint
    assert "fastapi" not in made


def test_static_paths_keep_the_parameters_of_a_mount(scope: Callable[..., Any]) -> None:
    made = scope(path="/a", path_params={"outer": 1})

    app_with("/a").router.find(made)

    assert made["path_params"] == {"outer": 1}


def test_the_root_path_is_taken_off(scope: Callable[..., Any]) -> None:
    app = app_with("/a/", "/b")

    assert found(app, scope(path="/root/b", root_path="/root")) == "/b"
    assert found(app, scope(path="/root/c", root_path="/root")) is MISS
    assert found(app, scope(path="/root/a", root_path="/root")) is ASK


def test_redirecting_can_be_switched_off_any_time(scope: Callable[..., Any]) -> None:
    app = app_with("/a/")

    app.router.redirect_slashes = False

    assert found(app, scope(path="/a")) is MISS


async def test_another_method_is_answered_by_the_first_route_with_the_path(ask: Any) -> None:
    app = app_with("/a/{x}")
    app.post("/a/{y}")(make("post"))
    app.delete("/static")(make("delete"))

    assert (await ask(app, "/a/1", "POST")).json() == "post"
    refused = await ask(app, "/a/1", "PUT")
    assert (refused.status, refused.header("allow")) == (405, "GET")
    refused = await ask(app, "/static", "GET")
    assert (refused.status, refused.header("allow")) == (405, "DELETE")


async def test_methods_of_one_path_may_come_from_several_routes(ask: Any) -> None:
    app = FastJango(openapi_url=None)
    app.get("/x")(make("first get"))
    app.post("/{any}")(make("any post"))
    app.get("/x")(make("second get"))
    app.post("/x")(make("late post"))

    assert (await ask(app, "/x")).json() == "first get"
    assert (await ask(app, "/x", "POST")).json() == "any post"


async def test_a_route_for_every_method_stops_the_search(ask: Any) -> None:
    class Anything:
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            self.call = PlainTextResponse("anything")(scope, receive, send)

        def __await__(self) -> Any:
            return self.call.__await__()

    app = FastJango(openapi_url=None, routes=[Route("/x", Anything)])
    app.delete("/x")(make("never"))

    assert (await ask(app, "/x", "DELETE")).text == "anything"


async def test_every_change_of_the_routes_is_noticed(ask: Any) -> None:
    app = app_with("/a")
    assert (await ask(app, "/b")).status == 404

    app.get("/b")(make("b"))
    assert (await ask(app, "/b")).json() == "b"
    app.router.routes.pop()
    assert (await ask(app, "/b")).status == 404
    app.mount("/b", PlainTextResponse("mounted"))
    assert (await ask(app, "/b/")).text == "mounted"
    app.router.routes = []
    assert (await ask(app, "/a")).status == 404
    app.router.routes += [Route("/a", lambda request: PlainTextResponse("added"))]
    assert (await ask(app, "/a")).text == "added"
    app.router.routes[0] = Route("/c", lambda request: PlainTextResponse("changed"))
    assert (await ask(app, "/c")).text == "changed"
    del app.router.routes[:]
    assert (await ask(app, "/c")).status == 404


@pytest.mark.parametrize("router_class", [APIRouter, Router])
async def test_changes_of_included_routers_are_noticed(
    ask: Any, router_class: type[APIRouter]
) -> None:
    app, outer, inner = app_with(), router_class(prefix="/o"), router_class(prefix="/i")
    outer.include_router(inner)
    app.include_router(outer, prefix="/p")
    assert (await ask(app, "/p/o/i/x")).status == 404

    inner.get("/x")(make("x"))

    assert (await ask(app, "/p/o/i/x")).json() == "x"


async def test_a_frontend_added_late_is_served(ask: Any, tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text("<p>page</p>")
    app, router = app_with("/a"), APIRouter()
    router.get("/r")(make("r"))
    app.include_router(router)
    assert (await ask(app, "/page.html")).status == 404

    router.frontend("/", directory=tmp_path)

    assert (await ask(app, "/page.html")).status == 200


async def test_an_included_route_leaves_fastapis_marks(ask: Any) -> None:
    seen: dict[str, Any] = {}

    class Watch:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            seen.update(scope)

    app = FastJango(openapi_url=None, form_limits={"max_fields": 5})
    router = Router(form_limits={"max_files": 2})
    router.get("/x/{n}")(make("x"))
    app.include_router(router, prefix="/r")
    app.add_middleware(Watch)

    assert (await ask(app, "/r/x/1")).json() == "x"

    own = seen["fastapi"]
    assert own["effective_route_context"].path == "/r/x/{n}"
    assert own["included_router"].original_router is router
    assert own["form_limits"] == {"max_fields": 5, "max_files": 2}
    assert seen["route"] is router.routes[0]
    seen.clear()
    assert (await ask(app, "/nothing")).status == 404
    assert seen["fastapi"] == {"form_limits": {"max_fields": 5}}


async def test_an_include_that_cannot_be_built_only_breaks_what_reaches_it(ask: Any) -> None:
    app, outer, inner = app_with("/ok", "/{any}"), Router(), Router(prefix="/{x}")
    inner.get("/{y}")(make("y"))
    outer.include_router(inner)
    app.include_router(outer, prefix="/{x}")

    assert (await ask(app, "/ok")).json() == "/ok"
    with pytest.raises(ValueError, match="Duplicated param name"):
        await ask(app, "/1/2/3")


async def test_routes_of_other_kinds_confirm_themselves(ask: Any) -> None:
    class Picky(Route):
        def matches(self, scope: Any) -> Any:
            if dict(scope["headers"]).get(b"x-pick") == b"yes":
                return super().matches(scope)
            return Match.NONE, {}

    app = FastJango(
        openapi_url=None,
        routes=[
            Host("other.example", PlainTextResponse("host")),
            Picky("/a", lambda request: PlainTextResponse("picked")),
            Mount("/m", PlainTextResponse("mount")),
            WebSocketRoute("/a", lambda socket: None),
        ],
    )
    app.get("/a")(make("a"))
    app.get("/m/x")(make("shadowed"))

    assert (await ask(app, "/a")).json() == "a"
    assert (await ask(app, "/a", headers={"x-pick": "yes"})).text == "picked"
    assert (await ask(app, "/m/x")).text == "mount"
    assert (await ask(app, "/anything")).status == 404


async def test_a_host_is_asked_first(ask: Any, scope: Callable[..., Any]) -> None:
    app = FastJango(openapi_url=None, routes=[Host("testserver", PlainTextResponse("host"))])
    app.get("/a")(make("a"))

    assert (await ask(app, "/a")).text == "host"


async def test_a_route_that_raises_while_matching_raises_in_its_place(ask: Any) -> None:
    class Broken(Route):
        def matches(self, scope: Any) -> Any:
            raise LookupError("broken")

    app = app_with("/ok", routes=None)
    app.router.routes.append(Broken("/late", lambda request: None))
    app.add_exception_handler(
        LookupError, lambda request, error: PlainTextResponse("handled", status_code=418)
    )

    assert (await ask(app, "/ok")).json() == "/ok"
    assert (await ask(app, "/late")).status == 418


class Even(Convertor[int]):
    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        if int(value) % 2:
            raise ValueError("odd")
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


async def test_a_convertor_that_raises_is_left_to_fastapi(ask: Any) -> None:
    register_url_convertor("fastjango_test_even", Even())
    app = FastJango(openapi_url=None)

    @app.get("/n/{n:fastjango_test_even}")
    async def show(n: int) -> int:
        return n

    assert (await ask(app, "/n/4")).json() == 4
    with pytest.raises(ValueError, match="odd"):
        await ask(app, "/n/3")


async def test_a_router_with_its_own_matching_is_left_alone(ask: Any) -> None:
    class Loud(APIRouter):
        asked = 0

        def matches(self, scope: Any) -> Any:
            Loud.asked += 1
            return super().matches(scope)

    app, loud = FastJango(openapi_url=None), Loud()
    loud.get("/x")(make("x"))
    app.include_router(loud)

    assert (await ask(app, "/x")).json() == "x"
    assert Loud.asked == 1


async def test_two_thousand_routes_are_found_like_two(ask: Any, scope: Callable[..., Any]) -> None:
    app = app_with(*(f"/r{n}/{{x}}/end" for n in range(2000)))
    app.router.find(scope(path="/"))
    index = vars(app.router)["_index"]

    assert [c.order for c in index._candidates("/r1999/a/end")] == [2000]
    assert index._candidates("/r1999/a/other") == []
