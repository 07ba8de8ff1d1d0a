"""What one planned operation waits for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastjango.core import settings

from . import operations
from .operations.constraints import RemoveConstraint
from .operations.indexes import RemoveIndex
from .operations.models import AlterTogetherOptionOperation
from .references import resolve_relation

__all__ = [
    "DependencyType",
    "OperationDependency",
    "Planned",
    "dependencies_of_relation",
    "resolve_setting",
    "satisfies",
]


class DependencyType(enum.Enum):
    """What must have happened."""

    CREATE = 0
    REMOVE = 1
    ALTER = 2
    REMOVE_ORDER_WRT = 3
    ALTER_FOO_TOGETHER = 4
    REMOVE_INDEX_OR_CONSTRAINT = 5


@dataclass(frozen=True)
class OperationDependency:
    """Something that must have happened to a model or a field."""

    app_label: str
    model_name: str
    field_name: str | None
    type: DependencyType

    @property
    def model_name_lower(self) -> str:
        """The model's name in lower case."""
        return self.model_name.lower()

    @property
    def field_name_lower(self) -> str | None:
        """The field's name in lower case."""
        return None if self.field_name is None else self.field_name.lower()


class Planned:
    """A planned operation and what it waits for."""

    __slots__ = ("__dict__", "dependencies", "operation")

    def __init__(
        self, operation: operations.Operation, dependencies: list[OperationDependency]
    ) -> None:
        self.operation = operation
        self.dependencies = dependencies

    @cached_property
    def is_creation(self) -> bool:
        """Whether the operation creates a model."""
        return isinstance(self.operation, operations.CreateModel)


def satisfies(planned: Planned, dependency: OperationDependency) -> bool:
    """Whether a planned operation does what a dependency waits for."""
    operation: Any = planned.operation
    kinds = DependencyType
    model, field = dependency.model_name_lower, dependency.field_name
    field_lower = dependency.field_name_lower
    match dependency.type:
        case kinds.CREATE if field is None:
            return isinstance(operation, operations.CreateModel) and operation.name_lower == model
        case kinds.CREATE:
            if isinstance(operation, operations.CreateModel) and operation.name_lower == model:
                return any(field_lower == name.lower() for name, _ in operation.fields)
            return (
                isinstance(operation, operations.AddField)
                and operation.model_name_lower == model
                and operation.name_lower == field_lower
            )
        case kinds.REMOVE if field is None:
            return isinstance(operation, operations.DeleteModel) and operation.name_lower == model
        case kinds.REMOVE:
            return (
                isinstance(operation, operations.RemoveField)
                and operation.model_name_lower == model
                and operation.name_lower == field_lower
            )
        case kinds.ALTER:
            return (
                isinstance(operation, operations.AlterField)
                and operation.model_name_lower == model
                and operation.name_lower == field_lower
            )
        case kinds.REMOVE_ORDER_WRT:
            return (
                isinstance(operation, operations.AlterOrderWithRespectTo)
                and operation.name_lower == model
                and (operation.order_with_respect_to or "").lower() != field_lower
            )
        case kinds.ALTER_FOO_TOGETHER:
            return (
                isinstance(operation, AlterTogetherOptionOperation)
                and operation.name_lower == model
                # What adds a group with the (new) field comes after, what drops it before.
                and not any(field in group for group in operation.option_value)
            )
        case _:  # REMOVE_INDEX_OR_CONSTRAINT
            return (
                isinstance(operation, RemoveIndex | RemoveConstraint)
                and operation.model_name_lower == model
            )


def dependencies_of_relation(
    app_label: str, model_name: str, field: Any
) -> list[OperationDependency]:
    """What a relation waits for: the model it points at, and its join model."""
    swappable = getattr(field, "swappable_setting", None)
    found: list[OperationDependency] = []
    kinds = DependencyType
    if swappable is not None:
        found.append(OperationDependency("__setting__", swappable, None, kinds.CREATE))
    else:
        target = resolve_relation(field.remote_field.model, app_label, model_name)
        found.append(OperationDependency(*target, None, kinds.CREATE))
    through = getattr(field.remote_field, "through", None)
    if through:
        target = resolve_relation(through, app_label, model_name)
        found.append(OperationDependency(*target, None, kinds.CREATE))
    return found


def resolve_setting(name: str) -> tuple[str, str]:
    """The model that a setting such as `AUTH_USER_MODEL` names."""
    return resolve_relation(getattr(settings, name))
