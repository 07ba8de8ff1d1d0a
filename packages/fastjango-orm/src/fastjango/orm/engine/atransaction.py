"""The asynchronous edge: statements on pooled connections, transactions bound to their task."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextvars import ContextVar
from typing import Any

from fastjango.core.aio import is_loop_running
from fastjango.orm.engine import environment
from fastjango.orm.engine import wrapper as wrapper_module
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.cursor import log_query
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.observe import execute_observed
from fastjango.orm.engine.pools import Pool, PoolOptions, current_pool, pool_for
from fastjango.orm.engine.state import (
    AtomicBlock,
    Operation,
    TransactionState,
    enter_atomic,
    leave_atomic,
)
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.sync_transaction import name_of
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper
from fastjango.orm.exceptions import (
    ConnectionLost,
    TransactionManagementError,
    TransactionNotShared,
)

__all__ = [
    "AsyncTransaction",
    "enter",
    "execute",
    "leave",
    "refuse_foreign_thread",
    "state_of_task",
    "stream",
    "transaction_of_task",
]

logger = logging.getLogger("fastjango.orm.engine")

_open: ContextVar[dict[str, AsyncTransaction] | None] = ContextVar(
    "fastjango_transactions", default=None
)


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


def _current(alias: str) -> AsyncTransaction | None:
    """Return the running task's transaction.

    Raises:
        TransactionNotShared: The transaction in this context belongs to another task.
    """
    transactions = _open.get()
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


def transaction_of_task(alias: str) -> AsyncTransaction | None:
    """Return the running task's open transaction, or None."""
    return _current(alias)


def state_of_task(alias: str) -> TransactionState | None:
    """Return the running task's open transaction; None without one, or off a loop."""
    if not _open.get() or not is_loop_running() or alias in connections.shared:
        return None
    return _current(alias)


def refuse_foreign_thread(alias: str) -> None:
    """Raise when a thread started inside an asynchronous transaction queries its database."""
    transactions = _open.get()
    if not transactions:
        return
    found = transactions.get(alias)
    if found is not None and not found.finished and alias not in connections.shared:
        raise TransactionNotShared(
            f"This thread was started inside an asynchronous transaction on {alias!r} and uses "
            "the synchronous interface, which has a connection of its own and would run outside "
            "the transaction. Use the asynchronous interface in the task that opened it."
        )


def _refuse_sync_transaction(wrapper: BaseDatabaseWrapper) -> None:
    raise TransactionNotShared(
        f"A synchronous transaction on {wrapper.alias!r} is open in this thread, and the "
        "asynchronous interface has connections of its own, which would run outside of it. "
        "Use the synchronous interface inside the 'atomic' block."
    )


def pool_of(wrapper: BaseDatabaseWrapper) -> Pool:
    """Return the pool of a database on the running loop."""
    found = current_pool(wrapper.alias)
    if found is not None:
        return found

    def make() -> Pool:
        options = PoolOptions.from_settings(
            wrapper.alias, wrapper.settings_dict, **wrapper.pool_defaults()
        )
        return Pool(wrapper.alias, options, wrapper.aconnect)

    return pool_for(wrapper.alias, make)


# -- running statements --------------------------------------------------------------------


async def execute(alias: str, statement: Statement) -> Result:
    """Run a statement for the running task: in its transaction, else on a pooled connection."""
    wrapper = connections[alias]
    if connections.shared and alias in connections.shared:
        with wrapper_module.bridged():
            return wrapper.execute_statement(statement)
    if (
        wrapper.force_debug_cursor
        or wrapper_module.any_wrappers()
        or environment.is_watching()
        or _open.get()
        or wrapper_module.blocked
        or wrapper.is_in_sync_transaction
    ):
        return await _execute_carefully(wrapper, statement)
    # The common case, without a further coroutine: an idle connection that can answer at once.
    pool = current_pool(alias)
    if pool is not None and (connection := pool.take()) is not None:
        if connection.is_immediate:
            try:
                result = connection.run_now(statement)
            except BaseException:
                pool.give_back(connection)
                raise
            if result is not None:
                pool.give_back(connection)
                return result
        return await _run_on(pool, connection, statement)
    pool = pool_of(wrapper)
    return await _run_on(pool, await pool.acquire(), statement)


async def _execute_carefully(wrapper: BaseDatabaseWrapper, statement: Statement) -> Result:
    """Run a statement with log, wrappers, transactions and tests' wishes looked after."""
    if wrapper.force_debug_cursor or wrapper_module.any_wrappers() or environment.is_watching():
        return await execute_observed(wrapper, statement, lambda st: _execute(wrapper, st))
    return await _execute(wrapper, statement)


async def _execute(wrapper: BaseDatabaseWrapper, statement: Statement) -> Result:
    transaction = _current(wrapper.alias)
    if transaction is not None:
        return await transaction.execute(statement)
    _check_may_run(wrapper)
    pool = pool_of(wrapper)
    return await _run_on(pool, pool.take() or await pool.acquire(), statement)


async def _run_on(pool: Pool, connection: AsyncConnection, statement: Statement) -> Result:
    """Run a statement on a connection taken from the pool, and give the connection back."""
    try:
        result = await connection.run(statement)
    except ConnectionLost:
        stale = connection.uses > 1
        pool.give_back(connection)
        pool.purge()
        if not stale or statement.kind != "read":
            raise
    except BaseException:
        pool.give_back(connection)
        raise
    else:
        pool.give_back(connection)
        return result
    return await _execute_again(pool, statement)


async def _execute_again(pool: Pool, statement: Statement) -> Result:
    """Run a read once more after its idle connection turned out to be dead."""
    connection = await pool.acquire()
    try:
        return await connection.run(statement)
    finally:
        pool.give_back(connection)


def _check_may_run(wrapper: BaseDatabaseWrapper) -> None:
    if wrapper_module.blocked:
        wrapper.refuse_blocked("execute_statement")
    if wrapper.is_in_sync_transaction:
        _refuse_sync_transaction(wrapper)


async def stream(alias: str, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Yield chunks of rows; outside a transaction on a connection of its own."""
    wrapper = connections[alias]
    if alias in connections.shared:
        for chunk in _bridged_chunks(wrapper, statement):
            yield chunk
        return
    transaction = _current(alias)
    with wrapper.logged(statement):
        if transaction is not None:
            transaction.validate_no_broken_transaction()
            await transaction.flush_deferred()
            chunks = transaction.usable_connection().stream(statement)
            async with contextlib.aclosing(chunks):  # type: ignore[type-var] # generators all
                async for chunk in chunks:
                    yield chunk
            return
        _check_may_run(wrapper)
        pool = pool_of(wrapper)
        connection = pool.take() or await pool.acquire()
        clean = False
        try:
            await connection.begin_stream()
            chunks = connection.stream(statement)
            async with contextlib.aclosing(chunks):  # type: ignore[type-var] # generators all
                async for chunk in chunks:
                    yield chunk
            await connection.end_stream()
            clean = True
        finally:
            if clean:
                pool.give_back(connection)
            else:
                pool.abandon(connection)


def _bridged_chunks(
    wrapper: BaseDatabaseWrapper, statement: Statement
) -> Iterator[list[tuple[Any, ...]]]:
    with wrapper_module.bridged():
        chunks = list(wrapper.execute_stream(statement))
    yield from chunks


# -- atomic blocks -------------------------------------------------------------------------


async def enter(block: AtomicBlock, alias: str) -> None:
    """Open a transaction or savepoint for the running task."""
    transaction = _current(alias)
    if transaction is not None:
        await _drive(enter_atomic(block, transaction), transaction)
        return
    wrapper = connections[alias]
    _check_may_run(wrapper)
    transaction = AsyncTransaction(wrapper, pool_of(wrapper))
    await _drive(enter_atomic(block, transaction), transaction)
    _open.set({**(_open.get() or {}), alias: transaction})


async def leave(alias: str, error: BaseException | None) -> None:
    """Close the running task's innermost block.

    A cancellation is answered without awaiting: the outermost block hands its connection to the
    pool to be rolled back there, an inner one is undone before the next statement.
    """
    transactions = _open.get() or {}
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
    _open.set({k: v for k, v in (_open.get() or {}).items() if k != alias})


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
