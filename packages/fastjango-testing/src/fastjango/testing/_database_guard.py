"""Keeping tests away from databases that they have not asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, NoReturn
from unittest import mock

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

NO_DB_ALIAS = "__no_db__"


class DatabaseOperationForbidden(AssertionError):
    """A test has used a database that is not in its `databases`."""


class _Forbidden:
    """Stands in for a method of a connection."""

    def __init__(self, wrapped: Any, message: str) -> None:
        self.wrapped = wrapped
        self.message = message

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DatabaseOperationForbidden(self.message)


def allowed_databases(cls: Any) -> frozenset[str]:
    """Return the aliases that a test class may use.

    Raises:
        ImproperlyConfigured: It names one that is not in `DATABASES`.
    """
    if cls.databases == "__all__":
        return frozenset(connections)
    known = list(connections)
    for alias in cls.databases:
        if alias not in known:
            near = get_close_matches(alias, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ImproperlyConfigured(
                f"{cls.__module__}.{cls.__qualname__}.databases refers to {alias!r} which is not "
                f"defined in settings.DATABASES.{hint}"
            )
    return frozenset(cls.databases)


def forbid_queries(cls: Any) -> None:
    """Refuse every use of the databases that a test class has not asked for, until it is done."""
    cls.databases = allowed_databases(cls)
    cls.enterClassContext(_forbidden(cls))


@contextmanager
def _forbidden(cls: Any) -> Iterator[None]:
    test = f"{cls.__module__}.{cls.__qualname__}"
    replaced: list[tuple[Any, str]] = []

    def message(alias: str, operation: str) -> str:
        values = {"test": test, "alias": alias, "operation": operation}
        return str(cls._disallowed_database_msg) % values

    for alias in connections:
        if alias in cls.databases:
            continue
        connection = connections[alias]
        for name, operation in connection.features.disallowed_simple_test_case_connection_methods:
            method = getattr(connection, name)
            setattr(connection, name, _Forbidden(method, message(alias, operation)))
            replaced.append((connection, name))

    real = BaseDatabaseWrapper.ensure_connection

    def ensure_connection(self: Any, *args: Any, **kwargs: Any) -> None:
        known = self.alias in connections  # connections made by hand are always allowed
        closed = self.connection is None and self.alias != NO_DB_ALIAS
        if closed and known and self.alias not in cls.databases:
            raise DatabaseOperationForbidden(message(self.alias, "threaded connections"))
        real(self, *args, **kwargs)

    with mock.patch.object(BaseDatabaseWrapper, "ensure_connection", new=ensure_connection):
        try:
            yield
        finally:
            for connection, name in replaced:
                delattr(connection, name)
