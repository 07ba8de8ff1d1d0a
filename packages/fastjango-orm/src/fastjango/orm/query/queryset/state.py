"""What a queryset is made of, and how it is copied."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import copy
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self

from fastjango.orm.fetch_modes import FETCH_PEERS, FetchMode
from fastjango.orm.names import AltersData
from fastjango.orm.query.iterables import ModelIterable, ValuesIterable
from fastjango.orm.query.plans import root_shape
from fastjango.orm.query.q import PROHIBITED_FILTER_KWARGS, Q
from fastjango.orm.query.sql import Query
from fastjango.orm.router import router
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["QuerySetState"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


# What a queryset learned by running or is about to do once; its copies begin without.
_RESULTS = ("_result_cache", "_prefetch_done", "_defer_next_filter")


class QuerySetState(AltersData, Generic[_Model, _Row]):
    """The part of a queryset that holds what it is: a model and a query, or a shape and values.

    Args:
        model: The model.
        query: The query as data; a new one over all rows if absent.
        using: The database alias; the router decides if absent.
        hints: What the router is told.
    """

    # On the class, so that a clone copies only what differs.
    _result_cache: list[Any] | None = None
    _sticky_filter: bool = False
    _for_write: bool = False
    _prefetch_related_lookups: tuple[Any, ...] = ()
    _prefetch_done: bool = False
    _known_related_objects: Any = MappingProxyType({})
    _iterable_class: Any = ModelIterable
    _fetch_mode: FetchMode = FETCH_PEERS
    _fields: tuple[str, ...] | None = None
    _defer_next_filter: bool = False
    _deferred_filter: Any = None
    # Makes the narrowed queryset of a relation whose objects are here already, and whose they are;
    # see prefetching.
    _narrow_later: Callable[[Any], Any] | None = None
    _owner: Any = None
    _cloning_enabled: bool = True
    # While every operation is one that plans know, the query exists as a shape and values.
    _plan_values: tuple[Any, ...] = ()
    _limits: tuple[int, int | None] = (0, None)

    def __init__(
        self,
        model: type[_Model] | None = None,
        query: Any = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        self.model: Any = model
        self._db = using
        self._hints: dict[str, Any] = hints or {}
        self._query: Any = query
        self._shape: Any = root_shape(model) if query is None else None

    @classmethod
    def _begun(cls, model: Any, using: str | None, hints: dict[str, Any]) -> Self:
        """Return all rows of a model: what `__init__` does, for managers, in one step."""
        queryset = object.__new__(cls)
        queryset.__dict__ = {
            "model": model,
            "_db": using,
            "_hints": hints or {},
            "_query": None,
            "_shape": root_shape(model),
        }
        return queryset

    @property
    def query(self) -> Any:
        """The query as data; asking for it takes the queryset out of the plan cache."""
        if self._narrow_later is not None:
            self._narrow()
        if self._shape is not None:
            self._leave_plan()
        if self._query is None:
            self._query = Query(self.model)
        if self._deferred_filter:
            negate, args, kwargs = self._deferred_filter
            self._filter_or_exclude_inplace(negate, args, kwargs)
            self._deferred_filter = None
        return self._query

    @query.setter
    def query(self, value: Any) -> None:
        if value.values_select:
            self._iterable_class = ValuesIterable
        self._shape = None
        self._narrow_later = self._owner = None
        self._query = value

    def _narrow(self) -> None:
        """Become the queryset that `_narrow_later` makes, with the objects that are here."""
        assert self._narrow_later is not None
        state = self._narrow_later(self).__dict__.copy()
        for name in _RESULTS:
            state.pop(name, None)
        self.__dict__.update(state, _narrow_later=None, _owner=None)

    def _leave_plan(self) -> None:
        """Become an ordinary query, by carrying out the operations of the shape."""
        shape, self._shape = self._shape, None
        if self._query is not None:
            return
        query = shape.replay(self._plan_values)
        if shape.sliced:
            query.clear_limits()
            query.low_mark, query.high_mark = self._limits
        self._query = query

    @property
    def db(self) -> str:
        """The alias that the query would run on now."""
        if self._db:
            return self._db
        if self._narrow_later is not None:
            self._narrow()  # routers are told of the instance
        if not self._hints and not router.routers:
            return "default"
        if self._for_write:
            return router.db_for_write(self.model, **self._hints)
        return router.db_for_read(self.model, **self._hints)

    def _filter_or_exclude_inplace(
        self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if invalid := PROHIBITED_FILTER_KWARGS.intersection(kwargs):
            names = ", ".join(f"'{name}'" for name in sorted(invalid))
            raise TypeError(f"The following kwargs are invalid: {names}")
        if self._query is None:
            self._query = Query(self.model)
        condition = Q(*args, **kwargs)
        self._query.add_q(~condition if negate else condition)

    # -- cloning -----------------------------------------------------------------------

    def _chain(self) -> Self:
        clone = self._clone() if self._cloning_enabled else self
        if clone._sticky_filter:
            clone.query.filter_is_sticky = True
            clone._sticky_filter = False
        return clone

    def _clone(self) -> Self:
        if self._narrow_later is not None:
            self._narrow()
        clone = object.__new__(self.__class__)
        state = self.__dict__.copy()
        for name in _RESULTS:
            state.pop(name, None)
        clone.__dict__ = state
        if self._shape is not None:
            return clone
        if self._query is not None or self._deferred_filter:
            clone._query = self.query.chain()
            clone._deferred_filter = None
        return clone

    def _disable_cloning(self) -> Self:
        _ = self.query  # whose operations alone change a queryset in place
        self._cloning_enabled = False
        return self

    def _enable_cloning(self) -> Self:
        self._cloning_enabled = True
        return self

    @contextmanager
    def _avoid_cloning(self) -> Generator[Self]:
        """Let operations change this queryset in place for the length of a `with` block."""
        try:
            yield self._disable_cloning()
        finally:
            self._enable_cloning()

    def _next_is_sticky(self) -> Self:
        self._sticky_filter = True
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        _ = self.query  # shapes are shared, never copied
        clone = self.__class__.__new__(self.__class__)
        for name, value in self.__dict__.items():
            clone.__dict__[name] = None if name == "_result_cache" else copy.deepcopy(value, memo)
        return clone
