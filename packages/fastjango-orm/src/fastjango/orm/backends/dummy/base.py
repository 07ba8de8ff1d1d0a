"""Stands for a database that `DATABASES` does not describe."""

from __future__ import annotations

import sqlite3
from types import ModuleType
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.backends.base.client import BaseDatabaseClient
from fastjango.orm.backends.base.creation import BaseDatabaseCreation
from fastjango.orm.backends.base.features import BaseDatabaseFeatures
from fastjango.orm.backends.base.introspection import BaseDatabaseIntrospection
from fastjango.orm.backends.base.operations import BaseDatabaseOperations
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["DatabaseWrapper", "complain"]


def complain(*args: Any, **kwargs: Any) -> Any:
    """Say that the setting is missing."""
    raise ImproperlyConfigured(
        "settings.DATABASES is improperly configured. Please supply the ENGINE value. Check "
        "settings documentation for more details."
    )


class DatabaseOperations(BaseDatabaseOperations):
    """Cannot even quote a name."""

    def quote_name(self, name: str) -> str:
        """Complain."""
        complain()
        return name


class DatabaseFeatures(BaseDatabaseFeatures):
    """Nothing."""

    supports_transactions = False
    uses_savepoints = False


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Nothing to read."""

    def get_table_list(self, cursor: Any) -> list[Any]:
        """Complain."""
        complain()
        return []


class DatabaseWrapper(BaseDatabaseWrapper):
    """Every use raises `ImproperlyConfigured`; closing does nothing."""

    vendor: ClassVar[str] = "dummy"
    display_name: ClassVar[str] = "no database"
    Database: ModuleType = sqlite3  # its exception classes are never raised
    client_class = BaseDatabaseClient
    creation_class = BaseDatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    def ensure_connection(self) -> None:
        """Complain."""
        complain()

    def connect(self) -> None:
        """Complain."""
        complain()

    async def aconnect(self) -> AsyncConnection:
        """Complain."""
        complain()
        raise AssertionError

    def close(self) -> None:
        """Do nothing."""

    def close_if_unusable_or_obsolete(self) -> None:
        """Do nothing."""

    def is_usable(self) -> bool:
        """True: there is nothing to break."""
        return True
