"""INSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.query.expressions import DatabaseDefault
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.sql.compilers.select import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["SQLInsertCompiler"]


class SQLInsertCompiler(SQLCompiler):
    """Compiles an InsertQuery."""

    writes = True
    returning_fields: Any = None

    def prepare_value(self, field: Any, value: Any) -> Any:
        """Return the value as the driver wants it, or a resolved expression."""
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            if value.contains_column_references:
                raise ValueError(
                    f'Failed to insert expression "{value}" on {field}. F() expressions '
                    "can only be used to update, not to insert."
                )
            if value.contains_aggregate:
                raise FieldError(
                    f"Aggregate functions are not allowed in this query ({field.name}={value!r})."
                )
            if value.contains_over_clause:
                raise FieldError(
                    f"Window expressions are not allowed in this query ({field.name}={value!r})."
                )
        return field.get_db_prep_save(value, connection=self.connection)

    def pre_save_val(self, field: Any, obj: Any) -> Any:
        """Return the object's value, after the field has had its say."""
        if self.query.raw:
            return getattr(obj, field.attname)
        return field.pre_save(obj, add=True)

    def field_as_sql(self, field: Any, value: Any) -> tuple[str, Sequence[Any]]:
        """Return the placeholder and parameters of one value; without a field it is SQL."""
        if field is None:
            return value, ()
        placeholder = getattr(field, "get_placeholder_sql", None)
        if placeholder is not None:
            made: tuple[str, Sequence[Any]] = placeholder(value, self, self.connection)
            return made
        if hasattr(value, "as_sql"):
            return self.compile(value)
        return "%s", (value,)

    def _column_values(self, field: Any) -> list[Any]:
        values: list[Any] = []
        for obj in self.query.objs:
            value = self.pre_save_val(field, obj)
            if not isinstance(value, DatabaseDefault):
                value = self.prepare_value(field, value)
            values.append(value)
        return values

    def _columns(self) -> tuple[list[Any], list[list[Any]]]:
        """Return the fields to name and their values, without columns left to the database."""
        fields = list(self.query.fields)
        kept: list[Any] = []
        columns: list[list[Any]] = []
        remaining = len(fields)
        features = self.connection.features
        for field in fields:
            values = self._column_values(field)
            if field.has_db_default():
                defaults = [isinstance(value, DatabaseDefault) for value in values]
                if remaining > 1 and all(defaults):
                    remaining -= 1
                    continue
                if any(defaults) and not features.supports_default_keyword_in_bulk_insert:
                    default = self.prepare_value(field, field.db_default)
                    values = [
                        default if is_default else value
                        for is_default, value in zip(defaults, values, strict=True)
                    ]
            kept.append(field)
            columns.append(values)
        return kept, columns

    def as_statements(self) -> list[tuple[str, Sequence[Any]]]:
        """Return one INSERT for all objects, or one for each where the database needs that."""
        ops, features, query = self.connection.ops, self.connection.features, self.query
        meta = query.get_meta()
        head = ops.insert_statement(on_conflict=query.on_conflict)
        parts = [f"{head} {self.quote_name(meta.db_table)}"]
        fields: list[Any]
        if query.fields:
            fields, columns = self._columns()
            rows = list(zip(*columns, strict=True))
            parts.append(f"({', '.join(self.quote_name(field.column) for field in fields)})")
        else:
            fields = [None]
            rows = [(ops.pk_default_value(),) for _ in query.objs]
            parts.append(f"({self.quote_name(meta.pk.column)})")
        placeholders: list[str] = []
        row_params: list[list[Any]] = []
        for row in rows:
            sqls: list[str] = []
            params: list[Any] = []
            for field, value in zip(fields, row, strict=True):
                sql, value_params = self.field_as_sql(field, value)
                sqls.append(sql)
                params.extend(value_params)
            placeholders.append(f"({', '.join(sqls)})")
            row_params.append(params)
        suffix = ops.on_conflict_suffix_sql(
            fields,
            query.on_conflict,
            [field.column for field in query.update_fields],
            [field.column for field in query.unique_fields],
        )
        returning = bool(self.returning_fields) and features.can_return_columns_from_insert
        one_statement = (
            features.can_return_rows_from_bulk_insert or len(rows) == 1
            if returning
            else not self.returning_fields and features.has_bulk_insert
        )
        if one_statement:
            parts.append(f"VALUES {', '.join(placeholders)}")
            if suffix:
                parts.append(suffix)
            all_params = [param for params in row_params for param in params]
            if returning:
                sql, returning_params = ops.returning_columns(self.returning_fields)
                if sql:
                    parts.append(sql)
                    all_params.extend(returning_params)
            return [(" ".join(parts), all_params)]
        return [
            (" ".join([*parts, f"VALUES {values}", *([suffix] if suffix else [])]), params)
            for values, params in zip(placeholders, row_params, strict=True)
        ]

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the statements; an INSERT may need several."""
        return self.as_statements()

    def insert_steps(self, returning_fields: Any = None) -> Steps[list[Any]]:
        """Insert the objects.

        Returns:
            One row of returned values per object, or nothing if the database returns none.
        """
        self.returning_fields = returning_fields
        features = self.connection.features
        count = len(self.query.objs)
        can_return = returning_fields and (
            (features.can_return_rows_from_bulk_insert and count > 1)
            or (features.can_return_columns_from_insert and count == 1)
        )
        result: Any = None
        for sql, params in self.as_statements():
            result = yield self.statement(sql, params, "all" if can_return else "none")
        if not returning_fields or result is None:
            return []
        table = self.query.get_meta().db_table
        columns = [field.get_col(table) for field in returning_fields]
        if can_return:
            return self.convert_rows(result.rows, columns)
        first = returning_fields[0]
        if isinstance(first, field_classes.AutoField):
            return self.convert_rows([(result.lastrowid,)], columns[:1])
        return []
