"""Operations on indexes, and what they share with those on constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .base import Operation, OperationCategory

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = [
    "AddIndex",
    "IndexOperation",
    "NamedRemoval",
    "RemoveIndex",
    "RenameIndex",
]


class IndexOperation(Operation):
    """An operation on one index or constraint of a model."""

    model_name: str

    @cached_property
    def model_name_lower(self) -> str:
        """The model's name in lower case, as states are keyed."""
        return self.model_name.lower()

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() == self.model_name_lower

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        """The options of a `CreateModel` with this operation in it, or `None` if impossible."""
        return None

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        from .models import DeleteModel

        if isinstance(operation, DeleteModel) and operation.name_lower == self.model_name_lower:
            return [operation]
        return super().reduce(operation, app_label) or not operation.references_model(
            self.model_name, app_label
        )

    def _models(self, app_label: str, editor: BaseSchemaEditor, state: ProjectState) -> Any | None:
        model = state.apps.get_model(app_label, self.model_name)
        return model if self.allow_migrate_model(editor.connection.alias, model) else None


class AddIndex(IndexOperation):
    """Create an index.

    Raises:
        ValueError: The index has no name; migrations must name it.
    """

    category = OperationCategory.ADDITION

    def __init__(self, model_name: str, index: Any) -> None:
        if not index.name:
            raise ValueError(
                "Indexes passed to AddIndex operations require a name argument."
                f" {index!r} doesn't have one."
            )
        self.model_name = model_name
        self.index = index

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"model_name": self.model_name, "index": self.index}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.add_index(app_label, self.model_name_lower, self.index)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            schema_editor.add_index(model, self.index)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, from_state)
        if model is not None:
            schema_editor.remove_index(model, self.index)

    def describe(self) -> str:
        if self.index.expressions:
            inner = ", ".join(str(expression) for expression in self.index.expressions)
            return f"Create index {self.index.name} on {inner} on model {self.model_name}"
        inner = ", ".join(self.index.fields)
        return f"Create index {self.index.name} on field(s) {inner} of model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name_lower}_{self.index.name.lower()}"

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        return {**options, "indexes": [*options.get("indexes", []), self.index]}

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if isinstance(operation, RemoveIndex) and self.index.name == operation.name:
            return []
        if isinstance(operation, RenameIndex) and self.index.name == operation.old_name:
            index = self.index.clone()
            index.name = operation.new_name
            return [AddIndex(self.model_name, index)]
        return super().reduce(operation, app_label)


class NamedRemoval(IndexOperation):
    """Drops an index or a constraint, known by its name."""

    category = OperationCategory.REMOVAL

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"model_name": self.model_name, "name": self.name}

    @property
    def migration_name_fragment(self) -> str:
        return f"remove_{self.model_name_lower}_{self.name.lower()}"


class RemoveIndex(NamedRemoval):
    """Drop an index."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_index(app_label, self.model_name_lower, self.name)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, from_state)
        if model is not None:
            known = from_state.models[app_label, self.model_name_lower]
            schema_editor.remove_index(model, known.get_index_by_name(self.name))

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
            schema_editor.add_index(model, known.get_index_by_name(self.name))

    def describe(self) -> str:
        return f"Remove index {self.name} from {self.model_name}"

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        kept = [index for index in options.get("indexes", []) if index.name != self.name]
        return {**options, "indexes": kept}


class RenameIndex(IndexOperation):
    """Rename an index, known by its old name or by the fields of an `index_together`.

    Raises:
        ValueError: Both or neither of `old_name` and `old_fields` are given.
    """

    category = OperationCategory.ALTERATION

    def __init__(
        self,
        model_name: str,
        new_name: str,
        old_name: str | None = None,
        old_fields: Sequence[str] | None = None,
    ) -> None:
        if not old_name and not old_fields:
            raise ValueError(
                "RenameIndex requires one of old_name and old_fields arguments to be set."
            )
        if old_name and old_fields:
            raise ValueError("RenameIndex.old_name and old_fields are mutually exclusive.")
        self.model_name = model_name
        self.new_name = new_name
        self.old_name = old_name
        self.old_fields = old_fields

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {"model_name": self.model_name, "new_name": self.new_name}
        if self.old_name:
            kwargs["old_name"] = self.old_name
        if self.old_fields:
            kwargs["old_fields"] = self.old_fields
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        if self.old_fields:
            from fastjango.orm import models

            index = models.Index(fields=list(self.old_fields), name=self.new_name)
            state.remove_model_options(
                app_label, self.model_name_lower, "index_together", self.old_fields
            )
            state.add_index(app_label, self.model_name_lower, index)
        else:
            state.rename_index(app_label, self.model_name_lower, self.old_name, self.new_name)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = self._models(app_label, schema_editor, to_state)
        if model is None:
            return
        known_after = to_state.models[app_label, self.model_name_lower]
        if self.old_fields:
            from fastjango.orm import models

            before = from_state.apps.get_model(app_label, self.model_name)
            name = schema_editor.index_on(before, self.old_fields)

            old_index = models.Index(fields=list(self.old_fields), name=name)
        else:
            known = from_state.models[app_label, self.model_name_lower]
            old_index = known.get_index_by_name(self.old_name)
        if old_index.name == self.new_name:
            return
        schema_editor.rename_index(model, old_index, known_after.get_index_by_name(self.new_name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if self.old_fields:
            return  # the unnamed index had no name to give back
        model = self._models(app_label, schema_editor, to_state)
        if model is not None:
            now = from_state.models[app_label, self.model_name_lower]
            before = to_state.models[app_label, self.model_name_lower]
            schema_editor.rename_index(
                model,
                now.get_index_by_name(self.new_name),
                before.get_index_by_name(self.old_name),
            )

    def describe(self) -> str:
        if self.old_name:
            return f"Rename index {self.old_name} on {self.model_name} to {self.new_name}"
        fields = tuple(self.old_fields or ())
        return f"Rename unnamed index for {fields} on {self.model_name} to {self.new_name}"

    @property
    def migration_name_fragment(self) -> str:
        if self.old_name:
            return f"rename_{self.old_name.lower()}_{self.new_name.lower()}"
        return "rename_{}_{}_{}".format(
            self.model_name_lower, "_".join(self.old_fields or ()), self.new_name.lower()
        )

    def fold(self, options: Mapping[str, Any], fields: set[str]) -> dict[str, Any] | None:
        if not self.old_name:
            return None
        renamed: list[Any] = []
        for index in options.get("indexes", []):
            if index.name == self.old_name:
                index = index.clone()
                index.name = self.new_name
            renamed.append(index)
        return {**options, "indexes": renamed}

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if (
            isinstance(operation, RenameIndex)
            and self.model_name_lower == operation.model_name_lower
            and operation.old_name == self.new_name
        ):
            return [
                RenameIndex(
                    self.model_name,
                    new_name=operation.new_name,
                    old_name=self.old_name,
                    old_fields=self.old_fields,
                )
            ]
        return super().reduce(operation, app_label)
