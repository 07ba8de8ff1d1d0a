"""The state of a queryset: cloning, evaluation, iteration, slicing, merging."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import copy
import warnings
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, cast, overload

from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import arun, astream, current_edge, run, stream
from fastjango.orm.engine.statement import Call, Statement
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.fetch_modes import FETCH_PEERS, FetchMode
from fastjango.orm.names import AltersData
from fastjango.orm.query.constants import AND, OR, REPR_OUTPUT_SIZE, XOR
from fastjango.orm.query.decoders import with_known
from fastjango.orm.query.iterables import ModelIterable, ValuesIterable
from fastjango.orm.query.operations import (
    apply_filter,
    apply_prefetch,
    apply_slice,
    filter_key,
    filter_static,
    prefetch_key,
)
from fastjango.orm.query.plans import WRITING, root_shape
from fastjango.orm.query.q import PROHIBITED_FILTER_KWARGS, Q
from fastjango.orm.query.slots import OutOfPlan
from fastjango.orm.query.sql import Query
from fastjango.orm.router import router
from fastjango.orm.signals import post_init, pre_init
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from fastjango.orm.engine.statement import Steps

__all__ = ["EmptyQuerySet", "QuerySetCore", "inits_listened", "marked"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)
_Function = TypeVar("_Function", bound="Callable[..., Any]")

_VERSION_KEY = "_fastjango_version"


def marked(**flags: bool) -> Callable[[_Function], _Function]:
    """Set flags such as `alters_data` and `queryset_only` on a method."""

    def decorate(function: _Function) -> _Function:
        for name, value in flags.items():
            setattr(function, name, value)
        return function

    return decorate


class _AvoidCloning:
    """Lets operations change one queryset in place for the length of a `with` block."""

    __slots__ = ("queryset",)

    def __init__(self, queryset: Any) -> None:
        self.queryset = queryset

    def __enter__(self) -> Any:
        return self.queryset._disable_cloning()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.queryset._enable_cloning()


# What a queryset learned by running or is about to do once; its copies begin without.
_RESULTS = ("_result_cache", "_prefetch_done", "_defer_next_filter")


class QuerySetCore(AltersData, Generic[_Model, _Row]):
    """A lazy query over a model.

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
        self._shape: Any = None
        if query is None and hasattr(model, "_meta"):
            self._shape = root_shape(model)

    @classmethod
    def _begun(cls, model: Any, using: str | None, hints: dict[str, Any]) -> Self:
        """Return all rows of a model: what `__init__` does, for managers, in one step."""
        queryset = object.__new__(cls)
        queryset.__dict__ = {
            "model": model,
            "_db": using,
            "_hints": hints or {},
            "_query": None,
            "_shape": root_shape(model) if hasattr(model, "_meta") else None,
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
        if shape is None or self._sticky_filter or not self._cloning_enabled:
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
        if following is not None and self._cloning_enabled and not self._sticky_filter:
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
        if self._sticky_filter or not self._cloning_enabled:
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
        self._cloning_enabled = False
        return self

    def _enable_cloning(self) -> Self:
        self._cloning_enabled = True
        return self

    def _avoid_cloning(self) -> _AvoidCloning:
        return _AvoidCloning(self)

    def _next_is_sticky(self) -> Self:
        self._sticky_filter = True
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        _ = self.query  # shapes are shared, never copied
        clone = self.__class__.__new__(self.__class__)
        for name, value in self.__dict__.items():
            clone.__dict__[name] = None if name == "_result_cache" else copy.deepcopy(value, memo)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        self._fetch_all()
        _ = self.query  # shapes belong to this process
        return {**self.__dict__, _VERSION_KEY: version("fastjango-orm")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        pickled = state.pop(_VERSION_KEY, None)
        current = version("fastjango-orm")
        if pickled is None:
            warnings.warn(
                "Pickled queryset instance's FastJango version is not specified.",
                RuntimeWarning,
                stacklevel=2,
            )
        elif pickled != current:
            warnings.warn(
                f"Pickled queryset instance's FastJango version {pickled} does not "
                f"match the current version {current}.",
                RuntimeWarning,
                stacklevel=2,
            )
        self.__dict__.update(state)

    # -- evaluation --------------------------------------------------------------------

    def _fetch_steps(self) -> Steps[list[Any]]:
        """Fill and return the result cache."""
        if self._result_cache is None:
            self._result_cache = yield from self._rows_steps(self._iterable_class)
        if self._prefetch_related_lookups and not self._prefetch_done:
            from fastjango.orm.query.prefetch import prefetch_steps

            yield from prefetch_steps(self._result_cache, *self._prefetch_related_lookups)
            self._prefetch_done = True
        return self._result_cache

    def _rows_steps(self, iterable_class: Any) -> Steps[list[Any]]:
        decoder = getattr(iterable_class, "decoder", None)
        if self._shape is not None and decoder is not None:
            alias = self.db
            statement = self._plan_statement("rows", alias)
            if statement is not None:
                plan, step = statement
                result = yield step
                return self._decode_plan(plan, alias, iterable_class, result.rows)
        if decoder is None:
            # An iterable of the user's own, which reads by itself.
            rows = yield Call(lambda: list(iterable_class(self)))
            return cast("list[Any]", rows)
        compiler = self.query.get_compiler(using=self.db)
        rows = yield from compiler.execute_steps()
        return decoder(self, compiler)(rows) if rows else []

    def _plan_statement(self, kind: str, alias: str) -> tuple[Any, Statement] | None:
        """Return the plan and its statement, `None` if this query must be compiled."""
        shape = self._shape
        plan = shape.plan(kind, alias, current_edge(alias))
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
        self, shape: Any, kind: str, values: tuple[Any, ...]
    ) -> tuple[Any, Statement] | None:
        """Return the plan of another shape and its statement, if there is one."""
        alias = self.db
        plan = shape.plan(kind, alias, current_edge(alias))
        if plan is None:
            return None
        try:
            params = plan.bind(values)
        except OutOfPlan:
            return None
        if kind in WRITING:
            return plan, Statement(plan.sql, params, "none", kind="write", using=alias)
        return plan, Statement(plan.sql, params, using=alias)

    def _decode_plan(self, plan: Any, alias: str, iterable_class: Any, rows: Any) -> list[Any]:
        if not rows:
            return []
        key = (iterable_class, self._fetch_mode, self._fields)
        decode = plan.decoders.get(key)
        if decode is None:
            view = _DecoderView(self._fetch_mode, self._fields, alias, plan.compiler.query)
            decode = plan.decoders[key] = iterable_class.decoder(view, plan.compiler)
        if self._known_related_objects and issubclass(iterable_class, ModelIterable):
            return with_known(decode, self._known_related_objects)(rows)
        return decode(rows)  # type: ignore[no-any-return]  # operands are dynamic

    def _fetch_all(self) -> None:
        if self._result_cache is None or (
            self._prefetch_related_lookups and not self._prefetch_done
        ):
            run(self._fetch_steps(), self.db, name="QuerySet.__iter__", twin="async for")

    async def _afetch_all(self) -> list[Any]:
        if self._result_cache is None or (
            self._prefetch_related_lookups and not self._prefetch_done
        ):
            await arun(self._fetch_steps(), self.db)
        assert self._result_cache is not None
        return self._result_cache

    def _evaluated(self, iterable_class: Any) -> list[Any]:
        return run(self._rows_steps(iterable_class), self.db, name="iterator", twin="aiterator")

    def _chunk_statement(self, compiler: Any, chunk_size: int) -> Statement | None:
        from fastjango.core.exceptions import EmptyResultSet

        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        plain = compiler.statement(sql, params)
        return Statement(
            plain.sql, plain.params, fetch="chunks", chunk_size=chunk_size, using=plain.using
        )

    def _chunks(self, iterable_class: Any, chunk_size: int) -> Iterator[list[Any]]:
        compiler = self.query.get_compiler(using=self.db)
        statement = self._chunk_statement(compiler, chunk_size)
        if statement is None:
            return
        decode = iterable_class.decoder(self, compiler)
        for rows in stream(statement, self.db):
            yield decode(compiler.trimmed(rows))

    async def _achunks(self, iterable_class: Any, chunk_size: int) -> AsyncIterator[list[Any]]:
        compiler = self.query.get_compiler(using=self.db)
        statement = self._chunk_statement(compiler, chunk_size)
        if statement is None:
            return
        decode = iterable_class.decoder(self, compiler)
        async for rows in astream(statement, self.db):
            yield decode(compiler.trimmed(rows))

    # -- container protocol ------------------------------------------------------------

    def __repr__(self) -> str:
        data: list[Any] = list(self[: REPR_OUTPUT_SIZE + 1])
        if len(data) > REPR_OUTPUT_SIZE:
            data[-1] = "...(remaining elements truncated)..."
        return f"<{self.__class__.__name__} {data!r}>"

    def __len__(self) -> int:
        self._fetch_all()
        assert self._result_cache is not None
        return len(self._result_cache)

    def __iter__(self) -> Iterator[_Row]:
        rows = self._result_cache
        if rows is None or (self._prefetch_related_lookups and not self._prefetch_done):
            self._fetch_all()
            rows = cast("list[Any]", self._result_cache)
        return iter(rows)

    async def __aiter__(self) -> AsyncIterator[_Row]:
        for item in await self._afetch_all():
            yield item

    def __bool__(self) -> bool:
        self._fetch_all()
        return bool(self._result_cache)

    @overload
    def __getitem__(self, k: int) -> _Row: ...
    @overload
    def __getitem__(self, k: slice) -> Self: ...
    def __getitem__(self, k: int | slice) -> Any:
        """Return one result, or a queryset over a part of the rows."""
        if isinstance(k, slice):
            start, stop = k.start, k.stop
        elif isinstance(k, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            start, stop = k, None
        else:
            raise TypeError(f"QuerySet indices must be integers or slices, not {type(k).__name__}.")
        if (start is not None and start < 0) or (stop is not None and stop < 0):
            raise ValueError("Negative indexing is not supported.")
        if self._result_cache is not None:
            return self._result_cache[k]
        if self._shape is not None and self._cloning_enabled and isinstance(k, slice):
            planned = self._planned_slice(k)
            if planned is not None:
                return list(planned)[:: k.step] if k.step else planned
        clone = self._chain()
        if isinstance(k, slice):
            start = None if k.start is None else int(k.start)
            stop = None if k.stop is None else int(k.stop)
            clone.query.set_limits(start, stop)
            return list(clone)[:: k.step] if k.step else clone
        clone.query.set_limits(k, k + 1)
        clone._fetch_all()
        assert clone._result_cache is not None
        return clone._result_cache[0]

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

    # -- merging -----------------------------------------------------------------------

    def _as_mergeable(self) -> Any:
        if self.query.can_filter():
            return self
        inner = cast("Any", self).values("pk")
        return self.model._base_manager.filter(pk__in=inner)

    def _combined(self, other: Any, connector: str) -> Any:
        combined = self._as_mergeable()._chain()
        combined._merge_known_related_objects(other)
        combined.query.combine(other._as_mergeable().query, connector)
        return combined

    def __and__(self, other: Any) -> Any:
        self._check_operator_queryset(other, "&")
        self._merge_sanity_check(other)
        if isinstance(other, EmptyQuerySet):
            return other
        if isinstance(self, EmptyQuerySet):
            return self
        combined = self._chain()
        combined._merge_known_related_objects(other)
        combined.query.combine(other.query, AND)
        return combined

    def __or__(self, other: Any) -> Any:
        self._check_operator_queryset(other, "|")
        self._merge_sanity_check(other)
        if isinstance(self, EmptyQuerySet):
            return other
        if isinstance(other, EmptyQuerySet):
            return self
        return self._combined(other, OR)

    def __xor__(self, other: Any) -> Any:
        self._check_operator_queryset(other, "^")
        self._merge_sanity_check(other)
        if isinstance(self, EmptyQuerySet):
            return other
        if isinstance(other, EmptyQuerySet):
            return self
        return self._combined(other, XOR)

    def _merge_sanity_check(self, other: Any) -> None:
        if self._fields is not None and any(
            set(getattr(self.query, name)) != set(getattr(other.query, name))
            for name in ("values_select", "extra_select", "annotation_select")
        ):
            raise TypeError(
                f"Merging '{self.__class__.__name__}' classes must involve the same values "
                "in each case."
            )

    def _merge_known_related_objects(self, other: Any) -> None:
        merged = {field: dict(objects) for field, objects in self._known_related_objects.items()}
        for field, objects in other._known_related_objects.items():
            merged.setdefault(field, {}).update(objects)
        self._known_related_objects = merged

    def _check_operator_queryset(self, other: Any, operator: str) -> None:
        if self.query.combinator or other.query.combinator:
            raise TypeError(f"Cannot use {operator} operator with combined queryset.")

    # -- helpers of operations ---------------------------------------------------------

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

    def _filter_or_exclude(
        self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Self:
        if self._shape is not None and (kwargs or args):
            planned = self._planned_filter(negate, args, kwargs)
            if planned is not None:
                self._defer_next_filter = False
                return planned
        if (args or kwargs) and self.query.is_sliced:
            raise TypeError("Cannot filter a query once a slice has been taken.")
        deferred = self._defer_next_filter
        clone = self._chain()
        if deferred:
            self._defer_next_filter = False
            clone._deferred_filter = negate, args, kwargs
        else:
            clone._filter_or_exclude_inplace(negate, args, kwargs)
        return clone

    def _add_hints(self, **hints: Any) -> None:
        self._hints = {**self._hints, **hints}

    def _has_filters(self) -> Any:
        return self.query.has_filters()

    def _not_support_combined_queries(self, operation_name: str) -> None:
        if self._shape is None and self._query is not None and self.query.combinator:
            raise NotSupportedError(
                f"Calling QuerySet.{operation_name}() after {self.query.combinator}() "
                "is not supported."
            )

    @staticmethod
    def _validate_values_are_expressions(values: Any, method_name: str) -> None:
        invalid = sorted(str(arg) for arg in values if not hasattr(arg, "resolve_expression"))
        if invalid:
            raise TypeError(
                f"QuerySet.{method_name}() received non-expression(s): {', '.join(invalid)}."
            )

    @marked(queryset_only=True)
    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """Return the query as a subquery."""
        query = self.query.resolve_expression(*args, **kwargs)
        query._db = self._db
        return query

    @property
    def _features(self) -> Any:
        return connections[self.db].features


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


class _EmptyMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, QuerySetCore) and (
            cast("Any", instance)._shape is None and cast("Any", instance).query.is_empty()
        )


class EmptyQuerySet(metaclass=_EmptyMeta):
    """What `isinstance(queryset.none(), EmptyQuerySet)` asks for; never instantiated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("EmptyQuerySet can't be instantiated")
