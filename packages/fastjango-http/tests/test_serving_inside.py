"""The parts of serving in this process: the protocol, the options, the commands."""

import asyncio
import io
import json
import sys
import types
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastjango.core.management import CommandError
from fastjango.core.management.base import check_migrations
from fastjango.http import FastJango
from fastjango.http.management.commands.runserver import Command as RunServer
from fastjango.http.management.commands.serve import Command as Serve
from fastjango.http.serving import ServeOptions, run, serve, site
from fastjango.http.serving.options import SITE, Deadlines
from fastjango.http.serving.protocol import DEADLINES_VARIABLE, GuardedProtocol, pass_deadlines
from starlette.requests import Request
from starlette.responses import StreamingResponse

Start = Callable[..., Any]
GET = b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n"


def application() -> FastJango:
    app = FastJango(openapi_url=None)

    @app.get("/")
    async def index() -> str:
        return "ok"

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.6)
        return "slow"

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield b"data: x\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(chunks(), media_type="text/event-stream")

    @app.post("/early")
    async def early(request: Request) -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"early"
            await asyncio.sleep(30)

        return StreamingResponse(chunks())

    @app.get("/big")
    async def big() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(4000):
                yield b"x" * 65536

        return StreamingResponse(chunks())

    return app


@asynccontextmanager
async def serving(deadlines: Deadlines) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DEADLINES_VARIABLE, "")
        pass_deadlines(deadlines)
        config = uvicorn.Config(
            application(),
            port=0,
            http=GuardedProtocol,  # type: ignore[arg-type]
            log_level="critical",
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield server, server.servers[0].sockets[0].getsockname()[1]
        finally:
            for writer in _open:
                writer.close()
            _open.clear()
            server.should_exit = True
            await asyncio.wait_for(task, 20)


_open: list[asyncio.StreamWriter] = []


async def say(port: int, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect and send; the connection stays until the server of the test ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _open.append(writer)
    writer.write(data)
    return reader, writer


async def rest(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), 20)


async def test_heads_and_bodies_have_deadlines() -> None:
    async with serving(Deadlines(head=0.3, body=0.3)) as (_, port):
        silent, _ = await say(port, b"")
        dripping, _ = await say(port, b"GET / HTTP/1.1\r\nx-slow: ")
        stalled, _ = await say(port, b"POST /body HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc")
        for reader in (silent, dripping, stalled):
            assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")


async def test_a_second_request_has_its_own_deadline() -> None:
    async with serving(Deadlines(head=0.4, body=0.3)) as (_, port):
        reader, writer = await say(port, GET % b"/")
        await reader.readuntil(b'"ok"')
        writer.write(b"GET /slow HTTP/1.1\r\n")
        assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")


async def test_a_head_sent_during_an_answer_has_a_deadline() -> None:
    async with serving(Deadlines(head=0.5)) as (_, port):
        reader, writer = await say(port, GET % b"/slow" + b"GET / HTTP/1.1\r\n")
        await reader.readuntil(b'"slow"')
        writer.write(b"x")  # ends the wait of a connection that is kept alive
        try:
            answer = await asyncio.wait_for(reader.read(), 20)
        except ConnectionResetError:  # the byte came when all was over
            answer = b""
        assert answer.startswith(b"HTTP/1.1 408 ") or not answer


async def test_a_body_that_makes_progress_is_let_through() -> None:
    async with serving(Deadlines(body=0.3, body_rate=10)) as (_, port):
        reader, writer = await say(port, b"POST /body HTTP/1.1\r\ncontent-length: 50\r\n\r\n")
        for _ in range(10):
            writer.write(b"x" * 5)
            await asyncio.sleep(0.1)
        await reader.readuntil(b"50")


async def test_an_answer_that_began_is_cut_with_its_body() -> None:
    async with serving(Deadlines(body=0.3)) as (_, port):
        reader, _ = await say(port, b"POST /early HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc")
        assert b"early" in await rest(reader)


async def test_a_client_that_does_not_read_is_cut() -> None:
    async with serving(Deadlines(write=0.3)) as (_, port):
        reader, writer = await say(port, GET % b"/big")
        sock: Any = writer.get_extra_info("socket")
        assert sock is not None
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(1.5)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        try:
            received = len(await rest(reader))
        except ConnectionError:
            received = 0
        assert received < 4000 * 65536


async def test_a_client_that_reads_again_goes_on() -> None:
    async with serving(Deadlines(write=5)) as (_, port):
        reader, writer = await say(port, GET % b"/big")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.3)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await reader.readexactly(8_000_000)) == 8_000_000
        writer.close()


async def test_stopping_answers_what_is_there_and_what_comes_in_a_moment() -> None:
    async with serving(Deadlines(linger=2)) as (server, port):
        idle, idle_writer = await say(port, GET % b"/")
        await idle.readuntil(b'"ok"')
        silent, _ = await say(port, GET % b"/")
        await silent.readuntil(b'"ok"')
        slow, _ = await say(port, GET % b"/slow")
        events, _ = await say(port, GET % b"/events")
        await events.readuntil(b"data: x")
        await asyncio.sleep(0.1)

        server.should_exit = True
        await asyncio.sleep(0.3)
        idle_writer.write(GET % b"/")

        answer = await rest(idle)
        assert b'"ok"' in answer
        assert b"connection: close" in answer
        assert await rest(silent) == b""
        assert b'"slow"' in await rest(slow)
        await rest(events)


async def test_a_connection_made_while_stopping_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(Deadlines(linger=0.2)) as (_, port):
        monkeypatch.setattr("fastjango.http.serving.protocol.is_shutting_down", lambda: True)
        reader, _ = await say(port, GET % b"/")
        assert b"connection: close" in await rest(reader)


async def test_websockets_have_no_deadline() -> None:
    async with serving(Deadlines(head=0.2)) as (_, port):
        upgrade = (
            b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        reader, _ = await say(port, upgrade)
        assert b" 403 " in await rest(reader)


# -- options and commands ------------------------------------------------------------------------


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("APP", "FACTORY", "GRACE", "DEADLINES"):
        monkeypatch.setenv(f"FASTJANGO_SERVE_{name}", "")
    monkeypatch.setattr(sys, "path", list(sys.path))
    return monkeypatch


def test_uvicorn_is_started_in_three_ways(quiet: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    configs: list[uvicorn.Config] = []

    class Supervisor:
        def __init__(self, config: uvicorn.Config, **options: Any) -> None:
            configs.append(config)

        def run(self) -> None:
            started.append("supervisor")

    class Server:
        started = True

        def __init__(self, config: uvicorn.Config) -> None:
            configs.append(config)

        def run(self) -> None:
            started.append("server")

    quiet.setattr("uvicorn.supervisors.ChangeReload", Supervisor)
    quiet.setattr("uvicorn.supervisors.Multiprocess", Supervisor)
    quiet.setattr(uvicorn, "Server", Server)
    quiet.setattr(uvicorn.Config, "bind_socket", lambda config: None)

    assert serve(ServeOptions(grace=1.5)) == 0
    assert serve(ServeOptions(workers=2)) == 0
    assert serve(ServeOptions(reload=(".",))) == 0
    Server.started = False
    assert serve(ServeOptions()) == 3
    Server.run = lambda self: (_ for _ in ()).throw(KeyboardInterrupt())  # type: ignore[assignment]
    assert serve(ServeOptions()) == 0

    assert started == ["server", "supervisor", "supervisor", "server"]
    assert configs[0].timeout_graceful_shutdown == 2
    assert json.loads(run.os.environ[DEADLINES_VARIABLE])["head"] == 10.0


def test_granian_is_started(quiet: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    given: dict[str, Any] = {}

    class Server:
        def __init__(self, target: str, **options: Any) -> None:
            given.update(options, target=target)

        def serve(self) -> None:
            given["served"] = True

    names: Any = types.SimpleNamespace
    pytest.importorskip("granian")
    quiet.setitem(sys.modules, "granian.server", names(Server=Server))
    quiet.setitem(sys.modules, "granian.constants", names(Interfaces=names(ASGI="asgi")))

    assert serve(ServeOptions(engine="granian", workers=3, grace=4)) == 0

    assert given["served"]
    assert (given["workers"], given["workers_kill_timeout"]) == (3, 4)
    assert given["http1_settings"].header_read_timeout == 10_000
    assert (given["uds"], given["reload"]) == (None, False)
    assert not caplog.records

    quiet.setenv(site.PROXIES_VARIABLE, "")
    deadlines = Deadlines(head=0, write=5)
    made = ServeOptions(
        engine="granian", uds="/run/x.sock", proxies="10.0.0.1", deadlines=deadlines, reload=(".",)
    )
    assert serve(made) == 0
    assert (given["uds"], given["reload_paths"]) == (Path("/run/x.sock"), [Path()])
    assert given["http1_settings"].header_read_timeout == 30_000
    assert "no deadlines for bodies and readers" in caplog.text
    assert run.os.environ[site.PROXIES_VARIABLE] == "10.0.0.1"


def test_workers_load_what_the_environment_names(quiet: pytest.MonkeyPatch) -> None:
    installed: list[float] = []
    quiet.setattr(site, "install", installed.append)
    quiet.setenv(site.APP_VARIABLE, "json:dumps")
    quiet.setenv(site.FACTORY_VARIABLE, "0")
    quiet.setenv(site.GRACE_VARIABLE, "3")

    assert site.application() is json.dumps

    quiet.setenv(site.APP_VARIABLE, "builtins:dict")
    quiet.setenv(site.FACTORY_VARIABLE, "1")
    assert site.application() == {}
    quiet.setenv(site.PROXIES_VARIABLE, "10.0.0.1")
    assert site.application().app == {}
    assert installed == [3.0, 3.0, 3.0]


def call(command: Any, *arguments: str) -> str:
    out = io.StringIO()
    made = command(stdout=out, no_color=True)
    parser = made.create_parser("manage.py", "x")
    options = vars(parser.parse_args(list(arguments)))
    made.handle(**options)
    return out.getvalue()


def test_the_serve_command(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[ServeOptions] = []
    monkeypatch.setattr(run, "serve", lambda options: given.append(options) or 0)

    call(Serve, "0.0.0.0:80", "--workers", "0", "--grace", "7", "--head-timeout", "1")
    call(Serve, "--app", "mine:app")

    assert (given[0].host, given[0].port, given[0].grace) == ("0.0.0.0", 80, 7.0)
    assert given[0].workers >= 1
    assert (given[0].app, given[0].factory, given[0].deadlines.head) == (SITE, True, 1.0)
    assert (given[1].app, given[1].factory) == ("mine:app", False)


def test_the_serve_command_tells_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "serve", lambda options: 3)

    with pytest.raises(CommandError, match="could not start"):
        call(Serve)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "granian.server", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("APP", "FACTORY", "GRACE", "DEADLINES"):
        monkeypatch.setenv(f"FASTJANGO_SERVE_{name}", "")
    with pytest.raises(CommandError, match="is not installed"):
        call(Serve, "--engine", "granian")


def test_the_runserver_command(configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[ServeOptions] = []
    statuses = iter((0, 0, 3))
    monkeypatch.setattr(run, "serve", lambda options: given.append(options) or next(statuses))
    configured(DEBUG=True, SETTINGS_MODULE="project.settings")

    assert "http://127.0.0.1:8000/" in call(RunServer)
    assert "http://[::1]:9000/" in call(RunServer, "9000", "--ipv6", "--noreload")
    with pytest.raises(CommandError, match="could not start"):
        call(RunServer)
    configured(DEBUG=False, ALLOWED_HOSTS=[], SETTINGS_MODULE="project.settings")
    with pytest.raises(CommandError, match=r"You must set settings\.ALLOWED_HOSTS"):
        call(RunServer)

    assert given[0].reload
    assert given[1].reload == ()
    assert given[0].deadlines == Deadlines(head=0, body=0, write=0)


def test_projects_say_where_their_runserver_listens(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[ServeOptions] = []
    monkeypatch.setattr(run, "serve", lambda options: given.append(options) or 0)
    configured(DEBUG=True, SETTINGS_MODULE="project.settings")

    class Own(RunServer):
        default_addr = "0.0.0.0"
        default_addr_ipv6 = "::"
        default_port = "5000"

    assert "http://0.0.0.0:5000/" in call(Own)
    assert "http://[::]:5000/" in call(Own, "--ipv6")
    assert "http://127.0.0.2:7000/" in call(Own, "127.0.0.2:7000")
    assert "http://0.0.0.0:7000/" in call(RunServer, "0:7000")
    assert "http://127.0.0.1:8000/" in call(RunServer, "")
    assert [(options.host, options.port) for options in given] == [
        ("0.0.0.0", 5000), ("::", 5000), ("127.0.0.2", 7000), ("0.0.0.0", 7000),
        ("127.0.0.1", 8000),
    ]  # fmt: skip


def test_a_command_may_run_another_server(configured: Any) -> None:
    configured(DEBUG=True, SETTINGS_MODULE="project.settings")
    ran: list[Any] = []

    class Own(RunServer):
        def run(self, **options: Any) -> None:
            ran.append((self.addr, self.port, self.use_ipv6, options["use_reloader"]))

    call(Own, "test.domain.local:7000", "--ipv6", "--noreload")
    assert ran == [("test.domain.local", "7000", True, False)]


def test_runserver_asks_for_unapplied_migrations_before_it_serves(
    configured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def warn(command: Any) -> None:
        command.stdout.write("You have 3 unapplied migration(s).")
        done.append("asked")

    monkeypatch.setattr(run, "serve", lambda options: done.append("served") or 0)
    configured(DEBUG=True, SETTINGS_MODULE="project.settings")
    with check_migrations.implemented(warn):
        shown = call(RunServer, "--noreload")
    assert done == ["asked", "served"]
    assert shown.index("You have 3 unapplied") < shown.index("http://127.0.0.1:8000/")


@pytest.mark.parametrize(
    ("here", "project", "watched"),
    [
        ("site", "site", ["site"]),
        (".", "site", ["."]),
        ("site/deep", "site", ["site/deep", "site"]),
        (".", "site-packages", ["."]),
        ("elsewhere", "site-packages", ["elsewhere"]),
    ],
)
def test_runserver_watches_the_project(
    configured: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    here: str,
    project: str,
    watched: list[str],
) -> None:
    given: list[ServeOptions] = []
    monkeypatch.setattr(run, "serve", lambda options: given.append(options) or 0)
    for name in (here, f"{project}/shop"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    module = types.ModuleType("shop.settings")
    module.__file__ = str(tmp_path / project / "shop" / "settings.py")
    monkeypatch.setitem(sys.modules, "shop.settings", module)
    monkeypatch.chdir(tmp_path / here)
    configured(DEBUG=True, SETTINGS_MODULE="shop.settings")

    call(RunServer)

    assert given[0].reload == tuple(str(tmp_path / name) for name in watched)
