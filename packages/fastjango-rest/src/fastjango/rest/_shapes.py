"""The shape of a serializer: what of each object its fields show, as far as that is known."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models, fields and values are dynamic.

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

from fastjango.core.exceptions import ObjectDoesNotExist
from fastjango.rest._steps import take
from fastjango.rest.fields import (
    BigIntegerField,
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
    FloatField,
    IntegerField,
    IPAddressField,
    RegexField,
    SerializerMethodField,
    SkipField,
    SlugField,
    TimeField,
    URLField,
    UUIDField,
)
from fastjango.rest.relations import ManyRelatedField, PrimaryKeyRelatedField, SlugRelatedField
from fastjango.rest.serializers.lists import ListSerializer
from fastjango.rest.serializers.plain import Serializer, is_none
from fastjango.rest.settings import ISO_8601, api_settings

__all__ = ["SKIPPED", "Part", "Shape", "one_of", "rows_of", "shape_of"]

# ("column", name, attribute, test), ("call", name), ("one", name, attribute, parts),
# ("many", name, attribute, parts, cache name) and
# ("keys", name, attribute, attribute of each, cache name).
Part: TypeAlias = tuple[Any, ...]
Shape: TypeAlias = tuple[Part, ...]

SKIPPED = object()

_KINDS: dict[Any, str] = {
    BooleanField: "bool",
    CharField: "str",
    DateField: "date",
    DateTimeField: "utc",
    EmailField: "str",
    FloatField: "float",
    IPAddressField: "str",
    IntegerField: "int",
    RegexField: "str",
    SlugField: "str",
    TimeField: "time",
    URLField: "str",
    UUIDField: "uuid",
}


# -- values -------------------------------------------------------------------------------------


def _itself(value: Any) -> Any:
    return value


def _show(field: Any) -> Callable[[Any], Any]:
    """Return what shows an unusual value of a column."""

    def show(value: Any) -> Any:
        return None if value is None else field.to_representation(value)

    return show


def _call(serializer: Any, field: Any) -> Callable[[Any], Any]:
    """Return what shows a field that is not compiled, of a whole object."""

    def call(instance: Any) -> Any:
        try:
            attribute = field.get_attribute(instance)
        except SkipField:
            return SKIPPED
        if is_none(attribute):
            return None
        return take(field.to_representation(attribute), field.to_representation)

    return call


def one_of(instance: Any, attribute: str) -> Any:
    """Return the object of a relation that is not loaded; `None` if there is none."""
    try:
        return getattr(instance, attribute)
    except ObjectDoesNotExist:
        return None


def rows_of(instance: Any, attribute: str, cache_name: str) -> Any:
    """Return the objects of a relation; those that were prefetched without a new queryset."""
    prefetched = instance.__dict__.get("_prefetched_objects_cache")
    if prefetched is not None and cache_name in prefetched:
        rows = prefetched[cache_name]._result_cache
        if rows is not None:
            return rows
    if instance.pk is None:
        return ()
    manager = getattr(instance, attribute)
    rows = manager.all()
    cached = getattr(rows, "_result_cache", None)
    return rows if cached is None else cached


# -- shapes -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=512)
def _columns(model: Any) -> dict[str, str]:
    """Return the attributes of columns that are plain values, by the names they are known by."""
    found: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        found[field.attname] = field.attname
        if not field.is_relation:
            found[field.name] = field.attname
    pk = model._meta.pk
    if pk.concrete and not pk.is_relation:
        found["pk"] = pk.attname
    return found


@functools.lru_cache(maxsize=512)
def _relations(model: Any) -> dict[str, tuple[str, str]]:
    """Return the relations by attribute.

    Returns:
        `one` and the attribute of the key, `reverse` for a single object that has the key itself,
        or `many` and the name that prefetched objects have.
    """
    found: dict[str, tuple[str, str]] = {}
    for field in model._meta.concrete_fields:
        if field.is_relation:
            found[field.name] = ("one", field.attname)
    for field in model._meta.many_to_many:
        found[field.name] = ("many", field.name)
    for relation in model._meta.related_objects:
        if relation.many_to_many:
            found[relation.get_accessor_name()] = ("many", relation.field.related_query_name())
        elif relation.one_to_many:
            found[relation.get_accessor_name()] = ("many", relation.cache_name)
        elif relation.one_to_one:
            found[relation.get_accessor_name()] = ("reverse", relation.cache_name)
    return found


def _is_own(cls: type) -> bool:
    """Whether a class of field is this package's, so that what it does is known."""
    return cls.__module__.startswith(("fastjango.rest.fields.", "fastjango.rest.relations."))


def shape_of(serializer: Any, slots: list[Any]) -> Shape | None:
    """Return the shape of a serializer; `None` if it shows itself in a way of its own.

    Args:
        serializer: The serializer of one object.
        slots: Takes the callables that the generated code is given.
    """
    cls = type(serializer)
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if (
        not isinstance(serializer, Serializer)
        or not hasattr(model, "_meta")
        or cls.to_representation is not Serializer.to_representation
        or cls.ato_representation is not Serializer.ato_representation
        or cls._readable_fields is not Serializer._readable_fields
    ):
        return None
    parts: list[Part] = []
    for field in serializer._readable_fields:
        part = _part(serializer, field, model, slots)
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def _part(serializer: Any, field: Any, model: Any, slots: list[Any]) -> Part | None:
    name, source = field.field_name, field.source
    cls = type(field)
    if isinstance(field, (Serializer, ListSerializer)):
        nested = _nested(field, model, slots)
        if nested is not None:
            return nested
    elif _is_own(cls):
        test = _test(field)
        attribute = _columns(model).get(source)
        if attribute is not None and cls.get_attribute is Field.get_attribute:
            slots.append(_show(field))
            return "column", name, attribute, test
        relation = _relations(model).get(source)
        if relation is not None:
            part = _related(field, relation, slots)
            if part is not None:
                return part
    if _waits(serializer, field):
        return None
    slots.append(_call(serializer, field))
    return "call", name


def _waits(serializer: Any, field: Any) -> bool:
    """Whether showing a field may have to be awaited."""
    if isinstance(field, SerializerMethodField):
        return iscoroutinefunction(getattr(serializer, str(field.method_name), None))
    if hasattr(field, "ato_representation"):
        # A nested serializer that cannot be compiled, or a list of related objects.
        return not isinstance(field, ManyRelatedField)
    return iscoroutinefunction(field.to_representation)


def _test(field: Any) -> str:
    """Return what values of a field must be to need no change; `other` if they always do."""
    cls = type(field)
    if cls is BigIntegerField:
        text = getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING)
        return "other" if text else "int"
    if cls is ChoiceField:
        return _choice_test(field)
    if cls is DateTimeField:
        is_iso = getattr(field, "format", api_settings.DATETIME_FORMAT) == ISO_8601
        zone = field.timezone if hasattr(field, "timezone") else field.default_timezone()
        return "utc" if is_iso and _is_utc(zone) else "other"
    if cls is DateField:
        is_iso = getattr(field, "format", api_settings.DATE_FORMAT) == ISO_8601
        return "date" if is_iso else "other"
    if cls is TimeField:
        is_iso = getattr(field, "format", api_settings.TIME_FORMAT) == ISO_8601
        return "time" if is_iso else "other"
    if cls is UUIDField and field.uuid_format != "hex_verbose":
        return "other"
    return _KINDS.get(cls, "other")


def _choice_test(field: Any) -> str:
    """Return the test of a choice that stands for itself: all are texts, or all integers."""
    kinds = {key.__class__ for key in field.choices}
    return "str" if kinds == {str} else "int" if kinds == {int} else "other"


def _is_utc(zone: Any) -> bool:
    return zone is datetime.UTC or getattr(zone, "key", None) in ("UTC", "Etc/UTC")


def _related(field: Any, relation: tuple[str, str], slots: list[Any]) -> Part | None:
    kind, key = relation
    cls = type(field)
    if kind == "one" and cls is PrimaryKeyRelatedField and field.pk_field is None:
        slots.append(_itself)
        return "column", field.field_name, key, "key"
    if kind == "one" and cls is SlugRelatedField and "__" not in field.slug_field:
        slots.append(_itself)
        return "value", field.field_name, field.source, field.slug_field
    if kind != "many" or cls is not ManyRelatedField:
        return None
    child = field.child_relation
    if type(child) is PrimaryKeyRelatedField and child.pk_field is None:
        slots.append(_itself)
        return "keys", field.field_name, field.source, "pk", key
    if type(child) is SlugRelatedField and "__" not in child.slug_field:
        slots.append(_itself)
        return "keys", field.field_name, field.source, child.slug_field, key
    return None


def _nested(field: Any, model: Any, slots: list[Any]) -> Part | None:
    relation = _relations(model).get(field.source)
    is_list = isinstance(field, ListSerializer)
    if relation is None or (relation[0] == "many") != is_list:
        return None
    child = field.child if is_list else field
    if is_list and type(field).to_representation is not ListSerializer.to_representation:
        return None
    if type(field).get_attribute is not Field.get_attribute:
        return None
    mark = len(slots)
    parts = shape_of(child, slots)
    if parts is None or not _fits(model, field.source, child.Meta.model):
        del slots[mark:]
        return None
    if is_list:
        return "many", field.field_name, field.source, parts, relation[1]
    return "one", field.field_name, field.source, parts


def _fits(model: Any, source: str, child_model: Any) -> bool:
    """Whether the related objects are instances of the nested serializer's model."""
    opts = model._meta
    for relation in opts.related_objects:
        if relation.get_accessor_name() == source:
            return issubclass(relation.related_model, child_model)
    return issubclass(opts.get_field(source).related_model, child_model)
