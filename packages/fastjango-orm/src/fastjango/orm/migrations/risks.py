"""What a plan would destroy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .executor import Plan
from .operations import (
    AddField,
    CreateModel,
    DeleteModel,
    Operation,
    RemoveField,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
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
    risks: list[Risk | None] = []
    names = _PresentNames()
    for migration, backwards in plan:
        if backwards:
            # What a migration created goes when it is undone. All of it is there now, under the
            # names of today.
            steps = [(operation, state) for operation in names.undone_by(migration)]
        else:
            after = migration.mutate_state(state)  # first, as it tells what does not fit
            steps = list(_walk(migration.operations, migration.app_label, state))
            state = after
        risks += [
            _risk(connection, tables, str(migration), migration.app_label, operation, at)
            for operation, at in steps
        ]
    return [risk for risk in risks if risk is not None]


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


class _PresentNames:
    """What models and fields of older migrations are called now, told by later renames."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], str] = {}
        self._fields: dict[tuple[str, str, str], str] = {}

    def _model(self, label: str, name: str) -> str:
        return self._models.get((label, name.lower()), name)

    def _field(self, label: str, model: str, name: str) -> str:
        return self._fields.get((label, model.lower(), name), name)

    def undone_by(self, migration: Any) -> Iterable[Operation]:
        """The destructive operations that undoing a migration amounts to, the last one first.

        Args:
            migration: The next one to be undone; its renames count for those before it.
        """
        label = migration.app_label
        for operation in reversed(migration.operations):
            if isinstance(operation, RenameModel):
                present = self._model(label, operation.new_name)
                self._models[label, operation.old_name_lower] = present
            elif isinstance(operation, RenameField):
                model = self._model(label, operation.model_name)
                name = self._field(label, model, operation.new_name)
                self._fields[label, model.lower(), operation.old_name] = name
            elif isinstance(operation, CreateModel):
                yield DeleteModel(self._model(label, operation.name))
            elif isinstance(operation, AddField):
                model = self._model(label, operation.model_name)
                yield RemoveField(model, self._field(label, model, operation.name))


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
