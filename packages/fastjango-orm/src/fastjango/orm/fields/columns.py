"""SQLAlchemy's types of columns, with the values and type names that Django uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

if TYPE_CHECKING:
    from .base import Field

__all__ = ["FieldType", "sa_type_of"]

# Type that gives a column its operators and its place in `CREATE TABLE`.
_AFFINITIES: dict[str, type[TypeEngine[Any]]] = {
    "AutoField": sa.Integer,
    "BigAutoField": sa.BigInteger,
    "BigIntegerField": sa.BigInteger,
    "BinaryField": sa.LargeBinary,
    "BooleanField": sa.Boolean,
    "DateField": sa.Date,
    "DateTimeField": sa.DateTime,
    "DecimalField": sa.Numeric,
    "DurationField": sa.Interval,
    "FloatField": sa.Float,
    "IntegerField": sa.Integer,
    "JSONField": sa.JSON,
    "PositiveBigIntegerField": sa.BigInteger,
    "PositiveIntegerField": sa.Integer,
    "PositiveSmallIntegerField": sa.SmallInteger,
    "SmallAutoField": sa.SmallInteger,
    "SmallIntegerField": sa.SmallInteger,
    "TextField": sa.Text,
    "TimeField": sa.Time,
    "UUIDField": sa.Uuid,
}

_VENDORS = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
_BACKENDS = {"sqlite": "sqlite3", "postgresql": "postgresql", "mysql": "mysql"}
_detached: dict[str, Any] = {}
_NO_SERVER: dict[str, Any] = {
    "ENGINE": "",
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "TIME_ZONE": None,
    "OPTIONS": {},
    "TEST": {},
    **dict.fromkeys(("NAME", "USER", "PASSWORD", "HOST", "PORT"), ""),
}


def connection_for_dialect(dialect: sa.Dialect) -> Any:
    """A connection wrapper of the dialect's vendor: a configured one, else one without a server."""
    from fastjango.orm import DEFAULT_DB_ALIAS, connections

    if dialect.name == "default":
        # A statement turned into text for people to read.
        return connections[DEFAULT_DB_ALIAS]
    vendor = _VENDORS.get(dialect.name)
    if vendor is None:
        raise CompileError(
            f"Models have no column types for the dialect {dialect.name!r}. Dialects: "
            f"{', '.join(sorted(map(repr, _VENDORS)))}."
        )
    for alias in connections:
        if connections[alias].vendor == vendor:
            return connections[alias]
    if vendor not in _detached:
        from importlib import import_module

        module = import_module(f"fastjango.orm.backends.{_BACKENDS[vendor]}.base")
        _detached[vendor] = module.DatabaseWrapper(_NO_SERVER)
    return _detached[vendor]


class _Named(UserDefinedType[Any]):
    """A type that is nothing but its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **kwargs: Any) -> str:
        """The name."""
        return self.name


class FieldType(TypeDecorator[Any]):
    """The column type of a field: its name from the database's backend, its values from the field.

    Rows written through a Session or Core hold what the ORM itself would have written.
    """

    impl = sa.String
    cache_ok = False

    def __init__(self, field: Any) -> None:
        super().__init__()
        self.field = field
        internal = column_field(field).get_internal_type()
        self.impl = _AFFINITIES.get(internal, sa.String)()  # type: ignore[assignment]  # an instance here

    def copy(self, **kw: Any) -> FieldType:
        """The type of the same field."""
        return FieldType(self.field)

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """The type under the name it has on the dialect's database."""
        if (
            dialect.name == "postgresql"
            and column_field(self.field).get_internal_type() == "JSONField"
        ):
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        name = self.field.db_parameters(connection_for_dialect(dialect))["type"]
        return dialect.type_descriptor(_Named(name))

    def _native(self, dialect: sa.Dialect) -> bool:
        impl: Any = self.dialect_impl(dialect)
        return isinstance(impl.impl_instance, postgresql.JSONB)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """The value as the ORM would write it."""
        if value is None or self._native(dialect):
            return value
        return self.field.get_db_prep_value(value, connection_for_dialect(dialect))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """The value as the ORM would read it."""
        if value is None or self._native(dialect):
            return value
        converter = self.field.get_row_converter(connection_for_dialect(dialect))
        return value if converter is None else converter(value)


def column_field(field: Any) -> Any:
    """The field that decides on the column: of a relation, the one pointed to at last."""
    while field.is_relation and hasattr(field, "foreign_related_fields"):
        field = field.target_field
    return getattr(field, "output_field", None) or field


def sa_type_of(field: Field[Any, Any]) -> TypeEngine[Any]:
    """SQLAlchemy's type of a field's column."""
    return FieldType(field)
