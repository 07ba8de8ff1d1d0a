"""PostgreSQL's test databases."""

from __future__ import annotations

import sys
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.backends.base.creation import BaseDatabaseCreation
from fastjango.orm.exceptions import Error

__all__ = ["DatabaseCreation"]

_DUPLICATE_DATABASE = "42P04"


class DatabaseCreation(BaseDatabaseCreation):
    """Creates databases from templates; a clone is a database whose template is the first."""

    def sql_table_creation_suffix(self) -> str:
        """Encoding and template."""
        test = self.connection.settings_dict["TEST"]
        if test["COLLATION"] is not None:
            raise ImproperlyConfigured(
                "PostgreSQL does not support collation setting at database creation time."
            )
        return self._suffix(test["CHARSET"], test.get("TEMPLATE"))

    def _suffix(self, encoding: str | None = None, template: str | None = None) -> str:
        parts: list[str] = []
        if encoding:
            if not encoding.replace("-", "").replace("_", "").isalnum():
                raise ImproperlyConfigured(f"TEST['CHARSET'] is {encoding!r}, not an encoding.")
            parts.append(f"ENCODING '{encoding}'")
        if template:
            parts.append(f"TEMPLATE {self.connection.ops.quote_name(template)}")
        return f"WITH {' '.join(parts)}" if parts else ""

    def _exists(self, cursor: Any, quoted_name: str) -> bool:
        name = quoted_name.strip('"')
        cursor.execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None

    def _execute_create_test_db(
        self, cursor: Any, parameters: dict[str, str], keepdb: bool = False
    ) -> None:
        if keepdb and self._exists(cursor, parameters["dbname"]):
            return
        try:
            super()._execute_create_test_db(cursor, parameters, keepdb)
        except Error as error:
            if getattr(error.__cause__, "sqlstate", None) != _DUPLICATE_DATABASE:
                self.log(f"Got an error creating the test database: {error}")
                sys.exit(2)
            if not keepdb:
                raise

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        self.connection.close()  # a template must have no users
        source = self.connection.settings_dict["NAME"]
        target = str(self.get_test_db_clone_settings(suffix)["NAME"])
        parameters = {
            "dbname": self.connection.ops.quote_name(target),
            "suffix": self._suffix(template=source),
        }
        with self.connection._nodb_cursor() as cursor:  # pyright: ignore[reportPrivateUsage] # Django's name
            try:
                self._execute_create_test_db(cursor, parameters, keepdb)
            except Error:
                self._say(verbosity, "Destroying old test database", target)
                try:
                    cursor.execute(f"DROP DATABASE {parameters['dbname']}")
                    self._execute_create_test_db(cursor, parameters, keepdb)
                except Error as error:
                    self.log(f"Got an error cloning the test database: {error}")
                    sys.exit(2)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        name = self.connection.ops.quote_name(test_database_name)
        with self.connection._nodb_cursor() as cursor:  # pyright: ignore[reportPrivateUsage] # Django's name
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
