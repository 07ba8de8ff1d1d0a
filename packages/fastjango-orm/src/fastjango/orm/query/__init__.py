"""Queries: what a queryset describes, how it becomes SQL, and how rows become objects."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.orm.query.constants import MAX_GET_RESULTS as MAX_GET_RESULTS
    from fastjango.orm.query.constants import REPR_OUTPUT_SIZE as REPR_OUTPUT_SIZE
    from fastjango.orm.query.filtered import FilteredRelation as FilteredRelation
    from fastjango.orm.query.iterables import BaseIterable as BaseIterable
    from fastjango.orm.query.iterables import FlatValuesListIterable as FlatValuesListIterable
    from fastjango.orm.query.iterables import ModelIterable as ModelIterable
    from fastjango.orm.query.iterables import NamedValuesListIterable as NamedValuesListIterable
    from fastjango.orm.query.iterables import ValuesIterable as ValuesIterable
    from fastjango.orm.query.iterables import ValuesListIterable as ValuesListIterable
    from fastjango.orm.query.prefetch import Prefetch as Prefetch
    from fastjango.orm.query.prefetch import aprefetch_related_objects as aprefetch_related_objects
    from fastjango.orm.query.prefetch import get_prefetcher as get_prefetcher
    from fastjango.orm.query.prefetch import prefetch_related_objects as prefetch_related_objects
    from fastjango.orm.query.q import Q as Q
    from fastjango.orm.query.queryset import EmptyQuerySet as EmptyQuerySet
    from fastjango.orm.query.queryset import QuerySet as QuerySet
    from fastjango.orm.query.raw import RawQuerySet as RawQuerySet

__all__ = [
    "MAX_GET_RESULTS",
    "REPR_OUTPUT_SIZE",
    "BaseIterable",
    "EmptyQuerySet",
    "FilteredRelation",
    "FlatValuesListIterable",
    "ModelIterable",
    "NamedValuesListIterable",
    "Prefetch",
    "Q",
    "QuerySet",
    "RawQuerySet",
    "ValuesIterable",
    "ValuesListIterable",
    "aprefetch_related_objects",
    "get_prefetcher",
    "prefetch_related_objects",
]

_HOMES = {
    "MAX_GET_RESULTS": "constants",
    "REPR_OUTPUT_SIZE": "constants",
    "BaseIterable": "iterables",
    "EmptyQuerySet": "queryset",
    "FilteredRelation": "filtered",
    "FlatValuesListIterable": "iterables",
    "ModelIterable": "iterables",
    "NamedValuesListIterable": "iterables",
    "Prefetch": "prefetch",
    "Q": "q",
    "QuerySet": "queryset",
    "RawQuerySet": "raw",
    "ValuesIterable": "iterables",
    "ValuesListIterable": "iterables",
    "aprefetch_related_objects": "prefetch",
    "get_prefetcher": "prefetch",
    "prefetch_related_objects": "prefetch",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
