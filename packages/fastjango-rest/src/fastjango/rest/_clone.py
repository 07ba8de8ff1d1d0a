"""Fresh fields for each serializer, without making every one anew."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Arguments of fields may be anything.

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from fastjango.rest.relations.many import ManyRelatedField

__all__ = ["clone_fields"]

# Their attributes hold other fields, or they ask for something when they are made.
_WHOLE = frozenset({"ListField", "DictField", "HStoreField", "ManyRelatedField", "FilePathField"})


def _plainness(cls: type[Any]) -> bool:
    """Whether a field of the class is fully described by its own attributes."""
    return (
        cls.__module__.startswith(("fastjango.rest.fields.", "fastjango.rest.relations."))
        and cls.__name__ not in _WHOLE
    )


_is_plain: Callable[[type[Any]], bool] = cast("Any", functools.lru_cache(maxsize=1024)(_plainness))


def _clone_many(field: Any) -> Any:
    child = field.child_relation
    new = _shallow(field)
    new.child_relation = _shallow(child)
    new.child_relation.parent = new
    return new


def _clone(field: Any) -> Any:
    cls = type(field)
    if cls is ManyRelatedField and field.parent is None:
        child = field.child_relation
        if _is_plain(type(child)) and _are_plain(field._kwargs) and _are_plain(child._kwargs):
            return _clone_many(field)
    if not _is_plain(cls) or field.parent is not None or not _are_plain(field._kwargs):
        return copy.deepcopy(field)
    return _shallow(field)


def _shallow(field: Any) -> Any:
    new = object.__new__(type(field))
    attributes = new.__dict__
    attributes.update(field.__dict__)
    attributes["error_messages"] = field.error_messages.copy()
    attributes["style"] = field.style.copy()
    if "_validators" in attributes:
        attributes["_validators"] = attributes["_validators"].copy()
    return new


def _are_plain(kwargs: Mapping[str, Any]) -> bool:
    """Whether the options are shared safely: nothing in them is likely to be changed."""
    for name, value in kwargs.items():
        if isinstance(value, (list, dict, set)) and name not in _SHARED:
            return False
    return True


# Read once, when the field is made, or copied by `_clone`.
_SHARED = frozenset({"validators", "choices", "error_messages", "style", "input_formats"})


def clone_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return copies of fields that are bound to nothing.

    Args:
        fields: The fields by name. Those of this package are copied attribute by attribute;
            others are made anew of their arguments, as REST framework does.
    """
    return {name: _clone(field) for name, field in fields.items()}
