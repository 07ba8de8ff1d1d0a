"""Statements of the asynchronous edge: in the task's transaction, else on a pooled connection."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastjango.orm.engine import environment, watchers
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.atransaction import (
    check_may_run,
    open_transactions,
    transaction_of_task,
)
from fastjango.orm.engine.bridge import bridged
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.observe import execute_observed
from fastjango.orm.engine.pools import Pool, current_pool, pool_of
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper, blocked
from fastjango.orm.exceptions import ConnectionLost

__all__ = ["execute", "stream"]


async def execute(alias: str, statement: Statement) -> Result:
    """Run a statement for the running task: in its transaction, else on a pooled connection."""
    wrapper = connections[alias]
    if connections.shared and alias in connections.shared:
        with bridged():
            return wrapper.execute_statement(statement)
    if (
        wrapper.force_debug_cursor
        or watchers.installed
        or environment.is_watching()
        or open_transactions.get()
        or blocked
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
    if wrapper.force_debug_cursor or watchers.installed or environment.is_watching():
        return await execute_observed(wrapper, statement, lambda st: _execute(wrapper, st))
    return await _execute(wrapper, statement)


async def _execute(wrapper: BaseDatabaseWrapper, statement: Statement) -> Result:
    transaction = transaction_of_task(wrapper.alias)
    if transaction is not None:
        return await transaction.execute(statement)
    check_may_run(wrapper)
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


async def stream(alias: str, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Yield chunks of rows; outside a transaction on a connection of its own."""
    wrapper = connections[alias]
    if alias in connections.shared:
        for chunk in _bridged_chunks(wrapper, statement):
            yield chunk
        return
    transaction = transaction_of_task(alias)
    with wrapper.logged(statement):
        if transaction is not None:
            transaction.validate_no_broken_transaction()
            await transaction.flush_deferred()
            chunks = transaction.usable_connection().stream(statement)
            async with contextlib.aclosing(chunks):  # type: ignore[type-var] # generators all
                async for chunk in chunks:
                    yield chunk
            return
        check_may_run(wrapper)
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
    with bridged():
        chunks = list(wrapper.execute_stream(statement))
    yield from chunks
