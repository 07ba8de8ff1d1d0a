"""What the database layer answers when commands of the kernel ask."""

from __future__ import annotations

import sys
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import BaseCommand
from fastjango.core.management.base import (
    check_migrations,
    command_finished,
    shell_imports,
    wrap_in_transaction,
)
from fastjango.orm import DEFAULT_DB_ALIAS

__all__ = ["register"]


def register() -> None:
    """Answer the hooks of the kernel's commands; called in `OrmConfig.ready()`."""
    command_finished.register(_close_connections)
    check_migrations.register(_warn_about_migrations)
    wrap_in_transaction.register(_wrap)
    shell_imports.register(_offer)


def _close_connections() -> None:
    """Close what the command opened, if it opened anything."""
    if (handler := sys.modules.get("fastjango.orm.engine.handler")) is not None:
        handler.connections.close_all()


def _warn_about_migrations(command: BaseCommand) -> None:
    """Say which apps have migrations that the default database has not.

    A database that cannot be asked stops no command here: those that need it find out themselves.
    """
    from fastjango.orm.exceptions import Error

    try:
        plan = _unapplied()
    except ImproperlyConfigured:  # no database
        return
    except Error as error:
        command.stdout.write(
            command.style.NOTICE(
                "\nWhether all migrations are applied is not known, as the database cannot be "
                f"asked: {error}"
            )
        )
        return
    if not plan:
        return
    labels = sorted({migration.app_label for migration, _ in plan})
    command.stdout.write(
        command.style.NOTICE(
            f"\nYou have {len(plan)} unapplied migration(s). Your project may not work properly "
            f"until you apply the migrations for app(s): {', '.join(labels)}."
        )
    )
    command.stdout.write(command.style.NOTICE("Run 'python manage.py migrate' to apply them."))


def _unapplied() -> list[Any]:
    """Ask the default database; a connection that this opens is closed again."""
    from fastjango.orm.engine.handler import connections
    from fastjango.orm.migrations.executor import MigrationExecutor

    connection = connections[DEFAULT_DB_ALIAS]
    was_open = connection.connection is not None
    try:
        executor = MigrationExecutor(connection)
        return executor.migration_plan(executor.loader.graph.leaf_nodes())
    finally:
        if not was_open:
            connection.close()


def _wrap(sql: str, options: dict[str, Any]) -> str:
    """Put SQL text between the statements that begin and end a transaction."""
    from fastjango.orm.engine.handler import connections

    operations = connections[options.get("database", DEFAULT_DB_ALIAS)].ops
    return f"{operations.start_transaction_sql()}\n{sql}\n{operations.end_transaction_sql()}"


def _offer() -> list[str]:
    """Name what the shell imports besides the models."""
    return [
        "fastjango.orm.connection",
        "fastjango.orm.reset_queries",
        "fastjango.orm.models",
        "fastjango.orm.query.functions",
    ]
