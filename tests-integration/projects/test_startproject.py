"""What `startproject` and `startapp` write passes its own tests and the usual tools."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run(folder: Path, *args: str, env: dict[str, str] | None = None) -> str:
    """Run a program in a folder and return its output; it has to succeed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FASTJANGO_", "PYTEST_"))}
    clean.pop("DATABASE_URL", None)
    done = subprocess.run(
        args,
        cwd=folder,
        env={**clean, **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{args}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def tool(name: str) -> str:
    """Return the path of a tool of this environment."""
    found = shutil.which(name, path=str(BIN)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module", params=["pages and API", "API only"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project with an app in it."""
    folder = tmp_path_factory.mktemp("project")
    extra = ["--api"] if request.param == "API only" else []
    run(folder, sys.executable, "-m", "fastjango.core", "startproject", "mysite", *extra)
    root = folder / "mysite"
    run(root, sys.executable, "manage.py", "startapp", "blog")
    settings = root / "mysite/settings.py"
    text = settings.read_text().replace(
        '    "fastjango.orm",\n', '    "fastjango.orm",\n    "blog",\n'
    )
    settings.write_text(text)
    return root


def test_its_tests_pass(project: Path) -> None:
    shown = run(project, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    expected = 3 if (project / "tests/test_site.py").exists() else 2
    assert f"{expected} passed" in shown


def test_ruff_finds_nothing(project: Path) -> None:
    run(project, tool("ruff"), "check", ".")
    run(project, tool("ruff"), "format", "--check", ".")


def test_pyright_finds_nothing(project: Path) -> None:
    assert "0 errors, 0 warnings" in run(
        project, tool("pyright"), "--pythonpath", sys.executable, "--warnings"
    )


def test_check_finds_nothing(project: Path) -> None:
    shown = run(project, sys.executable, "manage.py", "check")
    assert shown == "System check identified no issues (0 silenced).\n"


def test_check_deploy_lists_what_is_left_to_set(project: Path) -> None:
    shown = run(project, sys.executable, "manage.py", "check", "--deploy")
    ids = set(re.findall(r"\(([a-z_]+\.[A-Z]\d+)\)", shown))
    assert ids == LEFT_TO_SET
    values = {
        "FASTJANGO_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "FASTJANGO_DEBUG": "0",
        "FASTJANGO_ALLOWED_HOSTS": "www.example.com",
        "FASTJANGO_SECURE_SSL_REDIRECT": "1",
        "FASTJANGO_SECURE_HSTS_SECONDS": "3600",
        "FASTJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS": "1",
        "FASTJANGO_SECURE_HSTS_PRELOAD": "1",
        "FASTJANGO_CSRF_COOKIE_SECURE": "1",
    }
    shown = run(project, sys.executable, "manage.py", "check", "--deploy", env=values)
    assert shown == "System check identified no issues (0 silenced).\n"


# HSTS, HTTPS, the key, the CSRF cookie, DEBUG and the host names.
LEFT_TO_SET = {f"security.W{number:03}" for number in (4, 8, 9, 16, 18, 20)}


def test_migrations_run(project: Path) -> None:
    run(project, sys.executable, "manage.py", "migrate", "--verbosity=0")
    assert (project / "db.sqlite3").exists()
    git = tool("git")
    run(project, git, "init", "--quiet")
    kept = run(project, git, "ls-files", "--others", "--exclude-standard").splitlines()
    assert "manage.py" in kept
    assert not [name for name in kept if "sqlite3" in name or name.endswith(".pyc")]


def test_the_environment_is_read(project: Path) -> None:
    (project / ".env").write_text(
        "FASTJANGO_LANGUAGE_CODE=de\nDATABASE_URL=sqlite:///other.sqlite3\n"
    )
    try:
        shown = run(project, sys.executable, "manage.py", "diffsettings")
    finally:
        (project / ".env").unlink()
    assert "LANGUAGE_CODE = 'de'\n" in shown
    assert "'NAME': 'other.sqlite3'" in shown
    assert "fastjango-insecure" not in shown
