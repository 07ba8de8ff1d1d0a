"""`sqlmigrate`: the SQL of a migration, for any dialect, run by nobody."""

from __future__ import annotations

import argparse
from typing import Any

from fastjango.core.management import BaseCommand
from fastjango.orm import connections
from fastjango.orm.management.lookups import (
    add_database_option,
    find_migration,
    require_migrated_app,
)
from fastjango.orm.migrations.loader import MigrationLoader

__all__ = ["Command"]


class Command(BaseCommand):
    """Print the statements of one migration."""

    help = "Prints the SQL statements for the named migration."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("app_label", help="Label of the app.")
        parser.add_argument("migration_name", help="Name of the migration, or its beginning.")
        add_database_option(parser)
        parser.add_argument(
            "--dialect",
            choices=["sqlite", "postgresql", "mysql"],
            help="Write for this kind of database instead of that of the alias; needs no server.",
        )
        parser.add_argument(
            "--backwards", action="store_true", help="The statements that undo the migration."
        )

    def execute(self, *args: Any, **options: Any) -> Any:
        # Escape sequences have no place in SQL that is piped into a client.
        options["no_color"] = True
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> str:
        from fastjango.orm.migrations.offline import offline_connection

        dialect: str | None = options["dialect"]
        connection = offline_connection(dialect) if dialect else connections[options["database"]]
        loader = MigrationLoader(None, replace_migrations=False)
        label, name = options["app_label"], options["migration_name"]
        require_migrated_app(loader, label)
        migration = find_migration(loader, label, name)
        loader.connection = connection
        statements = loader.collect_sql([(migration, options["backwards"])])
        if not statements and options["verbosity"] >= 1:
            self.stderr.write("No operations found.")
        if statements and migration.atomic and connection.features.can_rollback_ddl:
            ops = connection.ops
            statements = [ops.start_transaction_sql(), *statements, ops.end_transaction_sql()]
        return "\n".join(statements)
