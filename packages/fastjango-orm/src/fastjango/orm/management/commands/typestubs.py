"""`typestubs`: what type checkers cannot infer of the models, written down for them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm.management.lookups import require_app
from fastjango.orm.management.typestubs import (
    first_party,
    make_stubs,
    stale_stubs,
    write_stubs,
)

__all__ = ["Command"]


class Command(BaseCommand):
    """Write stubs of models modules; asks no database."""

    help = "Writes type stubs of the models: lookups, reverse names and keys of relations."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""
        add = parser.add_argument
        add(
            "args", metavar="app_label", nargs="*",
            help="App labels; all apps of the project itself if none is given.",
        )  # fmt: skip
        add("--output", default="typings", metavar="DIR", help="Folder of the stubs.")
        add(
            "--depth", type=int, default=1, choices=range(4),
            help="Over how many relations lookups go (1).",
        )  # fmt: skip
        add(
            "--check", action="store_true", dest="check_stubs",
            help="Exit with 1 if stubs are missing or out of date, and write nothing.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the stubs, or compare them.

        Raises:
            CommandError: An app is unknown, or a file of somebody else is in the way.
            SystemExit: With `--check`: a stub is missing or out of date.
        """
        configs = [require_app(label) for label in args] or first_party()
        stubs = make_stubs(configs, options["depth"])
        output = Path(options["output"])
        try:
            if options["check_stubs"]:
                stale = stale_stubs(stubs, output)
            else:
                stale = write_stubs(stubs, output)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] >= 1:
            word = "Out of date" if options["check_stubs"] else "Wrote"
            for path in stale:
                self.stdout.write(f"{word}: {path}")
            if not stale:
                self.stdout.write("Stubs are up to date.")
        if options["check_stubs"] and stale:
            raise SystemExit(1)
