"""Serve the RealWorld backend: ``python3 tools/dev.py demo realworld [--port N]``.

Migrates and fills a database in ``demo-realworld/``, or the one that ``DATABASE_URL`` names, then
serves ``docs/examples/realworld``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from demo import HOST, ROOT, DemoError, environment, free_port, guarded, say, stop

PROJECT = ROOT / "docs" / "examples" / "realworld"
FOLDER = ROOT / "demo-realworld"


def manage(*arguments: str) -> int:
    """Run a command of the project and return its status; it does not outlive this program."""
    database = os.environ.get("DATABASE_URL") or f"sqlite:///{FOLDER / 'db.sqlite3'}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**environment(), "DATABASE_URL": database},
    )
    try:
        return process.wait()
    finally:
        stop(process)


def main(arguments: Sequence[str] | None = None) -> int:
    """Migrate, fill and serve; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py demo realworld", description=__doc__)
    parser.add_argument("--port", type=int, help="the loopback port (8000, or a free one)")
    options = parser.parse_args(arguments)

    def run() -> int:
        port = free_port(options.port)
        FOLDER.mkdir(exist_ok=True)
        for command in ("migrate", "seed"):
            if status := manage(command):
                raise DemoError(f"{command} failed with status {status}.")
        say(f"the API is at http://{HOST}:{port}/api/articles; stop it with Ctrl-C")
        return manage("runserver", f"{HOST}:{port}", "--noreload")

    return guarded(run)
