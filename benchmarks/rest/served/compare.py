"""REST over HTTP: CPU of the web server per request, beside four other frameworks.

A list of 100 articles with author and tags, and one article validated and saved. SQLite in WAL, a
database of its own for each peer. Every peer's answers are compared with what they have to be.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import tables
from _measure import Request, Server, Table, compare_servers
from _peers import environment
from _tables import Target

HERE = Path(__file__).parent
TARGETS = [
    Target(f"{workload}: at most {most:g} of {says}", workload, "fastjango", peer, most)
    for workload, peer, says, most in (
        ("list of 100", "drf", "Django REST framework", 0.2),
        ("list of 100", "sqlmodel", "FastAPI with SQLModel", 0.35),
        ("create", "sqlmodel", "FastAPI with SQLModel", 0.5),
    )
]
DJANGO = ["django>=5.2", "djangorestframework>=3.16", "django-ninja>=1.4", "gunicorn"]
LITESTAR = ["litestar>=2.16", "sqlalchemy>=2.0", "uvicorn[standard]"]


def path_of(peer: str) -> str:
    """Return where a peer serves articles."""
    return "/ninja/articles/" if peer == "ninja" else "/articles/"


def server(peer: str, folder: Path) -> Server:
    """Return the server of a peer, with a database of its own."""
    file = folder / f"{peer}.db"
    tables.fill(file)
    if peer in ("drf", "ninja"):
        python = environment("rest-django", DJANGO)
        command = [str(python), "-m", "gunicorn", "-k", "gthread", "--threads", "4"]
        command += ["-b", "127.0.0.1:{port}", "--keep-alive", "60", "django_app:application"]
    else:
        python = environment("rest-litestar", LITESTAR) if peer == "litestar" else sys.executable
        command = [str(python), "-m", "uvicorn", f"{peer}_app:app", "--port", "{port}"]
        command += ["--log-level", "warning", "--no-access-log"]
    env = {"BENCH_DATABASE": str(file), "PYTHONPATH": str(HERE)}
    return Server(command, peer, cwd=HERE, env=env, ready=path_of(peer), start_seconds=120)


def check(running: Server) -> None:
    """Stop at a wrong answer."""
    url = f"http://127.0.0.1:{running.port}{path_of(running.name)}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        listed: Any = json.load(answer)
    for article in listed:
        article["tags"].sort(key=lambda tag: tag["id"])
    if listed != tables.expected():
        raise RuntimeError(f"{running.name} answers another list: {str(listed)[:500]}")
    body = json.dumps(tables.NEW).encode()
    asked = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        made: Any = json.load(answer)
        status = answer.status
    number = made.pop("id")
    if status != 201 or number != 101 or made != tables.NEW:
        raise RuntimeError(f"{running.name} creates something else: {status} {made}")


def workloads(peers: list[str]) -> dict[str, dict[str, Request]]:
    """Return the requests by workload and peer."""
    body = json.dumps(tables.NEW).encode()
    kind = (("content-type", "application/json"),)
    return {
        "list of 100": {peer: Request(path_of(peer), contains=b'"tag-5"') for peer in peers},
        "create": {
            peer: Request(path_of(peer), "POST", body, kind, 201, b'"new"') for peer in peers
        },
    }


def main(peers: list[str], rounds: int, requests: int) -> int:
    """Measure and compare; return the exit status: 1 if a target is missed."""
    table = Table(
        "REST over HTTP, SQLite",
        "µs CPU per request",
        "fastjango",
        command="python3 tools/dev.py bench rest --served",
        notes=[
            "A list of 100 articles with author and tags, and one article validated and saved.",
            "Each peer answers from a database of its own; all answers are compared.",
        ],
        targets=[target for target in TARGETS if {"fastjango", target.to} <= set(peers)],
    )
    with tempfile.TemporaryDirectory() as name:
        for peer in peers:
            with server(peer, Path(name)) as running:
                check(running)
        for file in Path(name).glob("*.db*"):
            file.unlink()
        compare_servers(
            table,
            [server(peer, Path(name)) for peer in peers],
            workloads(peers),
            requests=requests,
            warmup=max(requests // 5, 20),
            rounds=rounds,
            connections=8,
        )
    return table.conclude("rest-http")
