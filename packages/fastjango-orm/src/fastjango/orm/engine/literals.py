"""SQL with its parameters filled in, for logs and debugging only; never for execution."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["literal", "render"]

# Quoted text is skipped; everything else that looks like a placeholder is one.
_TOKENS = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | %\(\w+\)s | %% | %s | \$\d+ | \?""",
    re.VERBOSE,
)


def literal(value: Any) -> str:
    """Write a parameter the way SQL would."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        raw: bytes = bytes(value)  # pyright: ignore[reportUnknownArgumentType] # a memoryview of anything
        return f"X'{raw.hex().upper()}'"
    if isinstance(value, datetime.datetime):
        return f"'{value.isoformat(' ')}'"
    if isinstance(value, datetime.date | datetime.time | uuid.UUID | datetime.timedelta):
        return f"'{value}'"
    return "'" + str(value).replace("'", "''") + "'"


def render(sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> str:
    """Fill the placeholders of any parameter style; unmatched ones stay as they are."""
    if not params:
        return sql
    named: Mapping[str, Any] = {}
    if isinstance(params, Mapping):
        named = params
    values: Sequence[Any] = () if isinstance(params, Mapping) else params
    position = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal position
        token = match.group()
        if token[0] in "'\"`":
            return token
        if token == "%%":
            return "%"
        if token.startswith("%("):
            name = token[2:-2]
            return literal(named[name]) if name in named else token
        if token[0] == "$":
            index = int(token[1:]) - 1
            return literal(values[index]) if index < len(values) else token
        if position >= len(values):
            return token
        position += 1
        return literal(values[position - 1])

    return _TOKENS.sub(fill, sql)
