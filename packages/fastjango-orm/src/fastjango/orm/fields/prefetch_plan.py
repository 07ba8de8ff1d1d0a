"""What a relation hands to prefetching."""

# Managers and models are known at run time only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

__all__ = [
    "PrefetchPlan",
    "PrefetchedPattern",
    "check_one_queryset",
    "filter_prefetch_queryset",
    "planned_prefetch",
    "prefetched_pattern",
]

# Class and state of a queryset with prefetched objects, and the attribute of the instance that
# narrowing it to the instance takes, if it takes no more than one.
PrefetchedPattern = tuple[type[Any], dict[str, Any], str | None]


class PrefetchPlan(tuple[Any, ...]):
    """A queryset and how its objects belong to the instances, as a tuple of six.

    Items: queryset, value of a related object, value of an instance, whether there is one related
    object at most, cache name, whether the cache name is a descriptor's.

    Attributes:
        on_loaded: To be called with the objects once they are fetched; sets the caches of the
            other side. The queryset is not evaluated here, so that both edges can fetch it.
    """

    on_loaded: Callable[[list[Any]], None]

    def __new__(
        cls, items: tuple[Any, ...], on_loaded: Callable[[list[Any]], None]
    ) -> PrefetchPlan:
        plan = super().__new__(cls, items)
        plan.on_loaded = on_loaded
        return plan


def prefetched_pattern(manager: Any, base: Any, key_name: str | None = None) -> PrefetchedPattern:
    """Describe the querysets that shall hold the prefetched objects of instances.

    Their `_owner` is the instance; with `key_name` a weak reference to it, and its key. If it is
    gone, one that knows its key alone stands in for it.

    Args:
        manager: The manager of one of the instances.
        base: The queryset that each of them would narrow to its instance.
        key_name: The attribute of the instance that this takes, if it takes no more than one.
    """
    # None of these holds the instance whose manager this is.
    model: Any = type(manager.instance)
    manager_class, db = type(manager), manager.instance._state.db

    def narrow(queryset: Any) -> Any:
        owner = queryset._owner
        if key_name is not None:
            reference, key = owner
            owner = reference()
            if owner is None:
                owner = model.from_db(db, [key_name], [key])
        return manager_class(owner)._apply_rel_filters(base._chain())

    state = base.__dict__.copy()
    state.pop("_defer_next_filter", None)
    state.update(_query=None, _shape=None, _deferred_filter=None, _prefetch_done=True)
    state.update(_narrow_later=narrow, _owner=None, _fetch_mode=None, _result_cache=None)
    return cast("type[Any]", base.__class__), state, key_name


def check_one_queryset(querysets: Any) -> None:
    """Refuse several querysets for one relation.

    Raises:
        ValueError: There is more than one.
    """
    if len(querysets) != 1:
        raise ValueError(
            "querysets argument of get_prefetch_querysets() should have a length of 1."
        )


def planned_prefetch(
    queryset: Any, field_name: str, field: Any, instances: Any, select: dict[str, str]
) -> Any:
    """Restrict a queryset to what belongs to instances, by a plan; `None` if it takes more.

    Args:
        queryset: The queryset.
        field_name: The relation to the instances.
        field: The foreign key behind it.
        instances: The instances.
        select: Further columns by name, as SQL.
    """
    if len(field.foreign_related_fields) != 1:
        return None
    (target,) = field.foreign_related_fields
    keys = [getattr(instance, target.attname) for instance in instances]
    if None in keys:
        return None  # an unsaved instance: the error is found the ordinary way
    return queryset._planned_prefetch(field_name, keys, select)


def filter_prefetch_queryset(queryset: Any, field_name: str, instances: Any) -> Any:
    """Restrict a queryset to what belongs to the instances; a slice counts for each of them.

    Raises:
        NotSupportedError: The queryset is sliced and the database has no window functions.
    """
    from fastjango.orm import DEFAULT_DB_ALIAS, connections
    from fastjango.orm.exceptions import NotSupportedError
    from fastjango.orm.query.q import Q

    predicate: Any = Q(**{f"{field_name}__in": instances})
    db = queryset._db or DEFAULT_DB_ALIAS
    query = queryset.query
    if query.is_sliced:
        from fastjango.orm.query.expressions import Window
        from fastjango.orm.query.functions import RowNumber
        from fastjango.orm.query.lookups import GreaterThan, LessThanOrEqual

        if not connections[db].features.supports_over_clause:
            raise NotSupportedError(
                "Prefetching from a limited queryset is only supported on backends that support "
                "window functions."
            )
        low, high = query.low_mark, query.high_mark
        order_by = [expr for expr, _ in query.get_compiler(using=db).get_order_by()]
        number = Window(RowNumber(), partition_by=field_name, order_by=order_by)
        predicate &= GreaterThan(number, low)
        if high is not None:
            predicate &= LessThanOrEqual(number, high)
        query.clear_limits()
    # Joins that are there already must be used again, or the rows would multiply.
    query.add_q(predicate, reuse_all=True)
    return queryset
