"""A database wrapper without a database, for SQL of any dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.handler import ConnectionHandler
from fastjango.orm.engine.servers import remember_server

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["offline_connection"]

#: What is assumed of a server that nobody asks: the oldest ones that are supported.
_ASSUMED: dict[str, dict[str, Any]] = {
    "postgresql": {"version": 130000},
    "mysql": {
        "version": "10.6.0-MariaDB",
        "sql_mode": "STRICT_TRANS_TABLES",
        "default_storage_engine": "InnoDB",
        "sql_auto_is_null": False,
        "lower_case_table_names": 0,
        "has_zoneinfo_database": True,
    },
}


def offline_connection(vendor: str) -> BaseDatabaseWrapper:
    """A wrapper of the given kind that never connects.

    Args:
        vendor: `sqlite`, `postgresql` or `mysql` (which means MariaDB).
    """
    entry: dict[str, Any] = {"ENGINE": vendor, "NAME": "offline", "HOST": "offline.invalid"}
    connection = ConnectionHandler({"default": entry})["default"]
    if vendor in _ASSUMED:
        remember_server(vendor, connection.settings_dict, _ASSUMED[vendor])
    return connection
