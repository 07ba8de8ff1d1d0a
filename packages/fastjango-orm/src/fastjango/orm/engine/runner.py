"""The two edges: `run` drives thinking code on a synchronous driver, `arun` on an async one."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fastjango.core.aio import is_loop_running
from fastjango.orm.engine import astatements, atransaction
from fastjango.orm.engine.bridge import bridged, is_bridged
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.statement import (
    AtomicBegin,
    AtomicEnd,
    Call,
    Result,
    Statement,
    Step,
    Steps,
)
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS, BaseDatabaseWrapper, Edge

if TYPE_CHECKING:
    from fastjango.orm.transaction import Atomic

__all__ = ["arun", "arun_planned", "astream", "current_edge", "run", "run_planned", "stream"]

T = TypeVar("T")


def current_edge(using: str | None = None) -> Edge:
    """Tell which edge runs the current code, so that SQL is compiled for the right driver.

    Returns:
        ``"async"`` on an event loop, else ``"sync"``. While a test shares its synchronous
        connection with everything, that connection's edge: ``"sync"``.
    """
    if not is_loop_running():
        return "sync"
    shared = connections.shared.get(using or DEFAULT_DB_ALIAS)
    return "async" if shared is None and not is_bridged() else "sync"


# -- the synchronous edge ------------------------------------------------------------------


def run(
    steps: Steps[T], using: str | None = None, *, name: str = "run", twin: str | None = None
) -> T:
    """Drive steps on the synchronous edge and return their value.

    Args:
        steps: The thinking code.
        using: Alias for statements that name none.
        name: The public call, for the error on a running loop.
        twin: Its asynchronous twin, which that error names.

    Raises:
        SynchronousOnlyOperation: An event loop is running in this thread.
    """
    alias = using or DEFAULT_DB_ALIAS
    wrapper = connections[alias]
    if is_loop_running():
        wrapper.guard(name, twin=twin)
        with bridged():  # only where the environment allows it
            return _drive(steps, alias, wrapper)
    return _drive(steps, alias, wrapper)


def _drive(steps: Steps[T], alias: str, wrapper: BaseDatabaseWrapper) -> T:
    atransaction.refuse_foreign_thread(alias)
    try:
        step = next(steps)
        while True:
            try:
                if type(step) is Statement:
                    if step.using is None or step.using == alias:
                        answer: Any = wrapper.execute_statement(step)
                    else:
                        answer = connections[step.using].execute_statement(step)
                else:
                    answer = _perform(step, alias)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as stop:
        return cast("T", stop.value)


def run_planned(statement: Statement, alias: str) -> Result:
    """Run the one statement of a planned query where no event loop is running."""
    atransaction.refuse_foreign_thread(alias)
    return connections[alias].execute_statement(statement)


async def arun_planned(statement: Statement, alias: str) -> Result:
    """Run the one statement of a planned query on the asynchronous edge."""
    return await astatements.execute(alias, statement)


def _perform(step: Step, alias: str) -> Any:
    if isinstance(step, Statement):
        return connections[step.using or alias].execute_statement(step)
    if isinstance(step, Call):
        return step.fn()
    if isinstance(step, AtomicBegin):
        return _enter(step, alias).__enter__()
    if isinstance(step, AtomicEnd):  # pyright: ignore[reportUnnecessaryIsInstance] # generators may yield anything
        error = step.error
        step.token.__exit__(None if error is None else type(error), error, None)
        return None
    raise _not_a_step(step)


def _enter(step: AtomicBegin, alias: str) -> Atomic:
    from fastjango.orm.transaction import Atomic

    return Atomic(step.using or alias, step.savepoint, step.durable)


def _not_a_step(step: object) -> TypeError:
    return TypeError(
        f"Steps yielded {step!r}. They may yield Statement, Call, AtomicBegin and AtomicEnd."
    )


def stream(statement: Statement, using: str | None = None) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a query in chunks of ``statement.chunk_size`` on the synchronous edge.

    The rows stay with the server where the driver can leave them there. Close the iterator
    (or exhaust it) to free the cursor.
    """
    alias = statement.using or using or DEFAULT_DB_ALIAS
    atransaction.refuse_foreign_thread(alias)
    return connections[alias].execute_stream(statement)


# -- the asynchronous edge -----------------------------------------------------------------


async def arun(
    steps: Steps[T], using: str | None = None, *, name: str = "run", twin: str | None = None
) -> T:
    """Drive steps on the asynchronous edge and return their value.

    Statements run on this task's transaction when it has one, else each on a pooled connection.
    No thread and no greenlet is involved for PostgreSQL and MySQL.

    Args:
        steps: The thinking code.
        using: Alias for statements that name none.
        name: The public call; taken for the sake of one signature on both edges.
        twin: Likewise.
    """
    alias = using or DEFAULT_DB_ALIAS
    wrapper = connections[alias]
    if not wrapper.is_server_known and alias not in connections.shared:
        await wrapper.alearn_server()
    try:
        step = next(steps)
        while True:
            try:
                if type(step) is Statement:
                    answer: Any = await astatements.execute(step.using or alias, step)
                else:
                    answer = await _aperform(step, alias)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as stop:
        return cast("T", stop.value)


async def _aperform(step: Step, alias: str) -> Any:
    if isinstance(step, Statement):
        return await astatements.execute(step.using or alias, step)
    if isinstance(step, Call):
        answer = step.fn() if step.afn is None else step.afn()
        return await answer if inspect.isawaitable(answer) else answer
    if isinstance(step, AtomicBegin):
        return await _enter(step, alias).__aenter__()
    if isinstance(step, AtomicEnd):  # pyright: ignore[reportUnnecessaryIsInstance] # generators may yield anything
        error = step.error
        await step.token.__aexit__(None if error is None else type(error), error, None)
        return None
    raise _not_a_step(step)


def astream(statement: Statement, using: str | None = None) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Yield the rows of a query in chunks of ``statement.chunk_size`` on the asynchronous edge.

    Outside a transaction the iterator holds a pooled connection until it is exhausted or closed.
    """
    return astatements.stream(statement.using or using or DEFAULT_DB_ALIAS, statement)
