"""Names, values and expressions as they stand in DDL statements, which take no parameters."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from fastjango.orm.names import names_digest, split_identifier

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["DdlWriter", "index_name", "quote_value"]

#: Longest name where a database sets no limit, in characters.
_LONGEST_NAME = 200


def index_name(
    table: str, columns: Sequence[str], suffix: str = "", limit: int | None = None
) -> str:
    """The name that Django gives an index or constraint on some columns.

    Args:
        table: Table name, perhaps with a quoted schema before it.
        columns: Column names.
        suffix: What the name ends with, such as `_uniq`.
        limit: Longest name that the database allows, in characters.
    """
    _, table = split_identifier(table)
    ending = f"{names_digest(table, *columns, length=8)}{suffix}"
    longest = limit or _LONGEST_NAME
    name = f"{table}_{'_'.join(columns)}_{ending}"
    if len(name) > longest:
        if len(ending) > longest / 3:
            ending = ending[: longest // 3]
        share = (longest - len(ending)) // 2 - 1
        name = f"{table[:share]}_{'_'.join(columns)[:share]}_{ending}"
    if name[0] == "_" or name[0].isdigit():
        name = f"D{name[:-1]}"
    return name


def quote_value(vendor: str, value: Any) -> str:
    """A value as a literal of a DDL statement, which takes no parameters.

    Raises:
        ValueError: The value has no literal.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower() if vendor == "postgresql" else str(int(value))
    if isinstance(value, int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        hexed = bytes(cast("bytes", value)).hex()
        return f"'\\x{hexed}'::bytea" if vendor == "postgresql" else f"X'{hexed}'"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time | uuid.UUID):
        return f"'{value}'"
    if isinstance(value, datetime.timedelta):
        return f"'{value}'"
    if isinstance(value, str):
        text = value.replace("'", "''")
        if vendor == "mysql":
            text = text.replace("\\", "\\\\")
        if "\0" in text:
            raise ValueError("A NUL character cannot stand in a DDL statement.")
        return f"'{text}'"
    adapted = getattr(value, "obj", None)  # psycopg's wrappers of bytes and of JSON
    if isinstance(adapted, bytes | bytearray | memoryview):
        return quote_value(vendor, bytes(cast("bytes", adapted)))
    if adapted is not None:
        import json

        return quote_value(vendor, json.dumps(adapted))
    if isinstance(value, list | tuple):
        inner = ", ".join(quote_value(vendor, item) for item in value)  # pyright: ignore[reportUnknownVariableType]  # any sequence
        return f"ARRAY[{inner}]"
    raise ValueError(
        f"Cannot write {value!r} (a {type(value).__name__}) into a DDL statement: there is no SQL"
        " literal for its type."
    )


class DdlWriter:
    """Writes names, values and expressions for one database.

    Args:
        connection: Wrapper of the database; it need not be connected.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.vendor = connection.vendor

    def quote(self, name: str) -> str:
        """A quoted identifier."""
        return str(self.connection.ops.quote_name(name))

    def index_name(self, table: str, columns: Sequence[str], suffix: str = "") -> str:
        """Django's name for an index on some columns of a table."""
        return index_name(table, columns, suffix, self.connection.ops.max_name_length())

    def literal(self, value: Any) -> str:
        """A value as SQL."""
        return quote_value(self.vendor, value)

    def fill(self, sql: str, params: Iterable[Any]) -> str:
        """SQL with its `%s` parameters written as literals."""
        literals = tuple(self.literal(value) for value in params)
        return sql % literals if literals else sql.replace("%%", "%")

    def condition(self, model: Any, condition: Any) -> str:
        """A `Q` or boolean expression over a model's own columns, as SQL."""
        query = self._query(model)
        where = query.build_where(condition)
        sql, params = where.as_sql(query.get_compiler(connection=self.connection), self.connection)
        return self.fill(sql, params)

    def expression(self, model: Any, expression: Any) -> str:
        """An expression over a model's own columns, as SQL."""
        compiler = self._query(model).get_compiler(connection=self.connection)
        resolved = expression.resolve_expression(compiler.query, allow_joins=False)
        sql, params = compiler.compile(resolved)
        return self.fill(sql, params)

    @staticmethod
    def _query(model: Any) -> Any:
        from fastjango.orm.query.sql.query import Query

        return Query(model, alias_cols=False)
