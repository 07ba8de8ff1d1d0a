"""Querysets that the plan cache knows: operations as steps from shape to shape."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self

from fastjango.orm.engine.runner import current_edge
from fastjango.orm.engine.statement import Statement
from fastjango.orm.query.decoders import with_known
from fastjango.orm.query.iterables import ModelIterable
from fastjango.orm.query.operations import (
    apply_filter,
    apply_prefetch,
    apply_slice,
    filter_key,
    filter_static,
    prefetch_key,
)
from fastjango.orm.query.plans import WRITING
from fastjango.orm.query.q import PROHIBITED_FILTER_KWARGS
from fastjango.orm.query.queryset.state import QuerySetState
from fastjango.orm.query.slots import OutOfPlan
from fastjango.orm.signals import post_init, pre_init
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Planning", "inits_listened"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


class Planning(QuerySetState[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that plans know: each step answers `None` where they do not."""

    # -- operations --------------------------------------------------------------------

    def _planned(self, shape: Any, values: tuple[Any, ...] | None = None) -> Self:
        """Return a queryset of another shape."""
        clone = object.__new__(self.__class__)
        state = clone.__dict__ = self.__dict__.copy()
        state["_query"] = None
        state["_shape"] = shape
        if values is not None:
            state["_plan_values"] = values
        if "_result_cache" in state:
            del state["_result_cache"]
            state.pop("_prefetch_done", None)
        if "_defer_next_filter" in state:
            del state["_defer_next_filter"]
        return clone

    def _planned_step(self, key: Any, operation: Any, static: Any) -> Self | None:
        """Take a step without values, if the queryset is planned and the step can be."""
        shape = self._shape
        if shape is None or self._sticky_filter:
            return None
        following = shape.following.get(key)
        if following is None:
            # The first time the ordinary way finds errors and gives the right text.
            if key in shape.following or shape.is_first(key):
                return None
            following = shape.grow(key, operation, static)
            if following is None:
                return None
        return self._planned(following)

    def _planned_filter(
        self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Self | None:
        """Add conditions, if the queryset is planned and the conditions can be."""
        shape = self._shape
        if shape.sliced:
            return None
        found = filter_key(negate, args, kwargs)
        if found is None:
            return None
        following = shape.following.get(found[0])
        if following is not None and not self._sticky_filter:
            try:
                prepared = following.prepared(found[1])
            except OutOfPlan:
                return None
            return self._planned(following, self._plan_values + prepared)
        if not PROHIBITED_FILTER_KWARGS.isdisjoint(kwargs):
            return None
        return self._planned_operation(
            found, apply_filter, lambda: filter_static(negate, args, kwargs)
        )

    def _planned_operation(
        self, found: tuple[Any, list[Any]], operation: Any, static: Callable[[], Any]
    ) -> Self | None:
        """Take a step with values, if the queryset is planned and the step can be.

        Args:
            found: What tells the operation from others, and its values.
            operation: The operation.
            static: Gives what of the operation is no value.
        """
        if self._sticky_filter:
            return None
        following = self._shape.after(found, operation, static)
        if following is None:
            return None
        values = found[1]
        if not values:
            return self._planned(following)
        try:
            prepared = following.prepared(values)
        except OutOfPlan:
            return None
        return self._planned(following, self._plan_values + prepared)

    def _planned_prefetch(self, name: str, keys: Any, select: dict[str, str]) -> Self | None:
        """Narrow to what belongs to instances of a relation, if the queryset is planned.

        Args:
            name: The relation.
            keys: Their keys.
            select: Further columns by name, as SQL.
        """
        if self._shape is None or self._shape.sliced:
            return None
        found = prefetch_key(name, list(dict.fromkeys(keys)), select)
        if found is None:
            return None
        return self._planned_operation(found, apply_prefetch, lambda: (name, select))

    def _planned_slice(self, k: slice) -> Self | None:
        low, high = self._limits
        if k.stop is not None:
            stop = low + int(k.stop)
            high = stop if high is None else min(high, stop)
        if k.start is not None:
            start = low + int(k.start)
            low = start if high is None else min(high, start)
        if low == high:
            return None  # an empty slice asks nothing
        shape = self._shape
        if not shape.sliced:
            if low == 0 and high is None:
                return self._chain()
            shape = shape.step(("slice",), apply_slice, None)
            if shape is None:
                return None
            shape.sliced = True
        clone = self._planned(shape)
        clone._limits = (low, high)
        return clone

    # -- statements and rows -----------------------------------------------------------

    def _plan_statement(self, kind: str, alias: str) -> tuple[Any, Statement] | None:
        """Return the plan and its statement, `None` if this query must be compiled."""
        shape = self._shape
        plan = shape.plan(kind, alias, current_edge(alias), self._plan_values)
        if plan is None:
            return None
        if plan.models and inits_listened(plan.models):
            return None
        try:
            params = plan.bind(self._plan_values)
        except OutOfPlan:
            return None
        sql = plan.limited(*self._limits) if shape.sliced and kind == "rows" else plan.sql
        return plan, Statement(sql, params, using=alias)

    def _shape_statement(
        self, shape: Any, kind: str, values: Sequence[Any] = ()
    ) -> tuple[Any, Statement] | None:
        """Return the plan and statement of the shape after one more operation, if there is one.

        Args:
            shape: The shape.
            kind: What is done with it; see `Shape.plan`.
            values: The values of the operation, as they were given.
        """
        alias = self.db
        try:
            bound = self._plan_values + shape.prepared(values)
            plan = shape.plan(kind, alias, current_edge(alias), bound)
            params = None if plan is None else plan.bind(bound)
        except OutOfPlan:
            return None
        if plan is None or params is None:
            return None
        if kind in WRITING:
            return plan, Statement(plan.sql, params, "none", kind="write", using=alias)
        return plan, Statement(plan.sql, params, using=alias)

    def _plan_decoder(self, plan: Any, alias: str, iterable_class: Any) -> Any:
        """Return the function from rows to results, `None` if the class iterates in its own way."""
        key = (iterable_class, self._fetch_mode, self._fields)
        decode = plan.decoders.get(key)
        if decode is None:
            if getattr(iterable_class, "iterates_itself", True):
                return None
            view = _DecoderView(self._fetch_mode, self._fields, alias, plan.compiler.query)
            decode = plan.decoders[key] = iterable_class.decoder(view, plan.compiler)
        if self._known_related_objects and issubclass(iterable_class, ModelIterable):
            return with_known(decode, self._known_related_objects)
        return decode


class _DecoderView:
    """What decoders read of a queryset, without the rest of it."""

    __slots__ = ("_fetch_mode", "_fields", "_known_related_objects", "db", "query")

    def __init__(self, fetch_mode: Any, fields: Any, db: str, query: Any) -> None:
        self._fetch_mode = fetch_mode
        self._fields = fields
        self._known_related_objects: Any = None
        self.db = db
        self.query = query


def inits_listened(models: tuple[Any, ...]) -> bool:
    """Whether somebody listens to the creation of instances of these models."""
    return bool(pre_init.receivers and any(map(pre_init.has_listeners, models))) or bool(
        post_init.receivers and any(map(post_init.has_listeners, models))
    )
