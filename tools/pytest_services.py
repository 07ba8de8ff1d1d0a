"""A pytest plugin that finds the servers tests talk to, or starts throwaway ones.

A test that needs a server carries the marker ``postgres``, ``mysql``, ``redis``, ``memcached`` or
``browser``, or asks for the fixture ``postgres_url``, ``mysql_url``, ``redis_url``,
``memcached_url`` or ``chromium_path`` (which adds the marker). The server is, in this order:

1. the one named by ``FASTJANGO_TEST_POSTGRES_URL`` and its siblings;
2. one on the standard loopback port that lets the tests in without a password;
3. a throwaway one, started from a binary of this machine and shared by all xdist workers;
4. none: the test is skipped and counted at the end of the run, or, with
   ``FASTJANGO_REQUIRE_SERVICES=1``, fails.

It needs nothing but pytest, so every distribution can run its tests with its own dependencies
alone. Servers listen on 127.0.0.1, on free ports, and die with the run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from service_kinds import SERVICES, ServiceMissingError
from services import MADE, close_state, find, locked, open_state

REQUIRE = "FASTJANGO_REQUIRE_SERVICES"
STATE = "FASTJANGO_SERVICES_DIR"  # set by the first process of a run, inherited by its workers
MISSING = "no service: "  # how the reason of every skip of this plugin begins


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers, and make the folder that the processes of a run share."""
    for service in SERVICES.values():
        config.addinivalue_line("markers", f"{service.marker}: needs {service.title}")
    if STATE not in os.environ or not Path(os.environ[STATE], "owner").exists():
        state = open_state(os.getpid())
        os.environ[STATE] = str(state)
        config.add_cleanup(lambda: _close(state))


def _close(state: Path) -> None:
    os.environ.pop(STATE, None)
    close_state(state)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a service by its fixture, so that ``-m postgres`` finds them."""
    for item in items:
        fixtures: list[str] = getattr(item, "fixturenames", [])
        for service in SERVICES.values():
            if service.fixture in fixtures and not item.get_closest_marker(service.marker):
                item.add_marker(service.marker)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Find every service that the test is marked with, or skip it (fail it, where required)."""
    for marker in SERVICES:
        if item.get_closest_marker(marker):
            url_of(marker)


def url_of(marker: str) -> str:
    """Return the address of the service of a marker, or skip (or fail) the running test."""
    try:
        return find(SERVICES[marker], Path(os.environ[STATE]))
    except ServiceMissingError as error:
        cause = str(error)
    if os.environ.get(REQUIRE, "") not in ("", "0"):
        pytest.fail(f"{cause} ({REQUIRE} is set, so this is a failure)", pytrace=False)
    pytest.skip(f"{MISSING}{cause}")


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made once in a run, for all of its groups and workers.

    Whoever changes what is in it works on a copy.

    Args:
        name: What it holds; one name, one way of making it.
        make: Makes the folder, which does not exist. After an exception the next one to ask tries.
    """
    home = Path(os.environ[STATE]) / MADE
    home.mkdir(exist_ok=True)
    folder, done = home / name, home / f"{name}.done"
    with locked(home / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests were skipped for want of each service."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        where = cast("tuple[str, int, str]", report.longrepr)  # of a skip: file, line, reason
        _, found, cause = where[2].partition(MISSING)
        if found:
            counts[cause] = counts.get(cause, 0) + 1
    for cause, count in sorted(counts.items()):
        terminalreporter.write_line(f"SKIPPED {count} tests: {cause}", yellow=True)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """``postgresql://user@host:port/`` of a server on which databases may be created."""
    return url_of("postgres")


@pytest.fixture(scope="session")
def mysql_url() -> str:
    """``mysql://user@host:port/`` of a server on which databases may be created."""
    return url_of("mysql")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """``redis://host:port/0``; prefix your keys, the server may be shared."""
    return url_of("redis")


@pytest.fixture(scope="session")
def memcached_url() -> str:
    """``memcached://host:port``; prefix your keys, the server may be shared."""
    return url_of("memcached")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium binary; start it with a ``--user-data-dir`` of your own."""
    return url_of("browser")
