"""Queries within one process: CPU per call beside Django, SQLAlchemy Core, SQLModel and the driver.

The same rows for each, in SQLite in memory, or on a server with `--postgres URL`. Two tables: calls
(with those of the asynchronous interfaces), and how the cost grows with the number of rows. Prints
them and whether each target is met; exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from _databases import postgres_database
from _measure import Table, compare_calls
from _orm_peers import Peer, django_peer, fastjango_peer, on
from _orm_raw import raw_peer
from _tables import Target

BUILD_LIMIT = 5.0
"""Microseconds to build a chained, filtered, ordered queryset with a warm plan."""

TIMES = {"insert 1,000": 200, "rows 1000": 20, "100 rows": 5, "100 rows with author": 10}
"""How many times fewer calls of slow workloads make a round."""

BEATS = {
    # workload: share of Django's cost that is allowed, on SQLite and on PostgreSQL
    "one row by key": (1 / 8, 1 / 4),
    "100 rows": (1 / 4, 1 / 4),
    "100 rows with author": (1 / 4, 1 / 4),
    "insert one": (1 / 4, 1 / 4),
    "insert 1,000": (1 / 3, 1 / 3),
}
DRIVER = "the driver and its statement cost both sides the same, and are most of what is left"
MEMORY = (
    "manager, queryset, statement and instance take some forty calls of Python functions; in "
    "memory the bare driver's own call costs 2 µs"
)
BECAUSE = {
    "insert one": "a third is SQLite's INSERT with RETURNING, which both sides pay; the rest is "
    "making the instance, choosing its statement and telling it that it was saved",
    "insert 1,000": "half is making a thousand instances, a fifth the INSERT of all rows, which "
    "both sides pay",
}
"""Why a share of Django's cost is missed on SQLite, where it is: workload."""
NOTES = [
    "One process, one connection for each side. raw: the driver alone, rows as tuples; SQLAlchemy "
    "Core: no objects; SQLModel: a session for each call.",
    "insert 1,000: objects made, inserted together and deleted by one statement.",
]


def targets(is_server: bool) -> list[Target]:
    """Return the promises about the calls."""
    found = [
        Target(
            f"{workload}: at most {limits[is_server]:.2g} of Django",
            workload,
            "fastjango",
            "Django",
            limits[is_server],
            because=DRIVER if is_server else BECAUSE.get(workload, DRIVER),
        )
        for workload, limits in BEATS.items()
    ]
    found.append(
        Target(
            "one row by key: at most 1.67 times the driver alone",
            "one row by key",
            "fastjango",
            "raw",
            1.67,
            because=DRIVER if is_server else MEMORY,
        )
    )
    found += [
        Target(
            f"{workload}: no dearer than SQLAlchemy Core without objects",
            workload,
            "fastjango",
            "SQLAlchemy Core",
            1.0,
            because=f"instances with their state, {many} for each row; Core gives plain tuples",
        )
        for workload, many in (("100 rows", "one"), ("100 rows with author", "two"))
    ]
    found.append(
        Target(
            "build: at most 5 µs",
            "build",
            "fastjango",
            "",
            BUILD_LIMIT,
            because="four querysets are made, each with the state of the one before it",
        )
    )
    return found


COUNTS = {"100 rows": 100, "100 rows with author": 100}
COUNTS |= {f"rows {count}": count for count in (1, 10, 100, 1000)}


def check(peers: dict[str, Peer]) -> None:
    """Ask every peer for its rows once.

    Raises:
        RuntimeError: One gives others, or not as many; the figures would mean nothing.
    """
    for name, peer in peers.items():
        for workload, count in COUNTS.items():
            found: Any = peer.calls[workload]()
            if len(found) != count:
                raise RuntimeError(f"{name} gives {len(found)} rows for {workload!r}")
        one: Any = peer.calls["one row by key"]()
        row = one[0] if isinstance(one, list) else one
        if (row[0] if isinstance(row, tuple) else row.id) != 5:
            raise RuntimeError(f"{name} gives another row: {row!r}")


def measure(calls: Table, rows: Table, peers: dict[str, Peer], rounds: int, number: int) -> None:
    """Fill both tables."""
    for workload in peers["fastjango"].calls:
        measured = {
            name: peer.calls[workload] for name, peer in peers.items() if workload in peer.calls
        }
        times = max(2, number // TIMES.get(workload, 1))
        label = workload.removeprefix("rows ")
        table = calls if label == workload else rows
        compare_calls(table, {label: measured}, number=times, rounds=rounds)
    batch = 20
    with asyncio.Runner() as runner:
        for workload in peers["fastjango"].acalls:
            awaited: dict[str, Callable[[], object]] = {
                name: lambda call=peer.acalls[workload]: on(runner, call, batch)  # type: ignore[misc]  # bound now
                for name, peer in peers.items()
                if workload in peer.acalls
            }
            times = max(2, number // TIMES.get(workload, 1) // batch)
            found = compare_calls(
                Table("", "", ""), {workload: awaited}, number=times, rounds=rounds
            )
            for name, figures in found.samples[workload].items():
                for figure in figures:
                    calls.add(f"{workload}, async", name, figure / batch)
        from fastjango.orm import connections

        runner.run(connections.aclose_all())


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench orm_calls", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="Three short rounds.")
    parser.add_argument("--postgres", metavar="URL", default="", help="Measure on this server.")
    options = parser.parse_args()
    rounds, number = (3, 100) if options.quick else (options.rounds, 1000)
    vendor = "PostgreSQL" if options.postgres else "SQLite"
    command = "python3 tools/dev.py bench orm_calls" + " --postgres URL" * bool(options.postgres)
    calls = Table(f"Queries in one process, {vendor}", "µs CPU per call", "fastjango")
    rows = Table(f"Growth with rows, {vendor}", "µs CPU per query", "fastjango", x="rows")
    calls.command = rows.command = command
    calls.notes, calls.targets = NOTES, targets(bool(options.postgres))
    rows.notes = ["Five columns: instances, for raw and SQLAlchemy Core tuples."]
    from _orm_sqlalchemy import sqlalchemy_peers  # --help needs no environment

    server = postgres_database(options.postgres) if options.postgres else nullcontext("")
    with server as url:
        peers = {"fastjango": fastjango_peer(url), "Django": django_peer(url)}
        peers |= sqlalchemy_peers(url)
        peers["raw"] = raw_peer(url)
        check(peers)
        measure(calls, rows, peers, rounds, number)
    rows.conclude(f"orm-rows-{vendor.lower()}")
    return calls.conclude(f"orm-calls-{vendor.lower()}")


if __name__ == "__main__":
    sys.exit(main())
