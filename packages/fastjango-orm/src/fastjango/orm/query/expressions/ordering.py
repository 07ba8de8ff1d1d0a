"""One term of an ORDER BY."""

# pyright: reportAssignmentType=false, reportIncompatibleMethodOverride=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.query.expressions.base import Expression
from fastjango.orm.query.expressions.columns import ColPairs

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OrderBy"]


class OrderBy(Expression):
    """An expression to sort by.

    Args:
        expression: What to sort by.
        descending: Whether the greatest comes first.
        nulls_first: `True` puts NULLs before everything else.
        nulls_last: `True` puts NULLs after everything else.
    """

    template = "%(expression)s %(ordering)s"
    conditional = False
    constraint_validation_compatible = False
    allows_composite_expressions = True

    def __init__(
        self,
        expression: Any,
        descending: bool = False,
        nulls_first: bool | None = None,
        nulls_last: bool | None = None,
    ) -> None:
        if nulls_first and nulls_last:
            raise ValueError("nulls_first and nulls_last are mutually exclusive")
        if nulls_first is False or nulls_last is False:
            raise ValueError("nulls_first and nulls_last values must be True or None.")
        if not hasattr(expression, "resolve_expression"):
            raise ValueError("expression must be an expression type")
        self.nulls_first = nulls_first
        self.nulls_last = nulls_last
        self.descending = descending
        self.expression = expression

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.expression}, descending={self.descending})"

    def get_source_expressions(self) -> list[Any]:
        """Return what is sorted by."""
        return [self.expression]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace what is sorted by."""
        self.expression = exprs[0]

    def _nulls_template(self, template: str, features: Any) -> str:
        if features.supports_order_by_nulls_modifier:
            if self.nulls_last:
                return f"{template} NULLS LAST"
            if self.nulls_first:
                return f"{template} NULLS FIRST"
            return template
        nulls_come_first = features.order_by_nulls_first
        if self.nulls_last and not (self.descending and nulls_come_first):
            return f"%(expression)s IS NULL, {template}"
        if self.nulls_first and not (not self.descending and nulls_come_first):
            return f"%(expression)s IS NOT NULL, {template}"
        return template

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the term; a composite key becomes one term per column."""
        if isinstance(self.expression, ColPairs):
            parts: list[str] = []
            all_params: list[Any] = []
            for column in self.expression.get_cols():
                single = self.copy()
                single.set_source_expressions([column])
                sql, params = compiler.compile(single)
                parts.append(sql)
                all_params.extend(params)
            return ", ".join(parts), all_params
        template = self._nulls_template(template or self.template, connection.features)
        connection.ops.check_expression_support(self)
        sql, params = compiler.compile(self.expression)
        context = {
            "expression": sql,
            "ordering": "DESC" if self.descending else "ASC",
            **extra_context,
        }
        params = tuple(params) * template.count("%(expression)s")
        return (template % context).rstrip(), params

    def get_group_by_cols(self) -> list[Any]:
        """Group by what is sorted by."""
        columns: list[Any] = []
        for source in self.get_source_expressions():
            columns.extend(source.get_group_by_cols())
        return columns

    def reverse_ordering(self) -> OrderBy:
        """Turn direction and place of NULLs round, in place."""
        self.descending = not self.descending
        self.nulls_first, self.nulls_last = self.nulls_last, self.nulls_first
        return self

    def asc(self, **kwargs: Any) -> Any:
        """Sort upwards from now on."""
        self.descending = False

    def desc(self, **kwargs: Any) -> Any:
        """Sort downwards from now on."""
        self.descending = True
