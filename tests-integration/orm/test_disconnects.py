"""Clients that go away in the middle of a request leave no connection and no transaction behind."""

import asyncio
import os
import random
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastjango.http import FastJango, HttpResponse, StreamingHttpResponse, path
from fastjango.orm import connection, connections, transaction
from fastjango.orm.engine.pools import close_pools, known_pools
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import blocked
from starlette.requests import Request

POOL = 5
CLIENTS = 24
PLACES = ("async", "sync", "stream", "operation")

committed: list[int] = []
"""The numbers of the requests whose transaction was committed."""


def ask(sql: str) -> Generator[Statement, Result, Any]:
    return (yield Statement(sql)).rows


def write(sql: str) -> Any:
    yield Statement(sql, kind="write")


def insert(number: int) -> Any:
    return write(f"INSERT INTO gone VALUES ({number})")


def sleep(seconds: float) -> str:
    return f"SELECT {'pg_sleep' if connection.vendor == 'postgresql' else 'sleep'}({seconds})"


async def async_view(request: Any, number: int) -> HttpResponse:
    async with transaction.atomic():
        await arun(insert(number))
        await arun(ask(sleep(0.1)))
    committed.append(number)
    return HttpResponse("done")


def sync_view(request: Any, number: int) -> HttpResponse:
    with transaction.atomic():
        run(insert(number))
        run(ask(sleep(0.1)))
    committed.append(number)
    return HttpResponse("done")


async def stream(request: Any, number: int) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        async with transaction.atomic():
            await arun(insert(number))
            for _ in range(10):
                await arun(ask(sleep(0.02)))
                yield b"x" * 1000
        committed.append(number)

    return StreamingHttpResponse(parts())


async def operation(request: Request, number: int) -> str:
    """Give up by itself when the client is gone, in the middle of a statement."""
    work = asyncio.create_task(async_view(request, number))
    gone = asyncio.create_task(until_gone(request))
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
        return "done"
    return "nobody reads this"


async def until_gone(request: Request) -> None:
    while not await request.is_disconnected():  # noqa: ASYNC110 - a server tells when asked
        await asyncio.sleep(0.01)


urlpatterns = [
    path("async/<int:number>/", async_view),
    path("sync/<int:number>/", sync_view),
    path("stream/<int:number>/", stream),
]


@pytest.fixture(
    params=[
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database with one table, behind a pool of five."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    parts = urlsplit(url)
    name = f"fj_gone_{os.getpid()}_{secrets.token_hex(4)}"
    entry: dict[str, Any] = {
        "ENGINE": "postgresql" if parts.scheme.startswith("postgres") else "mysql",
        "NAME": name,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"max_size": POOL, "timeout": 30}},
    }
    before = dict(blocked)
    blocked.clear()
    connections.reconfigure({"default": entry})
    admin: Any = connections["default"]
    with admin._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    run(write("CREATE TABLE gone (id integer PRIMARY KEY)"))
    committed.clear()
    yield name
    connections.reconfigure({"default": entry})
    connections["default"].creation._destroy_test_db(name, 0)
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
    blocked.update(before)


@asynccontextmanager
async def serving() -> AsyncGenerator[int]:
    """Serve the site on this event loop; gives the port."""
    app = FastJango(urlpatterns=urlpatterns)
    app.get("/operation/{number}/")(operation)
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def visit(port: int, number: int, place: str, patience: float | None) -> bool:
    """Ask for a page, and go away after some seconds; return whether the answer was read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"GET /{place}/{number}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(patience):
            return b" 200 " in await reader.read()
    except TimeoutError:
        return False
    finally:
        if patience is None:
            writer.close()
        else:
            writer.transport.abort()


def open_transactions(name: str) -> int:
    if connection.vendor == "postgresql":
        sql = (
            "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
            f" AND datname = '{name}' AND pid <> pg_backend_pid()"
        )
    else:
        sql = (
            "SELECT count(*) FROM information_schema.innodb_trx t JOIN"
            " information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
            f" WHERE p.db = '{name}'"
        )
    return int(run(ask(sql))[0][0])


async def crowd(name: str, seed: int) -> set[int]:
    """Let clients come and go; return the numbers of those that read their answer."""
    rng = random.Random(seed)
    plan = [(number, rng.choice(PLACES), rng.random()) for number in range(CLIENTS)]
    async with serving() as port:
        read = await asyncio.gather(
            *(
                visit(port, number, place, None if chance < 0.3 else chance / 3)
                for number, place, chance in plan
            )
        )
        pool = known_pools()["default"]
        async with asyncio.timeout(20):
            # Whoever still works finishes, or is rolled back in the background.
            while pool.size > pool.idle or pool.waiting:  # noqa: ASYNC110 - pools tell nobody
                await asyncio.sleep(0.02)
            # MariaDB shows what it found before to whoever looks again within a tenth of a second.
            while await asyncio.to_thread(open_transactions, name):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.2)
        assert pool.size <= POOL
        # Each place of the pool works.
        assert await asyncio.gather(*(arun(ask("SELECT 1")) for _ in range(POOL * 2))) == (
            [[(1,)]] * (POOL * 2)
        )
    await close_pools()
    return {number for (number, _, _), whole in zip(plan, read, strict=True) if whole}


@pytest.mark.parametrize("seed", range(3))
def test_clients_that_go_away_leave_nothing_open(database: str, seed: int) -> None:
    answered = asyncio.run(crowd(database, seed))
    assert answered
    assert answered <= set(committed)
    rows = [row[0] for row in run(ask("SELECT id FROM gone ORDER BY id"))]
    connection.close()
    assert rows == sorted(committed)
    assert len(answered) < len(rows) < CLIENTS, "some finished unseen, some were given up"
