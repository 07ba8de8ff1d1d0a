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
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SIDES = ("fastjango", "drf", "sqlmodel")
WORKLOADS = {"list of 100": 20, "20 flat rows": 60, "create": 40}
"""Calls of one round, by workload."""
TARGETS = {
    ("list of 100", "drf"): 0.2,
    ("list of 100", "sqlmodel"): 0.35,
    ("20 flat rows", "drf"): 0.25,
    ("create", "sqlmodel"): 0.5,
}
"""FastJango's CPU may be at most so many times that of the peer."""


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--served", action="store_true", help="over HTTP, beside four frameworks")
    parser.add_argument("--requests", type=int, default=200, help="of each round, over HTTP")
    parser.add_argument("--peers", nargs="+", help="over HTTP: which")
    options = parser.parse_args()
    if options.served:
        sys.path.insert(0, str(HERE / "served"))
        import compare

        return int(
            compare.main(options.peers or list(compare.PEERS), options.rounds, options.requests)
        )
    sys.path.insert(0, str(HERE / "apps"))
    sides = {name: __import__(f"rest_{name}").workloads() for name in SIDES}
    for side in sides.values():
        for name in WORKLOADS:
            check(name, side[name]())
    figures: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.rounds):
        for workload, times in WORKLOADS.items():
            for side, calls in sides.items():
                figures.setdefault((workload, side), []).append(measure(calls[workload], times))
    print("| µs of CPU | " + " | ".join(SIDES) + " |")
    print("| --- |" + " --- |" * len(SIDES))
    medians = {key: statistics.median(values) for key, values in figures.items()}
    for workload in WORKLOADS:
        cells = " | ".join(f"{medians[workload, side]:.0f}" for side in SIDES)
        print(f"| {workload} | {cells} |")
    missed = False
    for (workload, peer), limit in TARGETS.items():
        ratio = medians[workload, "fastjango"] / medians[workload, peer]
        missed |= ratio > limit
        verdict = "missed" if ratio > limit else "met"
        print(f"{workload} beside {peer}: {ratio:.3f} (target {limit}, {verdict})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
