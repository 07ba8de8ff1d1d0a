"""HTTP: CPU per request of FastJango beside its peers, in process and under their servers.

Prints a table and whether each target is met; exits with 1 if one is missed. Every answer is
checked before it counts. `--quick` sends a tenth of the requests.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from _measure import Request, Server, Table, compare_servers
from _peers import environment
from _tables import Target

HERE = Path(__file__).parent
APPS = HERE / "apps"
BODY = b'{"name":"one","price":1.5,"tags":["a","b"]}'
JSON = (("content-type", "application/json"),)
PLAIN = {
    "plaintext": Request("/plain", contains=b"Hello, World!"),
    "json": Request("/json", contains=b"Hello, World!"),
    "validated echo": Request("/echo", "POST", BODY, JSON, contains=b'"one"'),
    "one dependency": Request("/dependency", headers=(("x-token", "t"),), contains=b'"t"'),
}
PEERS = ("fastjango", "raw", "starlette", "fastapi", "litestar", "django-sync", "django-async")
LAST = 2000
STACK = "json behind seven middlewares"
COMMAND = "python3 tools/dev.py bench http"
SERVERS = (
    "One worker each, uvicorn with uvloop and httptools, over 16 connections that stay open; "
    "Django's synchronous site under gunicorn with four threads. FastJango and FastAPI run the "
    "same source; raw is ASGI alone."
)
SEVEN = (
    "The seven: security headers, content security policy, request id, common, CORS, CSRF and "
    "frame options, or what a peer has for them. They add seven headers to the answer, which are "
    "about half of what they cost."
)


def peers(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the commands of the chosen peers."""
    uvicorn = ["--port", "{port}", "--log-level", "warning", "--no-access-log"]
    own = [sys.executable, "-m", "uvicorn"]
    commands: dict[str, list[str]] = {}
    for name in names:
        if name == "litestar":
            python = environment(
                "litestar", ["litestar[pydantic]>=2.12", "uvicorn[standard]", "starlette"]
            )
            commands[name] = [str(python), "-m", "uvicorn", "litestar_app:app", *uvicorn]
        elif name.startswith("django"):
            python = environment(
                "django", ["django>=5.2", "gunicorn", "uvicorn[standard]", "pydantic"]
            )
            commands[name] = (
                [str(python), "-m", "uvicorn", "django_site:asgi", *uvicorn]
                if name == "django-async"
                else [
                    str(python),
                    "-m",
                    "gunicorn",
                    "-k",
                    "gthread",
                    "--threads",
                    "4",
                    "-b",
                    "127.0.0.1:{port}",
                    "--keep-alive",
                    "60",
                    "django_site:wsgi",
                ]
            )
        else:
            commands[name] = [*own, f"{name}_app:app", *uvicorn]
    return commands


def servers(names: Sequence[str], **variables: str) -> list[Server]:
    """Return the servers of the chosen peers, with variables for the applications."""
    made: list[Server] = []
    for name, command in peers(names).items():
        env = {**variables, "PYTHONPATH": str(APPS), "BENCH_ASYNC": str(int("async" in name))}
        made.append(Server(command, name, cwd=APPS, env=env, ready="/json", start_seconds=120))
    return made


def routes(count: int, *, nested: bool) -> dict[str, Any]:
    """Return the workloads of an application with many routes."""

    def item(number: int) -> Request:
        prefix = f"/out{number // 50 * 50}/in" if nested else ""
        return Request(f"{prefix}/r{number}/item/7", contains=b"7")

    return {
        "first": item(0),
        "last": item(count - 1),
        "404": Request("/no/such/path", status=404),
    }


def plain(options: argparse.Namespace) -> Table:
    """Measure small requests under the peers' servers, alone and behind seven middlewares."""
    names: list[str] = options.peers
    table = Table(
        "HTTP, small requests",
        "µs CPU per request",
        "fastapi" if "fastapi" in names else names[0],
        command=COMMAND,
        notes=[SERVERS, SEVEN],
        targets=plain_targets(names),
    )
    common = {"requests": requests(options), "rounds": options.rounds, "connections": 16}
    compare_servers(table, servers(names), PLAIN, **common)
    stack = servers(names, BENCH_MIDDLEWARE="1")
    compare_servers(table, stack, {STACK: PLAIN["json"]}, **common)
    return table


def plain_targets(names: Sequence[str]) -> list[Target]:
    """Return what is promised about small requests, beside the peers that were measured."""
    found = [
        Target(
            f"{workload}: at most {limit} of {said}",
            *(workload, "fastjango", to, limit),
            because="nearly all of it is the server's own work: see raw, ASGI alone",
        )
        for to, said, limit in (("fastapi", "FastAPI", 0.4), ("starlette", "plain Starlette", 1.0))
        for workload in ("json", "validated echo", "one dependency")
        if to in names
    ]
    found.append(
        Target(
            f"{STACK}: at most 1.5 times the bare json",
            STACK,
            "fastjango",
            "",
            1.5,
            over="json",
            because="half of what they add is seven more headers for the server to write",
        )
    )
    return found


def many_routes(options: argparse.Namespace) -> Table:
    """Measure applications with many routes under the peers' servers."""
    names: list[str] = options.peers
    table = Table(
        "HTTP, many routes",
        "µs CPU per request",
        "fastapi" if "fastapi" in names else names[0],
        command=COMMAND,
        notes=[SERVERS, "Nested: routers of 50 routes, each included in another router."],
        targets=[
            target
            for kind in ("flat", "nested")
            for first in [f"first of {LAST} {kind}"]
            for target in (
                Target(
                    f"last of {LAST:,} {kind}: at most 1.3 times the first",
                    *(f"last of {LAST} {kind}", "fastjango", "", 1.3, first),
                ),
                Target(
                    f"a 404 among {LAST:,} {kind}: at most 1.5 hits",
                    *(f"404 of {LAST} {kind}", "fastjango", "", 1.5, first),
                ),
            )
        ],
    )
    for count, nested in ((10, False), (500, False), (LAST, False), (LAST, True)):
        kind = "nested" if nested else "flat"
        unfit = {"raw", *(["litestar"] if nested else [])}  # without routes, or routers in routers
        chosen = [name for name in names if name not in unfit]
        made = servers(chosen, BENCH_ROUTES=str(count), BENCH_NESTED=str(int(nested)))
        loads = {
            f"{workload} of {count} {kind}": request
            for workload, request in routes(count, nested=nested).items()
        }
        sent = requests(options) // (4 if count > 10 else 1)
        compare_servers(table, made, loads, requests=sent, rounds=options.rounds, connections=16)
    return table


def requests(options: argparse.Namespace) -> int:
    """Return how many requests a round sends."""
    return 200 if options.quick else 2000


def in_process(options: argparse.Namespace) -> Table:
    """Measure FastAPI, Starlette and FastJango with nothing around them."""
    sys.path.insert(0, str(APPS))
    os.environ["BENCH_ROUTES"] = str(LAST)
    import fastapi_app
    import fastjango_app
    import starlette_app

    made = {
        "starlette": starlette_app.app,
        "fastapi": fastapi_app.app,
        "fastjango": fastjango_app.app,
    }
    table = Table(
        "HTTP without a server",
        "µs CPU per request",
        "fastapi",
        command=COMMAND,
        notes=[f"The applications alone, called in one process; each has {LAST:,} more routes."],
    )
    workloads = {**PLAIN, **routes(LAST, nested=False)}
    for turn in range(-1, options.rounds):
        for workload, request in workloads.items():
            for peer, app in made.items():
                slow = peer != "fastjango" and workload in ("last", "404")
                count = requests(options) // (20 if slow else 1)
                used = asyncio.run(_cpu(app, request, count if turn >= 0 else 50))
                if turn >= 0:
                    named = f"{workload} route" if workload in ("first", "last") else workload
                    table.add(named, peer, used)
    return table


async def _cpu(app: Callable[..., Any], request: Request, count: int) -> float:
    """Return CPU µs per request; the answer is checked each time."""
    headers = [(b"host", b"127.0.0.1")]
    headers += [(name.encode(), value.encode()) for name, value in request.headers]
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    used = 0
    for _ in range(count):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        sent.clear()
        before = time.process_time_ns()
        await app(scope, receive, send)
        used += time.process_time_ns() - before
        if sent[0]["status"] != request.status or request.contains not in sent[-1]["body"]:
            raise RuntimeError(f"wrong answer to {request.path}: {sent}")
    return used / count / 1000


def many_connections(options: argparse.Namespace) -> Table:
    """Hold connections open, send two requests over each; return p95 and memory."""
    import resource

    count: int = options.connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (resource.RLIM_INFINITY, max(hard, count + 500)):
        count = max(100, hard - 500)
        print(f"bench: only {hard} files may be open; {count} connections", file=sys.stderr)
    if soft not in (resource.RLIM_INFINITY, max(soft, count + 500)):
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 500, hard))
    slowest, memory = "slowest of twenty answers (p95), ms", "memory of the server, MB"
    table = Table(
        f"HTTP, {count:,} connections kept alive",
        "as the rows say",
        "fastjango",
        command=COMMAND,
        notes=["All are open; twenty at a time speak, as clients do that keep connections."],
        targets=[
            Target("p95 once connected: below 100 ms", slowest, "fastjango", "", 100),
            Target("memory: below 500 MB", memory, "fastjango", "", 500),
        ],
    )
    for _ in range(1 if options.quick else min(3, options.rounds)):
        (server,) = servers(["fastjango"])
        server.command += ["--timeout-keep-alive", "120", "--backlog", "4096"]
        with server:
            latencies = sorted(asyncio.run(_keep_alive(server.port, count)))
            table.add(slowest, "fastjango", latencies[int(len(latencies) * 0.95)] * 1000)
            table.add(memory, "fastjango", server.rss_bytes() / 2**20)
    return table


async def _keep_alive(port: int, count: int) -> list[float]:
    payload = PLAIN["json"].encode()
    opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for start in range(0, count, 200):
        opened += await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", port) for _ in range(min(200, count - start)))
        )
    latencies: list[float] = []

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before = time.perf_counter()
        writer.write(payload)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        latencies.append(time.perf_counter() - before)
        if b"Hello" not in body:
            raise RuntimeError(f"wrong answer: {body!r}")

    for _ in range(2):
        for start in range(0, count, 20):
            await asyncio.gather(*(ask(*pair) for pair in opened[start : start + 20]))
    for _, writer in opened:
        writer.close()
    return latencies


PARTS: dict[str, tuple[str, Callable[[argparse.Namespace], Table]]] = {
    "in-process": ("http-in-process", in_process),
    "plain": ("http", plain),
    "routes": ("http-routes", many_routes),
    "crowd": ("http-connections", many_connections),
}


def main() -> int:
    """Run everything, or one part; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench http", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument(
        "--peers", nargs="+", choices=PEERS, default=list(PEERS), metavar="PEER",
        help=f"of {', '.join(PEERS)} (all)",
    )  # fmt: skip
    parser.add_argument("--connections", type=int, default=10_000, help="of the crowd (10000)")
    parser.add_argument(
        "--part", choices=PARTS, nargs="+", default=list(PARTS), metavar="PART",
        help=f"of {', '.join(PARTS)} (all)",
    )  # fmt: skip
    options = parser.parse_args()
    status = 0
    for part in options.part:
        name, measure = PARTS[part]
        status |= measure(options).conclude(name)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
