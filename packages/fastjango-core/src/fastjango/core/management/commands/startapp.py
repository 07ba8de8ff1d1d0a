"""Write a new app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastjango.core.management.skeletons import TemplateCommand


class Command(TemplateCommand):
    """Writes an app: models, views, URLs and a first test."""

    help = "Creates an app folder with the given name, in the current or the given folder."
    kind = "app"

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the app."""
        name = options["name"]
        target = Path(options["directory"] or name)
        self.write(name, target, self.sources(options, "app"), options)
        if options["verbosity"] > 0:
            self.stdout.write(self.style.SUCCESS(f"Wrote the app {name!r} to {target}."))
            self.stdout.write(f"Next: add {name!r} to INSTALLED_APPS.")
