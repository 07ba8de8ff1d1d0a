"""Migrations whose process is killed at any statement, and behind a transaction pooler."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# `Project` and `Database` are the fixtures' types; see conftest.py.
Project = Any
Database = Any

#: Statements between two kills in ordinary runs; 1 tries every one.
STRIDE = int(os.environ.get("FASTJANGO_MIGRATION_KILL_STRIDE", "9"))

BEFORE = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=100)

class Tag(models.Model):
    label = models.SlugField()

class Article(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
"""

AFTER = """
from fastjango.orm import models

class Author(models.Model):
    name = models.CharField(max_length=150, unique=True)
    born = models.DateField(null=True, db_index=True)

class Article(models.Model):
    headline = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, null=True)
    readers = models.ManyToManyField(Author, related_name="read")
    words = models.IntegerField(default=3)

    class Meta:
        indexes = [models.Index(fields=["-words"], name="by_words")]
        constraints = [models.CheckConstraint(condition=models.Q(words__gte=0), name="some")]
"""


def make_project(project: Project) -> None:
    project.models(BEFORE)
    project.run("makemigrations", "blog")
    project.models(AFTER)
    project.run("makemigrations", "blog", "--rename", "blog.Article.title:headline")


ROWS = "select a.headline, a.words, b.name from blog_article a, blog_author b"


def test_killed_at_any_statement_the_next_run_finishes(
    project: Project, database: Database
) -> None:
    """Every kill is followed by one run that finishes, with all rows in the new tables."""
    query = database(project)
    make_project(project)
    project.run("migrate", "blog", "0001")
    offset = random.randrange(STRIDE)  # a run tries some of them, all runs together every one
    tried = 0
    while True:
        query("insert into blog_author (id, name) values (1, 'Ann')")
        query("insert into blog_article (id, title, author_id) values (1, 'Kept', 1)")
        running = project.start(
            "migrate", "--allow-destructive", die_at=offset + tried * STRIDE + 1
        )
        code, _ = running.wait()
        if code == 0:
            break
        assert code == -signal.SIGKILL
        tried += 1
        output = project.run("migrate", "--allow-destructive")
        assert query(ROWS) == [("Kept", 3, "Ann")], output
        assert "No migrations to apply" in project.run("migrate")
        query("delete from blog_article")
        query("delete from blog_author")
        project.run("migrate", "blog", "0001", "--allow-destructive")
    print(f"killed {tried} times at every {STRIDE}th statement")
    assert tried > 1
    assert query(ROWS) == [("Kept", 3, "Ann")]
    assert "No changes detected" in project.run("makemigrations", "--check", "--dry-run")


@pytest.mark.parametrize("database", ["mysql"], indirect=True)
def test_progress_that_nobody_forgot_is_no_hindrance(project: Project, database: Database) -> None:
    """A process may die between recording a migration and forgetting how far it had come."""
    query = database(project)
    make_project(project)
    project.run("migrate")
    name = project.files()[1].removesuffix(".py")
    query(
        "insert into fastjango_migration_journal (app, name, direction, operation, done, running)"
        f" values ('blog', '{name}', 'forwards', 9, '', '')"
    )
    assert "interrupted" not in project.run("migrate")
    assert "interrupted" not in project.run("migrate", "blog", "0001")
    assert query("select count(*) from fastjango_migration_journal") == [(0,)]
    project.run("migrate")


@pytest.fixture
def pooler(postgres_url: str, tmp_path: Path) -> Iterator[int]:
    """The port of a pgbouncer that gives a server connection away after every transaction."""
    from urllib.parse import urlsplit

    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        if os.environ.get("FASTJANGO_REQUIRE_SERVICES") == "1":
            pytest.fail("pgbouncer is not installed")
        pytest.skip("no service: pgbouncer is not installed")
    parts = urlsplit(postgres_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path / "pooler"
    folder.mkdir()
    password = f" password={parts.password}" if parts.password else ""
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"""[databases]
* = host={parts.hostname} port={parts.port} user={parts.username}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 12
ignore_startup_parameters = extra_float_digits,options
"""
    )
    command = [program, str(config)]
    if os.getuid() == 0:
        command.insert(1, "--user=nobody")
        os.chmod(folder, 0o755)
        for parent in list(folder.parents)[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert process.poll() is None, process.stderr and process.stderr.read()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()


SLOW = """
import os, pathlib, signal, time
from fastjango.orm import migrations

def somebody_waits():
    outputs = pathlib.Path().glob("output-*.txt")
    return any("Waiting for" in output.read_text() for output in outputs)

def wait(apps, schema_editor):
    if os.path.exists("die"):
        os.remove("die")
        os.kill(os.getpid(), signal.SIGKILL)
    patience = 600
    while patience and not somebody_waits():
        patience -= 1
        time.sleep(0.1)

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.RunPython(wait),
        migrations.RunSQL("insert into blog_tag (label) values ('once')"),
    ]
"""


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_lock_holds_behind_a_transaction_pooler(
    project: Project, database: Database, pooler: int
) -> None:
    query = database(project)
    entry = eval(project.database)
    project.database = repr({**entry, "HOST": "127.0.0.1", "PORT": str(pooler)})
    project.settings()
    project.models(BEFORE)
    project.run("makemigrations", "blog")
    project.write("blog/migrations/0002_slow.py", SLOW)
    # The holder dies first: its lock goes with it, though the pooler keeps its connections.
    project.run("migrate", "blog", "0001")
    (project.folder / "die").touch()
    assert project.start("migrate").wait()[0] == -signal.SIGKILL
    processes = [project.start("migrate") for _ in range(8)]
    codes, outputs = zip(*[process.wait() for process in processes], strict=True)
    assert codes == (0,) * 8, outputs
    assert query("select label from blog_tag") == [("once",)]
    assert sum("Applying blog.0002_slow" in output for output in outputs) == 1
    assert sum("Waiting for" in output for output in outputs) >= 1
