"""UPDATE."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError, FullResultSet
from fastjango.orm.query.constants import MULTI, NO_RESULTS, ROW_COUNT
from fastjango.orm.query.expressions import ColPairs
from fastjango.orm.query.sql.compilers.select import SQLCompiler
from fastjango.orm.query.sql.query import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["SQLUpdateCompiler"]


class SQLUpdateCompiler(SQLCompiler):
    """Compiles an UpdateQuery."""

    writes = True
    returning_fields: Any = None

    def _prepared_value(self, field: Any, value: Any) -> Any:
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            if value.contains_aggregate:
                raise FieldError(
                    f"Aggregate functions are not allowed in this query ({field.name}={value!r})."
                )
            if value.contains_over_clause:
                raise FieldError(
                    f"Window expressions are not allowed in this query ({field.name}={value!r})."
                )
            if isinstance(value, ColPairs):
                raise FieldError(
                    "Composite primary keys expressions are not allowed "
                    f"in this query ({field.name}=F('pk'))."
                )
        elif hasattr(value, "prepare_database_save"):
            if not field.remote_field:
                raise TypeError(
                    f"Tried to update field {field} with a model instance, {value!r}. "
                    f"Use a value compatible with {field.__class__.__name__}."
                )
            value = value.prepare_database_save(field)
        return field.get_db_prep_save(value, connection=self.connection)

    def _assignment(self, field: Any, value: Any) -> tuple[str, Sequence[Any]]:
        value = self._prepared_value(field, value)
        name = self.quote_name(field.column)
        placeholder = getattr(field, "get_placeholder_sql", None)
        if placeholder is not None:
            sql, params = placeholder(value, self, self.connection)
        elif hasattr(value, "as_sql"):
            sql, params = self.compile(value)
        else:
            sql, params = "%s", (value,)
        return f"{name} = {sql}", params

    def as_sql(
        self, with_limits: bool = True, with_col_aliases: bool = False
    ) -> tuple[str, Sequence[Any]]:
        """Return the UPDATE, or nothing if no field is to be set."""
        if not self.query.values:
            return "", ()
        assignments: list[str] = []
        all_params: list[Any] = []
        for field, _, value in self.query.values:
            sql, params = self._assignment(field, value)
            assignments.append(sql)
            all_params.extend(params)
        table = self.quote_name(self.query.base_table)
        parts = [f"UPDATE {table} SET {', '.join(assignments)}"]
        try:
            where, params = self.compile(self.query.where)
        except FullResultSet:
            pass
        else:
            parts.append(f"WHERE {where}")
            all_params.extend(params)
        if self.returning_fields:
            sql, params = self.connection.ops.returning_columns(self.returning_fields)
            if sql:
                parts.append(sql)
                all_params.extend(params)
        return " ".join(parts), tuple(all_params)

    def execute_steps(self, result_type: str = ROW_COUNT) -> Steps[Any]:
        """Run the update and those of parent tables.

        Returns:
            How many rows the first of them matched that was needed at all.
        """
        kind = ROW_COUNT if result_type == MULTI else result_type
        count = yield from super().execute_steps(kind)
        is_empty = count is None
        count = count or 0
        for query in self.query.get_related_updates():
            related = yield from query.get_compiler(self.using).execute_steps(kind)
            if is_empty and related:
                count = related
                is_empty = False
        return count

    def execute_returning_steps(self, returning_fields: Any) -> Steps[list[Any]]:
        """Run the update and return the rows' values of these fields, as they now are.

        Returns:
            One row per matched row; empty rows if the database cannot return values.
        """
        if self.query.get_related_updates():
            raise NotImplementedError(
                "Update returning is not implemented for queries with related updates."
            )
        if not returning_fields or not self.connection.features.can_return_rows_from_update:
            count = yield from self.execute_steps(NO_RESULTS)
            return [()] * count
        self.returning_fields = returning_fields
        yield from self.prepare_steps()
        sql, params = self.as_sql()
        result = yield self.statement(sql, params)
        table = self.query.get_meta().db_table
        columns = [field.get_col(table) for field in returning_fields]
        return self.convert_rows(result.rows, columns)

    def prepare_steps(self) -> Steps[None]:
        """Replace conditions over joins by keys: an UPDATE has one table only.

        Keys are read first where several updates follow, or where the database cannot read
        the table that it updates.
        """
        before = self.query.alias_refcount.copy()
        self.query.get_initial_alias()
        tables = self.query.count_active_tables()
        if not self.query.related_updates and tables == 1:
            return
        query = self.query.chain(klass=Query)
        query.select_related = False
        query.clear_ordering(force=True)
        query.extra = {}
        query.select = ()
        meta = query.get_meta()
        names = [meta.pk.name]
        positions: list[tuple[Any, int]] = []
        for parent in self.query.related_updates:
            if all(path.join_field.primary_key for path in meta.get_path_to_parent(parent)):
                positions.append((parent, 0))
            else:
                positions.append((parent, len(names)))
                names.append(parent._meta.pk.name)
        query.add_fields(names)
        must_read_first = tables > 1 and not self.connection.features.update_can_self_select
        self.query.clear_where()
        if self.query.related_updates or must_read_first:
            keys: list[Any] = []
            parent_keys: defaultdict[Any, list[Any]] = defaultdict(list)
            rows = yield from query.get_compiler(self.using).execute_steps(MULTI)
            composite = meta.is_composite_pk
            for row in rows:
                keys.append(tuple(row) if composite else row[0])
                for parent, position in positions:
                    parent_keys[parent].append(row[position])
            self.query.add_filter("pk__in", keys)
            self.query.related_ids = parent_keys
        else:
            self.query.add_filter("pk__in", query)
        self.query.reset_refcounts(before)
