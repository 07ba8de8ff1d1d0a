"""Tables and rows of Django and FastJango are each other's: names, values, both ways.

Each side runs in a process of its own, so that neither sees the other's settings.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("django")
pytestmark = pytest.mark.slow

MODELS = """
import datetime, decimal, uuid
from {orm} import models

class Author(models.Model):
    name = models.CharField(max_length=30, unique=True)

class Tag(models.Model):
    label = models.SlugField()

class Book(models.Model):
    title = models.CharField(max_length=30, db_index=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)
    price = models.DecimalField(max_digits=7, decimal_places=3, null=True)
    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    hour = models.TimeField(null=True)
    span = models.DurationField(null=True)
    uid = models.UUIDField(null=True)
    data = models.JSONField(null=True)
    flag = models.BooleanField(default=False)
    raw = models.BinaryField(null=True)
    ratio = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=0)
    ip = models.GenericIPAddressField(null=True)
    text = models.TextField(blank=True)

    class Meta:
        unique_together = [("title", "author")]
        indexes = [models.Index(fields=["day", "-count"])]
        constraints = [models.UniqueConstraint(fields=["uid"], name="one_uid")]

class AVeryLongNameForAModelThatMustBeShortened(models.Model):
    another_rather_long_name_for_a_relation = models.ForeignKey(Book, models.CASCADE)
    others_with_a_long_name = models.ManyToManyField(Author)

class Novel(Book):
    genre = models.CharField(max_length=10)

ALL = [Author, Tag, Book, AVeryLongNameForAModelThatMustBeShortened, Novel]

def values(side):
    utc = datetime.timezone.utc
    author, _ = Author.objects.get_or_create(name="Ann é")
    rows = [
        dict(price=decimal.Decimal("1.500"), day=datetime.date(2020, 2, 29),
             at=datetime.datetime(2020, 1, 1, 12, tzinfo=utc), hour=datetime.time(1, 2, 3),
             span=datetime.timedelta(days=-1, microseconds=1), uid=uuid.uuid4(),
             data={{"a": [1, None, "é"]}}, flag=True, raw=b"\\x00\\xff", ratio=0.1, count=3,
             ip="2001:db8::1", text="x" * 300),
        dict(at=datetime.datetime(2020, 1, 1, 12, 0, 0, 5, tzinfo=utc), data="text", flag=False,
             hour=datetime.time(1, 2, 3, 4), price=decimal.Decimal("-0.001")),
        dict(),
    ]
    for number, row in enumerate(rows):
        book = Book.objects.create(title=f"{{side}}{{number}}", author=author, **row)
        book.tags.add(Tag.objects.create(label=f"{{side}}{{number}}"))
    Novel.objects.create(title=f"{{side}} novel", author=author, genre="g")

def shown(value):
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
    return repr(value)

def rows():
    found = []
    for book in Book.objects.order_by("title"):
        row = {{f.attname: shown(getattr(book, f.attname)) for f in Book._meta.concrete_fields}}
        row["tags"] = sorted(t.label for t in book.tags.all())
        found.append(row)
    filtered = [
        Book.objects.filter(at=datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.timezone.utc)),
        Book.objects.filter(price__lt=0), Book.objects.filter(flag=True),
        Book.objects.filter(span__lt=datetime.timedelta(0)), Book.objects.filter(data__a__1=None),
        Book.objects.filter(day__year=2020), Book.objects.filter(author__name="Ann é"),
        Book.objects.filter(novel__genre="g"), Book.objects.filter(uid__isnull=False),
    ]
    return [found, [sorted(b.title for b in q) for q in filtered]]

def names():
    found = {{}}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if not table.startswith("library_"):
                continue
            constraints = connection.introspection.get_constraints(cursor, table)
            found[table] = [
                sorted(n for n in constraints if not n.startswith(("sqlite_auto", "__"))
                       and not n.endswith(("_check", "_not_null"))),
                [c.name for c in connection.introspection.get_table_description(cursor, table)],
            ]
    return found
"""

RUN = """
import json, sys
{setup}
from library.models import *
from library import models as library
library.connection = connection
steps = json.loads(sys.argv[1])
out = []
for step in steps:
    if step == "create":
        with connection.schema_editor() as editor:
            for model in ALL:
                editor.create_model(model)
    elif step == "drop":
        with connection.schema_editor() as editor:
            for model in reversed(ALL):
                editor.delete_model(model)
    elif step.startswith("write"):
        values(step.split()[1])
    elif step == "change":
        Book.objects.filter(title__endswith="1").update(count=9, text="changed")
        Book.objects.filter(title__endswith="2").delete()
    elif step == "rows":
        out.append(rows())
    elif step == "names":
        out.append(names())
print(json.dumps(out))
"""

SETUP = {
    "django": (
        "django.db",
        """
from django.conf import settings
settings.configure(DATABASES={{"default": {database!r}}}, INSTALLED_APPS=["library"],
                   USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
if "mysql" in {database!r}["ENGINE"]:
    import pymysql

    pymysql.version_info = (2, 2, 1)
    pymysql.install_as_MySQLdb()
import django; django.setup()
from django.db import connection
""",
    ),
    "fastjango": (
        "fastjango.orm",
        """
from fastjango.core import settings, setup
settings.configure(SECRET_KEY="x" * 50, DATABASES={{"default": {database!r}}},
                   INSTALLED_APPS=["fastjango.orm", "library"], USE_TZ=True)
setup()
from fastjango.orm import connection
""",
    ),
}


class Sides:
    """Runs steps in a process of either framework, on one database."""

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        self.folder = folder
        self.database = database

    def run(self, side: str, *steps: str) -> list[Any]:
        orm, setup = SETUP[side]
        package = self.folder / side / "library"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "models.py").write_text(MODELS.format(orm=orm))
        script = package.parent / "run.py"
        script.write_text(RUN.format(setup=setup.format(database=self.database)))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), json.dumps(steps)],
            capture_output=True,
            text=True,
            check=False,
            cwd=package.parent,
        )
        assert done.returncode == 0, f"{side}: {done.stderr[-3000:]}"
        return json.loads(done.stdout)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def sides(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sides]:
    if request.param == "sqlite":
        name = str(tmp_path / "db.sqlite3")
        yield Sides(tmp_path, {"ENGINE": "django.db.backends.sqlite3", "NAME": name})
        return
    url = urlsplit(request.getfixturevalue(f"{request.param}_url"))
    name = f"fj_models_{os.getpid()}_{secrets.token_hex(4)}"
    where = {"HOST": url.hostname, "PORT": url.port, "USER": url.username, "PASSWORD": ""}
    if request.param == "postgres":
        pytest.importorskip("psycopg")
        import psycopg

        def admin(sql: str) -> None:
            with psycopg.connect(
                host=url.hostname, port=url.port, user=url.username, autocommit=True
            ) as connection:
                connection.execute(sql)

        engine = "django.db.backends.postgresql"
    else:
        pymysql = pytest.importorskip("pymysql")
        if request.node.name and not _django_speaks_mysql():
            pytest.skip("Django needs mysqlclient")

        def admin(sql: str) -> None:
            with pymysql.connect(host=url.hostname, port=url.port, user=url.username) as connection:
                connection.cursor().execute(sql)

        engine = "django.db.backends.mysql"
    admin(f"CREATE DATABASE {name}")
    try:
        yield Sides(tmp_path, {"ENGINE": engine, "NAME": name, **where})
    finally:
        admin(f"DROP DATABASE {name}")


def _django_speaks_mysql() -> bool:
    code = "import pymysql; pymysql.version_info = (2, 2, 1); pymysql.install_as_MySQLdb()"
    probe = f"{code}; import django.db.backends.mysql.base"
    return subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize("maker", ["django", "fastjango"])
def test_both_work_on_tables_of_either(sides: Sides, maker: str) -> None:
    other = "fastjango" if maker == "django" else "django"
    sides.run(maker, "create", f"write {maker}")
    [mine] = sides.run(maker, "rows")
    [theirs] = sides.run(other, "rows")
    assert theirs == mine
    sides.run(other, f"write {other}", "change")
    [mine] = sides.run(maker, "rows")
    [theirs] = sides.run(other, "rows")
    assert theirs == mine
    assert len(mine[0]) == 6


def test_names_in_the_database_are_equal(sides: Sides) -> None:
    [django] = sides.run("django", "create", "names")
    sides.run("django", "drop")
    [fastjango] = sides.run("fastjango", "create", "names")
    assert fastjango == django
