"""Arithmetic between expressions, and the table of result types."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import functools
from collections import defaultdict
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from fastjango.core.exceptions import FieldError
from fastjango.core.functional import cached_property
from fastjango.orm.exceptions import DatabaseError
from fastjango.orm.query.expressions.base import Expression, SQLiteNumericMixin
from fastjango.orm.query.expressions.combinable import Combinable
from fastjango.orm.query.fieldtypes import FixedField, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "CombinedExpression",
    "DurationExpression",
    "TemporalSubtraction",
    "register_combinable_fields",
]

_ADD, _SUB, _MUL, _DIV, _MOD, _POW = (
    Combinable.ADD,
    Combinable.SUB,
    Combinable.MUL,
    Combinable.DIV,
    Combinable.MOD,
    Combinable.POW,
)
_BIT_OPERATORS = (
    Combinable.BITAND,
    Combinable.BITOR,
    Combinable.BITLEFTSHIFT,
    Combinable.BITRIGHTSHIFT,
    Combinable.BITXOR,
)

# (operators, left, right, result); the first row that both operands are instances of wins.
_RULES: tuple[Any, ...] = (
    ((_ADD, _MUL, _DIV, _MOD, _POW), *("PositiveIntegerField",) * 3),
    *(
        ((_ADD, _SUB, _MUL, _DIV, _MOD, _POW), name, name, name)
        for name in ("IntegerField", "FloatField", "DecimalField")
    ),
    ((_ADD, _SUB, _MUL, _DIV, _MOD), "IntegerField", "DecimalField", "DecimalField"),
    ((_ADD, _SUB, _MUL, _DIV, _MOD), "DecimalField", "IntegerField", "DecimalField"),
    ((_ADD, _SUB, _MUL, _DIV, _MOD), "IntegerField", "FloatField", "FloatField"),
    ((_ADD, _SUB, _MUL, _DIV, _MOD), "FloatField", "IntegerField", "FloatField"),
    (_BIT_OPERATORS, *("IntegerField",) * 3),
    *(
        ((_ADD, _SUB, _MUL, _DIV, _MOD, _POW), left, right, name)
        for name in ("IntegerField", "DecimalField", "FloatField")
        for left, right in ((name, None), (None, name))
    ),
    ((_ADD,), "DateField", "DurationField", "DateTimeField"),
    ((_ADD,), "DateTimeField", "DurationField", "DateTimeField"),
    ((_ADD,), "DurationField", "DateField", "DateTimeField"),
    ((_ADD,), "DurationField", "DateTimeField", "DateTimeField"),
    ((_ADD,), "DurationField", "DurationField", "DurationField"),
    ((_ADD,), "TimeField", "DurationField", "TimeField"),
    ((_ADD,), "DurationField", "TimeField", "TimeField"),
    ((_SUB,), "DateField", "DurationField", "DateTimeField"),
    ((_SUB,), "DateTimeField", "DurationField", "DateTimeField"),
    ((_SUB,), "DateField", "DateField", "DurationField"),
    ((_SUB,), "DateField", "DateTimeField", "DurationField"),
    ((_SUB,), "DateTimeField", "DateField", "DurationField"),
    ((_SUB,), "DateTimeField", "DateTimeField", "DurationField"),
    ((_SUB,), "DurationField", "DurationField", "DurationField"),
    ((_SUB,), "TimeField", "DurationField", "TimeField"),
    ((_SUB,), "TimeField", "TimeField", "DurationField"),
)

_registered: defaultdict[str, list[tuple[Any, Any, Any]]] = defaultdict(list)


def register_combinable_fields(lhs: Any, connector: str, rhs: Any, result: Any) -> None:
    """Teach arithmetic a result type: `lhs <connector> rhs` is a `result`.

    Args:
        lhs: The left operand's field class.
        connector: One of the operators of `Combinable`.
        rhs: The right operand's field class.
        result: The result's field class.
    """
    _registered[connector].append((lhs, rhs, result))
    _resolve_combined_type.cache_clear()


@functools.lru_cache(maxsize=1)
def _built_in_rules() -> dict[str, list[tuple[Any, Any, Any]]]:
    table: defaultdict[str, list[tuple[Any, Any, Any]]] = defaultdict(list)
    for connectors, left, right, result in _RULES:
        for connector in connectors:
            table[connector].append(
                (
                    NoneType if left is None else getattr(fields, left),
                    NoneType if right is None else getattr(fields, right),
                    getattr(fields, result),
                )
            )
    return dict(table)


def _rules_for(connector: str) -> Iterator[tuple[Any, Any, Any]]:
    yield from _built_in_rules().get(connector, ())
    yield from _registered.get(connector, ())


@functools.lru_cache(maxsize=512)
def _resolve_combined_type(connector: str, lhs: type[Any], rhs: type[Any]) -> Any:
    for left, right, result in _rules_for(connector):
        if issubclass(lhs, left) and issubclass(rhs, right):
            return result
    return None


def _internal_type(expression: Any) -> str | None:
    try:
        internal_type: str = expression.output_field.get_internal_type()
    except (AttributeError, FieldError):
        return None
    return internal_type


class CombinedExpression(SQLiteNumericMixin, Expression):
    """Two expressions joined by an arithmetic operator."""

    def __init__(self, lhs: Any, connector: str, rhs: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.connector = connector
        self.lhs = lhs
        self.rhs = rhs

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        return f"{self.lhs} {self.connector} {self.rhs}"

    def get_source_expressions(self) -> list[Any]:
        """Return the two operands."""
        return [self.lhs, self.rhs]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the two operands."""
        self.lhs, self.rhs = exprs

    def _resolve_output_field(self) -> Any:
        combined = _resolve_combined_type(
            self.connector,
            cast("Any", type(self.lhs._output_field_or_none)),
            cast("Any", type(self.rhs._output_field_or_none)),
        )
        if combined is None:
            raise FieldError(
                f"Cannot infer type of {self.connector!r} expression involving these "
                f"types: {self.lhs.output_field.__class__.__name__}, "
                f"{self.rhs.output_field.__class__.__name__}. You must set output_field."
            )
        return combined()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return both operands around the operator, in parentheses."""
        left, left_params = compiler.compile(self.lhs)
        right, right_params = compiler.compile(self.rhs)
        sql = connection.ops.combine_expression(self.connector, [left, right])
        return f"({sql})", (*left_params, *right_params)

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve; dates and durations get arithmetic of their own."""
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if isinstance(self, (DurationExpression, TemporalSubtraction)):
            return resolved
        lhs_type, rhs_type = _internal_type(resolved.lhs), _internal_type(resolved.rhs)
        if lhs_type != rhs_type and "DurationField" in (lhs_type, rhs_type):
            return DurationExpression(resolved.lhs, resolved.connector, resolved.rhs)
        if (
            self.connector == self.SUB
            and lhs_type == rhs_type
            and lhs_type in ("DateField", "DateTimeField", "TimeField")
        ):
            return TemporalSubtraction(resolved.lhs, resolved.rhs)
        return resolved

    @cached_property
    def allowed_default(self) -> bool:
        """Whether both operands may stand in a column default."""
        return bool(self.lhs.allowed_default and self.rhs.allowed_default)


class DurationExpression(CombinedExpression):
    """Arithmetic with a duration, for databases that store durations as numbers."""

    def compile(self, side: Any, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compile one operand, formatted for duration arithmetic if it is a duration."""
        sql, params = compiler.compile(side)
        if _internal_type(side) == "DurationField":
            sql = connection.ops.format_for_duration_arithmetic(sql)
        return sql, params

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the database's duration arithmetic."""
        if connection.features.has_native_duration_field:
            return super().as_sql(compiler, connection)
        connection.ops.check_expression_support(self)
        left, left_params = self.compile(self.lhs, compiler, connection)
        right, right_params = self.compile(self.rhs, compiler, connection)
        sql = connection.ops.combine_duration_expression(self.connector, [left, right])
        return f"({sql})", (*left_params, *right_params)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Refuse products and quotients that have no meaning."""
        sql, params = self.as_sql(compiler, connection, **extra_context)
        if self.connector in (self.MUL, self.DIV):
            types = {_internal_type(self.lhs), _internal_type(self.rhs)}
            allowed = {"DecimalField", "DurationField", "FloatField", "IntegerField"}
            if None not in types and not types <= allowed:
                raise DatabaseError(f"Invalid arguments for operator {self.connector}.")
        return sql, params


class TemporalSubtraction(CombinedExpression):
    """The difference of two dates, times or datetimes: a duration."""

    output_field = FixedField("DurationField")

    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(lhs, self.SUB, rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the database's subtraction for the operands' type."""
        connection.ops.check_expression_support(self)
        difference: tuple[str, Sequence[Any]] = connection.ops.subtract_temporals(
            self.lhs.output_field.get_internal_type(),
            compiler.compile(self.lhs),
            compiler.compile(self.rhs),
        )
        return difference
