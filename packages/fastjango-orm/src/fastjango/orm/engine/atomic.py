"""`atomic` and the functions around it, for both edges."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from fastjango.orm.engine import atransaction
from fastjango.orm.engine.bridge import bridged
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.state import Operation, enter_atomic, leave_atomic
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS, BaseDatabaseWrapper
from fastjango.orm.exceptions import SerializationFailure
from fastjango.values.decorators import iscoroutinefunction

__all__ = [
    "Atomic",
    "aon_commit",
    "asavepoint",
    "asavepoint_commit",
    "asavepoint_rollback",
    "atomic",
    "clean_savepoints",
    "commit",
    "get_autocommit",
    "get_connection",
    "get_rollback",
    "mark_for_rollback",
    "mark_for_rollback_on_error",
    "non_atomic_requests",
    "on_commit",
    "rollback",
    "savepoint",
    "savepoint_commit",
    "savepoint_create",
    "savepoint_rollback",
    "set_autocommit",
    "set_rollback",
]

F = TypeVar("F", bound=Callable[..., Any])


def get_connection(using: str | None = None) -> BaseDatabaseWrapper:
    """Return the connection object of an alias, the default one without."""
    return connections[using or DEFAULT_DB_ALIAS]


class Atomic:
    """A block whose changes are kept together or not at all; made by `atomic`.

    One object may be entered many times, nested and from many tasks: what it opens is kept with
    the connection.
    """

    def __init__(
        self, using: str | None, savepoint: bool = True, durable: bool = False, retry: int = 0
    ) -> None:
        if retry < 0:
            raise ValueError(f"retry must be 0 or more, not {retry!r}.")
        self.using = using
        self.savepoint = savepoint
        self.durable = durable
        self.retry = retry
        self._from_testcase = False

    def __repr__(self) -> str:
        return f"<Atomic using={self.using or DEFAULT_DB_ALIAS!r}>"

    @property
    def alias(self) -> str:
        """The database."""
        return self.using or DEFAULT_DB_ALIAS

    # -- the synchronous edge --------------------------------------------------------------

    def __enter__(self) -> Atomic:
        self._refuse_retry()
        return self._enter()

    def _enter(self) -> Atomic:
        wrapper = connections[self.alias]
        wrapper.guard("atomic", twin="async with atomic")
        atransaction.refuse_foreign_thread(self.alias)
        _drive(enter_atomic(self, wrapper.sync_state), wrapper)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        wrapper = connections[self.alias]
        error = exc_value or (exc_type() if exc_type is not None else None)
        _drive(leave_atomic(wrapper.sync_state, error), wrapper)

    # -- the asynchronous edge -------------------------------------------------------------

    async def __aenter__(self) -> Atomic:
        self._refuse_retry()
        return await self._aenter()

    async def _aenter(self) -> Atomic:
        if self.alias in connections.shared:
            with bridged():
                return self._enter()
        await atransaction.enter(self, self.alias)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.alias in connections.shared:
            with bridged():
                self.__exit__(exc_type, exc_value, traceback)
            return
        error = exc_value or (exc_type() if exc_type is not None else None)
        await atransaction.leave(self.alias, error)

    # -- as a decorator --------------------------------------------------------------------

    def __call__(self, func: F) -> F:
        if _is_async(func):

            @functools.wraps(func)
            async def ainner(*args: Any, **kwargs: Any) -> Any:
                for _ in range(self._retries()):
                    with contextlib.suppress(SerializationFailure):
                        async with _Attempt(self):
                            return await func(*args, **kwargs)
                async with _Attempt(self):
                    return await func(*args, **kwargs)

            return cast("F", ainner)

        @functools.wraps(func)
        def inner(*args: Any, **kwargs: Any) -> Any:
            for _ in range(self._retries()):
                with contextlib.suppress(SerializationFailure), _Attempt(self):
                    return func(*args, **kwargs)
            with _Attempt(self):
                return func(*args, **kwargs)

        return cast("F", inner)

    def _retries(self) -> int:
        """How often to run the function again: an inner block cannot be retried by itself."""
        if not self.retry or connections[self.alias].in_atomic_block:
            return 0
        return self.retry

    def _refuse_retry(self) -> None:
        if self.retry:
            raise TypeError(
                f"atomic(retry={self.retry}) cannot be used as a context manager: a block of code "
                "cannot be run a second time. Decorate a function with it."
            )


def _is_async(func: Callable[..., Any]) -> bool:
    """Whether calling `func` gives something to await; objects with `async def __call__` do."""
    if iscoroutinefunction(func):
        return True
    return not inspect.isroutine(func) and iscoroutinefunction(getattr(func, "__call__", None))  # noqa: B004 - the method itself


class _Attempt:
    """Enter and leave a block without asking for `retry`."""

    def __init__(self, block: Atomic) -> None:
        self.block = block

    def __enter__(self) -> None:
        self.block._enter()  # pyright: ignore[reportPrivateUsage] # the same module

    def __exit__(self, *exc: Any) -> None:
        self.block.__exit__(*exc)

    async def __aenter__(self) -> None:
        await self.block._aenter()  # pyright: ignore[reportPrivateUsage] # the same module

    async def __aexit__(self, *exc: Any) -> None:
        await self.block.__aexit__(*exc)


def _drive(steps: Any, wrapper: BaseDatabaseWrapper) -> None:
    try:
        operation: Operation = next(steps)
        while True:
            try:
                answer = getattr(wrapper, operation[0])(*operation[1:])
            except BaseException as error:
                operation = steps.throw(error)
            else:
                operation = steps.send(answer)
    except StopIteration:
        return


@overload
def atomic(using: F) -> F: ...
@overload
def atomic(
    using: str | None = None, savepoint: bool = True, durable: bool = False, *, retry: int = 0
) -> Atomic: ...
def atomic(
    using: Any = None, savepoint: bool = True, durable: bool = False, *, retry: int = 0
) -> Any:
    """Keep the database changes of a block or function together.

    Use it as ``with atomic():``, ``async with atomic():``, ``@atomic`` or ``@atomic(...)`` on a
    function or coroutine function. An inner block is a savepoint.

    Args:
        using: Alias of the database; None is the default one.
        savepoint: Let an inner block make a savepoint, so that it can fail by itself.
        durable: Raise `RuntimeError` when the block would be an inner one.
        retry: Decorator only: run the function again, up to so many times, when the database
            reports a conflict with another transaction (`SerializationFailure`).
    """
    if callable(using):
        return Atomic(DEFAULT_DB_ALIAS, savepoint, durable, retry)(using)
    return Atomic(using, savepoint, durable, retry)


# -- functions -----------------------------------------------------------------------------


def get_autocommit(using: str | None = None) -> bool:
    """Whether each statement commits by itself."""
    return get_connection(using).get_autocommit()


def set_autocommit(autocommit: bool, using: str | None = None) -> None:
    """Switch autocommit of the synchronous connection."""
    get_connection(using).set_autocommit(autocommit)


def commit(using: str | None = None) -> None:
    """Commit the synchronous connection's transaction."""
    get_connection(using).commit()


def rollback(using: str | None = None) -> None:
    """Roll the synchronous connection's transaction back."""
    get_connection(using).rollback()


def savepoint(using: str | None = None) -> str | None:
    """Set a savepoint and return its name; None outside a transaction."""
    return get_connection(using).savepoint()


def savepoint_create(using: str | None = None) -> str | None:
    """Set a savepoint and return its name: Django 6.1's name of `savepoint`."""
    return get_connection(using).savepoint()


def savepoint_rollback(sid: str, using: str | None = None) -> None:
    """Undo everything since a savepoint."""
    get_connection(using).savepoint_rollback(sid)


def savepoint_commit(sid: str, using: str | None = None) -> None:
    """Release a savepoint."""
    get_connection(using).savepoint_commit(sid)


def clean_savepoints(using: str | None = None) -> None:
    """Start the numbering of savepoint names again."""
    get_connection(using).clean_savepoints()


async def asavepoint(using: str | None = None) -> str | None:
    """Set a savepoint in this task's transaction and return its name; None outside one."""
    alias = using or DEFAULT_DB_ALIAS
    if alias in connections.shared:
        with bridged():
            return connections[alias].savepoint()
    found = atransaction.transaction_of_task(alias)
    return None if found is None else await found.savepoint()


async def asavepoint_rollback(sid: str, using: str | None = None) -> None:
    """Undo everything since a savepoint of this task's transaction."""
    alias = using or DEFAULT_DB_ALIAS
    if alias in connections.shared:
        with bridged():
            connections[alias].savepoint_rollback(sid)
    elif (found := atransaction.transaction_of_task(alias)) is not None:
        await found.savepoint_rollback(sid)


async def asavepoint_commit(sid: str, using: str | None = None) -> None:
    """Release a savepoint of this task's transaction."""
    alias = using or DEFAULT_DB_ALIAS
    if alias in connections.shared:
        with bridged():
            connections[alias].savepoint_commit(sid)
    elif (found := atransaction.transaction_of_task(alias)) is not None:
        await found.savepoint_commit(sid)


def get_rollback(using: str | None = None) -> bool:
    """Whether the innermost block will roll back."""
    return get_connection(using).get_rollback()


def set_rollback(rollback: bool, using: str | None = None) -> None:
    """Make the innermost block roll back when it is left, or not.

    Clearing the flag on a block that is broken gives wrong results unless a savepoint was
    rolled back before.
    """
    get_connection(using).set_rollback(rollback)


@contextmanager
def mark_for_rollback_on_error(using: str | None = None) -> Generator[None, None, None]:
    """Mark the transaction for rollback when the block raises, without making a savepoint.

    It awaits nothing: use it in asynchronous code as well.
    """
    try:
        yield
    except Exception as error:
        mark_for_rollback(using, error)
        raise


def mark_for_rollback(using: str | None, error: Exception) -> None:
    """Doom the transaction around what failed, if there is one. It awaits nothing."""
    state = get_connection(using).transaction_state
    if state.in_atomic_block:
        state.needs_rollback = True
        state.rollback_exc = error


def on_commit(func: Callable[[], Any], using: str | None = None, robust: bool = False) -> None:
    """Call `func` after the current transaction commits; now, when there is none.

    Args:
        func: Takes nothing. A coroutine function is awaited at the asynchronous commit.
        using: Alias of the database.
        robust: Log an error of `func` instead of raising it.
    """
    get_connection(using).on_commit(func, robust)


async def aon_commit(
    func: Callable[[], Any], using: str | None = None, robust: bool = False
) -> None:
    """Like `on_commit`, but outside a transaction an asynchronous `func` is awaited now."""
    wrapper = get_connection(using)
    if not callable(func):
        raise TypeError("on_commit()'s callback must be a callable.")
    if wrapper.in_atomic_block:
        wrapper.on_commit(func, robust)
    else:
        await atransaction.acall_hook(func, robust, "Error calling %s in on_commit() (%s).")


def non_atomic_requests(using: Any = None) -> Any:
    """Keep a view out of `ATOMIC_REQUESTS`, for one database or (bare) for the default one."""
    if callable(using):
        return _set_non_atomic(using, DEFAULT_DB_ALIAS)

    def decorator(func: F) -> F:
        return _set_non_atomic(func, using or DEFAULT_DB_ALIAS)

    return decorator


def _set_non_atomic(func: F, using: str) -> F:
    known: set[str] = getattr(func, "_non_atomic_requests", set())
    func._non_atomic_requests = {*known, using}  # type: ignore[attr-defined] # Django's mark on a view
    return func
