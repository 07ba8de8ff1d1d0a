"""Expressions around one other expression: a type given, a condition negated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import EmptyResultSet
from fastjango.orm.query.expressions.base import Expression, SQLiteNumericMixin
from fastjango.orm.query.expressions.values import Value
from fastjango.orm.query.fieldtypes import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ExpressionWrapper", "NegatedExpression"]


class ExpressionWrapper(SQLiteNumericMixin, Expression):
    """Gives another expression its output field.

    Args:
        expression: The expression.
        output_field: Its type.
    """

    def __init__(self, expression: Any, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.expression = expression

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.expression})"

    def get_source_expressions(self) -> list[Any]:
        """Return the wrapped expression."""
        return [self.expression]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the wrapped expression."""
        self.expression = exprs[0]

    def get_group_by_cols(self) -> list[Any]:
        """Group by the wrapped expression with this type; a whole condition by itself."""
        if isinstance(self.expression, Expression):
            inner = self.expression.copy()
            inner.output_field = self.output_field
            return inner.get_group_by_cols()
        return super().get_group_by_cols()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the wrapped expression's SQL."""
        compiled: tuple[str, Sequence[Any]] = compiler.compile(self.expression)
        return compiled

    @property
    def allowed_default(self) -> bool:
        """Whether the wrapped expression may stand in a column default."""
        return bool(self.expression.allowed_default)


class NegatedExpression(ExpressionWrapper):
    """The logical opposite of a condition: `~Exists(...)`."""

    def __init__(self, expression: Any) -> None:
        super().__init__(expression, output_field=fields.BooleanField())

    def __invert__(self) -> Any:
        return self.expression.copy()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return NOT and the condition; what can match nothing becomes true."""
        compiled: tuple[str, Sequence[Any]]
        try:
            sql, params = super().as_sql(compiler, connection)
        except EmptyResultSet:
            if not compiler.connection.features.supports_boolean_expr_in_select_clause:
                return "1=1", ()
            compiled = compiler.compile(Value(True))
            return compiled
        ops = compiler.connection.ops
        if not ops.conditional_expression_supported_in_where_clause(self.expression):
            return f"CASE WHEN {sql} = 0 THEN 1 ELSE 0 END", params
        return f"NOT {sql}", params

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve, and refuse what is neither true nor false."""
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if not getattr(resolved.expression, "conditional", False):
            raise TypeError("Cannot negate non-conditional expressions.")
        return resolved

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Wrap in CASE where a SELECT list takes no condition."""
        supported = compiler.connection.ops.conditional_expression_supported_in_where_clause
        if not compiler.connection.features.supports_boolean_expr_in_select_clause and supported(
            self.expression
        ):
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params
