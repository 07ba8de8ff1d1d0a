"""Functions that compare or convert."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.query.expressions import Func
from fastjango.orm.query.names import check_collation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cast", "Coalesce", "Collate", "Greatest", "Least", "NullIf"]


class Cast(Func):
    """The expression as a value of another field's type."""

    function = "CAST"
    template = "%(function)s(%(expressions)s AS %(db_type)s)"

    def __init__(self, expression: Any, output_field: Any) -> None:
        super().__init__(expression, output_field=output_field)

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return CAST with the field's type in the database's words."""
        extra_context["db_type"] = self.output_field.cast_db_type(connection)
        return super().as_sql(compiler, connection, *args, **extra_context)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Format dates and times: a CAST would lose their fractions."""
        db_type = self.output_field.db_type(connection)
        if db_type in ("datetime", "time"):
            sql, params = super().as_sql(
                compiler, connection, template="strftime(%%s, %(expressions)s)", **extra_context
            )
            pattern = "%H:%M:%f" if db_type == "time" else "%Y-%m-%d %H:%M:%f"
            return sql, (pattern, *params)
        if db_type == "date":
            return super().as_sql(
                compiler, connection, template="date(%(expressions)s)", **extra_context
            )
        return self.as_sql(compiler, connection, **extra_context)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Replace the casts that MySQL lacks."""
        template = None
        internal_type = self.output_field.get_internal_type()
        if internal_type == "FloatField":
            template = "(%(expressions)s + 0.0)"
        elif internal_type == "JSONField" and connection.mysql_is_mariadb:
            template = "JSON_EXTRACT(%(expressions)s, '$')"
        return self.as_sql(compiler, connection, template=template, **extra_context)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the `::` form."""
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)::%(db_type)s", **extra_context
        )


def _require_two(name: str, expressions: Sequence[Any]) -> None:
    if len(expressions) < 2:
        raise ValueError(f"{name} must take at least two expressions")


class Coalesce(Func):
    """The first expression that is not NULL."""

    function = "COALESCE"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        _require_two("Coalesce", expressions)
        super().__init__(*expressions, **extra)

    @property
    def empty_result_set_value(self) -> Any:
        """The first constant that is known."""
        for expression in self.get_source_expressions():
            result = expression.empty_result_set_value
            if result is NotImplemented or result is not None:
                return result
        return None


class Collate(Func):
    """The expression under another collation."""

    function = "COLLATE"
    template = "%(expressions)s %(function)s %(collation)s"
    allowed_default = False

    def __init__(self, expression: Any, collation: str) -> None:
        self.collation = check_collation(collation)
        super().__init__(expression)

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return COLLATE with the quoted name."""
        extra_context.setdefault("collation", connection.ops.quote_name(self.collation))
        return super().as_sql(compiler, connection, *args, **extra_context)


class Greatest(Func):
    """The greatest expression; NULL among them gives NULL, except on PostgreSQL."""

    function = "GREATEST"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        _require_two("Greatest", expressions)
        super().__init__(*expressions, **extra)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use MAX of several arguments."""
        return super().as_sqlite(compiler, connection, function="MAX", **extra_context)


class Least(Func):
    """The least expression; NULL among them gives NULL, except on PostgreSQL."""

    function = "LEAST"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        _require_two("Least", expressions)
        super().__init__(*expressions, **extra)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use MIN of several arguments."""
        return super().as_sqlite(compiler, connection, function="MIN", **extra_context)


class NullIf(Func):
    """NULL if both expressions are equal, else the first."""

    function = "NULLIF"
    arity = 2
