"""The quickstart of REST framework: two view sets on a router, behind a login."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SITE = Path(__file__).parent / "quickstart_site.py"


def test_the_quickstart(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SITE), str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert "quickstart is well" in done.stdout
