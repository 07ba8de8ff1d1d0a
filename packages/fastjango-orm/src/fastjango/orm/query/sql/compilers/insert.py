"""INSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.engine.handler import connections
from fastjango.orm.query.expressions import DatabaseDefault
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.sql.compilers.select import SQLCompiler
from fastjango.orm.query.sql.compilers.writers import (
    column_arrays,
    column_writer,
    plain_values,
    unnested,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["MAX_TEXTS", "SQLInsertCompiler", "clear_texts"]

MAX_TEXTS = 1024
"""Most INSERT texts kept."""

# By what is inserted: the statement, and the types of its arrays if columns travel whole.
_texts: dict[Any, tuple[str, tuple[str, ...] | None]] = {}
_returned: dict[Any, tuple[list[Any], Any]] = {}


def clear_texts() -> None:
    """Forget the kept texts: the databases have changed."""
    _texts.clear()
    _returned.clear()


connections.on_reconfigure.append(clear_texts)


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

    def _plain_statement(self) -> tuple[str, Sequence[Any]] | None:
        """Return one INSERT of plain values, from a text that is kept; `None` if it takes more."""
        query, features = self.query, self.connection.features
        if query.on_conflict is not None or not query.fields:
            return None
        count = len(query.objs)
        if self.returning_fields:
            if not features.can_return_columns_from_insert or (
                count > 1 and not features.can_return_rows_from_bulk_insert
            ):
                return None
        elif not features.has_bulk_insert:
            return None
        writers = [column_writer(field, query.raw) for field in query.fields]
        if None in writers:
            return None
        params = plain_values(query.objs, writers, self.connection)
        if params is None:
            return None
        sql, arrays = self._kept_text(tuple(query.fields), count)
        return sql, params if arrays is None else column_arrays(params, arrays)

    def _kept_text(self, fields: tuple[Any, ...], count: int) -> tuple[str, tuple[str, ...] | None]:
        """Return the INSERT of so many rows of plain values, and the types of its arrays."""
        alias, table = self.connection.alias, self.query.get_meta().db_table
        returning = tuple(self.returning_fields or ())
        # Whole columns are two parameters or ten, however many rows there are: their size is 0.
        found = _texts.get((alias, table, fields, 0, returning)) if count > 1 else None
        if found is None:
            found = _texts.get((alias, table, fields, count, returning))
        if found is None:
            arrays = self.connection.ops.array_types(fields) if count > 1 else None
            size = count if arrays is None else 0
            if len(_texts) >= MAX_TEXTS:
                _texts.clear()
            found = self.plain_text(fields, count, arrays), arrays
            _texts[alias, table, fields, size, returning] = found
        return found

    def plain_text(
        self, fields: Sequence[Any], count: int = 1, arrays: Sequence[str] | None = None
    ) -> str:
        """Return an INSERT of plain values.

        Args:
            fields: What is inserted.
            count: How many rows have placeholders of their own.
            arrays: Types of arrays that hold whole columns instead, however many rows they are.
        """
        ops = self.connection.ops
        if arrays is None:
            values = ops.bulk_insert_sql(fields, [["%s"] * len(fields)] * count)
        else:
            values = unnested(arrays)
        table = self.quote_name(self.query.get_meta().db_table)
        names = ", ".join(self.quote_name(field.column) for field in fields)
        text = f"{ops.insert_statement(on_conflict=None)} {table} ({names}) {values}"
        if self.returning_fields:
            clause, _ = ops.returning_columns(self.returning_fields)
            text = f"{text} {clause}" if clause else text
        return text

    def _named_rows(self) -> tuple[Sequence[Any], str, list[Any]]:
        """Return the fields, the columns' names as SQL, and one row of values per object."""
        query = self.query
        if query.fields:
            fields, columns = self._columns()
            names = ", ".join(self.quote_name(field.column) for field in fields)
            return fields, names, list(zip(*columns, strict=True))
        default = self.connection.ops.pk_default_value()
        return [None], self.quote_name(query.get_meta().pk.column), [(default,)] * len(query.objs)

    def _row_as_sql(self, fields: Sequence[Any], row: Sequence[Any]) -> tuple[list[str], list[Any]]:
        """Return the placeholders of a row, and its parameters."""
        sqls: list[str] = []
        params: list[Any] = []
        for field, value in zip(fields, row, strict=True):
            sql, value_params = self.field_as_sql(field, value)
            sqls.append(sql)
            params.extend(value_params)
        return sqls, params

    def as_statements(self) -> list[tuple[str, Sequence[Any]]]:
        """Return one INSERT for all objects, or one for each where the database needs that."""
        plain = self._plain_statement()
        if plain is not None:
            return [plain]
        ops, features, query = self.connection.ops, self.connection.features, self.query
        head = ops.insert_statement(on_conflict=query.on_conflict)
        fields, names, rows = self._named_rows()
        parts = [f"{head} {self.quote_name(query.get_meta().db_table)}", f"({names})"]
        written = [self._row_as_sql(fields, row) for row in rows]
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
            parts.append(ops.bulk_insert_sql(fields, [row for row, _ in written]))
            if suffix:
                parts.append(suffix)
            all_params = [param for _, params in written for param in params]
            if returning:
                sql, returning_params = ops.returning_columns(self.returning_fields)
                if sql:
                    parts.append(sql)
                    all_params.extend(returning_params)
            return [(" ".join(parts), all_params)]
        ending = [suffix] if suffix else []
        return [
            (" ".join([*parts, ops.bulk_insert_sql(fields, [row]), *ending]), params)
            for row, params in written
        ]

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the statements; an INSERT may need several."""
        return self.as_statements()

    def _returned(self, fields: Sequence[Any]) -> tuple[list[Any], Any]:
        """Return the columns of returned values, and their converters if any needs one."""
        key = (self.connection.alias, tuple(fields))
        found = _returned.get(key)
        if found is None:
            table = self.query.get_meta().db_table
            columns = [field.get_col(table) for field in fields]
            plain = not self.has_composite_fields(columns) and not self.get_converters(columns)
            if len(_returned) >= MAX_TEXTS:
                _returned.clear()
            found = _returned[key] = (columns, None if plain else True)
        return found

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
        columns, converters = self._returned(returning_fields)
        if can_return:
            if converters is None:
                return list(result.rows)
            return self.convert_rows(result.rows, columns)
        first = returning_fields[0]
        if isinstance(first, field_classes.AutoField):
            return self.convert_rows([(result.lastrowid,)], columns[:1])
        return []
