"""`sqlflush`: the SQL that `flush` would run."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import BaseCommand
from fastjango.orm.engine.flushing import sql_flush
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS

__all__ = ["Command"]


class Command(BaseCommand):
    """Prints the statements that empty every table of the installed models."""

    help = (
        "Returns a list of the SQL statements required to return all tables in the database to "
        "the state they were in just after they were installed."
    )
    output_transaction = True

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='Nominates a database to print the SQL for. Defaults to the "default" database.',
        )

    def handle(self, **options: Any) -> str:
        """Return the statements, one a line."""
        statements = sql_flush(self.style, connections[options["database"]])
        if not statements and options["verbosity"] >= 1:
            self.stderr.write("No tables found.")
        return "\n".join(statements)
