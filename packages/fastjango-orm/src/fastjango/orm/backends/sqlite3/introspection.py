"""Reading SQLite's catalog, which is the text of the CREATE statements and some pragmas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from fastjango.orm.backends.base.introspection import (
    BaseDatabaseIntrospection,
    Constraint,
    TableInfo,
)
from fastjango.orm.exceptions import DatabaseError

__all__ = ["DatabaseIntrospection", "FieldInfo", "get_field_size"]

_SIZE = re.compile(r"^\s*(?:var)?char\s*\(\s*(\d+)\s*\)\s*$", re.IGNORECASE)
_TOKEN = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]
        | [\w.]+ | [(),] | [^\s\w(),'"`\[]+""",
    re.VERBOSE | re.DOTALL,
)
_NOT_HIDDEN = (0, 2, 3)
"""Ordinary, virtual generated, and stored generated columns in ``PRAGMA table_xinfo``."""


class FieldInfo(NamedTuple):
    """A column of SQLite."""

    name: str
    type_code: str
    display_size: int | None
    internal_size: int | None
    precision: int | None
    scale: int | None
    null_ok: bool
    default: Any
    collation: str | None
    pk: bool
    has_json_constraint: bool


def get_field_size(name: str) -> int | None:
    """Take 11 from ``varchar(11)``."""
    found = _SIZE.match(name)
    return int(found[1]) if found else None


class _TypeNames(dict[str, str]):
    """Field names by declared type; sizes and case do not count."""

    def __missing__(self, key: str) -> str:
        bare = key.lower().partition("(")[0].strip()
        if bare == key:
            raise KeyError(key)
        return self[bare]


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Tables, columns and constraints of a SQLite database."""

    data_types_reverse: ClassVar[Any] = _TypeNames(
        {
            "bigint": "BigIntegerField",
            "bigint unsigned": "PositiveBigIntegerField",
            "blob": "BinaryField",
            "bool": "BooleanField",
            "boolean": "BooleanField",
            "char": "CharField",
            "date": "DateField",
            "datetime": "DateTimeField",
            "decimal": "DecimalField",
            "int": "IntegerField",
            "integer": "IntegerField",
            "integer unsigned": "PositiveIntegerField",
            "real": "FloatField",
            "smallint": "SmallIntegerField",
            "smallint unsigned": "PositiveSmallIntegerField",
            "smallinteger": "SmallIntegerField",
            "text": "TextField",
            "time": "TimeField",
            "varchar": "CharField",
        }
    )

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Name the field class; integer keys are automatic, JSON shows in a constraint."""
        found = super().get_field_type(data_type, description)
        if description.pk and found in ("BigIntegerField", "IntegerField", "SmallIntegerField"):
            return "AutoField"
        return "JSONField" if description.has_json_constraint else found

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        """All tables and views except SQLite's own."""
        cursor.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND NOT name = 'sqlite_sequence' ORDER BY name"
        )
        return [TableInfo(name, kind[0]) for name, kind in cursor.fetchall()]

    def _pragma(self, cursor: Any, name: str, argument: str) -> list[Any]:
        cursor.execute(f"PRAGMA {name}({self.connection.ops.quote_name(argument)})")
        rows: list[Any] = cursor.fetchall()
        return rows

    def _create_sql(self, cursor: Any, kind: str, name: str) -> str | None:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = %s AND name = %s", [kind, name])
        row = cursor.fetchone()
        return row[0] if row else None

    def get_table_description(self, cursor: Any, table_name: str) -> list[FieldInfo]:
        """The columns of a table."""
        rows = self._pragma(cursor, "table_xinfo", table_name)
        if not rows:
            raise DatabaseError(f"Table {table_name} does not exist (empty pragma).")
        sql = self._create_sql(cursor, "table", table_name) or ""
        collations = _collations(sql)
        lowered = sql.lower()
        is_single_key = sum(bool(row[5]) for row in rows) == 1
        return [
            FieldInfo(
                name,
                data_type,
                get_field_size(data_type),
                None,
                None,
                None,
                not notnull,
                default,
                collations.get(name),
                bool(pk) and is_single_key,
                f'json_valid("{name.lower()}")' in lowered,
            )
            for _, name, data_type, notnull, default, pk, hidden in rows
            if hidden in _NOT_HIDDEN
        ]

    def get_sequences(
        self, cursor: Any, table_name: str, table_fields: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """The one counter of a table."""
        return [{"table": table_name, "column": self.get_primary_key_column(cursor, table_name)}]

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, tuple[str, str, Any]]:
        """Foreign keys by column."""
        rules = self.on_delete_types
        return {
            row[3]: (row[4], row[2], rules.get(row[6]))
            for row in self._pragma(cursor, "foreign_key_list", table_name)
        }

    def get_primary_key_columns(self, cursor: Any, table_name: str) -> list[str]:
        """The columns of the primary key."""
        return [row[1] for row in self._pragma(cursor, "table_info", table_name) if row[5]]

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, Constraint]:
        """Constraints and indexes by name; unnamed ones get a name no database has."""
        constraints: dict[str, Constraint] = {}
        sql = self._create_sql(cursor, "table", table_name)
        if sql is not None:
            columns = {info.name for info in self.get_table_description(cursor, table_name)}
            constraints.update(_inline_constraints(sql, columns))
        for row in self._pragma(cursor, "index_list", table_name):
            index, unique = row[1], bool(row[2])
            index_sql = self._create_sql(cursor, "index", index)
            if not index_sql:
                continue  # made by an inline constraint, which the table's text names better
            found = _constraint(
                [info[2] for info in self._pragma(cursor, "index_info", index)],
                unique=unique,
                index=True,
            )
            found["type"] = "idx"
            rows = self._pragma(cursor, "index_xinfo", index)
            found["orders"] = ["DESC" if row[3] else "ASC" for row in rows if row[5]]
            constraints[index] = found
        if key := self.get_primary_key_columns(cursor, table_name):
            constraints["__primary__"] = _constraint(key, primary_key=True)
        for number, row in enumerate(self._foreign_keys(cursor, table_name)):
            column, other_table, other_column = row
            found = _constraint([column])
            found["foreign_key"] = (other_table, other_column)
            constraints[f"fk_{number}"] = found
        return constraints

    def _foreign_keys(self, cursor: Any, table_name: str) -> Iterator[tuple[str, str, str]]:
        for row in self._pragma(cursor, "foreign_key_list", table_name):
            yield row[3], row[2], row[4]


def _constraint(
    columns: list[str],
    *,
    primary_key: bool = False,
    unique: bool = False,
    check: bool = False,
    index: bool = False,
) -> Constraint:
    return {
        "columns": columns,
        "primary_key": primary_key,
        "unique": unique,
        "foreign_key": None,
        "check": check,
        "index": index,
    }


# -- reading CREATE TABLE ------------------------------------------------------------------


def _definitions(sql: str) -> list[list[str]]:
    """Split the body of CREATE TABLE into definitions, each a list of tokens."""
    tokens = [t for t in _TOKEN.findall(sql) if not t.startswith(("--", "/*"))]
    if "(" not in tokens:
        return []
    found: list[list[str]] = [[]]
    depth = 0
    for token in tokens[tokens.index("(") + 1 :]:
        if token == ")" and depth == 0:
            break
        if token == "," and depth == 0:
            found.append([])
            continue
        depth += (token == "(") - (token == ")")
        found[-1].append(token)
    return [definition for definition in found if definition]


def _unquoted(token: str) -> str:
    if len(token) > 1 and token[0] in '"`[':
        return token[1:-1].replace('""', '"')
    return token


def _group(tokens: list[str], start: int) -> list[str]:
    """Return what is inside the first parentheses at or after `start`."""
    depth = 0
    inside: list[str] = []
    for token in tokens[start:]:
        if token == ")":
            depth -= 1
            if depth == 0:
                break
        if depth:
            inside.append(token)
        depth += token == "("
    return inside


def _inline_constraints(sql: str, columns: set[str]) -> dict[str, Constraint]:
    """Find UNIQUE and CHECK constraints in the text of a table."""
    found: dict[str, Constraint] = {}
    for tokens in _definitions(sql):
        words = [token.upper() for token in tokens]
        is_table_constraint = words[0] in ("CONSTRAINT", "UNIQUE", "CHECK", "PRIMARY", "FOREIGN")
        name = _unquoted(tokens[1]) if words[0] == "CONSTRAINT" else None
        for word, constraint in _constraints_in(tokens, words, columns, is_table_constraint):
            if not constraint["columns"]:
                continue
            label = name or f"__unnamed_constraint_{len(found) + 1}__"
            if label in found:
                label = f"{label}_{word.lower()}"
            found[label] = constraint
    return found


def _constraints_in(
    tokens: list[str], words: list[str], columns: set[str], is_table_constraint: bool
) -> Iterator[tuple[str, Constraint]]:
    depth = 0
    for position, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth:
            continue
        if word == "UNIQUE" and position:
            if is_table_constraint:
                names = _names(_group(tokens, position), columns)
            else:
                names = [_unquoted(tokens[0])]
            yield word, _constraint(names, unique=True)
        elif word == "UNIQUE":
            yield word, _constraint(_names(_group(tokens, 0), columns), unique=True)
        elif word == "CHECK":
            yield word, _constraint(_names(_group(tokens, position), columns), check=True)


def _names(tokens: list[str], columns: set[str]) -> list[str]:
    """Return the columns named in an expression, in order of appearance."""
    return [name for token in tokens if (name := _unquoted(token)) in columns]


def _collations(sql: str) -> dict[str, str]:
    """Find the COLLATE clause of each column."""
    found: dict[str, str] = {}
    for tokens in _definitions(sql):
        words = [token.upper() for token in tokens]
        depth = 0
        for position, word in enumerate(words[:-1]):
            depth += (word == "(") - (word == ")")
            if word == "COLLATE" and depth == 0:
                found[_unquoted(tokens[0])] = _unquoted(tokens[position + 1])
    return found
