"""Operations that run somebody's SQL or Python, and the one that splits state from database."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastjango.orm.router import router

from .base import Operation, OperationCategory

if TYPE_CHECKING:
    from fastjango.orm.migrations.editor import BaseSchemaEditor
    from fastjango.orm.migrations.state import ProjectState

__all__ = ["RunPython", "RunSQL", "SeparateDatabaseAndState"]

SQL = str | Sequence[str | tuple[str, Sequence[object] | None]]


class SeparateDatabaseAndState(Operation):
    """Run one list of operations on the database and another on the remembered models."""

    category = OperationCategory.MIXED
    serialization_expand_args = ["database_operations", "state_operations"]

    def __init__(
        self,
        database_operations: Sequence[Operation] | None = None,
        state_operations: Sequence[Operation] | None = None,
    ) -> None:
        self.database_operations = list(database_operations or [])
        self.state_operations = list(state_operations or [])

    @property
    def destroys_data(self) -> bool:
        """Whether one of the database operations destroys data."""
        return any(operation.destroys for operation in self.database_operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {}
        if self.database_operations:
            kwargs["database_operations"] = self.database_operations
        if self.state_operations:
            kwargs["state_operations"] = self.state_operations
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.state_operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        # The database operations have states of their own, which the state operations do not see.
        for operation in self.database_operations:
            after = from_state.clone()
            operation.state_forwards(app_label, after)
            operation.database_forwards(app_label, schema_editor, from_state, after)
            from_state = after

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        states: list[ProjectState] = [to_state]
        for operation in self.database_operations:
            state = states[-1].clone()
            operation.state_forwards(app_label, state)
            states.append(state)
        for number, operation in reversed(list(enumerate(self.database_operations))):
            operation.database_backwards(
                app_label, schema_editor, states[number + 1], states[number]
            )

    def describe(self) -> str:
        return "Custom state/database change combination"


class RunSQL(Operation):
    """Run SQL as it is written.

    Args:
        sql: One text, or a list of texts and `(text, parameters)` pairs.
        reverse_sql: What undoes it; `None` makes the operation irreversible, `RunSQL.noop` says
            that nothing needs to be undone.
        state_operations: Operations that tell the remembered models what the SQL did.
        hints: Passed on to the database routers.
        elidable: Whether squashing may drop it.
    """

    category = OperationCategory.SQL
    noop = ""

    def __init__(
        self,
        sql: SQL,
        reverse_sql: SQL | None = None,
        state_operations: Sequence[Operation] | None = None,
        hints: Mapping[str, Any] | None = None,
        elidable: bool = False,
    ) -> None:
        self.sql = sql
        self.reverse_sql = reverse_sql
        self.state_operations = list(state_operations or [])
        self.hints = dict(hints or {})
        self.elidable = elidable

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # an attribute in the base
        """Whether there is SQL that undoes it."""
        return self.reverse_sql is not None

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {"sql": self.sql}
        if self.reverse_sql is not None:
            kwargs["reverse_sql"] = self.reverse_sql
        if self.state_operations:
            kwargs["state_operations"] = self.state_operations
        if self.hints:
            kwargs["hints"] = self.hints
        if self.elidable:
            kwargs["elidable"] = True
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.state_operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label, **self.hints):
            self._run(schema_editor, self.sql)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if self.reverse_sql is None:
            raise NotImplementedError("You cannot reverse this operation")
        if router.allow_migrate(schema_editor.connection.alias, app_label, **self.hints):
            self._run(schema_editor, self.reverse_sql)

    def _run(self, editor: BaseSchemaEditor, sqls: SQL) -> None:
        if isinstance(sqls, str):
            if sqls != RunSQL.noop:
                for statement in editor.connection.ops.prepare_sql_script(sqls):
                    editor.execute(statement, params=None)
            return
        for sql in sqls:
            if isinstance(sql, str):
                editor.execute(sql, params=None)
                continue
            if len(sql) != 2:
                raise ValueError(f"Expected a 2-tuple but got {len(sql)}")
            editor.execute(sql[0], params=sql[1])

    def describe(self) -> str:
        return "Raw SQL operation"


class RunPython(Operation):
    """Run a Python function with the models as they were at this point of the history.

    Args:
        code: `code(apps, schema_editor)`, plain or `async def`; `apps.get_model()` gives the
            historical models.
        reverse_code: What undoes it; `None` makes the operation irreversible, `RunPython.noop`
            says that nothing needs to be undone.
        atomic: Whether it runs in a transaction; `None` follows the migration.
        hints: Passed on to the database routers.
        elidable: Whether squashing may drop it.

    Raises:
        ValueError: `code` or `reverse_code` is not callable.
    """

    category = OperationCategory.PYTHON
    reduces_to_sql = False

    def __init__(
        self,
        code: Callable[..., Any],
        reverse_code: Callable[..., Any] | None = None,
        atomic: bool | None = None,
        hints: Mapping[str, Any] | None = None,
        elidable: bool = False,
    ) -> None:
        self.atomic = atomic
        if not callable(code):
            raise ValueError("RunPython must be supplied with a callable")
        if reverse_code is not None and not callable(reverse_code):
            raise ValueError("RunPython must be supplied with callable arguments")
        self.code = code
        self.reverse_code = reverse_code
        self.hints = dict(hints or {})
        self.elidable = elidable

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # an attribute in the base
        """Whether there is a function that undoes it."""
        return self.reverse_code is not None

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {"code": self.code}
        if self.reverse_code is not None:
            kwargs["reverse_code"] = self.reverse_code
        if self.atomic is not None:
            kwargs["atomic"] = self.atomic
        if self.hints:
            kwargs["hints"] = self.hints
        if self.elidable:
            kwargs["elidable"] = True
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: data is not part of the state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._run(self.code, app_label, schema_editor, from_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if self.reverse_code is None:
            raise NotImplementedError("You cannot reverse this operation")
        self._run(self.reverse_code, app_label, schema_editor, from_state)

    def _run(
        self,
        code: Callable[..., Any],
        app_label: str,
        editor: BaseSchemaEditor,
        state: ProjectState,
    ) -> None:
        if not router.allow_migrate(editor.connection.alias, app_label, **self.hints):
            return
        if inspect.iscoroutinefunction(code):
            from fastjango.orm.migrations.async_code import run_async_code

            run_async_code(code, state.apps, editor)
        else:
            code(state.apps, editor)

    def describe(self) -> str:
        return "Raw Python operation"

    @staticmethod
    def noop(apps: object, schema_editor: object) -> None:
        """Do nothing; for `reverse_code` where nothing needs to be undone."""
        return
