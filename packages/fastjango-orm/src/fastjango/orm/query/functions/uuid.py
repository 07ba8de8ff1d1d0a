"""Functions that make UUIDs in the database."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions import Func
from fastjango.orm.query.fieldtypes import FixedField

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["UUID4", "UUID7"]


def _unsupported(message: str) -> NoReturn:
    raise NotSupportedError(message)


class UUID4(Func):
    """A random UUID."""

    function = "UUIDV4"
    arity = 0
    output_field = FixedField("UUIDField")

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the function, where there is one."""
        if not connection.features.supports_uuid4_function:
            _unsupported("UUID4 is not supported on this database backend.")
        return super().as_sql(compiler, connection, *args, **extra_context)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use the older name before version 18."""
        if connection.features.is_postgresql_18:
            return self.as_sql(compiler, connection, **extra_context)
        return self.as_sql(compiler, connection, function="GEN_RANDOM_UUID", **extra_context)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use MariaDB's name."""
        if not connection.features.supports_uuid4_function:
            if connection.mysql_is_mariadb:
                _unsupported("UUID4 requires MariaDB version 11.7 or later.")
            _unsupported("UUID4 is not supported on MySQL.")
        return self.as_sql(compiler, connection, function="UUID_V4", **extra_context)


class UUID7(Func):
    """A UUID that sorts by its time of creation.

    Args:
        shift: A duration to add to that time.
    """

    function = "UUIDV7"
    arity = 1
    output_field = FixedField("UUIDField")

    def __init__(self, shift: Any = None, **extra: Any) -> None:
        super().__init__(shift, **extra)

    def _parse_expressions(self, *expressions: Any) -> list[Any]:
        if expressions[0] is None:
            expressions = expressions[1:]
        return super()._parse_expressions(*expressions)

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Return the function, where there is one."""
        if not connection.features.supports_uuid7_function:
            _unsupported("UUID7 is not supported on this database backend.")
        if self.source_expressions and not connection.features.supports_uuid7_function_shift:
            _unsupported("The shift argument to UUID7 is not supported on this database backend.")
        return super().as_sql(compiler, connection, *args, **extra_context)

    def as_postgresql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Name the version that has it."""
        if not connection.features.supports_uuid7_function:
            _unsupported("UUID7 requires PostgreSQL version 18 or later.")
        return self.as_sql(compiler, connection, **extra_context)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Name the Python version that has it."""
        if not connection.features.supports_uuid7_function:
            _unsupported("UUID7 on SQLite requires Python version 3.14 or later.")
        return self.as_sql(compiler, connection, **extra_context)

    def as_mysql(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Use MariaDB's name."""
        if connection.features.supports_uuid7_function:
            return self.as_sql(compiler, connection, function="UUID_V7", **extra_context)
        if connection.mysql_is_mariadb:
            _unsupported("UUID7 requires MariaDB version 11.7 or later.")
        _unsupported("UUID7 is not supported on MySQL.")
