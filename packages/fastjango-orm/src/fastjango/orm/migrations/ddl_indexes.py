"""What a model's indexes and unique or check constraints need of a database, as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .ddl_text import DdlWriter
from .specs import IndexSpec

__all__ = ["IndexDescriber"]

#: Access methods of PostgreSQL, as index classes name them.
_ACCESS_METHODS = frozenset({"bloom", "brin", "btree", "gin", "gist", "hash", "spgist"})


class IndexDescriber(DdlWriter):
    """Describes indexes and constraints for one database."""

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
        kind = field.db_type(connection=self.connection) or ""
        if kind.lower() in getattr(self.connection, "_limited_data_types", ()):
            # Blobs and texts have no index without a length; the check fields.W162 says so.
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

        wrapper = IndexExpression(expression)
        wrapper.set_wrapper_classes(self.connection)
        return self.expression(model, wrapper)

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
