"""A database that cannot answer is a 503 for whoever asks, on every kind of view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.http import FastJango, HttpResponse, path
from fastjango.http.errors.handlers import install
from fastjango.http.urls import handlers
from fastjango.orm import OperationalError, connections
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Statement
from fastjango.orm.engine.wrapper import blocked
from starlette.testclient import TestClient


def ask() -> Any:
    yield Statement("SELECT 1")


def sync_view(request: Any) -> HttpResponse:
    run(ask())
    return HttpResponse("answered")


async def async_view(request: Any) -> HttpResponse:
    await arun(ask())
    return HttpResponse("answered")


def broken_view(request: Any) -> HttpResponse:
    raise OperationalError("disk I/O error")


async def operation() -> str:
    await arun(ask())
    return "answered"


def sync_operation() -> str:
    run(ask())
    return "answered"


def site_page(request: Any) -> HttpResponse:
    return HttpResponse("our own page", status=500)


PATTERNS = [path("sync/", sync_view), path("async/", async_view), path("broken/", broken_view)]


@pytest.fixture(params=["postgresql", "mysql"])
def unreachable(request: pytest.FixtureRequest) -> Iterator[None]:
    """A database on a port where nothing listens."""
    before = dict(blocked)
    blocked.clear()
    entry = {
        "ENGINE": request.param,
        "NAME": "nothing",
        "HOST": "127.0.0.1",
        "PORT": "1",
        "USER": "nobody",
        "OPTIONS": {"connect_timeout": 2},
    }
    connections.reconfigure({"default": entry})
    yield
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
    blocked.update(before)


def client_of(patterns: Any = PATTERNS) -> TestClient:
    app = FastJango(urlpatterns=patterns)
    install(app)  # as `get_asgi_application()` does
    app.get("/operation")(operation)
    app.get("/sync-operation")(sync_operation)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("place", ["/sync/", "/async/", "/operation", "/sync-operation"])
def test_a_database_that_is_not_there_is_a_503(unreachable: None, place: str) -> None:
    answer = client_of().get(place)
    assert answer.status_code == 503
    assert "Service Unavailable" in answer.text
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize("place", ["/sync/", "/async/", "/operation", "/sync-operation"])
def test_a_bare_application_answers_so_too(unreachable: None, place: str) -> None:
    app = FastJango(urlpatterns=PATTERNS)
    app.get("/operation")(operation)
    app.get("/sync-operation")(sync_operation)
    answer = TestClient(app, raise_server_exceptions=False).get(place)
    assert (answer.status_code, answer.text) == (503, "Service Unavailable")
    answer = TestClient(app, raise_server_exceptions=False).get("/broken/")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_other_errors_of_a_database_stay_faults() -> None:
    assert client_of().get("/broken/").status_code == 500


def test_the_site_may_write_the_page(unreachable: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "handler500", site_page)
    answer = client_of().get("/async/")
    assert (answer.status_code, answer.text) == (503, "our own page")


def test_sqlite_locked_for_too_long_is_a_503(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "db.sqlite3"
    before = dict(blocked)
    blocked.clear()
    connections.reconfigure(
        {"default": {"ENGINE": "sqlite3", "NAME": str(file), "OPTIONS": {"timeout": 0.1}}}
    )

    def write() -> Any:
        yield Statement("INSERT INTO t VALUES (1)", kind="write")

    async def view(request: Any) -> HttpResponse:
        await arun(write())
        return HttpResponse("written")

    def sync(request: Any) -> HttpResponse:
        run(write())
        return HttpResponse("written")

    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("CREATE TABLE t (v integer)")
        client = client_of([path("view/", view), path("sync/", sync)])
        other.execute("BEGIN IMMEDIATE")
        assert [client.get(place).status_code for place in ("/view/", "/sync/")] == [503, 503]
        other.execute("COMMIT")
        assert [client.get(place).status_code for place in ("/view/", "/sync/")] == [200, 200]
    finally:
        other.close()
        connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
        blocked.update(before)
