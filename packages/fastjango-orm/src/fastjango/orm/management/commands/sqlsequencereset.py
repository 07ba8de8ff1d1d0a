"""`sqlsequencereset`: the SQL that sets sequences behind the rows of an application."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import AppCommand
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS

__all__ = ["Command"]


class Command(AppCommand):
    """Prints the statements for the models of the named applications."""

    help = "Prints the SQL statements for resetting sequences for the given app name(s)."
    output_transaction = True

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='Nominates a database to print the SQL for. Defaults to the "default" database.',
        )

    def handle_app_config(self, app_config: Any, **options: Any) -> str | None:
        """Return the statements of one application."""
        if app_config.models_module is None:
            return None
        connection = connections[options["database"]]
        models = app_config.get_models(include_auto_created=True)
        statements = connection.ops.sequence_reset_sql(self.style, list(models))
        if not statements and options["verbosity"] >= 1:
            self.stderr.write("No sequences found.")
        return "\n".join(statements)
