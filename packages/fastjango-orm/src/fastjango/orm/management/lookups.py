"""What the migration commands look up, with errors for whoever typed the command."""

from __future__ import annotations

import argparse
from difflib import get_close_matches

from fastjango.core import AppConfig, apps
from fastjango.core.management import CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, connections
from fastjango.orm.migrations.exceptions import AmbiguityError
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.migration import Migration

__all__ = ["add_database_option", "find_migration", "require_app", "require_migrated_app"]


def add_database_option(parser: argparse.ArgumentParser) -> None:
    """Give a command `--database`, which takes the aliases of `DATABASES`."""
    parser.add_argument(
        "--database",
        default=DEFAULT_DB_ALIAS,
        choices=tuple(connections),
        help="Alias of the database.",
    )


def require_app(app_label: str) -> AppConfig:
    """The app with a label.

    Raises:
        CommandError: There is none; the text names the nearest.
    """
    try:
        return apps.get_app_config(app_label)
    except LookupError as error:
        labels = [config.label for config in apps.get_app_configs()]
        near = get_close_matches(app_label, labels, n=1)
        hint = f" Did you mean '{near[0]}'?" if near and "Did you mean" not in str(error) else ""
        raise CommandError(f"{error}{hint}") from error


def require_migrated_app(loader: MigrationLoader, app_label: str) -> None:
    """Refuse an app that is not installed or has no migrations.

    Raises:
        CommandError: It is neither.
    """
    require_app(app_label)
    if app_label not in loader.migrated_apps:
        raise CommandError(f"App '{app_label}' does not have migrations.")


def find_migration(loader: MigrationLoader, app_label: str, name: str) -> Migration:
    """Return the one migration whose name begins with `name`.

    Raises:
        CommandError: There is none, or more than one.
    """
    try:
        return loader.get_migration_by_prefix(app_label, name)
    except AmbiguityError as error:
        raise CommandError(
            f"More than one migration matches '{name}' in app '{app_label}'."
            f" Please be more specific: {error.names}."
        ) from error
    except KeyError as error:
        raise CommandError(
            f"Cannot find a migration matching '{name}' from app '{app_label}'. {error.args[0]}"
        ) from error
