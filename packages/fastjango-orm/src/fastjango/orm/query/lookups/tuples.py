"""Comparisons of several columns at once: composite keys and multi-column relations."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import EmptyResultSet
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.constants import AND, OR
from fastjango.orm.query.expressions import (
    ColPairs,
    Exists,
    Func,
    ResolvedOuterRef,
    Subquery,
    Value,
)
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.orm.query.lookups.builtin import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Tuple",
    "TupleExact",
    "TupleGreaterThan",
    "TupleGreaterThanOrEqual",
    "TupleIn",
    "TupleIsNull",
    "TupleLessThan",
    "TupleLessThanOrEqual",
    "tuple_lookups",
]


class Tuple(Func):
    """Expressions in parentheses: a row value."""

    allows_composite_expressions = True
    function = ""
    output_field = FixedField("Field")

    def __len__(self) -> int:
        return len(self.source_expressions)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.source_expressions)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Skip the numeric cast: a row value has no one type."""
        return self.as_sql(compiler, connection, **extra_context)


def _values_tuple(lhs: Any, values: Any) -> Tuple:
    return Tuple(
        *[
            value if hasattr(value, "as_sql") else Value(value, output_field=column.output_field)
            for column, value in zip(lhs, values, strict=False)
        ]
    )


class TupleLookupMixin:
    """Checks and compiles both sides as row values."""

    allows_composite_expressions = True

    def get_prep_lookup(self: Any) -> Any:
        """Check that the right side fits the left side's columns."""
        if self.rhs_is_direct_value():
            self.check_rhs_is_tuple_or_list()
            self.check_rhs_length_equals_lhs_length()
        else:
            self.check_rhs_is_supported_expression()
            super().get_prep_lookup()  # type: ignore[misc]  # a mixin of Lookup
        return self.rhs

    def check_rhs_is_tuple_or_list(self: Any) -> None:
        """Refuse single values."""
        if not isinstance(self.rhs, (tuple, list)):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a tuple or a list"
            )

    def check_rhs_length_equals_lhs_length(self: Any) -> None:
        """Refuse too many or too few values."""
        wanted = len(self.lhs)
        if wanted != len(self.rhs):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must have {wanted} elements"
            )

    def check_rhs_is_supported_expression(self: Any) -> None:
        """Refuse expressions other than subqueries."""
        from fastjango.orm.query.sql import Query

        if not isinstance(self.rhs, (ResolvedOuterRef, Query)):
            raise ValueError(
                f"{self.lookup_name!r} subquery lookup of {self.get_lhs_str()} "
                f"only supports OuterRef and QuerySet objects "
                f"(received {self.rhs.__class__.__name__!r})"
            )

    def get_lhs_str(self: Any) -> str:
        """Return the left side's name for errors."""
        if isinstance(self.lhs, ColPairs):
            return repr(self.lhs.field.name)
        if isinstance(self.lhs, Iterable):
            return f"({', '.join(repr(field.name) for field in self.lhs)})"
        return repr(getattr(self.lhs, "name", self.lhs))

    def get_prep_lhs(self: Any) -> Any:
        """Return the left side as one expression."""
        if isinstance(self.lhs, (tuple, list)):
            return Tuple(*self.lhs)
        return super().get_prep_lhs()  # type: ignore[misc]  # a mixin of Lookup

    def process_lhs(
        self: Any, compiler: Any, connection: Any, lhs: Any = None
    ) -> tuple[str, Sequence[Any]]:
        """Compile the left side in parentheses."""
        sql, params = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]  # a mixin of Lookup
        return (sql if isinstance(self.lhs, Tuple) else f"({sql})"), params

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the right side as a row value."""
        from fastjango.orm.query.sql import Query

        compiled: tuple[Any, Sequence[Any]]
        if self.rhs_is_direct_value():
            compiled = compiler.compile(_values_tuple(self.lhs, self.rhs))
            return compiled
        sql, params = compiler.compile(self.rhs)
        if isinstance(self.rhs, ColPairs):
            return f"({sql})", params
        if isinstance(self.rhs, Query):
            compiled = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
            return compiled
        raise ValueError("Composite field lookups only work with composite expressions.")

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return SQL for databases without row values."""
        raise NotImplementedError(
            f"{self.__class__.__name__}.get_fallback_sql() must be implemented "
            f"for backends that don't have the supports_tuple_lookups feature enabled."
        )

    def as_sql(self: Any, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the row comparison, or its replacement."""
        from fastjango.orm.query.sql import Query

        ordering = (GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual)
        if (
            isinstance(self.rhs, Query)
            and self.rhs.subquery
            and issubclass(type(self), ordering)
            and not connection.features.supports_tuple_comparison_against_subquery
        ):
            raise NotSupportedError(
                f'"{self.lookup_name}" cannot be used to target composite fields '
                "through subqueries on this backend"
            )
        compiled: tuple[str, Sequence[Any]]
        if not connection.features.supports_tuple_lookups:
            lookup: Any = self
            compiled = lookup.get_fallback_sql(compiler, connection)
        else:
            compiled = super().as_sql(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return compiled


def _columnwise(
    lookup: Any, compiler: Any, connection: Any, strict: Any, or_equal: bool
) -> tuple[str, Sequence[Any]]:
    """Compare column by column: `a > x OR (a = x AND (b > y OR …))`.

    Args:
        lookup: The tuple lookup.
        compiler: The compiler at work.
        connection: Its connection.
        strict: The lookup class of one column.
        or_equal: Whether equal rows fulfil the lookup too.
    """
    from fastjango.orm.query.sql.where import WhereNode

    # Compiling the right side checks the values.
    lookup.process_rhs(compiler, connection)
    steps: list[Any] = []
    for column, value in zip(lookup.lhs, lookup.rhs, strict=False):
        steps += [strict(column, value), Exact(column, value)]
    if not or_equal:
        steps.pop()
    connectors = itertools.cycle([OR, AND])
    root = node = WhereNode([steps[0]], connector=next(connectors))
    for step in steps[1:]:
        child = WhereNode([step], connector=next(connectors))
        node.children.append(child)
        node = child
    return root.as_sql(compiler, connection)


class TupleExact(TupleLookupMixin, Exact):
    """Equal in every column."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column."""
        from fastjango.orm.query.sql import Query
        from fastjango.orm.query.sql.where import WhereNode

        if isinstance(self.rhs, Query):
            return super(TupleLookupMixin, self).as_sql(compiler, connection)
        self.process_rhs(compiler, connection)
        pairs = zip(self.lhs, self.rhs, strict=False)
        return WhereNode([Exact(column, value) for column, value in pairs], connector=AND).as_sql(
            compiler, connection
        )


class TupleIsNull(TupleLookupMixin, IsNull):
    """NULL in any column, or not NULL in all."""

    def get_prep_lookup(self) -> Any:
        """Accept `True`, `False`, or one of them in a list."""
        rhs = self.rhs
        if isinstance(rhs, (tuple, list)) and len(rhs) == 1:
            rhs = rhs[0]
        if isinstance(rhs, bool):
            return rhs
        raise ValueError("The QuerySet value for an isnull lookup must be True or False.")

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Test every column."""
        from fastjango.orm.query.sql.where import WhereNode

        tests = [IsNull(column, self.rhs) for column in self.lhs]
        return WhereNode(tests, connector=OR if self.rhs else AND).as_sql(compiler, connection)


class TupleGreaterThan(TupleLookupMixin, GreaterThan):
    """Greater, compared column by column."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column."""
        return _columnwise(self, compiler, connection, GreaterThan, or_equal=False)


class TupleGreaterThanOrEqual(TupleLookupMixin, GreaterThanOrEqual):
    """Greater or equal, compared column by column."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column."""
        return _columnwise(self, compiler, connection, GreaterThan, or_equal=True)


class TupleLessThan(TupleLookupMixin, LessThan):
    """Less, compared column by column."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column."""
        return _columnwise(self, compiler, connection, LessThan, or_equal=False)


class TupleLessThanOrEqual(TupleLookupMixin, LessThanOrEqual):
    """Less or equal, compared column by column."""

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column."""
        return _columnwise(self, compiler, connection, LessThan, or_equal=True)


class TupleIn(TupleLookupMixin, In):
    """One of several row values."""

    def get_prep_lookup(self) -> Any:
        """Check every row value."""
        if self.rhs_is_direct_value():
            self.check_rhs_is_tuple_or_list()
            self.check_rhs_is_collection_of_tuples_or_lists()
            self.check_rhs_elements_length_equals_lhs_length()
        else:
            self.check_rhs_is_query()
            super(TupleLookupMixin, self).get_prep_lookup()
        return self.rhs

    def check_rhs_is_collection_of_tuples_or_lists(self) -> None:
        """Refuse members that are single values."""
        if not all(isinstance(values, (tuple, list)) for values in self.rhs):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} "
                "must be a collection of tuples or lists"
            )

    def check_rhs_elements_length_equals_lhs_length(self) -> None:
        """Refuse members with too many or too few values."""
        wanted = len(self.lhs)
        if not all(wanted == len(values) for values in self.rhs):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} "
                f"must have {wanted} elements each"
            )

    def check_rhs_is_query(self) -> None:
        """Refuse expressions other than subqueries."""
        from fastjango.orm.query.sql import Query

        if not isinstance(self.rhs, (Query, Subquery)):
            raise ValueError(
                f"{self.lookup_name!r} subquery lookup of {self.get_lhs_str()} "
                f"must be a Query object (received {self.rhs.__class__.__name__!r})"
            )

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the row values; one with a NULL equals nothing and is left out."""
        if not self.rhs_is_direct_value():
            return super(TupleLookupMixin, self).process_rhs(compiler, connection)
        rows = [
            _values_tuple(self.lhs, values)
            for values in self.rhs
            if not any(value is None for value in values)
        ]
        if not rows:
            raise EmptyResultSet
        compiled: tuple[Any, Sequence[Any]] = compiler.compile(Tuple(*rows))
        return compiled

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare column by column, or with EXISTS."""
        from fastjango.orm.query.q import Q
        from fastjango.orm.query.sql import Query
        from fastjango.orm.query.sql.where import WhereNode

        rhs = self.rhs
        if not rhs:
            raise EmptyResultSet
        if isinstance(rhs, Query):
            selected = rhs.get_compiler(connection=connection).get_select()[0]
            columns = itertools.chain.from_iterable(
                column if isinstance(column, ColPairs) else [column] for column, *_ in selected
            )
            inner = rhs.clone()
            inner.add_q(
                Q(*[Exact(col, value) for col, value in zip(self.lhs, columns, strict=False)])
            )
            compiled: tuple[str, Sequence[Any]] = compiler.compile(Exists(inner))
            return compiled
        if not self.rhs_is_direct_value():
            return super(TupleLookupMixin, self).as_sql(compiler, connection)
        root = WhereNode([], connector=OR)
        for values in rhs:
            if any(value is None for value in values):
                continue
            pairs = zip(self.lhs, values, strict=False)
            root.children.append(
                WhereNode([Exact(column, value) for column, value in pairs], connector=AND)
            )
        if not root.children:
            raise EmptyResultSet
        return root.as_sql(compiler, connection)


tuple_lookups: dict[str, Any] = {
    "exact": TupleExact,
    "gt": TupleGreaterThan,
    "gte": TupleGreaterThanOrEqual,
    "lt": TupleLessThan,
    "lte": TupleLessThanOrEqual,
    "in": TupleIn,
    "isnull": TupleIsNull,
}
"""The lookups of multi-column fields by name."""
