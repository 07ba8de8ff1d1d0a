"""The demo: made by the real commands, requested over a real socket, stopped cleanly."""

import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import demo
import pytest
from pytest_services import made_once
from repository import ROOT


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("magazine") / "demo"
    return Path(shutil.copytree(made_once("demo", lambda made: demo.make(made, 200)), folder))


@pytest.mark.slow
def test_every_address_answers_and_articles_can_be_posted(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = demo.check(project, demo.free_port(0))
    shown = capfd.readouterr().out
    assert status == 0, shown
    assert "WRONG" not in shown
    for method, code in {("POST", 201), ("POST", 400), ("POST", 422), ("POST", 403), ("GET", 404)}:
        assert f"ok    {code} {method}" in shown
    assert shown.count("  http://127.0.0.1:") == len(demo.ADDRESSES)


@pytest.mark.slow
def test_the_project_is_an_ordinary_one(project: Path) -> None:
    assert demo.is_current(project, 200)
    assert not demo.is_current(project, 201)
    assert (project / "articles" / "migrations" / "0001_initial.py").is_file()
    assert "fastjango-templates" in (project / "pyproject.toml").read_text()
    with sqlite3.connect(project / "db.sqlite3") as database:
        (articles,) = database.execute("SELECT count(*) FROM articles_article").fetchone()
        (tagged,) = database.execute("SELECT count(*) FROM articles_article_tags").fetchone()
    database.close()
    assert articles >= 200
    assert tagged >= 200


@pytest.mark.slow
def test_the_migrations_are_complete_and_the_magazine_is_filled_once(project: Path) -> None:
    commands = {
        "makemigrations --check": (0, "No changes detected"),
        "showmigrations articles": (0, "[X] 0001_initial"),
        "load_magazine": (1, "only filled once"),
    }
    for command, (status, told) in commands.items():
        done = subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=project,
            env=demo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        shown = done.stdout + done.stderr
        assert done.returncode == status, shown
        assert told in shown


def test_a_step_that_fails_leaves_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(what: str, command: object, folder: Path, *, show: bool = False) -> None:
        (folder / "magazine").mkdir(exist_ok=True)
        raise demo.DemoError(f"{what} failed with status 3.")

    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo, "step", fail)
    with pytest.raises(demo.DemoError, match="startproject magazine failed with status 3"):
        demo.make(tmp_path / "there" / "demo", 10)
    assert list((tmp_path / "there").iterdir()) == []


def test_a_failing_command_is_shown(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('it broke'); sys.exit(3)"]
    with pytest.raises(demo.DemoError, match=r"(?s)try failed with status 3.*it broke"):
        demo.step("try", command, tmp_path)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(demo.DemoError, match=f"port {port} .* is taken"):
            demo.free_port(port)


def test_a_wrong_answer_is_not_called_right(capfd: pytest.CaptureFixture[str]) -> None:
    """The check can fail: a server that answers everything with one page is found out."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        checked = demo.Check(server.server_port)
        checked.request("/", 200, "hello")
        checked.request("/none/", 404)
        checked.request("/", 200, "something else")
        server.shutdown()
    assert [problem.partition(": expected")[0] for problem in checked.wrong] == [
        "GET /none/",
        "GET /",
    ]
    assert "WRONG 200 GET  /none/" in capfd.readouterr().out


def test_what_the_generated_files_lack_is_told(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text("NOTHING = 1\n")
    with pytest.raises(demo.DemoError, match="has 0 places for"):
        demo.edit(file, r"^INSTALLED_APPS = \[\n", "x")


def test_the_app_of_the_demo_is_the_one_in_the_documentation() -> None:
    assert demo.EXAMPLE == ROOT / "docs" / "examples" / "magazine"
    assert (demo.EXAMPLE / "articles" / "models.py").is_file()
