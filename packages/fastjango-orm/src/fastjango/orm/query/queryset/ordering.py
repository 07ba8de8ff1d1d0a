"""Whether an ordering leaves nothing to chance."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import Any, cast

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.orm.query.expressions import F, OrderBy

__all__ = ["is_total"]


def is_total(query: Any) -> bool:
    """Tell whether the order of a query that has one ends in something unique."""
    ordering = query.order_by
    if not ordering and query.default_ordering:
        ordering = query.get_meta().ordering
    meta = query.get_meta()
    keys = {field.attname for field in meta.pk_fields}
    found: set[str] = set()
    for part in ordering or ():
        name = _ordering_name(part)
        if name is None:
            continue
        if name == "pk":
            return True
        try:
            field = meta.get_field(name)
        except FieldDoesNotExist:
            continue
        # A relation's name sorts by the related model's ordering.
        if field.remote_field and name == field.name:
            continue
        if (field.attname in keys and len(keys) == 1) or (field.unique and not field.null):
            return True
        found.add(field.attname)
    if not found:
        return False
    return found.issuperset(keys) or _covers_unique(meta, found)


def _covers_unique(meta: Any, attnames: set[str]) -> bool:
    groups = (
        *meta.unique_together,
        *(constraint.fields for constraint in meta.total_unique_constraints),
    )
    for names in groups:
        try:
            fields = [meta.get_field(name) for name in names]
        except FieldDoesNotExist:
            continue
        if not any(field.null for field in fields) and attnames.issuperset(
            field.attname for field in fields
        ):
            return True
    return False


def _ordering_name(part: Any) -> str | None:
    if isinstance(part, str):
        return part.lstrip("-")
    if isinstance(part, F):
        return cast("str", part.name)
    if isinstance(part, OrderBy) and isinstance(part.expression, F):
        return cast("str", part.expression.name)
    return None
