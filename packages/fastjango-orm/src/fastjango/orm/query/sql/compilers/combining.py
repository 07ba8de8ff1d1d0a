"""UNION, INTERSECT, EXCEPT, and filters over window functions."""

from __future__ import annotations

from typing import Any

from fastjango.core.exceptions import EmptyResultSet
from fastjango.orm.exceptions import DatabaseError
from fastjango.orm.query.expressions import Ref
from fastjango.orm.query.lookups.base import Lookup

__all__ = ["CombiningMixin"]


class _Outside:
    """Lets a SELECT around another see by alias what the inner one computes.

    Args:
        inner: The inner query; what it does not select yet is added to it.
        select: The aliases of what it selects, by expression.
    """

    def __init__(self, inner: Any, select: dict[Any, str]) -> None:
        self.inner = inner
        self.select = select
        self.added = 0
        self._aliases: dict[Any, str] = {}

    def seen(self, node: Any, parts: list[Any]) -> Any:
        """Return the node with its parts replaced by references to the inner query."""
        aliases, selected = self._aliases, set(self.select.values())
        while parts:
            expr = parts.pop()
            if expr in aliases:
                continue
            if alias := self.select.get(expr):
                aliases[expr] = alias
            elif isinstance(expr, Lookup):
                parts.extend(expr.get_source_expressions())
            elif isinstance(expr, Ref):
                if expr.refs not in selected:
                    parts.extend(expr.get_source_expressions())
            else:
                alias = aliases[expr] = f"qual{self.added}"
                self.added += 1
                self.inner.add_annotation(expr, alias)
        return node.replace_expressions({expr: Ref(alias, expr) for expr, alias in aliases.items()})


class CombiningMixin:
    """The part of a compiler that builds on whole SELECT statements."""

    def get_combinator_sql(self: Any, combinator: str, all: bool) -> tuple[list[str], list[Any]]:
        """Return the set operation's parts joined by its operator.

        Args:
            combinator: `union`, `intersection` or `difference`.
            all: Whether duplicates stay.
        """
        features = self.connection.features
        compilers = [
            query.get_compiler(self.using, self.connection, self.elide_empty)
            for query in self.query.combined_queries
        ]
        if not features.supports_slicing_ordering_in_compound:
            for compiler in compilers:
                if compiler.query.is_sliced:
                    raise DatabaseError(
                        "LIMIT/OFFSET not allowed in subqueries of compound statements."
                    )
                if compiler.get_order_by():
                    raise DatabaseError(
                        "ORDER BY not allowed in subqueries of compound statements."
                    )
        parts: list[tuple[str, Any]] = []
        empty: Any = None
        for compiler in compilers:
            try:
                parts.append(self._combinator_part(compiler))
            except EmptyResultSet:
                if combinator == "union" or (combinator == "difference" and parts):
                    empty = compiler
                    continue
                raise
        if not parts:
            raise EmptyResultSet
        if len(parts) == 1 and combinator == "union" and self.query.is_sliced:
            # One part with a limit of its own could not take another limit.
            empty.elide_empty = False
            parts.append(self._combinator_part(empty))
        operator = self.connection.ops.set_operators[combinator]
        if all and combinator == "union":
            operator += " ALL"
        braces = "{}"
        if not self.query.subquery and features.supports_slicing_ordering_in_compound:
            braces = "({})"
        text = f" {operator} ".join(braces.format(sql) for sql, _ in parts)
        return [text], [param for _, params in parts for param in params]

    def _combinator_part(self: Any, compiler: Any) -> tuple[str, Any]:
        features = self.connection.features
        selected = self.query.selected
        if selected is not None and compiler.query.selected is None:
            # What values() selects here, every part must select.
            compiler.query = compiler.query.clone()
            compiler.query.set_values(list(selected))
        sql, params = compiler.as_sql(with_col_aliases=True)
        if compiler.query.combinator:
            if not features.supports_parentheses_in_compound:
                sql = f"SELECT * FROM ({sql})"
            elif self.query.subquery or not features.supports_slicing_ordering_in_compound:
                sql = f"({sql})"
        elif self.query.subquery and features.supports_slicing_ordering_in_compound:
            sql = f"({sql})"
        return sql, params

    def get_qualify_sql(self: Any) -> tuple[list[str], list[Any]]:
        """Return a SELECT around this one that filters by window functions."""
        inner = self.query.clone()
        inner.subquery = True
        parts = [part for part in (self.where, self.having) if part]
        inner.where = inner.where.__class__(parts)
        select = {expr: alias for expr, _, alias in self.get_select(with_col_aliases=True)[0]}
        outside = _Outside(inner, select)
        self.qualify = outside.seen(self.qualify, list(self.qualify.leaves()))
        order_by = [
            outside.seen(expr, expr.get_source_expressions()) for expr, *_ in self.get_order_by()
        ]
        compiler = inner.get_compiler(
            self.using, connection=self.connection, elide_empty=self.elide_empty
        )
        # The limit belongs to the outer SELECT: it must not cut rows before the filter.
        inner_sql, inner_params = compiler.as_sql(with_limits=False, with_col_aliases=True)
        sql, params = self.compile(self.qualify)
        quote = self.connection.ops.quote_name
        result = ["SELECT * FROM (", inner_sql, ")", quote("qualify"), "WHERE", sql]
        if outside.added:
            columns = ", ".join(quote(alias) for alias in select.values())
            result = ["SELECT", columns, "FROM (", *result, ")", quote("qualify_mask")]
        all_params = [*inner_params, *params]
        if order_by:
            terms: list[str] = []
            for item in order_by:
                term, term_params = self.compile(item)
                terms.append(term)
                all_params.extend(term_params)
            result.extend(["ORDER BY", ", ".join(terms)])
        return result, all_params
