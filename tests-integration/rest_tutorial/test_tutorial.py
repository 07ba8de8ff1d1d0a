"""REST framework's tutorial, part by part, with our imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SITE = Path(__file__).parent / "tutorial_site.py"
PARTS = {
    "part1": "serialization",
    "part2": "requests and responses",
    "part3": "class-based views",
    "part4": "authentication and permissions",
    "part5": "relationships and hyperlinked APIs",
    "part6": "view sets and routers",
}


@pytest.mark.parametrize("part", PARTS, ids=PARTS.values())
def test_the_tutorial(part: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SITE), part, str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert f"{part} is well" in done.stdout
