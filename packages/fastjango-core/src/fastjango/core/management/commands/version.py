"""Print the versions."""

from __future__ import annotations

from typing import Any

from fastjango.core.management import BaseCommand
from fastjango.core.management.base import Checks
from fastjango.core.plugins import discover


class Command(BaseCommand):
    """Prints the kernel's version, and with `-v 2` that of every FastJango distribution."""

    help = "Print the version of FastJango; with -v 2 those of all its distributions."
    requires_system_checks: Checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the versions."""
        self.stdout.write(self.get_version())
        if options["verbosity"] > 1:
            found = {p.distribution: p.version for p in discover()}
            for name, version in sorted(found.items()):
                self.stdout.write(f"{name} {version}")
