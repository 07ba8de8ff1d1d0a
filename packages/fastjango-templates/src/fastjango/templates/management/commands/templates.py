"""List the templates of the project."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.templates.handler import engines
from fastjango.templates.loaders import ChainLoader


class Command(BaseCommand):
    """Lists templates with the files they come from, and the files that those hide."""

    help = "Lists the templates that can be loaded, with their files and what they override."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("pattern", nargs="?", default="", help="Part of the names to list.")
        parser.add_argument("--engine", help="Alias of one engine of TEMPLATES.")
        parser.add_argument(
            "--overrides", action="store_true", help="Only templates that hide others."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the list."""
        chosen = options["engine"]
        if chosen is not None and chosen not in engines.templates:
            known = ", ".join(sorted(engines.templates))
            raise CommandError(f"There is no engine {chosen!r}. Engines: {known}.")
        for alias in [chosen] if chosen else list(engines):
            engine = engines[alias]
            loader = getattr(getattr(engine, "env", None), "loader", None)
            if not isinstance(loader, ChainLoader):
                self.stdout.write(f"{alias}: its loader cannot list templates.")
                continue
            self.stdout.write(self.style.MIGRATE_HEADING(f"{alias}:"))
            self._list(loader, options["pattern"], overrides_only=options["overrides"])

    def _list(self, loader: ChainLoader, pattern: str, *, overrides_only: bool) -> None:
        shown = 0
        for name in loader.list_templates():
            origins = loader.origins(name)
            if pattern not in name or (overrides_only and len(origins) < 2):
                continue
            shown += 1
            self.stdout.write(f"  {name}  {origins[0]}")
            for hidden in origins[1:]:
                self.stdout.write(f"    overrides {hidden}")
        if not shown:
            self.stdout.write("  none")
