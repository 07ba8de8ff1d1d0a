"""Test databases: made, cloned for parallel workers, and dropped; `connection.creation`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.exceptions import Error

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["TEST_DATABASE_PREFIX", "BaseDatabaseCreation"]

TEST_DATABASE_PREFIX = "test_"


@contextmanager
def _unmigrated() -> Generator[None]:
    """Let no app have migrations."""
    from fastjango.core import apps
    from fastjango.core.conf import settings

    modules: dict[str, str | None] = getattr(settings, "MIGRATION_MODULES", {})
    settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = modules


class BaseDatabaseCreation:
    """Creates and destroys the test database of one alias."""

    destroy_test_db_connection_close_method: ClassVar[str | None] = None

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def log(self, msg: str) -> None:
        """Write a line for the person who runs the tests."""
        sys.stderr.write(msg + os.linesep)

    def _say(self, verbosity: int, action: str, name: str) -> None:
        if verbosity >= 1:
            shown = self._get_database_display_str(verbosity, name)
            self.log(f"{action} for alias {shown}...")

    def _get_database_display_str(self, verbosity: int, database_name: str) -> str:
        detail = f" ('{database_name}')" if verbosity >= 2 else ""
        return f"'{self.connection.alias}'{detail}"

    # -- creating --------------------------------------------------------------------------

    def create_test_db(
        self,
        verbosity: int = 1,
        autoclobber: bool = False,
        serialize: bool | None = None,
        keepdb: bool = False,
    ) -> str:
        """Create the test database, migrate it, and point the connection at it.

        Args:
            verbosity: 0 is silent.
            autoclobber: Replace an existing test database without asking.
            serialize: Remember the contents, for `serialized_rollback`.
            keepdb: Use an existing test database as it is.

        Returns:
            Its name.
        """
        name = self._get_test_db_name()
        self._say(verbosity, f"{'Using existing' if keepdb else 'Creating'} test database", name)
        self._create_test_db(verbosity, autoclobber, keepdb)
        self.connection.close()
        self._point_at(name)
        self.prepare_schema(verbosity)
        if serialize:
            self.connection._test_serialized_contents = self.serialize_db_to_string()  # type: ignore[attr-defined] # Django's place for it
        self.connection.ensure_connection()
        return name

    def prepare_schema(self, verbosity: int) -> None:
        """Create the tables: by migrations, or straight from the models without them.

        `TEST["MIGRATE"] = False` does without them for every app.
        """
        from fastjango.core.management import call_command, get_commands
        from fastjango.orm.management.commands.migrate import Command

        alias = self.connection.alias
        with nullcontext() if self.connection.settings_dict["TEST"]["MIGRATE"] else _unmigrated():
            call_command(
                Command(),
                verbosity=max(verbosity - 1, 0),
                interactive=False,
                database=alias,
                run_syncdb=True,
            )
        if "createcachetable" in get_commands():  # of the cache framework, where it is installed
            call_command("createcachetable", verbosity=0, database=alias)

    def _point_at(self, name: str) -> None:
        """Make this alias use another database, here and in the settings."""
        from fastjango.core.conf import settings

        self.connection.settings_dict["NAME"] = name
        if settings.configured and self.connection.alias in settings.DATABASES:
            settings.DATABASES[self.connection.alias]["NAME"] = name

    def set_as_test_mirror(self, primary_settings_dict: dict[str, Any]) -> None:
        """Use the test database of another alias."""
        self.connection.settings_dict["NAME"] = primary_settings_dict["NAME"]

    def _get_test_db_name(self) -> str:
        entry = self.connection.settings_dict
        name: str = entry["TEST"]["NAME"] or f"{TEST_DATABASE_PREFIX}{entry['NAME']}"
        return name

    def _execute_create_test_db(
        self, cursor: Any, parameters: dict[str, str], keepdb: bool = False
    ) -> None:
        cursor.execute("CREATE DATABASE {dbname} {suffix}".format(**parameters).rstrip())

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        parameters = {
            "dbname": self.connection.ops.quote_name(name),
            "suffix": self.sql_table_creation_suffix(),
        }
        with self.connection._nodb_cursor() as cursor:  # pyright: ignore[reportPrivateUsage] # Django's name
            try:
                self._execute_create_test_db(cursor, parameters, keepdb)
            except Error as error:
                if keepdb:
                    return name
                self.log(f"Got an error creating the test database: {error}")
                self._ask_to_destroy(name, autoclobber)
                self._say(verbosity, "Destroying old test database", name)
                try:
                    cursor.execute(f"DROP DATABASE {parameters['dbname']}")
                    self._execute_create_test_db(cursor, parameters, keepdb)
                except Error as second:
                    self.log(f"Got an error recreating the test database: {second}")
                    sys.exit(2)
        return name

    def _ask_to_destroy(self, name: str, autoclobber: bool) -> None:
        """Leave the program unless the old test database may be deleted."""
        if autoclobber:
            return
        answer = input(
            f"Type 'yes' if you would like to try deleting the test database '{name}', "
            "or 'no' to cancel: "
        )
        if answer != "yes":
            self.log("Tests cancelled.")
            sys.exit(1)

    def sql_table_creation_suffix(self) -> str:
        """What follows CREATE DATABASE: character set, template."""
        return ""

    # -- cloning ---------------------------------------------------------------------------

    def clone_test_db(
        self, suffix: str, verbosity: int = 1, autoclobber: bool = False, keepdb: bool = False
    ) -> None:
        """Copy the test database for the parallel worker `suffix`."""
        name = str(self.connection.settings_dict["NAME"])
        self._say(verbosity, "Using existing clone" if keepdb else "Cloning test database", name)
        self._clone_test_db(suffix, verbosity, keepdb)

    def get_test_db_clone_settings(self, suffix: str) -> dict[str, Any]:
        """Return the settings of the clone for the worker `suffix`."""
        entry = self.connection.settings_dict
        return {**entry, "NAME": f"{entry['NAME']}_{suffix}"}

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        raise NotImplementedError(
            "The database backend doesn't support cloning databases. "
            "Disable the option to run tests in parallel processes."
        )

    def worker_name(self, name: str, worker: str) -> str:
        """Return the name of a test database that belongs to one process of a parallel run."""
        return f"{name}_{worker}"

    def setup_worker_connection(self, _worker_id: int | str) -> None:
        """Point this process at its clone."""
        # In place: other threads' connections are made from the same dictionary.
        self.connection.settings_dict.update(self.get_test_db_clone_settings(str(_worker_id)))
        self.connection.close()

    # -- destroying ------------------------------------------------------------------------

    def destroy_test_db(
        self,
        old_database_name: str | None = None,
        verbosity: int = 1,
        keepdb: bool = False,
        suffix: str | None = None,
    ) -> None:
        """Drop the test database and point the connection back.

        Args:
            old_database_name: What the connection used before.
            verbosity: 0 is silent.
            keepdb: Leave the database for the next run.
            suffix: Drop the clone of this worker instead.
        """
        self.connection.close()
        if suffix is None:
            name = str(self.connection.settings_dict["NAME"])
        else:
            name = str(self.get_test_db_clone_settings(suffix)["NAME"])
        self._say(verbosity, f"{'Preserving' if keepdb else 'Destroying'} test database", name)
        if not keepdb:
            self._destroy_test_db(name, verbosity)
        if old_database_name is not None:
            self._point_at(old_database_name)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        name = self.connection.ops.quote_name(test_database_name)
        with self.connection._nodb_cursor() as cursor:  # pyright: ignore[reportPrivateUsage] # Django's name
            cursor.execute(f"DROP DATABASE {name}")

    # -- contents --------------------------------------------------------------------------

    def serialize_db_to_string(self) -> str:
        """Return all rows of all models as JSON; for test databases, which are small."""
        from fastjango.orm import serializers

        out = io.StringIO()
        serializers.serialize("json", self._objects(), indent=None, stream=out)
        return out.getvalue()

    def _objects(self) -> Iterator[Any]:
        from fastjango.core import apps
        from fastjango.orm.router import router

        alias = self.connection.alias
        for config in apps.get_app_configs():
            for model in config.get_models():
                meta: Any = model._meta
                if meta.can_migrate(self.connection) and router.allow_migrate_model(alias, model):
                    manager: Any = model._base_manager
                    yield from manager.using(alias).order_by(meta.pk.name).iterator(chunk_size=2000)

    def deserialize_db_from_string(self, data: str) -> None:
        """Load what `serialize_db_to_string` returned."""
        from fastjango.orm import serializers, transaction

        alias = self.connection.alias
        tables: set[str] = set()
        with transaction.atomic(using=alias):
            with self.connection.constraint_checks_disabled():
                for found in serializers.deserialize("json", io.StringIO(data), using=alias):
                    found.save(using=alias)
                    tables.add(str(found.object._meta.db_table))
            self.connection.check_constraints(table_names=tables)

    def test_db_signature(self) -> tuple[Any, ...]:
        """Return what tells this test database from others: equal ones are made once."""
        entry = self.connection.settings_dict
        return entry["HOST"], entry["PORT"], entry["ENGINE"], self._get_test_db_name()
