"""Test databases of MySQL and MariaDB."""

from __future__ import annotations

import re
import sys
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.backends.base.creation import BaseDatabaseCreation
from fastjango.orm.exceptions import Error

__all__ = ["DatabaseCreation"]

_DATABASE_EXISTS = 1007


class DatabaseCreation(BaseDatabaseCreation):
    """Creates databases; a clone copies every table by SQL, without ``mysqldump``."""

    def sql_table_creation_suffix(self) -> str:
        """Character set and collation."""
        test = self.connection.settings_dict["TEST"]
        parts: list[str] = []
        for words, key in (("CHARACTER SET", "CHARSET"), ("COLLATE", "COLLATION")):
            if not test[key]:
                continue
            if not re.fullmatch(r"\w+", test[key]):
                raise ImproperlyConfigured(f"TEST[{key!r}] is {test[key]!r}, not a name.")
            parts.append(f"{words} {test[key]}")
        return " ".join(parts)

    def _execute_create_test_db(
        self, cursor: Any, parameters: dict[str, str], keepdb: bool = False
    ) -> None:
        try:
            super()._execute_create_test_db(cursor, parameters, keepdb)
        except Error as error:
            if not error.args or error.args[0] != _DATABASE_EXISTS:
                self.log(f"Got an error creating the test database: {error}")
                sys.exit(2)
            raise

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = str(self.connection.settings_dict["NAME"])
        target = str(self.get_test_db_clone_settings(suffix)["NAME"])
        quoted = self.connection.ops.quote_name(target)
        parameters = {"dbname": quoted, "suffix": self.sql_table_creation_suffix()}
        with self.connection._nodb_cursor() as cursor:  # pyright: ignore[reportPrivateUsage] # Django's name
            try:
                self._execute_create_test_db(cursor, parameters, keepdb)
            except Error:
                if keepdb:
                    return
                self._say(verbosity, "Destroying old test database", target)
                try:
                    cursor.execute(f"DROP DATABASE {quoted}")
                    self._execute_create_test_db(cursor, parameters, keepdb)
                except Error as error:
                    self.log(f"Got an error recreating the test database: {error}")
                    sys.exit(2)
            self._copy_tables(cursor, source, target)

    def _copy_tables(self, cursor: Any, source: str, target: str) -> None:
        quote = self.connection.ops.quote_name
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute(
            "SELECT table_name, table_type FROM information_schema.tables "
            "WHERE table_schema = %s ORDER BY table_type, table_name",
            [source],
        )
        cursor_rows = list(cursor.fetchall())
        cursor.execute(f"USE {quote(target)}")
        for name, kind in cursor_rows:
            cursor.execute(f"SHOW CREATE TABLE {quote(source)}.{quote(name)}")
            cursor.execute(cursor.fetchone()[1])
            if kind == "BASE TABLE":
                columns = self._stored_columns(cursor, source, name)
                cursor.execute(
                    f"INSERT INTO {quote(name)} ({columns}) "
                    f"SELECT {columns} FROM {quote(source)}.{quote(name)}"
                )

    def _stored_columns(self, cursor: Any, source: str, table: str) -> str:
        """Columns that can be inserted into: not the generated ones."""
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND "
            "table_name = %s AND extra NOT LIKE %s ORDER BY ordinal_position",
            [source, table, "%GENERATED"],
        )
        quote = self.connection.ops.quote_name
        return ", ".join(quote(row[0]) for row in cursor.fetchall())
