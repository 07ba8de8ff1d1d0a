"""From `%s` to what the driver of an edge wants, and from rows to Python values."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import datetime
import functools
import re
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fastjango.orm.query.sql.compilers.writers import ColumnArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Converter", "driver_sql", "get_converters", "to_driver"]

Converter = Any
"""A function `(value, expression, connection)`."""

_PLACEHOLDER = re.compile(r"%(%|s)")

# PostgreSQL must know each parameter's type before it sees the value. Text stays untyped: the
# server takes the type of what it is compared with (varchar, jsonb, inet), and text elsewhere.
_CASTS: tuple[tuple[type[Any], str], ...] = (
    (bool, "boolean"),
    (int, "bigint"),
    (float, "double precision"),
    (Decimal, "numeric"),
    (datetime.date, "date"),
    (datetime.time, "time"),
    (datetime.timedelta, "interval"),
    (bytes, "bytea"),
    (memoryview, "bytea"),
    (uuid.UUID, "uuid"),
)


def _cast_for(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return "::timestamptz" if value.tzinfo else "::timestamp"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63 - 1:
        return "::numeric"
    for python_type, name in _CASTS:
        if isinstance(value, python_type):
            return f"::{name}"
    if isinstance(value, ColumnArray):
        return f"::{value.pg_type}"
    if isinstance(value, (list, tuple)) and value:
        return f"{_cast_for(value[0]) or '::text'}[]"
    pg_type = getattr(value, "pg_type", None)
    return f"::{pg_type}" if pg_type else ""


@functools.lru_cache(maxsize=2048)
def _qmark(sql: str) -> str:
    return _PLACEHOLDER.sub(lambda match: "?" if match[1] == "s" else "%", sql)


def driver_sql(sql: str, params: Sequence[Any], paramstyle: str) -> str:
    """Return the statement in a driver's parameter style.

    Args:
        sql: The statement, with `%s` for each parameter and `%%` for a percent sign.
        params: The parameters, whose types PostgreSQL's binary protocol must be told.
        paramstyle: One of DB-API's names, or `numeric_dollar`.
    """
    if paramstyle in ("format", "pyformat"):
        return sql
    if paramstyle == "qmark":
        return _qmark(sql)
    values = iter(params)
    number = 0

    def place(match: re.Match[str]) -> str:
        nonlocal number
        if match[1] == "%":
            return "%"
        number += 1
        return f"${number}{_cast_for(next(values))}"

    return _PLACEHOLDER.sub(place, sql)


def to_driver(
    sql: str, params: Sequence[Any], connection: Any, edge: Any
) -> tuple[str, Sequence[Any]]:
    """Return statement and parameters for the driver of an edge."""
    paramstyle = connection.dialect(edge).paramstyle
    return driver_sql(sql, params, paramstyle), params


def get_converters(
    expressions: Sequence[Any], connection: Any
) -> dict[int, tuple[list[Callable[..., Any]], Any]]:
    """Return, by position in a row, the converters of those columns that need any."""
    from fastjango.orm.query.expressions import ColPairs

    converters: dict[int, tuple[list[Callable[..., Any]], Any]] = {}
    position = 0
    for expression in expressions:
        if isinstance(expression, ColPairs):
            columns = expression.get_source_expressions()
            for offset, entry in get_converters(columns, connection).items():
                converters[position + offset] = entry
            position += len(expression)
            continue
        if expression:
            found = [
                *connection.ops.get_db_converters(expression),
                *expression.get_db_converters(connection),
            ]
            if found:
                converters[position] = (found, expression)
        position += 1
    return converters
