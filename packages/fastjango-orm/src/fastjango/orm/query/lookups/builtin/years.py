"""Comparisons of the year of a date, as ranges of dates."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups.base import Lookup
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
    "YearExact",
    "YearGt",
    "YearGte",
    "YearLookup",
    "YearLt",
    "YearLte",
]


class YearLookup(Lookup):
    """A comparison of a date's year, as a range of dates so that an index can serve it."""

    def year_lookup_bounds(self, connection: Any, year: int) -> Sequence[Any]:
        """Return the first and last moment of the year, as the driver wants them."""
        from fastjango.orm.query.functions.datetime import ExtractIsoYear

        iso_year = isinstance(self.lhs, ExtractIsoYear)
        bounds: Sequence[Any]
        if isinstance(self.lhs.lhs.output_field, fields.DateTimeField):
            bounds = connection.ops.year_lookup_bounds_for_datetime_field(year, iso_year=iso_year)
        else:
            bounds = connection.ops.year_lookup_bounds_for_date_field(year, iso_year=iso_year)
        return bounds

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare the date itself with the year's bounds if the year is a plain number."""
        if not self.rhs_is_direct_value():
            return super().as_sql(compiler, connection)
        lhs, params = self.process_lhs(compiler, connection, self.lhs.lhs)
        rhs, _ = self.process_rhs(compiler, connection)
        start, finish = self.year_lookup_bounds(connection, self.rhs)
        rhs = self.get_direct_rhs_sql(connection, rhs)
        return f"{lhs} {rhs}", (*params, *self.get_bound_params(start, finish))

    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        """Return operator and placeholders."""
        operator: str = connection.operators[self.lookup_name]
        return operator % rhs

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return the bounds that the operator compares with."""
        raise NotImplementedError(
            "subclasses of YearLookup must provide a get_bound_params() method"
        )


class YearExact(YearLookup, Exact):
    """In the year."""

    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        """Return BETWEEN."""
        return "BETWEEN %s AND %s"

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return both bounds."""
        return start, finish


class YearGt(YearLookup, GreaterThan):
    """After the year."""

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return the last moment."""
        return (finish,)


class YearGte(YearLookup, GreaterThanOrEqual):
    """In the year or after."""

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return the first moment."""
        return (start,)


class YearLt(YearLookup, LessThan):
    """Before the year."""

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return the first moment."""
        return (start,)


class YearLte(YearLookup, LessThanOrEqual):
    """In the year or before."""

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        """Return the last moment."""
        return (finish,)
