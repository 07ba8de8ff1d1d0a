"""Fields of a model serializer made once for the class, and copied for each serializer."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models are dynamic.

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from fastjango.core import settings
from fastjango.rest._clone import clone_fields
from fastjango.rest.fields.choices import FilePathField

__all__ = ["fields_of", "is_usual", "key_of"]

# Whoever overrides one of these may look at the instance: its context, its data.
_HOOKS = (
    "_get_model_fields", "_make_fields", "build_field", "build_nested_field",
    "build_property_field", "build_relational_field", "build_standard_field",
    "build_unknown_field", "build_url_field", "get_default_field_names", "get_extra_kwargs",
    "get_field_names", "get_unique_together_constraints", "get_uniqueness_extra_kwargs",
    "include_extra_kwargs",
)  # fmt: skip
_OPTIONS = (
    "model", "fields", "exclude", "depth", "extra_kwargs", "read_only_fields", "validators",
)  # fmt: skip


def _usualness(cls: type[Any]) -> bool:
    """Whether a class leaves the making of fields to this package."""
    for name in _HOOKS:
        if not getattr(cls, name).__module__.startswith("fastjango.rest.serializers."):
            return False
    return True


is_usual: Callable[[type[Any]], bool] = cast("Any", functools.lru_cache(maxsize=1024)(_usualness))


def key_of(serializer: Any) -> tuple[Any, ...]:
    """Return what the fields of a serializer, or of its class, depend on besides the class."""
    meta = serializer.Meta
    return (
        settings.generation,
        serializer.url_field_name,
        len(serializer._declared_fields),
        *[id(getattr(meta, name, None)) for name in _OPTIONS],
    )


def _is_lasting(serializer: Any, fields: dict[str, Any]) -> bool:
    """Whether the fields would be made the same again: nothing is asked while making them."""
    for field in serializer.Meta.model._meta.get_fields():
        relation = getattr(field, "remote_field", None)
        if callable(getattr(relation, "limit_choices_to", None)):
            return False
    return not any(isinstance(field, FilePathField) for field in fields.values())


def fields_of(serializer: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a serializer.

    Args:
        serializer: A model serializer.
        make: Makes them.
    """
    cls: Any = type(serializer)
    if not is_usual(cls) or not hasattr(getattr(serializer, "Meta", None), "model"):
        return make()
    key = key_of(serializer)
    known: tuple[Any, dict[str, Any]] | None = cls.__dict__.get("_field_prototypes")
    if known is None or known[0] != key:
        fields = make()
        if not _is_lasting(serializer, fields):
            return fields
        known = cls._field_prototypes = (key, fields)
    return clone_fields(known[1])
