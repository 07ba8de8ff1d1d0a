"""Settings for the unit tests of the ORM: SQLite in memory, no app but the ORM's own."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.core import settings, setup


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            INSTALLED_APPS=["fastjango.orm"],
            DATABASES={"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}},
            DEBUG=False,
            USE_TZ=True,
        )
        setup()


# Models in registries of their own.


@pytest.fixture
def define() -> Callable[..., Any]:
    """A function that makes models, in a registry that no other test sees.

    Attributes:
        registry: The registry.
    """
    from fastjango.core import AppConfig
    from fastjango.core.registry import Registry
    from fastjango.orm import models

    registry = Registry([AppConfig.create("fastjango.orm")])

    def make(
        label: str, /, bases: tuple[type, ...] = (models.Model,), meta: Any = None, **body: Any
    ) -> Any:
        options = {"app_label": "orm", "apps": registry, **(meta or {})}
        inner = type("Meta", (), options)
        return type(models.Model)(label, bases, {"__module__": __name__, "Meta": inner, **body})

    make.registry = registry  # type: ignore[attr-defined]  # an attribute of the function
    return make


# Tables of the models of a module, in memory.


@pytest.fixture
def tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tables of the module's `MODELS`, for one test."""
    from fastjango.orm.schema import create_model, delete_model

    for model in request.module.MODELS:
        create_model(model)
    yield
    for model in reversed(request.module.MODELS):
        delete_model(model)


@pytest.fixture(scope="module")
def kept_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tables of the module's `MODELS`, for all of its tests."""
    from fastjango.orm import connection

    with connection.schema_editor() as editor:
        for model in request.module.MODELS:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(request.module.MODELS):
            editor.delete_model(model)
    connection.close()


# Projects in folders of their own, whose commands run as programs.


class Server:
    """The process whose forks run the commands."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("command_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.communicate()


class Running:
    """A command that runs."""

    def __init__(self, server: Server, pid: int, output: Path) -> None:
        self.server, self.pid, self.output = server, pid, output

    def wait(self) -> tuple[int, str]:
        code = self.server.ask({"wait": self.pid})["code"]
        return code, self.output.read_text() if self.output.exists() else ""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


class Project:
    """A project with one app in a temporary folder."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.numbers = itertools.count()
        self.database = f'{{"ENGINE": "sqlite3", "NAME": {str(folder / "db.sqlite3")!r}}}'
        self.write("blog/__init__.py", "")
        self.settings()

    def settings(self, debug: bool = True, apps: str = '"blog"') -> None:
        self.write(
            "site_settings.py",
            f"""
            SECRET_KEY = "{"x" * 60}"
            DEBUG = {debug}
            INSTALLED_APPS = ["fastjango.orm", {apps}]
            DATABASES = {{"default": {self.database}}}
            """,
        )

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def models(self, text: str) -> None:
        self.write("blog/models.py", text)

    def start(self, *args: str, die_at: int = 0, answers: str = "") -> Running:
        """Start a command, which kills itself before its statement of this number.

        Args:
            answers: What is typed, by lines.
        """
        output = self.folder / f"output-{next(self.numbers)}.txt"
        request = {"folder": str(self.folder), "arguments": args, "output": str(output)}
        typed = str(self.write("answers.txt", answers)) if answers else ""
        pid = self.server.ask({**request, "die_at": die_at, "answers": typed})["pid"]
        return Running(self.server, pid, output)

    def run(self, *args: str, code: int = 0, answers: str = "") -> str:
        running = self.start(*args, answers=answers)
        returned, output = running.wait()
        assert returned == code, output
        return output

    def files(self) -> list[str]:
        folder = self.folder / "blog/migrations"
        return sorted(p.name for p in folder.glob("0*.py")) if folder.exists() else []

    def query(self, sql: str) -> list[tuple[object, ...]]:
        # The inner one commits, the outer one closes.
        with closing(sqlite3.connect(self.folder / "db.sqlite3")) as connection, connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    return Project(tmp_path, server)


Database = Callable[[Project], Callable[[str], list[tuple[object, ...]]]]


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Point a project at a database of each kind; gives a function that runs queries."""
    from fastjango.orm.engine.handler import ConnectionHandler

    name = f"fj_migrate_{os.getpid()}_{secrets.token_hex(4)}"
    made: list[object] = []

    def use(project: Project) -> Callable[[str], list[tuple[object, ...]]]:
        if request.param == "sqlite":
            return project.query
        url = request.getfixturevalue(
            "postgres_url" if request.param == "postgresql" else "mysql_url"
        )
        parts = urlsplit(url)
        entry = {
            "ENGINE": request.param,
            "HOST": parts.hostname,
            "PORT": str(parts.port or ""),
            "USER": parts.username or "",
            "PASSWORD": parts.password or "",
        }
        outer = ConnectionHandler(
            {"default": {**entry, "NAME": "postgres" if request.param == "postgresql" else ""}}
        )["default"]
        with outer.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        made.append(outer)
        project.database = repr({**entry, "NAME": name})
        project.settings()
        inner = ConnectionHandler({"default": {**entry, "NAME": name}})["default"]
        made.append(inner)

        def query(sql: str) -> list[tuple[object, ...]]:
            with inner.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []

        return query

    yield use
    for connection in reversed(made):
        if connection is made[0]:
            with connection.cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f"DROP DATABASE {name}")
        connection.close()  # type: ignore[attr-defined]


@pytest.fixture(
    scope="module",
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
def empty_database(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The settings of a new database of each kind, which `connections` uses; for one module."""
    from fastjango.orm import connections

    name = f"fj_empty_{os.getpid()}_{secrets.token_hex(4)}"
    if request.param == "sqlite":
        entry: dict[str, Any] = {"ENGINE": "sqlite3", "NAME": f"file:{name}?mode=memory"}
    else:
        url = urlsplit(request.getfixturevalue(f"{request.param}_url"))
        entry = {
            "ENGINE": "postgresql" if request.param == "postgres" else "mysql",
            "NAME": name,
            "USER": url.username or "",
            "PASSWORD": url.password or "",
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
        }
    connections.reconfigure({"default": entry})
    default = connections["default"]
    if default.vendor != "sqlite":
        with default._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {default.ops.quote_name(name)}")
    yield entry
    connections.reconfigure({"default": entry})
    connections["default"].creation._destroy_test_db(entry["NAME"], 0)
    connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
