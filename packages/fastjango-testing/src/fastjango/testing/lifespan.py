"""The lifespan of an application under test."""

import asyncio
from typing import Any

__all__ = ["Lifespan"]


class Lifespan:
    """Starts and stops an ASGI application on the event loop that it is used on."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._outbox.put)
        finally:
            self._outbox.put_nowait(None)

    async def start(self) -> None:
        """Enter the lifespan; an application without one is fine.

        Raises:
            RuntimeError: The application could not start.
        """
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
