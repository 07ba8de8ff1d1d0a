"""Connections of worker threads: closed by age and after errors, kept while something goes on."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.http import FastJango, HttpRequest, HttpResponse, StreamingHttpResponse, path
from fastjango.orm import close_old_connections, connection, connections, reset_queries
from fastjango.orm.engine.handler import listen
from fastjango.signals import request_finished, request_started
from starlette.testclient import TestClient

opened: list[Any] = []
threads: list[int] = []


def ask(number: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [number])
        row: Any = cursor.fetchone()
    opened.append(connection.connection)
    threads.append(threading.get_ident())
    return row[0]


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(ask(1)))


def failing(request: HttpRequest) -> HttpResponse:
    ask(1)
    raise ValueError("after the query")


def mistaken(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    raise AssertionError


def parts() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 UNION SELECT 2 UNION SELECT 3")
        for (number,) in iter(cursor.fetchone, None):
            opened.append(connection.connection)
            yield str(number)


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts())


async def quiet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(threading.get_ident()))


urlpatterns = [
    path("view/", view),
    path("failing/", failing),
    path("mistaken/", mistaken),
    path("streamed/", streamed),
    path("quiet/", quiet),
]
app = FastJango(urlpatterns=urlpatterns)


@app.get("/operation")
def operation() -> int:
    """A path operation that waits for the database in its thread."""
    number: int = ask(7)
    return number


@pytest.fixture(name="max_age", params=[0, None])
def a_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int | None]:
    """A database in a file, whose connections close when they should."""
    known = connections.settings
    default = {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db"), "CONN_MAX_AGE": request.param}
    connections.reconfigure({"default": default})
    opened.clear()
    threads.clear()
    yield request.param
    connections.reconfigure(known)


def is_open(raw: Any) -> bool:
    try:
        raw.execute("SELECT 1")
    except Exception as error:
        # Another thread's connection refuses too, but says so.
        return "thread" in str(error)
    return True


@pytest.mark.parametrize("url", ["/view/", "/failing/", "/operation"])
def test_connections_of_worker_threads_follow_their_maximum_age(
    max_age: int | None, url: str
) -> None:
    with TestClient(app, raise_server_exceptions=False) as client:
        client.get(url)
        assert threads[0] != threading.get_ident()
        assert is_open(opened[0]) == (max_age is None)


def test_a_streamed_cursor_keeps_its_connection(max_age: int | None) -> None:
    with TestClient(app) as client:
        assert client.get("/streamed/").text == "123"
    assert len({id(raw) for raw in opened}) == 1


def test_a_connection_is_asked_after_an_error(
    max_age: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    kind = type(connections["default"])
    monkeypatch.setattr(kind, "is_usable", lambda self: asked.append(self.alias) or False)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType, reportUnknownMemberType]  # of any vendor
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/mistaken/").status_code == 500
        assert client.get("/view/").text == "1"
    assert asked == ["default"]


def test_a_transaction_that_goes_on_keeps_its_connection(max_age: int | None) -> None:
    from fastjango.core.aio import finishing
    from fastjango.orm import transaction

    with transaction.atomic():
        finishing(lambda: ask(1))()
        assert is_open(opened[0])
        finishing(lambda: ask(2))()
    assert opened[0] is opened[1]
    finishing(lambda: ask(3))()
    assert is_open(opened[2]) == (max_age is None)


def test_requests_that_use_no_thread_need_none(
    max_age: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen()

    def forbidden(*args: Any) -> Any:
        raise AssertionError("a thread was asked for")

    with TestClient(app) as client:
        monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", forbidden)
        monkeypatch.setattr("anyio.to_thread.run_sync", forbidden)
        assert client.get("/quiet/").status_code == 200


def test_signals_of_others_still_close(max_age: int | None) -> None:
    ask(1)
    request_started.send(sender=None, scope={})
    assert (connection.connection is None) == (max_age == 0)
    ask(1)
    request_finished.send(sender=None)
    assert (connection.connection is None) == (max_age == 0)
    close_old_connections()
    reset_queries()
