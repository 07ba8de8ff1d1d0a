"""GROUP BY."""

from __future__ import annotations

from typing import Any

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.orm.query.expressions import Ref
from fastjango.values.hashable import make_hashable

__all__ = ["GroupingMixin"]


class GroupingMixin:
    """The part of a compiler that writes GROUP BY."""

    def get_group_by(self: Any, select: Any, order_by: Any) -> list[tuple[str, Any]]:
        """Return the terms of GROUP BY.

        `query.group_by` is the least that is grouped by; columns that are selected, sorted by
        or tested in HAVING come on top, for the database would refuse them otherwise.
        """
        query = self.query
        if query.group_by is None:
            return []
        expressions: list[Any] = []
        grouped_refs: set[str] = set()
        if query.group_by is not True:
            for expr in query.group_by:
                if not hasattr(expr, "as_sql"):
                    expr = query.resolve_ref(expr)
                if not isinstance(expr, Ref):
                    expressions.append(expr)
                elif expr.refs not in grouped_refs:
                    grouped_refs.add(expr.refs)
                    expressions.append(expr.source)
        positions: dict[Any, int] = {}
        for ordinal, (expr, _, alias) in enumerate(select, start=1):
            if alias:
                positions[expr] = ordinal
            if alias not in grouped_refs:
                expressions.extend(expr.get_group_by_cols())
        if not self._meta_ordering:
            for expr, (_, _, is_ref) in order_by:
                if not is_ref:
                    expressions.extend(expr.get_group_by_cols())
        having = self.having.get_group_by_cols() if self.having else ()
        expressions.extend(having)
        return self._compile_group_by(self.collapse_group_by(expressions, having), positions)  # type: ignore[no-any-return]  # operands are dynamic

    def _compile_group_by(
        self: Any, expressions: list[Any], positions: dict[Any, int]
    ) -> list[tuple[str, Any]]:
        by_index = self.connection.features.allows_group_by_select_index
        result: list[tuple[str, Any]] = []
        seen: set[Any] = set()
        for expr in expressions:
            try:
                sql, params = self.compile(expr)
            except (EmptyResultSet, FullResultSet):
                continue
            position = positions.get(expr) if by_index else None
            if position is not None:
                sql, params = str(position), ()
            else:
                sql, params = expr.select_format(self, sql, params)
            key = (sql, make_hashable(params))
            if key not in seen:
                seen.add(key)
                result.append((sql, params))
        return result

    def collapse_group_by(self: Any, expressions: list[Any], having: Any) -> list[Any]:
        """Leave out what follows from a table's primary key, where the database knows that."""
        features = self.connection.features
        if not features.allows_group_by_selected_pks:
            return expressions
        keys = {
            expr
            for expr in expressions
            if hasattr(expr, "target")
            and expr.target.primary_key
            and features.allows_group_by_selected_pks_on_model(expr.target.model)
        }
        aliases = {expr.alias for expr in keys}
        return [
            expr
            for expr in expressions
            if expr in keys or expr in having or getattr(expr, "alias", None) not in aliases
        ]
