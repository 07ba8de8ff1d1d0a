"""Functions that build JSON documents."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions import Func, Value
from fastjango.orm.query.fieldtypes import FixedField, fields
from fastjango.orm.query.functions.comparison import Cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["JSONArray", "JSONObject"]


class JSONArray(Func):
    """A JSON array of the arguments; NULL becomes JSON's null."""

    function = "JSON_ARRAY"
    output_field = FixedField("JSONField")

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return JSON_ARRAY."""
        if not connection.features.supports_json_field:
            raise NotSupportedError("JSONFields are not supported on this database backend.")
        return super().as_sql(compiler, connection, *args, **extra_context)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Give every argument a type; use the standard function from version 16 on."""
        clone = self.copy()
        clone.set_source_expressions(
            [
                source if isinstance(source, Cast) else Cast(source, source.output_field)
                for source in clone.get_source_expressions()
            ]
        )
        if not connection.features.is_postgresql_16:
            return clone.as_sql(compiler, connection, function="JSONB_BUILD_ARRAY", **extra_context)
        nulls = "NULL ON NULL" if self.get_source_expressions() else ""
        return clone.as_sql(
            compiler,
            connection,
            template=f"%(function)s(%(expressions)s {nulls} RETURNING JSONB)",
            **extra_context,
        )


class JSONObject(Func):
    """A JSON object of the keyword arguments; the keys travel as bound parameters."""

    function = "JSON_OBJECT"
    output_field = FixedField("JSONField")

    def __init__(self, **fields: Any) -> None:
        expressions: list[Any] = []
        for key, value in fields.items():
            expressions.extend((Value(key), value))
        super().__init__(*expressions)

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return JSON_OBJECT."""
        if not connection.features.has_json_object_function:
            raise NotSupportedError("JSONObject() is not supported on this database backend.")
        return super().as_sql(compiler, connection, *args, **extra_context)

    def join(self, args: Iterable[str]) -> str:
        """Join keys and values as the standard's function wants them."""
        parts = list(args)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return ", ".join(f"({key}) VALUE {value}" for key, value in pairs)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Give the keys a type; use the standard function from version 16 on."""
        clone = self.copy()
        clone.set_source_expressions(
            [
                source if index % 2 else Cast(source, fields.TextField())
                for index, source in enumerate(clone.get_source_expressions())
            ]
        )
        if not connection.features.is_postgresql_16:
            return clone.as_sql(
                compiler, connection, function="JSONB_BUILD_OBJECT", **extra_context
            )
        return clone.as_sql(
            compiler,
            connection,
            arg_joiner=self,
            template="%(function)s(%(expressions)s RETURNING JSONB)",
            **extra_context,
        )
