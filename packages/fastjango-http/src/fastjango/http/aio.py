"""Crossing between synchronous and asynchronous code, in views and responses."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

import anyio.from_thread
import anyio.to_thread
from anyio import NoEventLoopError
from fastjango.core.aio import finishing, is_loop_running, loop_runner, thread_runner

__all__ = ["run_coroutine", "run_in_thread", "run_on_loop", "step_in_thread"]

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a synchronous function in a worker thread, with a copy of the current context.

    Under a test client it runs in the thread of the test.
    """
    call = functools.partial(func, *args, **kwargs)
    runner = thread_runner.get()
    if runner is not None:
        result: T = await runner(call)
        return result
    return await anyio.to_thread.run_sync(finishing(call))


async def step_in_thread(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what `run_in_thread()` does for a step of something that goes on, an iterator say.

    What the thread has open, such as the connection of a cursor, stays open for the next step.
    """
    call = functools.partial(func, *args, **kwargs)
    runner = thread_runner.get()
    if runner is not None:
        result: T = await runner(call)
        return result
    return await anyio.to_thread.run_sync(call)


def run_on_loop(func: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Call an asynchronous function from a function that `run_in_thread` runs; wait for it.

    Raises:
        NoEventLoopError: The thread belongs to no loop.
    """
    runner = loop_runner.get()
    if runner is not None:
        result: T = runner(func(*args))
        return result
    return anyio.from_thread.run(func, *args)


def run_coroutine(func: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Call an asynchronous function from synchronous code and wait for it.

    From a worker thread of the server it runs on the server's loop, elsewhere on a new one; on a
    thread whose loop is running, in another thread.
    """
    if is_loop_running():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(copy_context().run, _run, func, *args).result()
    try:
        return run_on_loop(func, *args)
    except NoEventLoopError:
        # Not a worker thread of a server: there is no loop to go back to.
        return _run(func, *args)


def _run(func: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    async def main() -> T:
        return await func(*args)

    return asyncio.run(main())
