"""Operations on constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Operation, OperationCategory
from .indexes import IndexOperation, NamedRemoval

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = ["AddConstraint", "AlterConstraint", "RemoveConstraint"]


class AddConstraint(IndexOperation):
    """Add a constraint; rows that break it make the migration fail."""

    category = OperationCategory.ADDITION

    def __init__(self, model_name: str, constraint: Any) -> None:
        self.model_name = model_name
        self.constraint = constraint

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs = {"model_name": self.model_name, "constraint": self.constraint}
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.add_constraint(app_label, self.model_name_lower, self.constraint)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            schema_editor.add_constraint(model, self.constraint)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            schema_editor.remove_constraint(model, self.constraint)

    def describe(self) -> str:
        return f"Create constraint {self.constraint.name} on model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name_lower}_{self.constraint.name.lower()}"

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        return {**options, "constraints": [*options.get("constraints", []), self.constraint]}

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if (
            isinstance(operation, IndexOperation)
            and self.model_name_lower == operation.model_name_lower
        ):
            name = self.constraint.name
            if isinstance(operation, RemoveConstraint) and operation.name == name:
                return []
            if isinstance(operation, AlterConstraint) and operation.name == name:
                return [AddConstraint(self.model_name, operation.constraint)]
        return super().reduce(operation, app_label)


class RemoveConstraint(NamedRemoval):
    """Drop a constraint."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_constraint(app_label, self.model_name_lower, self.name)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        # The model after the change, so that a rebuilt table is built without the constraint.
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            known = from_state.models[app_label, self.model_name_lower]
            schema_editor.remove_constraint(model, known.get_constraint_by_name(self.name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            known = to_state.models[app_label, self.model_name_lower]
            schema_editor.add_constraint(model, known.get_constraint_by_name(self.name))

    def describe(self) -> str:
        return f"Remove constraint {self.name} from model {self.model_name}"

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        kept = [item for item in options.get("constraints", []) if item.name != self.name]
        return {**options, "constraints": kept}


class AlterConstraint(IndexOperation):
    """Change what of a constraint only Python knows, such as its error message."""

    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str, name: str, constraint: Any) -> None:
        self.model_name = model_name
        self.name = name
        self.constraint = constraint

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs = {
            "model_name": self.model_name,
            "name": self.name,
            "constraint": self.constraint,
        }
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_constraint(app_label, self.model_name_lower, self.name, self.constraint)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: the constraint in the database stays the same."""

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: the constraint in the database stays the same."""

    def describe(self) -> str:
        return f"Alter constraint {self.name} on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.model_name_lower}_{self.constraint.name.lower()}"

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        changed = [
            self.constraint if item.name == self.name else item
            for item in options.get("constraints", [])
        ]
        return {**options, "constraints": changed}

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if (
            isinstance(operation, AlterConstraint | RemoveConstraint)
            and self.model_name_lower == operation.model_name_lower
            and self.name == operation.name
        ):
            return [operation]
        return super().reduce(operation, app_label)
