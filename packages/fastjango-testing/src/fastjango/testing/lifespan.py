"""The lifespans of applications under test."""

import asyncio
import atexit
import logging
from typing import Any, Final

__all__ = ["Lifespan", "entered", "left"]

PATIENCE: Final = 5.0  # seconds that an application has to stop when the process ends

logger: Final = logging.getLogger("fastjango.testing")


class Lifespan:
    """Starts and stops an ASGI application on the event loop that it is used on."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._outbox.put)
        finally:
            self._outbox.put_nowait(None)

    async def start(self) -> None:
        """Enter the lifespan, once; an application without one is fine.

        Raises:
            RuntimeError: The application could not start.
        """
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._inbox.put_nowait({"type": "lifespan.startup"})
        await self._answer("startup")

    async def stop(self) -> None:
        """Leave the lifespan.

        Raises:
            RuntimeError: The application could not stop.
        """
        if self._task is None or self._task.done():
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await self._answer("shutdown")
        await self._task

    async def _answer(self, phase: str) -> None:
        message = await self._outbox.get()
        task = self._task
        if message is None and task is not None:
            await asyncio.wait([task])
            error = task.exception()
            if error is not None and phase == "startup" and not isinstance(error, Exception):
                raise error
            return
        if message is not None and message["type"] == f"lifespan.{phase}.failed":
            raise RuntimeError(f"The application's {phase} failed: {message.get('message', '')}")


_entered: Final[dict[tuple[Any, asyncio.AbstractEventLoop], Lifespan]] = {}


async def entered(app: Any) -> Lifespan:
    """Return the application's lifespan on the running loop, started at the first call.

    It is left by `left`, and at the latest when the process ends.

    Raises:
        RuntimeError: The application could not start.
    """
    key = app, asyncio.get_running_loop()
    if key not in _entered:
        for former in [one for one in _entered if one[1].is_closed()]:
            del _entered[former]
        _entered[key] = Lifespan(app)
    await _entered[key].start()
    return _entered[key]


async def left(app: Any) -> None:
    """Leave the application's lifespan on the running loop, if it was entered there.

    Raises:
        RuntimeError: The application could not stop.
    """
    lifespan = _entered.pop((app, asyncio.get_running_loop()), None)
    if lifespan is not None:
        await lifespan.stop()


@atexit.register
def _leave_all() -> None:
    """Stop what still runs on loops of other threads: the loop of the synchronous clients."""
    for app, loop in list(_entered):
        if loop.is_running():
            try:
                asyncio.run_coroutine_threadsafe(left(app), loop).result(PATIENCE)
            except Exception as error:
                logger.warning("%r did not stop: %r", app, error)
