"""The N+1 guard watches requests by itself: in DEBUG and in tests, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import FastJango
from fastjango.orm import connections
from fastjango.orm.engine.runner import arun
from fastjango.orm.engine.statement import Statement, Steps
from starlette.testclient import TestClient

IN_TESTS = "fastjango.testing.environment"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    connections.reconfigure(
        {"default": {"ENGINE": "sqlite3", "NAME": str(tmp_path / "db.sqlite3")}}
    )
    yield
    connections.reconfigure()


def application() -> FastJango:
    app = FastJango()

    def ask() -> Steps[Any]:
        return (yield Statement("SELECT 1")).rows

    @app.get("/loop")
    async def loop() -> int:
        for _ in range(12):
            await arun(ask())
        return 12

    return app


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("debug", "in_tests", "reports"), [(True, False, 1), (False, True, 1), (False, False, 0)]
)
def test_requests_are_watched_without_listing_anything(
    debug: bool,
    in_tests: bool,
    reports: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if in_tests:
        monkeypatch.setitem(sys.modules, IN_TESTS, sys)
    else:
        monkeypatch.delitem(sys.modules, IN_TESTS, raising=False)
    with override_settings(DEBUG=debug), TestClient(application()) as client:
        assert client.get("/loop").json() == 12
    assert caplog.text.count("queries of one shape") == reports
