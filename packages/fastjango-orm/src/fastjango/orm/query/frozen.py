"""The structure of conditions and expressions apart from their values, for plans.

`measure` walks a condition, an expression or a subquery and gives what its SQL depends on (the
key) and the values that SQL has placeholders for. `rebuild` walks the same thing and makes an
equal one around other values, or around slots. Both visit the values in the same order.

A constant is a value where it is the right side of a lookup or stands in a `Value`; anywhere else
(a length, a precision, a path) it is part of the key. Classes of the user's own are not looked
into: a queryset that holds one is compiled each time.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any, Final

from fastjango.orm.query.expressions import (
    Exists,
    Expression,
    F,
    OrderBy,
    OuterRef,
    Subquery,
    Value,
    When,
)
from fastjango.orm.query.expressions.subqueries import Recorded
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.q import Q
from fastjango.orm.query.slots import Slot, Unplannable
from fastjango.orm.query.slotvalues import SlotValue
from fastjango.values.hashable import make_hashable

__all__ = [
    "LISTS",
    "MAX_LIST",
    "SCALARS",
    "Hole",
    "hole",
    "list_class",
    "measure",
    "measure_lookup",
    "rebuild",
    "rebuild_lookup",
]

MAX_LIST: Final = 512
"""Longest list that is part of a plan."""

MAX_KEY: Final = 4096
"""Longest key: what is longer is hardly seen twice."""

SCALARS: Final = frozenset(
    {
        int,
        str,
        float,
        bytes,
        Decimal,
        uuid.UUID,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
    }
)
LISTS: Final = frozenset({list, tuple, set, frozenset})

_OURS: Final = "fastjango.orm.query."
_FIELDS: Final = "fastjango.orm.fields"
_PLAIN: Final = frozenset({int, str, bool, type(None)})
_CONDITION: Final = frozenset({"condition", "then"})

Take = Any
"""A function without arguments that gives the next value, slot or hole."""


class Hole:
    """Stands where a value was taken out."""

    __slots__ = ()


HOLE: Final = Hole()


def list_class(value: Any) -> int:
    """Return how many parameters a list gets: the next power of two; 0 if it is no list."""
    if type(value) not in LISTS:
        return 0
    return 1 << (len(value) - 1).bit_length() if value else 0


# -- measuring -------------------------------------------------------------------------


def measure(operand: Any, key: list[Any], values: list[Any]) -> None:
    """Append what tells an expression or condition from others, and its values.

    Raises:
        Unplannable: Something in it is not known to depend on its parts alone.
    """
    kind = type(operand)
    if kind is F or kind is OuterRef:
        key += (kind, operand.name)
    elif kind is Value:
        _measure_value(operand, key, values)
    elif kind is Q:
        key += (Q, operand.connector, operand.negated, len(operand.children))
        for child in operand.children:
            if type(child) is tuple:
                measure_lookup(child[0], child[1], key, values)
            else:
                key.append(None)
                measure(child, key, values)
    elif kind is Subquery or kind is Exists:
        recorded = operand.recorded
        if recorded is None or recorded.values is None:
            raise Unplannable
        key += (kind, operand.template)
        _measure_constant(operand.given_field, key, values)
        _measure_recorded(recorded, key, values)
    elif isinstance(operand, Expression) and kind.__module__.startswith(_OURS):
        _measure_call(operand, key, values)
    elif hasattr(operand, "_plan_values"):
        key.append(Recorded)
        _measure_recorded(Recorded.of(operand), key, values)
    else:
        raise Unplannable
    if len(key) > MAX_KEY:
        raise Unplannable


def _measure_value(operand: Any, key: list[Any], values: list[Any]) -> None:
    value = operand.value
    kind = type(value)
    if kind in SCALARS:
        key += (Value, kind)
        values.append(value)
    elif value is None or kind is bool:
        key += (Value, value)
    else:
        raise Unplannable
    _measure_constant(_field_given(operand), key, values)


def _field_given(operand: Any) -> Any:
    args, kwargs = operand._constructor_args
    return args[1] if len(args) > 1 else kwargs.get("output_field")


def _measure_recorded(recorded: Recorded | None, key: list[Any], values: list[Any]) -> None:
    if recorded is None or recorded.values is None:
        raise Unplannable
    key += (recorded.shape, recorded.limits, recorded.db)
    values.extend(recorded.values)


def _measure_call(operand: Any, key: list[Any], values: list[Any]) -> None:
    if operand.is_copied:
        raise Unplannable  # its parts may be others than those it was made with
    args, kwargs = operand._constructor_args
    kind = type(operand)
    key += (kind, len(args), tuple(kwargs))
    for argument in args:
        _measure_constant(argument, key, values)
    for name, argument in kwargs.items():
        if kind is When and name not in _CONDITION:
            measure_lookup(name, argument, key, values)
        else:
            _measure_constant(argument, key, values)
    if kind is OrderBy:  # may have been turned round since
        key += (operand.descending, operand.nulls_first, operand.nulls_last)


def _measure_constant(value: Any, key: list[Any], values: list[Any]) -> None:
    """Append an argument of an expression: another expression, or a constant."""
    kind: Any = type(value)
    if kind in _PLAIN:
        key += (kind, value)
    elif hasattr(value, "resolve_expression") and not isinstance(value, type):
        measure(value, key, values)
    elif kind in SCALARS or isinstance(value, enum.Enum):
        key += (kind, repr(value))  # 1.0 and 1.00 are equal, and not the same
    elif kind is list or kind is tuple:
        members: Any = value
        key += (kind, len(members))
        for member in members:
            _measure_constant(member, key, values)
    elif isinstance(value, fields.Field) and kind.__module__.startswith(_FIELDS):
        key += (kind, value if hasattr(value, "model") else make_hashable(value.deconstruct()[2:]))
    elif isinstance(value, type):
        key.append(value)
    else:
        raise Unplannable


def measure_lookup(name: str, value: Any, key: list[Any], values: list[Any]) -> None:
    """Append a lookup's name and what tells its right side from others.

    Raises:
        Unplannable: The right side cannot be part of a plan.
    """
    kind = type(value)
    key.append(name)
    if kind in SCALARS:
        key.append(kind)
        values.append(value)
    elif value is None or kind is bool:
        key.append(value)
    elif kind in LISTS:
        key.append(_list_key(name, value))
        values.append(value)
    elif hasattr(kind, "_meta"):
        key.append(kind)
        values.append(value)
    else:
        key.append(None)
        measure(value, key, values)


def _list_key(name: str, value: Any) -> tuple[Any, ...]:
    if not name.endswith(("__in", "__range")) or not 0 < len(value) <= MAX_LIST:
        raise Unplannable
    kinds = set(map(type, value))
    if len(kinds) != 1:
        raise Unplannable
    (kind,) = kinds
    if kind not in SCALARS and not hasattr(kind, "_meta"):
        raise Unplannable
    if name.endswith("__range"):
        if len(value) != 2 or kind not in SCALARS:
            raise Unplannable
        return tuple, 2, kind
    return list, list_class(value), kind


# -- rebuilding ------------------------------------------------------------------------


def hole() -> Hole:
    """Give nothing: with this, `rebuild` takes the values out."""
    return HOLE


def rebuild(operand: Any, take: Take) -> Any:
    """Return an equal expression or condition around other values.

    Args:
        operand: What `measure` accepted, with its values or without them.
        take: Gives the values, or slots, in the order of `measure`; or is `hole`.
    """
    kind = type(operand)
    if kind is F or kind is OuterRef:
        return operand
    if kind is Value:
        return _rebuild_value(operand, take)
    if kind is Q:
        children = [
            (child[0], rebuild_lookup(child[1], take))
            if type(child) is tuple
            else rebuild(child, take)
            for child in operand.children
        ]
        return Q.create(children, operand.connector, operand.negated)
    if kind is Subquery or kind is Exists:
        return _rebuild_subquery(operand, take)
    if not isinstance(operand, Expression):
        recorded = _rebuild_recorded(operand if kind is Recorded else Recorded.of(operand), take)
        return recorded if recorded.values is None else recorded.make_query(for_lookup=True)
    return _rebuild_call(operand, take)


def _rebuild_call(operand: Any, take: Take) -> Any:
    args, kwargs = operand._constructor_args
    kind: Any = type(operand)
    new_args = [_rebuild_constant(argument, take) for argument in args]
    new_kwargs = {
        name: rebuild_lookup(argument, take)
        if kind is When and name not in _CONDITION
        else _rebuild_constant(argument, take)
        for name, argument in kwargs.items()
    }
    made: Any = kind(*new_args, **new_kwargs)
    if isinstance(operand, OrderBy):
        made.descending = operand.descending
        made.nulls_first, made.nulls_last = operand.nulls_first, operand.nulls_last
    return made


def _rebuild_value(operand: Any, take: Take) -> Any:
    kind = type(operand.value)
    if kind not in SCALARS and kind is not Hole:
        return operand
    value = take()
    field = _field_given(operand)
    return SlotValue(value, field) if type(value) is Slot else Value(value, field)


def _rebuild_subquery(operand: Any, take: Take) -> Any:
    recorded = _rebuild_recorded(operand.recorded, take)
    options: dict[str, Any] = {}
    if operand.template != type(operand).template:
        options["template"] = operand.template
    if type(operand) is Subquery:
        options["output_field"] = operand.given_field
    return type(operand)(recorded, **options)


def _rebuild_recorded(recorded: Any, take: Take) -> Recorded:
    values = None
    if take is not hole:
        values = tuple([take() for _ in range(recorded.shape.count)])
    return Recorded(recorded.shape, values, recorded.limits, recorded.db)


def _rebuild_constant(value: Any, take: Take) -> Any:
    kind = type(value)
    if kind is list or kind is tuple:
        return kind([_rebuild_constant(member, take) for member in value])
    if kind is Recorded or (hasattr(value, "resolve_expression") and not isinstance(value, type)):
        return rebuild(value, take)
    return value


def rebuild_lookup(value: Any, take: Take) -> Any:
    """Return a lookup's right side with another value in its place."""
    kind = type(value)
    if kind is Hole or kind in SCALARS or kind in LISTS or hasattr(kind, "_meta"):
        return take()
    if value is None or kind is bool:
        return value
    return rebuild(value, take)
