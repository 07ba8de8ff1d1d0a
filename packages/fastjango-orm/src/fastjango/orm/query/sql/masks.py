"""Which fields of which models a query loads: what `defer()` and `only()` leave of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Mask", "defer_mask", "only_mask", "path_tree"]

Mask = dict[Any, Any]
"""The fields to load, each with the mask of the model it leads to; an empty one loads all."""


def path_tree(paths: Iterable[str], tree: dict[str, Any]) -> dict[str, Any]:
    """Add paths over relations to a tree of names, and return the tree."""
    for path in paths:
        level = tree
        for part in path.split(LOOKUP_SEP):
            level = level.setdefault(part, {})
    return tree


def _related_meta(field: Any) -> Any:
    return field.related_model._meta.concrete_model._meta


def defer_mask(opts: Any, deferred: dict[str, Any], filtered: Mapping[str, Any]) -> Mask:
    """Return all fields of a model but some.

    Args:
        opts: Options of the model.
        deferred: The tree of names not to load; it is used up.
        filtered: Filtered relations by name.

    Raises:
        FieldDoesNotExist: A name is no field.
        FieldError: A path goes on after a field that leads to no other model.
    """
    mask: Mask = {}
    _defer(opts, deferred, filtered, mask)
    return mask


def _defer(opts: Any, deferred: dict[str, Any], filtered: Mapping[str, Any], mask: Mask) -> None:
    mask[opts.pk] = {}
    for field in [*opts.concrete_fields, *opts.related_objects]:
        below = deferred.pop(field.name, None)
        attname = getattr(field, "attname", None)
        by_attname = deferred.pop(attname, None) if attname else None
        if below is None and by_attname is None:
            mask.setdefault(field, {})
        elif below:
            if not field.is_relation:
                raise FieldError(next(iter(below)))
            if field.many_to_many:
                continue  # which no column holds
            _defer(_related_meta(field), below, filtered, mask.setdefault(field, {}))
    for name, below in deferred.items():
        if relation := filtered.get(name):
            field = opts.get_field(relation.relation_name)
            _defer(_related_meta(field), below, filtered, mask.setdefault((name, field), {}))
        else:
            opts.get_field(name)  # raises for what is no field


def only_mask(opts: Any, wanted: Mapping[str, Any]) -> Mask:
    """Return some fields of a model, and its key.

    Args:
        opts: Options of the model.
        wanted: The tree of names to load.

    Raises:
        FieldDoesNotExist: A name is no field.
        FieldError: A path goes on after a field that leads to no other model.
    """
    mask: Mask = {}
    _only(opts, wanted, mask)
    return mask


def _only(opts: Any, wanted: Mapping[str, Any], mask: Mask) -> None:
    mask[opts.pk] = {}
    for name, below in wanted.items():
        field = opts.get_field(name)
        inner = mask.setdefault(field, {})
        if below:
            if not field.is_relation:
                raise FieldError(next(iter(below)))
            _only(field.remote_field.model._meta.concrete_model._meta, below, inner)
