"""Comparisons of UUIDs as text."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.orm.query.expressions import Value
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups.builtin.comparisons import IExact
from fastjango.orm.query.lookups.builtin.patterns import (
    Contains,
    EndsWith,
    IContains,
    IEndsWith,
    IStartsWith,
    StartsWith,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "UUIDContains",
    "UUIDEndsWith",
    "UUIDIContains",
    "UUIDIEndsWith",
    "UUIDIExact",
    "UUIDIStartsWith",
    "UUIDStartsWith",
    "UUIDTextMixin",
]


class UUIDTextMixin:
    """Compares UUIDs as text, without hyphens where the database stores them so."""

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Remove the hyphens in SQL."""
        if not connection.features.has_native_uuid_field:
            from fastjango.orm.query.functions.text import Replace

            if self.rhs_is_direct_value():
                self.rhs = Value(self.rhs)
            self.rhs = Replace(self.rhs, Value("-"), Value(""), output_field=fields.CharField())
        processed: tuple[Any, Sequence[Any]] = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return processed


class UUIDIExact(UUIDTextMixin, IExact):
    """Equal to, for UUIDs."""


class UUIDContains(UUIDTextMixin, Contains):
    """Contains, for UUIDs."""


class UUIDIContains(UUIDTextMixin, IContains):
    """Contains, ignoring case, for UUIDs."""


class UUIDStartsWith(UUIDTextMixin, StartsWith):
    """Starts with, for UUIDs."""


class UUIDIStartsWith(UUIDTextMixin, IStartsWith):
    """Starts with, ignoring case, for UUIDs."""


class UUIDEndsWith(UUIDTextMixin, EndsWith):
    """Ends with, for UUIDs."""


class UUIDIEndsWith(UUIDTextMixin, IEndsWith):
    """Ends with, ignoring case, for UUIDs."""


UUID_LOOKUPS: Final = (
    UUIDIExact,
    UUIDContains,
    UUIDIContains,
    UUIDStartsWith,
    UUIDIStartsWith,
    UUIDEndsWith,
    UUIDIEndsWith,
)
"""What UUID fields are asked by instead."""
