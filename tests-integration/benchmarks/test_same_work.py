"""The peers of a benchmark do the same work, and one that does another is refused."""

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from repository import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import orm_calls
import templates
from _orm_peers import Peer
from _orm_raw import raw_peer

BENCHMARKS = ROOT / "benchmarks"
ASKED = """
import asyncio, importlib, importlib.util, sys
folder = sys.argv[1]
sys.path[:0] = [folder, f"{folder}/http/apps"]
spec = importlib.util.spec_from_file_location("bench_http", f"{folder}/http/__main__.py")
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)
for peer in ("raw", "starlette", "fastapi", "fastjango"):
    app = importlib.import_module(f"{peer}_app").app
    for workload, request in bench.PLAIN.items():
        asyncio.run(bench._cpu(app, request, 2))
        print(peer, workload)
"""


@pytest.mark.parametrize("middleware", ["0", "1"])
def test_the_peers_of_http_answer_alike(middleware: str) -> None:
    """Each answer is compared as in the benchmark, which ends at a wrong one."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(BENCHMARKS)],
        env={**os.environ, "BENCH_MIDDLEWARE": middleware},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == 16


def loaded(name: str) -> ModuleType:
    """Return a benchmark that is a folder."""
    spec = importlib.util.spec_from_file_location(
        f"bench_{name}", BENCHMARKS / name / "__main__.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def orm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS / "orm" / "apps"))
    yield loaded("orm")
    sys.modules.pop("schema", None)


@pytest.mark.parametrize("peer", ["raw", "fastjango", "sqlmodel"])
def test_the_answers_of_the_orm_benchmark_are_those_of_the_database(
    peer: str, orm: ModuleType, tmp_path: Path
) -> None:
    workloads = list(orm.WORKLOADS)
    assert set(orm.RIGHT) == set(workloads)
    with orm.sqlite_database() as database:
        (server,) = orm.servers([peer], database)
        with server:
            orm.check(server, workloads, database)
            other = shutil.copy(database.removeprefix("sqlite://"), tmp_path / "other.db")
            with closing(sqlite3.connect(other)) as connection:
                connection.execute("UPDATE world SET number = -1")
                connection.execute("UPDATE author SET name = 'Nobody'")
                connection.execute("DELETE FROM note")
                connection.commit()
            for workload in ("one row", "20 updates", "list of 100", "insert"):
                with pytest.raises(RuntimeError, match=f"{peer} answers '{workload}' wrongly"):
                    orm.check(server, [workload], f"sqlite://{other}")


def test_calls_that_give_other_rows_are_refused() -> None:
    right = raw_peer("")
    orm_calls.check({"raw": right})
    short = Peer({**right.calls, "100 rows": lambda: [1]})
    with pytest.raises(RuntimeError, match="short gives 1 rows for '100 rows'"):
        orm_calls.check({"short": short})
    other = Peer({**right.calls, "one row by key": lambda: [(6, "x", 1)]})
    with pytest.raises(RuntimeError, match="other gives another row"):
        orm_calls.check({"other": other})


def test_pages_that_differ_are_refused() -> None:
    same = {"small page": lambda: "<p>&lt;ada&#39;&gt;</p>"}
    also = {"small page": lambda: "<p>&lt;ada&#x27;&gt;</p>"}
    templates.check({"fastjango": same, "django": also})
    for page in ("<p>&lt;bob&#39;&gt;</p>", "<p><ada'></p>"):
        with pytest.raises(SystemExit, match="The pages of 'small page' differ"):
            templates.check({"fastjango": same, "django": {"small page": lambda page=page: page}})
