"""The migration commands, run as users run them: as programs, in a project of their own."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

MODELS = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)

class Article(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField("Tag")

class Tag(models.Model):
    name = models.SlugField()
"""


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

    def start(self, *args: str) -> Running:
        output = self.folder / f"output-{next(self.numbers)}.txt"
        pid = self.server.ask(
            {"folder": str(self.folder), "arguments": args, "output": str(output)}
        )["pid"]
        return Running(self.server, pid, output)

    def run(self, *args: str, code: int = 0) -> str:
        running = self.start(*args)
        returned, output = running.wait()
        assert returned == code, output
        return output

    def files(self) -> list[str]:
        folder = self.folder / "blog/migrations"
        return sorted(p.name for p in folder.glob("0*.py")) if folder.exists() else []

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.folder / "db.sqlite3") as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    return Project(tmp_path, server)


@pytest.fixture
def migrated(project: Project) -> Project:
    project.models(MODELS)
    project.run("makemigrations", "blog")
    project.run("migrate")
    return project


def test_from_models_to_tables_and_back(project: Project) -> None:
    project.models(MODELS)
    output = project.run("makemigrations", "blog", "--dry-run")
    assert "Create model Article" in output
    assert project.files() == []
    project.run("makemigrations", "blog", "--check", code=1)
    assert project.files() == []
    project.run("makemigrations", "blog")
    assert project.files() == ["0001_initial.py"]
    assert not (project.folder / "db.sqlite3").exists()  # no database was asked
    assert "No changes detected in app 'blog'" in project.run("makemigrations", "blog")
    assert "blog.0001_initial" in project.run("migrate", "--plan")
    project.run("migrate", "--check", code=1)
    assert "Applying blog.0001_initial... OK" in project.run("migrate")
    assert "No migrations to apply." in project.run("migrate")
    assert " [X] 0001_initial" in project.run("showmigrations", "blog")
    assert "[X]  blog.0001_initial" in project.run("showmigrations", "--plan")
    project.run("migrate", "--check")
    assert "Unapplying blog.0001_initial... OK" in project.run("migrate", "blog", "zero")
    tables = {row[0] for row in project.query("select name from sqlite_master where type='table'")}
    assert not any(str(name).startswith("blog_") for name in tables)


def test_sql_is_written_for_every_dialect_without_a_server(project: Project) -> None:
    project.models(MODELS)
    project.run("makemigrations", "blog")
    postgres = project.run("sqlmigrate", "blog", "0001", "--dialect", "postgresql")
    assert "GENERATED BY DEFAULT AS IDENTITY" in postgres
    assert "DEFERRABLE INITIALLY DEFERRED" in postgres
    assert postgres.startswith("BEGIN;")
    mysql = project.run("sqlmigrate", "blog", "0001", "--dialect", "mysql")
    assert "AUTO_INCREMENT" in mysql
    assert "BEGIN" not in mysql
    assert "AUTOINCREMENT" in project.run("sqlmigrate", "blog", "0001", "--dialect", "sqlite")
    assert "DROP TABLE" in project.run("sqlmigrate", "blog", "0001", "--backwards")
    assert "Cannot find a migration" in project.run("sqlmigrate", "blog", "0009", code=1)


def test_a_rename_is_asked_for_and_never_guessed(migrated: Project) -> None:
    migrated.query("insert into blog_author (name) values ('Ann')")
    migrated.models(MODELS.replace("name = models.CharField", "full_name = models.CharField"))
    output = migrated.run("makemigrations", "blog", "--no-input", code=1)
    assert "--rename APP.Author.name:full_name" in output
    assert migrated.files() == ["0001_initial.py"]
    migrated.run("makemigrations", "blog", "--no-input", "--rename", "blog.Author.name:full_name")
    assert "RenameField" in (migrated.folder / "blog/migrations" / migrated.files()[1]).read_text()
    migrated.run("migrate")
    assert migrated.query("select full_name from blog_author") == [("Ann",)]


def test_a_renamed_model_keeps_its_rows(migrated: Project) -> None:
    migrated.query("insert into blog_author (name) values ('Ann')")
    migrated.models(MODELS.replace("Author", "Writer"))
    migrated.run("makemigrations", "blog", "--no-input", "--rename", "blog.Author:Writer")
    migrated.run("migrate")
    assert migrated.query("select name from blog_writer") == [("Ann",)]
    keys = migrated.query("pragma foreign_key_list(blog_article)")
    assert [row[2] for row in keys] == ["blog_writer"]
    assert "No changes detected" in migrated.run("makemigrations")


def test_a_column_without_default_is_refused_without_a_terminal(migrated: Project) -> None:
    migrated.models(
        MODELS.replace(
            "name = models.SlugField()", "name = models.SlugField()\n    n = models.IntegerField()"
        )
    )
    output = migrated.run("makemigrations", "blog", "--no-input", code=1)
    assert "impossible to add a non-nullable field without specifying a default" in output
    assert migrated.files() == ["0001_initial.py"]


def test_empty_named_update_merge(migrated: Project) -> None:
    migrated.run("makemigrations", "blog", "--empty", "--name", "data")
    assert migrated.files() == ["0001_initial.py", "0002_data.py"]
    migrated.models(MODELS + "\nclass Extra(models.Model):\n    pass\n")
    migrated.run("makemigrations", "blog", "--update")
    assert "CreateModel" in (migrated.folder / "blog/migrations/0002_data.py").read_text()
    branch = (
        "from fastjango.orm import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('blog', '0001_initial')]\n    operations = []\n"
    )
    migrated.write("blog/migrations/0002_other.py", branch)
    output = migrated.run("makemigrations", "blog", code=1)
    assert "multiple leaf nodes" in output
    assert "0002_data, 0002_other in blog" in output
    assert "makemigrations --merge" in migrated.run("migrate", code=1)
    migrated.run("makemigrations", "blog", "--merge", "--no-input")
    assert migrated.files()[-1].startswith("0003_merge")
    migrated.run("migrate")


def test_squash_and_optimize(project: Project) -> None:
    project.models("from fastjango.orm import models\nclass A(models.Model):\n    pass\n")
    project.run("makemigrations", "blog")
    project.models(
        "from fastjango.orm import models\nclass A(models.Model):\n"
        "    x = models.IntegerField(null=True)\n"
    )
    project.run("makemigrations", "blog", "--name", "x")
    output = project.run("squashmigrations", "blog", "0002", "--no-input")
    assert "Optimized from 2 operations to 1 operations." in output
    assert "0001_squashed_0002_x.py" in project.files()
    project.run("migrate")
    recorded = project.query("select name from fastjango_migrations order by name")
    assert recorded == [("0001_initial",), ("0001_squashed_0002_x",), ("0002_x",)]
    assert "No optimizations possible." in project.run("optimizemigration", "blog", "0002_x")


DATA = """
from fastjango.orm import migrations

def fill(apps, schema_editor):
    Author = apps.get_model("blog", "Author")
    Author.objects.create(name="Ann")

async def afill(apps, schema_editor):
    Author = apps.get_model("blog", "Author")
    await Author.objects.acreate(name="Bob")
    assert await Author.objects.acount() == 2

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(afill, migrations.RunPython.noop),
        migrations.RunSQL(
            [("insert into blog_tag (name) values (%s)", ["100%"])], "delete from blog_tag"
        ),
        migrations.SeparateDatabaseAndState(),
    ]
"""


def test_data_migrations_in_both_colours(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_data.py", DATA)
    migrated.run("migrate")
    assert migrated.query("select name from blog_author order by name") == [("Ann",), ("Bob",)]
    assert migrated.query("select name from blog_tag") == [("100%",)]
    migrated.run("migrate", "blog", "0001")
    assert migrated.query("select name from blog_tag") == []


def test_a_failing_data_migration_leaves_nothing(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_data.py", DATA.replace("== 2", "== 3"))
    output = migrated.run("migrate", code=1)
    assert "AssertionError" in output
    assert migrated.query("select name from blog_author") == []
    assert " [ ] 0002_data" in migrated.run("showmigrations")


@pytest.mark.parametrize("debug", [True, False])
def test_destruction_is_named_and_refused_in_production(migrated: Project, debug: bool) -> None:
    migrated.query("insert into blog_author (name) values ('Ann')")
    migrated.query("insert into blog_tag (name) values ('t')")
    migrated.models(MODELS.replace("name = models.CharField(max_length=100)", "pass"))
    migrated.run("makemigrations", "blog")
    migrated.settings(debug=debug)
    if debug:
        output = migrated.run("migrate")
        assert "column blog_author.name, 1 row(s) with data" in output
    else:
        output = migrated.run("migrate", code=1)
        assert "column blog_author.name, 1 row(s) with data" in output
        assert "Nothing was changed" in output
        assert migrated.query("select name from blog_author") == [("Ann",)]
        migrated.run("migrate", "--allow-destructive")


def test_an_edited_applied_migration_is_refused(migrated: Project) -> None:
    path = migrated.folder / "blog/migrations/0001_initial.py"
    text = path.read_text()
    path.write_text(text.replace("max_length=100", "max_length=99"))
    output = migrated.run("migrate", code=1)
    assert "blog.0001_initial" in output
    assert "--accept-edited" in output
    path.write_text("# a comment\n" + text)  # what means the same may be written otherwise
    migrated.run("migrate")
    path.write_text(text.replace("max_length=100", "max_length=99"))
    migrated.run("migrate", "--accept-edited")
    migrated.run("migrate")


def test_bad_input_is_explained_and_changes_nothing(migrated: Project) -> None:
    assert "No installed app with label 'blgo'" in migrated.run("migrate", "blgo", code=1)
    output = migrated.run("migrate", "blog", "0007", code=1)
    assert "Cannot find a migration matching '0007' from app 'blog'" in output
    migrated.write(
        "blog/migrations/0002_missing.py",
        "from fastjango.orm import migrations\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('blog', '0001_initail')]\n    operations = []\n",
    )
    output = migrated.run("migrate", code=1)
    assert "0002_missing" in output
    assert "0001_initail" in output
    migrated.write("blog/migrations/0002_missing.py", "x = 1\n")
    assert "has no Migration class" in migrated.run("migrate", code=1)
    (migrated.folder / "blog/migrations/0002_missing.py").unlink()
    migrated.query(
        "insert into fastjango_migrations (app, name, applied)"
        " values ('blog', '0002_new', '2026-01-01')"
    )
    output = migrated.run("migrate", code=1)
    assert "blog.0002_new" in output
    assert "migrate blog --prune" in output
    migrated.run("migrate", "blog", "--prune")
    migrated.run("migrate")


def test_fake_and_fake_initial(migrated: Project) -> None:
    migrated.query("delete from fastjango_migrations")
    assert "OK" not in migrated.run("migrate", "--fake-initial").partition("Running")[2]
    assert "FAKED" in migrated.run("migrate", "--fake", "blog", "zero")
    assert migrated.query("select count(*) from blog_author") == [(0,)]


def test_apps_without_migrations(project: Project) -> None:
    project.models(MODELS)
    assert "Creating table blog_author" in project.run("migrate", "--run-syncdb")
    assert project.query("select count(*) from blog_author") == [(0,)]


SLOW = """
import time
from fastjango.orm import migrations

def wait(apps, schema_editor):
    time.sleep(1.5)

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.RunPython(wait),
        migrations.RunSQL("insert into blog_tag (name) values ('once')"),
    ]
"""

Database = Callable[[Project], Callable[[str], list[tuple[object, ...]]]]


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Point a project at a database of each kind; gives a function that runs queries."""
    import secrets

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


def test_eight_processes_at_once(project: Project, database: Database) -> None:
    query = database(project)
    project.models(MODELS)
    project.run("makemigrations", "blog")
    project.write("blog/migrations/0002_slow.py", SLOW)
    processes = [project.start("migrate") for _ in range(8)]
    codes, outputs = zip(*[process.wait() for process in processes], strict=True)
    assert codes == (0,) * 8, outputs
    assert query("select name from blog_tag") == [("once",)]
    assert sum("Applying blog.0002_slow" in output for output in outputs) == 1
    assert sum("Waiting for" in output for output in outputs) >= 1


KILLED = """
import os, signal
from fastjango.orm import migrations, models

def die(apps, schema_editor):
    if not os.path.exists("survived"):
        open("survived", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.AddField("Tag", "first", models.IntegerField(null=True, db_index=True)),
        migrations.CreateModel("Extra", [("id", models.BigAutoField(primary_key=True)),
            ("tag", models.ForeignKey("blog.Tag", models.CASCADE))]),
        migrations.RunPython(die),
        migrations.AddField("Tag", "second", models.IntegerField(null=True)),
    ]
"""


def test_killed_in_the_middle_the_next_run_finishes(project: Project, database: Database) -> None:
    query = database(project)
    project.models(MODELS)
    project.run("makemigrations", "blog")
    project.run("migrate")
    query("insert into blog_tag (name) values ('kept')")
    project.write("blog/migrations/0002_killed.py", KILLED)
    process = project.start("migrate")
    assert process.wait()[0] == -signal.SIGKILL
    output = project.run("migrate")
    assert "Applying blog.0002_killed... OK" in output
    assert query("select name, first, second from blog_tag") == [("kept", None, None)]
    assert query("select count(*) from blog_extra") == [(0,)]
    assert "No migrations to apply" in project.run("migrate")


def test_a_lock_that_is_not_given_up_is_reported(migrated: Project) -> None:
    migrated.write("blog/migrations/0002_slow.py", SLOW.replace("1.5", "6"))
    holder = migrated.start("migrate")
    lock = migrated.folder / "db.sqlite3-migrate-lock-holder"
    deadline = time.monotonic() + 30
    while not lock.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)
    output = migrated.run("migrate", "--lock-timeout", "0.5", code=1)
    assert re.search(r"process \d+ has been migrating database 'default'", output)
    assert holder.wait()[0] == 0
