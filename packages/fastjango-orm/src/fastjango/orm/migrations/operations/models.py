"""Operations on whole models: creating, deleting, renaming, and their options and indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.migrations.state import (
    ModelState,
    field_references,
    normalize_together,
    resolve_relation,
)

from .base import Operation, OperationCategory
from .fields import AddField, AlterField, FieldOperation, RemoveField, RenameField

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


class AlterModelTable(ModelOptionOperation):
    """Give a model another table name; `None` gives back the default."""

    def __init__(self, name: str, table: str | None) -> None:
        self.table = table
        super().__init__(name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"name": self.name, "table": self.table}

    def option(self) -> tuple[str, Any]:
        """The option's name and value."""
        return "db_table", self.table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_options(app_label, self.name_lower, {"db_table": self.table})

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        new_model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, new_model):
            return
        old_model = from_state.apps.get_model(app_label, self.name)
        schema_editor.alter_db_table(new_model, old_model._meta.db_table, new_model._meta.db_table)
        for old_field, new_field in zip(
            old_model._meta.local_many_to_many, new_model._meta.local_many_to_many, strict=True
        ):
            through = new_field.remote_field.through
            if through._meta.auto_created:
                schema_editor.alter_db_table(
                    through, old_field.remote_field.through._meta.db_table, through._meta.db_table
                )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        target = self.table if self.table is not None else "(default)"
        return f"Rename table for {self.name} to {target}"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_table"


class AlterModelTableComment(ModelOptionOperation):
    """Change the comment of a model's table."""

    def __init__(self, name: str, table_comment: str | None) -> None:
        self.table_comment = table_comment
        super().__init__(name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"name": self.name, "table_comment": self.table_comment}

    def option(self) -> tuple[str, Any]:
        """The option's name and value."""
        return "db_table_comment", self.table_comment

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_options(
            app_label, self.name_lower, {"db_table_comment": self.table_comment}
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
            old = from_state.apps.get_model(app_label, self.name)
            schema_editor.alter_db_table_comment(
                model, old._meta.db_table_comment, model._meta.db_table_comment
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Alter {self.name} table comment"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_table_comment"


class AlterTogetherOptionOperation(ModelOptionOperation):
    """Change a set of field groups (`unique_together`, or the old `index_together`)."""

    option_name: ClassVar[str]

    def __init__(self, name: str, option_value: Iterable[Any] | None) -> None:
        self.groups: set[tuple[str, ...]] = set(normalize_together(option_value))
        super().__init__(name)

    @property
    def option_value(self) -> set[tuple[str, ...]]:
        """The groups of field names."""
        return self.groups

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"name": self.name, self.option_name: self.groups}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_options(app_label, self.name_lower, {self.option_name: self.groups})

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        new_model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, new_model):
            old_model = from_state.apps.get_model(app_label, self.name)
            alter = getattr(schema_editor, f"alter_{self.option_name}")
            before: Any = getattr(old_model._meta, self.option_name, ())
            after: Any = getattr(new_model._meta, self.option_name, ())
            alter(new_model, before, after)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and (
            not self.groups or any(name in group for group in self.groups)
        )

    def describe(self) -> str:
        return f"Alter {self.option_name} for {self.name} ({len(self.groups or '')} constraint(s))"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_{self.option_name}"

    def can_reduce_through(self, operation: Operation, app_label: str) -> bool:
        return super().can_reduce_through(operation, app_label) or (
            isinstance(operation, AlterTogetherOptionOperation)
            and type(operation) is not type(self)
        )


class AlterUniqueTogether(AlterTogetherOptionOperation):
    """Change a model's `unique_together`."""

    option_name = "unique_together"

    def __init__(self, name: str, unique_together: Iterable[Any] | None) -> None:
        super().__init__(name, unique_together)


class AlterIndexTogether(AlterTogetherOptionOperation):
    """Change the `index_together` of an old migration; models no longer have the option."""

    option_name = "index_together"

    def __init__(self, name: str, index_together: Iterable[Any] | None) -> None:
        super().__init__(name, index_together)


class AlterOrderWithRespectTo(ModelOptionOperation):
    """Change a model's `order_with_respect_to`, adding or removing the `_order` column."""

    option_name = "order_with_respect_to"

    def __init__(self, name: str, order_with_respect_to: str | None) -> None:
        self.order_with_respect_to = order_with_respect_to
        super().__init__(name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (
            type(self).__name__,
            [],
            {"name": self.name, "order_with_respect_to": self.order_with_respect_to},
        )

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_options(
            app_label, self.name_lower, {self.option_name: self.order_with_respect_to}
        )

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        to_model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, to_model):
            return
        from_model = from_state.apps.get_model(app_label, self.name)
        was, now = from_model._meta.order_with_respect_to, to_model._meta.order_with_respect_to
        if was and not now:
            schema_editor.remove_field(from_model, from_model._meta.get_field("_order"))
        elif now and not was:
            field = to_model._meta.get_field("_order")
            if not field.has_default():
                field.default = 0
            schema_editor.add_field(from_model, field)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and (
            self.order_with_respect_to is None or name == self.order_with_respect_to
        )

    def describe(self) -> str:
        return f"Set order_with_respect_to on {self.name} to {self.order_with_respect_to}"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_order_with_respect_to"


class AlterModelOptions(ModelOptionOperation):
    """Change options that the database does not know, such as `verbose_name`."""

    #: Options that this operation sets, and unsets when they are not given.
    ALTER_OPTION_KEYS: ClassVar[list[str]] = [
        "base_manager_name",
        "default_manager_name",
        "default_related_name",
        "get_latest_by",
        "managed",
        "ordering",
        "permissions",
        "default_permissions",
        "select_on_save",
        "verbose_name",
        "verbose_name_plural",
    ]

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.options = dict(options)
        super().__init__(name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"name": self.name, "options": self.options}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_options(app_label, self.name_lower, self.options, self.ALTER_OPTION_KEYS)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: these options live in Python only."""

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: these options live in Python only."""

    def describe(self) -> str:
        return f"Change Meta options on {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_options"


class AlterModelManagers(ModelOptionOperation):
    """Change the managers that migrations may use."""

    serialization_expand_args = ["managers"]

    def __init__(self, name: str, managers: Sequence[tuple[str, Any]]) -> None:
        self.managers = list(managers)
        super().__init__(name)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.name, self.managers], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.alter_model_managers(app_label, self.name_lower, self.managers)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: managers live in Python only."""

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Nothing: managers live in Python only."""

    def describe(self) -> str:
        return f"Change managers on {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}_managers"
