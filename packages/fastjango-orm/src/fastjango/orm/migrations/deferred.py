"""Statements that wait for the end of a migration, while their tables and columns still change.

They make foreign keys (`ALTER TABLE ... ADD ... REFERENCES ...`) and indexes (`CREATE INDEX ... ON
...`); every identifier here is a quoted one.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["with_renamed_column", "with_renamed_table", "without_foreign_keys", "without_table"]

_REFERENCES = " REFERENCES "


def _body_at(made: str, table: str) -> int:
    """Where the part after the table's name begins in a statement on the table, else -1."""
    start = f"ALTER TABLE {table} "
    if made.startswith(start):
        return len(start)
    where = f" ON {table} "
    at = made.find(where)
    return at + len(where) if at >= 0 else -1


def without_table(statements: Iterable[str], table: str, column: str = "") -> list[str]:
    """The statements but those on a table that is gone, or with a column of it, and keys to it."""

    def concerns(statement: str) -> bool:
        made, _, target = statement.partition(_REFERENCES)
        at = _body_at(made, table)
        return (at >= 0 and column in made[at:]) or (
            target.startswith(f"{table} ") and column in target
        )

    return [statement for statement in statements if not concerns(statement)]


def without_foreign_keys(statements: Iterable[str], table: str, column: str) -> list[str]:
    """The statements but the foreign key on a table's column."""
    start, key = f"ALTER TABLE {table} ADD CONSTRAINT ", f" FOREIGN KEY ({column}) "
    return [sql for sql in statements if not (sql.startswith(start) and key in sql)]


def with_renamed_table(statements: Iterable[str], old: str, new: str) -> list[str]:
    """The statements with another name for a table, on it or in keys to it."""

    def renamed(statement: str) -> str:
        made, references, target = statement.partition(_REFERENCES)
        at = _body_at(made, old)
        if at >= 0:
            head = made[: at - len(old) - 1]
            made = f"{head}{new} {made[at:]}"
        if target.startswith(f"{old} "):
            target = new + target[len(old) :]
        return made + references + target

    return [renamed(statement) for statement in statements]


def with_renamed_column(statements: Iterable[str], table: str, old: str, new: str) -> list[str]:
    """The statements with another name for a column, in what is on its table and in keys to it."""

    def renamed(statement: str) -> str:
        made, references, target = statement.partition(_REFERENCES)
        at = _body_at(made, table)
        if at >= 0:
            made = made[:at] + made[at:].replace(old, new)
        start = f"{table} "
        if target.startswith(start):
            target = start + target[len(start) :].replace(old, new)
        return made + references + target

    return [renamed(statement) for statement in statements]
