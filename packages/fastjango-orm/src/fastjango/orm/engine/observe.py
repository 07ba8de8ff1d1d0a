"""Execute wrappers and the query log on the asynchronous edge."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.statement import Result, Statement

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["execute_observed"]


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
        changed = statement
        if sql is not statement.sql or params is not statement.params:
            changed = Statement(
                sql,
                params,
                statement.fetch,
                statement.chunk_size,
                many,
                statement.kind,
                describe=statement.describe,
            )
        found.append(await execute(changed))

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
