"""Comparisons of integer columns: numbers they cannot hold, and fractions."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.orm.query.lookups.builtin.comparisons import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "IntegerFieldExact",
    "IntegerFieldFloatRounding",
    "IntegerFieldOverflow",
    "IntegerGreaterThan",
    "IntegerGreaterThanOrEqual",
    "IntegerLessThan",
    "IntegerLessThanOrEqual",
]


class IntegerFieldOverflow:
    """Answers comparisons with numbers that the column cannot hold without asking."""

    underflow_exception: type[Exception] = EmptyResultSet
    overflow_exception: type[Exception] = EmptyResultSet

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Raise when the answer is known."""
        rhs = self.rhs
        if isinstance(rhs, int):
            internal_type = self.lhs.output_field.get_internal_type()
            low, high = connection.ops.integer_field_range(internal_type)
            if low is not None and rhs < low:
                raise self.underflow_exception
            if high is not None and rhs > high:
                raise self.overflow_exception
        processed: tuple[Any, Sequence[Any]] = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return processed


class IntegerFieldFloatRounding:
    """Compares with a float by its ceiling, instead of cutting its fraction off."""

    def get_prep_lookup(self: Any) -> Any:
        """Round up, then prepare."""
        if isinstance(self.rhs, float):
            self.rhs = math.ceil(self.rhs)
        return super().get_prep_lookup()  # type: ignore[misc]  # a mixin of Lookup


class IntegerFieldExact(IntegerFieldOverflow, Exact):
    """Equal to, for integers."""


class IntegerGreaterThan(IntegerFieldOverflow, GreaterThan):
    """Greater than, for integers."""

    underflow_exception = FullResultSet


class IntegerGreaterThanOrEqual(
    IntegerFieldOverflow, IntegerFieldFloatRounding, GreaterThanOrEqual
):
    """Greater than or equal to, for integers."""

    underflow_exception = FullResultSet


class IntegerLessThan(IntegerFieldOverflow, IntegerFieldFloatRounding, LessThan):
    """Less than, for integers."""

    overflow_exception = FullResultSet


class IntegerLessThanOrEqual(IntegerFieldOverflow, LessThanOrEqual):
    """Less than or equal to, for integers."""

    overflow_exception = FullResultSet


INTEGER_LOOKUPS: Final = (
    IntegerFieldExact,
    IntegerGreaterThan,
    IntegerGreaterThanOrEqual,
    IntegerLessThan,
    IntegerLessThanOrEqual,
)
"""What integer fields are asked by instead."""
