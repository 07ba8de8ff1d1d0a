"""Serializers: CPU of FastJango beside Django REST framework and SQLModel, without HTTP.

A list of 100 articles with author and tags (query to JSON), 20 flat rows (instances to JSON), and
one article validated and saved. All sides run in one process, in turns, on SQLite in memory; every
answer is checked. Prints a table and whether each target is met; exits with 1 if one is missed.

`--served` measures whole servers over HTTP instead, beside Django REST framework, django-ninja,
FastAPI with SQLModel, and Litestar (`served/compare.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _tables import Table, Target

HERE = Path(__file__).parent
SIDES = ("fastjango", "drf", "sqlmodel")
SERVED = ("fastjango", "drf", "ninja", "sqlmodel", "litestar")
WORKLOADS = {"list of 100": 20, "20 flat rows": 60, "create": 40}
"""Calls of one round, by workload."""
TARGETS = [
    Target(f"{workload}: at most {most:g} of {says}", workload, "fastjango", peer, most)
    for workload, peer, says, most in (
        ("list of 100", "drf", "Django REST framework", 0.2),
        ("list of 100", "sqlmodel", "pydantic with SQLModel", 0.35),
        ("20 flat rows", "drf", "Django REST framework", 0.25),
        ("create", "sqlmodel", "pydantic with SQLModel", 0.5),
    )
]


def check(name: str, content: bytes) -> None:
    """Stop at a wrong answer."""
    data = json.loads(content)
    if name == "list of 100":
        right = len(data) == 100 and data[7]["author"]["name"] and len(data[7]["tags"]) == 3
    elif name == "20 flat rows":
        right = len(data) == 20 and data[3]["title"] == "Title 3"
    else:
        right = data["title"] == "New"
    if not right:
        raise SystemExit(f"{name}: wrong answer {content[:200]!r}")


def measure(call: Callable[[], Any], times: int) -> float:
    """Return the CPU microseconds of one call."""
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times * 1e6


def main() -> int:
    """Run the benchmark; the exit status is 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="dev.py bench rest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls or requests")
    parser.add_argument("--served", action="store_true", help="over HTTP, beside four frameworks")
    parser.add_argument("--requests", type=int, default=200, help="of each round, over HTTP (200)")
    parser.add_argument("--peers", nargs="+", choices=SERVED, help="over HTTP: which (all)")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    if options.served:
        sys.path.insert(0, str(HERE / "served"))
        import compare

        sent = max(options.requests // share, 1)
        return int(compare.main(options.peers or list(SERVED), options.rounds, sent))
    sys.path.insert(0, str(HERE / "apps"))
    sides = {name: __import__(f"rest_{name}").workloads() for name in SIDES}
    for side in sides.values():
        for name in WORKLOADS:
            check(name, side[name]())
    table = Table(
        "Serializers, SQLite in memory, without HTTP",
        "µs CPU per call",
        "fastjango",
        command="python3 tools/dev.py bench rest",
        notes=[
            "All peers run in one process, in turns; every answer is checked.",
            "A list goes from the query to JSON, 20 flat rows from instances to JSON.",
        ],
        targets=TARGETS,
    )
    for _ in range(options.rounds):
        for workload, times in WORKLOADS.items():
            for side, calls in sides.items():
                table.add(workload, side, measure(calls[workload], max(times // share, 1)))
    return table.conclude("rest-serializers")


if __name__ == "__main__":
    sys.exit(main())
