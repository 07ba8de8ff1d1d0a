"""`flush`: empty every table of the installed models."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.core.management.color import no_style
from fastjango.orm.engine.flushing import sql_flush
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS
from fastjango.orm.management.migrate_signals import import_receivers, send_to_apps
from fastjango.orm.signals import post_migrate

__all__ = ["Command"]


class Command(BaseCommand):
    """Deletes all rows and keeps the tables; applied migrations stay applied."""

    help = (
        "Removes ALL DATA from the database, including data added during migrations. Does not "
        'achieve a "fresh install" state.'
    )
    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do not ask for confirmation.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='Nominates a database to flush. Defaults to the "default" database.',
        )

    def handle(self, **options: Any) -> None:
        """Ask, delete, and let applications make their standing rows again."""
        import_receivers()
        connection = connections[options["database"]]
        statements = sql_flush(
            no_style(),
            connection,
            reset_sequences=options.get("reset_sequences", True),
            allow_cascade=options.get("allow_cascade", False),
        )
        if options["interactive"] and not self._confirmed(connection):
            self.stdout.write("Flush cancelled.")
            return
        if statements:
            self._execute(connection, statements)
        if statements and not options.get("inhibit_post_migrate", False):
            send_to_apps(
                post_migrate,
                verbosity=options["verbosity"],
                interactive=options["interactive"],
                using=options["database"],
                stdout=self.stdout,
            )

    def _confirmed(self, connection: Any) -> bool:
        name = connection.settings_dict["NAME"]
        question = (
            "You have requested a flush of the database.\n"
            f'This will IRREVERSIBLY DESTROY all data currently in the "{name}" database,\n'
            "and return each table to an empty state.\n"
            "Are you sure you want to do this?\n\n"
            "    Type 'yes' to continue, or 'no' to cancel: "
        )
        try:
            return input(question) == "yes"
        except EOFError as error:
            raise CommandError(
                "There is nobody to ask. Nothing was deleted; --noinput flushes without asking."
            ) from error

    def _execute(self, connection: Any, statements: list[str]) -> None:
        try:
            connection.ops.execute_sql_flush(statements)
        except Exception as error:
            name = connection.settings_dict["NAME"]
            raise CommandError(
                f"Database {name} couldn't be flushed. Possible reasons:\n"
                "  * The database isn't running or isn't configured correctly.\n"
                "  * At least one of the expected database tables doesn't exist.\n"
                "  * The SQL was invalid.\n"
                "Hint: Look at the output of 'sqlflush'. That's the SQL this command wasn't able "
                "to run."
            ) from error
