"""The guard that keeps blocking calls off a running event loop."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar, overload

from .exceptions import SynchronousOnlyOperation

__all__ = [
    "after_thread_work",
    "async_unsafe",
    "finishing",
    "guard_sync",
    "is_loop_running",
    "is_thread_work",
    "loop_runner",
    "thread_runner",
]

P = ParamSpec("P")
T = TypeVar("T")
thread_runner: ContextVar[Callable[[Callable[[], Any]], Awaitable[Any]] | None] = ContextVar(
    "thread_runner", default=None
)
"""What runs sync code for async code in place of a worker thread; test clients set it, so that
views and receivers find the database connections of the test."""
loop_runner: ContextVar[Callable[[Coroutine[Any, Any, Any]], Any] | None] = ContextVar(
    "loop_runner", default=None
)
"""The way back: what runs a coroutine for sync code that `thread_runner` runs, and waits for it."""
after_thread_work: list[Callable[[], object]] = []
"""Called in a worker thread after each piece of a request that ran there; the database layer lets
go of the thread's old connections so."""
_MESSAGE = "You cannot call this from an async context - use a thread or sync_to_async."


def is_loop_running() -> bool:
    """Tell whether this thread is inside a running event loop; asyncio is not imported for it."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def guard_sync(message: str) -> None:
    """Raise `SynchronousOnlyOperation` on a running loop unless the environment allows it.

    `FASTJANGO_ALLOW_ASYNC_UNSAFE` (or Django's name of it) set to any text allows it.
    """
    if is_loop_running() and not (
        os.environ.get("FASTJANGO_ALLOW_ASYNC_UNSAFE")
        or os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    ):
        raise SynchronousOnlyOperation(message)


class _Work(threading.local):
    """How many pieces of requests, one inside another, this thread is doing."""

    depth = 0


_work = _Work()


def is_thread_work() -> bool:
    """Tell whether this worker thread is doing a piece of a request."""
    return _work.depth > 0


def finishing(call: Callable[[], T]) -> Callable[[], T]:
    """Return a call for a worker thread that `after_thread_work` follows, whatever it raises."""
    return partial(_finished, call)


def _finished(call: Callable[[], T]) -> T:
    _work.depth += 1
    try:
        return call()
    finally:
        _work.depth -= 1
        for hook in after_thread_work:
            hook()


@overload
def async_unsafe(message: Callable[P, T]) -> Callable[P, T]: ...
@overload
def async_unsafe(
    message: str | None = None, *, twin: str | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def async_unsafe(message: Any = None, *, twin: str | None = None) -> Any:
    """Decorate a blocking function so that it refuses to run on an event loop.

    Args:
        message: Text of the error; bare `@async_unsafe` uses Django's.
        twin: Name of the async function to call instead, which the error then names.
    """

    def decorator(func: Callable[P, T]) -> Callable[P, T]:
        name = getattr(func, "__qualname__", repr(func))
        text = f"{name}() would block the event loop. Use `await {twin}()` instead."
        text = text if twin else message if isinstance(message, str) else _MESSAGE

        @wraps(func)
        def inner(*args: P.args, **kwargs: P.kwargs) -> T:
            guard_sync(text)
            return func(*args, **kwargs)

        return inner

    return decorator(message) if callable(message) else decorator
