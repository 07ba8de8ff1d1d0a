"""One lifespan for the whole site: every plugin's, in order, once, wherever the site runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

from starlette.types import Lifespan

from .invocation import closing_databases

__all__ = ["LifespanChain"]

Contribution = Callable[[Any], AbstractAsyncContextManager[Any]]


class LifespanChain:
    """Enters contributions in order and leaves them in reverse, once for each event loop.

    A server (or a test client used as a context manager) sends lifespan events, and the chain
    wraps what the application does on them. A site that is mounted in another application gets no
    such events; there the chain is entered with the first request and left when the loop ends.
    What is left last, in an application without contributions too, is the database layer, which
    closes its connections.
    """

    def __init__(self, contributions: Sequence[Contribution]) -> None:
        self.contributions: list[Contribution] = list(contributions)
        self._running: WeakKeyDictionary[Any, asyncio.Event | None] = WeakKeyDictionary()
        self._keepers: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self.contributions)

    def around(self, inner: Lifespan[Any]) -> Lifespan[Any]:
        """Return a lifespan that enters the chain first and leaves it last."""

        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncGenerator[Mapping[str, Any]]:
            async with self._entered(app), inner(app) as state:
                # Starlette's type says "always or never"; a lifespan may also yield nothing.
                yield cast("Mapping[str, Any]", state)

        return lifespan

    @asynccontextmanager
    async def _entered(self, app: Any) -> AsyncGenerator[None]:
        loop = _current_loop()
        if loop is not None and loop in self._running:
            # An outer application and a mounted one share the site: once is enough.
            yield
            return
        if loop is not None:
            self._running[loop] = None
        try:
            async with AsyncExitStack() as stack:
                await self._enter_all(stack, app)
                yield
        finally:
            if loop is not None:
                self._running.pop(loop, None)

    async def _enter_all(self, stack: AsyncExitStack, app: Any) -> None:
        # First in, last out: whatever else ends may still query.
        await stack.enter_async_context(closing_databases())
        for contribution in self.contributions:
            await stack.enter_async_context(contribution(app))

    async def ensure(self, app: Any) -> None:
        """Enter the chain if nobody has; it is then left when the event loop ends.

        Raises:
            RuntimeError: A contribution failed; its exception is the cause.
        """
        loop = _current_loop()
        if loop is None:
            return
        if loop in self._running:
            waiting = self._running[loop]
            if waiting is not None:
                await waiting.wait()
            return
        ready = self._running[loop] = asyncio.Event()
        failures: list[BaseException] = []
        keeper = asyncio.create_task(self._keep(app, ready, failures), name="fastjango-lifespan")
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        await ready.wait()
        if failures:
            self._running.pop(loop, None)
            raise RuntimeError("The site could not start; see the cause.") from failures[0]
        self._running[loop] = None

    async def _keep(self, app: Any, ready: asyncio.Event, failures: list[BaseException]) -> None:
        try:
            async with AsyncExitStack() as stack:
                await self._enter_all(stack, app)
                ready.set()
                # Until the loop cancels what is left of its tasks.
                await asyncio.Event().wait()
        except Exception as error:
            if ready.is_set():
                raise
            failures.append(error)
        finally:
            ready.set()
            self._running.pop(asyncio.get_running_loop(), None)


def _current_loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None  # another event loop library: its lifespan events are all there is
