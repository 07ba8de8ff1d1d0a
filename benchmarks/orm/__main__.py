"""The database over HTTP: CPU per request of FastJango beside the raw driver, SQLModel and Django.

Six workloads: one row, 20 queries, 20 updates, a page of fortunes, a list of 100 articles with
author and tags, one insert. Prints a table and whether each target is met; exits with 1 if one is
missed. `--postgres URL` uses a server instead of SQLite: the URL of one where databases may be
made. CPU is the web server's alone, not the database's.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from _databases import postgres_database
from _measure import Request, Server, Table, compare_servers
from _peers import environment
from _tables import Target

HERE = Path(__file__).parent
APPS = HERE / "apps"
WORKLOADS = {
    "one row": Request("/row", contains=b'"number"'),
    "20 queries": Request("/queries", contains=b'"number"'),
    "20 updates": Request("/updates", contains=b'"number"'),
    "fortunes": Request("/fortunes", contains=b"&lt;script&gt;"),
    "list of 100": Request("/articles", contains=b'"tags"'),
    "insert": Request("/insert", contains=b"true"),
}
PEERS = ("raw", "fastjango", "sqlmodel", "django")
TARGETS = {"raw": 2.5, "sqlmodel": 0.4, "django": 0.4}
"""FastJango's CPU may be at most so many times that of the peer."""
BECAUSE = {
    (
        "list of 100",
        "raw",
    ): "the bare driver's tuples become 100 articles, 100 authors and 300 tags with their state, "
    "and a queryset of tags for each article",
    ("list of 100", "sqlmodel"): "what both sides do alike, SQLite's two statements and the JSON, "
    "is a quarter of FastJango's request",
    ("20 updates", "raw"): "each row is an instance, read and saved by itself; on SQLite the bare "
    "driver's statement costs little more than a call",
    ("20 queries", "raw"): "on SQLite the bare driver's statement costs little more than a call",
    ("insert", "raw"): "routing and validation weigh more than one INSERT",
    ("insert", "django"): "most of the cost is the driver's and the server's, for both",
}
"""Why a target is missed, where it is: workload and peer."""
NOTES = [
    "CPU of the web server alone: the database server's own is not counted.",
    "raw: bare ASGI with the bare driver, under uvicorn as FastJango and sqlmodel are; sqlmodel: "
    "FastAPI with SQLModel as its documentation uses them; django: synchronous views under "
    "gunicorn's threads, with persistent connections.",
]


def targets(workloads: list[str], peers: list[str]) -> list[Target]:
    """Return the promises about the measured pairs."""
    return [
        Target(
            f"{workload}: at most {limit:g} of {peer}",
            workload,
            "fastjango",
            peer,
            limit,
            because=BECAUSE.get((workload, peer), ""),
        )
        for workload in workloads
        for peer, limit in TARGETS.items()
        if {peer, "fastjango"} <= set(peers)
    ]


def servers(names: list[str], database: str) -> list[Server]:
    """Return the servers of the chosen peers."""
    made: list[Server] = []
    for name in names:
        if name == "django":
            python = environment("django-orm", ["django>=5.2", "gunicorn", "psycopg[binary]>=3.2"])
            command = [str(python), "-m", "gunicorn", "-k", "gthread", "--threads", "4"]
            command += ["-b", "127.0.0.1:{port}", "--keep-alive", "60", "django_site:wsgi"]
        else:
            command = [sys.executable, "-m", "uvicorn", f"{name}_app:app", "--port", "{port}"]
            command += ["--log-level", "warning", "--no-access-log"]
        env = {"PYTHONPATH": str(APPS), "BENCH_DATABASE": database}
        made.append(Server(command, name, cwd=APPS, env=env, ready="/row", start_seconds=120))
    return made


@contextmanager
def sqlite_database() -> Iterator[str]:
    """Make a database file; gives its URL."""
    sys.path.insert(0, str(APPS))
    import schema

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            schema.create(connection.cursor(), "sqlite")
            connection.commit()
        yield f"sqlite://{file}"


@contextmanager
def filled_postgres_database(url: str) -> Iterator[str]:
    """Make a database with the tables on a server; gives its URL."""
    import psycopg

    sys.path.insert(0, str(APPS))
    import schema

    connect: Any = psycopg.connect
    with postgres_database(url) as made:
        with connect(made) as connection:
            schema.create(connection.cursor(), "postgresql")
        yield made


def query(database: str, sql: str) -> list[tuple[Any, ...]]:
    """Return what the database itself says."""
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(urlsplit(database).path)) as connection:
            return connection.execute(sql).fetchall()
    import psycopg

    connect: Any = psycopg.connect
    with connect(database) as opened:
        found: list[tuple[Any, ...]] = opened.execute(sql).fetchall()
        return found


def _are_rows(rows: Any, database: str) -> bool:
    """Tell whether twenty rows were answered as they are in the database now."""
    numbers = {row["id"]: row["number"] for row in rows}
    keys = ", ".join(map(str, numbers))
    stored = dict(query(database, f"SELECT id, number FROM world WHERE id IN ({keys})"))
    return len(rows) == 20 and stored == numbers


def _are_articles(articles: Any, database: str) -> bool:
    """Tell whether a hundred articles were answered, with the authors and tags that they have."""
    first, last = articles[0]["id"], articles[-1]["id"]
    chosen = f"a.id BETWEEN {first} AND {last}"
    authors = "SELECT a.id, p.name FROM article a JOIN author p ON p.id = a.author_id"
    tags = "SELECT a.id, t.name FROM article a JOIN article_tags x ON x.article_id = a.id"
    tags += " JOIN tag t ON t.id = x.tag_id"
    return (
        len(articles) == 100
        and {(one["id"], one["author"]["name"]) for one in articles}
        == {*query(database, f"{authors} WHERE {chosen}")}
        and {(one["id"], tag["name"]) for one in articles for tag in one["tags"]}
        == {*query(database, f"{tags} WHERE {chosen}")}
    )


RIGHT: dict[str, Callable[[Any, str], bool]] = {
    "one row": lambda row, database: (
        (row["number"],) in query(database, f"SELECT number FROM world WHERE id = {row['id']}")
    ),
    "20 queries": _are_rows,
    "20 updates": _are_rows,
    "fortunes": lambda page, database: (
        page.count("<tr>") == 14 and page.index("<td>0</td>") < page.index("There is no place")
    ),
    "list of 100": _are_articles,
    "insert": lambda answer, database: (
        answer == {"done": True} and query(database, "SELECT text FROM note") == [("a note",)]
    ),
}
"""Whether an answer is right, by workload, from the answer and the database."""


def check(running: Server, workloads: Sequence[str], database: str) -> None:
    """Ask for everything once and compare it with the database.

    Raises:
        RuntimeError: An answer is wrong; the figures would mean nothing.
    """
    for workload in workloads:
        url = f"http://127.0.0.1:{running.port}{WORKLOADS[workload].path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            text = answer.read().decode()
        is_page = text.startswith("<")
        if not RIGHT[workload](text if is_page else json.loads(text), database):
            raise RuntimeError(f"{running.name} answers {workload!r} wrongly: {text[:500]}")


@contextmanager
def filled_database(url: str | None) -> Iterator[str]:
    """Make a database with the tables, on a server if one is named; gives its URL."""
    with filled_postgres_database(url) if url else sqlite_database() as database:
        yield database


def main() -> int:
    """Measure and compare; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench orm", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--postgres", metavar="URL", help="measure on this server")
    options = parser.parse_args()
    vendor = "PostgreSQL" if options.postgres else "SQLite"
    table = Table(f"Database over HTTP, {vendor}", "µs CPU per request", "raw")
    chosen = {name: WORKLOADS[name] for name in options.workloads}
    for peer in options.peers:
        with filled_database(options.postgres) as database:
            for server in servers([peer], database):
                with server:
                    check(server, options.workloads, database)
    with filled_database(options.postgres) as database:
        compare_servers(
            table,
            servers(options.peers, database),
            chosen,
            requests=60 if options.quick else 600,
            rounds=options.rounds,
            connections=8,
        )
    table.command = "python3 tools/dev.py bench orm" + (" --postgres URL" * bool(options.postgres))
    table.notes = NOTES
    table.targets = targets(list(chosen), options.peers)
    return table.conclude(f"orm-http-{vendor.lower()}")


if __name__ == "__main__":
    sys.exit(main())
