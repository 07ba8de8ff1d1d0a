"""Emptying a database: the statements of ``flush``, ``sqlflush`` and ``sqlsequencereset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["flush", "sql_flush"]


def sql_flush(
    style: Any,
    connection: BaseDatabaseWrapper,
    reset_sequences: bool = True,
    allow_cascade: bool = False,
) -> list[str]:
    """Write the statements that delete every row of every installed model's table.

    Args:
        style: Colours SQL words; `fastjango.core.management.color.no_style()` for none.
        connection: The database.
        reset_sequences: Start automatic keys again.
        allow_cascade: Empty tables that refer to these as well.
    """
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return list(
        connection.ops.sql_flush(
            style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
        )
    )


def flush(
    connection: BaseDatabaseWrapper, *, reset_sequences: bool = True, allow_cascade: bool = False
) -> None:
    """Delete every row of every installed model's table."""
    from fastjango.core.management.color import no_style

    connection.prepare_database()
    statements = sql_flush(no_style(), connection, reset_sequences, allow_cascade)
    if statements:
        connection.ops.execute_sql_flush(statements)
