"""The peer "starlette": no validation layer but pydantic called by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shapes import MESSAGE, MIDDLEWARE, NESTED, PER_ROUTER, ROUTES, TEXT, Item, flat_paths
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette_like import SEVEN


async def json(request: Request) -> Response:
    """Return a small object."""
    return JSONResponse(MESSAGE)


async def plain(request: Request) -> Response:
    """Return a small text."""
    return PlainTextResponse(TEXT)


async def echo(request: Request) -> Response:
    """Validate a body and give it back."""
    item = Item.model_validate_json(await request.body())
    return Response(item.model_dump_json(), media_type="application/json")


async def dependency(request: Request) -> Response:
    """Return a header."""
    return JSONResponse({"token": request.headers.get("x-token")})


def numbered() -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint of its own for each route."""

    async def show(request: Request) -> Response:
        return JSONResponse({"n": int(request.path_params["n"])})

    return show


routes: list[BaseRoute] = [
    Route("/json", json),
    Route("/plain", plain),
    Route("/echo", echo, methods=["POST"]),
    Route("/dependency", dependency),
]
if NESTED:
    for start in range(0, ROUTES, PER_ROUTER):
        inner = [
            Route(f"/r{number}/item/{{n}}", numbered())
            for number in range(start, start + PER_ROUTER)
        ]
        routes.append(Mount(f"/out{start}", routes=[Mount("/in", routes=inner)]))
else:
    routes += [Route(path, numbered()) for path in flat_paths()]
stack = [Middleware(cls) for cls in SEVEN] if MIDDLEWARE else []
app = Starlette(routes=routes, middleware=stack)
