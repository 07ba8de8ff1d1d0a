"""What the rows of a queryset become: instances, dictionaries, tuples, single values."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import functools
from collections import namedtuple
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.query.constants import GET_ITERATOR_CHUNK_SIZE, SORTING_ALIAS
from fastjango.orm.query.decoders import instance_decoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from fastjango.orm.query.decoders import Decoder

__all__ = [
    "BaseIterable",
    "FlatValuesListIterable",
    "ModelIterable",
    "NamedValuesListIterable",
    "ValuesIterable",
    "ValuesListIterable",
    "check_iteration",
]


class BaseIterable:
    """The results of a queryset, in chunks.

    A subclass says with `decoder()` what rows become, or iterates in its own way: with an
    `__iter__()` that asks `super().__iter__()`, and an `__aiter__()` for asynchronous code.

    Args:
        queryset: The queryset.
        chunked_fetch: Whether rows stay with the server until they are needed.
        chunk_size: How many rows to read at once.
    """

    iterates_itself: ClassVar[bool] = False
    """Whether results come by the class's own iteration: decoded rows are not all of it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.iterates_itself = not (
            cls.__iter__ is BaseIterable.__iter__ and cls.__aiter__ is BaseIterable.__aiter__
        )

    def __init__(
        self,
        queryset: Any,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> None:
        self.queryset = queryset
        self.chunked_fetch = chunked_fetch
        self.chunk_size = chunk_size

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the function from driver rows to results.

        Args:
            queryset: The queryset.
            compiler: Its compiler, after it has written the statement.
        """
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        if not self.chunked_fetch:
            yield from self.queryset._chain()._evaluated(type(self))
            return
        for chunk in self.queryset._chunks(type(self), self.chunk_size):
            yield from chunk

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self.queryset._achunks(type(self), self.chunk_size):
            for item in chunk:
                yield item


def check_iteration(kind: Any, name: str, twin: str) -> None:
    """Refuse a class that iterates in its own way on the other edge only.

    Args:
        kind: The class that results come by.
        name: The method that this edge calls: `"__iter__"` or `"__aiter__"`.
        twin: The method that the other edge calls.

    Raises:
        TypeError: The results would lack what the class does in the other method.
    """
    if getattr(kind, name, None) is getattr(BaseIterable, name):
        edge = "asynchronous" if name == "__aiter__" else "synchronous"
        raise TypeError(
            f"{kind.__name__} has an {twin}() of its own, which {edge} code does not call. "
            f"Write {name}() too."
        )


class ModelIterable(BaseIterable):
    """Instances of the model."""

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the generated decoder."""
        return instance_decoder(
            compiler, queryset.db, queryset._fetch_mode, queryset._known_related_objects
        )


def _value_rows(compiler: Any) -> Any:
    """Return the function from driver rows to rows of Python values."""
    expressions = compiler.selected_expressions()
    converters = compiler.get_converters(expressions)
    is_composite = compiler.has_composite_fields(expressions)
    if not is_composite and not converters:
        return None

    def convert(rows: Sequence[Any]) -> list[Any]:
        converted: Any = compiler.apply_converters(rows, converters) if converters else rows
        if is_composite:
            converted = compiler.composite_fields_to_tuples(converted, expressions)
        return list(converted)

    return convert


def _names(query: Any) -> list[str]:
    if query.selected:
        # What a set operation selects only to sort by it comes last, and is nobody's.
        return [name for name in query.selected if not name.startswith(SORTING_ALIAS)]
    return [*query.extra_select, *query.values_select, *query.annotation_select]


class ValuesIterable(BaseIterable):
    """A dictionary for each row."""

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the function that pairs names and values."""
        names = _names(queryset.query)
        convert = _value_rows(compiler)

        def decode(rows: Sequence[Any]) -> list[Any]:
            values = rows if convert is None else convert(rows)
            return [dict(zip(names, row, strict=False)) for row in values]

        return decode


class ValuesListIterable(BaseIterable):
    """A tuple for each row."""

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the function that makes tuples."""
        convert = _value_rows(compiler)
        selected = queryset.query.selected
        if selected and len(names := _names(queryset.query)) < len(selected):
            width = len(names)
            return lambda rows: [
                tuple(row[:width]) for row in (rows if convert is None else convert(rows))
            ]
        if convert is None:
            return lambda rows: list(map(tuple, rows))
        return lambda rows: list(map(tuple, convert(rows)))


def _named_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Rebuild a pickled row."""
    return _row_class(*names)(*values)


def _reduce_row(row: Any) -> Any:
    return _named_row, (row._fields, tuple(row))


@functools.lru_cache(maxsize=512)
def _row_class(*names: str) -> Any:
    row_class = namedtuple("Row", names)  # type: ignore[misc]  # pyright: ignore[reportUntypedNamedTuple]
    row_class.__reduce__ = _reduce_row  # type: ignore[method-assign, assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return row_class


class NamedValuesListIterable(ValuesListIterable):
    """A named tuple for each row."""

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the function that makes named tuples."""
        tuples = super().decoder(queryset, compiler)
        row_class = _row_class(*(queryset._fields or _names(queryset.query)))
        make = functools.partial(tuple.__new__, row_class)
        return lambda rows: list(map(make, tuples(rows)))


class FlatValuesListIterable(BaseIterable):
    """One value for each row."""

    @classmethod
    def decoder(cls, queryset: Any, compiler: Any) -> Decoder:
        """Return the function that takes the first value."""
        convert = _value_rows(compiler)
        if convert is None:
            return lambda rows: [row[0] for row in rows]
        return lambda rows: [row[0] for row in convert(rows)]
