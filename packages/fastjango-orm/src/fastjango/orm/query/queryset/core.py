"""The life of a queryset: evaluation, iteration, slicing, pickling, conditions."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Generic, Self, cast, overload

from fastjango.orm.engine.runner import arun, astream, run, stream
from fastjango.orm.engine.statement import Call, Statement
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.constants import REPR_OUTPUT_SIZE
from fastjango.orm.query.iterables import check_iteration
from fastjango.orm.query.queryset.planning import Planning, inits_listened
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

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


class QuerySetCore(Planning[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that every other part rests on."""

    # -- pickling ----------------------------------------------------------------------

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
            kind = self._iterable_class
            own = getattr(kind, "iterates_itself", True)
            read = self._own_rows_steps if own else self._rows_steps
            self._result_cache = yield from read(kind)
        if self._prefetch_related_lookups and not self._prefetch_done:
            from fastjango.orm.query.prefetch import prefetch_steps

            yield from prefetch_steps(self._result_cache, *self._prefetch_related_lookups)
            self._prefetch_done = True
        return self._result_cache

    def _rows_steps(self, iterable_class: Any) -> Steps[list[Any]]:
        """Read the rows as the class decodes them; it does not iterate in its own way."""
        if self._shape is not None:
            alias = self.db
            statement = self._plan_statement("rows", alias)
            if statement is not None:
                plan, step = statement
                rows = (yield step).rows
                return self._plan_decoder(plan, alias, iterable_class)(rows) if rows else []
        return (yield from self._compiled_rows_steps(iterable_class))

    def _compiled_rows_steps(self, iterable_class: Any) -> Steps[list[Any]]:
        """Read the rows as the class decodes them, without plans, which know no such decoder."""
        compiler = self.query.get_compiler(using=self.db)
        rows = yield from compiler.execute_steps()
        return iterable_class.decoder(self, compiler)(rows) if rows else []

    def _own_rows_steps(self, iterable_class: Any) -> Steps[list[Any]]:
        """Read by a class that iterates in its own way, which asks the database by itself."""

        def read() -> list[Any]:
            check_iteration(iterable_class, "__iter__", "__aiter__")
            return list(iterable_class(self))

        async def aread() -> list[Any]:
            check_iteration(iterable_class, "__aiter__", "__iter__")
            return [item async for item in iterable_class(self)]

        if hasattr(iterable_class, "__aiter__"):
            rows = yield Call(read, aread)
        else:
            rows = yield Call(lambda: list(iterable_class(self)))
        return cast("list[Any]", rows)

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
        """Read the rows as the class decodes them, for its iteration."""
        read = self._compiled_rows_steps if iterable_class.iterates_itself else self._rows_steps
        return run(read(iterable_class), self.db, name="iterator", twin="aiterator")

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
        if self._shape is not None and isinstance(k, slice):
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

    # -- helpers of operations ---------------------------------------------------------

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


class _EmptyMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, QuerySetCore) and (
            cast("Any", instance)._shape is None and cast("Any", instance).query.is_empty()
        )


class EmptyQuerySet(metaclass=_EmptyMeta):
    """What `isinstance(queryset.none(), EmptyQuerySet)` asks for; never instantiated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("EmptyQuerySet can't be instantiated")
