"""One process at a time migrates a database.

The lock is held by a connection of its own, and so dies with its holder:

- PostgreSQL: an advisory lock of an open transaction, which a transaction pooler keeps on one
  server connection (a session lock would be lost behind one).
- MySQL and MariaDB: `GET_LOCK`.
- SQLite: an exclusive transaction on a small file beside the database. An in-memory database is
  seen by one process only and needs none.
"""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exceptions import MigrationLockTimeout

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["DEFAULT_WAIT", "migration_lock"]

#: Longest wait for another process's migrations, in seconds.
DEFAULT_WAIT = 3600.0

#: Pause between two tries, in seconds.
_PAUSE = 0.2

#: Seconds of waiting between two messages.
_REPORT_EVERY = 10.0

Say = Callable[[str], None]
_NAME = "fastjango-migrate"


def _silent(message: str) -> None:
    """Say nothing."""


@contextmanager
def migration_lock(
    connection: BaseDatabaseWrapper, wait: float = DEFAULT_WAIT, say: Say = _silent
) -> Generator[None]:
    """Hold the migration lock of a database.

    Args:
        connection: Connection to the database; the lock opens another of its own.
        wait: Longest wait in seconds.
        say: Told what is waited for, at once and every ten seconds.

    Raises:
        MigrationLockTimeout: Another process holds the lock for longer than `wait`.
    """
    holders = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}
    holder = holders.get(connection.vendor)
    if holder is None:
        yield
        return
    with holder(connection, wait, say):
        yield


def _poll(
    attempt: Callable[[], bool], who: Callable[[], str], alias: str, wait: float, say: Say
) -> None:
    start = time.monotonic()
    reported = -_REPORT_EVERY
    while not attempt():
        waited = time.monotonic() - start
        if waited - reported >= _REPORT_EVERY:
            reported = waited
            say(f"Waiting for {who()}, which is migrating database {alias!r} ...")
        if waited >= wait:
            raise MigrationLockTimeout(
                f"{who()} has been migrating database {alias!r} for more than {wait:g} s. Wait for"
                " it to end, or stop it: its lock goes with it. --lock-timeout sets the wait."
            )
        time.sleep(_PAUSE)


def _twin(connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """Another connection to the same database."""
    return connection.copy()


@contextmanager
def _postgresql(connection: BaseDatabaseWrapper, wait: float, say: Say) -> Generator[None]:
    key = zlib.crc32(_NAME.encode())
    twin = _twin(connection)
    try:
        twin.set_autocommit(False)
        cursor = twin.cursor()
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")

        def attempt() -> bool:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
            return bool(_first(cursor))

        def who() -> str:
            cursor.execute(
                "SELECT a.pid, a.client_addr, a.application_name, a.query_start FROM pg_locks l"
                " JOIN pg_stat_activity a ON a.pid = l.pid"
                " WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted AND l.database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())",
                [key],
            )
            row = cursor.fetchone()
            if row is None:
                return "another process"
            place = f" on {row[1]}" if row[1] else ""
            return f"the process with server pid {row[0]}{place}"

        _poll(attempt, who, connection.alias, wait, say)
        yield
    finally:
        _end(twin)


@contextmanager
def _mysql(connection: BaseDatabaseWrapper, wait: float, say: Say) -> Generator[None]:
    twin = _twin(connection)
    # Lock names are shared by the whole server: the database is part of the name (64 characters).
    name = f"{_NAME}:{zlib.crc32(str(connection.settings_dict['NAME']).encode()):08x}"
    try:
        cursor = twin.cursor()
        cursor.execute("SET SESSION wait_timeout = 86400")

        def attempt() -> bool:
            cursor.execute("SELECT GET_LOCK(%s, 0)", [name])
            return bool(_first(cursor) == 1)

        def who() -> str:
            cursor.execute("SELECT IS_USED_LOCK(%s)", [name])
            holder = _first(cursor)
            return f"server connection {holder}" if holder else "another process"

        _poll(attempt, who, connection.alias, wait, say)
        yield
    finally:
        _end(twin)


@contextmanager
def _sqlite(connection: BaseDatabaseWrapper, wait: float, say: Say) -> Generator[None]:
    name = str(connection.settings_dict["NAME"])
    if not name or ":memory:" in name or "mode=memory" in name:
        yield
        return
    path = Path(name.removeprefix("file:").partition("?")[0])
    lock_path = path.with_name(f"{path.name}-migrate-lock")
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(lock_path, timeout=0, isolation_level=None)
    try:

        def attempt() -> bool:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return False
            note.write_text(str(os.getpid()))
            return True

        note = lock_path.with_name(f"{lock_path.name}-holder")

        def who() -> str:
            try:
                return f"process {note.read_text()}"
            except OSError:
                return "another process"

        _poll(attempt, who, connection.alias, wait, say)
        yield
    finally:
        lock.close()


def _first(cursor: Any) -> Any:
    return cursor.fetchone()[0]


def _end(twin: BaseDatabaseWrapper) -> None:
    try:
        if not twin.get_autocommit():
            twin.rollback()
    finally:
        twin.close()
