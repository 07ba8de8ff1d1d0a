"""What MySQL and MariaDB say of fields that they cannot index, and of their own modes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.core import checks
from fastjango.orm import connections, models
from fastjango.orm.backends.mysql.base import DatabaseWrapper
from fastjango.orm.checks import check_database_backends
from fastjango.orm.engine.handler import ConnectionHandler
from fastjango.orm.migrations.editor import SchemaEditor

Define = Callable[..., Any]


@pytest.fixture
def mysql() -> DatabaseWrapper:
    """A database that nobody connects to."""
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    options: dict[str, Any] = {"TIME_ZONE": None, "OPTIONS": {}, "TEST": {}}
    flags = {"ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_HEALTH_CHECKS": False}
    settings = {"ENGINE": "", "CONN_MAX_AGE": 0, **options, **flags}
    return DatabaseWrapper({**settings, **dict.fromkeys(names, "")})


def body() -> dict[str, Any]:
    return {
        "text": models.TextField(db_index=True),
        "data": models.JSONField(db_index=True, default=dict),
        "raw": models.BinaryField(db_index=True),
        "short": models.CharField(max_length=255, unique=True),
        "long": models.CharField(max_length=256, unique=True),
        "plain": models.CharField(max_length=300, db_index=True),
        "up": models.ForeignKey("self", models.CASCADE, null=True),
    }


def found(model: Any, database: Any) -> list[tuple[str, str, str]]:
    return [
        (error.id, error.msg, error.hint)
        for field in model._meta.local_fields
        for error in database.validation.check_field(field)
    ]


def test_what_cannot_be_indexed_is_told(define: Define, mysql: DatabaseWrapper) -> None:
    model = define("Texts", **body())
    name = mysql.display_name
    none = "An index won't be created. Silence this warning if you don't care about it."
    page = "See: https://docs.djangoproject.com/en/6.1/ref/databases/#mysql-character-fields"
    lacks = f"{name} does not support a database index on"
    assert found(model, mysql) == [
        ("fields.W162", f"{lacks} longtext columns.", none),
        ("fields.W162", f"{lacks} json columns.", none),
        ("fields.W162", f"{lacks} longblob columns.", none),
        (
            "mysql.W003",
            f"{name} may not allow unique CharFields to have a max_length > 255.",
            page,
        ),
    ]
    elsewhere = define("Elsewhere", meta={"required_db_features": ["gis_enabled"]}, **body())
    assert found(elsewhere, mysql) == []
    parts = {"a": models.IntegerField(), "b": models.IntegerField()}
    pair = define("Pair", pk=models.CompositePrimaryKey("a", "b"), **parts)
    assert found(pair, mysql) == []


def test_no_statement_asks_for_the_index(define: Define, mysql: DatabaseWrapper) -> None:
    model = define("Texts", **body())
    editor = SchemaEditor(mysql, collect_sql=True)
    with editor:
        editor.create_model(model)
    indexes = [str(sql) for sql in editor.collected_sql if "CREATE INDEX" in str(sql)]
    assert len(indexes) == 1
    assert "(`plain`)" in indexes[0]


def entry_of(url: str) -> dict[str, Any]:
    """The settings of the server, without a database."""
    parts = urlsplit(url)
    return {
        "ENGINE": "mysql",
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "NAME": "",
    }


@pytest.mark.mysql
def test_the_server_takes_the_table(define: Define, mysql_url: str) -> None:
    entry = entry_of(mysql_url)
    database = ConnectionHandler({"default": entry})["default"]
    name = f"fj_texts_{os.getpid()}"
    with database.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    inner = ConnectionHandler({"default": {**entry, "NAME": name}})["default"]
    try:
        with SchemaEditor(inner) as editor:
            editor.create_model(define("Texts", **{k: v for k, v in body().items() if k != "long"}))
        with inner.cursor() as cursor:
            cursor.execute("SHOW INDEX FROM orm_texts")
            columns = {row[4] for row in cursor.fetchall()}
        assert columns == {"id", "short", "plain", "up_id"}
    finally:
        inner.close()
        with database.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
        database.close()


@pytest.mark.mysql
def test_a_session_that_is_not_strict_is_told(mysql_url: str) -> None:
    modes = {"default": "", "strict": "STRICT_TRANS_TABLES", "all": "ANSI,STRICT_ALL_TABLES"}
    connections.reconfigure(
        {
            alias: {
                **entry_of(mysql_url),
                "OPTIONS": {"init_command": f"SET SESSION sql_mode = '{mode}'"},
            }
            for alias, mode in modes.items()
        }
    )
    try:
        [warning] = checks.run_checks(tags=[checks.Tags.database], databases=list(modes))
        name = connections["default"].display_name
        assert (warning.id, warning.level) == ("mysql.W002", checks.WARNING)
        assert warning.msg == (f"{name} Strict Mode is not set for database connection 'default'")
        assert warning.hint is not None
        assert warning.hint.startswith(f"Without it {name} cuts values")
        assert check_database_backends(None) == []
        assert check_database_backends(None, databases=["strict", "all"]) == []
    finally:
        connections.reconfigure({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})


def test_a_database_without_modes_says_nothing() -> None:
    assert check_database_backends(None, databases=["default"]) == []
