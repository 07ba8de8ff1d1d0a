import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastjango.http import FastJango
from starlette.testclient import TestClient


def contribution(log: list[str], name: str) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastJango) -> AsyncIterator[None]:
        log.append(f"+{name}")
        try:
            yield
        finally:
            log.append(f"-{name}")

    return lifespan


def site(log: list[str]) -> FastJango:
    @asynccontextmanager
    async def own(app: FastJango) -> AsyncIterator[dict[str, Any]]:
        log.append("+own")
        yield {"db": "open"}
        log.append("-own")

    app = FastJango(lifespan=own, openapi_url=None)
    app.add_lifespans([contribution(log, "a")])
    app.add_lifespans([contribution(log, "b")])
    app.get("/")(lambda: "ok")
    return app


def test_entered_in_order_and_left_in_reverse() -> None:
    log: list[str] = []

    with TestClient(site(log)) as client:
        assert client.get("/").json() == "ok"
        assert client.get("/").json() == "ok"
        assert log == ["+a", "+b", "+own"]

    assert log == ["+a", "+b", "+own", "-own", "-b", "-a"]


def test_state_of_the_own_lifespan_is_kept() -> None:
    app = site([])

    from fastapi import Request

    @app.get("/state")
    async def state(request: Request) -> str:
        return str(request.state.db)

    with TestClient(app) as client:
        assert client.get("/state").json() == "open"


async def test_mounted_it_is_entered_by_the_first_request(ask: Any) -> None:
    log: list[str] = []
    outer = FastAPI(openapi_url=None)
    outer.mount("/site", site(log))

    answers = await asyncio.gather(ask(outer, "/site/"), ask(outer, "/site/"))

    assert [answer.json() for answer in answers] == ["ok", "ok"]
    assert log == ["+a", "+b"]


def test_mounted_it_is_left_when_the_loop_ends(ask: Any) -> None:
    log: list[str] = []
    outer = FastAPI(openapi_url=None)
    outer.mount("/site", site(log))

    async def main() -> None:
        await ask(outer, "/site/")
        await ask(outer, "/site/")
        assert log == ["+a", "+b"]

    asyncio.run(main())

    assert log == ["+a", "+b", "-b", "-a"]
    asyncio.run(main_again(outer, ask))
    assert log.count("+a") == log.count("-a") == 2


async def main_again(outer: Any, ask: Any) -> None:
    await ask(outer, "/site/")


def test_a_site_shared_by_two_applications_is_entered_once() -> None:
    log: list[str] = []
    inner = site(log)

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[None]:
        async with inner.router.lifespan_context(inner), inner.router.lifespan_context(inner):
            yield

    with TestClient(FastAPI(lifespan=both)):
        pass

    assert log.count("+a") == log.count("-a") == 1


def test_a_failing_start_stops_the_server() -> None:
    log: list[str] = []
    app = FastJango(openapi_url=None)

    @asynccontextmanager
    async def broken(app: Any) -> AsyncIterator[None]:
        raise ValueError("no database")
        yield

    app.add_lifespans([contribution(log, "a"), broken])

    with pytest.raises(ValueError, match="no database"), TestClient(app):
        pass
    assert log == ["+a", "-a"]


async def test_a_failing_start_is_told_to_the_first_request(ask: Any) -> None:
    app = FastJango(openapi_url=None)
    attempts: list[int] = []

    @asynccontextmanager
    async def broken(app: Any) -> AsyncIterator[None]:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("no database")
        yield

    app.add_lifespans([broken])
    app.get("/")(lambda: "ok")

    with pytest.raises(RuntimeError, match="could not start") as caught:
        await ask(app)
    assert isinstance(caught.value.__cause__, ValueError)
    assert (await ask(app)).json() == "ok"


async def test_without_contributions_nothing_is_kept() -> None:
    app = FastJango()
    app.add_lifespans([])

    assert not app.lifespan_chain
    assert app.lifespan_chain.contributions == []


def test_on_another_kind_of_loop_only_lifespan_events_count() -> None:
    log: list[str] = []
    app = site(log)

    def run(coroutine: Any) -> None:
        # Without asyncio there is nobody to end the chain in the end.
        with pytest.raises(StopIteration):
            coroutine.send(None)

    run(app.lifespan_chain.ensure(app))
    assert log == []

    async def events() -> None:
        async with app.router.lifespan_context(app):
            assert log == ["+a", "+b", "+own"]

    run(events())
    assert log == ["+a", "+b", "+own", "-own", "-b", "-a"]
