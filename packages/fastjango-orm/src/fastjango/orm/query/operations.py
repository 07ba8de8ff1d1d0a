"""What the operations of querysets do to a query, and what tells one such operation from others.

Each `apply_…` changes a query; `static` is what of the operation is no value, `values` are its
values, or slots for them.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.query.filtered import FilteredRelation
from fastjango.orm.query.frozen import (
    LISTS,
    SCALARS,
    hole,
    measure,
    measure_lookup,
    rebuild,
    rebuild_lookup,
)
from fastjango.orm.query.q import Q
from fastjango.orm.query.slots import Slot, Unplannable
from fastjango.orm.query.slotvalues import SlotValue, is_plain_field
from fastjango.orm.query.sql import UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "annotations_key",
    "annotations_static",
    "apply_aggregates",
    "apply_annotations",
    "apply_defer",
    "apply_distinct",
    "apply_expression_order",
    "apply_filter",
    "apply_only",
    "apply_order",
    "apply_prefetch",
    "apply_related",
    "apply_reverse",
    "apply_slice",
    "apply_update",
    "apply_values",
    "filter_key",
    "filter_static",
    "order_key",
    "order_static",
    "prefetch_key",
    "update_key",
    "update_static",
]

Key = tuple[Any, list[Any]]


# -- conditions ------------------------------------------------------------------------


def filter_key(negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key | None:
    """Return what tells a `filter()` from others, and its values; `None` if unplannable."""
    if len(kwargs) == 1 and not args:
        ((name, value),) = kwargs.items()
        kind = type(value)
        if kind in SCALARS:
            return (negate, name, kind), [value]
    key: list[Any] = [negate, len(args)]
    values: list[Any] = []
    try:
        for condition in args:
            measure(condition, key, values)
        for name, value in kwargs.items():
            kind = type(value)
            if kind in SCALARS:
                key += (name, kind)
                values.append(value)
            else:
                measure_lookup(name, value, key, values)
    except Unplannable:
        return None
    return tuple(key), values


def filter_static(negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the part of a `filter()` that is not a value."""
    items = [(name, rebuild_lookup(value, hole)) for name, value in kwargs.items()]
    return negate, [rebuild(condition, hole) for condition in args], items


def apply_filter(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Add the conditions of a `filter()` or `exclude()`."""
    negate, args, items = static
    take = iter(values).__next__
    conditions = [rebuild(condition, take) for condition in args]
    condition = Q(*conditions, **{name: rebuild_lookup(value, take) for name, value in items})
    query.add_q(~condition if negate else condition)


# -- order -----------------------------------------------------------------------------


def order_key(field_names: tuple[Any, ...]) -> Key | None:
    """Return what tells an `order_by()` with expressions from others, and its values."""
    key: list[Any] = ["order_by", None]
    values: list[Any] = []
    try:
        for name in field_names:
            if type(name) is str:
                key.append(name)
            else:
                measure(name, key, values)
    except Unplannable:
        return None
    return tuple(key), values


def order_static(field_names: tuple[Any, ...]) -> Any:
    """Return the part of an `order_by()` that is not a value."""
    return [name if type(name) is str else rebuild(name, hole) for name in field_names]


def apply_expression_order(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Sort by names and expressions."""
    take = iter(values).__next__
    names: list[Any] = [name if type(name) is str else rebuild(name, take) for name in static]
    if values and type(values[0]) is Slot:
        # Slots must meet their lookups now; the names themselves are resolved on compiling.
        trial = query.clone()
        for name in names:
            if type(name) is not str:
                name.resolve_expression(trial)
    apply_order(query, names, ())


def apply_order(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Sort by names."""
    query.clear_ordering(force=True, clear_default=False)
    query.add_ordering(*static)


def apply_reverse(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Turn the ordering round."""
    query.standard_ordering = not query.standard_ordering


# -- computed values -------------------------------------------------------------------


def annotations_key(kind: Any, annotations: Mapping[str, Any]) -> Key | None:
    """Return what tells named expressions from others, and their values."""
    key: list[Any] = [kind]
    values: list[Any] = []
    try:
        for name, annotation in annotations.items():
            key.append(name)
            measure(annotation, key, values)
    except Unplannable:
        return None
    return tuple(key), values


def annotations_static(annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Return named expressions without their values."""
    return {name: rebuild(annotation, hole) for name, annotation in annotations.items()}


def _around(static: Mapping[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    take = iter(values).__next__
    return {name: rebuild(annotation, take) for name, annotation in static.items()}


def _refuse_taken(model: Any, selected: Iterable[str] | None, annotations: Iterable[str]) -> None:
    names: Any = selected
    if names is None:
        names = set()
        for field in model._meta.get_fields():
            names.add(field.name)
            if hasattr(field, "attname"):
                names.add(field.attname)
    for alias in annotations:
        if alias in names:
            raise ValueError(f"The annotation '{alias}' conflicts with a field on the model.")


def apply_annotations(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Compute expressions for each row.

    Args:
        query: The query.
        static: Names that are selected (`None` for whole instances), whether to select the
            results, and the expressions by name.
        values: Their values.

    Raises:
        ValueError: A name is taken.
    """
    selected, select, named = static
    _refuse_taken(query.model, selected, named)
    annotations = _around(named, values) if values else named
    for alias, annotation in annotations.items():
        if isinstance(annotation, FilteredRelation):
            query.add_filtered_relation(annotation, alias)
        else:
            query.add_annotation(annotation, alias, select=select)
    for alias, annotation in query.annotations.items():
        if alias in annotations and annotation.contains_aggregate:
            if selected is None:
                query.group_by = True
            else:
                query.set_group_by()
            break


def apply_aggregates(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Remember what is to be computed over all rows; compiling makes the query of it."""
    query.planned_aggregates = _around(static, values)
    if values and type(values[0]) is Slot:
        query.clone().aggregation_query(query.planned_aggregates)  # slots meet their lookups


# -- selection -------------------------------------------------------------------------


def apply_values(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Select fields by name."""
    query.set_values(static)


def apply_related(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Load relations with the same query."""
    query.add_select_related(static)


def apply_only(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Load only some fields."""
    query.add_immediate_loading(static)


def apply_defer(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Do not load some fields."""
    query.add_deferred_loading(static)


def apply_distinct(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Drop duplicates."""
    query.add_distinct_fields()


def apply_slice(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Mark the query as sliced; the limits themselves travel with the queryset."""
    query.set_limits(0, 1)


def prefetch_key(name: str, keys: list[Any], select: Mapping[str, str]) -> Key | None:
    """Return what tells the loading of a relation from others, and the instances' keys."""
    key: list[Any] = ["prefetch", *select.items()]
    values: list[Any] = []
    try:
        measure_lookup(f"{name}__in", keys, key, values)
    except Unplannable:
        return None
    return tuple(key), values


def apply_prefetch(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Keep what belongs to instances, and select which of them it belongs to.

    Joins that are there already are used again, or the rows would multiply.
    """
    name, select = static
    query.add_q(Q(**{f"{name}__in": values[0]}), reuse_all=True)
    if select:
        query.add_extra(select, None, None, None, None, None)


# -- writing ---------------------------------------------------------------------------


def update_key(assignments: Mapping[str, Any]) -> Key | None:
    """Return what tells an `update()` from others, and its values."""
    key: list[Any] = ["update"]
    values: list[Any] = []
    try:
        for name, value in assignments.items():
            if type(value) in LISTS or hasattr(type(value), "_meta"):
                return None
            measure_lookup(name, value, key, values)
    except Unplannable:
        return None
    return tuple(key), values


def update_static(assignments: Mapping[str, Any]) -> Any:
    """Return the part of an `update()` that is not a value."""
    return {name: rebuild_lookup(value, hole) for name, value in assignments.items()}


def apply_update(query: Any, static: Any, values: Sequence[Any]) -> None:
    """Make the query an UPDATE.

    Args:
        query: The query of the rows.
        static: What to set, by name.
        values: The values.

    Raises:
        FieldError: A name is no column, or the rows are sorted by an aggregate.
        Unplannable: Several statements are needed, or a field has a way of its own.
    """
    take = iter(values).__next__
    assignments: dict[str, Any] = {}
    for name, value in static.items():
        made = rebuild_lookup(value, take)
        if type(made) is Slot:
            field = query.get_meta().get_field(name)
            if not is_plain_field(field):
                raise Unplannable
            made = SlotValue(made, field, plain=True)
        assignments[name] = made
    become_update(query, assignments)
    if query.related_updates:
        raise Unplannable


def become_update(query: Any, assignments: Mapping[str, Any]) -> None:
    """Turn a query that nobody else has into an UPDATE of its rows."""
    query.__class__ = UpdateQuery
    query._setup_query()
    query.add_update_values(assignments)
    query.order_by = tuple(_update_ordering(query))
    query.clear_select_clause()


def _update_ordering(query: Any) -> Iterable[Any]:
    """Yield the ordering with annotations written out: an UPDATE selects none."""
    for item in query.order_by:
        name = item.removeprefix("-") if isinstance(item, str) else item
        annotation = query.annotations.get(name) if isinstance(name, str) else None
        if annotation is None:
            yield item
            continue
        if getattr(annotation, "contains_aggregate", False):
            raise FieldError(f"Cannot update when ordering by an aggregate: {annotation}")
        yield annotation.desc() if name != item else annotation
