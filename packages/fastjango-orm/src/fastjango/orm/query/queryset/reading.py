"""Operations that ask the database and change nothing."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, cast

from fastjango.core.aio import is_loop_running
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import arun, arun_planned, current_edge, run, run_planned
from fastjango.orm.engine.statement import Statement
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.constants import MAX_GET_RESULTS
from fastjango.orm.query.inspection import described
from fastjango.orm.query.iterables import check_iteration
from fastjango.orm.query.operations import (
    annotations_key,
    annotations_static,
    apply_aggregates,
    filter_key,
)
from fastjango.orm.query.queryset.building import Building
from fastjango.orm.query.queryset.core import EmptyQuerySet, QuerySetCore, inits_listened
from fastjango.orm.query.queryset.keyed import keyed_steps
from fastjango.orm.query.queryset.ordering import is_total
from fastjango.orm.query.slots import OutOfPlan
from fastjango.orm.signals import post_init, pre_init
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from fastjango.orm.engine.statement import Steps

__all__ = ["Reading"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)

_DEFAULT_CHUNK_SIZE = 2000  # rows


class Reading(Building[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that reads."""

    # -- one object --------------------------------------------------------------------

    def get(self, *args: Any, **kwargs: Any) -> _Row:
        """Return the one object that fulfils the conditions.

        Raises:
            DoesNotExist: There is none.
            MultipleObjectsReturned: There are several.
        """
        if self._shape is not None and not is_loop_running():
            planned = self._planned_get(args, kwargs, "sync")
            if planned is not None:
                decode, statement, alias = planned
                return self._found(decode, run_planned(statement, alias).rows)  # type: ignore[no-any-return]  # operands are dynamic
        return run(self._get_steps(*args, **kwargs), self.db, name="get", twin="aget")

    async def aget(self, *args: Any, **kwargs: Any) -> _Row:
        """Return the one object that fulfils the conditions; see `get`."""
        if self._shape is not None:
            planned = self._planned_get(args, kwargs)
            # Plans are made when the server is known already.
            if planned is not None:
                decode, statement, alias = planned
                result = await arun_planned(statement, alias)
                return self._found(decode, result.rows)  # type: ignore[no-any-return]  # operands are dynamic
        return await arun(self._get_steps(*args, **kwargs), self.db)

    def _found(self, decode: Any, rows: Any) -> Any:
        """Return the one object of a planned `get()`."""
        found = decode(rows) if rows else []
        return found[0] if len(found) == 1 else self._only_one(found, MAX_GET_RESULTS)

    def _get_steps(self, *args: Any, **kwargs: Any) -> Steps[_Row]:
        if self._shape is not None:
            planned = self._planned_get(args, kwargs)
            if planned is not None:
                decode, statement, _ = planned
                result = yield statement
                return self._found(decode, result.rows)  # type: ignore[no-any-return]  # operands are dynamic
            if (kwargs or args) and self._shape is not None:
                self._planned_filter(False, args, kwargs)  # the next time there is a plan
        if self.query.combinator and (args or kwargs):
            raise NotSupportedError(
                "Calling QuerySet.get(...) with filters after "
                f"{self.query.combinator}() is not supported."
            )
        clone = self._chain() if self.query.combinator else self.filter(*args, **kwargs)
        if self.query.can_filter() and not self.query.distinct_fields:
            clone = clone.order_by()
        limit = 0
        if (
            not clone.query.select_for_update
            or connections[clone.db].features.supports_select_for_update_with_limit
        ):
            limit = MAX_GET_RESULTS
            clone.query.set_limits(high=limit)
        found = yield from clone._fetch_steps()
        return self._only_one(found, limit)  # type: ignore[no-any-return]  # operands are dynamic

    def _planned_get(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], edge: Any = None
    ) -> tuple[Any, Statement, str] | None:
        """Return decoder, statement and alias of a `get()`, `None` if it must be compiled."""
        shape = self._shape
        if shape.sliced or self._sticky_filter or self._prefetch_related_lookups:
            return None
        values = self._plan_values
        if kwargs or args:
            found = filter_key(False, args, kwargs)
            if found is None:
                return None
            shape = shape.following.get(found[0])
            if shape is None:
                return None
            try:
                values = values + shape.prepared(found[1])
            except OutOfPlan:
                return None
        one = shape.one or shape.for_get()
        if one is None:
            return None
        alias = self.db
        plan = one.plan("rows", alias, edge or current_edge(alias), values)
        if plan is None or (
            (pre_init.receivers or post_init.receivers) and inits_listened(plan.models)
        ):
            return None
        try:
            params = plan.bind(values)
        except OutOfPlan:
            return None
        decode = self._plan_decoder(plan, alias, self._iterable_class)
        if decode is None:
            return None
        if not plan.text_of_get:
            plan.text_of_get = plan.limited(0, MAX_GET_RESULTS)
        return decode, Statement(plan.text_of_get, params, "all", 0, False, "read", alias), alias

    def _only_one(self, found: list[Any], limit: int) -> Any:
        if len(found) == 1:
            return found[0]
        name = self.model._meta.object_name
        if not found:
            raise self.model.DoesNotExist(f"{name} matching query does not exist.")
        count = f"more than {limit - 1}" if limit and len(found) >= limit else len(found)
        raise self.model.MultipleObjectsReturned(
            f"get() returned more than one {name} -- it returned {count}!"
        )

    def _check_ordering_first_last_queryset_aggregation(self, method: str) -> None:
        group_by = described(self).group_by
        if not isinstance(group_by, tuple):
            return
        grouped: tuple[Any, ...] = group_by
        meta = self.model._meta
        if meta.pk not in {column.output_field for column in grouped} and set(
            meta.pk_fields
        ).difference({getattr(column, "target", None) for column in grouped}):
            raise TypeError(
                f"Cannot use QuerySet.{method}() on an unordered queryset performing "
                f"aggregation. Add an ordering with order_by()."
            )

    def _unordered_by_choice(self) -> bool:
        return not described(self).default_ordering

    def _edge_steps(self, method: str) -> Steps[_Row | None]:
        if self.ordered or self._unordered_by_choice():
            queryset = self if method == "first" else self.reverse()
        else:
            self._check_ordering_first_last_queryset_aggregation(method=method)
            queryset = self.order_by("pk" if method == "first" else "-pk")
        if queryset._result_cache is not None:
            rows: list[Any] = queryset._result_cache
        else:
            part: Any = queryset[:1]
            if type(part).__iter__ is not QuerySetCore.__iter__:
                rows = list(part)  # a subclass iterates in its own way
            else:
                rows = yield from part._fetch_steps()
        return rows[0] if rows else None

    def first(self) -> _Row | None:
        """Return the first object, by key if there is no ordering; `None` if there is none."""
        return run(self._edge_steps("first"), self.db, name="first", twin="afirst")

    async def afirst(self) -> _Row | None:
        """Return the first object; see `first`."""
        return await arun(self._edge_steps("first"), self.db)

    def last(self) -> _Row | None:
        """Return the last object, by key if there is no ordering; `None` if there is none."""
        return run(self._edge_steps("last"), self.db, name="last", twin="alast")

    async def alast(self) -> _Row | None:
        """Return the last object; see `last`."""
        return await arun(self._edge_steps("last"), self.db)

    def _earliest_steps(self, *fields: Any) -> Steps[_Row]:
        order_by: Any = fields
        if not fields:
            order_by = self.model._meta.get_latest_by
            if order_by and not isinstance(order_by, (tuple, list)):
                order_by = (order_by,)
        if order_by is None:
            raise ValueError(
                "earliest() and latest() require either fields as positional "
                "arguments or 'get_latest_by' in the model's Meta."
            )
        clone = self._chain()
        clone.query.set_limits(high=1)
        clone.query.clear_ordering(force=True)
        clone.query.add_ordering(*order_by)
        return (yield from clone._get_steps())

    def _check_unsliced(self) -> None:
        if self.query.is_sliced:
            raise TypeError("Cannot change a query once a slice has been taken.")

    def earliest(self, *fields: Any) -> _Row:
        """Return the first object by these fields, or by `Meta.get_latest_by`."""
        self._check_unsliced()
        return run(self._earliest_steps(*fields), self.db, name="earliest", twin="aearliest")

    async def aearliest(self, *fields: Any) -> _Row:
        """Return the first object by these fields; see `earliest`."""
        self._check_unsliced()
        return await arun(self._earliest_steps(*fields), self.db)

    def latest(self, *fields: Any) -> _Row:
        """Return the last object by these fields, or by `Meta.get_latest_by`."""
        self._check_unsliced()
        steps = self.reverse()._earliest_steps(*fields)
        return run(steps, self.db, name="latest", twin="alatest")

    async def alatest(self, *fields: Any) -> _Row:
        """Return the last object by these fields; see `latest`."""
        self._check_unsliced()
        return await arun(self.reverse()._earliest_steps(*fields), self.db)

    # -- questions about all rows ------------------------------------------------------

    def _count_steps(self) -> Steps[int]:
        if self._result_cache is not None:
            return len(self._result_cache)
        if self._shape is not None and not self._shape.sliced:
            planned = self._plan_statement("count", self.db)
            if planned is not None:
                result = yield planned[1]
                return int(result.rows[0][0])
        return (yield from self.query.get_count_steps(using=self.db))  # type: ignore[no-any-return]  # operands are dynamic

    def count(self) -> int:
        """Return the number of rows."""
        if self._result_cache is not None:
            return len(self._result_cache)
        return run(self._count_steps(), self.db, name="count", twin="acount")

    async def acount(self) -> int:
        """Return the number of rows."""
        return await arun(self._count_steps(), self.db)

    def _exists_steps(self) -> Steps[bool]:
        if self._result_cache is not None:
            return bool(self._result_cache)
        if self._shape is not None and not self._shape.sliced:
            planned = self._plan_statement("exists", self.db)
            if planned is not None:
                result = yield planned[1]
                return bool(result.rows)
        return (yield from self.query.has_results_steps(using=self.db))  # type: ignore[no-any-return]  # operands are dynamic

    def exists(self) -> bool:
        """Tell whether there is any row."""
        if self._result_cache is not None:
            return bool(self._result_cache)
        return run(self._exists_steps(), self.db, name="exists", twin="aexists")

    async def aexists(self) -> bool:
        """Tell whether there is any row."""
        return await arun(self._exists_steps(), self.db)

    def _contains_steps(self, obj: Any) -> Steps[bool]:
        self._not_support_combined_queries("contains")
        if self._fields is not None:
            raise TypeError("Cannot call QuerySet.contains() after .values() or .values_list().")
        try:
            other = obj._meta.concrete_model
        except AttributeError:
            raise TypeError("'obj' must be a model instance.") from None
        if other != self.model._meta.concrete_model:
            return False
        if not obj._is_pk_set():
            raise ValueError("QuerySet.contains() cannot be used on unsaved objects.")
        if self._result_cache is not None:
            return obj in self._result_cache
        return (yield from self.filter(pk=obj.pk)._exists_steps())

    def contains(self, obj: Any) -> bool:
        """Tell whether the object is among the rows."""
        return run(self._contains_steps(obj), self.db, name="contains", twin="acontains")

    async def acontains(self, obj: Any) -> bool:
        """Tell whether the object is among the rows."""
        return await arun(self._contains_steps(obj), self.db)

    def _aggregate_steps(self, *args: Any, **kwargs: Any) -> Steps[dict[str, Any]]:
        if self._shape is None and self.query.distinct_fields:
            raise NotImplementedError("aggregate() + distinct(fields) not implemented.")
        self._validate_values_are_expressions((*args, *kwargs.values()), method_name="aggregate")
        for arg in args:
            try:
                name = arg.default_alias
            except (AttributeError, TypeError):
                raise TypeError("Complex aggregates require an alias") from None
            kwargs[name] = arg
        if self._shape is not None and kwargs and not self._shape.sliced:
            planned = self._planned_aggregates(kwargs)
            if planned is not None:
                plan, statement = planned
                result = yield statement
                return plan.aggregates(result.rows[0])  # type: ignore[no-any-return]  # operands are dynamic
        return (yield from self.query.chain().get_aggregation_steps(self.db, kwargs))  # type: ignore[no-any-return]  # operands are dynamic

    def _planned_aggregates(self, expressions: dict[str, Any]) -> tuple[Any, Statement] | None:
        found = annotations_key("aggregate", expressions)
        if found is None:
            return None
        following = self._shape.after(
            found, apply_aggregates, lambda: annotations_static(expressions)
        )
        if following is None:
            return None
        return self._shape_statement(following, "aggregate", found[1])

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return aggregates over all rows, by name.

        Args:
            *args: Aggregates of one field, which name themselves.
            **kwargs: Aggregates and expressions over them.
        """
        steps = self._aggregate_steps(*args, **kwargs)
        return run(steps, self.db, name="aggregate", twin="aaggregate")

    async def aaggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return aggregates over all rows; see `aggregate`."""
        return await arun(self._aggregate_steps(*args, **kwargs), self.db)

    def explain(self, *, format: str | None = None, **options: Any) -> str:
        """Return how the database would run the query.

        Args:
            format: The output's format, one the database knows.
            **options: The database's own options.
        """
        steps = self.query.explain_steps(using=self.db, format=format, **options)
        return cast("str", run(steps, self.db, name="explain", twin="aexplain"))

    async def aexplain(self, *, format: str | None = None, **options: Any) -> str:
        """Return how the database would run the query; see `explain`."""
        steps = self.query.explain_steps(using=self.db, format=format, **options)
        return cast("str", await arun(steps, self.db))

    # -- many rows ---------------------------------------------------------------------

    def _chunked_fetch(self) -> bool:
        settings_dict = connections[self.db].settings_dict
        return not settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")

    def iterator(self, chunk_size: int | None = None) -> Iterator[_Row]:
        """Return the rows one by one, without keeping them.

        Args:
            chunk_size: Rows read at once (2,000 if absent); needed after `prefetch_related()`.
        """
        if chunk_size is None:
            if self._prefetch_related_lookups:
                raise ValueError(
                    "chunk_size must be provided when using QuerySet.iterator() after "
                    "prefetch_related()."
                )
        elif chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        return self._iterate(chunk_size or _DEFAULT_CHUNK_SIZE)

    def _iterate(self, chunk_size: int) -> Iterator[_Row]:
        from fastjango.orm.query.prefetch import prefetch_related_objects

        kind = self._iterable_class
        if getattr(kind, "iterates_itself", True):
            check_iteration(kind, "__iter__", "__aiter__")
            rows = kind(self, chunked_fetch=self._chunked_fetch(), chunk_size=chunk_size)
            chunks = _batches(rows, chunk_size)
        else:
            chunks = self._chunks(kind, chunk_size)
        for chunk in chunks:
            if self._prefetch_related_lookups:
                prefetch_related_objects(chunk, *self._prefetch_related_lookups)
            yield from chunk

    async def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[_Row]:
        """Return the rows one by one, without keeping them; see `iterator`."""
        from fastjango.orm.query.prefetch import aprefetch_related_objects

        if chunk_size is not None and chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        size = chunk_size or _DEFAULT_CHUNK_SIZE
        kind = self._iterable_class
        if getattr(kind, "iterates_itself", True):
            check_iteration(kind, "__aiter__", "__iter__")
            rows = kind(self, chunked_fetch=self._chunked_fetch(), chunk_size=size)
            chunks = _abatches(rows, size)
        else:
            chunks = self._achunks(kind, size)
        async for chunk in chunks:
            if self._prefetch_related_lookups:
                await aprefetch_related_objects(chunk, *self._prefetch_related_lookups)
            for item in chunk:
                yield item

    def in_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, _Row]:
        """Return objects by key.

        Args:
            id_list: The keys; all rows if absent.
            field_name: A unique field that is the key.
        """
        steps = keyed_steps(self, id_list, field_name)
        return run(steps, self.db, name="in_bulk", twin="ain_bulk")

    async def ain_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, _Row]:
        """Return objects by key; see `in_bulk`."""
        return await arun(keyed_steps(self, id_list, field_name), self.db)

    # -- questions about the ordering --------------------------------------------------

    @property
    def ordered(self) -> bool:
        """Whether the rows come in a defined order."""
        if isinstance(self, EmptyQuerySet):
            return True
        query = described(self)
        if query.extra_order_by or query.order_by:
            return True
        # A default ordering does not apply to groups.
        return bool(query.default_ordering and query.get_meta().ordering and not query.group_by)

    @property
    def totally_ordered(self) -> bool:
        """Whether the order of the rows is the same each time: it ends in something unique."""
        return self.ordered and is_total(self.query)


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


async def _abatches(rows: AsyncIterable[Any], size: int) -> AsyncIterator[list[Any]]:
    batch: list[Any] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
