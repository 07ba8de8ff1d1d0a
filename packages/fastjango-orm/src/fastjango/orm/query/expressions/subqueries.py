"""Subqueries as expressions: `Subquery` and `Exists`."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fastjango.core.exceptions import EmptyResultSet
from fastjango.orm.query.expressions.base import BaseExpression
from fastjango.orm.query.expressions.combinable import Combinable
from fastjango.orm.query.expressions.values import Value
from fastjango.orm.query.expressions.wrappers import ExpressionWrapper
from fastjango.orm.query.fieldtypes import FixedField

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Exists", "Subquery"]


class Recorded:
    """A queryset as plans know it: the shape of its operations, and their values.

    Args:
        shape: The shape.
        values: Its values, or slots for them; `None` where they were taken out.
        limits: Where a slice begins and ends.
        db: The alias that the queryset was bound to.
    """

    __slots__ = ("db", "limits", "shape", "values")

    def __init__(self, shape: Any, values: Any, limits: Any, db: str | None) -> None:
        self.shape = shape
        self.values = values
        self.limits = limits
        self.db = db

    @classmethod
    def of(cls, queryset: Any) -> Recorded | None:
        """Return what plans know of a queryset, `None` if they do not know all of it."""
        if (
            getattr(queryset, "_shape", None) is None
            or queryset._narrow_later is not None
            or queryset._deferred_filter
            or queryset._sticky_filter
        ):
            return None
        limits = queryset._limits if queryset._shape.sliced else None
        return cls(queryset._shape, queryset._plan_values, limits, queryset._db)

    def make_query(self, for_lookup: bool = False) -> Any:
        """Return the query; as the right side of a lookup it knows the alias it is bound to."""
        query = self.shape.replay(self.values)
        if self.limits is not None:
            query.clear_limits()
            query.low_mark, query.high_mark = self.limits
        if for_lookup:
            query._db = self.db
        return query


class Subquery(BaseExpression, Combinable):
    """A queryset used as a value; it may hold `OuterRef` to the query around it.

    Args:
        queryset: A QuerySet or Query that selects one column.
        output_field: The result's type, if not that of the column.
    """

    template = "(%(subquery)s)"
    contains_aggregate = False
    empty_result_set_value: Any = None
    subquery = True

    def __init__(self, queryset: Any, output_field: Any = None, **extra: Any) -> None:
        # What plans know of the queryset; the query itself is made when it is needed.
        self.recorded: Recorded | None = (
            queryset if isinstance(queryset, Recorded) else Recorded.of(queryset)
        )
        self.given_field = output_field
        self._query: Any = None
        if self.recorded is None:
            given: Any = getattr(queryset, "query", queryset)
            self._query = self._prepared(given.clone())
        self.template = extra.pop("template", self.template)
        self.extra = extra
        if extra:
            self.recorded, self._query = None, self._inner
        super().__init__(output_field)

    def _prepared(self, query: Any) -> Any:
        query.subquery = True
        return query

    @property
    def _inner(self) -> Any:
        if self._query is None:
            assert self.recorded is not None
            self._query = self._prepared(self.recorded.make_query())
        return self._query

    @property
    def query(self) -> Any:
        """The query; who asks for it may change it, so that plans know it no more."""
        query = self._inner
        self.recorded = None
        return query

    @query.setter
    def query(self, value: Any) -> None:
        self.recorded = None
        self._query = value

    def get_source_expressions(self) -> list[Any]:
        """Return the query."""
        return [self._inner]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the query."""
        self.query = exprs[0]

    def _resolve_output_field(self) -> Any:
        return self._inner.output_field

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """Resolve; a plain subquery becomes its query, which lookups understand."""
        resolved = super().resolve_expression(*args, **kwargs)
        if type(self) is not Subquery or self.template != Subquery.template:
            return resolved
        resolved.query.contains_subquery = True
        try:
            field = self.output_field
        except AttributeError:
            return resolved.query
        if field and type(field) is not type(resolved.query.output_field):
            return ExpressionWrapper(resolved.query, output_field=field)
        return resolved.query

    def copy(self) -> Self:
        """Return a copy with a query of its own."""
        clone = super().copy()
        clone.query = self._inner.clone()
        return clone

    @property
    def external_aliases(self) -> dict[str, bool]:
        """Aliases of the outer query that the subquery reads."""
        aliases: dict[str, bool] = self._inner.external_aliases
        return aliases

    def get_external_cols(self) -> list[Any]:
        """Return the outer query's columns that the subquery reads."""
        columns: list[Any] = self._inner.get_external_cols()
        return columns

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the query within the template."""
        connection.ops.check_expression_support(self)
        context = {**self.extra, **extra_context}
        sql, params = self._inner.as_sql(compiler, connection)
        context["subquery"] = sql[1:-1]
        template = template or context.get("template", self.template)
        assert template is not None
        return template % context, params

    def get_group_by_cols(self) -> list[Any]:
        """Group by the outer columns it reads."""
        columns: list[Any] = self._inner.get_group_by_cols(wrapper=self)
        return columns


class Exists(Subquery):
    """Whether a queryset finds any row."""

    template = "EXISTS(%(subquery)s)"
    output_field = FixedField("BooleanField")
    empty_result_set_value = False

    def _prepared(self, query: Any) -> Any:
        return super()._prepared(query).exists()

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Wrap in CASE where a SELECT list takes no condition."""
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return EXISTS(…), or false when the subquery cannot find anything."""
        try:
            return super().as_sql(compiler, connection, template, **extra_context)
        except EmptyResultSet:
            if not compiler.connection.features.supports_boolean_expr_in_select_clause:
                return "1=0", ()
            compiled: tuple[str, Sequence[Any]] = compiler.compile(Value(False))
            return compiled
