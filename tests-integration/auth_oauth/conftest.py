"""A site that takes logins of two real OpenID providers, which run on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastjango.core import settings, setup
from fastjango.core.management import call_command
from pytest_services import made_once

HERE = Path(__file__).parent
USERS = [
    {"sub": "ada", "email": "ada@example.com", "email_verified": True,
     "preferred_username": "ada"},
    {"sub": "eve", "email": "ada@example.com", "email_verified": False,
     "preferred_username": "eve"},
]  # fmt: skip
MOCK = "oidc-provider-mock==0.4.8"
NODE = "oidc-provider@9.13.3"


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if settings.configured:
        return
    folder = tempfile.TemporaryDirectory(prefix="fastjango-oauth-")
    config.add_cleanup(folder.cleanup)
    settings.configure(
        SECRET_KEY="only-for-tests-" + "x" * 50,
        INSTALLED_APPS=[
            "fastjango.orm", "fastjango.http", "fastjango.templates", "fastjango.forms",
            "fastjango.contenttypes", "fastjango.sessions", "fastjango.auth",
            "fastjango.auth.accounts", "fastjango.auth.oauth",
        ],
        MIDDLEWARE=[
            "fastjango.sessions.middleware.SessionMiddleware",
            "fastjango.http.middleware.csrf.CsrfViewMiddleware",
            "fastjango.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "sqlite3", "NAME": str(Path(folder.name) / "db")}},
        EMAIL_BACKEND="fastjango.mail.backends.locmem.EmailBackend",
        PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
        ALLOWED_HOSTS=["testserver"],
        LOGIN_URL="/account/login/",
        LOGIN_REDIRECT_URL="/oauth/accounts/",
        USE_TZ=True,
    )  # fmt: skip
    setup()
    call_command("migrate", verbosity=0)


def missing(reason: str) -> Any:
    """Skip, or fail where all services are required."""
    if os.environ.get("FASTJANGO_REQUIRE_SERVICES"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def serve(command: list[str], port: int, log: Path, **options: Any) -> Iterator[None]:
    """Run a server until the tests are done."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **options)
        try:
            url = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
            for _ in range(300):
                if process.poll() is not None:
                    raise AssertionError(log.read_text())
                try:
                    if httpx2.get(url, timeout=1).status_code == 200:
                        break
                except httpx2.HTTPError:
                    time.sleep(0.1)
            else:
                raise AssertionError(f"{command[0]} does not answer: {log.read_text()}")
            yield
        finally:
            process.terminate()
            process.wait(10)


def newer_python() -> str | None:
    """Return a Python that the provider runs on (3.12 at least)."""
    if sys.version_info >= (3, 12):
        return sys.executable
    versions = ("3.12", "3.13", "3.14")
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [path for v in versions for path in sorted(roots.glob(f"{v}.*/bin/python3"))]
    found += [Path(path) for v in versions if (path := shutil.which(f"python{v}"))]
    for path in found:
        done = subprocess.run([path, "-c", ""], capture_output=True)
        if done.returncode == 0:
            return str(path)
    return None


@pytest.fixture(scope="session")
def mock_issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """oidc-provider-mock, in an environment of its own."""
    python = newer_python()
    if python is None:
        missing(f"{MOCK} needs Python 3.12 at least, and there is none")
    environment = made_once("oidc-mock", lambda folder: install_mock(python, folder))
    folder, port = tmp_path_factory.mktemp("mock"), free_port()
    command = [str(environment / "bin" / "oidc-provider-mock"), "-p", str(port), "-n", "true"]
    for user in USERS:
        command += ["--user-claims", json.dumps(user)]
    for _ in serve(command, port, folder / "log"):
        yield f"http://127.0.0.1:{port}"


def install_mock(python: str, folder: Path) -> None:
    made = subprocess.run([python, "-m", "venv", folder], capture_output=True)
    own = folder / "bin" / "python"
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    install = (
        [uv, "pip", "install", "-q", "--python", own, MOCK]
        if Path(uv).exists()
        else [own, "-m", "pip", "install", "-q", MOCK]
    )
    if made.returncode or subprocess.run(install, capture_output=True).returncode:
        missing(f"{MOCK} could not be installed")


def install_node(npm: str, folder: Path) -> None:
    folder.mkdir()
    install = [npm, "install", "--no-audit", "--no-fund", NODE]
    if subprocess.run(install, cwd=folder, capture_output=True).returncode:
        missing(f"{NODE} could not be installed")
    shutil.copy(HERE / "provider.mjs", folder)


@pytest.fixture(scope="session")
def node_issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The certified provider of npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        missing(f"{NODE} needs node and npm")
    modules = made_once("oidc-node", lambda made: install_node(npm, made))
    folder, port = tmp_path_factory.mktemp("node"), free_port()
    options = {"cwd": modules, "env": {**os.environ, "PORT": str(port)}}
    for _ in serve([node, "provider.mjs"], port, folder / "log", **options):
        yield f"http://127.0.0.1:{port}"
