"""SQLAlchemy's dialect objects in the parameter style that each driver runs natively.

They compile SQL; no SQLAlchemy connection is ever made with them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

__all__ = ["dialect_of"]


@cache
def dialect_of(driver: str) -> Dialect:
    """Return the dialect for a driver.

    Args:
        driver: ``sqlite``, ``psycopg``, ``asyncpg``, ``pymysql``, ``asyncmy``; the MySQL ones
            with ``+mariadb`` for a MariaDB server.
    """
    name, _, variant = driver.partition("+")
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

        return SQLiteDialect_pysqlite(paramstyle="qmark")
    if name == "psycopg":
        from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

        return PGDialect_psycopg(  # type: ignore[no-untyped-call] # SQLAlchemy's own
            paramstyle="format"
        )
    if name == "asyncpg":
        from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

        return PGDialect_asyncpg(  # type: ignore[no-untyped-call] # SQLAlchemy's own
            paramstyle="numeric_dollar"
        )
    if name == "pymysql":
        from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql

        return MySQLDialect_pymysql(paramstyle="format", is_mariadb=variant == "mariadb")
    if name == "asyncmy":
        from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy

        return MySQLDialect_asyncmy(paramstyle="format", is_mariadb=variant == "mariadb")
    raise ValueError(
        f"There is no dialect for the driver {driver!r}. Drivers: asyncmy, asyncpg, psycopg, "
        "pymysql, sqlite."
    )
