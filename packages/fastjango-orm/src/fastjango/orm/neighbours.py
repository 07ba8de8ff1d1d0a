"""The objects before and after one: by a date field, or in `order_with_respect_to`."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

__all__ = ["next_or_previous_by_date", "next_or_previous_in_order"]


def next_or_previous_by_date(
    obj: Any, field: Any, is_next: bool, conditions: dict[str, Any]
) -> Any:
    """The object with the next or previous value of a field; equal values go by key.

    Args:
        conditions: Lookups that the other object must meet.

    Raises:
        DoesNotExist: There is none.
        ValueError: `obj` is not saved.
    """
    from .query.q import Q

    if not obj._is_pk_set():
        raise ValueError("get_next/get_previous cannot be used on unsaved objects.")
    op, sign = ("gt", "") if is_next else ("lt", "-")
    value = getattr(obj, field.attname)
    same: Any = Q.create([(field.name, value), (f"pk__{op}", obj.pk)], connector=Q.AND)
    beyond: Any = Q.create([same, (f"{field.name}__{op}", value)], connector=Q.OR)
    manager: Any = obj.__class__._default_manager
    rows = manager.using(obj._state.db).filter(**conditions).filter(beyond)
    found = list(rows.order_by(f"{sign}{field.name}", f"{sign}pk")[:1])
    if not found:
        raise obj.DoesNotExist(f"{obj._meta.object_name} matching query does not exist.")
    return found[0]


def next_or_previous_in_order(obj: Any, is_next: bool) -> Any:
    """The object with the next or previous place of `order_with_respect_to`; asked for once.

    Raises:
        DoesNotExist: There is none.
    """
    cache = f"__{is_next}_order_cache"
    if cache not in obj.__dict__:
        op, order = ("gt", "_order") if is_next else ("lt", "-_order")
        opts: Any = obj._meta
        manager: Any = obj.__class__._default_manager
        condition = opts.order_with_respect_to.get_filter_kwargs_for_object(obj)
        mine = manager.values("_order").filter(**{opts.pk.name: obj.pk})
        rows = manager.filter(**condition).filter(**{f"_order__{op}": mine})
        obj.__dict__[cache] = rows.order_by(order)[:1].get()
    return obj.__dict__[cache]
