"""SQLite's test databases: in memory, or a file."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from fastjango.orm.backends.base.creation import BaseDatabaseCreation

__all__ = ["DatabaseCreation"]


class DatabaseCreation(BaseDatabaseCreation):
    """Creates, copies and removes database files."""

    @staticmethod
    def is_in_memory_db(database_name: str | Path) -> bool:
        """Whether a NAME means a database in memory."""
        return not isinstance(database_name, Path) and (
            database_name == ":memory:" or "mode=memory" in database_name
        )

    def _get_test_db_name(self) -> str:
        name: str = self.connection.settings_dict["TEST"]["NAME"] or ":memory:"
        if name == ":memory:":
            return f"file:memorydb_{self.connection.alias}?mode=memory&cache=shared"
        return name

    def worker_name(self, name: str, worker: str) -> str:
        """Put the worker before the suffix of a file; memory is the process's own anyway."""
        if self.is_in_memory_db(name):
            return name
        path = Path(name)
        return str(path.with_name(f"{path.stem}_{worker}{path.suffix}"))

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        if keepdb or self.is_in_memory_db(name):
            return name
        self._say(verbosity, "Destroying old test database", name)
        if Path(name).exists():
            self._ask_to_destroy(name, autoclobber)
            self._remove(name, "deleting the old test database")
        return name

    def _remove(self, name: str, doing: str) -> None:
        """Delete a database file with its write-ahead log and the locks of `migrate`."""
        try:
            for part in ("", "-wal", "-shm", "-migrate-lock", "-migrate-lock-holder"):
                Path(f"{name}{part}").unlink(missing_ok=True)
        except OSError as error:
            self.log(f"Got an error {doing}: {error}")
            sys.exit(2)

    def get_test_db_clone_settings(self, suffix: str) -> dict[str, Any]:
        """Return the clone's settings: another file, or another name in memory."""
        entry = self.connection.settings_dict
        name = str(entry["NAME"] or ":memory:")
        if not self.is_in_memory_db(name):
            path = Path(name)
            return {**entry, "NAME": str(path.with_name(f"{path.stem}_{suffix}{path.suffix}"))}
        if name == ":memory:":
            name = self._get_test_db_name()
        base, _, query = name.partition("?")
        return {**entry, "NAME": f"{base}_{suffix}?{query}"}

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        target = self.get_test_db_clone_settings(suffix)
        if self.is_in_memory_db(target["NAME"]):
            self._copy_in_memory(target)
            return
        path = Path(target["NAME"])
        if path.exists():
            if keepdb:
                return
            self._say(verbosity, "Destroying old test database", str(path))
            self._remove(str(path), "deleting the old test database")
        try:
            self._copy_file(str(self.connection.settings_dict["NAME"]), str(path))
        except (OSError, shutil.Error, sqlite3.Error) as error:
            self.log(f"Got an error cloning the test database: {error}")
            sys.exit(2)

    def _copy_file(self, source: str, target: str) -> None:
        """Copy by SQLite's backup, which reads the write-ahead log as well."""
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)

    def _copy_in_memory(self, target: dict[str, Any]) -> None:
        self.connection.ensure_connection()
        copy = type(self.connection)(target, self.connection.alias)
        copy.ensure_connection()
        source: Any = self.connection.connection
        source.backup(copy.connection)
        copy.connection.close()

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        from fastjango.orm.backends.sqlite3.base import forget_memory, memory_key

        if not test_database_name:
            return
        if self.is_in_memory_db(test_database_name):
            driver: Any = self.connection.connection
            if driver is not None:
                driver.close()
                self.connection.connection = None
            forget_memory(memory_key(test_database_name))
        else:
            self._remove(test_database_name, "removing the test database")

    def test_db_signature(self) -> tuple[Any, ...]:
        """Tell test databases apart: those in memory by alias."""
        entry = self.connection.settings_dict
        name = self._get_test_db_name()
        return entry["NAME"], self.connection.alias if self.is_in_memory_db(name) else name
