"""Tells whether an operation fits what the migrations before it made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .exceptions import BadMigrationError, MigrationError
from .files import file_of
from .operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    DeleteModel,
    Operation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
)

if TYPE_CHECKING:
    from .migration import Migration
    from .state import ProjectState

__all__ = ["advance", "misfit"]


def advance(migration: Migration, number: int, state: ProjectState) -> None:
    """Change a state by one operation of a migration.

    Args:
        number: Index of the operation.

    Raises:
        BadMigrationError: The operation does not fit the state; names the file and the operation.
    """
    operation: Any = migration.operations[number]
    if not _is_operation(operation):
        raise BadMigrationError(
            f"{file_of(migration)}: operations[{number}] is {operation!r} and no operation, such as"
            " migrations.AddField(...)."
        )
    reason = misfit(operation, migration.app_label, state)
    cause: Exception | None = None
    if reason is None:
        try:
            operation.state_forwards(migration.app_label, state)
        except MigrationError:
            raise
        except (LookupError, ValueError) as error:
            reason, cause = str(error.args[0]) if error.args else repr(error), error
    if reason is not None:
        raise BadMigrationError(
            f"{file_of(migration)}: operations[{number}] ({operation.describe()}) does not fit what"
            f" the migrations before it made: {reason}. Correct the operation, or the"
            " `dependencies` of its file if it needs another migration first."
        ) from cause


def _is_operation(value: Any) -> bool:
    """Whether something can be run as an operation, be it a subclass of `Operation` or not."""
    if isinstance(value, Operation):
        return True
    parts = ("state_forwards", "database_forwards", "describe")
    return not isinstance(value, type) and all(callable(getattr(value, n, None)) for n in parts)


def misfit(operation: Operation, label: str, state: ProjectState) -> str | None:
    """Why an operation on models, fields, indexes or constraints makes no sense, if it does not."""
    if isinstance(operation, CreateModel):
        return _taken(state, label, operation.name)
    if isinstance(operation, DeleteModel):
        return _gone(state, label, operation.name)
    if isinstance(operation, RenameModel):
        same = operation.old_name_lower == operation.new_name_lower
        missing = _gone(state, label, operation.old_name)
        return missing or (None if same else _taken(state, label, operation.new_name))
    if isinstance(operation, AddField | AlterField | RemoveField | RenameField):
        return _field_misfit(operation, label, state)
    if isinstance(operation, AddIndex | RemoveIndex | AddConstraint | RemoveConstraint):
        return _item_misfit(operation, label, state)
    return None


def _taken(state: ProjectState, label: str, name: str) -> str | None:
    taken = (label, name.lower()) in state.models
    return f"there is a model {label}.{name} already" if taken else None


def _gone(state: ProjectState, label: str, name: str) -> str | None:
    gone = (label, name.lower()) not in state.models
    return f"there is no model {label}.{name}" if gone else None


def _field_misfit(
    operation: AddField | AlterField | RemoveField | RenameField, label: str, state: ProjectState
) -> str | None:
    model = operation.model_name
    if missing := _gone(state, label, model):
        return missing
    fields = state.models[label, model.lower()].fields
    if isinstance(operation, RenameField):
        wanted, unwanted = operation.old_name, operation.new_name
    elif isinstance(operation, AddField):
        wanted, unwanted = None, operation.name
    else:
        wanted, unwanted = operation.name, None
    if wanted is not None and wanted not in fields:
        return f"{label}.{model} has no field {wanted!r}"
    if unwanted is not None and unwanted in fields and unwanted != wanted:
        return f"{label}.{model} has a field {unwanted!r} already"
    return None


def _item_misfit(
    operation: AddIndex | RemoveIndex | AddConstraint | RemoveConstraint,
    label: str,
    state: ProjectState,
) -> str | None:
    model = operation.model_name
    if missing := _gone(state, label, model):
        return missing
    kind = "index" if isinstance(operation, AddIndex | RemoveIndex) else "constraint"
    plural = "indexes" if kind == "index" else "constraints"
    there = {item.name for item in state.models[label, model.lower()].options.get(plural, ())}
    if isinstance(operation, AddIndex):
        name, adds = operation.index.name, True
    elif isinstance(operation, AddConstraint):
        name, adds = operation.constraint.name, True
    else:
        name, adds = operation.name, False
    if adds and name in there:
        return f"{label}.{model} has the {kind} {name!r} already"
    if not adds and name not in there:
        return f"{label}.{model} has no {kind} {name!r}"
    return None
