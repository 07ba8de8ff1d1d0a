"""A database wrapper without a database, for SQL of any dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["offline_connection"]


def offline_connection(vendor: str) -> BaseDatabaseWrapper:
    """A wrapper of the given kind that never connects.

    Args:
        vendor: `sqlite`, `postgresql` or `mysql`.
    """
    from fastjango.orm.engine.handler import ConnectionHandler

    entry: dict[str, Any] = {"ENGINE": vendor, "NAME": "offline"}
    return ConnectionHandler({"default": entry})["default"]
