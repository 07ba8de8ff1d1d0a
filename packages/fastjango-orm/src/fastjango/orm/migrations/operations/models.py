"""Operations on whole models: creating, deleting, renaming, and their options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastjango.orm.migrations.state import (
    ModelState,
    field_references,
    normalize_together,
    resolve_relation,
)

from .base import Operation, OperationCategory
from .fields import AddField, AlterField, FieldOperation, RemoveField, RenameField
from .model_base import DeleteModel, ModelOperation, ModelOptionOperation
from .model_options import (
    AlterIndexTogether,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogetherOptionOperation,
    AlterUniqueTogether,
)
from .rename_model import RenameModel

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = [
    "AlterIndexTogether",
    "AlterModelManagers",
    "AlterModelOptions",
    "AlterModelTable",
    "AlterModelTableComment",
    "AlterOrderWithRespectTo",
    "AlterTogetherOptionOperation",
    "AlterUniqueTogether",
    "CreateModel",
    "DeleteModel",
    "ModelOperation",
    "ModelOptionOperation",
    "RenameModel",
]


def _check_duplicates(what: str, values: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"Found duplicate value {value} in CreateModel {what} argument.")
        seen.add(value)


def _base_key(base: Any) -> Any:
    """What a base is known by: a model's label, or the class itself."""
    if hasattr(base, "_meta"):
        return base._meta.label_lower
    return base.lower() if isinstance(base, str) else base


class CreateModel(ModelOperation):
    """Create a model and its table.

    Args:
        name: Class name.
        fields: `(name, field)` pairs in order.
        options: The model's `Meta` without `app_label`.
        bases: Base classes, or `"app.Model"` strings.
        managers: `(name, manager)` pairs of managers that migrations may use.
    """

    category = OperationCategory.ADDITION
    serialization_expand_args = ["fields", "options", "managers"]

    def __init__(
        self,
        name: str,
        fields: Sequence[tuple[str, Any]],
        options: Mapping[str, Any] | None = None,
        bases: Sequence[type | str] | None = None,
        managers: Sequence[tuple[str, Any]] | None = None,
    ) -> None:
        from fastjango.orm import models

        super().__init__(name)
        self.fields = list(fields)
        self.options: dict[str, Any] = dict(options or {})
        self.bases: tuple[type | str, ...] = tuple(bases or (models.Model,))
        self.managers = list(managers or [])
        _check_duplicates("fields", (field_name for field_name, _ in self.fields))
        _check_duplicates(
            "bases",
            (_base_key(base) for base in self.bases),
        )
        _check_duplicates("managers", (manager_name for manager_name, _ in self.managers))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        from fastjango.orm import models

        kwargs: dict[str, Any] = {"name": self.name, "fields": self.fields}
        if self.options:
            kwargs["options"] = self.options
        if self.bases and self.bases != (models.Model,):
            kwargs["bases"] = self.bases
        if self.managers and self.managers != [("objects", models.Manager())]:
            kwargs["managers"] = self.managers
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.add_model(
            ModelState(
                app_label,
                self.name,
                list(self.fields),
                dict(self.options),
                tuple(self.bases),
                list(self.managers),
            )
        )

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.create_model(model)
            groups = normalize_together(self.options.get("index_together"))
            if groups:
                # A squashed migration of old ones; classes have no such option any more.
                schema_editor.alter_index_together(model, (), groups)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.delete_model(model)

    def describe(self) -> str:
        kind = "proxy model " if self.options.get("proxy") else "model "
        return f"Create {kind}{self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return self.name_lower

    def references_model(self, name: str, app_label: str) -> bool:
        wanted = (app_label, name.lower())
        if wanted[1] == self.name_lower:
            return True
        for base in self.bases:
            if hasattr(base, "_meta") or isinstance(base, str):
                relation = resolve_relation(base, app_label)
                if relation == wanted:
                    return True
        return any(
            field_references((app_label, self.name_lower), field, wanted)
            for _, field in self.fields
        )

    def _but(self, **changes: Any) -> CreateModel:
        """The same model with something changed."""
        whole: dict[str, Any] = {
            "fields": self.fields,
            "options": self.options,
            "bases": self.bases,
            "managers": self.managers,
        }
        return CreateModel(changes.pop("name", self.name), **{**whole, **changes})

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        from .indexes import IndexOperation

        if isinstance(operation, ModelOperation) and operation.name_lower == self.name_lower:
            if isinstance(operation, DeleteModel):
                return []
            if isinstance(operation, ModelOptionOperation):
                merged = self._merge_option(operation)
                if merged is not None:
                    return [merged]
        if isinstance(operation, RenameModel) and operation.old_name_lower == self.name_lower:
            return [self._but(name=operation.new_name)]
        if isinstance(operation, FieldOperation) and operation.model_name_lower == self.name_lower:
            merged = self._merge_field(operation)
            if merged is not None:
                return [merged]
        if isinstance(operation, IndexOperation) and operation.model_name_lower == self.name_lower:
            options = operation.fold(self.options, {n for n, _ in self.fields})
            if options is not None:
                return [self._but(options=options)]
        return super().reduce(operation, app_label)

    def _merge_option(self, operation: ModelOptionOperation) -> CreateModel | None:
        if isinstance(operation, AlterModelManagers):
            return self._but(managers=operation.managers)
        if isinstance(operation, AlterModelOptions):
            options = {**self.options, **operation.options}
            for key in operation.ALTER_OPTION_KEYS:
                if key not in operation.options:
                    options.pop(key, None)
            return self._but(options=options)
        if isinstance(operation, AlterTogetherOptionOperation):
            return self._but(
                options={**self.options, operation.option_name: operation.option_value}
            )
        if isinstance(operation, AlterOrderWithRespectTo):
            return self._but(
                options={
                    **self.options,
                    "order_with_respect_to": operation.order_with_respect_to,
                }
            )
        if isinstance(operation, AlterModelTable | AlterModelTableComment):
            key, value = operation.option()
            return self._but(options={**self.options, key: value})
        return None

    def _merge_field(self, operation: FieldOperation) -> CreateModel | None:
        name = operation.name
        if isinstance(operation, AddField):
            return self._but(fields=[*self.fields, (name, operation.field)])
        if isinstance(operation, AlterField):
            fields = [(n, operation.field if n == name else field) for n, field in self.fields]
            return self._but(fields=fields)
        if isinstance(operation, RemoveField):
            options = dict(self.options)
            for key in ("unique_together", "index_together"):
                groups = options.get(key)
                if groups:
                    kept = {tuple(f for f in group if f != name) for group in groups}
                    options[key] = {group for group in kept if group}
            if options.get("order_with_respect_to") == name:
                del options["order_with_respect_to"]
            fields = [(n, field) for n, field in self.fields if n != name]
            return self._but(fields=fields, options=options)
        if isinstance(operation, RenameField):
            old, new = operation.old_name, operation.new_name
            options = dict(self.options)
            for key in ("unique_together", "index_together"):
                if options.get(key):
                    options[key] = {
                        tuple(new if f == old else f for f in group) for group in options[key]
                    }
            if options.get("order_with_respect_to") == old:
                options["order_with_respect_to"] = new
            fields = [(new if n == old else n, field) for n, field in self.fields]
            return self._but(fields=fields, options=options)
        return None
