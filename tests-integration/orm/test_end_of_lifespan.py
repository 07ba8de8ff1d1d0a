"""An application that ends leaves no database connection open, whichever interface opened it."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.core import settings
from fastjango.http import FastJango, HttpResponse, path
from fastjango.http.asgi import get_asgi_application
from fastjango.orm import connection, connections
from fastjango.orm.engine.pools import has_open_pools
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Result, Statement, Steps
from starlette.testclient import TestClient

opened: list[Any] = []


def ask(sql: str = "SELECT 7") -> Steps[Any]:
    result: Result = yield Statement(sql)
    return result.rows


def sync_view(request: Any) -> HttpResponse:
    found = run(ask())
    opened.append(connection.connection)
    return HttpResponse(str(found[0][0]))


async def async_view(request: Any) -> HttpResponse:
    return HttpResponse(str((await arun(ask()))[0][0]))


urlpatterns = [path("sync/", sync_view), path("async/", async_view)]


@pytest.fixture(
    autouse=True,
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database whose connections stay open for ever."""
    name = f"fj_end_{os.getpid()}_{secrets.token_hex(4)}"
    entry: dict[str, Any] = {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    if request.param != "sqlite":
        address: str = request.getfixturevalue(f"{request.param}_url")
        url = urlsplit(address)
        entry = {
            "ENGINE": "postgresql" if request.param == "postgres" else "mysql",
            "NAME": name,
            "USER": url.username or "",
            "PASSWORD": url.password or "",
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
        }
    entry["CONN_MAX_AGE"] = None
    connections.reconfigure({"default": entry})
    if request.param != "sqlite":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    opened.clear()
    yield request.param
    connections.reconfigure({"default": entry})
    connection.creation._destroy_test_db(entry["NAME"], 0)
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})


def is_open(raw: Any) -> bool:
    if connection.vendor == "postgresql":
        return not raw.closed
    if connection.vendor == "mysql":
        return bool(raw.open)
    try:
        raw.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def sessions() -> int:
    """How many others the server has in this database."""
    if connection.vendor == "postgresql":
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    else:
        sql = "SELECT count(*) FROM information_schema.processlist WHERE db = database()"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0]) - 1


def bare() -> FastJango:
    return FastJango(urlpatterns=urlpatterns)


def configured(monkeypatch: pytest.MonkeyPatch) -> FastJango:
    monkeypatch.setattr(settings, "ROOT_URLCONF", __name__)
    return get_asgi_application()


@pytest.mark.parametrize("kind", ["bare", "configured"])
def test_both_kinds_of_connections_are_closed(
    kind: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = bare() if kind == "bare" else configured(monkeypatch)
    for _ in range(2):  # and a second life begins with new ones
        with TestClient(app) as client:
            assert [client.get(place).text for place in ("/sync/", "/async/")] == ["7", "7"]
            assert has_open_pools()
            assert is_open(opened[-1])
        assert not has_open_pools()
        assert not is_open(opened[-1])
    if database != "sqlite":

        async def none_left() -> bool:
            for _ in range(100):  # servers notice a little later
                if not await asyncio.to_thread(sessions):
                    return True
                await asyncio.sleep(0.02)
            return False

        assert asyncio.run(none_left())


def test_what_else_ends_may_still_query() -> None:
    answers: list[Any] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncGenerator[None]:
        yield
        answers.append(await arun(ask("SELECT 8")))

    @asynccontextmanager
    async def contribution(app: Any) -> AsyncGenerator[None]:
        yield
        answers.append(await arun(ask("SELECT 9")))

    app = FastJango(urlpatterns=urlpatterns, lifespan=lifespan)
    app.add_lifespans([contribution])
    with TestClient(app) as client:
        assert client.get("/async/").text == "7"
    assert [row[0][0] for row in answers] == [8, 9]
    assert not has_open_pools()


def test_connections_of_another_loop_stay() -> None:
    with TestClient(bare()) as outer:
        assert outer.get("/sync/").text == "7"
        kept = opened[-1]
        with TestClient(bare()) as inner:
            assert inner.get("/sync/").text == "7"
        assert not is_open(opened[-1])
        assert kept is not opened[-1]
        assert is_open(kept)
    assert not is_open(kept)
