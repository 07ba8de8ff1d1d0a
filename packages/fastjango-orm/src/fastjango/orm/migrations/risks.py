"""What a plan would destroy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .executor import Plan
from .operations import DeleteModel, Operation, RemoveField, SeparateDatabaseAndState
from .state import ProjectState

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["Risk", "find_risks"]


@dataclass(frozen=True, slots=True)
class Risk:
    """One step that destroys data.

    Attributes:
        migration: `"app.name"` of the migration.
        description: What the step does.
        table: The table that is at stake.
        column: The column, or `None` for the whole table.
        rows: Rows that lose something.
    """

    migration: str
    description: str
    table: str
    column: str | None
    rows: int

    def __str__(self) -> str:
        what = f"column {self.table}.{self.column}" if self.column else f"table {self.table}"
        return f"{self.migration}: {self.description} ({what}, {self.rows} row(s) with data)"


def find_risks(connection: BaseDatabaseWrapper, plan: Plan, state: ProjectState) -> list[Risk]:
    """Every step of a plan that destroys data which is there now.

    Args:
        connection: Database to count in.
        plan: What is to be run.
        state: The state before the plan.

    Side effects: one counting query per destructive step.
    """
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    risks: list[Risk] = []
    for migration, backwards in plan:
        if backwards:
            before = state.clone()
            for operation in migration.operations:
                operation.state_forwards(migration.app_label, before)
            # What a migration created goes when it is undone.
            risks += _undone(connection, tables, migration, before)
            continue
        for operation, at in _walk(migration.operations, migration.app_label, state):
            risk = _risk(connection, tables, str(migration), migration.app_label, operation, at)
            if risk is not None:
                risks.append(risk)
        state = migration.mutate_state(state)
    return risks


def _walk(
    operations: Iterable[Operation], label: str, state: ProjectState
) -> Iterable[tuple[Operation, ProjectState]]:
    """Operations that touch the database, each with the state before it."""
    now = state.clone()
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _walk(operation.database_operations, label, now)
        elif operation.destroys:
            yield operation, now.clone()
        operation.state_forwards(label, now)


def _undone(
    connection: BaseDatabaseWrapper, tables: set[str], migration: Any, after: ProjectState
) -> list[Risk]:
    from .operations import AddField, CreateModel

    risks: list[Risk] = []
    for operation in migration.operations:
        opposite: Operation | None = None
        if isinstance(operation, CreateModel):
            opposite = DeleteModel(operation.name)
        elif isinstance(operation, AddField):
            opposite = RemoveField(operation.model_name, operation.name)
        if opposite is None:
            continue
        risk = _risk(connection, tables, str(migration), migration.app_label, opposite, after)
        if risk is not None:
            risks.append(risk)
    return risks


def _risk(
    connection: BaseDatabaseWrapper,
    tables: set[str],
    migration: str,
    label: str,
    operation: Operation,
    state: ProjectState,
) -> Risk | None:
    place = _place(connection, label, operation, state)
    if place is None or place[0] not in tables:
        return None
    table, column = place
    rows = _count(connection, table, column)
    return Risk(migration, operation.describe(), table, column, rows) if rows else None


def _place(
    connection: BaseDatabaseWrapper, label: str, operation: Operation, state: ProjectState
) -> tuple[str, str | None] | None:
    if isinstance(operation, DeleteModel):
        key = (label, operation.name_lower)
        if key not in state.models:
            return None
        model = state.apps.get_model(*key)
        if not operation.allow_migrate_model(connection.alias, model):
            return None
        return model._meta.db_table, None
    if isinstance(operation, RemoveField):
        key = (label, operation.model_name_lower)
        if key not in state.models or operation.name not in state.models[key].fields:
            return None
        model = state.apps.get_model(*key)
        if not operation.allow_migrate_model(connection.alias, model):
            return None
        field = model._meta.get_field(operation.name)
        if field.many_to_many:
            through = field.remote_field.through
            return (through._meta.db_table, None) if through._meta.auto_created else None
        return (model._meta.db_table, field.column) if field.column else None
    return None


def _count(connection: BaseDatabaseWrapper, table: str, column: str | None) -> int:
    from fastjango.orm.exceptions import DatabaseError

    quote = connection.ops.quote_name
    sql = f"SELECT COUNT(*) FROM {quote(table)}"
    if column is not None:
        sql += f" WHERE {quote(column)} IS NOT NULL"
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])
    except DatabaseError:
        return 0  # the column is not there yet: an earlier step of the plan makes it
