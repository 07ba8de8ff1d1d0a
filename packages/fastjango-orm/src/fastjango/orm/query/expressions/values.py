"""Constants: `Value`, `JSONNull`, raw SQL, `*`, and database defaults."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastjango.core.exceptions import FieldError
from fastjango.orm.query.expressions.base import Expression
from fastjango.orm.query.fieldtypes import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DatabaseDefault", "JSONNull", "RawSQL", "Star", "Value", "field_of_type"]

# bool before int and datetime before date: each is a subclass of the second.
_FIELD_OF_TYPE: tuple[tuple[type[Any], str], ...] = (
    (str, "CharField"),
    (bool, "BooleanField"),
    (int, "IntegerField"),
    (float, "FloatField"),
    (datetime.datetime, "DateTimeField"),
    (datetime.date, "DateField"),
    (datetime.time, "TimeField"),
    (datetime.timedelta, "DurationField"),
    (Decimal, "DecimalField"),
    (bytes, "BinaryField"),
    (UUID, "UUIDField"),
)


def field_of_type(value: Any) -> Any:
    """Return a field for a constant's Python type, `None` if there is none."""
    for python_type, name in _FIELD_OF_TYPE:
        if isinstance(value, python_type):
            return getattr(fields, name)()
    return None


class Value(Expression):
    """A constant, sent as a bound parameter.

    Args:
        value: The constant.
        output_field: The field that prepares it; inferred from the Python type if absent.
    """

    for_save = False
    allowed_default = True

    def __init__(self, value: Any, output_field: Any = None) -> None:
        super().__init__(output_field=output_field)
        self.value = value

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.value!r})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return a placeholder, or NULL."""
        connection.ops.check_expression_support(self)
        value = self.value
        field = self._output_field_or_none
        if field is not None:
            prepare = field.get_db_prep_save if self.for_save else field.get_db_prep_value
            value = prepare(value, connection=connection)
            placeholder = getattr(field, "get_placeholder_sql", None)
            if placeholder is not None:
                made: tuple[str, Sequence[Any]] = placeholder(value, compiler, connection)
                return made
        if value is None:
            return "NULL", ()
        return "%s", (value,)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast JSON: it is bound as text, and stays text where nothing tells its type."""
        sql, params = self.as_sql(compiler, connection, **extra_context)
        if sql == "%s" and isinstance(self._output_field_or_none, fields.JSONField):
            sql = "%s::jsonb"
        return sql, params

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast decimals: SQLite binds them as text."""
        sql, params = self.as_sql(compiler, connection, **extra_context)
        try:
            if self.output_field.get_internal_type() == "DecimalField":
                kind = "REAL" if isinstance(self.value, Decimal) else "NUMERIC"
                sql = f"(CAST({sql} AS {kind}))"
        except FieldError:
            pass
        return sql, params

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Return a copy that knows whether it is about to be stored."""
        clone = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        clone.for_save = for_save
        return clone

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing: a constant needs no grouping."""
        return []

    def _resolve_output_field(self) -> Any:
        return field_of_type(self.value)

    @property
    def empty_result_set_value(self) -> Any:
        """The constant itself."""
        return self.value


class JSONNull(Value):
    """JSON's own `null`, as opposed to SQL NULL."""

    def __init__(self) -> None:
        super().__init__(None, output_field=fields.JSONField())

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return a placeholder for the text `null`."""
        value = self.output_field.get_db_prep_value(self.value, connection)
        return "%s", ("null" if value is None else value,)

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Parse the text, so that it is stored as JSON."""
        _, params = self.as_sql(compiler, connection)
        return "JSON_EXTRACT(%s, '$')", params


class RawSQL(Expression):
    """SQL written by the caller; its parameters are bound, its text is not checked.

    Args:
        sql: The text, with `%s` for each parameter. Never build it from user input.
        params: The parameters.
        output_field: The result's type.
    """

    allowed_default = True

    def __init__(self, sql: str, params: Sequence[Any], output_field: Any = None) -> None:
        self.sql, self.params = sql, params
        super().__init__(output_field=fields.Field() if output_field is None else output_field)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.sql}, {self.params})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the text in parentheses."""
        adapt = connection.ops.adapt_unknown_value
        return f"({self.sql})", [adapt(value) for value in self.params]

    def get_group_by_cols(self) -> list[Any]:
        """Group by the text itself."""
        return [self]

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Join parent tables whose columns the text mentions."""
        if query.model:
            text = self.sql.lower()
            for parent in query.model._meta.all_parents:
                for field in parent._meta.local_fields:
                    if field.column.lower() in text:
                        query.resolve_ref(field.name, allow_joins, reuse, summarize)
                        break
        return super().resolve_expression(query, allow_joins, reuse, summarize, for_save)


class Star(Expression):
    """The `*` of `COUNT(*)`."""

    def __repr__(self) -> str:
        return "'*'"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return `*`."""
        return "*", ()


class DatabaseDefault(Expression):
    """A column's database default: DEFAULT in an INSERT, its expression elsewhere."""

    is_database_default = True  # by which form widgets know that there is no value yet

    def __init__(self, expression: Any, output_field: Any = None) -> None:
        super().__init__(output_field)
        self.expression = expression

    def get_source_expressions(self) -> list[Any]:
        """Return the default's expression."""
        return [self.expression]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the default's expression."""
        (self.expression,) = exprs

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Return the plain expression unless the value is about to be inserted."""
        resolved = self.expression.resolve_expression(
            query=query,
            allow_joins=allow_joins,
            reuse=reuse,
            summarize=summarize,
            for_save=for_save,
        )
        if not for_save:
            return resolved
        return DatabaseDefault(resolved, output_field=self._output_field_or_none)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return DEFAULT where an INSERT accepts the word."""
        if not connection.features.supports_default_keyword_in_insert:
            compiled: tuple[str, Sequence[Any]] = compiler.compile(self.expression)
            return compiled
        return "DEFAULT", ()
