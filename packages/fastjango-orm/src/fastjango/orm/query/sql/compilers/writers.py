# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values may be anything; narrowing one leaves its parts unknown.
"""Values of objects as the driver wants them, the usual kinds without a call per value."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from fastjango.orm.query.fieldtypes import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ColumnArray",
    "column_arrays",
    "column_writer",
    "plain_values",
    "unnested",
]

_FIELDS: Final = "fastjango.orm.fields"
_MISSING: Final = object()

# Values of these types are stored as they are by fields of these classes.
_UNCHANGED: Final[tuple[tuple[str, frozenset[type[Any]]], ...]] = (
    ("IntegerField", frozenset({int, type(None)})),
    ("CharField", frozenset({str, type(None)})),
    ("TextField", frozenset({str, type(None)})),
    ("BooleanField", frozenset({bool, type(None)})),
    ("FloatField", frozenset({float, type(None)})),
)

_writers: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _unchanged_types(field: Any) -> frozenset[type[Any]]:
    """Return the types of values that the field stores as they are."""
    from fastjango.orm.fields.columns import column_field

    target = column_field(field)
    for candidate in (field, target):
        if not type(candidate).__module__.startswith(_FIELDS):
            return frozenset()
    for name, types in _UNCHANGED:
        if isinstance(target, getattr(fields, name)):
            return types
    return frozenset()


def column_writer(field: Any, raw: bool) -> tuple[str, Any, frozenset[type[Any]], Any] | None:
    """Return how a field's values are written, `None` if it takes more than a value.

    Args:
        field: The field.
        raw: Whether attributes are taken as they are, without `pre_save`.

    Returns:
        The attribute, the `pre_save` to call (or `None`), types stored unchanged, the field.
    """
    found = _writers.get(field)
    if found is None or found[0] is not type(field).pre_save:
        plain = not field.has_db_default() and not hasattr(field, "get_placeholder_sql")
        own = type(field).pre_save
        pre_save = None if own is fields.Field.pre_save else field.pre_save
        writer = (field.attname, pre_save, _unchanged_types(field), field) if plain else None
        found = _writers[field] = (own, writer)
    writer = found[1]
    if raw and writer is not None and writer[1] is not None:
        return writer[0], None, writer[2], field
    return writer


def _plain_columns(objs: Sequence[Any], writers: Sequence[Any]) -> list[list[Any]] | None:
    """Return each column's values, `None` if some must be looked at one by one."""
    rows = [obj.__dict__ for obj in objs]
    columns: list[list[Any]] = []
    try:
        for attname, _, unchanged, _ in writers:
            column = [row[attname] for row in rows]
            if not unchanged.issuperset(map(type, column)):
                return None
            columns.append(column)
    except KeyError:
        return None
    return columns


def plain_values(objs: Sequence[Any], writers: Sequence[Any], connection: Any) -> list[Any] | None:
    """Return the values of all objects, row after row.

    Returns:
        The values, or `None` if one of them is an expression.
    """
    if all(writer[1] is None for writer in writers):
        columns = _plain_columns(objs, writers)
        if columns is not None:
            return list(chain.from_iterable(zip(*columns, strict=True)))
    values: list[Any] = []
    append = values.append
    for obj in objs:
        state = obj.__dict__
        for attname, pre_save, unchanged, field in writers:
            if pre_save is not None:
                value = pre_save(obj, True)
            else:
                value = state.get(attname, _MISSING)
                if value is _MISSING:
                    value = getattr(obj, attname)
            if type(value) not in unchanged:
                if hasattr(value, "resolve_expression"):
                    return None
                value = field.get_db_prep_save(value, connection=connection)
                if hasattr(value, "as_sql"):
                    return None
            append(value)
    return values


class ColumnArray(list[Any]):
    """All values of a column: one parameter.

    Attributes:
        pg_type: PostgreSQL's type of the array.
    """

    __slots__ = ("pg_type",)

    pg_type: str


def unnested(types: Sequence[str]) -> str:
    """Write the rows that arrays of these types hold, a column in each."""
    arrays = ", ".join(f"(%s)::{array}" for array in types)
    return f"SELECT * FROM UNNEST({arrays})"


def column_arrays(values: Sequence[Any], types: Sequence[str]) -> list[ColumnArray]:
    """Return the values of rows, one after the other, as one array for each column."""
    width = len(types)
    arrays: list[ColumnArray] = []
    for index, array_type in enumerate(types):
        array = ColumnArray(values[index::width])
        array.pg_type = array_type
        arrays.append(array)
    return arrays
