"""Logins: CPU per request from session to user to JSON, FastJango beside Django.

All sites use one database with Django's tables, one `SECRET_KEY` and one session of one user, so
that every answer can be compared byte for byte. Three workloads are views of all peers: a small
object for nobody, a row for nobody, the user of the session. Two are path operations of FastJango:
a row for nobody, the user by FastAPI's `Depends`. Prints a table and whether each target is met;
exits with 1 if one is missed. `--postgres URL` uses a server instead of SQLite: the URL of one
where databases may be made. CPU is the web server's alone, not the database's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _databases import postgres_database
from _measure import Request, Server, Table, compare_servers
from _peers import environment
from _tables import Target

HERE = Path(__file__).parent
APPS = HERE / "apps"
PEERS = ("fastjango", "django-sync", "django-async")
FREE, ROW, USER = "no user", "no user, one query", "session, user, JSON"
API_ROW, API_USER = "path operation: no user, one query", "path operation: user by Depends"

BECAUSE = (
    "a session is a row more to read, a signature and a password's hash to check, and content to "
    "unpack, beside a request that does little but read one row"
)


def targets() -> list[Target]:
    """Return what is promised."""
    found = [
        Target(f"{USER}: at most 0.3 of {peer}", USER, "fastjango", peer, 0.3) for peer in PEERS[1:]
    ]
    found += [
        Target(f"{API_USER}: at most 0.3 of {peer}", API_USER, "fastjango", peer, 0.3, over=USER)
        for peer in PEERS[1:]
    ]
    words = "at most twice a request without user plus one query"
    found += [
        Target(f"{workload}: {words}", workload, "fastjango", "", 2.0, over=plain, because=BECAUSE)
        for workload, plain in ((USER, ROW), (API_USER, API_ROW))
    ]
    return found


def servers(names: Sequence[str], variables: dict[str, str]) -> list[Server]:
    """Return the servers of the chosen peers."""
    made: list[Server] = []
    for name in names:
        command = [sys.executable, "-m", "uvicorn"]
        if name.startswith("django"):
            needs = ["django>=5.2", "gunicorn", "uvicorn[standard]", "psycopg[binary]>=3.2"]
            python = str(environment("django-auth", needs))
            command = [python, "-m", "uvicorn"]
        if name == "django-sync":
            command = [python, "-m", "gunicorn", "-k", "gthread", "--threads", "4"]
            command += ["-b", "127.0.0.1:{port}", "--keep-alive", "60", "django_site:wsgi"]
        else:
            site = "django_site:asgi" if name == "django-async" else "fastjango_app:app"
            command += [site, "--port", "{port}", "--log-level", "warning", "--no-access-log"]
        env = {**variables, "PYTHONPATH": str(APPS), "BENCH_ASYNC": str(int("async" in name))}
        made.append(Server(command, name, cwd=APPS, env=env, ready="/free", start_seconds=120))
    return made


@contextmanager
def sqlite_database() -> Iterator[str]:
    """Name a database file that is not there yet; gives its URL."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite://{folder}/bench.db"


def prepare(variables: dict[str, str]) -> dict[str, Any]:
    """Make tables, users and a session; return the session's key and the user as JSON."""
    done = subprocess.run(
        [sys.executable, str(APPS / "prepare.py")],
        env={**os.environ, **variables, "PYTHONPATH": str(APPS)},
        cwd=APPS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The database cannot be prepared: {done.stderr[-2000:]}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def workloads(made: dict[str, Any]) -> dict[str, Any]:
    """Return the requests, each with the answer that counts as right."""
    cookie = (("cookie", f"sessionid={made['key']}"),)
    user = json.dumps(made["user"], separators=(",", ":")).encode()
    return {
        FREE: Request("/free", contains=b'{"message":"Hello, World!"}'),
        ROW: Request("/row", contains=user),
        USER: Request("/me", headers=cookie, contains=user),
        API_ROW: {"fastjango": Request("/api/row", contains=user)},
        API_USER: {"fastjango": Request("/api/me", headers=cookie, contains=user)},
    }


def refuse_others(names: Sequence[str], variables: dict[str, str], made: dict[str, Any]) -> None:
    """Make sure that every site refuses who has no session, or a forged one."""
    from _measure import load

    forged = (("cookie", f"sessionid={'a' * 32}"),)
    for server in servers(names, variables):
        with server:
            for headers in ((), forged):
                asked = Request("/me", headers=headers, status=401)
                if load(server.port, asked, 4, connections=1).wrong:
                    raise RuntimeError(f"{server.name} lets strangers in: {server.output()}")


def main() -> int:
    """Measure and compare; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench auth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--postgres", metavar="URL", help="measure on this server")
    options = parser.parse_args()
    vendor = "PostgreSQL" if options.postgres else "SQLite"
    command = "python3 tools/dev.py bench auth" + (" --postgres URL" if options.postgres else "")
    table = Table(
        f"Session, user, JSON, {vendor}",
        "µs CPU per request",
        "fastjango",
        command=command,
        notes=[
            "Sessions and users are in the same rows of one database for all peers; two queries "
            "for each request with a user.",
            "django-sync: gunicorn with four threads and persistent connections; django-async: "
            "asynchronous views under uvicorn.",
        ],
        targets=[one for one in targets() if one.to in ("", *options.peers)],
    )
    source = postgres_database(options.postgres) if options.postgres else sqlite_database()
    with source as database:
        variables = {"BENCH_DATABASE": database}
        made = prepare(variables)
        refuse_others(options.peers, variables, made)
        compare_servers(
            table,
            servers(options.peers, variables),
            workloads(made),
            requests=100 if options.quick else 1000,
            warmup=100,
            rounds=options.rounds,
            connections=8,
        )
    return table.conclude(f"auth-{vendor.lower()}")


if __name__ == "__main__":
    sys.exit(main())
