"""Equality, order, membership and NULL: the comparisons that every field knows."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.orm.query.expressions import ColPairs, Value
from fastjango.orm.query.lookups.base import (
    BuiltinLookup,
    FieldGetDbPrepValueIterableMixin,
    FieldGetDbPrepValueMixin,
)
from fastjango.values.datastructures import OrderedSet

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Exact",
    "GreaterThan",
    "GreaterThanOrEqual",
    "IExact",
    "In",
    "IsNull",
    "LessThan",
    "LessThanOrEqual",
    "Range",
    "integer_range",
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
        """Compile the members, or the subquery that selects them."""
        database = getattr(self.rhs, "_db", None)
        if database is not None and database != connection.alias:
            raise ValueError(
                "Subqueries aren't allowed across different databases. Force "
                "the inner query to be evaluated using `list(inner_query)`."
            )
        if not self.rhs_is_direct_value():
            return super().process_rhs(compiler, connection)
        sqls, params = self.batch_process_rhs(compiler, connection, self._members(connection))
        return f"({', '.join(sqls)})", params

    def _members(self, connection: Any) -> Any:
        """Return the distinct members that a row can hold; NULL equals nothing and is left out."""
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
        return members

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
        sqls, rhs_params = self.batch_process_rhs(compiler, connection, self._members(connection))
        parts: list[str] = []
        params: list[Any] = []
        for offset in range(0, len(rhs_params), limit):
            parts.append(f"{lhs} IN ({', '.join(sqls[offset : offset + limit])})")
            params.extend(lhs_params)
            params.extend(rhs_params[offset : offset + limit])
        return f"({' OR '.join(parts)})", params


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


COMPARISON_LOOKUPS: Final = (
    Exact,
    IExact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    In,
    Range,
    IsNull,
)
"""What every field is asked by."""
