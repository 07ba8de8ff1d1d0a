"""One course of thinking, run by a synchronous and by an asynchronous edge.

A generator yields what has to be called, as ``(sync, async, arguments)``, and receives the result
or the exception. Neither edge borrows a thread.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Results may be anything.

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from types import CoroutineType
from typing import Any, TypeAlias

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.twins import last_defined

__all__ = ["Call", "Steps", "arun_steps", "both", "picked", "run_steps", "take"]

Call: TypeAlias = tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]
Steps: TypeAlias = Generator[Call, Any, Any]


def take(result: Any, function: Any) -> Any:
    """Return a result, unless it still has to be awaited.

    Raises:
        SynchronousOnlyOperation: The function is asynchronous.
    """
    if type(result) is CoroutineType:
        result.close()
        name = getattr(function, "__qualname__", None) or type(function).__qualname__
        raise SynchronousOnlyOperation(
            f"{name} is asynchronous, but was called synchronously. Await the serializer's "
            "asynchronous twin: `ais_valid()` for `is_valid()`, `asave()` for `save()`, `adata` "
            "for `data`."
        )
    return result


def run_steps(steps: Steps) -> Any:
    """Run steps synchronously and return what the generator returns."""
    try:
        function, _, args = next(steps)
        while True:
            try:
                result: Any = function(*args)
                if type(result) is CoroutineType:
                    take(result, function)
            except BaseException as error:
                function, _, args = steps.throw(error)
            else:
                function, _, args = steps.send(result)
    except StopIteration as stop:
        return stop.value


async def arun_steps(steps: Steps) -> Any:
    """Run steps asynchronously and return what the generator returns."""
    try:
        _, function, args = next(steps)
        while True:
            try:
                result: Any = function(*args)
                if type(result) is CoroutineType:
                    result = await result
            except BaseException as error:
                _, function, args = steps.throw(error)
            else:
                _, function, args = steps.send(result)
    except StopIteration as stop:
        return stop.value


def picked(cls: type[Any], name: str, twin: str) -> str:
    """Return which of two methods the asynchronous edge calls.

    It is the twin, unless a subclass overrides the synchronous method alone: then that override
    holds for both edges.
    """
    return last_defined(cls, twin, name) or name


def both(owner: Any, name: str, *args: Any) -> Call:
    """Return the call of a method for both edges; the twin's name has an `a` before it.

    A class that overrides the twin alone is refused by the synchronous edge: the method it would
    call there knows nothing of the override.
    """
    cls, twin = type(owner), "a" + name
    if last_defined(cls, twin, name) != twin:
        function = getattr(owner, name)
        return function, function, args
    method = getattr(owner, twin)
    alone = last_defined(cls, name, twin) == twin
    return partial(_refused, method) if alone else getattr(owner, name), method, args


def _refused(method: Any, *args: Any) -> Any:
    """Stand for a synchronous method where a class has the asynchronous one alone."""
    name = method.__qualname__
    sync = method.__name__.removeprefix("a")
    raise SynchronousOnlyOperation(
        f"{name} is asynchronous, but the serializer or view was called synchronously, which would "
        f"skip it. Await the asynchronous twin (`ais_valid()`, `asave()`, `adata`, an asynchronous "
        f"action), or define `{sync}` beside it."
    )
