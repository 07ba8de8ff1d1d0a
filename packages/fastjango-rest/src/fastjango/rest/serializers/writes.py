"""Nested writes: objects within objects, saved in one transaction.

Off unless `Meta.nested_writes` names the fields. Forward relations are written before the object,
reverse and many-to-many ones after it. Only rows that belong to the object already can be changed.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models and values may be anything; the list serializer is of this package.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastjango.core.exceptions import ObjectDoesNotExist
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.models import aprefetch_related_objects, prefetch_related_objects
from fastjango.rest._steps import Steps, both
from fastjango.rest.exceptions import ErrorDetail, RestConfigurationError, ValidationError
from fastjango.rest.fields.messages import printable
from fastjango.rest.model_info import RelationInfo, get_field_info
from fastjango.rest.serializers.base import BaseSerializer

__all__ = ["NestedWrite", "nested_writes", "raise_errors_on_nested_writes"]

_NOT_THERE = _('Invalid pk "{pk_value}" - object does not exist.')
_TWICE = _("The object appears more than once.")


def _refusal(method_name: str, serializer: Any, kind: str, remedy: str) -> AssertionError:
    name = f"{serializer.__class__.__module__}.{serializer.__class__.__name__}"
    return AssertionError(
        f"The `.{method_name}()` method does not support writable {kind} fields by default.\n"
        f"Write an explicit `.{method_name}()` method for serializer `{name}`, or set "
        f"`read_only=True` on {remedy} serializer fields."
    )


def raise_errors_on_nested_writes(method_name: str, serializer: Any, validated_data: Any) -> None:
    """Refuse values for related objects that nobody said how to save.

    Args:
        method_name: `create` or `update`, for the message.
        serializer: The serializer.
        validated_data: The values by source.

    Raises:
        AssertionError: There are such values.
    """
    relations = get_field_info(serializer.Meta.model).relations
    for field in serializer._writable_fields:
        first = field.source_attrs[0] if field.source_attrs else "*"
        if first not in relations or not isinstance(validated_data.get(first), (list, dict)):
            continue
        if len(field.source_attrs) > 1:
            raise _refusal(method_name, serializer, "dotted-source", "dotted-source")
        if isinstance(field, BaseSerializer):
            raise _refusal(method_name, serializer, "nested", "nested")


@dataclass(frozen=True, slots=True)
class NestedWrite:
    """One relation that is written along with its object.

    Attributes:
        field: The serializer in the field's place, or the list of it.
        source: The relation's name on the model.
        relation: The relation.
        back: Name of the foreign key on the other model, for reverse relations.
    """

    field: Any
    source: str
    relation: RelationInfo
    back: str | None

    @property
    def child(self) -> Any:
        """The serializer of one object."""
        return self.field.child if self.relation.to_many else self.field

    @property
    def is_forward(self) -> bool:
        """Whether the object holds the key, so that the other one is saved first."""
        return not self.relation.to_many and not self.relation.reverse


def nested_writes(serializer: Any) -> list[NestedWrite]:
    """Return the relations that `Meta.nested_writes` names.

    Args:
        serializer: A model serializer.

    Raises:
        RestConfigurationError: A name is not that of a writable nested serializer.
    """
    wanted = getattr(serializer.Meta, "nested_writes", None)
    if not wanted:
        return []
    opts = serializer.Meta.model._meta
    relations = get_field_info(serializer.Meta.model).relations
    found: list[NestedWrite] = []
    for field in serializer._writable_fields:
        if not isinstance(field, BaseSerializer) or field.source not in relations:
            continue
        if wanted is not True and field.field_name not in wanted:
            continue
        info = relations[field.source]
        back = None
        if info.reverse:
            back = next(
                each.field.name
                for each in opts.related_objects
                if each.get_accessor_name() == field.source
            )
        found.append(NestedWrite(field, str(field.source), info, back))
    if wanted is not True:
        missing = sorted(set(wanted) - {each.field.field_name for each in found})
        if missing:
            raise RestConfigurationError(
                f"{type(serializer).__name__}.Meta.nested_writes names {missing[0]!r}, which is no "
                "writable nested serializer of a relation. Declare one, or remove the name."
            )
    return found


# -- validating ---------------------------------------------------------------------------------


def prepare_steps(serializer: Any, writes: list[NestedWrite]) -> Steps:
    """Tell nested serializers which rows they update, so that unique values may stay."""
    instance = serializer.instance
    for write in writes:
        if write.relation.to_many:
            rows = [] if instance is None else (yield _all(instance, write.source))
            write.field._rows = {row.pk: row for row in rows}
        elif instance is not None:
            write.field.instance = yield from _one_steps(instance, write.source)
        if not write.relation.to_many:
            write.field._is_new = write.field.instance is None


def _all(instance: Any, source: str) -> Any:
    def read() -> Any:
        return list(getattr(instance, source).all())

    async def aread() -> Any:
        return [row async for row in getattr(instance, source).all()]

    return read, aread, ()


def _one_steps(instance: Any, source: str) -> Steps:
    yield prefetch_related_objects, aprefetch_related_objects, ([instance], source)
    try:
        return getattr(instance, source)
    except ObjectDoesNotExist:
        return None


def key_name(child: Any) -> str | None:
    """Return the name of the field with the primary key; `None` if there is none."""
    pk = child.Meta.model._meta.pk.name
    for name, field in child.fields.items():
        if field.source in (pk, "pk"):
            return str(name)
    return None


def match_row(list_serializer: Any, item: Any, seen: set[Any]) -> Any:
    """Return the row that an item of a nested list updates; `None` if it makes a new one.

    Args:
        list_serializer: The nested list, prepared with its rows.
        item: The item's input.
        seen: Keys of the items before; this one's is added.

    Raises:
        ValidationError: The key names no row of the object, or one that an item before it has.
    """
    name = key_name(list_serializer.child)
    given = item.get(name) if name is not None and isinstance(item, Mapping) else None
    if given is None or given == "":
        return None
    try:
        key = list_serializer.child.Meta.model._meta.pk.to_python(given)
        row = list_serializer._rows.get(key)
    except Exception:  # what the key's field raises for an unfit value
        row = None
    if row is None or isinstance(given, bool):
        text = printable(str(_NOT_THERE).format(pk_value=given))
        raise ValidationError({name: [ErrorDetail(text, code="does_not_exist")]})
    if row.pk in seen:
        raise ValidationError({name: [ErrorDetail(_TWICE, code="duplicate")]})
    seen.add(row.pk)
    return row


# -- saving -------------------------------------------------------------------------------------


def taken_out(writes: list[NestedWrite], values: dict[str, Any]) -> list[tuple[NestedWrite, Any]]:
    """Remove the nested values and return them with their relations."""
    return [(write, values.pop(write.source)) for write in writes if write.source in values]


def before_steps(nested: list[tuple[NestedWrite, Any]], values: dict[str, Any]) -> Steps:
    """Save the objects that the object refers to."""
    for write, value in nested:
        if write.is_forward:
            values[write.source] = (
                None if value is None else (yield _saving(write.child, write.field.instance, value))
            )


def after_steps(nested: list[tuple[NestedWrite, Any]], instance: Any) -> Steps:
    """Save the objects that refer to the object, and the links to many others."""
    for write, value in nested:
        if write.is_forward:
            continue
        if write.relation.to_many:
            yield from _many_steps(write, value or [], instance)
        else:
            yield from _reverse_one_steps(write, value, instance)


def _saving(child: Any, row: Any, values: Any) -> Any:
    if row is None:
        return both(child, "create", values)
    return both(child, "update", row, values)


def _reverse_one_steps(write: NestedWrite, value: Any, instance: Any) -> Steps:
    row = write.field.instance
    if value is not None:
        yield _saving(write.child, row, {**value, str(write.back): instance})
    elif row is not None:
        yield row.delete, row.adelete, ()
        instance._state.fields_cache.pop(write.source, None)


def _many_steps(write: NestedWrite, items: list[dict[str, Any]], instance: Any) -> Steps:
    rows: dict[Any, Any] = dict(getattr(write.field, "_rows", None) or {})
    is_owned = write.relation.reverse and not _is_many_to_many(instance, write.source)
    pk = write.child.Meta.model._meta.pk.name
    kept: list[Any] = []
    for values in map(dict, items):
        row = rows.get(values.get(pk))
        if row is not None:
            del rows[row.pk], values[pk]
        if is_owned:
            values[str(write.back)] = instance
        kept.append((yield _saving(write.child, row, values)))
    if is_owned:
        for row in rows.values():
            yield row.delete, row.adelete, ()
    else:
        manager = getattr(instance, write.source)
        yield manager.set, manager.aset, (kept,)
    getattr(instance, "_prefetched_objects_cache", {}).pop(write.source, None)


def _is_many_to_many(instance: Any, source: str) -> bool:
    return any(
        each.get_accessor_name() == source and each.field.many_to_many
        for each in instance._meta.related_objects
    )
