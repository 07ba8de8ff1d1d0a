"""Migrations found and applied on databases of each kind, and what introspection says then."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.orm.engine.handler import ConnectionHandler, connections
from fastjango.orm.migrations.autodetector import MigrationAutodetector
from fastjango.orm.migrations.graph import MigrationGraph
from fastjango.orm.migrations.questioner import MigrationQuestioner
from fastjango.orm.migrations.state import ProjectState


def changes(before: ProjectState, after: ProjectState, **kw: Any) -> list[Any]:
    detector = MigrationAutodetector(
        before, after, MigrationQuestioner({"ask_initial": True}, **kw)
    )
    return detector.changes(MigrationGraph()).get("shop", [])


def describe(connection: Any) -> dict[str, Any]:
    """What introspection says of every table of the app, without names that nobody chose."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name.startswith("shop_")
        ]
        for table in sorted(tables):
            columns = {
                column.name: (
                    column.type_code,
                    column.null_ok,
                    column.display_size,
                    column.collation,
                )
                for column in connection.introspection.get_table_description(cursor, table)
            }
            constraints = sorted(
                repr(
                    (
                        list(info["columns"] or []),
                        bool(info["primary_key"]),
                        bool(info["unique"]),
                        bool(info["index"]),
                        info["foreign_key"],
                        bool(info["check"]),
                        info.get("orders"),
                    )
                )
                for info in connection.introspection.get_constraints(cursor, table).values()
            )
            found[table] = (columns, constraints)
    return found


def apply(connection: Any, migrations: list[Any], state: ProjectState) -> ProjectState:
    for migration in migrations:
        with connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
    return state


def drop_all(connection: Any, state: ProjectState) -> None:
    down = changes(state, ProjectState())
    apply(connection, down, state)


def clean(connection: Any) -> None:
    """Remove what a failed example left, so that the next one fails for its own reasons."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for command in ("PRAGMA foreign_keys = OFF", "SET FOREIGN_KEY_CHECKS = 0"):
            if command.startswith("PRAGMA") == (connection.vendor == "sqlite") and (
                connection.vendor != "postgresql"
            ):
                cursor.execute(command)
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("shop_", "new__")):
                cascade = " CASCADE" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TABLE {quote(table)}{cascade}")


@pytest.fixture
def sqlite() -> Iterator[Any]:
    handler = ConnectionHandler({"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}})
    connection = handler["default"]
    with override_default(connection):
        yield connection
    connection.close()


class override_default:
    """Let `connections["default"]` be another connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        connections.shared["default"] = self.connection

    def __exit__(self, *args: object) -> None:
        del connections.shared["default"]


def server(url: str, engine: str) -> Iterator[Any]:
    parts = urlsplit(url)
    name = f"fj_migrations_{os.getpid()}_{secrets.token_hex(4)}"
    entry = {
        "ENGINE": engine,
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
    }
    admin = "postgres" if engine == "postgresql" else ""
    outer = ConnectionHandler({"default": {**entry, "NAME": admin}})["default"]
    with outer.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection = ConnectionHandler({"default": {**entry, "NAME": name}})["default"]
    try:
        with override_default(connection):
            yield connection
    finally:
        connection.close()
        with outer.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")
        outer.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Any]:
    yield from server(postgres_url, "postgresql")


@pytest.fixture
def mariadb(mysql_url: str) -> Iterator[Any]:
    yield from server(mysql_url, "mysql")
