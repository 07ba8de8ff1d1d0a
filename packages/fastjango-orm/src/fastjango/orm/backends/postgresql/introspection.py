"""Reading PostgreSQL's catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from fastjango.orm.backends.base.introspection import BaseDatabaseIntrospection, Constraint

__all__ = ["DatabaseIntrospection", "FieldInfo", "TableInfo"]


class TableInfo(NamedTuple):
    """A table (``t``), view (``v``) or partition (``p``)."""

    name: str
    type: str
    comment: str | None


class FieldInfo(NamedTuple):
    """A column of PostgreSQL; `type_code` is the type's OID."""

    name: str
    type_code: Any
    display_size: int | None
    internal_size: int | None
    precision: int | None
    scale: int | None
    null_ok: bool
    default: Any
    collation: str | None
    is_autofield: bool
    comment: str | None


_TABLES = """
    SELECT rel.relname,
           CASE WHEN rel.relispartition THEN 'p'
                WHEN rel.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
           obj_description(rel.oid, 'pg_class')
      FROM pg_catalog.pg_class rel
      JOIN pg_catalog.pg_namespace ns ON ns.oid = rel.relnamespace
     WHERE rel.relkind IN ('f', 'm', 'p', 'r', 'v')
       AND ns.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
       AND pg_catalog.pg_table_is_visible(rel.oid)
"""

_COLUMNS = """
    SELECT att.attname,
           NOT (att.attnotnull OR (typ.typtype = 'd' AND typ.typnotnull)),
           pg_get_expr(def.adbin, def.adrelid),
           CASE WHEN col.collname = 'default' THEN NULL ELSE col.collname END,
           att.attidentity <> '',
           col_description(att.attrelid, att.attnum)
      FROM pg_catalog.pg_attribute att
      JOIN pg_catalog.pg_class rel ON rel.oid = att.attrelid
      JOIN pg_catalog.pg_type typ ON typ.oid = att.atttypid
 LEFT JOIN pg_catalog.pg_attrdef def ON def.adrelid = att.attrelid AND def.adnum = att.attnum
 LEFT JOIN pg_catalog.pg_collation col ON col.oid = att.attcollation
     WHERE rel.relname = %s AND rel.relkind IN ('f', 'm', 'p', 'r', 'v')
       AND att.attnum > 0 AND pg_catalog.pg_table_is_visible(rel.oid)
"""

_SEQUENCES = """
    SELECT seq.relname, att.attname
      FROM pg_catalog.pg_class seq
      JOIN pg_catalog.pg_depend dep ON dep.objid = seq.oid
       AND dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
      JOIN pg_catalog.pg_class rel ON rel.oid = dep.refobjid
      JOIN pg_catalog.pg_attribute att
        ON att.attrelid = dep.refobjid AND att.attnum = dep.refobjsubid
     WHERE seq.relkind = 'S' AND rel.relname = %s AND pg_catalog.pg_table_is_visible(rel.oid)
"""

_RELATIONS = """
    SELECT att.attname, other_att.attname, other.relname, con.confdeltype
      FROM pg_catalog.pg_constraint con
      JOIN pg_catalog.pg_class rel ON rel.oid = con.conrelid
      JOIN pg_catalog.pg_class other ON other.oid = con.confrelid
      JOIN pg_catalog.pg_attribute att
        ON att.attrelid = rel.oid AND att.attnum = con.conkey[1]
      JOIN pg_catalog.pg_attribute other_att
        ON other_att.attrelid = other.oid AND other_att.attnum = con.confkey[1]
     WHERE con.contype = 'f' AND rel.relname = %s
       AND rel.relnamespace = other.relnamespace AND pg_catalog.pg_table_is_visible(rel.oid)
"""

_CONSTRAINTS = """
    SELECT con.conname, con.contype,
           ARRAY(SELECT att.attname
                   FROM unnest(con.conkey) WITH ORDINALITY keys(number, place)
                   JOIN pg_catalog.pg_attribute att
                     ON att.attrelid = con.conrelid AND att.attnum = keys.number
               ORDER BY keys.place),
           other.relname, other_att.attname, rel.reloptions
      FROM pg_catalog.pg_constraint con
      JOIN pg_catalog.pg_class rel ON rel.oid = con.conrelid
 LEFT JOIN pg_catalog.pg_class other ON other.oid = con.confrelid
 LEFT JOIN pg_catalog.pg_attribute other_att
        ON other_att.attrelid = con.confrelid AND other_att.attnum = con.confkey[1]
     WHERE rel.relname = %s AND con.contype <> 'n' AND pg_catalog.pg_table_is_visible(rel.oid)
"""

_INDEXES = """
    SELECT idx_rel.relname, idx.indisunique, idx.indisprimary, am.amname,
           CASE WHEN idx.indexprs IS NOT NULL THEN pg_get_indexdef(idx.indexrelid) END,
           idx_rel.reloptions,
           array_agg(att.attname ORDER BY keys.place),
           array_agg(CASE WHEN am.amname <> %s THEN NULL
                          WHEN keys.option & 1 = 1 THEN 'DESC' ELSE 'ASC' END
                     ORDER BY keys.place)
      FROM pg_catalog.pg_index idx
      JOIN pg_catalog.pg_class rel ON rel.oid = idx.indrelid
      JOIN pg_catalog.pg_class idx_rel ON idx_rel.oid = idx.indexrelid
      JOIN pg_catalog.pg_am am ON am.oid = idx_rel.relam
CROSS JOIN unnest(idx.indkey, idx.indoption) WITH ORDINALITY keys(number, option, place)
 LEFT JOIN pg_catalog.pg_attribute att
        ON att.attrelid = rel.oid AND att.attnum = keys.number
     WHERE rel.relname = %s AND pg_catalog.pg_table_is_visible(rel.oid)
  GROUP BY 1, 2, 3, 4, 5, 6
"""


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Tables, columns, sequences and constraints of a PostgreSQL database."""

    data_types_reverse: ClassVar[Any] = {
        16: "BooleanField",
        17: "BinaryField",
        20: "BigIntegerField",
        21: "SmallIntegerField",
        23: "IntegerField",
        25: "TextField",
        700: "FloatField",
        701: "FloatField",
        869: "GenericIPAddressField",
        1042: "CharField",
        1043: "CharField",
        1082: "DateField",
        1083: "TimeField",
        1114: "DateTimeField",
        1184: "DateTimeField",
        1186: "DurationField",
        1266: "TimeField",
        1700: "DecimalField",
        2950: "UUIDField",
        3802: "JSONField",
    }
    index_default_access_method = "btree"
    ignored_tables: list[str] = []

    @property
    def on_delete_types(self) -> dict[str, Any]:
        """Rules by the catalog's letter."""
        words = super().on_delete_types
        return {
            "a": words["NO ACTION"],
            "c": words["CASCADE"],
            "d": words["SET DEFAULT"],
            "n": words["SET NULL"],
        }

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Name the field class; identity and serial columns are automatic keys."""
        found = super().get_field_type(data_type, description)
        default = description.default
        if description.is_autofield or (default and "nextval" in default):
            automatic = {
                "BigIntegerField": "BigAutoField",
                "IntegerField": "AutoField",
                "SmallIntegerField": "SmallAutoField",
            }
            return automatic.get(found, found)
        return found

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        """All tables, views and partitions on the search path."""
        cursor.execute(_TABLES)
        return [TableInfo(*row) for row in cursor.fetchall() if row[0] not in self.ignored_tables]

    def get_table_description(self, cursor: Any, table_name: str) -> list[FieldInfo]:
        """The columns of a table."""
        cursor.execute(_COLUMNS, [table_name])
        details = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(f"SELECT * FROM {self.connection.ops.quote_name(table_name)} LIMIT 1")
        return [
            FieldInfo(
                column.name,
                "hstore" if column.type_display == "hstore" else column.type_code,
                column.internal_size if column.display_size is None else column.display_size,
                column.internal_size,
                column.precision,
                column.scale,
                *details[column.name],
            )
            for column in cursor.description
        ]

    def get_sequences(
        self, cursor: Any, table_name: str, table_fields: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """The sequences owned by a table's columns."""
        cursor.execute(_SEQUENCES, [table_name])
        return [
            {"name": name, "table": table_name, "column": column}
            for name, column in cursor.fetchall()
        ]

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, tuple[str, str, Any]]:
        """Foreign keys by column."""
        cursor.execute(_RELATIONS, [table_name])
        rules = self.on_delete_types
        return {
            column: (other_column, other_table, rules.get(rule))
            for column, other_column, other_table, rule in cursor.fetchall()
        }

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, Constraint]:
        """Constraints and indexes by name; `definition` is given for expressions."""
        found: dict[str, Constraint] = {}
        cursor.execute(_CONSTRAINTS, [table_name])
        for name, kind, columns, other_table, other_column, options in cursor.fetchall():
            found[name] = {
                "columns": columns,
                "primary_key": kind == "p",
                "unique": kind in ("p", "u"),
                "foreign_key": (other_table, other_column) if kind == "f" else None,
                "check": kind == "c",
                "index": False,
                "definition": None,
                "options": options,
            }
        cursor.execute(_INDEXES, [self.index_default_access_method, table_name])
        for row in cursor.fetchall():
            name, unique, primary, method, definition, options, columns, orders = row
            if name in found:
                continue
            is_plain = (
                method == self.index_default_access_method
                and not name.endswith("_btree")
                and options is None
            )
            found[name] = {
                "columns": columns if columns != [None] else [],
                "orders": orders if orders != [None] else [],
                "primary_key": primary,
                "unique": unique,
                "foreign_key": None,
                "check": False,
                "index": True,
                "type": "idx" if is_plain else method,
                "definition": definition,
                "options": options,
            }
        return found
