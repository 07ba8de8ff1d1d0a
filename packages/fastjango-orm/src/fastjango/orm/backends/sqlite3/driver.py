"""The standard library's driver: opening connections and running statements on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from fastjango.orm.backends.sqlite3.functions import register
from fastjango.orm.engine.statement import Result, Statement

__all__ = ["open_connection", "run_on", "stream_from"]


def run_on(connection: sqlite3.Connection, statement: Statement) -> Result:
    """Run a statement; errors are the driver's."""
    if statement.fetch == "all" and not statement.many and not statement.describe:
        cursor = connection.execute(statement.sql, statement.params)
        return Result(cursor.fetchall(), cursor.rowcount, cursor.lastrowid)
    if statement.many:
        cursor = connection.executemany(statement.sql, statement.params)
        return Result([], cursor.rowcount)
    cursor = connection.execute(statement.sql, statement.params)
    fetch = statement.fetch
    if fetch == "one" and statement.kind == "read":
        row = cursor.fetchone()
        cursor.close()  # frees the read lock although rows may be left
        return Result([] if row is None else [row], -1)
    rows = cursor.fetchall() if fetch != "none" or cursor.description is not None else []
    result = Result(rows, cursor.rowcount, cursor.lastrowid)
    if statement.describe:
        result.columns = tuple(entry[0] for entry in cursor.description or ())
    return result


def stream_from(
    connection: sqlite3.Connection, statement: Statement
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield chunks of rows; errors are the driver's."""
    cursor = connection.execute(statement.sql, statement.params)
    try:
        while rows := cursor.fetchmany(statement.chunk_size or 2000):
            yield rows
    finally:
        cursor.close()


def open_connection(params: dict[str, Any], commands: Iterable[str]) -> sqlite3.Connection:
    """Open a connection in autocommit mode with the functions registered."""
    connection: sqlite3.Connection = sqlite3.connect(**params)
    try:
        register(connection)
        for command in commands:
            connection.execute(command).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection
