"""What a model needs of a database, as SQL: its table, columns and foreign keys.

Names, types and clauses are those that Django gives the same model, so that both can work on one
schema. Nothing here runs a statement.

Source: https://docs.djangoproject.com/en/6.1/ref/schema-editor/
"""

from __future__ import annotations

from typing import Any

from fastjango.core import timezone
from fastjango.orm.names import split_identifier

from .ddl_indexes import IndexDescriber
from .ddl_text import index_name, quote_value
from .specs import ColumnSpec, ForeignKeySpec, IndexSpec, TableSpec

__all__ = [
    "ColumnSpec",
    "Describer",
    "ForeignKeySpec",
    "IndexSpec",
    "TableSpec",
    "index_name",
    "quote_value",
]


class Describer(IndexDescriber):
    """Describes models for one database.

    Args:
        connection: Wrapper of the database; it need not be connected.
    """

    # -- columns ----------------------------------------------------------------------------

    def column(
        self, model: Any, field: Any, include_default: bool = False, keys: bool = True
    ) -> ColumnSpec | None:
        """A field's column, or `None` when it has none.

        Args:
            include_default: Whether existing rows get the field's Python default.
            keys: Whether `PRIMARY KEY` and `UNIQUE` are part of it.
        """
        parameters = field.db_parameters(connection=self.connection)
        kind = parameters["type"]
        if kind is None:
            return None
        parts = [kind, *self._collation(parameters), *self._comment_inline(field)]
        generated = getattr(field, "generated", False)
        if generated:
            # Whether it can be NULL is up to the expression.
            parts.append(self._generated(field))
        else:
            default = self._default(model, field, include_default)
            if default is not None:
                parts.append(f"DEFAULT {default}")
            if not field.null:
                parts.append("NOT NULL")
            elif not self.connection.features.implied_column_null:
                parts.append("NULL")
        if keys and field.primary_key:
            parts.append("PRIMARY KEY")
        elif keys and field.unique:
            parts.append("UNIQUE")
        suffix = field.db_type_suffix(connection=self.connection)
        if suffix:
            parts.append(suffix)
        check = parameters.get("check")
        if check:
            parts.append(f"CHECK ({check})")
        return ColumnSpec(field.column, " ".join(parts), generated)

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
        from fastjango.orm import models
        from fastjango.orm.query.expressions import Value

        expression = field.db_default
        expression = (
            expression if hasattr(expression, "resolve_expression") else Value(expression, field)
        )
        if isinstance(expression, Value):
            value = expression.value
            kind = expression._output_field_or_none  # pyright: ignore[reportPrivateUsage]
            if value is None and isinstance(kind, models.JSONField):
                value = expression  # JSON's own null, not NULL
            return self.literal(field.get_db_prep_save(value, self.connection))
        text = self.expression(model, expression)
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
