"""CASE WHEN: `Case` and `When`."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false, reportIncompatibleMethodOverride=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.core.functional import cached_property
from fastjango.orm.query.expressions.base import Expression, SQLiteNumericMixin
from fastjango.orm.query.expressions.values import Value
from fastjango.orm.query.q import PROHIBITED_FILTER_KWARGS, Q

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Case", "When"]


class When(Expression):
    """One branch of a `Case`.

    Args:
        condition: A Q object or a boolean expression.
        then: The result; a string is a field's name.
        **lookups: A condition, as in `filter()`.
    """

    template = "WHEN %(condition)s THEN %(result)s"
    conditional = False

    def __init__(self, condition: Any = None, then: Any = None, **lookups: Any) -> None:
        remaining: dict[str, Any] | None = lookups
        if lookups:
            if invalid := PROHIBITED_FILTER_KWARGS.intersection(lookups):
                names = ", ".join(f"'{name}'" for name in sorted(invalid))
                raise TypeError(f"The following kwargs are invalid: {names}")
            if condition is None:
                condition, remaining = Q(**lookups), None
            elif getattr(condition, "conditional", False):
                condition, remaining = Q(condition, **lookups), None
        if condition is None or not getattr(condition, "conditional", False) or remaining:
            raise TypeError(
                "When() supports a Q object, a boolean expression, or lookups as a condition."
            )
        if isinstance(condition, Q) and not condition:
            raise ValueError("An empty Q() can't be used as a When() condition.")
        super().__init__(output_field=None)
        self.condition = condition
        self.result = self._parse_expressions(then)[0]

    def __str__(self) -> str:
        return f"WHEN {self.condition!r} THEN {self.result!r}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_source_expressions(self) -> list[Any]:
        """Return condition and result."""
        return [self.condition, self.result]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace condition and result."""
        self.condition, self.result = exprs

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve both; the condition is a filter even when the result is stored."""
        clone = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if for_save and clone.condition is not None:
            clone.condition = self.condition.resolve_expression(
                query, allow_joins, reuse, summarize, for_save=False
            )
        return clone

    def get_source_fields(self) -> list[Any]:
        """Return the result's field only."""
        return [self.result._output_field_or_none]

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return WHEN … THEN …."""
        connection.ops.check_expression_support(self)
        condition, condition_params = compiler.compile(self.condition)
        result, result_params = compiler.compile(self.result)
        context = {**extra_context, "condition": condition, "result": result}
        return (template or self.template) % context, (*condition_params, *result_params)

    def get_group_by_cols(self) -> list[Any]:
        """Group by the columns of condition and result."""
        columns: list[Any] = []
        for source in self.get_source_expressions():
            columns.extend(source.get_group_by_cols())
        return columns

    @cached_property
    def allowed_default(self) -> bool:
        """Whether both parts may stand in a column default."""
        condition: Any = self.condition
        return bool(condition.allowed_default and self.result.allowed_default)


class Case(SQLiteNumericMixin, Expression):
    """The result of the first `When` that holds.

    Args:
        *cases: The branches, in order.
        default: The result if none holds.
        output_field: The results' common type.
    """

    template = "CASE %(cases)s ELSE %(default)s END"
    case_joiner = " "

    def __init__(
        self, *cases: Any, default: Any = None, output_field: Any = None, **extra: Any
    ) -> None:
        if not all(isinstance(case, When) for case in cases):
            raise TypeError("Positional arguments must all be When objects.")
        super().__init__(output_field)
        self.cases: list[Any] = list(cases)
        self.default = self._parse_expressions(default)[0]
        self.extra = extra

    def __str__(self) -> str:
        return f"CASE {', '.join(str(case) for case in self.cases)}, ELSE {self.default!r}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_source_expressions(self) -> list[Any]:
        """Return the branches and the default."""
        return [*self.cases, self.default]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the branches and the default."""
        *self.cases, self.default = exprs

    def copy(self) -> Self:
        """Return a copy with a list of branches of its own."""
        clone = super().copy()
        clone.cases = clone.cases[:]
        return clone

    def _compile_cases(self, compiler: Any) -> tuple[list[str], list[Any], Any]:
        """Compile the branches that can hold; one that always holds ends the list."""
        parts: list[str] = []
        params: list[Any] = []
        for case in self.cases:
            try:
                sql, case_params = compiler.compile(case)
            except EmptyResultSet:
                continue
            except FullResultSet:
                return parts, params, case.result
            parts.append(sql)
            params.extend(case_params)
        return parts, params, self.default

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        template: str | None = None,
        case_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, Sequence[Any]]:
        """Return CASE … END, or the default alone when no branch is left."""
        connection.ops.check_expression_support(self)
        compiled: tuple[str, Sequence[Any]]
        if not self.cases:
            compiled = compiler.compile(self.default)
            return compiled
        parts, params, default = self._compile_cases(compiler)
        if not parts:
            if isinstance(default, Value):
                field = default._output_field_or_none
                if field is not None:
                    from fastjango.orm.query.functions.comparison import Cast

                    default = Cast(default, field)
            compiled = compiler.compile(default)
            return compiled
        default_sql, default_params = compiler.compile(default)
        context = {**self.extra, **extra_context}
        context["cases"] = (case_joiner or self.case_joiner).join(parts)
        context["default"] = default_sql
        sql = (template or context.get("template", self.template)) % context
        if self._output_field_or_none is not None:
            sql = connection.ops.unification_cast_sql(self.output_field) % sql
        return sql, (*params, *default_params)

    def get_group_by_cols(self) -> list[Any]:
        """Group by the default alone when there are no branches."""
        if not self.cases:
            columns: list[Any] = self.default.get_group_by_cols()
            return columns
        return super().get_group_by_cols()

    @cached_property
    def allowed_default(self) -> bool:
        """Whether every part may stand in a column default."""
        return bool(self.default.allowed_default) and all(
            case.allowed_default for case in self.cases
        )
