"""Steps into a JSON document: what a lookup's path names below the field."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.orm.query.lookups.base import Transform

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "KT",
    "KeyTextTransform",
    "KeyTransform",
    "KeyTransformFactory",
    "ProcessJSONLHSMixin",
]


class ProcessJSONLHSMixin:
    """Extracts a path, or the whole, as a comparable value."""

    def _json_path(self, connection: Any, keys: Any) -> str:
        if keys is None:
            return "$"
        path: str = connection.ops.compile_json_path(keys)
        return path

    def _process_as_sqlite(
        self, sql: str, params: Sequence[Any], connection: Any, keys: Any = None
    ) -> tuple[str, Sequence[Any]]:
        path = self._json_path(connection, keys)
        types = ",".join(repr(value) for value in connection.ops.jsonfield_datatype_values)
        return (
            f"(CASE WHEN JSON_TYPE({sql}, %s) IN ({types}) "
            f"THEN JSON_TYPE({sql}, %s) ELSE JSON_EXTRACT({sql}, %s) END)"
        ), (*params, path) * 3

    def _process_as_mysql(
        self, sql: str, params: Sequence[Any], connection: Any, keys: Any = None
    ) -> tuple[str, Sequence[Any]]:
        return f"JSON_EXTRACT({sql}, %s)", (*params, self._json_path(connection, keys))


class KeyTransform(ProcessJSONLHSMixin, Transform):
    """A step into a JSON document; the key is a bound parameter, never SQL text.

    Args:
        key_name: The key, or an array's index.
        *args: The document.
    """

    postgres_operator = "->"
    postgres_nested_operator = "#>"

    def __init__(self, key_name: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key_name = str(key_name)

    def preprocess_lhs(
        self, compiler: Any, connection: Any
    ) -> tuple[str, Sequence[Any], list[Any]]:
        """Return the document's SQL and parameters, and the whole path of keys."""
        keys = [self.key_name]
        previous = self.lhs
        while isinstance(previous, KeyTransform):
            keys.insert(0, previous.key_name)
            previous = previous.lhs
        sql, params = compiler.compile(previous)
        return sql, params, keys

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return JSON_EXTRACT."""
        sql, params, keys = self.preprocess_lhs(compiler, connection)
        return self._process_as_mysql(sql, params, connection, keys)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the arrow operator for one key, the path operator for several."""
        sql, params, keys = self.preprocess_lhs(compiler, connection)
        if len(keys) > 1:
            return f"({sql} {self.postgres_nested_operator} %s)", (*params, keys)
        key: int | str
        try:
            key = int(self.key_name)
        except ValueError:
            key = self.key_name
        return f"({sql} {self.postgres_operator} %s)", (*params, key)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return JSON_EXTRACT, or the type for true, false and null."""
        sql, params, keys = self.preprocess_lhs(compiler, connection)
        return self._process_as_sqlite(sql, params, connection, keys)


class KeyTextTransform(KeyTransform):
    """A step into a JSON document whose result is text."""

    postgres_operator = "->>"
    postgres_nested_operator = "#>>"
    output_field = FixedField("TextField")

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the unquoted text."""
        if connection.mysql_is_mariadb or getattr(self.lhs.output_field, "model", None) is None:
            sql, params = super().as_mysql(compiler, connection)
            return f"JSON_UNQUOTE({sql})", params
        sql, params, keys = self.preprocess_lhs(compiler, connection)
        return f"({sql} ->> %s)", (*params, connection.ops.compile_json_path(keys))

    @classmethod
    def from_lookup(cls, lookup: str) -> Any:
        """Build the transform from a path: `KT("field__key__0")`."""
        transform: Any
        transform, *keys = lookup.split(LOOKUP_SEP)
        if not keys:
            raise ValueError("Lookup must contain key or index transforms.")
        for key in keys:
            transform = cls(key, transform)
        return transform


KT = KeyTextTransform.from_lookup


class KeyTransformFactory:
    """What a JSON field answers for any transform it does not know: a step to that key."""

    def __init__(self, key_name: str) -> None:
        self.key_name = key_name

    def __call__(self, *args: Any, **kwargs: Any) -> KeyTransform:
        return KeyTransform(self.key_name, *args, **kwargs)
