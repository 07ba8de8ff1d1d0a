"""Writes the statements that make tables, foreign keys and indexes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import UserDefinedType

from .ddl_text import DdlWriter
from .specs import ForeignKeySpec, IndexSpec, TableSpec

__all__ = ["RawType", "StatementWriter"]


class RawType(UserDefinedType[Any]):
    """A column definition that is written as it is."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **kwargs: Any) -> str:
        """The text after the column's name."""
        return self.text


class StatementWriter:
    """Writes statements for one database.

    Args:
        text: Writes names and values.
        dialect: Dialect of SQLAlchemy, whose parameters are named: with any other style it would
            double the percent signs.
    """

    def __init__(self, text: DdlWriter, dialect: Dialect) -> None:
        self.text = text
        self.connection = text.connection
        self.dialect = dialect

    def create_table(
        self, table: TableSpec, inline_keys: bool = False, name: str | None = None
    ) -> str:
        """The `CREATE TABLE` of a table.

        Args:
            inline_keys: Whether the foreign keys are part of it.
            name: Another name than the table's.
        """
        columns: list[Any] = [
            Column(column.name, RawType(column.text), nullable=True) for column in table.columns
        ]
        element = Table(name or table.name, MetaData(), *columns)
        sql = str(CreateTable(element).compile(dialect=self.dialect)).strip()
        constraints = [constraint for _, constraint in table.constraints]
        if inline_keys:
            constraints += [self.foreign_key(key, named=False) for key in table.foreign_keys]
        if constraints:
            body, _, tail = sql.rpartition("\n)")
            sql = body + ", \n\t" + ", \n\t".join(constraints) + "\n)" + tail
        sql = sql.replace("\t", "    ")
        if table.comment and self.connection.features.supports_comments_inline:
            sql += f" COMMENT {self.text.literal(table.comment)}"
        return sql

    def foreign_key(self, key: ForeignKeySpec, named: bool = True) -> str:
        """A foreign key as a table constraint."""
        columns = ", ".join(map(self.text.quote, key.columns))
        targets = ", ".join(map(self.text.quote, key.targets))
        name = f"CONSTRAINT {self.text.quote(key.name)} " if named else ""
        action = f" {key.on_delete.strip()}" if key.on_delete else ""
        # Checked at the end of a transaction, wherever that is possible.
        deferrable = (
            " DEFERRABLE INITIALLY DEFERRED"
            if self.connection.vendor == "sqlite"
            else self.connection.ops.deferrable_sql()
        )
        return (
            f"{name}FOREIGN KEY ({columns}) REFERENCES {self.text.quote(key.table)} ({targets})"
            f"{action}{deferrable}"
        )

    def create_index(self, table: str, index: IndexSpec, concurrently: bool = False) -> str:
        """The `CREATE INDEX` of an index."""
        unique = "UNIQUE " if index.unique else ""
        sql = (
            f"CREATE {unique}INDEX {'CONCURRENTLY ' if concurrently else ''}"
            f"{self.text.quote(index.name)} ON {self.text.quote(table)}"
            f"{f' USING {index.using}' if index.using else ''} ({', '.join(index.parts)})"
        )
        if index.include:
            sql += f" INCLUDE ({', '.join(index.include)})"
        if index.suffix:
            sql += f" {index.suffix.strip()}"
        if index.where:
            sql += f" WHERE {index.where}"
        return sql

    def add_constraint(self, table: str, constraint: str) -> str:
        """The `ALTER TABLE` that adds a constraint, given as it stands in `CREATE TABLE`."""
        return f"ALTER TABLE {self.text.quote(table)} ADD {constraint}"
