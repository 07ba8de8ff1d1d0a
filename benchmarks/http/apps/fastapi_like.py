"""FastAPI and FastJango: the same source, the classes passed in."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.responses import PlainTextResponse
from shapes import MESSAGE, NESTED, PER_ROUTER, ROUTES, TEXT, Item, flat_paths


def fill(app: FastAPI, router: type[APIRouter]) -> None:
    """Add the routes of the workloads."""

    @app.get("/json")
    async def json() -> Any:
        return MESSAGE

    @app.get("/plain", response_class=PlainTextResponse)
    async def plain() -> Any:
        return PlainTextResponse(TEXT)

    @app.post("/echo")
    async def echo(item: Item) -> Item:
        return item

    async def token(x_token: Annotated[str | None, Header()] = None) -> str | None:
        return x_token

    @app.get("/dependency")
    async def dependency(token: Annotated[str | None, Depends(token)]) -> Any:
        return {"token": token}

    if not NESTED:
        for path in flat_paths():
            app.get(path)(numbered())
        return
    for start in range(0, ROUTES, PER_ROUTER):
        inner = router(prefix="/in")
        for number in range(start, start + PER_ROUTER):
            inner.get(f"/r{number}/item/{{n}}")(numbered())
        outer = router(prefix=f"/out{start}")
        outer.include_router(inner)
        app.include_router(outer)


def numbered() -> Callable[..., Any]:
    """Return an endpoint of its own for each route."""

    async def show(n: int) -> Any:
        return {"n": n}

    return show
