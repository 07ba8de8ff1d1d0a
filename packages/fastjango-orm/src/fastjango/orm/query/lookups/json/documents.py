"""Lookups of a whole JSON document: equality, membership and the keys it has."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions import JSONNull, Value
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups import builtin
from fastjango.orm.query.lookups.base import FieldGetDbPrepValueMixin, PostgresOperatorLookup
from fastjango.orm.query.lookups.json.paths import KeyTransform, ProcessJSONLHSMixin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "CaseInsensitiveMixin",
    "ContainedBy",
    "DataContains",
    "HasAnyKeys",
    "HasKey",
    "HasKeyLookup",
    "HasKeyOrArrayIndex",
    "HasKeys",
    "JSONExact",
    "JSONIContains",
    "JSONIn",
]


def _require_contains(connection: Any, name: str) -> None:
    if not connection.features.supports_json_field_contains:
        raise NotSupportedError(f"{name} lookup is not supported on this database backend.")


class DataContains(FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """Contains the given keys and values at the top."""

    lookup_name = "contains"
    postgres_operator = "@>"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return JSON_CONTAINS."""
        _require_contains(connection, "contains")
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"JSON_CONTAINS({lhs}, {rhs})", (*lhs_params, *rhs_params)


class ContainedBy(FieldGetDbPrepValueMixin, PostgresOperatorLookup):
    """Is contained in the given keys and values."""

    lookup_name = "contained_by"
    postgres_operator = "<@"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return JSON_CONTAINS with the sides exchanged."""
        _require_contains(connection, "contained_by")
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"JSON_CONTAINS({rhs}, {lhs})", (*rhs_params, *lhs_params)


class HasKeyLookup(PostgresOperatorLookup):
    """Has one or several keys; every key travels as a bound path."""

    logical_operator: str | None = None

    def compile_json_path_final_key(self, connection: Any, key_transform: Any) -> str:
        """Return the last step of the path, as a key even if it looks like an index."""
        return f".{json.dumps(key_transform)}"

    def _paths(self, compiler: Any, connection: Any) -> Iterator[tuple[str, Sequence[Any], str]]:
        compile_path = connection.ops.compile_json_path
        document: Any = self.lhs
        if isinstance(document, KeyTransform):
            lhs, params, keys = document.preprocess_lhs(compiler, connection)
            root: str = compile_path(keys)
        else:
            lhs, params = self.process_lhs(compiler, connection)
            root = "$"
        rhs: Any = self.rhs
        wanted: list[Any] = list(rhs) if isinstance(rhs, (list, tuple)) else [rhs]
        for key in wanted:
            steps: list[Any] = [key]
            if isinstance(key, KeyTransform):
                _, _, steps = key.preprocess_lhs(compiler, connection)
            *inner, last = steps
            path: str = compile_path(inner, include_root=False)
            yield lhs, params, root + path + self.compile_json_path_final_key(connection, last)

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None
    ) -> tuple[str, Sequence[Any]]:
        """Return one test per key, joined with the logical operator."""
        assert template is not None
        parts: list[str] = []
        all_params: list[Any] = []
        for lhs, params, path in self._paths(compiler, connection):
            parts.append(template % (lhs, "%s"))
            all_params.extend((*params, path))
        if self.logical_operator:
            return f"({self.logical_operator.join(parts)})", tuple(all_params)
        return "".join(parts), tuple(all_params)

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return JSON_CONTAINS_PATH."""
        return self.as_sql(compiler, connection, template="JSON_CONTAINS_PATH(%s, 'one', %s)")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Move the path's first steps to the left side: the operator takes one key."""
        if isinstance(self.rhs, KeyTransform):
            *_, keys = self.rhs.preprocess_lhs(compiler, connection)
            for key in keys[:-1]:
                self.lhs = KeyTransform(key, self.lhs)
            self.rhs = keys[-1]
        return super().as_postgresql(compiler, connection)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return JSON_TYPE."""
        return self.as_sql(compiler, connection, template="JSON_TYPE(%s, %s) IS NOT NULL")


class HasKey(HasKeyLookup):
    """Has the key."""

    lookup_name = "has_key"
    postgres_operator = "?"
    prepare_rhs = False


class HasKeys(HasKeyLookup):
    """Has all the keys."""

    lookup_name = "has_keys"
    postgres_operator = "?&"
    logical_operator = " AND "

    def get_prep_lookup(self) -> Any:
        """Return the keys as text."""
        return [str(item) for item in self.rhs]


class HasAnyKeys(HasKeys):
    """Has any of the keys."""

    lookup_name = "has_any_keys"
    postgres_operator = "?|"
    logical_operator = " OR "


class HasKeyOrArrayIndex(HasKey):
    """Has the key, or the element of an array."""

    def compile_json_path_final_key(self, connection: Any, key_transform: Any) -> str:
        """Return the last step, as an index if it looks like one."""
        path: str = connection.ops.compile_json_path([key_transform], include_root=False)
        return path


class CaseInsensitiveMixin:
    """Lowers both sides on MySQL, where JSON text compares by bytes."""

    def process_lhs(
        self: Any, compiler: Any, connection: Any, lhs: Any = None
    ) -> tuple[str, Sequence[Any]]:
        """Compile the left side."""
        sql, params = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]  # a mixin of Lookup
        return (f"LOWER({sql})" if connection.vendor == "mysql" else sql), params

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the right side."""
        sql, params = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return (f"LOWER({sql})" if connection.vendor == "mysql" else sql), params


class JSONExact(builtin.Exact):
    """Equal to a JSON value; `None` is JSON's own null."""

    can_use_none_as_rhs = True

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the value as JSON."""
        rhs, params = super().process_rhs(compiler, connection)
        if rhs == "%s" and tuple(params) == (None,):
            params = ("null",)
        if connection.vendor == "mysql" and not isinstance(self.rhs, JSONNull):
            rhs %= tuple(["JSON_EXTRACT(%s, '$')"] * len(params))
        return rhs, params


class JSONIContains(CaseInsensitiveMixin, builtin.IContains):
    """Contains the text, ignoring case."""


class JSONIn(ProcessJSONLHSMixin, builtin.In):
    """One of several JSON values."""

    def resolve_expression_parameter(
        self, compiler: Any, connection: Any, sql: str, param: Any
    ) -> tuple[str, Sequence[Any]]:
        """Compile one member as JSON."""
        sql, params = super().resolve_expression_parameter(compiler, connection, sql, param)
        is_value = isinstance(param, Value)
        field = param._output_field_or_none if is_value else None
        plain_value = is_value and not isinstance(field, fields.JSONField)
        plain_null = plain_value and param.value is None
        if (
            not connection.features.has_native_json_field
            and (not hasattr(param, "as_sql") or is_value)
            and not plain_null
        ):
            if plain_value:
                value = param.value if field is None else field.get_prep_value(param.value)
                params = [connection.ops.adapt_json_value(value, None)]
            if connection.vendor == "mysql" or (
                connection.vendor == "sqlite"
                and params[0] not in connection.ops.jsonfield_datatype_values
            ):
                sql = "JSON_EXTRACT(%s, '$')"
        if connection.vendor == "mysql" and connection.mysql_is_mariadb:
            sql = f"JSON_UNQUOTE({sql})"
        return sql, params

    def process_lhs(
        self, compiler: Any, connection: Any, lhs: Any = None
    ) -> tuple[str, Sequence[Any]]:
        """Extract the whole column as a comparable value."""
        sql, params = super().process_lhs(compiler, connection, lhs)
        if isinstance(self.lhs, KeyTransform):
            return sql, params
        if connection.vendor == "mysql":
            if not connection.mysql_is_mariadb:
                return self._process_as_mysql(sql, params, connection)
            # The cast of the left side has unquoted already; extract first, then unquote.
            sql, params = compiler.compile(self.lhs)
            sql, params = self._process_as_mysql(sql, params, connection)
            return f"JSON_UNQUOTE({sql})", params
        if connection.vendor == "sqlite":
            return self._process_as_sqlite(sql, params, connection)
        return sql, params


JSON_LOOKUPS: Final = (
    DataContains,
    ContainedBy,
    HasKey,
    HasKeys,
    HasAnyKeys,
    JSONExact,
    JSONIContains,
    JSONIn,
)
"""What JSON fields are asked by."""
