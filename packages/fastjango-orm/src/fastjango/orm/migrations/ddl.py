"""What a model needs of a database, as SQL: columns, constraints, indexes.

Names, types and clauses are those that Django gives the same model, so that both can work on one
schema. Nothing here runs a statement.

Source: https://docs.djangoproject.com/en/6.1/ref/schema-editor/
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, cast

from fastjango.core import timezone
from fastjango.orm.names import names_digest, split_identifier, truncate_name

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = [
    "ColumnSpec",
    "Describer",
    "ForeignKeySpec",
    "IndexSpec",
    "TableSpec",
    "index_name",
    "quote_value",
]

#: Access methods of PostgreSQL, as index classes name them.
_ACCESS_METHODS = frozenset({"bloom", "brin", "btree", "gin", "gist", "hash", "spgist"})

#: Longest name where a database sets no limit, in characters.
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column: its name and everything that follows the name in `CREATE TABLE`."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ForeignKeySpec:
    """A foreign key constraint on one column or several."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index.

    Attributes:
        name: Its name.
        parts: Columns or expressions, as SQL with their direction and operator class.
        unique: Whether it is unique.
        where: Condition of a partial index, as SQL.
        include: Quoted columns that the index only carries.
        using: Access method, such as `gin`.
        suffix: Anything else, such as `NULLS NOT DISTINCT` or a tablespace.
        columns: Columns that it is on, for those who look for it.
    """

    name: str
    parts: tuple[str, ...]
    unique: bool = False
    where: str = ""
    include: tuple[str, ...] = ()
    using: str = ""
    suffix: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table with everything on it.

    Attributes:
        name: Table name.
        columns: Columns in order.
        constraints: Name (may be empty) and SQL of what stands in `CREATE TABLE` after the columns.
        foreign_keys: Foreign keys.
        indexes: Indexes, unique ones too.
        comment: Comment of the table.
        comments: Comments of columns.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    constraints: tuple[tuple[str, str], ...] = ()
    foreign_keys: tuple[ForeignKeySpec, ...] = ()
    indexes: tuple[IndexSpec, ...] = ()
    comment: str = ""
    comments: dict[str, str] = dataclass_field(default_factory=dict[str, str])

    def without(self, name: str) -> TableSpec:
        """The table without the constraint or index of this name."""
        return replace(
            self,
            constraints=tuple(item for item in self.constraints if item[0] != name),
            indexes=tuple(index for index in self.indexes if index.name != name),
        )


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


class Describer:
    """Describes models for one database.

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

    # -- expressions ------------------------------------------------------------------------

    def _compiler(self, model: Any) -> Any:
        from fastjango.orm.query.sql.query import Query

        return Query(model, alias_cols=False).get_compiler(connection=self.connection)

    def condition(self, model: Any, condition: Any) -> str:
        """A `Q` or boolean expression over a model's own columns, as SQL."""
        from fastjango.orm.query.sql.query import Query

        query = Query(model, alias_cols=False)
        where = query.build_where(condition)
        sql, params = where.as_sql(query.get_compiler(connection=self.connection), self.connection)
        return self.fill(sql, params)

    def expression(self, model: Any, expression: Any) -> str:
        """An expression over a model's own columns, as SQL."""
        compiler = self._compiler(model)
        resolved = expression.resolve_expression(compiler.query, allow_joins=False)
        sql, params = compiler.compile(resolved)
        return self.fill(sql, params)

    # -- columns ----------------------------------------------------------------------------

    def column(self, model: Any, field: Any, include_default: bool = False) -> ColumnSpec | None:
        """A field's column, or `None` when it has none.

        Args:
            include_default: Whether existing rows get the field's Python default.
        """
        parameters = field.db_parameters(connection=self.connection)
        kind = parameters["type"]
        if kind is None:
            return None
        parts = [kind, *self._collation(parameters), *self._comment_inline(field)]
        generated = getattr(field, "generated", False)
        default = self._default(model, field, include_default)
        if generated:
            parts.append(self._generated(field))
        elif default is not None:
            parts.append(f"DEFAULT {default}")
        if generated:
            pass  # the expression decides
        elif not field.null:
            parts.append("NOT NULL")
        elif not self.connection.features.implied_column_null:
            parts.append("NULL")
        if field.primary_key:
            parts.append("PRIMARY KEY")
        elif field.unique:
            parts.append("UNIQUE")
        suffix = field.db_type_suffix(connection=self.connection)
        if suffix:
            parts.append(suffix)
        check = parameters.get("check")
        if check:
            parts.append(f"CHECK ({check})")
        return ColumnSpec(field.column, " ".join(parts))

    def _collation(self, parameters: dict[str, Any]) -> list[str]:
        collation = parameters.get("collation")
        return [f"COLLATE {self.quote(str(collation))}"] if collation else []

    def _comment_inline(self, field: Any) -> list[str]:
        features = self.connection.features
        if features.supports_comments_inline and getattr(field, "db_comment", None):
            return [f"COMMENT {self.literal(field.db_comment)}"]
        return []

    def _generated(self, field: Any) -> str:
        sql, params = field.generated_sql(self.connection)
        kind = "STORED" if field.db_persist else "VIRTUAL"
        return f"GENERATED ALWAYS AS ({self.fill(sql, params)}) {kind}"

    def _default(self, model: Any, field: Any, include_default: bool) -> str | None:
        if field.has_db_default():
            return self.db_default(model, field)
        if include_default and not self._skips_default(field):
            value = self.effective_default(field)
            if value is not None:
                return self.literal(value)
        return None

    def _skips_default(self, field: Any) -> bool:
        """Old MySQL takes no default for text and JSON columns."""
        if self.vendor != "mysql":
            return False
        kind = (field.db_type(self.connection) or "").lower()
        return (
            not self.connection.mysql_is_mariadb  # type: ignore[attr-defined]  # MySQL's wrapper
            and kind in ("longtext", "longblob", "tinyblob", "blob", "json")
        )

    def db_default(self, model: Any, field: Any) -> str:
        """A field's `db_default` as SQL, in parentheses where the database wants them."""
        from fastjango.orm.query.expressions import Value

        expression = field.db_default
        expression = (
            expression if hasattr(expression, "resolve_expression") else Value(expression, field)
        )
        compiler = self._compiler(model)
        if isinstance(expression, Value):
            value = field.get_db_prep_save(expression.value, self.connection)
            return self.literal(value)
        sql, params = compiler.compile(
            expression.resolve_expression(compiler.query, allow_joins=False)
        )
        text = self.fill(sql, params)
        return text if self.vendor == "postgresql" else f"({text})"

    def effective_default(self, field: Any) -> Any:
        """The value that existing rows get for a new field, as the driver takes it."""
        return field.get_db_prep_save(self._python_default(field), self.connection)

    @staticmethod
    def _python_default(field: Any) -> Any:
        from fastjango.orm import models

        if field.has_default():
            return field.get_default()
        if field.has_db_default() or getattr(field, "generated", False):
            return None
        if not field.null and field.blank and field.empty_strings_allowed:
            return b"" if isinstance(field, models.BinaryField) else ""
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            now = timezone.now()
            if isinstance(field, models.DateTimeField):
                return now
            moment = timezone.localtime(now) if timezone.is_aware(now) else now
            return moment.date() if isinstance(field, models.DateField) else moment.time()
        return None

    # -- constraints and indexes ------------------------------------------------------------

    def foreign_key(self, model: Any, field: Any) -> ForeignKeySpec | None:
        """A field's foreign key constraint, or `None` when it has none."""
        if not (field.remote_field and getattr(field, "db_constraint", False)):
            return None
        if not field.many_to_one and not field.one_to_one:
            return None
        remote = field.remote_field.model._meta
        target = field.remote_field.get_related_field()
        to_table = split_identifier(remote.db_table)[1]
        suffix = f"_fk_{to_table}_{target.column}"
        name = self.index_name(model._meta.db_table, [field.column], suffix=suffix)
        on_delete: Any = getattr(field.remote_field, "on_delete", None)
        clause = ""
        if hasattr(on_delete, "on_delete_sql"):
            clause = on_delete.on_delete_sql(self)
        return ForeignKeySpec(name, (field.column,), remote.db_table, (target.column,), clause)

    def unique_name(self, model: Any, columns: Sequence[str]) -> str:
        """Django's name for a unique constraint that a model does not name."""
        return self.index_name(model._meta.db_table, columns, suffix="_uniq")

    def field_index(self, model: Any, field: Any) -> list[IndexSpec]:
        """The indexes that a field asks for by `db_index`, and by being a foreign key."""
        if not self._is_indexed(field):
            return []
        table = model._meta.db_table
        name = self.index_name(table, [field.column])
        found = [
            IndexSpec(
                name,
                (self.quote(field.column),),
                suffix=self._tablespace(field.db_tablespace),
                columns=(field.column,),
            )
        ]
        return found + self.like_index(model, field)

    def _is_indexed(self, field: Any) -> bool:
        if not field.db_index or field.unique:
            return False
        # InnoDB makes an index for every foreign key by itself.
        return not (
            self.vendor == "mysql"
            and field.get_internal_type() == "ForeignKey"
            and getattr(field, "db_constraint", False)
        )

    def like_index(self, model: Any, field: Any) -> list[IndexSpec]:
        """PostgreSQL: the second index on text, for `LIKE 'a%'` whatever the collation is."""
        if self.vendor != "postgresql":
            return []
        kind = field.db_type(connection=self.connection)
        if kind is None or not (field.db_index or field.unique) or "[" in kind:
            return []
        collation = getattr(field, "db_collation", None)
        if collation and not self._deterministic(field):
            return []
        opclass = (
            "varchar_pattern_ops"
            if kind.startswith("varchar")
            else "text_pattern_ops"
            if kind.startswith(("text", "citext"))
            else None
        )
        if opclass is None or kind.startswith("citext"):
            return []
        name = self.index_name(model._meta.db_table, [field.column], suffix="_like")
        part = f"{self.quote(field.column)} {opclass}"
        return [IndexSpec(name, (part,), columns=(field.column,))]

    def _deterministic(self, field: Any) -> bool:
        ask: Any = getattr(self.connection, "_is_collation_deterministic", None)
        return ask is None or bool(ask(field.db_collation))

    def _tablespace(self, tablespace: str | None) -> str:
        if not tablespace:
            return ""
        return str(self.connection.ops.tablespace_sql(tablespace))

    def index(self, model: Any, index: Any) -> IndexSpec | None:
        """An index of `Meta.indexes`, or `None` where the database cannot have it."""
        features = self.connection.features
        if index.contains_expressions and not features.supports_expression_indexes:
            return None
        if index.condition is not None and not features.supports_partial_indexes:
            return None
        if index.include and not features.supports_covering_indexes:
            return None
        if index.contains_expressions:
            parts = tuple(self.index_expression(model, item) for item in index.expressions)
            columns: tuple[str, ...] = ()
        else:
            fields = [(model._meta.get_field(name), order) for name, order in index.fields_orders]
            columns = tuple(field.column for field, _ in fields)
            parts = self._index_columns(fields, index.opclasses)
        where = "" if index.condition is None else self.condition(model, index.condition)
        return IndexSpec(
            index.name,
            parts,
            where=where,
            include=self._include(model, index.include),
            using=self._access_method(index),
            suffix=self._tablespace(index.db_tablespace or model._meta.db_tablespace),
            columns=columns,
        )

    def _access_method(self, index: Any) -> str:
        """PostgreSQL: the access method that an index class asks for by its `suffix`."""
        suffix = getattr(index, "suffix", "")
        return suffix if self.vendor == "postgresql" and suffix in _ACCESS_METHODS else ""

    def _index_columns(
        self, fields: Sequence[tuple[Any, str]], opclasses: Sequence[str]
    ) -> tuple[str, ...]:
        parts: list[str] = []
        for position, (field, order) in enumerate(fields):
            part = self.quote(field.column)
            if opclasses and self.vendor == "postgresql":
                part += f" {opclasses[position]}"
            if order and self.connection.features.supports_index_column_ordering:
                part += f" {order}"
            parts.append(part)
        return tuple(parts)

    def index_expression(self, model: Any, expression: Any) -> str:
        """One expression of an index."""
        from fastjango.orm.indexes import IndexExpression

        compiler = self._compiler(model)
        wrapper = IndexExpression(expression)
        wrapper.set_wrapper_classes(self.connection)
        resolved = wrapper.resolve_expression(compiler.query, allow_joins=False)
        sql, params = compiler.compile(resolved)
        return self.fill(sql, params)

    def _include(self, model: Any, names: Iterable[str] | None) -> tuple[str, ...]:
        if not names:
            return ()
        return tuple(self.quote(model._meta.get_field(name).column) for name in names)

    def unique_constraint(self, model: Any, constraint: Any) -> IndexSpec | str | None:
        """A `UniqueConstraint`: SQL where it can be a constraint, else a unique index.

        Returns:
            `None` where the database can have neither.
        """
        features = self.connection.features
        supported = (
            (constraint.condition is None or features.supports_partial_indexes)
            and (constraint.deferrable is None or features.supports_deferrable_unique_constraints)
            and (not constraint.include or features.supports_covering_indexes)
            and (not constraint.expressions or features.supports_expression_indexes)
            and (
                constraint.nulls_distinct is None
                or features.supports_nulls_distinct_unique_constraints
            )
        )
        if not supported:
            return None
        nulls = {None: "", True: " NULLS DISTINCT", False: " NULLS NOT DISTINCT"}[
            constraint.nulls_distinct
        ]
        if constraint.expressions:
            parts = tuple(self.index_expression(model, item) for item in constraint.expressions)
            columns: tuple[str, ...] = ()
        else:
            fields = [(model._meta.get_field(name), "") for name in constraint.fields]
            columns = tuple(field.column for field, _ in fields)
            parts = self._index_columns(fields, constraint.opclasses)
        as_index = (
            constraint.condition is not None
            or constraint.include
            or constraint.opclasses
            or constraint.expressions
        )
        if as_index:
            where = (
                "" if constraint.condition is None else self.condition(model, constraint.condition)
            )
            return IndexSpec(
                constraint.name,
                parts,
                unique=True,
                where=where,
                include=self._include(model, constraint.include),
                suffix=nulls.strip(),
                columns=columns,
            )
        deferrable = ""
        if constraint.deferrable is not None:
            deferrable = f" DEFERRABLE INITIALLY {constraint.deferrable.name}"
        return (
            f"CONSTRAINT {self.quote(constraint.name)} UNIQUE{nulls} ({', '.join(parts)})"
            f"{deferrable}"
        )

    def constraint(self, model: Any, constraint: Any) -> IndexSpec | str | None:
        """A constraint of `Meta.constraints`: SQL, a unique index, or `None` if impossible."""
        from fastjango.orm.constraints import CheckConstraint, UniqueConstraint

        if isinstance(constraint, UniqueConstraint):
            return self.unique_constraint(model, constraint)
        if isinstance(constraint, CheckConstraint):
            if not self.connection.features.supports_table_check_constraints:
                return None
            check = self.condition(model, constraint.condition)
            return f"CONSTRAINT {self.quote(constraint.name)} CHECK ({check})"
        own = getattr(constraint, "describe_for", None)
        if own is None:
            raise ValueError(
                f"{type(constraint).__name__} {constraint.name!r} is neither a UniqueConstraint nor"
                " a CheckConstraint. Give it describe_for(model, describer), which returns SQL."
            )
        described: IndexSpec | str | None = own(model, self)
        return described

    # -- tables -----------------------------------------------------------------------------

    def table(self, model: Any) -> TableSpec:
        """Everything about a model's table."""
        meta = model._meta
        columns: list[ColumnSpec] = []
        foreign_keys: list[ForeignKeySpec] = []
        indexes: list[IndexSpec] = []
        comments: dict[str, str] = {}
        for field in meta.local_fields:
            column = self.column(model, field)
            if column is None:
                continue
            columns.append(column)
            key = self.foreign_key(model, field)
            if key is not None:
                foreign_keys.append(key)
            if getattr(field, "db_comment", None):
                comments[column.name] = field.db_comment
            if field.unique:
                indexes.extend(self.like_index(model, field))
        constraints: list[tuple[str, str]] = []
        if len(getattr(meta, "pk_fields", ())) > 1:
            names = ", ".join(self.quote(field.column) for field in meta.pk_fields)
            constraints.append(("", f"PRIMARY KEY ({names})"))
        for group in meta.unique_together:
            together = self.together(model, group)
            if isinstance(together, IndexSpec):
                indexes.append(together)
            else:
                constraints.append((together[0], together[1]))
        for constraint in meta.constraints:
            described = self.constraint(model, constraint)
            if isinstance(described, IndexSpec):
                indexes.append(described)
            elif described is not None:
                constraints.append((constraint.name, described))
        for field in meta.local_fields:
            if field.column:
                indexes.extend(self.field_index(model, field))
        for index in meta.indexes:
            described_index = self.index(model, index)
            if described_index is not None:
                indexes.append(described_index)
        return TableSpec(
            meta.db_table,
            tuple(columns),
            tuple(constraints),
            tuple(foreign_keys),
            tuple(indexes),
            getattr(meta, "db_table_comment", "") or "",
            comments,
        )

    def together(self, model: Any, names: Iterable[str]) -> tuple[str, str] | IndexSpec:
        """One group of `unique_together`: a unique index on SQLite, else a constraint's name and
        SQL.
        """
        columns = tuple(model._meta.get_field(name).column for name in names)
        name = self.unique_name(model, columns)
        parts = tuple(self.quote(column) for column in columns)
        if self.vendor == "sqlite":
            return IndexSpec(name, parts, unique=True, columns=columns)
        return name, f"CONSTRAINT {self.quote(name)} UNIQUE ({', '.join(parts)})"

    def shorten(self, name: str) -> str:
        """A name within the database's limit."""
        return truncate_name(name, self.connection.ops.max_name_length())
