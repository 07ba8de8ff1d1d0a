"""The RealWorld backend, served once for every test of this folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_services import made_once

PROJECT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "realworld"


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "FASTJANGO_DEBUG": "0", "FASTJANGO_ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip


def fill(folder: Path) -> None:
    """Make the database with the sample data."""
    folder.mkdir()
    for command in ("migrate", "seed"):
        done = subprocess.run(
            [sys.executable, "manage.py", command], cwd=PROJECT, env=environment(folder),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the backend with its sample data and return its address."""
    folder = tmp_path_factory.mktemp("realworld") / "data"
    shutil.copytree(made_once("realworld", fill), folder)
    variables = environment(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"],
        cwd=PROJECT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            assert server.poll() is None, "the server ended at once"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
