"""DELETE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FullResultSet
from fastjango.core.functional import cached_property
from fastjango.orm.query.expressions import RawSQL
from fastjango.orm.query.sql.compilers.select import SQLCompiler
from fastjango.orm.query.sql.query import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SQLDeleteCompiler"]


def _reads_model(expr: Any, model: Any) -> bool:
    if isinstance(expr, Query):
        return bool(expr.model == model)
    if not hasattr(expr, "get_source_expressions"):
        return False
    return any(_reads_model(part, model) for part in expr.get_source_expressions())


class SQLDeleteCompiler(SQLCompiler):
    """Compiles a DeleteQuery."""

    writes = True

    @cached_property
    def single_alias(self) -> bool:
        """Whether only the model's own table is involved."""
        self.query.get_initial_alias()
        return sum(self.query.alias_refcount[alias] > 0 for alias in self.query.alias_map) == 1  # type: ignore[no-any-return]  # operands are dynamic

    @cached_property
    def contains_self_reference_subquery(self) -> bool:
        """Whether a subquery reads the table that rows are deleted from."""
        parts = [*self.query.annotations.values(), *self.query.where.children]
        return any(_reads_model(part, self.query.model) for part in parts)

    def _delete(self, query: Any) -> tuple[str, Sequence[Any]]:
        delete = f"DELETE FROM {self.quote_name(query.base_table)}"
        try:
            where, params = self.compile(query.where)
        except FullResultSet:
            return delete, ()
        return f"{delete} WHERE {where}", tuple(params)

    def as_sql(
        self, with_limits: bool = True, with_col_aliases: bool = False
    ) -> tuple[str, Sequence[Any]]:
        """Return the DELETE; with joins the rows are chosen by a subquery over the key."""
        features = self.connection.features
        if self.single_alias and (
            features.delete_can_self_reference_subquery or not self.contains_self_reference_subquery
        ):
            return self._delete(self.query)
        inner: Any = self.query.clone()
        inner.__class__ = Query
        inner.clear_select_clause()
        pk = self.query.model._meta.pk
        inner.select = [pk.get_col(self.query.get_initial_alias())]
        outer = Query(self.query.model)
        if not features.update_can_self_select:
            # MySQL reads the table only through a materialized subquery.
            sql, params = inner.get_compiler(connection=self.connection).as_sql()
            inner = RawSQL(f"SELECT * FROM ({sql}) subquery", params)
        outer.add_filter("pk__in", inner)
        return self._delete(outer)
