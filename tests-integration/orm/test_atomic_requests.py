"""`ATOMIC_REQUESTS` on views of both styles, and connections that outlive requests."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.http import FastJango, HttpResponse, path
from fastjango.orm import connection, connections, transaction
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Statement
from fastjango.orm.engine.wrapper import blocked
from starlette.testclient import TestClient


def add(name: str) -> Any:
    yield Statement("INSERT INTO t VALUES (?)", [name], kind="write")


def sync_view(request: Any) -> HttpResponse:
    run(add("sync"))
    if "fail" in request.GET:
        raise ValueError("sync")
    return HttpResponse(str(connection.in_atomic_block))


async def async_view(request: Any) -> HttpResponse:
    await arun(add("async"))
    if "fail" in request.GET:
        raise ValueError("async")
    return HttpResponse(str(connection.in_atomic_block))


@transaction.non_atomic_requests
async def free_view(request: Any) -> HttpResponse:
    await arun(add("free"))
    if "fail" in request.GET:
        raise ValueError("free")
    return HttpResponse(str(connection.in_atomic_block))


async def operation(fail: bool = False) -> str:
    await arun(add("operation"))
    if fail:
        raise ValueError("operation")
    return str(connection.in_atomic_block)


def sync_operation(fail: bool = False) -> str:
    run(add("sync operation"))
    if fail:
        raise ValueError("sync operation")
    return str(connection.in_atomic_block)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    before = dict(blocked)
    blocked.clear()
    file = tmp_path / "x.db"
    connections.reconfigure(
        {"default": {"ENGINE": "sqlite", "NAME": str(file), "ATOMIC_REQUESTS": True}}
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (name text)")
    yield file
    blocked.update(before)
    connections.reconfigure(None)


def names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM t ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def test_views_run_in_transactions(database: Path) -> None:
    app = FastJango(
        urlpatterns=[
            path("sync/", sync_view),
            path("async/", async_view),
            path("free/", free_view),
        ]
    )
    app.get("/operation")(operation)
    app.get("/sync-operation")(sync_operation)

    with TestClient(app, raise_server_exceptions=False) as client:
        for url in ("/sync/", "/async/", "/operation", "/sync-operation"):
            assert client.get(url).text.strip('"') == "True", url
            separator = "fail=1"
            assert client.get(f"{url}?{separator}").status_code == 500
        assert client.get("/free/").text == "False"
        assert client.get("/free/?fail=1").status_code == 500
        assert names() == ["async", "free", "free", "operation", "sync", "sync operation"]
        client.portal.call(connections.aclose_all)  # type: ignore[union-attr]


def test_disconnected_client_rolls_back(database: Path) -> None:
    started = asyncio.Event

    async def main() -> None:
        begun = started()

        async def slow(request: Any) -> HttpResponse:
            await arun(add("slow"))
            begun.set()
            await asyncio.sleep(30)
            return HttpResponse("never")

        app = FastJango(urlpatterns=[path("slow/", slow)])
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/slow/",
            "raw_path": b"/slow/",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"host", b"testserver")],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None: ...

        task = asyncio.create_task(app(scope, receive, send))
        await asyncio.wait_for(begun.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.05)

        def steps() -> Any:
            return (yield Statement("SELECT name FROM t")).rows

        assert await arun(steps()) == []
        async with transaction.atomic():  # nobody holds the write lock
            await arun(add("after"))
        await connections.aclose_all()

    asyncio.run(main())
    assert names() == ["after"]
