"""Transactions of the synchronous connection."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, overload

from fastjango.orm.engine.cursor import debug_transaction
from fastjango.orm.engine.state import AtomicBlock, CommitHook, TransactionState
from fastjango.orm.exceptions import TransactionManagementError

__all__ = ["SyncTransactionMixin", "name_of"]

T = TypeVar("T")
logger = logging.getLogger("fastjango.orm.engine")


def name_of(func: Callable[..., Any]) -> str:
    """Name a callable for a log line."""
    return str(getattr(func, "__qualname__", func))


class _StateAttribute(Generic[T]):
    """An attribute of the transaction this context is in."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, obj: None, owner: type) -> _StateAttribute[T]: ...
    @overload
    def __get__(self, obj: SyncTransactionMixin, owner: type) -> T: ...
    def __get__(self, obj: SyncTransactionMixin | None, owner: type) -> T | _StateAttribute[T]:
        if obj is None:
            return self
        return cast("T", getattr(obj.transaction_state, self.name))

    def __set__(self, obj: SyncTransactionMixin, value: T) -> None:
        setattr(obj.transaction_state, self.name, value)


class SyncTransactionMixin:
    """Commit, roll back, savepoints and commit hooks on a DB-API connection."""

    connection: Any
    alias: str
    features: Any
    ops: Any
    errors_occurred: bool

    autocommit = _StateAttribute[bool]()
    in_atomic_block = _StateAttribute[bool]()
    savepoint_state = _StateAttribute[int]()
    savepoint_ids = _StateAttribute[list[str | None]]()
    atomic_blocks = _StateAttribute[list[AtomicBlock]]()
    commit_on_exit = _StateAttribute[bool]()
    needs_rollback = _StateAttribute[bool]()
    rollback_exc = _StateAttribute[BaseException | None]()
    closed_in_transaction = _StateAttribute[bool]()
    run_on_commit = _StateAttribute[list[CommitHook]]()
    run_commit_hooks_on_set_autocommit_on = _StateAttribute[bool]()

    def __init__(self) -> None:
        self._tx = TransactionState()

    @property
    def transaction_state(self) -> TransactionState:
        """The state of this task's transaction, else of this thread's connection."""
        from fastjango.orm.engine.atransaction import state_of_task

        return state_of_task(self.alias) or self._tx

    # -- provided by the wrapper -----------------------------------------------------------

    def guard(self, name: str, *, twin: str | None = None, block: bool = True) -> None:
        """See `BaseDatabaseWrapper.guard`."""
        raise NotImplementedError

    def validate_thread_sharing(self) -> None:
        """See `BaseDatabaseWrapper.validate_thread_sharing`."""
        raise NotImplementedError

    def ensure_connection(self) -> None:
        """See `BaseDatabaseWrapper.ensure_connection`."""
        raise NotImplementedError

    def close_if_health_check_failed(self) -> None:
        """See `BaseDatabaseWrapper.close_if_health_check_failed`."""
        raise NotImplementedError

    def cursor(self) -> Any:
        """See `BaseDatabaseWrapper.cursor`."""
        raise NotImplementedError

    def _set_autocommit(self, autocommit: bool) -> None:
        raise NotImplementedError

    def _start_transaction_under_autocommit(self) -> None:
        raise NotImplementedError

    # -- commit and roll back --------------------------------------------------------------

    def _commit(self) -> None:
        if self.connection is not None:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:  # type: ignore[arg-type,attr-defined] # mixed into the wrapper
                self.connection.commit()

    def _rollback(self) -> None:
        if self.connection is not None:
            with debug_transaction(self, "ROLLBACK"), self.wrap_database_errors:  # type: ignore[arg-type,attr-defined] # mixed into the wrapper
                self.connection.rollback()

    def commit(self) -> None:
        """Commit the transaction."""
        self.guard("commit")
        self.validate_thread_sharing()
        self._tx.validate_no_atomic_block()
        self._commit()
        self.errors_occurred = False
        self._tx.run_commit_hooks_on_set_autocommit_on = True

    def rollback(self) -> None:
        """Roll the transaction back."""
        self.guard("rollback")
        self.validate_thread_sharing()
        self._tx.validate_no_atomic_block()
        self._rollback()
        self.errors_occurred = False
        self._tx.needs_rollback = False
        self._tx.run_on_commit = []

    def get_autocommit(self) -> bool:
        """Whether each statement commits by itself; opens the connection."""
        self.ensure_connection()
        return self._tx.autocommit

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        """Switch autocommit.

        Args:
            autocommit: On or off.
            force_begin_transaction_with_broken_autocommit: Begin at once with an explicit
                statement and leave the driver in autocommit mode; how `atomic` begins.
        """
        self._tx.validate_no_atomic_block()
        self.close_if_health_check_failed()
        self.ensure_connection()
        if not autocommit and force_begin_transaction_with_broken_autocommit:
            self._start_transaction_under_autocommit()
        elif autocommit:
            self._set_autocommit(True)
        else:
            with debug_transaction(self, "BEGIN"):  # type: ignore[arg-type] # mixed into the wrapper
                self._set_autocommit(False)
        self._tx.autocommit = autocommit
        if autocommit and self._tx.run_commit_hooks_on_set_autocommit_on:
            self.run_and_clear_commit_hooks()
            self._tx.run_commit_hooks_on_set_autocommit_on = False

    def forget_connection(self) -> None:
        """Drop the reference to a connection that was closed inside a transaction."""
        self.connection = None
        self._tx.reset()

    # -- savepoints ------------------------------------------------------------------------

    def _savepoint(self, sid: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(self.ops.savepoint_create_sql(sid))

    def _savepoint_rollback(self, sid: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(self.ops.savepoint_rollback_sql(sid))

    def _savepoint_commit(self, sid: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(self.ops.savepoint_commit_sql(sid))

    def _savepoint_allowed(self) -> bool:
        return bool(self.features.uses_savepoints) and not self.get_autocommit()

    def savepoint(self) -> str | None:
        """Set a savepoint; return its name, or None outside a transaction."""
        if not self._savepoint_allowed():
            return None
        self._tx.savepoint_state += 1
        sid = f"s{threading.get_ident()}_x{self._tx.savepoint_state}"
        self.validate_thread_sharing()
        self._savepoint(sid)
        return sid

    def savepoint_rollback(self, sid: str) -> None:
        """Undo everything since the savepoint."""
        if not self._savepoint_allowed():
            return
        self.validate_thread_sharing()
        self._savepoint_rollback(sid)
        self._tx.drop_hooks_of(sid)

    def savepoint_commit(self, sid: str) -> None:
        """Forget the savepoint, keeping what was done since."""
        if not self._savepoint_allowed():
            return
        self.validate_thread_sharing()
        self._savepoint_commit(sid)

    def clean_savepoints(self) -> None:
        """Start the numbering of savepoint names again."""
        self._tx.savepoint_state = 0

    # -- flags -----------------------------------------------------------------------------

    def get_rollback(self) -> bool:
        """Whether the innermost block will roll back."""
        return self.transaction_state.get_rollback()

    def set_rollback(self, rollback: bool) -> None:
        """Make the innermost block roll back, or not."""
        self.transaction_state.set_rollback(rollback)

    def validate_no_atomic_block(self) -> None:
        """Raise `TransactionManagementError` when an `atomic` block is open."""
        self.transaction_state.validate_no_atomic_block()

    def validate_no_broken_transaction(self) -> None:
        """Raise `TransactionManagementError` when the block can only be rolled back."""
        self.transaction_state.validate_no_broken_transaction()

    # -- commit hooks ----------------------------------------------------------------------

    def on_commit(self, func: Callable[[], Any], robust: bool = False) -> None:
        """Call `func` after the commit, or now when no transaction is open.

        Args:
            func: Takes nothing. A coroutine function is awaited by the asynchronous edge; the
                synchronous one runs it in an event loop of its own.
            robust: Log an error of `func` instead of raising it.
        """
        if not callable(func):
            raise TypeError("on_commit()'s callback must be a callable.")
        state = self.transaction_state
        if state.in_atomic_block:
            state.run_on_commit.append((set(state.savepoint_ids), func, robust))
        elif state is self._tx and not self._is_autocommitting():
            raise TransactionManagementError(
                "on_commit() cannot be used in manual transaction management"
            )
        else:
            call_hook(func, robust, "Error calling %s in on_commit() (%s).")

    def _is_autocommitting(self) -> bool:
        from fastjango.core.aio import is_loop_running

        if is_loop_running():
            return self.connection is None or self._tx.autocommit
        return self.get_autocommit()

    def run_and_clear_commit_hooks(self) -> None:
        """Call the waiting commit hooks in order."""
        self._tx.validate_no_atomic_block()
        hooks = self._tx.take_hooks()
        while hooks:
            _, func, robust = hooks.pop(0)
            call_hook(func, robust, "Error calling %s in on_commit() during transaction (%s).")


def call_hook(func: Callable[[], Any], robust: bool, message: str) -> None:
    """Call a commit hook synchronously; a robust one's error is logged."""
    try:
        answer = func()
        if inspect.isawaitable(answer):
            _finish_awaitable(func, answer)
    except Exception as error:
        if not robust:
            raise
        logger.exception(message, name_of(func), error)


def _finish_awaitable(func: Callable[[], Any], answer: Any) -> None:
    from fastjango.core.aio import is_loop_running

    if is_loop_running():
        if inspect.iscoroutine(answer):
            answer.close()
        raise TransactionManagementError(
            f"The asynchronous callback {name_of(func)} was given to on_commit() on a running "
            "event loop outside a transaction, where it cannot be awaited. Await it yourself, or "
            "use `await transaction.aon_commit(...)`."
        )

    async def finish() -> None:
        await answer

    asyncio.run(finish())
