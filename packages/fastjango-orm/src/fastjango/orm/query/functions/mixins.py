"""Parts shared by functions: numeric results, inputs that a database wants cast."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.query.fieldtypes import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FixDecimalInputMixin",
    "FixDurationInputMixin",
    "IntegerArgumentsMixin",
    "NumericOutputFieldMixin",
]


class FixDecimalInputMixin:
    """Casts floats on PostgreSQL, whose LOG and MOD take decimals only."""

    def as_postgresql(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast the float arguments."""
        from fastjango.orm.query.functions.comparison import Cast

        decimal = fields.DecimalField(decimal_places=sys.float_info.dig, max_digits=1000)
        clone = self.copy()
        clone.set_source_expressions(
            [
                Cast(source, decimal)
                if isinstance(source.output_field, fields.FloatField)
                else source
                for source in self.get_source_expressions()
            ]
        )
        compiled: tuple[str, Sequence[Any]] = clone.as_sql(compiler, connection, **extra_context)
        return compiled


class IntegerArgumentsMixin:
    """Casts the arguments for which PostgreSQL has no function of `bigint`, as numbers are sent.

    Attributes:
        integer_arguments: Their places.
    """

    integer_arguments: ClassVar[tuple[int, ...]] = (1,)

    def as_postgresql(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast those arguments."""
        from fastjango.orm.query.functions.comparison import Cast

        clone = self.copy()
        clone.set_source_expressions(
            [
                Cast(source, fields.IntegerField()) if place in self.integer_arguments else source
                for place, source in enumerate(self.get_source_expressions())
            ]
        )
        following: Any = super(IntegerArgumentsMixin, clone)
        write = getattr(following, "as_postgresql", None) or following.as_sql
        compiled: tuple[str, Sequence[Any]] = write(compiler, connection, **extra_context)
        return compiled


class FixDurationInputMixin:
    """Casts sums and averages of durations on MySQL, which would give decimals."""

    def as_mysql(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast the result."""
        sql, params = super().as_sql(compiler, connection, **extra_context)  # type: ignore[misc]  # a mixin of Func
        if self.output_field.get_internal_type() == "DurationField":
            sql = f"CAST({sql} AS SIGNED)"
        return sql, params


class NumericOutputFieldMixin:
    """Gives a float, or a decimal if any argument is one."""

    def _resolve_output_field(self: Any) -> Any:
        sources = self.get_source_fields()
        if any(isinstance(source, fields.DecimalField) for source in sources):
            return fields.DecimalField()
        if any(isinstance(source, fields.IntegerField) for source in sources):
            return fields.FloatField()
        return super()._resolve_output_field() if sources else fields.FloatField()  # type: ignore[misc]  # a mixin of Func
