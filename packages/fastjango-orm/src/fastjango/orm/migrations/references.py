"""Which models and fields a field, or a base class, points at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from fastjango.orm.names import make_model_tuple

__all__ = [
    "RECURSIVE",
    "FieldReference",
    "field_references",
    "get_references",
    "normalize_together",
    "resolve_relation",
]

Key = tuple[str, str]

#: What a relation says to mean the model that holds it.
RECURSIVE = "self"


@dataclass(frozen=True, slots=True)
class FieldReference:
    """How one field points at a model or a field.

    Attributes:
        to: The remote field and the names of its target fields, where `to` is the target.
        through: The remote field and the names of its through fields, where the join model is.
    """

    to: tuple[Any, tuple[str | None, ...] | None] | None
    through: tuple[Any, tuple[str, ...] | None] | None


def resolve_relation(
    model: object, app_label: str | None = None, model_name: str | None = None
) -> Key:
    """Turn a model, `"app.Model"`, `"Model"` or `"self"` into `(app label, lower-case name)`.

    Raises:
        TypeError: A relative name is given without what it is relative to.
    """
    if isinstance(model, str):
        if model == RECURSIVE:
            if app_label is None or model_name is None:
                raise TypeError(
                    "app_label and model_name must be provided to resolve recursive relationships."
                )
            return app_label, model_name.lower()
        if "." in model:
            label, name = model.split(".", 1)
            return label, name.lower()
        if app_label is None:
            raise TypeError("app_label must be provided to resolve unscoped model relationships.")
        return app_label, model.lower()
    return make_model_tuple(model)


def field_references(
    holder: Key, field: Any, target: Key, target_field_name: str | None = None
) -> FieldReference | None:
    """How `field`, which lives on the model `holder`, points at a model or one of its fields.

    Args:
        holder: The model that has the field.
        field: The field, bound to a model or not.
        target: The model asked for.
        target_field_name: A field of it; `None` asks for the model.

    Returns:
        `None` when it does not point there.
    """
    remote = field.remote_field
    if not remote:
        return None
    to: tuple[Any, tuple[str | None, ...] | None] | None = None
    through: tuple[Any, tuple[str, ...] | None] | None = None
    if resolve_relation(remote.model, *holder) == target:
        to_fields = cast("tuple[str | None, ...] | None", getattr(field, "to_fields", None))
        if (
            target_field_name is None
            or (to_fields and None in to_fields)
            or (to_fields and target_field_name in to_fields)
            or (not to_fields and getattr(remote, "field_name", None) == target_field_name)
        ):
            to = (remote, to_fields)
    join = getattr(remote, "through", None)
    if join and resolve_relation(join, *holder) == target:
        through_fields = cast("tuple[str, ...] | None", getattr(remote, "through_fields", None))
        if target_field_name is None or not through_fields or target_field_name in through_fields:
            through = (remote, through_fields)
    if to is None and through is None:
        return None
    return FieldReference(to, through)


def get_references(
    state: Any, target: Key, field: tuple[str, Any] | None = None
) -> Iterable[tuple[Any, str, Any, FieldReference]]:
    """Every field of a `ProjectState` that points at a model, or at one of its fields.

    Yields:
        The holding model's state, the field's name, the field, and how it points.
    """
    for key, model_state in state.models.items():
        for name, candidate in model_state.fields.items():
            reference = field_references(key, candidate, target, *(field[:1] if field else ()))
            if reference:
                yield model_state, name, candidate, reference


def normalize_together(value: Iterable[Any] | None) -> list[tuple[str, ...]]:
    """Accept one group of field names or several; return a list of tuples."""
    if not value:
        return []
    groups = list(value)
    if isinstance(groups[0], str):
        return [tuple(cast("list[str]", groups))]
    return [tuple(group) for group in groups]
