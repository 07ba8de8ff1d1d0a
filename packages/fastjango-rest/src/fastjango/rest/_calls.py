"""How views call their parts: natively on both edges, in a thread only where code must block.

A part that exists as `x()` and `ax()` is called by the twin that fits the edge. One that a
project overrode synchronously is tried on the loop first; if it would have blocked, it runs in a
thread, then and from then on. Nothing that writes is ever tried twice.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, overload

from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.twins import last_defined
from fastjango.http.aio import run_coroutine, run_in_thread
from fastjango.rest._steps import Call, both, picked
from fastjango.rest.settings import api_settings
from fastjango.values.decorators import iscoroutinefunction

__all__ = [
    "FromSettings",
    "call_reading",
    "calling",
    "hook",
    "is_overridden_sync",
    "overridden_sync",
    "reading",
]

T = TypeVar("T")

# Functions that were seen to block: they hold for the whole process, as code does.
_blocking: set[Any] = set()


class FromSettings(Generic[T]):
    """A class attribute that follows `api_settings` until somebody assigns it."""

    def __init__(self, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> T: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> T:
        value: T = getattr(api_settings, self.name)
        return value


def _code_of(function: Any) -> Any:
    """Return what a callable shares with those that are made anew for each request."""
    while isinstance(function, functools.partial):
        function = cast("Any", function).func
    code = getattr(function, "__func__", function)
    owner: Any = getattr(function, "__self__", None)
    if getattr(owner, "field_name", None):
        # A field's code is shared by others; what it calls for this serializer is not.
        return code, type(owner.parent), owner.field_name
    return cast("Any", code if inspect.isroutine(code) else type(code))


def reading(owner: Any, name: str, /, *args: Any) -> Call:
    """Return the call of a method that only reads, for both edges, as `both` does.

    A synchronous override that blocks the asynchronous edge runs in a thread there.
    """
    sync, twin, args = both(owner, name, *args)
    return (sync, calling(sync), args) if twin is sync else (sync, twin, args)


def calling(function: Any) -> Any:
    """Return a function for the asynchronous edge: `function`, in a thread if it blocks.

    What it takes out of a dict before it blocks is there again when it begins anew.
    """

    async def call(*args: Any) -> Any:
        if _code_of(function) in _blocking:
            return await call_reading(function, *args)
        tried = [cast("Any", arg).copy() if type(arg) is dict else arg for arg in args]
        try:
            result = function(*tried)
        except SynchronousOnlyOperation:
            _blocking.add(_code_of(function))
            return await call_reading(function, *args)
        return await result if inspect.isawaitable(result) else result

    return call


async def call_reading(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a function that only reads: on the loop, or in a thread if it blocks.

    Args:
        function: A function or method, synchronous or asynchronous.
        args: Its arguments.
        kwargs: Its arguments by name.
    """
    key = _code_of(function)
    if key not in _blocking:
        try:
            result = function(*args, **kwargs)
        except SynchronousOnlyOperation:
            _blocking.add(key)
            result = await run_in_thread(functools.partial(function, *args, **kwargs))
    else:
        result = await run_in_thread(functools.partial(function, *args, **kwargs))
    return await result if inspect.isawaitable(result) else result


def hook(owner: Any, name: str, /, *args: Any, **kwargs: Any) -> Call:
    """Return a step that calls a reading method of `owner`, or its twin with an `a` in front.

    Synchronous code waits for a method that is asynchronous itself, and for the twin where a
    class overrides that alone: the method it would call knows nothing of the override.
    """
    method = getattr(owner, name)
    sync = functools.partial(method, *args, **kwargs)
    kind: Any = type(owner)  # pyright: ignore[reportUnknownVariableType]  # of any type
    choice = picked(kind, name, "a" + name)
    if choice != name:
        twin = functools.partial(getattr(owner, choice), *args, **kwargs)
        alone = last_defined(kind, name, choice) == choice
        return functools.partial(_wait_for, twin) if alone else sync, twin, ()
    if iscoroutinefunction(method):
        return functools.partial(_wait_for, sync), sync, ()
    return sync, functools.partial(call_reading, method, *args, **kwargs), ()


def _wait_for(twin: functools.partial[Any]) -> Any:
    """Call an asynchronous method from a thread and wait for it.

    Raises:
        SynchronousOnlyOperation: The thread runs a loop, which waiting would stop.
    """
    if is_loop_running():
        raise SynchronousOnlyOperation(
            f"{twin.func.__qualname__} is asynchronous, but was called synchronously on a running "
            f"event loop. Await the twin of what you called: its name has an `a` in front."
        )
    return run_coroutine(twin)


def _is_overridden_sync(cls: type[Any], name: str) -> bool:
    """Whether a class overrides the synchronous one of two twins alone, with code that may block.

    Args:
        cls: The class.
        name: The synchronous name; the twin's has an `a` in front.
    """
    return picked(cls, name, "a" + name) == name and not iscoroutinefunction(
        getattr(cls, name, None)
    )


is_overridden_sync: Callable[[type[Any], str], bool] = cast(
    "Any", functools.lru_cache(maxsize=4096)(_is_overridden_sync)
)


def overridden_sync(cls: type[Any], *names: str) -> bool:
    """Whether that holds for any of several names."""
    return any(is_overridden_sync(cls, name) for name in names)
