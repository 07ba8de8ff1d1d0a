"""HTTP: CPU per request of FastJango beside its peers, in process and under their servers.

Prints a table and whether each target is met; exits with 1 if one is missed. Every answer is
checked before it counts. `--quick` sends a tenth of the requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from _measure import Request, Server, Table, compare_servers
from _peers import FOLDER, environment

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
LAST = 2000


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


def routes(names: Sequence[str], count: int, *, nested: bool) -> dict[str, Any]:
    """Return the workloads of an application with many routes."""
    last = count - 1
    start = last // 50 * 50
    prefix = ("", f"/out{start}/in") if nested else ("", "")
    first_prefix = "/out0/in" if nested else ""
    return {
        "first": Request(f"{first_prefix}/r0/item/7", contains=b"7"),
        "last": Request(f"{prefix[1]}/r{last}/item/7", contains=b"7"),
        "404": Request("/no/such/path", status=404),
    }


def under_servers(table: Table, options: argparse.Namespace) -> None:
    """Measure every workload under the peers' servers."""
    names: list[str] = options.peers
    requests = 200 if options.quick else 2000
    common = {"requests": requests, "rounds": options.rounds, "connections": 16}
    if options.part != "routes":
        compare_servers(table, servers(names), PLAIN, **common)
        stack = servers(names, BENCH_MIDDLEWARE="1")
        compare_servers(table, stack, {"seven middlewares": PLAIN["json"]}, **common)
    if options.part == "plain":
        return
    for count, nested in ((10, False), (500, False), (LAST, False), (LAST, True)):
        kind = "nested" if nested else "flat"
        chosen = [name for name in names if not (nested and name == "litestar")]
        made = servers(chosen, BENCH_ROUTES=str(count), BENCH_NESTED=str(int(nested)))
        loads = {
            f"{workload} of {count} {kind}": request
            for workload, request in routes(chosen, count, nested=nested).items()
        }
        slow = {**common, "requests": requests // 4 if count > 10 else requests}
        compare_servers(table, made, loads, **slow)


def in_process(table: Table, number: int, rounds: int) -> None:
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
    workloads = {**PLAIN, **routes(list(made), LAST, nested=False)}
    for turn in range(-1, rounds):
        for workload, request in workloads.items():
            for peer, app in made.items():
                slow = peer != "fastjango" and workload in ("last", "404")
                count = number // 20 if slow else number
                used = asyncio.run(_cpu(app, request, count if turn >= 0 else 50))
                if turn >= 0:
                    table.add(workload, peer, used)


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


def many_connections(count: int) -> dict[str, float]:
    """Hold connections open, send two requests over each; return p95 and memory."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        count = max(100, hard - 500)
        print(f"bench: only {hard} files may be open; {count} connections", file=sys.stderr)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 500)), hard))
    (server,) = servers(["fastjango"])
    server.command += ["--timeout-keep-alive", "120", "--backlog", "4096"]
    with server:
        # Paced as keep-alive clients are: so many are open, few speak at the same moment.
        latencies = asyncio.run(_keep_alive(server.port, count))
        rss = server.rss_bytes() / 2**20
    latencies.sort()
    return {
        "connections": count,
        "p95 ms": latencies[int(len(latencies) * 0.95)] * 1000,
        "RSS MB": rss,
    }


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


def targets(table: Table, crowd: dict[str, float]) -> list[tuple[str, float, float]]:
    """Return what was promised: a name, the figure and its limit."""
    found: list[tuple[str, float, float]] = []
    for workload in ("json", "validated echo", "one dependency"):
        found.append((f"{workload} / FastAPI", table.ratio(workload, "fastjango", "fastapi"), 0.4))
        found.append(
            (f"{workload} / Starlette", table.ratio(workload, "fastjango", "starlette"), 1.0)
        )
    bare = table.median("json", "fastjango")
    found.append(
        (
            "seven middlewares / bare json",
            table.median("seven middlewares", "fastjango") / bare,
            1.5,
        )
    )
    for kind in ("flat", "nested"):
        first = table.median(f"first of {LAST} {kind}", "fastjango")
        last = table.median(f"last of {LAST} {kind}", "fastjango")
        found.append((f"last / first of {LAST} {kind}", last / first, 1.3))
        missed = table.median(f"404 of {LAST} {kind}", "fastjango")
        found.append((f"404 / hit of {LAST} {kind}", missed / first, 1.5))
    found.append(("p95 ms of keep-alive connections", crowd["p95 ms"], 100))
    found.append(("RSS MB with them open", crowd["RSS MB"], 500))
    return found


def main() -> int:
    """Run everything; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument(
        "--peers",
        nargs="+",
        default=["fastjango", "starlette", "fastapi", "litestar", "django-sync", "django-async"],
    )
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--in-process", action="store_true", help="only without a server")
    parser.add_argument(
        "--part", choices=("all", "plain", "routes"), default="all", help="only a part, no targets"
    )
    parser.add_argument("--crowd", action="store_true", help="only the many connections")
    options = parser.parse_args()
    results = FOLDER / "results"
    if options.crowd:
        print(json.dumps(many_connections(options.connections)))
        return 0
    if options.part != "all":
        table = Table(f"HTTP, {options.part}", "µs CPU per request", "starlette")
        under_servers(table, options)
        print(table.to_markdown())
        return 0
    bare = Table("HTTP in process", "µs CPU per request", "starlette")
    in_process(bare, 200 if options.quick else 2000, options.rounds)
    print(bare.to_markdown())
    bare.save(results, "http-in-process")
    if options.in_process:
        return 0
    table = Table("HTTP", "µs CPU per request", "starlette")
    under_servers(table, options)
    print(table.to_markdown())
    table.save(results, "http")
    crowd = many_connections(options.connections)
    print(json.dumps(crowd))
    missed = 0
    for name, figure, limit in targets(table, crowd):
        met = figure <= limit
        missed += not met
        print(f"{'met   ' if met else 'MISSED'} {name}: {figure:.2f} (at most {limit})")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
