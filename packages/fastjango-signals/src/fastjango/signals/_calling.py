"""Calling receivers across the border between sync and async code."""

import asyncio
import contextvars
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

from fastjango.core.aio import finishing, is_loop_running, loop_runner, thread_runner
from fastjango.core.exceptions import SynchronousOnlyOperation

T = TypeVar("T")

logger: Final = logging.getLogger("fastjango.signals")


def log_failure(receiver: Any, error: Exception) -> None:
    """Log what a robust send has caught."""
    name = getattr(receiver, "__qualname__", repr(receiver))
    logger.error("Error calling %s in Signal.send_robust() (%s)", name, error, exc_info=error)


def _adopt(context: contextvars.Context) -> None:
    """Take over the context variables that were set while running in another context."""
    missing = object()
    for variable, value in context.items():
        if variable.get(missing) is not value:
            variable.set(value)


async def in_thread(function: Callable[[], T]) -> T:
    """Call a function in a worker thread; context variables go there and come back.

    Under a test client it runs in the thread of the test.
    """
    runner = thread_runner.get()
    if runner is not None:
        return await runner(function)  # type: ignore[no-any-return]
    context = contextvars.copy_context()
    try:
        return await asyncio.get_running_loop().run_in_executor(
            None, context.run, finishing(function)
        )
    finally:
        _adopt(context)


async def concurrently(calls: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Await calls at the same time, in one shared context; a lone failure is raised as it is.

    Raises:
        BaseExceptionGroup: Several calls failed.
    """
    if not calls:
        return []
    if len(calls) == 1:
        return [await calls[0]]
    context = contextvars.copy_context()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call, context=context) for call in calls]
        return [task.result() for task in tasks]
    except BaseExceptionGroup as failures:
        if len(failures.exceptions) == 1:
            raise failures.exceptions[0] from None
        raise
    finally:
        _adopt(context)


async def _started(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


def from_sync(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine from sync code and wait for it.

    In a worker thread of anyio (where sync views run) it runs on the event loop that the thread
    belongs to, else on a loop of its own.

    Raises:
        SynchronousOnlyOperation: The thread is running an event loop itself.
    """
    if is_loop_running():
        raise SynchronousOnlyOperation(
            "Signal.send() would block the event loop, because async receivers are connected. "
            "Use `await signal.asend()` (or `asend_robust()`) instead."
        )
    way_back = loop_runner.get()
    if way_back is not None:
        return way_back(call())  # type: ignore[no-any-return]
    if "anyio" in sys.modules:
        from_thread: Any = import_module("anyio.from_thread")
        try:
            return from_thread.run(_started, call)  # type: ignore[no-any-return]
        except RuntimeError as error:
            # The error of anyio for other threads has had a class of its own since 4.12.
            if type(error).__name__ != "NoEventLoopError" and "worker thread" not in str(error):
                raise
    context = contextvars.copy_context()
    try:
        with asyncio.Runner() as runner:
            return runner.run(call(), context=context)
    finally:
        _adopt(context)
