"""List the installed plugins."""

from __future__ import annotations

from typing import Any

from fastjango.core import apps
from fastjango.core.exceptions import PluginError
from fastjango.core.management import BaseCommand
from fastjango.core.management.base import Checks
from fastjango.core.plugins import by_name, discover


class Command(BaseCommand):
    """Shows which plugins are installed, which are selected, in which order, and what is broken."""

    help = "Lists installed plugins: version, place in the boot order, and what is wrong with them."
    requires_system_checks: Checks = ()
    requires_apps = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each plugin and app, then the faults."""
        found, configs = discover(), list(apps.app_configs.values())
        faults = [str(error) for error in apps.failures]
        place = {c.plugin._replace(listed=""): n for n, c in enumerate(configs, 1) if c.plugin}
        rows = [("", "PLUGIN", "STATE", "DISTRIBUTION", "APP")]
        for plugin in sorted(found, key=lambda p: (place.get(p, len(configs) + 1), p.name)):
            state, number = "not selected", ""
            try:
                plugin.config_class  # noqa: B018 - loads it
                by_name(p for p in found if p.name == plugin.name)
            except PluginError as error:
                state = "broken"
                faults += [] if str(error) in faults else [str(error)]
            if any(failure.origin == plugin.origin for failure in apps.failures):
                state = "broken"
            elif plugin in place:
                state, number = "selected", str(place[plugin])
            distribution = f"{plugin.distribution} {plugin.version}"
            rows.append((number, plugin.name, state, distribution, plugin.app))
        for index, config in enumerate(configs, 1):
            if config.plugin is None:
                rows.append((str(index), config.label, "selected", "(by its path)", config.name))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for row in rows:
            line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
            styles = {"broken": self.style.ERROR, "selected": self.style.SUCCESS}
            self.stdout.write(line.rstrip(), styles.get(row[2]))
        for fault in faults:
            self.stdout.write(f"\n{self.style.ERROR(fault)}")
