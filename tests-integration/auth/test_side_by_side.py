"""Django and FastJango on one database with one `SECRET_KEY`: one login for both.

The Django is the one beside this Python: 6.1 from Python 3.12 on, 5.2 on 3.11. Further interpreters
that have both frameworks are named in `FASTJANGO_TEST_DJANGO_PYTHONS`, divided like a search path.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
PYTHONS = [
    sys.executable,
    *filter(None, os.environ.get("FASTJANGO_TEST_DJANGO_PYTHONS", "").split(os.pathsep)),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A new database of each kind."""
    if request.param == "sqlite":
        yield {"ENGINE": "sqlite3", "NAME": str(tmp_path / "both.sqlite3")}
        return
    from fastjango.orm.engine.handler import ConnectionHandler

    parts = urlsplit(request.getfixturevalue("postgres_url"))
    entry = {
        "ENGINE": "postgresql",
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
    }
    name = f"fj_auth_{os.getpid()}_{secrets.token_hex(4)}"
    server = ConnectionHandler({"default": {**entry, "NAME": "postgres"}})["default"]
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield {**entry, "NAME": name}
    finally:
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()


@pytest.mark.parametrize("python", PYTHONS, ids=map(str, range(len(PYTHONS))))
def test_one_login_for_both(database: dict[str, Any], tmp_path: Path, python: str) -> None:
    if python == sys.executable:
        pytest.importorskip("django")
    finished = subprocess.run(
        [
            python,
            "-W",
            "error",
            str(HERE / "side_by_side.py"),
            json.dumps(database),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=HERE,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    *_, versions, last = finished.stdout.splitlines()
    django, own = ([int(part) for part in one.split(".")[:2]] for one in versions.split())
    assert django >= ([6, 1] if own >= [3, 12] else [5, 2])
    found = json.loads(last)
    assert len(found) == 115
    assert [name for name, holds in found.items() if not holds] == []
