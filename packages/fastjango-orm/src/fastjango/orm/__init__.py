"""Django's models and queries, SQLModel underneath, async to the driver."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastjango.orm.exceptions import (
    DatabaseError,
    DatabaseUnavailable,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    PoolTimeout,
    ProgrammingError,
)

if TYPE_CHECKING:
    from fastjango.orm import models as models
    from fastjango.orm import transaction as transaction
    from fastjango.orm.engine.handler import close_old_connections as close_old_connections
    from fastjango.orm.engine.handler import connection as connection
    from fastjango.orm.engine.handler import connections as connections
    from fastjango.orm.engine.handler import reset_queries as reset_queries
    from fastjango.orm.router import router as router

DEFAULT_DB_ALIAS = "default"
DJANGO_VERSION_PICKLE_KEY = "_django_version"

__all__ = [
    "DEFAULT_DB_ALIAS",
    "DJANGO_VERSION_PICKLE_KEY",
    "DataError",
    "DatabaseError",
    "DatabaseUnavailable",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PoolTimeout",
    "ProgrammingError",
    "close_old_connections",
    "connection",
    "connections",
    "models",
    "reset_queries",
    "router",
    "transaction",
]

# Loaded at first use: `from fastjango.orm import IntegrityError` needs no SQLAlchemy.
_LAZY = {
    "close_old_connections": "engine.handler",
    "connection": "engine.handler",
    "connections": "engine.handler",
    "reset_queries": "engine.handler",
    "router": "router",
}
_MODULES = ("models", "transaction")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _LAZY:
        value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
