"""What every migration operation is."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from fastjango.orm.router import router

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = ["Operation", "OperationCategory"]


class OperationCategory(enum.StrEnum):
    """The sign shown before an operation in the output of `makemigrations`."""

    ADDITION = "+"
    REMOVAL = "-"
    ALTERATION = "~"
    PYTHON = "p"
    SQL = "s"
    MIXED = "?"


class Operation:
    """One change to the state of the models and, if it has one, to the database.

    `state_forwards` changes the remembered models only; `database_forwards` and
    `database_backwards` change the database, given the states on both sides.

    Attributes:
        reversible: Whether `database_backwards` works.
        reduces_to_sql: Whether `sqlmigrate` can show it.
        atomic: Whether it runs in a transaction of its own in a migration that is not atomic.
        elidable: Whether squashing may drop it.
        serialization_expand_args: Constructor arguments written over several lines.
        destroys: Whether running it forwards destroys data.

    Source: https://docs.djangoproject.com/en/6.1/ref/migration-operations/
    """

    reversible: bool = True
    reduces_to_sql: bool = True
    atomic: bool | None = False
    elidable: bool = False
    allow_migrate_model_checks: ClassVar[bool] = True
    serialization_expand_args: ClassVar[list[str]] = []
    category: ClassVar[OperationCategory | None] = None
    destroys: ClassVar[bool] = False

    _constructor_args: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments: `deconstruct` gives them back to the writer."""
        self = object.__new__(cls)
        self._constructor_args = (args, kwargs)
        return self

    def __replace__(self, /, **changes: Any) -> Self:
        """A copy with other constructor arguments (`copy.replace`)."""
        args, kwargs = self._constructor_args
        return type(self)(*args, **{**kwargs, **changes})

    def deconstruct(self) -> tuple[str, tuple[Any, ...] | list[Any], dict[str, Any]]:
        """Class name, positional and keyword arguments that make an equal operation."""
        args, kwargs = self._constructor_args
        return type(self).__name__, args, kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the remembered models."""
        raise NotImplementedError(
            f"{type(self).__name__} must define state_forwards(app_label, state)."
        )

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Change the database from `from_state` to `to_state`."""
        raise NotImplementedError(f"{type(self).__name__} must define database_forwards().")

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Undo `database_forwards`: `to_state` is the state before the operation."""
        raise NotImplementedError(f"{type(self).__name__} must define database_backwards().")

    def describe(self) -> str:
        """One line for people."""
        return f"{type(self).__name__}: {self._constructor_args}"

    def formatted_description(self) -> str:
        """The description with the sign of its category before it."""
        sign = self.category or OperationCategory.MIXED
        return f"{sign.value} {self.describe()}"

    @property
    def migration_name_fragment(self) -> str | None:
        """What the operation adds to the suggested name of its migration."""
        return None

    def references_model(self, name: str, app_label: str) -> bool:
        """Whether the operation may touch or need the model; `True` when in doubt."""
        return True

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        """Whether the operation may touch or need the field; `True` when in doubt."""
        return self.references_model(model_name, app_label)

    def allow_migrate_model(self, connection_alias: str, model: Any) -> bool:
        """Whether the routers and the model let its table be changed in a database."""
        return bool(model._meta.can_migrate(connection_alias)) and router.allow_migrate_model(
            connection_alias, model
        )

    def reduce(self, operation: Operation, app_label: str) -> list[Operation] | bool:
        """Join this operation with a later one.

        Returns:
            The operations that replace both; `True` when `operation` may move before this one;
            `False` when nothing can be done.
        """
        if self.elidable:
            return [operation]
        if operation.elidable:
            return [self]
        return False

    def __repr__(self) -> str:
        args, kwargs = self._constructor_args
        inner = [repr(arg) for arg in args] + [f"{k}={v!r}" for k, v in kwargs.items()]
        return f"<{type(self).__name__} {', '.join(inner)}>"
