"""A real server that is stopped, killed, restarted and frozen: 503 in time, then 200 by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import settings
from fastjango.http import HttpResponse, path
from fastjango.http.asgi import get_asgi_application
from fastjango.orm import connection, connections, transaction
from fastjango.orm.engine.pools import close_pools
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import blocked
from service_kinds import HOST, SERVICES, ServiceMissingError
from services import free_port
from starlette.testclient import TestClient

CONNECT, QUERY, WAIT = 2, 1, 0.3
"""Seconds: the limits of the settings of these tests."""

SLACK = 5.0
"""Seconds that an answer may take on top of its limits on a busy machine."""

DURABLE = {
    "postgres": ["-c", "synchronous_commit=on"],
    "mysql": ["--innodb-flush-log-at-trx-commit=2"],
}
"""What a server needs on top of its options, to keep what it has committed when it is killed."""

PLACES = ("/sync/", "/async/", "/sync-operation", "/operation")


@dataclass
class Server:
    """A database server of this test's own."""

    marker: str
    folder: Path
    port: int
    command: list[str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while SERVICES[self.marker].probe(self.port) is None:
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server and all processes that it has started."""
        assert self.process is not None
        # Not its group: the processes of PostgreSQL leave it.
        known = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        pairs = [map(int, line.split()) for line in known.stdout.splitlines()]
        for process in [self.process.pid, *(p for p, of in pairs if of == self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: at once by SIGKILL, in good order else."""
        process = self.process
        assert process is not None
        if number is signal.SIGKILL:
            self.send(number)
        else:
            process.send_signal(number if self.marker == "postgres" else signal.SIGTERM)
        process.wait(30)
        self.process = None


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server, which a test leaves running."""
    start = SERVICES[request.param].start
    assert start is not None
    base = Path(tempfile.mkdtemp(prefix="fastjango-restart-"))
    folder = base / request.param
    folder.mkdir()
    for place in (base, folder):
        place.chmod(0o755)  # servers that refuse to run as root look for their files
    port = free_port()
    try:
        command = [*start(folder, port), *DURABLE[request.param]]
        found = Server(request.param, folder, port, command)
        found.start()
    except ServiceMissingError as error:
        shutil.rmtree(base, ignore_errors=True)
        pytest.skip(f"no service: {error}")
    try:
        yield found
    finally:
        if found.process is not None:
            with suppress(ProcessLookupError):
                found.stop(signal.SIGKILL)
        shutil.rmtree(base, ignore_errors=True)


# -- the site ------------------------------------------------------------------------------


def ask(sql: str) -> Generator[Statement, Result, Any]:
    return (yield Statement(sql)).rows


def write(sql: str) -> Any:
    yield Statement(sql, kind="write")


def long_sleep() -> str:
    return f"SELECT {'pg_sleep' if connection.vendor == 'postgresql' else 'sleep'}(60)"


def sync_view(request: Any) -> HttpResponse:
    return HttpResponse(str(run(ask("SELECT 7"))[0][0]))


async def async_view(request: Any) -> HttpResponse:
    return HttpResponse(str((await arun(ask("SELECT 7")))[0][0]))


sleeping = threading.Semaphore(0)
"""Released by every request that is about to wait for a long statement."""


async def slow(request: Any) -> HttpResponse:
    async with transaction.atomic():
        await arun(write("INSERT INTO fj_restart VALUES (0)"))
        sleeping.release()
        await arun(ask(long_sleep()))
    return HttpResponse("slept")


def slow_sync(request: Any) -> HttpResponse:
    with transaction.atomic():
        run(write("INSERT INTO fj_restart VALUES (0)"))
        sleeping.release()
        run(ask(long_sleep()))
    return HttpResponse("slept")


async def insert(request: Any, number: int) -> HttpResponse:
    async with transaction.atomic():
        await arun(write(f"INSERT INTO fj_restart VALUES ({number})"))
    return HttpResponse("written")


def insert_sync(request: Any, number: int) -> HttpResponse:
    with transaction.atomic():
        run(write(f"INSERT INTO fj_restart VALUES ({number})"))
    return HttpResponse("written")


async def operation() -> int:
    number: int = (await arun(ask("SELECT 7")))[0][0]
    return number


def sync_operation() -> int:
    number: int = run(ask("SELECT 7"))[0][0]
    return number


urlpatterns = [
    path("sync/", sync_view),
    path("async/", async_view),
    path("slow/", slow),
    path("slow-sync/", slow_sync),
    path("insert/<int:number>/", insert),
    path("insert-sync/<int:number>/", insert_sync),
]


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of the configured site; one event loop and its pool for all requests."""
    before = dict(blocked)
    blocked.clear()
    is_postgres = server.marker == "postgres"
    entry: dict[str, Any] = {
        "ENGINE": "postgresql" if is_postgres else "mysql",
        "NAME": "postgres" if is_postgres else "mysql",
        "USER": "postgres" if is_postgres else "root",
        "HOST": HOST,
        "PORT": str(server.port),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": CONNECT,
            "query_timeout": QUERY,
            "pool": {"max_size": 2, "timeout": WAIT},
        },
    }
    connections.reconfigure({"default": entry})
    run(write("DROP TABLE IF EXISTS fj_restart"))
    run(write("CREATE TABLE fj_restart (id integer)"))
    connections.close_all()
    monkeypatch.setattr(settings, "ROOT_URLCONF", __name__)
    app = get_asgi_application()
    app.get("/operation")(operation)
    app.get("/sync-operation")(sync_operation)
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found
        assert found.portal is not None
        found.portal.call(close_pools)
    connections.close_all()
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
    blocked.update(before)


def works(client: TestClient) -> None:
    for place in PLACES:
        answer = client.get(place)
        assert (place, answer.status_code, answer.text) == (place, 200, "7")


def refuses(client: TestClient, limit: float, places: Sequence[str] = PLACES) -> None:
    for place in places:
        start = time.monotonic()
        answer = client.get(place)
        assert (place, answer.status_code) == (place, 503)
        assert "Service Unavailable" in answer.text
        assert str(client.app) not in answer.text
        assert time.monotonic() - start < limit + SLACK


def in_the_middle(client: TestClient, place: str, what: Callable[[], None]) -> Any:
    """Do something while a statement of a request is at work; return the answer."""
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(client.get(place)))
    asking.start()
    assert sleeping.acquire(timeout=10)
    time.sleep(0.1)
    what()
    asking.join(QUERY + CONNECT + WAIT + SLACK)
    assert answers, "no answer in time"
    return answers[0]


def test_a_stopped_server_is_a_503_until_it_is_back(server: Server, client: TestClient) -> None:
    works(client)
    server.stop()
    refuses(client, CONNECT)
    server.start()
    works(client)
    # Nobody has asked meanwhile: the connections are dead, and found to be.
    server.stop(signal.SIGKILL)
    server.start()
    works(client)


def test_a_server_killed_under_a_request(server: Server, client: TestClient) -> None:
    written: list[int] = []
    for number, place in enumerate(("/slow/", "/slow-sync/"), start=1):
        works(client)
        assert client.get(f"/insert/{number}/").status_code == 200
        assert client.get(f"/insert-sync/{number}/").status_code == 200
        written += [number, number]
        answer = in_the_middle(client, place, lambda: server.stop(signal.SIGKILL))
        assert (place, answer.status_code) == (place, 503)
        assert client.get(f"/insert/{number}/").status_code == 503
        assert client.get(f"/insert-sync/{number}/").status_code == 503
        server.start()
        works(client)
    # What was answered by 200 is there once; what was answered by 503 is not.
    assert [row[0] for row in run(ask("SELECT id FROM fj_restart ORDER BY id"))] == written
    connection.close()


def test_a_frozen_server_is_a_503_until_it_goes_on(server: Server, client: TestClient) -> None:
    works(client)
    server.send(signal.SIGSTOP)
    try:
        refuses(client, QUERY + CONNECT, PLACES[:2])
    finally:
        server.send(signal.SIGCONT)
    works(client)


def test_an_exhausted_pool_is_a_503_until_a_place_is_free(
    server: Server, client: TestClient
) -> None:
    works(client)
    both = [threading.Thread(target=client.get, args=("/slow/",)) for _ in range(2)]
    for one in both:
        one.start()
    try:
        for _ in both:
            assert sleeping.acquire(timeout=10)
        start = time.monotonic()
        answer = client.get("/async/")
        taken = time.monotonic() - start
    finally:
        for one in both:
            one.join()
    assert answer.status_code == 503
    assert taken < WAIT + SLACK
    works(client)
    assert run(ask("SELECT count(*) FROM fj_restart")) == [(0,)]
    connection.close()
