"""One plan for both edges: the thinking as a generator, the waiting done by who drives it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from .exceptions import ImproperlyConfigured

__all__ = [
    "Step",
    "afollow",
    "calls_twin",
    "check_twins",
    "follow",
    "last_defined",
    "overrides_without_twin",
    "twin",
]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

# Classes that are made for one request, as of forms, must not live on in here.
_last_defined: WeakKeyDictionary[type, dict[tuple[str, ...], str | None]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Step:
    """Something to wait for, in both ways.

    Args:
        call: Does it at once.
        acall: Returns an awaitable that does the same.
    """

    call: Callable[[], Any]
    acall: Callable[[], Awaitable[Any]]


def twin(owner: Any, name: str, /, *args: Any, **kwargs: Any) -> Step:
    """Return the step that calls a method: `owner.name()`, or `owner.aname()` awaited.

    Args:
        owner: The object with both methods.
        name: The name of the synchronous one.
        args: Arguments of both.
        kwargs: Keyword arguments of both.
    """
    return Step(
        lambda: getattr(owner, name)(*args, **kwargs),
        lambda: getattr(owner, f"a{name}")(*args, **kwargs),
    )


def follow(plan: Generator[Step, Any, T]) -> T:
    """Take the steps of a plan synchronously and return its result.

    An error of a step is raised inside the plan, which may handle it.
    """
    try:
        step = next(plan)
        while True:
            try:
                answer = step.call()
            except Exception as error:
                step = plan.throw(error)
            else:
                step = plan.send(answer)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def afollow(plan: Generator[Step, Any, T]) -> T:
    """Do what `follow()` does, awaiting each step."""
    try:
        step = next(plan)
        while True:
            try:
                answer = await step.acall()
            except Exception as error:
                step = plan.throw(error)
            else:
                step = plan.send(answer)
    except StopIteration as stop:
        result: T = stop.value
        return result


def last_defined(cls: type, *names: str) -> str | None:
    """Return which of some methods a class defines, or the nearest base that has any of them.

    Args:
        cls: The class.
        names: The names; of two in one class the earlier counts.

    Returns:
        The name, `None` if no class has any.
    """
    known = _last_defined.get(cls)
    if known is None:
        known = _last_defined[cls] = {}
    try:
        return known[names]
    except KeyError:
        found = (name for base in cls.__mro__ for name in names if name in base.__dict__)
        answer = known[names] = next(found, None)
        return answer


def overrides_without_twin(cls: type, name: str, twin: str | None = None) -> bool:
    """Tell whether a class, or a base of it, overrides a sync method later than its async twin.

    Args:
        cls: The class.
        name: The synchronous method.
        twin: Its twin; by default its name with an `a` before it.
    """
    return last_defined(cls, twin or f"a{name}", name) == name


def calls_twin(method: F) -> F:
    """Mark an asynchronous method that calls its twin, so that overriding the twin works."""
    method.calls_twin = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return method


def check_twins(cls: type, exempt: frozenset[str] = frozenset()) -> None:
    """Complain about a synchronous method that was overridden where only its twin is called.

    Args:
        cls: A class that works asynchronously.
        exempt: Names that may be overridden.

    Raises:
        ImproperlyConfigured: It overrides `name()` and not `aname()`.
    """
    for name in dir(cls):
        sync_name = name[1:]
        if name[0] != "a" or sync_name in exempt or not hasattr(cls, sync_name):
            continue
        method = inspect.getattr_static(cls, name)
        if not inspect.iscoroutinefunction(method) or getattr(method, "calls_twin", False):
            continue
        sync_owner, owner = _owner(cls, sync_name), _owner(cls, name)
        if cls.__mro__.index(sync_owner) < cls.__mro__.index(owner):
            raise ImproperlyConfigured(
                f"{cls.__qualname__} works asynchronously, where {name}() is called; but "
                f"{sync_owner.__qualname__} overrides {sync_name}(), which would never be. "
                f"Override {name}() instead, or as well."
            )


def _owner(cls: type, name: str) -> type:
    return next(base for base in cls.__mro__ if name in vars(base))
