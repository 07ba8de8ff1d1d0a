"""Tables and rows of Django and FastJango are each other's: names, values, both ways.

Each side runs in a process of its own, so that neither sees the other's settings.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

django = pytest.importorskip("django")
pytestmark = pytest.mark.slow

RUN = """
import json, sys
{setup}
from library import models as library
out = []
for step in json.loads(sys.argv[1]):
    if step == "create":
        with connection.schema_editor() as editor:
            for model in library.ALL:
                editor.create_model(model)
    elif step == "drop":
        with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
            for model in reversed(library.ALL):
                editor.delete_model(model)
    elif step.startswith("write"):
        library.write(step.split()[1])
    elif step == "change":
        library.change()
    else:
        out.append(getattr(library, step)())
print(json.dumps(out))
"""

SETUP = {
    "django": """
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
    "fastjango": """
from fastjango.core import settings, setup
settings.configure(SECRET_KEY="x" * 50, DATABASES={{"default": {database!r}}},
                   INSTALLED_APPS=["fastjango.orm", "library"], USE_TZ=True)
setup()
from fastjango.orm import connection
""",
}
MODULES = {"django": "django.db", "fastjango": "fastjango.orm"}


class Sides:
    """Runs steps in a process of either framework, on one database."""

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        self.folder = folder
        self.database = database

    def run(self, side: str, *steps: str) -> list[Any]:
        package = self.folder / side / "library"
        if not package.exists():
            self._write(side, package)
        script = package.parent / "run.py"
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), json.dumps(steps)],
            capture_output=True,
            text=True,
            check=False,
            cwd=package.parent,
        )
        assert done.returncode == 0, f"{side}: {done.stderr[-3000:]}"
        return json.loads(done.stdout)

    def _write(self, side: str, package: Path) -> None:
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "models.py").write_text(
            Path(__file__).with_name("round_trip_models.py").read_text()
        )
        orm = MODULES[side]
        vendor = self.database["ENGINE"].rpartition(".")[2].removesuffix("3")
        six = django.VERSION >= (6, 1)
        (package.parent / "side.py").write_text(
            f"from {orm} import connection, models\n"
            f"from {orm}.models import functions\n"
            f"VENDOR, CHECKED_BY_6 = {vendor!r}, {six}\n"
        )
        setup = SETUP[side].format(database=self.database)
        (package.parent / "run.py").write_text(RUN.replace("{setup}", setup))


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
    kinds = Counter(name for name, _ in mine[0])
    assert (kinds["Book"], kinds["Fields"], kinds["Constraints"]) == (8, 4, 2)
    empty = [number for number, found in enumerate(mine[1]) if not found]
    assert not empty, "these filters find nothing"


def test_names_in_the_database_are_equal(sides: Sides) -> None:
    [django] = sides.run("django", "create", "names")
    sides.run("django", "drop")
    [fastjango] = sides.run("fastjango", "create", "names")
    assert fastjango == django
