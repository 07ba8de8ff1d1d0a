"""Who watches the queries of a task or thread: observers and execute wrappers.

Both are seen by the tasks and threads that are started in their block.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

__all__ = ["ExecuteWrapper", "Observer", "notify", "observing", "wrappers_of", "wrapping"]

ExecuteWrapper: TypeAlias = Callable[..., Any]
Observer: TypeAlias = Callable[[str, str, Any], None]

installed: int = 0
"""How many there are in the process; the hot path asks this first."""

_lock = threading.Lock()
_wrappers: ContextVar[dict[str, list[ExecuteWrapper]] | None] = ContextVar(
    "fastjango_execute_wrappers", default=None
)
_observers: ContextVar[tuple[Observer, ...]] = ContextVar("fastjango_observers", default=())


@contextmanager
def _counted() -> Generator[None, None, None]:
    global installed
    with _lock:
        installed += 1
    try:
        yield
    finally:
        with _lock:
            installed -= 1


@contextmanager
def observing(observer: Observer) -> Generator[None, None, None]:
    """Call `observer(alias, sql, params)` before each query of the block."""
    before = _observers.get()
    _observers.set((*before, observer))
    try:
        with _counted():
            yield
    finally:
        _observers.set(before)


def notify(alias: str, sql: str, params: Any) -> None:
    """Tell the observers of this context about a query."""
    for observer in _observers.get():
        observer(alias, sql, params)


@contextmanager
def wrapping(alias: str, wrapper: ExecuteWrapper) -> Generator[None, None, None]:
    """Install `wrapper`, inside those that are installed, around each query of the block."""
    before = wrappers_of(alias)
    _wrappers.set({**(_wrappers.get() or {}), alias: [*before, wrapper]})
    try:
        with _counted():
            yield
    finally:
        _wrappers.set({**(_wrappers.get() or {}), alias: before})


def wrappers_of(alias: str) -> list[ExecuteWrapper]:
    """Return the wrappers installed in this context for a database, outermost first."""
    found = _wrappers.get()
    return [] if found is None else found.get(alias, [])
