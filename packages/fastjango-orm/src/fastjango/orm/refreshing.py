"""Reading the values of an instance again, as steps that both edges run."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .constants import LOOKUP_SEP

__all__ = ["refresh_steps"]


def refresh_steps(
    obj: Any, using: str | None, fields: Iterable[str] | None, from_queryset: Any
) -> Any:
    """Steps of `Model.refresh_from_db`."""
    names = None
    if fields is None:
        obj._prefetched_objects_cache = {}
    else:
        names = _without_prefetched(obj, set(fields))
        if not names:
            return
    fresh = yield from _rows(obj, using, names, from_queryset)._get_steps()
    absent = fresh.get_deferred_fields()
    opts = obj._meta
    for field in opts.fields:
        if field.attname in absent:
            continue
        if field.concrete:
            setattr(obj, field.attname, getattr(fresh, field.attname))
        if field.is_relation:
            if field.is_cached(fresh):
                field.set_cached_value(obj, field.get_cached_value(fresh))
            elif field.is_cached(obj):
                field.delete_cached_value(obj)
    relations = [*opts.related_objects, *(f for f in opts.private_fields if f.is_relation)]
    for relation in relations:
        if (names is None or relation.name in names) and relation.is_cached(obj):
            relation.delete_cached_value(obj)
    obj._state.db = fresh._state.db


def _without_prefetched(obj: Any, names: set[str]) -> set[str]:
    """Forget prefetched relations among `names`; the rest is to be fetched."""
    prefetched = obj.__dict__.get("_prefetched_objects_cache", {})
    for name in names & set(prefetched):
        del prefetched[name]
        names.remove(name)
    if any(LOOKUP_SEP in name for name in names):
        raise ValueError(
            f'Found "{LOOKUP_SEP}" in fields argument. Relations and transforms are not '
            "allowed in fields."
        )
    return names


def _rows(obj: Any, using: str | None, names: set[str] | None, from_queryset: Any) -> Any:
    """The one row to read, with the columns that are wanted."""
    if from_queryset is None:
        rows = obj.__class__._base_manager.db_manager(using, hints={"instance": obj})
    else:
        rows = from_queryset if using is None else from_queryset.using(using)
    rows = rows.filter(pk=obj.pk)
    if names is not None:
        return rows.only(*names)
    deferred = obj.get_deferred_fields()
    if deferred:
        return rows.only(*({f.attname for f in obj._meta.concrete_fields} - deferred))
    return rows
