"""Write a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastjango.core.management import CommandParser
from fastjango.core.management.skeletons import TemplateCommand


class Command(TemplateCommand):
    """Writes a project that runs: pages and an API, or with `--api` an API alone."""

    help = "Creates a project folder with the given name, in the current or the given folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("--api", action="store_true", help="JSON only, without pages.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the project."""
        name = options["name"]
        target = Path(options["directory"] or name)
        sources = self.sources(options, "common", "api" if options["api"] else "site")
        self.write(name, target, sources, options)
        if options["verbosity"] > 0:
            into = "" if target == Path() else f"cd {target} && "
            self.stdout.write(self.style.SUCCESS(f"Wrote the project {name!r} to {target}."))
            self.stdout.write(f"Next: {into}python manage.py migrate && python manage.py runserver")
