"""Statements that are watched: through the execute wrappers and into the query log."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.statement import Result, Statement

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["execute_observed", "run_observed"]


def run_observed(wrapper: BaseDatabaseWrapper, statement: Statement) -> Result:
    """Run a statement on the synchronous connection through the installed wrappers and log it.

    Args:
        wrapper: The database.
        statement: What to run.
    """
    found: list[Result] = []

    def innermost(sql: str, params: Any, many: bool, context: dict[str, Any]) -> None:
        with wrapper.wrap_database_errors:
            found.append(wrapper.run_statement(_changed(statement, sql, params, many)))

    executor: Callable[..., Any] = innermost
    for installed in reversed(wrapper.execute_wrappers):
        executor = functools.partial(installed, executor)
    context = {"connection": wrapper, "cursor": None}
    with wrapper.logged(statement):
        executor(statement.sql, statement.params, statement.many, context)
    return found[-1] if found else Result([])


async def execute_observed(
    wrapper: BaseDatabaseWrapper,
    statement: Statement,
    execute: Callable[[Statement], Awaitable[Result]],
) -> Result:
    """Run a statement through the installed wrappers and log it.

    A wrapper that is a coroutine function gets an `execute` to await. A plain function gets one
    that blocks, exactly as on the synchronous edge; for that, and only then, a greenlet is used.

    Args:
        wrapper: The database.
        statement: What to run.
        execute: Runs it.
    """
    found: list[Result] = []

    async def innermost(sql: str, params: Any, many: bool, context: dict[str, Any]) -> None:
        found.append(await execute(_changed(statement, sql, params, many)))

    executor: Callable[..., Awaitable[Any]] = innermost
    for installed in reversed(wrapper.execute_wrappers):
        if inspect.iscoroutinefunction(installed):
            executor = _around_async(installed, executor)
        else:
            executor = _around_sync(installed, executor)
    context = {"connection": wrapper, "cursor": None}
    with wrapper.logged(statement):
        await executor(statement.sql, statement.params, statement.many, context)
    return found[-1] if found else Result([])


def _changed(statement: Statement, sql: str, params: Any, many: bool) -> Statement:
    """The statement with what the wrappers made of its text and parameters."""
    if sql is statement.sql and params is statement.params:
        return statement
    return Statement(
        sql,
        params,
        statement.fetch,
        statement.chunk_size,
        many,
        statement.kind,
        describe=statement.describe,
    )


def _around_async(
    installed: Callable[..., Awaitable[Any]], execute: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    async def call(sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        return await installed(execute, sql, params, many, context)

    return call


def _around_sync(
    installed: Callable[..., Any], execute: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    from sqlalchemy.util import await_only, greenlet_spawn  # only plain wrappers need it

    def blocking_execute(sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        return await_only(execute(sql, params, many, context))

    async def call(sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        return await greenlet_spawn(installed, blocking_execute, sql, params, many, context)

    return call
