"""`createcachetable`: make the tables of caches in the database."""

from __future__ import annotations

from typing import Any

from fastjango.cache.handler import caches
from fastjango.cache.orm.backend import BaseDatabaseCache, entry_model
from fastjango.core import settings
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from fastjango.orm.router import router

__all__ = ["Command"]


class Command(BaseCommand):
    """Makes the tables that caches in the database need."""

    help = "Creates the tables needed to use the SQL cache backend."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "args",
            metavar="table_name",
            nargs="*",
            help="Tables to make; by default those that CACHES names.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to make the tables in.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Print the SQL and change nothing."
        )

    def handle(self, *tablenames: str, **options: Any) -> None:
        """Make the tables."""
        names = list(tablenames) or [
            cache._table  # pyright: ignore[reportPrivateUsage]  # same distribution
            for cache in (caches[alias] for alias in settings.CACHES)
            if isinstance(cache, BaseDatabaseCache)
        ]
        for name in names:
            self._create_table(name, options)

    def _create_table(self, name: str, options: dict[str, Any]) -> None:
        using, verbosity = options["database"], options["verbosity"]
        model = entry_model(name)
        if not router.allow_migrate_model(using, model):
            return
        connection = connections[using]
        if name in connection.introspection.table_names():
            if verbosity > 0:
                self.stdout.write(f"Cache table '{name}' already exists.")
            return
        # Collected, not run by the editor, which on SQLite refuses to work in a transaction.
        editor = connection.schema_editor(collect_sql=True)
        editor.create_model(model)
        statements = [*editor.collected_sql, *map(str, editor.deferred_sql)]
        if options["dry_run"]:
            for statement in statements:
                self.stdout.write(statement)
            return
        try:
            with (
                transaction.atomic(using, savepoint=connection.features.can_rollback_ddl),
                connection.cursor() as cursor,
            ):
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            raise CommandError(
                f"Cache table '{name}' could not be created.\nThe error was: {error}."
            ) from error
        if verbosity > 1:
            self.stdout.write(f"Cache table '{name}' created.")
