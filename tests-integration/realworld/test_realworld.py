"""The RealWorld backend, served: its own tests, the demo command, and schemathesis."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "docs" / "examples" / "realworld"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "unsupported_method,ignored_auth,use_after_free"
)
EXAMPLES = int(os.environ.get("FASTJANGO_REALWORLD_EXAMPLES", "5"))  # of each operation


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **variables}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the backend with its sample data and return its address."""
    database = f"sqlite:///{tmp_path_factory.mktemp('realworld') / 'db.sqlite3'}"
    variables = {"DATABASE_URL": database, "FASTJANGO_DEBUG": "0",
                 "FASTJANGO_ALLOWED_HOSTS": "127.0.0.1"}  # fmt: skip
    for arguments in (["migrate"], ["seed"]):
        done = run(sys.executable, "manage.py", *arguments, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"],
        cwd=PROJECT, env={**os.environ, **variables},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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


def test_its_own_tests_pass() -> None:
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_migrations_are_complete() -> None:
    done = run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemathesis_finds_nothing_that_contradicts_the_document(
    served: str, tmp_path: Path
) -> None:
    account = {"user": {"email": "ada@conduit.example", "password": "conduit-demo"}}
    login = urllib.request.Request(
        f"{served}/users/login",
        json.dumps(account).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(login, timeout=60) as answer:
        token = json.load(answer)["user"]["token"]
    tool = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [str(tool), "run", str(PROJECT / "openapi.yml"), "-u", served,
         "-H", f"Authorization: Token {token}", "-n", str(EXAMPLES), "--checks", CHECKS,
         "--seed", "1"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "Tested: 19" in done.stdout
    assert re.search(r"API Links:.*inferred", done.stdout), done.stdout[-3000:]
