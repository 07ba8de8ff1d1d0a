"""Runs the statements of a migration, or gathers them, and keeps note of how far it got."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from fastjango.orm.exceptions import DatabaseError

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .journal import Journal
    from .operations.base import Operation

__all__ = ["StatementRunner"]


class StatementRunner:
    """Runs or gathers statements.

    Args:
        connection: Connection to the database.
        gathers: Gather statements in `gathered` instead of running them.
        atomic: Whether everything is one transaction, where the database can undo its schema.
        journal: Progress of a migration that cannot be undone as a whole.
        fill: Writes parameters into a statement that is gathered.

    Attributes:
        gathered: Statements gathered.
        silent: Whether the present operation was done before an interruption, and runs nothing.
    """

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        *,
        gathers: bool,
        atomic: bool,
        journal: Journal | None,
        fill: Callable[[str, Iterable[Any]], str],
    ) -> None:
        self.connection = connection
        self.gathers = gathers
        self.gathered: list[str] = []
        self.atomic = connection.features.can_rollback_ddl and atomic
        self.journal = None if gathers else journal
        self.silent = False
        self._fill = fill
        self._in_operation = False
        self._operation_index = -1
        self._last_ran = False
        self._transaction: Any = None
        self._unlimited = ExitStack()

    @property
    def blind(self) -> bool:
        """Whether the database cannot be asked, or is not as the present operation expects it."""
        return self.gathers or self.silent

    @property
    def resumed(self) -> bool:
        """Whether an earlier run was interrupted."""
        return self.journal is not None and self.journal.resumed

    # -- beginning and end ------------------------------------------------------------------

    def open(self) -> None:
        """Begin: without time limits, and in a transaction if there is one for everything."""
        with ExitStack() as stack:
            stack.enter_context(self.connection.statement_limit.lifted())
            if self.journal is not None:
                self.journal.open()
            if self.atomic and not self.gathers:
                self._transaction = self._new_transaction()
                self._transaction.__enter__()
            self._unlimited = stack.pop_all()

    def close(self, kind: Any, error: Any, trace: Any) -> None:
        """End the transaction, as the error (if there is one) wants it."""
        with self._unlimited.pop_all():
            if self._transaction is not None:
                self._transaction.__exit__(kind, error, trace)

    def _new_transaction(self) -> Any:
        from fastjango.orm.transaction import atomic

        return atomic(self.connection.alias)

    def forget_journal(self) -> None:
        """Close the journal, when the migration is recorded."""
        if self.journal is not None:
            self.journal.close()

    # -- operations -------------------------------------------------------------------------

    @contextmanager
    def operation_scope(self, operation: Operation, migration_atomic: bool) -> Generator[None]:
        """Surround one operation of a migration: its transaction, and its place in the journal."""
        self._operation_index += 1
        own = operation.atomic or (migration_atomic and operation.atomic is not False)
        if self.journal is None:
            if own and not self.atomic and not self.gathers:
                with self._new_transaction():
                    yield
            else:
                yield
            return
        if not self.journal.begin_operation(self._operation_index):
            # Done before an interruption: only what it puts off to the end is to be known again.
            self.silent = True
            try:
                yield
            finally:
                self.silent = False
            return
        self._in_operation = True
        try:
            if own and not operation.reduces_to_sql:
                # Data: the work and the note of it are one transaction.
                with self._new_transaction():
                    yield
                    self.journal.end_operation()
            else:
                yield
                self.journal.end_operation()
        finally:
            self._in_operation = False

    def run_last(self, statements: list[str]) -> None:
        """Run what waited for the end; a second call with nothing more finds nothing to do."""
        if self._last_ran and not statements:
            return
        self._last_ran = True
        if self.journal is None:
            for statement in statements:
                self.execute(statement, None)
        elif self.journal.begin_operation(self._operation_index + 1):
            for statement in statements:
                self._journalled(self.journal, statement, None)
            self.journal.end_operation()

    # -- statements -------------------------------------------------------------------------

    def execute(self, statement: str, params: Sequence[object] | None) -> None:
        """Run, or gather, a statement; parameters of `None` leave percent signs alone."""
        if self.gathers:
            filled = self._fill(statement, params) if params else statement
            self.gathered.append(filled if filled.endswith(";") else f"{filled};")
        elif not self.silent:
            if self.journal is not None and self._in_operation:
                self._journalled(self.journal, statement, params)
            else:
                self._execute(statement, params)

    def _execute(self, statement: str, params: Sequence[object] | None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, list(params) if params else None)

    def _journalled(
        self, journal: Journal, statement: str, params: Sequence[object] | None
    ) -> None:
        if journal.skip(statement):
            return
        uncertain = journal.before(statement)
        try:
            self._execute(statement, params)
        except DatabaseError as error:
            if not (uncertain and journal.says_already_done(error)):
                raise
        journal.after(statement)
