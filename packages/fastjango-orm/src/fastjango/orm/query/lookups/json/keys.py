"""Lookups of the value that a path leads to in a JSON document."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastjango.orm.query.lookups import builtin
from fastjango.orm.query.lookups.json.documents import (
    CaseInsensitiveMixin,
    HasKeyOrArrayIndex,
    JSONExact,
    JSONIn,
)
from fastjango.orm.query.lookups.json.paths import KeyTextTransform, KeyTransform

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "KeyTransformEndsWith",
    "KeyTransformExact",
    "KeyTransformGt",
    "KeyTransformGte",
    "KeyTransformIContains",
    "KeyTransformIEndsWith",
    "KeyTransformIExact",
    "KeyTransformIRegex",
    "KeyTransformIStartsWith",
    "KeyTransformIn",
    "KeyTransformIsNull",
    "KeyTransformLt",
    "KeyTransformLte",
    "KeyTransformNumericLookupMixin",
    "KeyTransformRegex",
    "KeyTransformStartsWith",
    "KeyTransformTextLookupMixin",
]


class KeyTransformTextLookupMixin:
    """Compares a key's value as text."""

    def __init__(self, key_transform: Any, *args: Any, **kwargs: Any) -> None:
        if not isinstance(key_transform, KeyTransform):
            raise TypeError(
                "Transform should be an instance of KeyTransform in order to use this lookup."
            )
        text = KeyTextTransform(
            key_transform.key_name, *key_transform.source_expressions, **key_transform.extra
        )
        super().__init__(text, *args, **kwargs)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


class KeyTransformIsNull(builtin.IsNull):
    """The key is missing, or there."""

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Ask for the key's type."""
        word = "NULL" if self.rhs else "NOT NULL"
        return HasKeyOrArrayIndex(self.lhs.lhs, self.lhs.key_name).as_sql(
            compiler, connection, template=f"JSON_TYPE(%s, %s) IS {word}"
        )


class KeyTransformIn(JSONIn):
    """The key's value is one of several."""


class KeyTransformExact(JSONExact):
    """The key's value is equal to."""

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Extract the value as SQLite extracts the left side."""
        if isinstance(self.rhs, KeyTransform):
            return super(builtin.Exact, self).process_rhs(compiler, connection)
        rhs, params = super().process_rhs(compiler, connection)
        if connection.vendor == "sqlite":
            plain = connection.ops.jsonfield_datatype_values
            rhs %= tuple("%s" if value in plain else "JSON_EXTRACT(%s, '$')" for value in params)
        return rhs, params


class KeyTransformIExact(CaseInsensitiveMixin, KeyTransformTextLookupMixin, builtin.IExact):
    """The key's value is equal to, ignoring case."""

    can_use_none_as_rhs = True

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare with JSON's null exactly."""
        if self.rhs is not None:
            return super().as_sql(compiler, connection)
        transform = KeyTransform(self.lhs.key_name, self.lhs.lhs)
        exact = transform.get_lookup("exact")(transform, self.rhs)
        compiled: tuple[str, Sequence[Any]] = compiler.compile(exact)
        return compiled


class KeyTransformIContains(CaseInsensitiveMixin, KeyTransformTextLookupMixin, builtin.IContains):
    """The key's text contains, ignoring case."""


class KeyTransformStartsWith(KeyTransformTextLookupMixin, builtin.StartsWith):
    """The key's text starts with."""


class KeyTransformIStartsWith(
    CaseInsensitiveMixin, KeyTransformTextLookupMixin, builtin.IStartsWith
):
    """The key's text starts with, ignoring case."""


class KeyTransformEndsWith(KeyTransformTextLookupMixin, builtin.EndsWith):
    """The key's text ends with."""


class KeyTransformIEndsWith(CaseInsensitiveMixin, KeyTransformTextLookupMixin, builtin.IEndsWith):
    """The key's text ends with, ignoring case."""


class KeyTransformRegex(KeyTransformTextLookupMixin, builtin.Regex):
    """The key's text matches."""


class KeyTransformIRegex(CaseInsensitiveMixin, KeyTransformTextLookupMixin, builtin.IRegex):
    """The key's text matches, ignoring case."""


class KeyTransformNumericLookupMixin:
    """Compares a key's value as a number or text, not as JSON."""

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the right side as a plain value."""
        rhs, params = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        if not connection.features.has_native_json_field and self.rhs_is_direct_value():
            params = tuple(json.loads(value) for value in params)
        return rhs, params


class KeyTransformLt(KeyTransformNumericLookupMixin, builtin.LessThan):
    """The key's value is less than."""


class KeyTransformLte(KeyTransformNumericLookupMixin, builtin.LessThanOrEqual):
    """The key's value is less than or equal to."""


class KeyTransformGt(KeyTransformNumericLookupMixin, builtin.GreaterThan):
    """The key's value is greater than."""


class KeyTransformGte(KeyTransformNumericLookupMixin, builtin.GreaterThanOrEqual):
    """The key's value is greater than or equal to."""


for _lookup, _name in (
    (KeyTransformIn, "in"),
    (KeyTransformExact, "exact"),
    (KeyTransformIExact, "iexact"),
    (KeyTransformIsNull, "isnull"),
    (KeyTransformIContains, "icontains"),
    (KeyTransformStartsWith, "startswith"),
    (KeyTransformIStartsWith, "istartswith"),
    (KeyTransformEndsWith, "endswith"),
    (KeyTransformIEndsWith, "iendswith"),
    (KeyTransformRegex, "regex"),
    (KeyTransformIRegex, "iregex"),
    (KeyTransformLt, "lt"),
    (KeyTransformLte, "lte"),
    (KeyTransformGt, "gt"),
    (KeyTransformGte, "gte"),
):
    KeyTransform.register_class_lookup(_lookup, _name)
