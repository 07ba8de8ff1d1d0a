"""Aggregate functions."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError, FullResultSet
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions import Case, ColPairs, Func, OrderByList, Star, Value, When
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.orm.query.functions.comparison import Coalesce
from fastjango.orm.query.functions.mixins import FixDurationInputMixin, NumericOutputFieldMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Aggregate",
    "AnyValue",
    "Avg",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Count",
    "Max",
    "Min",
    "StdDev",
    "StringAgg",
    "Sum",
    "Variance",
]


class AggregateFilter(Func):
    """The FILTER clause of an aggregate."""

    arity = 1
    template = " FILTER (WHERE %(expressions)s)"

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the clause; a condition that always holds needs none."""
        if not connection.features.supports_aggregate_filter_clause:
            raise NotSupportedError(
                "Aggregate filter clauses are not supported on this database backend."
            )
        try:
            return super().as_sql(compiler, connection, *args, **extra_context)
        except FullResultSet:
            return "", ()

    @property
    def condition(self) -> Any:
        """What a row must fulfil to count."""
        return self.source_expressions[0]

    def __str__(self) -> str:
        return str(self.arg_joiner).join(str(arg) for arg in self.source_expressions)


class AggregateOrderBy(OrderByList):
    """The ORDER BY of an aggregate."""

    template = " ORDER BY %(expressions)s"

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the clause, where there is one."""
        if not connection.features.supports_aggregate_order_by_clause:
            raise NotSupportedError(
                "This database backend does not support specifying an order on aggregates."
            )
        return super().as_sql(compiler, connection, *args, **extra_context)


class Aggregate(Func):
    """A function of many rows.

    Args:
        *expressions: What to aggregate.
        distinct: Whether equal values count once.
        filter: A Q object: only rows that fulfil it count.
        default: The result if there are no rows.
        order_by: The order in which rows are taken, where it matters.
    """

    template = "%(function)s(%(distinct)s%(expressions)s%(order_by)s)%(filter)s"
    contains_aggregate = True
    name: str | None = None
    window_compatible = True
    allow_distinct = False
    allow_order_by = False
    empty_result_set_value: Any = None

    def __init__(
        self,
        *expressions: Any,
        distinct: bool = False,
        filter: Any = None,
        default: Any = None,
        order_by: Any = None,
        **extra: Any,
    ) -> None:
        cls = self.__class__.__name__
        if distinct and not self.allow_distinct:
            raise TypeError(f"{cls} does not allow distinct.")
        if order_by and not self.allow_order_by:
            raise TypeError(f"{cls} does not allow order_by.")
        if default is not None and self.empty_result_set_value is not None:
            raise TypeError(f"{cls} does not allow default.")
        self.distinct = distinct
        self.filter: Any = None if filter is None else AggregateFilter(filter)
        self.default = default
        self.order_by: Any = AggregateOrderBy.from_param(f"{cls}.order_by", order_by)
        super().__init__(*expressions, **extra)

    def get_source_fields(self) -> list[Any]:
        """Return the fields of the arguments only."""
        return [expr._output_field_or_none for expr in super().get_source_expressions()]

    def get_source_expressions(self) -> list[Any]:
        """Return the arguments, the filter and the order."""
        return [*super().get_source_expressions(), self.filter, self.order_by]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the arguments, the filter and the order."""
        *arguments, self.filter, self.order_by = exprs
        super().set_source_expressions(arguments)

    def _refuse_nested(self, resolved: Aggregate, query: Any, summarize: bool) -> None:
        if summarize:
            for ref in resolved.get_refs():
                if query.annotations[ref].is_summary:
                    raise FieldError(
                        f"Cannot compute {resolved.name}('{ref}'): '{ref}' is an aggregate"
                    )
            return
        if self.is_summary:
            return
        for index, expr in enumerate(super(Aggregate, resolved).get_source_expressions()):
            if expr.contains_aggregate:
                before = self.get_source_expressions()[index]
                name = before.name if hasattr(before, "name") else repr(before)
                raise FieldError(
                    f"Cannot compute {resolved.name}('{name}'): '{name}' is an aggregate"
                )

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve; refuse aggregates of aggregates; wrap a default around the result."""
        resolved = super().resolve_expression(query, allow_joins, reuse, summarize)
        self._refuse_nested(resolved, query, summarize)
        default = resolved.default
        if default is None:
            return resolved
        if hasattr(default, "resolve_expression"):
            default = default.resolve_expression(query, allow_joins, reuse, summarize)
            if default._output_field_or_none is None:
                default.output_field = resolved._output_field_or_none
        else:
            default = Value(default, resolved._output_field_or_none)
        resolved.default = None
        coalesce = Coalesce(resolved, default, output_field=resolved._output_field_or_none)
        coalesce.is_summary = resolved.is_summary
        return coalesce

    @property
    def default_alias(self) -> str:
        """The name under which `aggregate(Sum("x"))` answers."""
        sources = [expr for expr in self.get_source_expressions() if expr is not None]
        if len(sources) == 1 and hasattr(sources[0], "name") and self.name:
            return f"{sources[0].name}__{self.name.lower()}"
        raise TypeError("Complex expressions require an alias")

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing: an aggregate is never grouped by."""
        return []

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the call with its clauses; a missing FILTER clause becomes a CASE."""
        if (
            self.distinct
            and not connection.features.supports_aggregate_distinct_multiple_argument
            and len(super().get_source_expressions()) > 1
        ):
            raise NotSupportedError(
                f"{self.name} does not support distinct with multiple expressions on "
                f"this database backend."
            )
        order_sql, order_params = "", ()
        if self.order_by is not None:
            order_sql, order_params = compiler.compile(self.order_by)
        filter_sql, filter_params = "", ()
        if self.filter is not None:
            try:
                filter_sql, filter_params = compiler.compile(self.filter)
            except NotSupportedError:
                clone = self.copy()
                clone.filter = None
                first, *rest = clone.get_source_expressions()
                condition = When(self.filter.condition, then=first)
                clone.set_source_expressions([Case(condition), *rest])
                return clone.as_sql(compiler, connection, *args, **extra_context)
        extra_context.update(
            distinct="DISTINCT " if self.distinct else "", filter=filter_sql, order_by=order_sql
        )
        sql, params = super().as_sql(compiler, connection, *args, **extra_context)
        return sql, (*params, *order_params, *filter_params)

    def _get_repr_options(self) -> dict[str, Any]:
        options = super()._get_repr_options()
        if self.distinct:
            options["distinct"] = self.distinct
        if self.filter:
            options["filter"] = self.filter
        if self.order_by:
            options["order_by"] = self.order_by
        return options


class AnyValue(Aggregate):
    """Any one of the values."""

    function = "ANY_VALUE"
    name = "AnyValue"
    arity = 1
    window_compatible = False

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the function, where there is one."""
        if not connection.features.supports_any_value:
            raise NotSupportedError("ANY_VALUE is not supported on this database backend.")
        return super().as_sql(compiler, connection, *args, **extra_context)


class Avg(FixDurationInputMixin, NumericOutputFieldMixin, Aggregate):
    """The mean."""

    function = "AVG"
    name = "Avg"
    allow_distinct = True
    arity = 1


class BitAggregate(Aggregate):
    """An aggregate of bits."""

    arity = 1

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, **extra)
        # Resolving takes the default away; as_sql() still needs to know of it.
        self._has_default = self.default is not None

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the function, where there is one."""
        features = connection.features
        if not features.supports_bit_aggregations:
            raise NotSupportedError(f"{self.name} is not supported on {connection.vendor}.")
        if self._has_default and not features.supports_default_in_bit_aggregations:
            raise NotSupportedError(
                f"{self.name} does not support the default parameter on {connection.vendor}."
            )
        return super().as_sql(compiler, connection, *args, **extra_context)


class BitAnd(BitAggregate):
    """The bitwise AND of all values."""

    function = "BIT_AND"
    name = "BitAnd"


class BitOr(BitAggregate):
    """The bitwise OR of all values."""

    function = "BIT_OR"
    name = "BitOr"


class BitXor(BitAggregate):
    """The bitwise XOR of all values."""

    function = "BIT_XOR"
    name = "BitXor"


class Count(Aggregate):
    """The number of rows, or of values that are not NULL."""

    function = "COUNT"
    name = "Count"
    output_field = FixedField("IntegerField")
    allow_distinct = True
    empty_result_set_value = 0
    arity = 1
    allows_composite_expressions = True

    def __init__(self, expression: Any, filter: Any = None, **extra: Any) -> None:
        if isinstance(expression, str) and expression == "*":
            expression = Star()
        if isinstance(expression, Star) and filter is not None:
            raise ValueError("Star cannot be used with filter. Please specify a field.")
        super().__init__(expression, filter=filter, **extra)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """Resolve; of a composite key the first column is counted."""
        resolved = super().resolve_expression(*args, **kwargs)
        sources = resolved.get_source_expressions()
        if isinstance(sources[0], ColPairs):
            if self.distinct:
                raise ValueError("COUNT(DISTINCT) doesn't support composite primary keys")
            sources[0] = sources[0].get_cols()[0]
            resolved.set_source_expressions(sources)
        return resolved


class Max(Aggregate):
    """The greatest value."""

    function = "MAX"
    name = "Max"
    arity = 1


class Min(Aggregate):
    """The least value."""

    function = "MIN"
    name = "Min"
    arity = 1


class StdDev(NumericOutputFieldMixin, Aggregate):
    """The standard deviation, of the population or (with `sample=True`) of a sample."""

    name = "StdDev"
    arity = 1

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        self.function = "STDDEV_SAMP" if sample else "STDDEV_POP"
        super().__init__(expression, **extra)

    def _get_repr_options(self) -> dict[str, Any]:
        return {**super()._get_repr_options(), "sample": self.function == "STDDEV_SAMP"}


class StringAggDelimiter(Func):
    """What stands between the texts of a StringAgg."""

    arity = 1
    template = "%(expressions)s"

    def __init__(self, value: Any) -> None:
        self.value = value
        super().__init__(value)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the SEPARATOR clause."""
        return self.as_sql(
            compiler, connection, template=" SEPARATOR %(expressions)s", **extra_context
        )


class StringAgg(Aggregate):
    """All texts, joined by a delimiter.

    Args:
        expression: The text.
        delimiter: A `Value` or another expression.
    """

    function = "STRING_AGG"
    name = "StringAgg"
    allow_distinct = True
    allow_order_by = True
    output_field = FixedField("TextField")

    def __init__(self, expression: Any, delimiter: Any, **extra: Any) -> None:
        self.delimiter = StringAggDelimiter(delimiter)
        super().__init__(expression, self.delimiter, **extra)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use GROUP_CONCAT, whose delimiter is a clause at the end."""
        extra_context["function"] = "GROUP_CONCAT"
        extra_context["template"] = (
            "%(function)s(%(distinct)s%(expressions)s%(order_by)s%(delimiter)s)"
        )
        clone = self.copy()
        delimiter_params: Sequence[Any] = ()
        if clone.delimiter:
            extra_context["delimiter"], delimiter_params = compiler.compile(clone.delimiter)
            clone.source_expressions = clone.source_expressions[:-1]
        sql, params = clone.as_sql(compiler, connection, **extra_context)
        return sql, (*params, *delimiter_params)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use GROUP_CONCAT on old versions, and for DISTINCT, which takes one argument."""
        delimiter = self.delimiter.value
        if self.distinct and isinstance(delimiter, Value) and delimiter.value == ",":
            clone = self.copy()
            sources = clone.get_source_expressions()
            clone.set_source_expressions(sources[:1] + sources[2:])
            return clone.as_sql(compiler, connection, function="GROUP_CONCAT", **extra_context)
        if connection.get_database_version() < (3, 44):
            return self.as_sql(compiler, connection, function="GROUP_CONCAT", **extra_context)
        return self.as_sql(compiler, connection, **extra_context)


class Sum(FixDurationInputMixin, Aggregate):
    """The sum."""

    function = "SUM"
    name = "Sum"
    allow_distinct = True
    arity = 1


class Variance(NumericOutputFieldMixin, Aggregate):
    """The variance, of the population or (with `sample=True`) of a sample."""

    name = "Variance"
    arity = 1

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        self.function = "VAR_SAMP" if sample else "VAR_POP"
        super().__init__(expression, **extra)

    def _get_repr_options(self) -> dict[str, Any]:
        return {**super()._get_repr_options(), "sample": self.function == "VAR_SAMP"}
