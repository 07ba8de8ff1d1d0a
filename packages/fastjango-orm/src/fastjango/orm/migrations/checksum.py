"""Tells whether a migration file still says what was applied."""

from __future__ import annotations

import enum
import hashlib
import types
from typing import Any

from fastjango.orm.fields import Field

from .migration import Migration
from .serializer import serialize

__all__ = ["checksum"]


def checksum(migration: Migration) -> str:
    """A digest of what a migration does to a database, of 32 hexadecimal digits.

    Names of functions count, their code does not; texts that only people read do not count either,
    so that a migration file may be formatted, and its help texts corrected. What receivers of
    `pre_migrate` have put between the operations of the file does not count: it is another thing
    the next time.
    """
    digest = hashlib.sha256()
    for operation in type(migration).operations or migration.operations:
        digest.update(_meaning(_parts_of(operation) or type(operation)).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


#: Arguments of fields that no database knows.
_TEXTS = frozenset(
    {"help_text", "verbose_name", "error_messages", "editable", "choices", "validators", "blank"}
)


def _meaning(value: Any) -> str:
    from fastjango.orm.enums import Choices
    from fastjango.orm.manager import BaseManager

    if isinstance(value, Choices):
        return _meaning(value.value)
    if isinstance(value, enum.Enum):
        return f"{_name_of(type(value))}.{value.name}"
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        return _name_of(value)
    if isinstance(value, BaseManager):
        return "manager"  # no database knows it
    if hasattr(value, "deconstruct"):
        return _meaning_of_parts(value)
    if isinstance(value, dict):
        pairs = sorted((str(key), _meaning(item)) for key, item in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any mapping
        return f"{{{','.join(f'{key}:{item}' for key, item in pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(_meaning(item) for item in value)}]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any sequence
    try:
        return serialize(value)[0]
    except (ValueError, TypeError):  # what cannot be written down counts by its name
        return getattr(value, "__qualname__", type(value).__qualname__)


def _parts_of(value: Any) -> tuple[Any, ...] | None:
    """What `deconstruct()` gives; None of what has another method of that name, or none."""
    found = value.deconstruct() if hasattr(value, "deconstruct") else None
    return found if isinstance(found, tuple) and len(found) >= 3 else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # of anything


def _meaning_of_parts(value: Any) -> str:
    """The meaning of a field, or anything else that can be taken apart."""
    parts = _parts_of(value)
    if parts is None:
        return _name_of(type(value))
    *_, path, args, kwargs = parts
    if isinstance(value, Field):
        kwargs = {key: item for key, item in kwargs.items() if key not in _TEXTS}
    return f"{_short(path)}{_meaning(list(args))}{_meaning(kwargs)}"


def _name_of(value: Any) -> str:
    return _short(f"{value.__module__}.{value.__qualname__}")


def _short(path: str) -> str:
    """A dotted path; of this framework only the name, as its modules may be cut another way."""
    return path.rpartition(".")[2] if path.startswith("fastjango.") else path
