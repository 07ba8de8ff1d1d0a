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


@sensitive_variables()
def pair(
    sync: Callable[..., Any], twin: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
) -> Step:
    """Return the step of two functions that take the same arguments.

    Error reports keep the arguments to themselves, as passwords are among them.
    """

    @sensitive_variables()
    def call_sync() -> Any:
        return sync(*args, **kwargs)

    @sensitive_variables()
    async def call_twin() -> Any:
        return await twin(*args, **kwargs)

    return Step(call_sync, call_twin)


@sensitive_variables()
def call(owner: Any, name: str, *args: Any, **kwargs: Any) -> Step:
    """Return the step of a method, or of the one with an `a` in front of its name.

    Where a subclass has overridden the first alone, that runs in a worker thread: what somebody
    wrote to refuse a login is never passed over.
    """

    @sensitive_variables()
    def call_sync() -> Any:
        return getattr(owner, name)(*args, **kwargs)

    @sensitive_variables()
    async def call_twin() -> Any:
        if overrides_without_twin(cast("Any", type(owner)), name):
            return await run_in_thread(call_sync)
        return await getattr(owner, f"a{name}")(*args, **kwargs)

    return Step(call_sync, call_twin)
