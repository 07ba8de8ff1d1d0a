"""Compares fields of two states by what they mean."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any, cast

from fastjango.core.functional import LazyObject

__all__ = ["deconstruct_field", "deep_deconstruct", "without_targets"]


def deep_deconstruct(value: Any) -> Any:
    """A value broken down to what `==` compares by meaning: objects by their constructors.

    Validators, expressions and fields inside the arguments of a field are broken down too.
    """
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        return [deep_deconstruct(item) for item in items]
    if isinstance(value, tuple):
        parts: tuple[Any, ...] = cast("Any", value)
        return tuple(deep_deconstruct(item) for item in parts)
    if isinstance(value, dict):
        mapping: dict[Any, Any] = cast("Any", value)
        return {key: deep_deconstruct(item) for key, item in mapping.items()}
    if isinstance(value, functools.partial):
        return (value.func, value.args, value.keywords)
    if isinstance(value, re.Pattern):
        pattern: re.Pattern[Any] = cast("Any", value)
        return ("re.Pattern", pattern.pattern, pattern.flags)
    if isinstance(value, type):
        return cast("type[Any]", value)
    if isinstance(value, LazyObject):
        return deep_deconstruct(value.__reduce__()[1][0])
    if not hasattr(value, "deconstruct"):
        return value
    # A field says its name first, which is no part of what it is.
    path, args, kwargs = value.deconstruct()[-3:]
    return (
        path,
        [deep_deconstruct(item) for item in args],
        {key: deep_deconstruct(item) for key, item in kwargs.items()},
    )


def deconstruct_field(field: Any) -> Any:
    """A field's path, arguments and keywords, broken down."""
    return deep_deconstruct(field)


def without_targets(fields: Iterable[tuple[str, Any]]) -> list[Any]:
    """Fields broken down, relations without the model they point at.

    Used to recognise a renamed model, whose relations to itself carry the new name.
    """
    broken: list[Any] = []
    for _, field in sorted(fields, key=lambda item: item[0]):
        path, args, kwargs = deconstruct_field(field)
        kwargs = dict(kwargs)
        if field.remote_field and field.remote_field.model:
            kwargs.pop("to", None)
        broken.append((path, args, kwargs))
    return broken
