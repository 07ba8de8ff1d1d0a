"""Show how the settings differ from the defaults."""

# pyright: reportPrivateUsage=false
# (settings._wrapped is used from outside of its class.)

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from fastjango.core import settings
from fastjango.core.management import BaseCommand, CommandParser
from fastjango.core.management.base import Checks
from fastjango.core.schema import default, mask, settings_classes


class Command(BaseCommand):
    """Prints the settings that were given, with secrets masked."""

    help = "Displays differences between the current settings and the defaults; masks secrets."
    requires_system_checks: Checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        text = 'Display all settings; in "hash" mode default values are prefixed by "###".'
        parser.add_argument("--all", action="store_true", help=text)
        text = "A settings module to compare with, instead of the defaults."
        parser.add_argument("--default", metavar="MODULE", help=text)
        text = '"hash" marks settings without a default with "###"; "unified" prints "-" and "+".'
        parser.add_argument("--output", default="hash", choices=("hash", "unified"), help=text)

    def handle(self, *args: Any, **options: Any) -> str:
        """Return the differences, by name."""
        owned = {name for owner in settings_classes() for name in owner.model_fields}
        # A FASTJANGO_ variable that only a tool knows is no setting.
        own = owned | set(dir(getattr(settings._wrapped, "module", settings._wrapped)))
        given = {name for name in dir(settings._wrapped) if name.isupper() and name in own}
        base: Any = None
        if options["default"]:
            base = import_module(options["default"])
            owned |= {name for name in dir(base) if name.isupper()}
        names = sorted(given | owned if options["all"] or base else given)
        return "\n".join(
            line for name in names for line in self._lines(name, base, name in given, options)
        )

    def _lines(self, name: str, base: Any, given: bool, options: dict[str, Any]) -> Iterator[str]:
        missing = object()
        value: Any = getattr(settings, name, missing) if name != "SECRET_KEY" else missing
        if name == "SECRET_KEY":
            value = getattr(settings._wrapped, name)
        try:
            before = getattr(base, name) if hasattr(base, name) else default(name)
        except AttributeError:
            before = missing
        new, old = f"{name} = {mask(name, value)!r}", f"{name} = {mask(name, before)!r}"
        unified = options["output"] == "unified"
        if value == before:
            if options["all"]:
                yield f"  {new}" if unified else f"### {new}"
        elif unified:
            yield from [self.style.ERROR(f"- {old}")] if before is not missing else []
            yield from [self.style.SUCCESS(f"+ {new}")] if value is not missing else []
        elif value is not missing:
            yield f"{new}  ###" if before is missing else new
