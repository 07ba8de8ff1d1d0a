"""What the migration commands look up, with errors for whoever typed the command."""

from __future__ import annotations

from fastjango.core import apps
from fastjango.core.management import CommandError
from fastjango.orm.migrations.exceptions import AmbiguityError
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.migration import Migration

__all__ = ["find_migration", "require_migrated_app"]


def require_migrated_app(loader: MigrationLoader, app_label: str) -> None:
    """Refuse an app that is not installed or has no migrations.

    Raises:
        CommandError: It is neither.
    """
    try:
        apps.get_app_config(app_label)
    except LookupError as error:
        raise CommandError(str(error)) from error
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
            " Please be more specific."
        ) from error
    except KeyError as error:
        raise CommandError(
            f"Cannot find a migration matching '{name}' from app '{app_label}'. {error.args[0]}"
        ) from error
