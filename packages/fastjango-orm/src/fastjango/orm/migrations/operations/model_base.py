"""What operations on whole models have in common, and the end of a model."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .base import Operation, OperationCategory

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = ["DeleteModel", "ModelOperation", "ModelOptionOperation"]


class ModelOperation(Operation):
    """An operation on one model."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def name_lower(self) -> str:
        """The model's name in lower case, as states are keyed."""
        return self.name.lower()

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() == self.name_lower

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        return super().reduce(operation, app_label) or self.can_reduce_through(operation, app_label)

    def can_reduce_through(self, operation: Operation, app_label: str) -> bool:
        """Whether `operation` may move before this one."""
        return not operation.references_model(self.name, app_label)


class DeleteModel(ModelOperation):
    """Delete a model and drop its table with every row in it."""

    category = OperationCategory.REMOVAL
    destroys = True

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"name": self.name}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_model(app_label, self.name_lower)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.delete_model(model)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.create_model(model)

    def references_model(self, name: str, app_label: str) -> bool:
        return True  # what pointed at the model is not known here

    def describe(self) -> str:
        return f"Delete model {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"delete_{self.name_lower}"


class ModelOptionOperation(ModelOperation):
    """An operation on one of a model's options; a later one of its kind replaces it."""

    category = OperationCategory.ALTERATION

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if (
            isinstance(operation, type(self) | DeleteModel)
            and operation.name_lower == self.name_lower
        ):
            return [operation]
        return super().reduce(operation, app_label)
