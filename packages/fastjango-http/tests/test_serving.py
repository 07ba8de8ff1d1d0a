"""Serving with real processes: shutdown, deadlines, workers."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import CommandError
from fastjango.http.serving import ServeOptions, is_shutting_down, serve, shutdown
from fastjango.http.serving.address import parse_address

SITE = """
import asyncio, os, time
from contextlib import asynccontextmanager
from fastjango.http import FastJango
from fastjango.http.serving import is_shutting_down, wait_for_shutdown
from starlette.requests import Request
from starlette.responses import StreamingResponse

@asynccontextmanager
async def lifespan(app):
    print("up", flush=True)
    yield
    print("down", flush=True)

app = FastJango(openapi_url=None, lifespan=lifespan)

@app.get("/")
async def index():
    return {"pid": os.getpid()}

@app.get("/seen")
async def seen(request: Request):
    return [request.client.host, request.url.scheme]

@app.get("/slow")
async def slow(seconds: float = 1.0):
    await asyncio.sleep(seconds)
    return {"done": True}

@app.get("/stuck")
def stuck():
    time.sleep(60)

@app.get("/events")
async def events():
    async def chunks():
        try:
            while True:
                yield b"data: tick\\n\\n"
                await asyncio.sleep(0.1)
        finally:
            print("stream closed", flush=True)
    return StreamingResponse(chunks(), media_type="text/event-stream")

@app.get("/polite")
async def polite():
    async def chunks():
        yield b"begin "
        await wait_for_shutdown()
        yield b"end" if is_shutting_down() else b"?"
    return StreamingResponse(chunks())

@app.post("/body")
async def body(request: Request):
    return len(await request.body())

@app.get("/big")
async def big():
    async def chunks():
        for _ in range(2000):
            yield b"x" * 65536
    return StreamingResponse(chunks())
"""

RUN = """
import sys
from fastjango.http.serving import ServeOptions, serve
from fastjango.http.serving.options import Deadlines
if __name__ == "__main__":
    sys.exit(serve(ServeOptions(app="served:app", factory=False, **{options})))
"""


class Served:
    """A server process and how to talk to it."""

    def __init__(self, folder: Path, options: str) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        (folder / "served.py").write_text(SITE)
        (folder / "run.py").write_text(
            RUN.replace("{options}", f"{{'port': {self.port}, {options}}}")
        )
        self.process = subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(folder)},
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.get("/")
            except OSError:
                if self.process.poll() is not None:
                    raise AssertionError(self.output()) from None
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server did not answer")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=40)

    def get(self, path: str) -> bytes:
        with closing(self.connect()) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
            return read_all(client)

    def stop(self) -> float:
        """Send SIGTERM and wait; return the seconds that took."""
        before = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return time.monotonic() - before

    def output(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def read_all(client: socket.socket) -> bytes:
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(options: str = "") -> Served:
        started.append(Served(tmp_path, options))
        return started[-1]

    yield start
    for served in started:
        served.kill()


def test_stopping_under_load_loses_no_request(run: Callable[..., Served]) -> None:
    served = run("'grace': 10.0")
    asked = answered = 0
    stopping = False
    enough = asyncio.Event()

    async def client() -> None:
        nonlocal asked, answered
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        try:
            while True:
                # A client may use a connection until it is told that it will close.
                asked += 1
                writer.write(b"GET /slow?seconds=0.02 HTTP/1.1\r\nhost: x\r\n\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                assert body == b'{"done":true}'
                answered += 1
                if answered > 100:
                    enough.set()
                if b"connection: close" in head.lower():
                    return
        finally:
            writer.close()

    async def main() -> None:
        nonlocal stopping
        clients = [asyncio.create_task(client()) for _ in range(20)]
        await asyncio.wait_for(enough.wait(), 60)
        stopping = True
        served.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*clients), 30)

    asyncio.run(main())
    served.process.wait(30)

    assert stopping
    assert asked == answered > 100
    assert "down" in served.output()


def test_a_request_in_flight_finishes(run: Callable[..., Served]) -> None:
    served = run("'grace': 10.0")
    with closing(served.connect()) as client:
        client.sendall(b"GET /slow?seconds=2 HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        answer = read_all(client)

    served.process.wait(20)
    assert answer.endswith(b'{"done":true}')
    assert b"connection: close" in answer


def test_an_event_stream_is_ended_at_once(run: Callable[..., Served]) -> None:
    served = run("'grace': 30.0")
    with closing(served.connect()) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        assert client.recv(65536)
        taken = served.stop()

    assert taken < 10
    output = served.output()
    assert "stream closed" in output
    assert "down" in output


def test_a_stream_may_say_goodbye(run: Callable[..., Served]) -> None:
    served = run("'grace': 20.0")
    with closing(served.connect()) as client:
        client.sendall(b"GET /polite HTTP/1.1\r\nhost: x\r\n\r\n")
        assert client.recv(65536)
        taken = served.stop()
        assert b"end" in read_all(client)

    assert taken < 10


def test_a_stuck_request_cannot_hold_the_exit(run: Callable[..., Served]) -> None:
    served = run("'grace': 1.0")
    with closing(served.connect()) as client:
        client.sendall(b"GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.5)
        taken = served.stop()

    assert taken < 1 + shutdown.EXTRA_SECONDS + 8


def test_a_killed_worker_is_replaced(run: Callable[..., Served]) -> None:
    served = run("'workers': 2, 'grace': 5.0")
    first = served.get("/").rpartition(b":")[2].rstrip(b"}")

    os.kill(int(first), signal.SIGKILL)
    seen: set[bytes] = set()
    deadline = time.monotonic() + 40
    while len(seen - {first}) < 2 and time.monotonic() < deadline:
        try:
            seen.add(served.get("/").rpartition(b":")[2].rstrip(b"}"))
        except OSError:
            time.sleep(0.1)

    assert len(seen - {first}) >= 2
    served.stop()


def test_slow_clients_are_cut(run: Callable[..., Served]) -> None:
    served = run("'deadlines': Deadlines(head=1.0, body=1.0, write=2.0)")

    with closing(served.connect()) as silent, closing(served.connect()) as dripping:
        dripping.sendall(b"GET / HTTP/1.1\r\nx-slow: ")
        assert read_all(dripping).startswith(b"HTTP/1.1 408 ")
        assert read_all(silent).startswith(b"HTTP/1.1 408 ")
    with closing(served.connect()) as slow:
        slow.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc")
        assert read_all(slow).startswith(b"HTTP/1.1 408 ")
    with closing(served.connect()) as steady:
        steady.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 400\r\n\r\n")
        for _ in range(4):
            steady.sendall(b"x" * 100)
            time.sleep(0.4)
        assert steady.recv(65536).endswith(b"400")
    with closing(served.connect()) as deaf:
        deaf.sendall(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(4)
        received = 0
        try:
            while chunk := deaf.recv(65536):
                received += len(chunk)
        except ConnectionError:
            pass
        assert received < 2000 * 65536
    assert served.get("/").startswith(b"HTTP/1.1 200")
    assert served.stop() < 10


def test_granian_serves_and_stops(run: Callable[..., Served]) -> None:
    pytest.importorskip("granian")
    served = run(
        "'engine': 'granian', 'workers': 2, 'grace': 10.0, 'proxies': '127.0.0.1',"
        " 'deadlines': Deadlines(head=1.0)"
    )
    with closing(served.connect()) as dripping:
        dripping.sendall(b"GET / HTTP/1.1\r\nx-slow: ")
        assert b" 200 " not in read_all(dripping)  # cut, not waited for
    with closing(served.connect()) as client:
        client.sendall(
            b"GET /seen HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            b"x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n\r\n"
        )
        assert read_all(client).endswith(b'["203.0.113.9","https"]')
    with closing(served.connect()) as client:
        client.sendall(b"GET /slow?seconds=2 HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        assert read_all(client).endswith(b'{"done":true}')
    assert served.process.wait(20) == 0
    assert "down" in served.output()


def test_an_edit_restarts_the_development_server(
    run: Callable[..., Served], tmp_path: Path
) -> None:
    served = run(f"'reload': ({str(tmp_path)!r},), 'grace': 1.0")
    first = served.get("/")

    time.sleep(1)
    (tmp_path / "served.py").write_text(SITE.replace('"pid": os.getpid()', '"edited": True'))

    deadline = time.monotonic() + 60
    answer = first
    while b"edited" not in answer and time.monotonic() < deadline:
        time.sleep(0.3)
        try:
            answer = served.get("/")
        except OSError:
            continue
    assert b"edited" in answer


def test_a_site_that_cannot_start_says_so(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text("raise RuntimeError('no site')")
    (tmp_path / "run.py").write_text(RUN.replace("{options}", "{'port': 0}"))

    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "no site" in done.stderr


# -- without a process ---------------------------------------------------------------------------


def test_addresses() -> None:
    assert parse_address("8000") == ("127.0.0.1", 8000, False)
    assert parse_address("8000", ipv6=True) == ("::1", 8000, True)
    assert parse_address("0.0.0.0:80") == ("0.0.0.0", 80, False)
    assert parse_address("[2001:db8::1]:80") == ("2001:db8::1", 80, True)
    assert parse_address("my-host.example:80", ipv6=True) == ("my-host.example", 80, True)
    for wrong, text in (
        ("x", "is not a valid port number or address:port pair"),
        ("99999", "is not a port number"),
    ):
        with pytest.raises(CommandError, match=text):
            parse_address(wrong)
    with pytest.raises(CommandError, match="is not a valid IPv6 address"):
        parse_address("127.0.0.1:80", ipv6=True)


def test_an_unknown_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP", "FACTORY", "GRACE", "DEADLINES"):
        monkeypatch.setenv(f"FASTJANGO_SERVE_{name}", "")
    monkeypatch.setattr(sys, "path", list(sys.path))

    with pytest.raises(ImproperlyConfigured, match="no server engine 'apache'"):
        serve(ServeOptions(engine="apache"))
    monkeypatch.setitem(sys.modules, "granian.server", None)
    with pytest.raises(ImproperlyConfigured, match=r"fastjango-http\[granian\]"):
        serve(ServeOptions(engine="granian"))


async def test_waiting_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(shutdown, "_begun", threading.Event())
    ended: list[float] = []
    monkeypatch.setattr(shutdown, "_end_process", ended.append)
    waiting = asyncio.create_task(shutdown.wait_for_shutdown())
    await asyncio.sleep(0)
    assert not is_shutting_down()

    shutdown.begin_shutdown(3)
    shutdown.begin_shutdown(3)

    await asyncio.wait_for(waiting, 5)
    await asyncio.wait_for(shutdown.wait_for_shutdown(), 5)
    assert is_shutting_down()
    assert ended == [3 + shutdown.EXTRA_SECONDS]


def test_the_handlers_that_were_there_run_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []
    caught: list[int] = []
    monkeypatch.setattr(shutdown, "begin_shutdown", begun.append)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, lambda number, frame: caught.append(number))
    try:
        shutdown.install(7)
        signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert begun == [7]
    assert caught == [signal.SIGTERM]


def test_the_process_is_ended_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr("logging.shutdown", lambda: None)

    shutdown._end_process(0)

    assert ended == [0]
