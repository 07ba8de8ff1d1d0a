"""A site with view sets on models: the API, the browsable API in pages and forms, and the docs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SITE = Path(__file__).parent / "rest_site.py"


def run(name: str, tmp_path: Path) -> None:
    """Run one scenario in a process of its own: settings are a process's."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SITE), name, str(tmp_path / "db.sqlite3")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert f"{name} is well" in done.stdout


def test_view_sets_on_models(tmp_path: Path) -> None:
    run("view_sets", tmp_path)


def test_synchronous_parts_run_in_threads(tmp_path: Path) -> None:
    run("sync_parts", tmp_path)


def test_permissions_of_models(tmp_path: Path) -> None:
    run("model_permissions", tmp_path)


def test_pagination(tmp_path: Path) -> None:
    run("pagination", tmp_path)


def test_cursors_stay_right_while_rows_come_and_go(tmp_path: Path) -> None:
    run("cursors", tmp_path)


def test_the_browsable_api(tmp_path: Path) -> None:
    run("browsable", tmp_path)


def test_logins_by_session_token_and_password(tmp_path: Path) -> None:
    run("logins", tmp_path)


def test_filters(tmp_path: Path) -> None:
    run("filters", tmp_path)


def test_preconditions_and_conflicts(tmp_path: Path) -> None:
    run("conditions", tmp_path)


def test_the_pages_of_the_docs(tmp_path: Path) -> None:
    run("docs_pages", tmp_path)
