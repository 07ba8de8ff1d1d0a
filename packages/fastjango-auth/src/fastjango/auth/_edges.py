"""Plans for both edges, as this plugin writes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeAlias, TypeVar, cast

from fastjango.core.twins import Step, overrides_without_twin
from fastjango.core.twins import afollow as arun
from fastjango.core.twins import follow as run
from fastjango.http.aio import run_in_thread
from fastjango.http.views.decorators.debug import sensitive_variables

__all__ = ["Step", "Steps", "arun", "call", "pair", "run"]

T = TypeVar("T")
Steps: TypeAlias = Generator[Step, Any, T]


class _Pair:
    """Two functions that take the same arguments, on which error reports keep silent."""

    __slots__ = ("args", "kwargs", "sync", "twin")

    def __init__(self, sync: Any, twin: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.sync, self.twin, self.args, self.kwargs = sync, twin, args, kwargs

    @sensitive_variables()
    def call(self) -> Any:
        return self.sync(*self.args, **self.kwargs)

    @sensitive_variables()
    async def acall(self) -> Any:
        return await self.twin(*self.args, **self.kwargs)


class _Method:
    """A method and its twin, by name; looked up when they are called."""

    __slots__ = ("args", "kwargs", "name", "owner")

    def __init__(
        self, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.owner, self.name, self.args, self.kwargs = owner, name, args, kwargs

    @sensitive_variables()
    def call(self) -> Any:
        return getattr(self.owner, self.name)(*self.args, **self.kwargs)

    @sensitive_variables()
    async def acall(self) -> Any:
        if overrides_without_twin(cast("Any", type(self.owner)), self.name):
            return await run_in_thread(self.call)
        return await getattr(self.owner, f"a{self.name}")(*self.args, **self.kwargs)


@sensitive_variables()
def pair(
    sync: Callable[..., Any], twin: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
) -> Step:
    """Return the step of two functions that take the same arguments.

    Error reports keep the arguments to themselves, as passwords are among them.
    """
    # It has what a step has; one more object for each thing to wait for would be for nothing.
    return cast("Step", _Pair(sync, twin, args, kwargs))


@sensitive_variables()
def call(owner: Any, name: str, *args: Any, **kwargs: Any) -> Step:
    """Return the step of a method, or of the one with an `a` in front of its name.

    Where a subclass has overridden the first alone, that runs in a worker thread: what somebody
    wrote to refuse a login is never passed over.
    """
    return cast("Step", _Method(owner, name, args, kwargs))
