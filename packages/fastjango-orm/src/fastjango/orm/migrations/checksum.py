"""Tells whether a migration file still says what was applied."""

from __future__ import annotations

import hashlib
from typing import Any

from .migration import Migration
from .serializer import serialize

__all__ = ["checksum"]


def checksum(migration: Migration) -> str:
    """A digest of what a migration does to a database, of 32 hexadecimal digits.

    Names of functions count, their code does not; texts that only people read do not count either,
    so that a migration file may be formatted, and its help texts corrected.
    """
    digest = hashlib.sha256()
    for operation in migration.operations:
        digest.update(_meaning(operation.deconstruct()).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


#: Arguments of fields that no database knows.
_TEXTS = frozenset(
    {"help_text", "verbose_name", "error_messages", "editable", "choices", "validators", "blank"}
)


def _meaning(value: Any) -> str:
    from fastjango.orm.fields import Field

    from .operations.base import Operation

    if isinstance(value, Operation):
        return _meaning(value.deconstruct())
    if isinstance(value, Field):
        _, path, args, kwargs = value.deconstruct()
        kept = {key: item for key, item in kwargs.items() if key not in _TEXTS}
        return _meaning((path, list(args), kept))
    if isinstance(value, dict):
        pairs = sorted((str(key), _meaning(item)) for key, item in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any mapping
        return f"{{{','.join(f'{key}:{item}' for key, item in pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(_meaning(item) for item in value)}]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any sequence
    try:
        return serialize(value)[0]
    except (ValueError, TypeError):  # what cannot be written down counts by its name
        return getattr(value, "__qualname__", type(value).__qualname__)
