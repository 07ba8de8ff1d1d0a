"""How serializers and fields show themselves: as the code that makes them."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Arguments of fields may be anything.

from __future__ import annotations

import re
from typing import Any

from fastjango.core.functional import Promise
from fastjango.orm.models import Manager

__all__ = ["field_repr", "list_repr", "serializer_repr", "smart_repr"]


def _manager_repr(value: Any) -> str:
    opts = value.model._meta
    for manager in opts.managers:
        if manager == value:
            return f"{opts.object_name}.{manager.name}.all()"
    return repr(value)


def smart_repr(value: Any) -> str:
    """Return the `repr` of an argument, without addresses; managers as querysets."""
    if isinstance(value, Manager):
        return _manager_repr(value)
    if isinstance(value, Promise):
        value = str(value)
    return re.sub(r" at 0x[0-9A-Fa-f]{4,32}>", ">", repr(value))


def field_repr(field: Any, many: Any = None) -> str:
    """Return the call that makes a field.

    Args:
        field: The field.
        many: Its child, if `many=True` made it.
    """
    kwargs = dict(field._kwargs)
    if many:
        kwargs["many"] = True
        kwargs.pop("child", None)
    parts = [smart_repr(value) for value in field._args]
    parts.extend(f"{name}={smart_repr(value)}" for name, value in sorted(kwargs.items()))
    return f"{type(many or field).__name__}({', '.join(parts)})"


def serializer_repr(serializer: Any, indent: int, many: Any = None) -> str:
    """Return the call that makes a serializer, and its fields below.

    Args:
        serializer: The serializer.
        indent: The depth of the fields.
        many: Its child, if it is a list.
    """
    text = field_repr(serializer, many) + ":"
    margin = "\n" + "    " * indent
    for name, field in (many or serializer).fields.items():
        text += f"{margin}{name} = "
        if hasattr(field, "fields"):
            text += serializer_repr(field, indent + 1)
        elif hasattr(field, "child"):
            text += list_repr(field, indent + 1)
        elif hasattr(field, "child_relation"):
            text += field_repr(field.child_relation, field.child_relation)
        else:
            text += field_repr(field)
    if serializer.validators:
        text += f"{margin}class Meta:{margin}    validators = {smart_repr(serializer.validators)}"
    return text


def list_repr(serializer: Any, indent: int) -> str:
    """Return the call that makes a list, with the fields of its items if they have any."""
    child = serializer.child
    if hasattr(child, "fields"):
        return serializer_repr(serializer, indent, many=child)
    return field_repr(serializer)
