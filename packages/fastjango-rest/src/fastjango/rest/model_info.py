"""What a model offers to a serializer: its fields and relations by name."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Options of models are dynamic.

from __future__ import annotations

import operator
from typing import Any, NamedTuple

__all__ = ["FieldInfo", "RelationInfo", "get_field_info", "is_abstract_model"]


class RelationInfo(NamedTuple):
    """One relation of a model.

    Attributes:
        model_field: The field; `None` for the far side.
        related_model: The model at the other end.
        to_many: Whether there may be several objects.
        to_field: The column that a foreign key refers to; `None` for many-to-many.
        has_through_model: Whether rows of the through table have a model of their own.
        reverse: Whether it is the far side.
    """

    model_field: Any
    related_model: Any
    to_many: bool
    to_field: str | None
    has_through_model: bool
    reverse: bool


class FieldInfo(NamedTuple):
    """The fields and relations of a model.

    Attributes:
        pk: The primary key.
        fields: Fields without relations, by name.
        forward_relations: Relations that the model declares, by name.
        reverse_relations: Relations that others declare, by accessor.
        fields_and_pk: `fields`, and the key under its name and `pk`.
        relations: All relations.
    """

    pk: Any
    fields: dict[str, Any]
    forward_relations: dict[str, RelationInfo]
    reverse_relations: dict[str, RelationInfo]
    fields_and_pk: dict[str, Any]
    relations: dict[str, RelationInfo]


def get_field_info(model: Any) -> FieldInfo:
    """Return the fields and relations of a model or instance; the dictionaries are shared."""
    opts = model._meta.concrete_model._meta
    # These are made anew whenever a model gains a field or a relation.
    key = (opts.concrete_fields, opts.fields, opts.many_to_many, opts.related_objects)
    # Kept on the options, so that a model that is forgotten takes its description along.
    known: tuple[tuple[Any, ...], FieldInfo] | None = vars(opts).get("_rest_field_info")
    if known is None or not all(map(operator.is_, known[0], key)):
        known = vars(opts)["_rest_field_info"] = (key, _field_info(opts))
    return known[1]


def _field_info(opts: Any) -> FieldInfo:
    pk = opts.pk
    while pk.remote_field and pk.remote_field.parent_link:
        # A child of another model's table shares its key.
        pk = pk.remote_field.model._meta.pk
    fields = {f.name: f for f in opts.fields if f.serialize and not f.remote_field}
    forward = _forward(opts)
    reverse = _reverse(opts)
    return FieldInfo(
        pk=pk,
        fields=fields,
        forward_relations=forward,
        reverse_relations=reverse,
        fields_and_pk={"pk": pk, pk.name: pk, **fields},
        relations={**forward, **reverse},
    )


def _to_field(field: Any) -> Any:
    to_fields = getattr(field, "to_fields", None)
    return to_fields[0] if to_fields else to_fields


def _has_through_model(relation: Any) -> bool:
    through = getattr(relation, "through", None)
    return through is not None and not through._meta.auto_created


def _forward(opts: Any) -> dict[str, RelationInfo]:
    found: dict[str, RelationInfo] = {}
    for field in opts.fields:
        if field.serialize and field.remote_field:
            found[field.name] = RelationInfo(
                field, field.remote_field.model, False, _to_field(field), False, False
            )
    for field in opts.many_to_many:
        if field.serialize:
            relation = field.remote_field
            found[field.name] = RelationInfo(
                field, relation.model, True, None, _has_through_model(relation), False
            )
    return found


def _reverse(opts: Any) -> dict[str, RelationInfo]:
    found: dict[str, RelationInfo] = {}
    relations = opts.related_objects
    for relation in relations:
        field = relation.field
        if not field.many_to_many:
            found[relation.get_accessor_name()] = RelationInfo(
                None,
                relation.related_model,
                field.remote_field.multiple,
                _to_field(field),
                False,
                True,
            )
    for relation in relations:
        field = relation.field
        if field.many_to_many:
            found[relation.get_accessor_name()] = RelationInfo(
                None,
                relation.related_model,
                True,
                None,
                _has_through_model(field.remote_field),
                True,
            )
    return found


def is_abstract_model(model: Any) -> bool:
    """Whether a model has no table of its own."""
    return bool(getattr(getattr(model, "_meta", None), "abstract", False))
