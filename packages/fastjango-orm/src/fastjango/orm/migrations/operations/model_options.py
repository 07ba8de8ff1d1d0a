"""Operations on what a model's `Meta` says, and on its managers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.migrations.state import normalize_together

from .base import Operation
from .model_base import ModelOptionOperation

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
]


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
            alter = getattr(schema_editor, f"alter_{self.option_name}")
            before, after = (
                normalize_together(
                    state.models[app_label, self.name_lower].options.get(self.option_name)
                )
                for state in (from_state, to_state)
            )
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
