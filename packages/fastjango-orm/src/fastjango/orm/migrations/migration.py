"""`Migration`: what every migration file subclasses."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .exceptions import IrreversibleError
from .files import file_of

if TYPE_CHECKING:
    from .editor import BaseSchemaEditor
    from .operations.base import Operation
    from .state import ProjectState

__all__ = ["Migration", "SwappableTuple", "name_timestamp", "swappable_dependency"]

Key = tuple[str, str]

#: Longest file name (without `.py`) that is suggested for a migration, in characters.
MAX_SUGGESTED_NAME = 52


class Migration:
    """A step in the history of an app's models.

    A file in `<app>/migrations/` holds one subclass named `Migration`.

    Attributes:
        operations: Changes, in order.
        dependencies: `(app label, migration name)` of migrations that must run before.
        run_before: Migrations of other apps that must run after this one.
        replaces: Migrations that this squashed one stands for.
        initial: `True` for the migration that creates an app's tables, `None` to find out from
            the dependencies.
        atomic: Whether the whole migration runs in one transaction where the database can do so.

    Source: https://docs.djangoproject.com/en/6.1/topics/migrations/
    """

    operations: list[Operation] = []
    dependencies: list[Key] = []
    run_before: list[Key] = []
    replaces: list[Key] = []
    initial: bool | None = None
    atomic: bool = True

    def __init__(self, name: str, app_label: str) -> None:
        self.name = name
        self.app_label = app_label
        cls = type(self)
        # Copies, so that the loader and the autodetector can edit them per instance.
        self.operations = list(cls.operations)
        self.dependencies = list(cls.dependencies)
        self.run_before = list(cls.run_before)
        self.replaces = list(cls.replaces)

    @property
    def key(self) -> Key:
        """`(app label, migration name)`."""
        return self.app_label, self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Migration) and self.key == other.key

    def __hash__(self) -> int:
        return hash(f"{self.app_label}.{self.name}")

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"

    def __repr__(self) -> str:
        return f"<Migration {self.app_label}.{self.name}>"

    def mutate_state(self, project_state: ProjectState, preserve: bool = True) -> ProjectState:
        """The state after this migration; touches no database.

        Args:
            preserve: Whether `project_state` itself stays as it is.
        """
        from .fitness import advance

        state = project_state.clone() if preserve else project_state
        for number in range(len(self.operations)):
            advance(self, number, state)
        return state

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        """Run every operation forwards and return the state after it.

        Args:
            project_state: State before; it is changed in place.
            schema_editor: Editor of the database to change.
            collect_sql: Gather the statements instead of running them.

        Side effects: changes the schema and, by data operations, the data.
        """
        from .fitness import advance

        for number, operation in enumerate(self.operations):
            if collect_sql:
                self._announce(operation, schema_editor)
                if not operation.reduces_to_sql:
                    advance(self, number, project_state)
                    continue
                written = len(schema_editor.collected_sql)
            else:
                written = 0
            before = project_state.clone()
            advance(self, number, project_state)
            with (
                self._named_in_errors(operation),
                schema_editor.operation_scope(operation, self.atomic),
            ):
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
            if collect_sql and len(schema_editor.collected_sql) == written:
                schema_editor.collected_sql.append("-- (no-op)")
        return project_state

    def unapply(
        self,
        project_state: ProjectState,
        schema_editor: BaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        """Run every operation backwards, last first, and return the state before the migration.

        Raises:
            IrreversibleError: One of the operations cannot be undone; nothing was run.
        """
        steps: list[tuple[Operation, ProjectState, ProjectState]] = []
        state = project_state
        for operation in self.operations:
            if not operation.reversible:
                raise IrreversibleError(f"Operation {operation} in {self} is not reversible")
            before = state
            state = state.clone()
            operation.state_forwards(self.app_label, state)
            steps.insert(0, (operation, state, before))
        for operation, after, before in steps:
            written = 0
            if collect_sql:
                self._announce(operation, schema_editor)
                if not operation.reduces_to_sql:
                    continue
                written = len(schema_editor.collected_sql)
            with (
                self._named_in_errors(operation),
                schema_editor.operation_scope(operation, self.atomic),
            ):
                operation.database_backwards(self.app_label, schema_editor, after, before)
            if collect_sql and len(schema_editor.collected_sql) == written:
                schema_editor.collected_sql.append("-- (no-op)")
        return project_state

    @contextmanager
    def _named_in_errors(self, operation: Operation) -> Generator[None]:
        """Let the traceback of an error say in which operation of which file it arose."""
        try:
            yield
        except Exception as error:
            error.add_note(f"In {file_of(self)}: {operation.describe()}")
            raise

    @staticmethod
    def _announce(operation: Operation, schema_editor: BaseSchemaEditor) -> None:
        lines = ["--", f"-- {operation.describe()}"]
        if not operation.reduces_to_sql:
            lines.append("-- THIS OPERATION CANNOT BE WRITTEN AS SQL")
        schema_editor.collected_sql.extend([*lines, "--"])

    def suggest_name(self) -> str:
        """A file name (without number) from what the migration does, at most 52 characters."""
        if self.initial:
            return "initial"
        fragments = [
            re.sub(r"\W+", "_", name)
            for operation in self.operations
            if (name := operation.migration_name_fragment)
        ]
        if not fragments or len(fragments) != len(self.operations):
            return "auto_" + name_timestamp()
        name = fragments[0]
        for fragment in fragments[1:]:
            longer = f"{name}_{fragment}"
            if len(longer) > MAX_SUGGESTED_NAME:
                return f"{name}_and_more"
            name = longer
        return name


class SwappableTuple(tuple[str, str]):
    """A dependency that follows a setting, such as `AUTH_USER_MODEL`."""

    setting: str

    def __new__(cls, value: Key, setting: str) -> SwappableTuple:
        self = super().__new__(cls, value)
        self.setting = setting
        return self


def swappable_dependency(value: str) -> SwappableTuple:
    """Depend on the first migration of the app that a setting's `"app.Model"` names."""
    return SwappableTuple((value.split(".", 1)[0], "__first__"), value)


def name_timestamp() -> str:
    """The present minute, as it stands in the names of migrations."""
    from fastjango.core import timezone

    return timezone.now().strftime("%Y%m%d_%H%M")
