"""SELECT of aggregates over a derived table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.query.sql.compilers.select import SQLCompiler

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SQLAggregateCompiler"]


class SQLAggregateCompiler(SQLCompiler):
    """Compiles an AggregateQuery."""

    def as_sql(
        self, with_limits: bool = True, with_col_aliases: bool = False
    ) -> tuple[str, Sequence[Any]]:
        """Return SELECT aggregates FROM (inner query)."""
        columns: list[str] = []
        all_params: list[Any] = []
        for annotation in self.query.annotation_select.values():
            sql, params = annotation.select_format(self, *self.compile(annotation))
            columns.append(sql)
            all_params.extend(params)
        self.col_count = len(self.query.annotation_select)
        inner = self.query.inner_query.get_compiler(
            self.using, self.connection, elide_empty=self.elide_empty
        )
        inner_sql, inner_params = inner.as_sql(with_col_aliases=True)
        sql = f"SELECT {', '.join(columns)} FROM ({inner_sql}) subquery"
        return sql, (*all_params, *inner_params)
