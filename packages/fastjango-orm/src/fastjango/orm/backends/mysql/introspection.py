"""Reading the catalog of MySQL and MariaDB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from fastjango.orm.backends.base.introspection import BaseDatabaseIntrospection, Constraint
from pymysql.constants import FIELD_TYPE  # type: ignore[import-untyped] # no stubs of its own

if TYPE_CHECKING:
    from fastjango.orm.backends.mysql.base import DatabaseWrapper

__all__ = ["DatabaseIntrospection", "FieldInfo", "TableInfo"]


class TableInfo(NamedTuple):
    """A table (``t``) or view (``v``)."""

    name: str
    type: str | None
    comment: str | None


class FieldInfo(NamedTuple):
    """A column of MySQL; `type_code` is the driver's."""

    name: str
    type_code: Any
    display_size: int | None
    internal_size: int | None
    precision: int | None
    scale: int | None
    null_ok: bool
    default: Any
    collation: str | None
    extra: str
    is_unsigned: bool
    has_json_constraint: bool
    comment: str | None
    data_type: str


_COLUMNS = """
    SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
           is_nullable = 'YES', column_default,
           CASE WHEN collation_name = %s THEN NULL ELSE collation_name END,
           extra, column_type LIKE '%% unsigned', column_comment
      FROM information_schema.columns
     WHERE table_name = %s AND table_schema = DATABASE()
"""

_RELATIONS = """
    SELECT kcu.column_name, kcu.referenced_column_name, kcu.referenced_table_name, rc.delete_rule
      FROM information_schema.key_column_usage kcu
      JOIN information_schema.referential_constraints rc
        ON rc.constraint_name = kcu.constraint_name
       AND rc.constraint_schema = kcu.constraint_schema AND rc.table_name = kcu.table_name
     WHERE kcu.table_name = %s AND kcu.table_schema = DATABASE()
       AND kcu.referenced_table_schema = DATABASE() AND kcu.referenced_column_name IS NOT NULL
"""

_CONSTRAINTS = """
    SELECT kcu.constraint_name, kcu.column_name, kcu.referenced_table_name,
           kcu.referenced_column_name, tc.constraint_type
      FROM information_schema.key_column_usage kcu
      JOIN information_schema.table_constraints tc
        ON tc.constraint_name = kcu.constraint_name AND tc.table_schema = kcu.table_schema
       AND tc.table_name = kcu.table_name
     WHERE kcu.table_schema = DATABASE() AND kcu.table_name = %s AND tc.constraint_type <> 'CHECK'
       AND (kcu.referenced_table_schema = DATABASE() OR kcu.referenced_table_schema IS NULL)
  ORDER BY kcu.ordinal_position
"""

_CHECKS = {
    True: """
        SELECT constraint_name, check_clause FROM information_schema.check_constraints
         WHERE constraint_schema = DATABASE() AND table_name = %s
    """,
    False: """
        SELECT cc.constraint_name, cc.check_clause
          FROM information_schema.check_constraints cc
          JOIN information_schema.table_constraints tc
            ON tc.constraint_name = cc.constraint_name AND tc.table_schema = cc.constraint_schema
         WHERE cc.constraint_schema = DATABASE() AND tc.constraint_type = 'CHECK'
           AND tc.table_name = %s
    """,
}


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Tables, columns and constraints of a MySQL database."""

    connection: DatabaseWrapper
    data_types_reverse: ClassVar[Any] = {
        FIELD_TYPE.BLOB: "TextField",
        FIELD_TYPE.CHAR: "CharField",
        FIELD_TYPE.DATE: "DateField",
        FIELD_TYPE.DATETIME: "DateTimeField",
        FIELD_TYPE.DECIMAL: "DecimalField",
        FIELD_TYPE.DOUBLE: "FloatField",
        FIELD_TYPE.FLOAT: "FloatField",
        FIELD_TYPE.INT24: "IntegerField",
        FIELD_TYPE.JSON: "JSONField",
        FIELD_TYPE.LONG: "IntegerField",
        FIELD_TYPE.LONGLONG: "BigIntegerField",
        FIELD_TYPE.LONG_BLOB: "TextField",
        FIELD_TYPE.MEDIUM_BLOB: "TextField",
        FIELD_TYPE.NEWDECIMAL: "DecimalField",
        FIELD_TYPE.SHORT: "SmallIntegerField",
        FIELD_TYPE.STRING: "CharField",
        FIELD_TYPE.TIME: "TimeField",
        FIELD_TYPE.TIMESTAMP: "DateTimeField",
        FIELD_TYPE.TINY: "IntegerField",
        FIELD_TYPE.TINY_BLOB: "TextField",
        FIELD_TYPE.VAR_STRING: "CharField",
    }

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Name the field class."""
        found = super().get_field_type(data_type, description)
        if "auto_increment" in description.extra:
            automatic = {
                "BigIntegerField": "BigAutoField",
                "IntegerField": "AutoField",
                "SmallIntegerField": "SmallAutoField",
            }
            if found in automatic:
                return automatic[found]
        if description.is_unsigned and found in (
            "BigIntegerField",
            "IntegerField",
            "SmallIntegerField",
        ):
            return f"Positive{found}"
        if description.data_type.upper() == "UUID":
            return "UUIDField"
        return "JSONField" if description.has_json_constraint else found

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        """All tables and views."""
        cursor.execute(
            "SELECT table_name, table_type, table_comment FROM information_schema.tables "
            "WHERE table_schema = DATABASE()"
        )
        kinds = {"BASE TABLE": "t", "VIEW": "v"}
        return [TableInfo(name, kinds.get(kind), text) for name, kind, text in cursor.fetchall()]

    def _json_columns(self, cursor: Any, table_name: str) -> set[str]:
        """MariaDB's JSON is LONGTEXT with a check."""
        if not self.connection.mysql_is_mariadb:
            return set()
        cursor.execute(_CHECKS[True], [table_name])
        return {
            name
            for name, clause in cursor.fetchall()
            if clause.lower() == f"json_valid(`{name.lower()}`)"
        }

    def get_table_description(self, cursor: Any, table_name: str) -> list[FieldInfo]:
        """The columns of a table."""
        json_columns = self._json_columns(cursor, table_name)
        cursor.execute(
            "SELECT table_collation FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [table_name],
        )
        row = cursor.fetchone()
        cursor.execute(_COLUMNS, [row[0] if row else "", table_name])
        details = {entry[0]: entry[1:] for entry in cursor.fetchall()}
        cursor.execute(f"SELECT * FROM {self.connection.ops.quote_name(table_name)} LIMIT 1")
        found: list[FieldInfo] = []
        for column in cursor.description:
            kind, length, precision, scale, null_ok, default, collation, extra, unsigned, text = (
                details[column[0]]
            )
            found.append(
                FieldInfo(
                    column[0],
                    column[1],
                    int(length) if length else column[2],
                    int(length) if length else column[3],
                    int(precision) if precision else column[4],
                    int(scale) if scale else column[5],
                    bool(null_ok),
                    default,
                    collation,
                    extra,
                    bool(unsigned),
                    column[0] in json_columns,
                    text,
                    kind,
                )
            )
        return found

    def get_sequences(
        self, cursor: Any, table_name: str, table_fields: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """The automatic column, of which a table has one at most."""
        for info in self.get_table_description(cursor, table_name):
            if "auto_increment" in info.extra:
                return [{"table": table_name, "column": info.name}]
        return []

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, tuple[str, str, Any]]:
        """Foreign keys by column."""
        cursor.execute(_RELATIONS, [table_name])
        rules = self.on_delete_types
        return {
            column: (other_column, other_table, rules.get(rule))
            for column, other_column, other_table, rule in cursor.fetchall()
        }

    def get_storage_engine(self, cursor: Any, table_name: str) -> str:
        """The engine of a table; the default one when there is no such table."""
        cursor.execute(
            "SELECT engine FROM information_schema.tables "
            "WHERE table_name = %s AND table_schema = DATABASE()",
            [table_name],
        )
        row = cursor.fetchone()
        return str(row[0] if row else self.connection.mysql_server_data["default_storage_engine"])

    # -- constraints -----------------------------------------------------------------------

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, Constraint]:
        """Constraints and indexes by name."""
        has_orders = self.connection.features.supports_index_column_ordering
        found: dict[str, Constraint] = {}
        cursor.execute(_CONSTRAINTS, [table_name])
        for name, column, other_table, other_column, kind in cursor.fetchall():
            entry = found.setdefault(name, self._empty(has_orders))
            entry["primary_key"] = kind == "PRIMARY KEY"
            entry["unique"] = kind in ("PRIMARY KEY", "UNIQUE")
            if other_column:
                entry["foreign_key"] = (other_table, other_column)
            if column not in entry["columns"]:
                entry["columns"].append(column)
        self._add_checks(cursor, table_name, found)
        cursor.execute(f"SHOW INDEX FROM {self.connection.ops.quote_name(table_name)}")
        for row in cursor.fetchall():
            not_unique, name, column, order, kind = row[1], row[2], row[4], row[5], row[10]
            if name not in found:
                found[name] = {**self._empty(has_orders), "unique": not not_unique}
            entry = found[name]
            entry["index"] = True
            entry["type"] = "idx" if kind == "BTREE" else kind.lower()
            if column not in entry["columns"]:
                entry["columns"].append(column)
            if has_orders:
                entry["orders"].append("DESC" if order == "D" else "ASC")
        return found

    @staticmethod
    def _empty(has_orders: bool) -> Constraint:
        entry: Constraint = {
            "columns": [],
            "primary_key": False,
            "unique": False,
            "foreign_key": None,
            "check": False,
            "index": False,
        }
        if has_orders:
            entry["orders"] = []
        return entry

    def _add_checks(self, cursor: Any, table_name: str, found: dict[str, Constraint]) -> None:
        columns = {info.name for info in self.get_table_description(cursor, table_name)}
        cursor.execute(_CHECKS[self.connection.mysql_is_mariadb], [table_name])
        unnamed = 0
        for name, clause in cursor.fetchall():
            used = list(dict.fromkeys(c for c in re.findall(r"`([^`]+)`", clause) if c in columns))
            if used == [name]:
                unnamed += 1  # the server named it after its only column
                name = f"__unnamed_constraint_{unnamed}__"
            found[name] = {**self._empty(False), "columns": used, "check": True}
