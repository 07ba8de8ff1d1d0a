"""Whole runs of a project's tests: its databases are made, shared out, kept, and taken away."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("fastjango.orm")

SETTINGS = """
SECRET_KEY = "x" * 50
ROOT_URLCONF = "my_urls"
ALLOWED_HOSTS = []
INSTALLED_APPS = ["fastjango.orm", "shelf", "fastjango.cache"]
CACHES = {"default": {"BACKEND": "fastjango.cache.backends.db.DatabaseCache", "LOCATION": "kept"}}
DATABASES = {"default": %s, "other": %s}
"""
FILE = '{"ENGINE": "sqlite3", "NAME": "site.sqlite3", "TEST": {"NAME": "tests-%s.sqlite3"}}'
SERVER = (
    '{"ENGINE": "postgresql", "HOST": %r, "PORT": "%s", "USER": %r, "PASSWORD": %r, "NAME": %r}'
)
URLS = """
from fastjango.http import HttpResponse
from fastjango.http.urls import path
from shelf.models import Book

def count(request):
    return HttpResponse(str(Book.objects.count()))

async def add(request):
    await Book.objects.acreate(title="added")
    return HttpResponse("")

urlpatterns = [path("", count), path("add/", add)]
"""
MODELS = """
from fastjango.orm import models

class Book(models.Model):
    title = models.CharField(max_length=20)
"""
MIGRATION = """
import os
from fastjango.orm import migrations, models

def seed(apps, editor):
    if "BROKEN" in os.environ:
        raise RuntimeError("the migration broke")
    apps.get_model("shelf", "Book").objects.using(editor.connection.alias).create(title="seed")

class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Book", [
            ("id", models.BigAutoField(primary_key=True)),
            ("title", models.CharField(max_length=20)),
        ]),
        migrations.RunPython(seed),
    ]
"""
CONFTEST = """
import pytest
from shelf.models import Book

@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        Book.objects.create(title="session")

@pytest.fixture
async def book(db):
    return await Book.objects.acreate(title="book")

@pytest.fixture
async def committed(transactional_db):
    return await Book.objects.acreate(title="committed")
"""
TESTS = """
import asyncio
import urllib.request

import pytest
from fastjango.orm import connection, transaction
from fastjango.testing import LiveServerTestCase, TransactionTestCase
from shelf.models import Book

def titles(alias="default"):
    return sorted(Book.objects.using(alias).values_list("title", flat=True))

def answer(address):
    return urllib.request.urlopen(address).read()

async def test_rolled_back(book, async_client, django_assert_num_queries):
    assert connection.in_atomic_block
    with django_assert_num_queries(1):
        assert await Book.objects.acount() == 3
    assert await asyncio.gather(*(Book.objects.acount() for _ in range(3))) == [3, 3, 3]
    await async_client.get("/add/")
    assert (await async_client.get("/")).content == b"4"

def test_what_sessions_and_migrations_made_stays(db):
    assert titles() == ["seed", "session"]

def test_the_cache_has_its_table(db):
    from fastjango.cache import cache
    cache.set("a", 1)
    assert cache.get("a") == 1

@pytest.mark.parametrize("again", [1, 2])
async def test_committed_on_a_loop_of_its_own(committed, again, async_client):
    async with transaction.atomic():
        await Book.objects.acreate(title="more")
    assert await Book.objects.filter(title__in=["committed", "more"]).acount() == 2
    with pytest.raises(KeyError):
        async with transaction.atomic():
            await Book.objects.acreate(title="lost")
            raise KeyError
    assert not await Book.objects.filter(title="lost").aexists()

def test_loops_one_after_the_other(transactional_db):
    assert asyncio.run(Book.objects.acount()) == asyncio.run(Book.objects.acount())

class Seeded(TransactionTestCase):
    serialized_rollback = True
    databases = {"default", "other"}

    def test_one(self):
        assert "seed" in titles() and "seed" in titles("other")
        Book.objects.create(title="own")

    def test_two(self):
        assert "seed" in titles() and "own" not in titles() and "seed" in titles("other")

class Live(LiveServerTestCase):
    def setUp(self):
        Book.objects.all().delete()
        Book.objects.create(title="live")

    def test_the_server_sees_rows_and_its_rows_are_seen(self):
        assert answer(self.live_server_url + "/") == b"1"
        answer(self.live_server_url + "/add/")
        assert titles() == ["added", "live"]

    async def test_async(self):
        assert await asyncio.to_thread(answer, self.live_server_url + "/") == b"1"

@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rows_of_migrations_are_back():
    assert "seed" in titles()

def test_rows_of_migrations_are_back_by_fixture(django_db_serialized_rollback):
    assert "seed" in titles()
"""
PLAIN = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-q")
ASYNC = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
PASSED = 12


@pytest.fixture
def project(apart: pytest.Pytester) -> pytest.Pytester:
    """A project with a migration that makes a row, on files."""
    pytest.importorskip("pytest_asyncio")
    shelf: Path = apart.mkpydir("shelf")
    (shelf / "models.py").write_text(MODELS)
    apart.mkpydir("shelf/migrations").joinpath("0001_initial.py").write_text(MIGRATION)
    settings = SETTINGS % (FILE % "default", FILE % "other")
    apart.makepyfile(manage='"FASTJANGO_SETTINGS_MODULE", "my_settings"', my_settings=settings)
    apart.makepyfile(my_urls=URLS, conftest=CONFTEST, test_shelf=TESTS)
    return apart


def test_a_run_that_could_not_make_its_databases_is_in_nobodys_way(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "1")
    result = project.runpytest_subprocess(*PLAIN, *ASYNC, "-k", "stays")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RuntimeError: the migration broke"])
    assert (project.path / "tests-default.sqlite3").exists()
    monkeypatch.delenv("BROKEN")
    result = project.runpytest_subprocess(*PLAIN, *ASYNC)
    result.assert_outcomes(passed=PASSED)
    assert not list(project.path.glob("*.sqlite3*"))


def test_workers_on_a_server_clean_up_behind_them(
    project: pytest.Pytester, postgres_url: str
) -> None:
    from fastjango.orm.engine.handler import ConnectionHandler

    parts = urlsplit(postgres_url)
    given = (parts.hostname, parts.port, parts.username or "", parts.password or "")
    name = f"fj_runs_{project.path.name[-20:]}_{id(project):x}".lower()
    settings = SETTINGS % (SERVER % (*given, name), SERVER % (*given, f"{name}_other"))
    project.makepyfile(my_settings=settings)
    result = project.runpytest_subprocess(*PLAIN, *ASYNC, "-n", "2")
    result.assert_outcomes(passed=PASSED)
    server = {"ENGINE": "postgresql", "HOST": given[0], "PORT": str(given[1]), "USER": given[2]}
    entry = {**server, "PASSWORD": given[3], "NAME": "postgres"}
    connection = ConnectionHandler({"default": entry})["default"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%{name}%"])
        assert cursor.fetchall() == []
    connection.close()


@pytest.mark.parametrize("way", ["option", "setting"])
def test_tables_can_be_made_without_migrations(project: pytest.Pytester, way: str) -> None:
    options: tuple[str, ...] = ()
    if way == "option":
        options = ("--no-migrations",)
    else:
        unmigrated = FILE.replace('"TEST": {', '"TEST": {"MIGRATE": False, ')
        settings = SETTINGS % (unmigrated % "default", unmigrated % "other")
        project.makepyfile(my_settings=settings)
    project.makepyfile(
        test_shelf="""
        def test_it(db):
            from shelf.models import Book
            assert [book.title for book in Book.objects.all()] == ["session"]
        """
    )
    project.runpytest_subprocess(*PLAIN, *ASYNC, *options).assert_outcomes(passed=1)
