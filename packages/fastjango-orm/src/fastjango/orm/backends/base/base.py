"""The base class of connections, under its Django path."""

from __future__ import annotations

from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS, NO_DB_ALIAS, BaseDatabaseWrapper

__all__ = ["DEFAULT_DB_ALIAS", "NO_DB_ALIAS", "BaseDatabaseWrapper"]
