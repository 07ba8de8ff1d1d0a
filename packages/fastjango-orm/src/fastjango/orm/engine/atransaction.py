"""Transactions of the asynchronous edge: each on one pooled connection, bound to its task."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any

from fastjango.core.aio import is_loop_running
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.cursor import log_query
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.pools import Pool, pool_of
from fastjango.orm.engine.state import (
    AtomicBlock,
    Operation,
    TransactionState,
    enter_atomic,
    leave_atomic,
)
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.sync_transaction import name_of
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper, blocked
from fastjango.orm.exceptions import (
    ConnectionLost,
    TransactionManagementError,
    TransactionNotShared,
)

__all__ = [
    "AsyncTransaction",
    "acall_hook",
    "check_may_run",
    "enter",
    "leave",
    "open_transactions",
    "refuse_foreign_thread",
    "state_of_task",
    "transaction_of_task",
]

logger = logging.getLogger("fastjango.orm.engine")

open_transactions: ContextVar[dict[str, AsyncTransaction] | None] = ContextVar(
    "fastjango_transactions", default=None
)
"""The transactions that this context is in, by database; those of the parent task too."""


class AsyncTransaction(TransactionState):
    """A transaction of one task on one connection of the pool."""

    def __init__(self, wrapper: BaseDatabaseWrapper, pool: Pool) -> None:
        super().__init__()
        self.autocommit = True
        self.wrapper = wrapper
        self.pool = pool
        self.owner = asyncio.current_task()
        self.connection: AsyncConnection | None = None
        self.deferred: list[str] = []
        self.lost: BaseException | None = None
        self.finished = False

    # -- the operations `enter_atomic` and `leave_atomic` ask for ---------------------------

    async def get_autocommit(self) -> bool:
        """Whether no transaction is open."""
        return self.autocommit

    async def set_autocommit(self, autocommit: bool, force: bool = False) -> None:
        """Begin, or give the connection back and call the commit hooks."""
        if not autocommit:
            await self._begin()
            return
        self.autocommit = True
        self.release()

    async def _begin(self) -> None:
        connection = self.pool.take() or await self.pool.acquire()
        try:
            with self.timed("BEGIN"):
                await connection.command(self.wrapper.ops.begin_sql())
        except ConnectionLost:
            self.pool.give_back(connection)
            self.pool.purge()
            connection = await self.pool.acquire()
            await self._first_command(connection)
        except BaseException:
            self.pool.abandon(connection)
            raise
        self.connection = connection
        self.autocommit = False

    async def _first_command(self, connection: AsyncConnection) -> None:
        try:
            await connection.command(self.wrapper.ops.begin_sql())
        except BaseException:
            self.pool.abandon(connection)
            raise

    async def commit(self) -> None:
        """Commit."""
        await self.flush_deferred()
        with self.timed("COMMIT"):
            await self.command("COMMIT")
        self.run_commit_hooks_on_set_autocommit_on = True

    async def rollback(self) -> None:
        """Roll back."""
        self.deferred.clear()
        self.run_on_commit = []
        if self.connection is None or self.connection.broken:
            return
        with self.timed("ROLLBACK"):
            await self.command("ROLLBACK")
        self.needs_rollback = False

    async def savepoint(self) -> str:
        """Set a savepoint and return its name."""
        await self.flush_deferred()
        self.savepoint_state += 1
        sid = f"a{id(self):x}_x{self.savepoint_state}"
        await self.logged_command(self.wrapper.ops.savepoint_create_sql(sid))
        return sid

    async def savepoint_commit(self, sid: str) -> None:
        """Release a savepoint."""
        await self.flush_deferred()
        await self.logged_command(self.wrapper.ops.savepoint_commit_sql(sid))

    async def savepoint_rollback(self, sid: str) -> None:
        """Undo everything since a savepoint."""
        await self.flush_deferred()
        await self.logged_command(self.wrapper.ops.savepoint_rollback_sql(sid))
        self.drop_hooks_of(sid)

    async def close(self) -> None:
        """Cut the connection off; the server rolls back."""
        if self.connection is not None:
            self.connection.broken = True

    async def forget_connection(self) -> None:
        """Give a dead connection back, to be replaced."""
        self.release()

    # -- statements ------------------------------------------------------------------------

    async def execute(self, statement: Statement) -> Result:
        """Run a statement inside the transaction."""
        if self.needs_rollback:
            self.validate_no_broken_transaction()
        connection = self.usable_connection()
        if self.deferred:
            await self.flush_deferred()
        try:
            if connection.is_immediate and (result := connection.run_now(statement)) is not None:
                return result
            return await connection.run(statement)
        except BaseException as error:
            if connection.broken:
                self.break_off(error)
            raise

    def usable_connection(self) -> AsyncConnection:
        """Return the connection, or say why there is none."""
        if self.connection is None or self.connection.broken:
            raise TransactionManagementError(
                "The transaction is over: its connection was lost or a query in it was "
                "cancelled. Leave the 'atomic' block and start again."
            ) from self.lost
        return self.connection

    def break_off(self, error: BaseException) -> None:
        """Note that the connection died under the transaction."""
        self.lost = error
        self.needs_rollback = True
        self.rollback_exc = error

    async def command(self, sql: str) -> None:
        """Run a statement without parameters."""
        connection = self.usable_connection()
        try:
            await connection.command(sql)
        except BaseException as error:
            if connection.broken:
                self.break_off(error)
            raise

    async def logged_command(self, sql: str) -> None:
        """Run a statement without parameters and log it."""
        with self.timed(sql):
            await self.command(sql)

    @contextlib.contextmanager
    def timed(self, sql: str) -> Generator[None, None, None]:
        """Log what the block runs as `sql` while the query log is on."""
        if not self.wrapper.queries_logged:
            yield
            return
        start = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            log_query(self.wrapper, sql, None, asyncio.get_running_loop().time() - start)

    async def flush_deferred(self) -> None:
        """Run what a cancelled block could not."""
        while self.deferred:
            await self.command(self.deferred[0])
            self.deferred.pop(0)

    def release(self) -> None:
        """Give the connection back and end the life of this object."""
        self.finished = True
        connection, self.connection = self.connection, None
        if connection is not None:
            self.pool.give_back(connection)

    def abandon(self) -> None:
        """Give the connection back to be rolled back elsewhere. Awaits nothing."""
        self.finished = True
        self.run_on_commit = []
        self.deferred.clear()
        connection, self.connection = self.connection, None
        if connection is not None:
            self.pool.abandon(connection)


# -- finding the transaction of the running task -------------------------------------------


def transaction_of_task(alias: str) -> AsyncTransaction | None:
    """Return the running task's transaction.

    Raises:
        TransactionNotShared: The transaction in this context belongs to another task.
    """
    transactions = open_transactions.get()
    if not transactions:
        return None
    found = transactions.get(alias)
    if found is None or found.finished:
        return None
    if found.owner is not asyncio.current_task():
        raise TransactionNotShared(
            f"This task was started inside a transaction on {alias!r} that belongs to another "
            "task, and queries that database. A connection runs one query at a time, and a query "
            "on another connection would be outside the transaction. Run the queries in the task "
            "that opened the transaction (use asyncio.timeout() instead of asyncio.wait_for()), "
            "or start the task before or after the 'atomic' block."
        )
    return found


def state_of_task(alias: str) -> TransactionState | None:
    """Return the running task's open transaction; None without one, or off a loop."""
    if not open_transactions.get() or not is_loop_running() or alias in connections.shared:
        return None
    return transaction_of_task(alias)


def refuse_foreign_thread(alias: str) -> None:
    """Raise when a thread started inside an asynchronous transaction queries its database."""
    transactions = open_transactions.get()
    if not transactions:
        return
    found = transactions.get(alias)
    if found is not None and not found.finished and alias not in connections.shared:
        raise TransactionNotShared(
            f"This thread was started inside an asynchronous transaction on {alias!r} and uses "
            "the synchronous interface, which has a connection of its own and would run outside "
            "the transaction. Use the asynchronous interface in the task that opened it."
        )


def check_may_run(wrapper: BaseDatabaseWrapper) -> None:
    """Raise where a test, or a synchronous transaction of this thread, forbids a query."""
    if blocked:
        wrapper.refuse_blocked("execute_statement")
    if wrapper.is_in_sync_transaction:
        raise TransactionNotShared(
            f"A synchronous transaction on {wrapper.alias!r} is open in this thread, and the "
            "asynchronous interface has connections of its own, which would run outside of it. "
            "Use the synchronous interface inside the 'atomic' block."
        )


# -- atomic blocks -------------------------------------------------------------------------


async def enter(block: AtomicBlock, alias: str) -> None:
    """Open a transaction or savepoint for the running task."""
    transaction = transaction_of_task(alias)
    if transaction is not None:
        await _drive(enter_atomic(block, transaction), transaction)
        return
    wrapper = connections[alias]
    check_may_run(wrapper)
    transaction = AsyncTransaction(wrapper, pool_of(wrapper))
    await _drive(enter_atomic(block, transaction), transaction)
    open_transactions.set({**(open_transactions.get() or {}), alias: transaction})


async def leave(alias: str, error: BaseException | None) -> None:
    """Close the running task's innermost block.

    A cancellation is answered without awaiting: the outermost block hands its connection to the
    pool to be rolled back there, an inner one is undone before the next statement.
    """
    transactions = open_transactions.get() or {}
    transaction = transactions.get(alias)
    if transaction is None:
        raise TransactionManagementError(
            f"No transaction is open on {alias!r} in this task. The 'atomic' block must be left "
            "in the task (and context) that entered it."
        )
    is_outermost = len(transaction.atomic_blocks) == 1
    if error is not None and not isinstance(error, Exception):
        if is_outermost:
            _close_scope(alias, transaction)
            transaction.abandon()
        else:
            _undo_later(transaction, error)
        return
    if not is_outermost:
        await _drive(leave_atomic(transaction, error), transaction)
        return
    try:
        await _drive(leave_atomic(transaction, error), transaction)
    except BaseException:
        transaction.abandon()
        raise
    finally:
        _close_scope(alias, transaction)
        transaction.finished = True
    if error is None and transaction.lost is not None:
        raise TransactionManagementError(
            "The transaction was rolled back: its connection was lost or a query in it was "
            "cancelled, and the error was caught inside the 'atomic' block."
        ) from transaction.lost
    await _call_hooks(transaction)


def _close_scope(alias: str, transaction: AsyncTransaction) -> None:
    transaction.in_atomic_block = False
    open_transactions.set({k: v for k, v in (open_transactions.get() or {}).items() if k != alias})


def _undo_later(transaction: AsyncTransaction, error: BaseException) -> None:
    """Leave an inner block of a cancelled task; its statements run before the next one."""
    steps = leave_atomic(transaction, error)
    ops = transaction.wrapper.ops
    with contextlib.suppress(StopIteration):
        operation = next(steps)
        while True:
            if operation[0] == "savepoint_rollback":
                transaction.deferred.append(ops.savepoint_rollback_sql(operation[1]))
                transaction.drop_hooks_of(operation[1])
            elif operation[0] == "savepoint_commit":
                transaction.deferred.append(ops.savepoint_commit_sql(operation[1]))
            operation = steps.send(None)
    if transaction.lost is not None:
        transaction.needs_rollback = True


async def _drive(steps: Generator[Operation, Any, None], transaction: AsyncTransaction) -> None:
    try:
        operation = next(steps)
        while True:
            method: Callable[..., Any] = getattr(transaction, operation[0])
            try:
                answer = await method(*operation[1:])
            except BaseException as error:
                operation = steps.throw(error)
            else:
                operation = steps.send(answer)
    except StopIteration:
        return


async def _call_hooks(transaction: AsyncTransaction) -> None:
    if not transaction.run_commit_hooks_on_set_autocommit_on:
        return
    for _, func, robust in transaction.take_hooks():
        await acall_hook(func, robust, "Error calling %s in on_commit() during transaction (%s).")


async def acall_hook(func: Callable[[], Any], robust: bool, message: str) -> None:
    """Call a commit hook, awaiting its answer when it can be awaited."""
    try:
        answer = func()
        if inspect.isawaitable(answer):
            await answer
    except Exception as error:
        if not robust:
            raise
        logger.exception(message, name_of(func), error)


def __getattr__(name: str) -> Any:
    """Find what was here before it became `fastjango.orm.engine.astatements`."""
    if name in ("execute", "stream"):
        from fastjango.orm.engine import astatements

        return getattr(astatements, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
