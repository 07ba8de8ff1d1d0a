"""Relation paths: how names travel over relations, and what may be compared with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.paths import PathInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "PathInfo",
    "check_rel_lookup_compatibility",
    "refs_expression",
    "select_related_descend",
]


def refs_expression(
    lookup_parts: Sequence[str], annotations: Mapping[str, Any]
) -> tuple[str | None, Sequence[str]]:
    """Find the annotation that the first parts of a lookup name.

    Annotation names may hold the separator themselves, so every prefix is tried, shortest
    first.

    Returns:
        The annotation's name (or `None`) and the parts that follow it.
    """
    for size in range(1, len(lookup_parts) + 1):
        name = LOOKUP_SEP.join(lookup_parts[:size])
        if annotations.get(name):
            return name, lookup_parts[size:]
    return None, ()


def check_rel_lookup_compatibility(model: Any, target_opts: Any, field: Any) -> bool:
    """Tell whether instances or querysets of `model` may be compared with a relation.

    The models match when they are one concrete model or when one inherits from the other.
    A primary key also accepts its own model.
    """

    def related(opts: Any) -> bool:
        return bool(
            model._meta.concrete_model == opts.concrete_model
            or opts.concrete_model in model._meta.all_parents
            or model in opts.all_parents
        )

    return related(target_opts) or bool(
        getattr(field, "primary_key", False) and related(field.model._meta)
    )


def select_related_descend(
    field: Any, restricted: bool, requested: Mapping[str, Any] | None, select_mask: Any
) -> bool:
    """Tell whether `select_related` follows this relation.

    Args:
        field: A relation field or its reverse object.
        restricted: Whether the caller named the relations.
        requested: The names asked for at this level.
        select_mask: Fields that are loaded, empty when all are.

    Raises:
        FieldError: The relation is deferred and followed at once.
    """
    if not field.remote_field or getattr(field.remote_field, "parent_link", False):
        return False
    if not restricted:
        return not field.null
    if requested is None or field.name not in requested:
        return False
    if select_mask and field not in select_mask:
        raise FieldError(
            f"Field {field.model._meta.object_name}.{field.name} cannot be both "
            "deferred and traversed using select_related at the same time."
        )
    return True
