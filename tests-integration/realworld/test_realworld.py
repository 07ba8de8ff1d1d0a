"""The RealWorld backend, served: its own tests, the demo command, and schemathesis."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

# They begin with a migration, a seed and a server: minutes on a machine that is busy.
pytestmark = pytest.mark.timeout(900)

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
