"""What test databases hold: fixtures, the rows that migrations made, sequences of keys."""

from typing import Any

from fastjango.core import apps
from fastjango.core.management import call_command
from fastjango.core.management.color import no_style
from fastjango.orm import connections, transaction

__all__ = ["emit_post_migrate", "load_fixtures", "reset_sequences", "serialized_contents"]


def serialized_contents(alias: str) -> str | None:
    """Return the rows that a database began with; None if they were not kept."""
    return getattr(connections[alias], "_test_serialized_contents", None)


def reset_sequences(alias: str) -> None:
    """Let the automatic keys of a database begin at 1 again, where it has sequences."""
    connection: Any = connections[alias]
    if not connection.features.supports_sequence_reset:
        return
    statements = connection.ops.sequence_reset_by_name_sql(
        no_style(), connection.introspection.sequence_list()
    )
    if statements:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)


def emit_post_migrate(alias: str) -> None:
    """Tell applications that their tables are empty, so that they make their standing rows."""
    from fastjango.orm.signals import post_migrate

    for config in apps.get_app_configs():
        if config.models_module is None:
            continue
        post_migrate.send(
            sender=config,
            app_config=config,
            verbosity=0,
            interactive=False,
            using=alias,
            apps=apps,
            plan=[],
        )


def load_fixtures(fixtures: list[str], alias: str) -> None:
    """Load fixtures into a database."""
    from fastjango.orm.management.commands.loaddata import Command

    call_command(Command(), *fixtures, verbosity=0, database=alias)
