"""`dbshell`: the command-line program of a database."""

from __future__ import annotations

import subprocess
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS

__all__ = ["Command"]


class Command(BaseCommand):
    """Starts ``sqlite3``, ``psql`` or ``mysql`` with the settings of a database."""

    help = "Runs the command-line client for specified database, or the default database."
    requires_system_checks: Any = []

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="Nominates a database onto which to open a shell. Defaults to the "
            '"default" database.',
        )
        group = parser.add_argument_group("parameters")
        group.add_argument("parameters", nargs="*")

    def handle(self, **options: Any) -> None:
        """Run the program in the foreground."""
        client = connections[options["database"]].client
        try:
            client.runshell(options["parameters"])
        except FileNotFoundError as error:
            raise CommandError(
                f"You appear not to have the {client.executable_name!r} program installed or on "
                "your path."
            ) from error
        except subprocess.CalledProcessError as error:
            shown = " ".join(str(part) for part in error.cmd)
            raise CommandError(
                f'"{shown}" returned non-zero exit status {error.returncode}.',
                returncode=error.returncode,
            ) from error
