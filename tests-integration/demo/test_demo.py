"""The demo: made by the real commands, requested over a real socket, stopped cleanly."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
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


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_number_that_is_no_port_is_told(port: int) -> None:
    with pytest.raises(demo.DemoError, match=f"port {port} of 127.0.0.1 cannot be used"):
        demo.free_port(port)


def test_what_the_demo_did_not_make_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    for fresh in (False, True):
        with pytest.raises(demo.DemoError, match=r"was not made by the demo\. Move it away"):
            demo.make_where_needed(tmp_path, 10, fresh=fresh)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_project_is_made_anew_unless_somebody_changed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = list[int]()

    def make(folder: Path, articles: int) -> None:
        made.append(articles)
        folder.mkdir(exist_ok=True)
        (folder / "views.py").write_text("1")
        stamp = {"sources": demo.digest(articles), "project": demo.content(folder)}
        (folder / demo.STAMP).write_text(json.dumps(stamp))

    monkeypatch.setattr(demo, "make", make)
    folder = tmp_path / "demo"
    for articles in (10, 10, 20):  # a number that changes stands for sources that change
        demo.make_where_needed(folder, articles, fresh=False)
    assert made == [10, 20]
    (folder / "views.py").write_text("2")
    demo.make_where_needed(folder, 30, fresh=False)
    assert made == [10, 20]
    assert "demo/ was changed, so it is served as it is; --fresh" in capsys.readouterr().out
    demo.make_where_needed(folder, 30, fresh=True)
    assert made == [10, 20, 30]


def test_a_project_without_articles_is_served_too(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        assert len(demo.addresses(tmp_path)) == len(demo.ADDRESSES) - 1
        database.execute("CREATE TABLE articles_article (id, slug, published)")
        assert len(demo.addresses(tmp_path)) == len(demo.ADDRESSES) - 1
        database.execute("INSERT INTO articles_article VALUES (1, 'slow-trains', 'now')")
        database.commit()
    assert "/articles/slow-trains/" in [entry.path for entry in demo.addresses(tmp_path)]


SERVED = """
import sys
sys.path.insert(0, sys.argv[1])
import demo
def serve():
    process = demo.subprocess.Popen([sys.executable, "-c", sys.argv[2]], start_new_session=True)
    try:
        return process.wait()
    finally:
        demo.stop(process)
sys.exit(demo.guarded(serve))
"""


def test_a_server_does_not_outlive_a_demo_that_is_ended() -> None:
    server = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, "-c", SERVED, str(ROOT / "tools"), server]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.terminate()
    assert process.wait(timeout=30) == 143
    process.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), demo.DemoError("no")])
def test_what_ends_the_demo_is_one_line(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise error

    assert demo.guarded(fail) == 1
    assert capsys.readouterr().err == f"demo: {error}\n"


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
