"""The lookups every field has, and those of integers, years and UUIDs."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.orm.query.expressions import ColPairs, Value
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups.base import (
    BuiltinLookup,
    FieldGetDbPrepValueIterableMixin,
    FieldGetDbPrepValueMixin,
    Lookup,
)
from fastjango.values.datastructures import OrderedSet

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Contains",
    "EndsWith",
    "Exact",
    "GreaterThan",
    "GreaterThanOrEqual",
    "IContains",
    "IEndsWith",
    "IExact",
    "IRegex",
    "IStartsWith",
    "In",
    "IntegerFieldExact",
    "IntegerFieldFloatRounding",
    "IntegerFieldOverflow",
    "IntegerGreaterThan",
    "IntegerGreaterThanOrEqual",
    "IntegerLessThan",
    "IntegerLessThanOrEqual",
    "IsNull",
    "LessThan",
    "LessThanOrEqual",
    "PatternLookup",
    "Range",
    "Regex",
    "StartsWith",
    "UUIDContains",
    "UUIDEndsWith",
    "UUIDIContains",
    "UUIDIEndsWith",
    "UUIDIExact",
    "UUIDIStartsWith",
    "UUIDStartsWith",
    "UUIDTextMixin",
    "YearExact",
    "YearGt",
    "YearGte",
    "YearLookup",
    "YearLt",
    "YearLte",
]


def _column_count(lhs: Any) -> int:
    return len(lhs) if isinstance(lhs, (ColPairs, tuple)) else 1


class Exact(FieldGetDbPrepValueMixin, BuiltinLookup):
    """Equal to."""

    lookup_name = "exact"

    def get_prep_lookup(self) -> Any:
        """Prepare; a subquery must give one row of as many columns as the left side."""
        from fastjango.orm.query.sql import Query

        query = self.rhs
        if isinstance(query, Query):
            if not query.has_limit_one():
                raise ValueError(
                    "The QuerySet value for an exact lookup must be limited to "
                    "one result using slicing."
                )
            wanted, given = _column_count(self.lhs), query.fields_len
            if given != wanted:
                raise ValueError(
                    f"The QuerySet value for the exact lookup must have {wanted} "
                    f"selected fields (received {given})"
                )
            if not query.has_select_fields:
                query.clear_select_clause()
                query.add_fields(["pk"])
        return super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return `column` instead of `column = true` where the database allows it."""
        supported = connection.ops.conditional_expression_supported_in_where_clause
        if (
            isinstance(self.rhs, bool)
            and getattr(self.lhs, "conditional", False)
            and supported(self.lhs)
        ):
            sql, params = self.process_lhs(compiler, connection)
            return (sql if self.rhs else f"NOT {sql}"), params
        return super().as_sql(compiler, connection)


class IExact(BuiltinLookup):
    """Equal to, ignoring case."""

    lookup_name = "iexact"
    prepare_rhs = False

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Escape the pattern."""
        rhs, params = super().process_rhs(compiler, connection)
        if params:
            params = (connection.ops.prep_for_iexact_query(params[0]), *params[1:])
        return rhs, params


class GreaterThan(FieldGetDbPrepValueMixin, BuiltinLookup):
    """Greater than."""

    lookup_name = "gt"


class GreaterThanOrEqual(FieldGetDbPrepValueMixin, BuiltinLookup):
    """Greater than or equal to."""

    lookup_name = "gte"


class LessThan(FieldGetDbPrepValueMixin, BuiltinLookup):
    """Less than."""

    lookup_name = "lt"


class LessThanOrEqual(FieldGetDbPrepValueMixin, BuiltinLookup):
    """Less than or equal to."""

    lookup_name = "lte"


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


def integer_range(lhs: Any, connection: Any) -> tuple[int | None, int | None]:
    """The least and the greatest number that the column of an integer field can hold.

    `None` for no limit, and for fields of other kinds; foreign keys are like what they point to.
    """
    field = lhs.output_field
    while getattr(field, "remote_field", None) is not None and hasattr(
        field, "foreign_related_fields"
    ):
        if len(field.foreign_related_fields) != 1:
            return None, None
        field = field.foreign_related_fields[0]
    kind = field.get_internal_type()
    if kind not in connection.ops.integer_field_ranges:
        return None, None
    found: tuple[int | None, int | None] = connection.ops.integer_field_range(kind)
    return found


def _is_within(value: Any, low: int | None, high: int | None) -> bool:
    if not isinstance(value, int):
        return True
    return (low is None or value >= low) and (high is None or value <= high)


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


class In(FieldGetDbPrepValueIterableMixin, BuiltinLookup):
    """One of a list, or of what a subquery selects."""

    lookup_name = "in"

    def get_prep_lookup(self) -> Any:
        """Prepare; a subquery must select as many columns as the left side has."""
        from fastjango.orm.query.sql import Query

        if isinstance(self.rhs, Query):
            wanted, given = _column_count(self.lhs), self.rhs.fields_len
            if given != wanted:
                raise ValueError(
                    f"The QuerySet value for the 'in' lookup must have {wanted} "
                    f"selected fields (received {given})"
                )
            self.rhs.clear_ordering(clear_default=True)
            if not self.rhs.has_select_fields:
                self.rhs.clear_select_clause()
                self.rhs.add_fields(["pk"])
        return super().get_prep_lookup()

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the distinct members; NULL equals nothing and is left out."""
        database = getattr(self.rhs, "_db", None)
        if database is not None and database != connection.alias:
            raise ValueError(
                "Subqueries aren't allowed across different databases. Force "
                "the inner query to be evaluated using `list(inner_query)`."
            )
        if not self.rhs_is_direct_value():
            return super().process_rhs(compiler, connection)
        members: Any
        try:
            members = OrderedSet(self.rhs)
            members.discard(None)
        except TypeError:  # members that cannot be hashed
            members = [member for member in self.rhs if member is not None]
        low, high = integer_range(self.lhs, connection)
        if low is not None or high is not None:
            members = [member for member in members if _is_within(member, low, high)]
        if not members:
            raise EmptyResultSet
        sqls, params = self.batch_process_rhs(compiler, connection, members)
        return f"({', '.join(sqls)})", params

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        """Return IN and the list."""
        return f"IN {rhs}"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return one IN, or several where the database limits the list."""
        limit = connection.ops.max_in_list_size()
        if limit and isinstance(self.rhs, (list, tuple)) and len(self.rhs) > limit:
            return self.split_parameter_list_as_sql(compiler, connection)
        return super().as_sql(compiler, connection)

    def split_parameter_list_as_sql(
        self, compiler: Any, connection: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return several INs, joined with OR."""
        limit = connection.ops.max_in_list_size()
        lhs, lhs_params = self.process_lhs(compiler, connection)
        sqls, rhs_params = self.batch_process_rhs(compiler, connection)
        parts: list[str] = []
        params: list[Any] = []
        for offset in range(0, len(rhs_params), limit):
            parts.append(f"{lhs} IN ({', '.join(sqls[offset : offset + limit])})")
            params.extend(lhs_params)
            params.extend(rhs_params[offset : offset + limit])
        return f"({' OR '.join(parts)})", params


class PatternLookup(BuiltinLookup):
    """A LIKE lookup."""

    param_pattern = "%%%s%%"
    prepare_rhs = False

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        """Return the operator; a right side in SQL is escaped in SQL."""
        if self.is_simple_lookup:
            return super().get_rhs_op(connection, rhs)
        pattern: str = connection.pattern_ops[self.lookup_name].format(connection.pattern_esc)
        return pattern.format(rhs)

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Escape a plain value and put it into the pattern."""
        rhs, params = super().process_rhs(compiler, connection)
        if self.is_simple_lookup:
            param = connection.ops.prep_for_like_query(params[0])
            if connection.features.pattern_lookup_needs_param_pattern:
                param = self.param_pattern % param
            params = (param, *params[1:])
        return rhs, params

    @property
    def is_simple_lookup(self) -> bool:
        """Whether the right side is a plain value that nothing transforms."""
        return self.rhs_is_direct_value() and not self.bilateral_transforms


class Contains(PatternLookup):
    """Contains the text."""

    lookup_name = "contains"


class IContains(Contains):
    """Contains the text, ignoring case."""

    lookup_name = "icontains"


class StartsWith(PatternLookup):
    """Starts with the text."""

    lookup_name = "startswith"
    param_pattern = "%s%%"


class IStartsWith(StartsWith):
    """Starts with the text, ignoring case."""

    lookup_name = "istartswith"


class EndsWith(PatternLookup):
    """Ends with the text."""

    lookup_name = "endswith"
    param_pattern = "%%%s"


class IEndsWith(EndsWith):
    """Ends with the text, ignoring case."""

    lookup_name = "iendswith"


class Range(FieldGetDbPrepValueIterableMixin, BuiltinLookup):
    """Between two values, both included."""

    lookup_name = "range"

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        """Return BETWEEN … AND …."""
        return f"BETWEEN {rhs[0]} AND {rhs[1]}"


class IsNull(BuiltinLookup):
    """NULL, or not NULL."""

    lookup_name = "isnull"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return IS NULL or IS NOT NULL; constants are answered at once."""
        if not isinstance(self.rhs, bool):
            raise ValueError("The QuerySet value for an isnull lookup must be True or False.")
        if isinstance(self.lhs, Value):
            is_null = self.lhs.value is None or (
                self.lhs.value == "" and connection.features.interprets_empty_strings_as_nulls
            )
            raise FullResultSet if is_null is self.rhs else EmptyResultSet
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} IS {'' if self.rhs else 'NOT '}NULL", params


class Regex(BuiltinLookup):
    """Matches a regular expression."""

    lookup_name = "regex"
    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        """Return the pattern; a number stands for its text, which is what drivers take."""
        value = super().get_prep_lookup()
        if value is None or isinstance(value, str) or hasattr(value, "as_sql"):
            return value
        return str(value)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the database's operator or function."""
        if self.lookup_name in connection.operators:
            return super().as_sql(compiler, connection)
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        template: str = connection.ops.regex_lookup(self.lookup_name)
        return template % (lhs, rhs), (*lhs_params, *rhs_params)


class IRegex(Regex):
    """Matches a regular expression, ignoring case."""

    lookup_name = "iregex"


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


class UUIDTextMixin:
    """Compares UUIDs as text, without hyphens where the database stores them so."""

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Remove the hyphens in SQL."""
        if not connection.features.has_native_uuid_field:
            from fastjango.orm.query.functions.text import Replace

            if self.rhs_is_direct_value():
                self.rhs = Value(self.rhs)
            self.rhs = Replace(self.rhs, Value("-"), Value(""), output_field=fields.CharField())
        processed: tuple[Any, Sequence[Any]] = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return processed


class UUIDIExact(UUIDTextMixin, IExact):
    """Equal to, for UUIDs."""


class UUIDContains(UUIDTextMixin, Contains):
    """Contains, for UUIDs."""


class UUIDIContains(UUIDTextMixin, IContains):
    """Contains, ignoring case, for UUIDs."""


class UUIDStartsWith(UUIDTextMixin, StartsWith):
    """Starts with, for UUIDs."""


class UUIDIStartsWith(UUIDTextMixin, IStartsWith):
    """Starts with, ignoring case, for UUIDs."""


class UUIDEndsWith(UUIDTextMixin, EndsWith):
    """Ends with, for UUIDs."""


class UUIDIEndsWith(UUIDTextMixin, IEndsWith):
    """Ends with, ignoring case, for UUIDs."""


FIELD_LOOKUPS: Final = (
    Exact,
    IExact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    In,
    Contains,
    IContains,
    StartsWith,
    IStartsWith,
    EndsWith,
    IEndsWith,
    Range,
    IsNull,
    Regex,
    IRegex,
)
"""What every field is asked by."""


INTEGER_LOOKUPS: Final = (
    IntegerFieldExact,
    IntegerGreaterThan,
    IntegerGreaterThanOrEqual,
    IntegerLessThan,
    IntegerLessThanOrEqual,
)
"""What integer fields are asked by instead."""


UUID_LOOKUPS: Final = (
    UUIDIExact,
    UUIDContains,
    UUIDIContains,
    UUIDStartsWith,
    UUIDIStartsWith,
    UUIDEndsWith,
    UUIDIEndsWith,
)
"""What UUID fields are asked by instead."""
