"""The peer "litestar"."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Litestar, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from litestar.plugins.pydantic import PydanticPlugin
from shapes import MESSAGE, MIDDLEWARE, TEXT, Item, flat_paths
from starlette_like import SEVEN


@get("/json")
async def json() -> dict[str, str]:
    """Return a small object."""
    return MESSAGE


@get("/plain", media_type="text/plain")
async def plain() -> str:
    """Return a small text."""
    return TEXT


@post("/echo", status_code=200)
async def echo(data: Item) -> Item:
    """Validate a body and give it back."""
    return data


async def provide_token(
    x_token: Annotated[str | None, Parameter(header="x-token")] = None,
) -> str | None:
    """Take a header."""
    return x_token


@get("/dependency", dependencies={"token": Provide(provide_token)})
async def dependency(token: str | None) -> dict[str, Any]:
    """Return what the dependency gave."""
    return {"token": token}


def numbered(path: str) -> HTTPRouteHandler:
    """Return an endpoint of its own for each route."""

    @get(path.replace("{n}", "{n:int}"))
    async def show(n: int) -> dict[str, int]:
        return {"n": n}

    return show


app = Litestar(
    [json, plain, echo, dependency, *map(numbered, flat_paths())],
    plugins=[PydanticPlugin()],
    middleware=list(SEVEN) if MIDDLEWARE else [],
    openapi_config=None,
)
