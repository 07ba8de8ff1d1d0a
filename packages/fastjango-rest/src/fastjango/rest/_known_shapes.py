"""Shapes of serializer classes, worked out once: most serializers of a class show the same.

Kept only where nothing about one serializer could make a difference: its fields were not touched,
nobody overrides how they are made, and no field looks at the context.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Serializers are of any model.

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from inspect import getattr_static
from typing import Any, TypeAlias, cast

from fastjango.core import timezone
from fastjango.rest import relations
from fastjango.rest._shapes import Shape, shape_of
from fastjango.rest.fields.still import STILL_FIELDS
from fastjango.rest.serializers.base import BaseSerializer
from fastjango.rest.serializers.lists import ListSerializer
from fastjango.rest.serializers.models import ModelSerializer
from fastjango.rest.serializers.prototypes import is_usual, key_of

__all__ = ["Known", "known_shape"]

Known: TypeAlias = tuple[Shape, list[Any]]
"""A shape, and the callables for its slots."""

# What these show depends on the value, on settings and on the time zone, and on nothing else.
_ALONE = STILL_FIELDS | {relations.PrimaryKeyRelatedField, relations.SlugRelatedField}
_OWN = ("__deepcopy__", "__init__", "__new__", "bind", "fields", "get_attribute", "get_fields")


def _is_alike(cls: type[Any]) -> bool:
    """Whether the serializers of a class have the same fields, however they are made."""
    return issubclass(cls, ModelSerializer) and (
        is_usual(cls)
        and all(getattr_static(cls, name) is getattr_static(ModelSerializer, name) for name in _OWN)
    )


_alike: Callable[[type[Any]], bool] = cast("Any", functools.lru_cache(maxsize=1024)(_is_alike))


def known_shape(serializer: Any) -> Known | None:
    """Return the shape of a serializer of one object; `None` if it cannot be compiled."""
    cls = type(serializer)
    if "fields" in serializer.__dict__ or not _alike(cls) or not hasattr(cls, "Meta"):
        return _worked_out(serializer)
    entry: tuple[Any, list[Any], Known] | None = cls.__dict__.get("_known_shape")
    if entry is not None and entry[0] == _key(entry[1]):
        return entry[2]
    # One of its own: the serializer holds a request and rows.
    found = _worked_out(cls())
    if found is not None and (classes := _classes(serializer, found[0])) is not None:
        cls._known_shape = (_key(classes), classes, found)
        return found
    return _worked_out(serializer)


def _worked_out(serializer: Any) -> Known | None:
    slots: list[Any] = []
    shape = shape_of(serializer, slots)
    return None if shape is None else (shape, slots)


def _key(classes: list[Any]) -> Any:
    """Return what the shape depends on."""
    return timezone.get_current_timezone(), *map(key_of, classes)


def _classes(serializer: Any, shape: Shape) -> list[Any] | None:
    """Return the classes of a serializer and those within it; `None` if they may differ."""
    found: list[Any] = []
    for each in _within(serializer):
        cls = type(each)
        # Without prototypes, fields are made anew each time, for a reason.
        if not _alike(cls) or "_field_prototypes" not in cls.__dict__:
            return None
        for field in each._readable_fields:
            if isinstance(field, relations.ManyRelatedField):
                field = field.child_relation
            if not isinstance(field, BaseSerializer) and type(field) not in _ALONE:
                return None
        found.append(cls)
    return None if _calls(shape) else found


def _within(serializer: Any) -> Iterator[Any]:
    yield serializer
    for field in serializer._readable_fields:
        if isinstance(field, BaseSerializer):
            yield from _within(field.child if isinstance(field, ListSerializer) else field)


def _calls(shape: Shape) -> bool:
    """Whether a field is asked about the whole object."""
    return any(
        kind == "call" or (kind in ("one", "many") and _calls(rest[1]))
        for kind, _name, *rest in shape
    )
