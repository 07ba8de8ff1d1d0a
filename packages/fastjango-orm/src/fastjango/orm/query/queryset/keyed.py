"""Rows by the value of a unique field, whatever the rows become."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.handler import connections
from fastjango.orm.query.iterables import (
    FlatValuesListIterable,
    ModelIterable,
    NamedValuesListIterable,
    ValuesIterable,
    ValuesListIterable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastjango.orm.engine.statement import Steps

__all__ = ["keyed_steps"]


def _same(row: Any) -> Any:
    return row


def _check_key(queryset: Any, name: str) -> None:
    meta = queryset.model._meta
    if name == "pk" or meta.get_field(name).unique or queryset.query.distinct_fields == (name,):
        return
    if all(constraint.fields != (name,) for constraint in meta.total_unique_constraints):
        raise ValueError(f"in_bulk()'s field_name must be a unique field but {name!r} isn't.")


def _with_key(queryset: Any, name: str) -> tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]:
    """Return a queryset whose rows hold the key, and how to read key and result of a row."""
    query = queryset.query
    selected = tuple(
        query.selected or (*query.extra_select, *query.values_select, *query.annotation_select)
    )
    kind = queryset._iterable_class
    if issubclass(kind, ModelIterable):
        return queryset, attrgetter(name), _same
    if issubclass(kind, ValuesIterable):
        if name in query.values_select:
            return queryset, itemgetter(name), _same

        def without_key(row: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in row.items() if key != name}

        return queryset.values(name, *selected), itemgetter(name), without_key
    if issubclass(kind, ValuesListIterable):
        if name in selected:
            return queryset, itemgetter(selected.index(name)), _same
        if issubclass(kind, NamedValuesListIterable):
            return queryset.values_list(name, *selected, named=True), itemgetter(0), _same
        return queryset.values_list(name, *selected), itemgetter(0), itemgetter(slice(1, None))
    if issubclass(kind, FlatValuesListIterable):
        if query.values_select == (name,):
            return queryset, _same, _same
        return queryset.values_list(name, *selected), itemgetter(0), itemgetter(1)
    raise TypeError(f"in_bulk() cannot be used with {kind.__name__}.")


def keyed_steps(queryset: Any, keys: Iterable[Any] | None, name: str) -> Steps[dict[Any, Any]]:
    """Read the rows of a queryset by a key.

    Args:
        queryset: The queryset.
        keys: The keys to look for; all rows if absent.
        name: The unique field that is the key.

    Raises:
        TypeError: The queryset is sliced, or its rows have no parts to take a key from.
        ValueError: The field is not unique.
    """
    if queryset.query.is_sliced:
        raise TypeError("Cannot use 'limit' or 'offset' with in_bulk().")
    wanted = None if keys is None else tuple(keys)
    if wanted == ():
        return {}
    _check_key(queryset, name)
    queryset, get_key, get_row = _with_key(queryset, name)
    rows: list[Any] = []
    if wanted is None:
        rows = yield from queryset._chain()._fetch_steps()
    else:
        ops = connections[queryset.db].ops
        size = ops.bulk_batch_size([queryset.model._meta.pk], wanted) or len(wanted)
        for offset in range(0, len(wanted), size):
            part = queryset.filter(**{f"{name}__in": wanted[offset : offset + size]})
            rows.extend((yield from part._fetch_steps()))
    return {get_key(row): get_row(row) for row in rows}
