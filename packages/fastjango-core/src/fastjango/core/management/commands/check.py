"""Run system checks."""

from __future__ import annotations

from typing import Any

from fastjango.core import apps, checks, settings
from fastjango.core.exceptions import did_you_mean
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.core.management.base import Checks

LEVELS = {"CRITICAL": 50, "ERROR": 40, "WARNING": 30, "INFO": 20, "DEBUG": 10}


class Command(BaseCommand):
    """Looks for mistakes in the whole project, or in some apps."""

    help = "Checks the project for potential problems; broken plugins are listed too."
    requires_system_checks: Checks = ()
    requires_apps = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("args", metavar="app_label", nargs="*")
        text = "Run only checks labelled with given tag."
        parser.add_argument("--tag", "-t", action="append", dest="tags", help=text)
        parser.add_argument("--list-tags", action="store_true", help="List available tags.")
        parser.add_argument("--deploy", action="store_true", help="Check deployment settings.")
        text = "Message level that makes the command exit with a non-zero status: {}."
        parser.add_argument(
            "--fail-level",
            default="ERROR",
            choices=list(LEVELS),
            help=text.format("ERROR unless given"),
        )
        text = "Run database related checks against these aliases."
        parser.add_argument("--database", action="append", dest="databases", help=text)

    def handle(self, *args: str, **options: Any) -> None:
        """Run the checks."""
        registry, deploy, tags = checks.registry, options["deploy"], options["tags"]
        if options["list_tags"]:
            self.stdout.write("\n".join(sorted(registry.tags_available(deploy))))
            return
        for tag in tags or ():
            if not checks.tag_exists(tag, deploy):
                hint = did_you_mean(tag, registry.tags_available(deploy))
                raise CommandError(f'There is no system check with the "{tag}" tag.{hint}')
        try:
            configs = [apps.get_app_config(label) for label in args] or None
        except LookupError as error:
            raise CommandError(str(error)) from error
        aliases = list(getattr(settings, "DATABASES", None) or ["default"])
        for alias in options["databases"] or ():
            if alias not in aliases:
                raise CommandError(
                    f"Error: argument --database: invalid choice: {alias!r} "
                    f"(choose from {', '.join(map(repr, aliases))})"
                )
        level = LEVELS[options["fail_level"]]
        self.check(configs, tags, True, deploy, level, options["databases"])
