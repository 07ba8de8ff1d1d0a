"""What showing a serializer reads: relations to load along, columns to select."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models and serializers are dynamic.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.orm.models import ForeignObjectRel, Prefetch
from fastjango.orm.query.iterables import ModelIterable
from fastjango.rest.fields.base import Field
from fastjango.rest.fields.other import ModelField, SerializerMethodField
from fastjango.rest.fields.still import STILL_FIELDS
from fastjango.rest.relations import (
    HyperlinkedIdentityField,
    HyperlinkedRelatedField,
    ManyRelatedField,
    PrimaryKeyRelatedField,
    RelatedField,
    SlugRelatedField,
)
from fastjango.rest.serializers.base import BaseSerializer
from fastjango.rest.serializers.lists import ListSerializer
from fastjango.rest.serializers.plain import Serializer

__all__ = ["PlannedPrefetch", "Reading", "plan_queryset", "reading_of", "relation_paths"]

_SIMPLE = STILL_FIELDS | {PrimaryKeyRelatedField}


class PlannedPrefetch(Prefetch):
    """A lookup of this module, which only saves columns and queries."""


class Reading:
    """What is read of one model's rows, and of the rows they are related to.

    Attributes:
        model: The model.
        columns: Attribute names of the columns that are shown.
        one: What is read of single related objects, by relation.
        many: What is read of several, by relation.
        is_open: Whether code of somebody else sees the rows, which may read anything.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.columns: set[str] = set()
        self.one: dict[str, Reading] = {}
        self.many: dict[str, Reading] = {}
        self.is_open: bool = False

    def step(self, name: str) -> Reading | None:
        """Follow a relation; `None` if the name is none."""
        found = self.one.get(name) or self.many.get(name)
        if found is not None:
            return found
        relation = _relation(self.model, name)
        if relation is None:
            return None
        related = Reading(relation.related_model)
        to_many = relation.one_to_many or relation.many_to_many
        (self.many if to_many else self.one)[name] = related
        if not to_many and not isinstance(relation, ForeignObjectRel):
            self.columns.update(field.attname for field in relation.local_related_fields)
        elif isinstance(relation, ForeignObjectRel) and to_many and not relation.many_to_many:
            # The rows are handed out by their foreign key.
            related.columns.add(relation.field.attname)
        return related

    def follow(self, names: Sequence[str]) -> Reading | None:
        """Follow several relations; `None` if one of the names is none."""
        place: Reading | None = self
        for name in names:
            if place is None:
                return None
            place = place.step(name)
        return place

    def column(self, name: str) -> None:
        """Note a column; anything else opens the rows to code that is not known."""
        field = _concrete(self.model, name)
        if field is None:
            self.is_open = True
        else:
            self.columns.add(field.attname)


def _relation(model: Any, name: str) -> Any:
    """Return the relation of an attribute, by accessor for the far side; `None` if there is none.

    Generic relations are left to themselves: they are loaded in ways of their own.
    """
    opts = model._meta
    try:
        field = opts.get_field(name)
    except FieldDoesNotExist:
        field = None
    if field is not None and field.is_relation and not isinstance(field, ForeignObjectRel):
        plain = field.related_model is not None and (field.many_to_many or field.concrete)
        return field if plain else None
    for relation in opts.related_objects:
        if relation.get_accessor_name() == name:
            return relation
    return None


def _concrete(model: Any, name: str) -> Any:
    """Return the column of an attribute; `None` if there is none."""
    for field in model._meta.concrete_fields:
        if name in (field.name, field.attname):
            return field
    return model._meta.pk if name == "pk" and model._meta.pk.concrete else None


def reading_of(serializer: Any) -> Reading | None:
    """Return what showing a serializer reads; `None` if it does not know its model.

    Args:
        serializer: A serializer, or a list of one.
    """
    if isinstance(serializer, ListSerializer):
        serializer = serializer.child
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if not isinstance(serializer, Serializer) or not hasattr(model, "_meta"):
        return None
    reading = Reading(model)
    _read_serializer(serializer, reading)
    return reading


def _read_serializer(serializer: Any, reading: Reading) -> None:
    if type(serializer).to_representation is not Serializer.to_representation:
        reading.is_open = True
    meta = getattr(serializer, "Meta", None)
    for path in (
        *getattr(meta, "select_related", ()),
        *getattr(meta, "prefetch_related", ()),
    ):
        # For what methods read; all columns of these rows are theirs.
        place = reading.follow(path.split("__"))
        if place is not None:
            place.is_open = True
    for field in serializer._readable_fields:
        _read_field(field, reading)


def _read_field(field: Any, reading: Reading) -> None:
    if isinstance(field, BaseSerializer):
        _read_nested(field, reading)
        return
    if isinstance(field, (SerializerMethodField, HyperlinkedIdentityField)) or (
        type(field).get_attribute not in _KNOWN_ATTRIBUTES
    ):
        reading.is_open = True
        return
    if isinstance(field, ModelField):
        reading.column(field.model_field.name)
        return
    if not field.source_attrs:
        reading.is_open = True
        return
    *path, last = field.source_attrs
    place = reading.follow(path)
    if place is None:
        reading.is_open = True
    elif isinstance(field, ManyRelatedField):
        related = place.step(last)
        if related is None:
            place.is_open = True
        else:
            _read_related(field.child_relation, related)
    elif isinstance(field, RelatedField):
        if field.use_pk_only_optimization() and _concrete(place.model, last) is not None:
            place.column(last)
        elif (related := place.step(last)) is not None:
            _read_related(field, related)
        else:
            place.is_open = True
    elif _relation(place.model, last) is not None:
        related = place.step(last)
        assert related is not None
        related.is_open = True
    else:
        place.column(last)


_KNOWN_ATTRIBUTES = frozenset({
    Field.get_attribute, RelatedField.get_attribute, ManyRelatedField.get_attribute,
    ModelField.get_attribute,
})  # fmt: skip


def _read_nested(field: Any, reading: Reading) -> None:
    place = reading.follow(field.source_attrs)
    if place is None:
        # A property or a plain value; what it reads of the row is not known.
        reading.is_open = True
        return
    child = field.child if isinstance(field, ListSerializer) else field
    is_usual = child is field or (type(field).to_representation is ListSerializer.to_representation)
    if is_usual and isinstance(child, Serializer):
        _read_serializer(child, place)
    else:
        place.is_open = True


def _read_related(field: Any, related: Reading) -> None:
    """Note what a relational field shows of a related object."""
    if isinstance(field, SlugRelatedField):
        *path, last = field.slug_field.split("__")
        place = related.follow(path)
        if place is not None:
            place.column(last)
        else:
            related.is_open = True
    elif isinstance(field, PrimaryKeyRelatedField):
        related.columns.add(related.model._meta.pk.attname)
    elif isinstance(field, HyperlinkedRelatedField):
        related.column(field.lookup_field)
        related.is_open = True
    else:
        related.is_open = True


# -- querysets and instances --------------------------------------------------------------------


def relation_paths(serializer: Any) -> list[str]:
    """Return the relations to load for instances that are at hand, as prefetch lookups."""
    if _shows_columns(serializer):
        return []
    reading = reading_of(serializer)
    return [] if reading is None else _paths(reading)


def _shows_columns(serializer: Any) -> bool:
    """Whether a serializer shows columns alone, so that there is nothing to load."""
    child = serializer.child if isinstance(serializer, ListSerializer) else serializer
    meta: Any = getattr(child, "Meta", None)
    model: Any = getattr(meta, "model", None)
    if (
        not isinstance(child, Serializer)
        or not hasattr(model, "_meta")
        or hasattr(meta, "select_related")
        or hasattr(meta, "prefetch_related")
    ):
        return False
    plain: set[Any] = set()
    keys: set[Any] = set()
    for field in model._meta.concrete_fields:
        (keys if field.is_relation else plain).add(field.name)
    for field in child._readable_fields:
        names = keys if type(field) is PrimaryKeyRelatedField else plain
        if type(field) not in _SIMPLE or field.source not in names:
            return False
    return True


def _paths(reading: Reading) -> list[str]:
    found: list[str] = []
    for name, related in (*reading.one.items(), *reading.many.items()):
        deeper = _paths(related)
        found.extend([f"{name}__{path}" for path in deeper] or [name])
    return found


def plan_queryset(queryset: Any, serializer: Any) -> Any:
    """Return a queryset that loads along what a serializer shows, and no more.

    Single related objects come with a join, several with one query for each relation. Columns are
    left out only where no method, property or foreign code sees the rows. What the queryset says
    itself stays as it is.

    Args:
        queryset: A queryset or manager; other things are returned as they are.
        serializer: A serializer (or list of one) with a model.
    """
    if not hasattr(queryset, "select_related"):
        return queryset
    reading = reading_of(serializer)
    queryset = queryset.all()
    if (
        reading is None
        or not issubclass(queryset.model, reading.model)
        or not issubclass(getattr(queryset, "_iterable_class", object), ModelIterable)
        or queryset._result_cache is not None
        or queryset.query.combinator
    ):
        return queryset
    return _planned(queryset, reading)


def _planned(queryset: Any, reading: Reading) -> Any:
    joins = _joins(reading)
    selected = queryset.query.select_related
    if joins and selected is not True:
        queryset = queryset.select_related(*joins)
    own = {str(getattr(each, "prefetch_to", each)) for each in queryset._prefetch_related_lookups}
    lookups = [
        lookup
        for path, related in _manys(reading)
        if path not in own and (lookup := _prefetch(path, related)) is not None
    ]
    if lookups:
        queryset = queryset.prefetch_related(*lookups)
    deferred, is_deferred = queryset.query.deferred_loading
    if not selected and not deferred and is_deferred and (columns := _only(reading)) is not None:
        queryset = queryset.only(*columns)
    return queryset


def _joins(reading: Reading) -> list[str]:
    found: list[str] = []
    for name, related in reading.one.items():
        found.extend([f"{name}__{path}" for path in _joins(related)] or [name])
    return found


def _manys(reading: Reading, prefix: str = "") -> list[tuple[str, Reading]]:
    """Return the relations to several objects that are reached by joins alone."""
    found = [(prefix + name, related) for name, related in reading.many.items()]
    for name, related in reading.one.items():
        found.extend(_manys(related, f"{prefix}{name}__"))
    return found


def _prefetch(path: str, related: Reading) -> Any:
    """Return a lookup, with a planned queryset of its own where that saves something."""
    manager = related.model._default_manager
    queryset = _planned(manager.all(), related)
    query = queryset.query
    if query.select_related or query.deferred_loading[0] or queryset._prefetch_related_lookups:
        return PlannedPrefetch(path, queryset=queryset)
    return path


def _only(reading: Reading, prefix: str = "") -> list[str] | None:
    """Return the columns to select; `None` if that would be all, or is not known."""
    names = _columns(reading, prefix)
    if names is None:
        return None
    total = _all_columns(reading)
    return names if len(names) < total else None


def _columns(reading: Reading, prefix: str) -> list[str] | None:
    if reading.is_open:
        return None
    pk = reading.model._meta.pk
    if not pk.concrete:
        return None
    found = [prefix + name for name in sorted({pk.attname, *reading.columns})]
    for name, related in reading.one.items():
        deeper = _columns(related, f"{prefix}{name}__")
        if deeper is None:
            return None
        found.extend(deeper)
    return found


def _all_columns(reading: Reading) -> int:
    count = len(reading.model._meta.concrete_fields)
    return count + sum(_all_columns(related) for related in reading.one.values())
