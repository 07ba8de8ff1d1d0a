"""The new name of a model, with everything that refers to it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .base import Operation, OperationCategory
from .model_base import ModelOperation

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = ["RenameModel"]


class RenameModel(ModelOperation):
    """Rename a model, its table, and the columns and join tables that carry its name."""

    category = OperationCategory.ALTERATION

    def __init__(self, old_name: str, new_name: str) -> None:
        self.old_name = old_name
        self.new_name = new_name
        super().__init__(old_name)

    @cached_property
    def old_name_lower(self) -> str:
        """The old name in lower case."""
        return self.old_name.lower()

    @cached_property
    def new_name_lower(self) -> str:
        """The new name in lower case."""
        return self.new_name.lower()

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"old_name": self.old_name, "new_name": self.new_name}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.rename_model(app_label, self.old_name, self.new_name)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, self.old_name, self.new_name)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, self.new_name, self.old_name)

    def _rename(
        self,
        app_label: str,
        editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
        old_name: str,
        new_name: str,
    ) -> None:
        new_model = to_state.apps.get_model(app_label, new_name)
        if not self.allow_migrate_model(editor.connection.alias, new_model):
            return
        old_model = from_state.apps.get_model(app_label, old_name)
        editor.alter_db_table(old_model, old_model._meta.db_table, new_model._meta.db_table)
        for relation in old_model._meta.related_objects:
            self._follow_relation(editor, to_state, old_model, new_model, relation)
        for old_field, new_field in zip(
            old_model._meta.local_many_to_many, new_model._meta.local_many_to_many, strict=True
        ):
            self._rename_join_table(
                editor, old_model, new_model, old_field, new_field, (old_name, new_name)
            )

    @staticmethod
    def _follow_relation(
        editor: BaseSchemaEditor,
        to_state: ProjectState,
        old_model: Any,
        new_model: Any,
        relation: Any,
    ) -> None:
        """Let a foreign key, or the join table of another model's field, follow the new name."""
        if relation.related_model is old_model:
            holder = new_model
        else:
            label = relation.related_model._meta
            holder = to_state.apps.get_model(label.app_label, label.model_name)
        if relation.many_to_many and not relation.through._meta.auto_created:
            return
        new_field = holder._meta.get_field(relation.field.name)
        editor.alter_field(holder, relation.field, new_field)

    @staticmethod
    def _rename_join_table(
        editor: BaseSchemaEditor,
        old_model: Any,
        new_model: Any,
        old_field: Any,
        new_field: Any,
        names: tuple[str, str],
    ) -> None:
        old_through = old_field.remote_field.through
        new_through = new_field.remote_field.through
        if not new_through._meta.auto_created or new_field.related_model is new_model:
            return  # one to the model itself followed as a relation
        old_column = old_through._meta.get_field(old_field.m2m_field_name())
        new_column = new_through._meta.get_field(new_field.m2m_field_name())
        if (
            old_through._meta.db_table == new_through._meta.db_table
            and old_column.column == new_column.column
        ):
            return
        editor.alter_db_table(new_through, old_through._meta.db_table, new_through._meta.db_table)
        editor.alter_field(new_through, old_column, new_column)

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() in (self.old_name_lower, self.new_name_lower)

    def describe(self) -> str:
        return f"Rename model {self.old_name} to {self.new_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"rename_{self.old_name_lower}_{self.new_name_lower}"

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        if isinstance(operation, RenameModel) and self.new_name_lower == operation.old_name_lower:
            return [RenameModel(self.old_name, operation.new_name)]
        # Fields that point at the model are rewritten by the rename, wherever they are.
        return super(ModelOperation, self).reduce(operation, app_label) or (
            not operation.references_model(self.new_name, app_label)
        )
