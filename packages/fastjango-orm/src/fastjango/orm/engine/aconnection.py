"""What the engine asks of one connection of an asynchronous driver."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Final, NoReturn

from fastjango.orm.engine.limits import explain
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import ConnectionLost, Error, QueryTimeout

__all__ = ["GIVE_UP_TIMEOUT", "AsyncConnection", "ServerConnection"]

GIVE_UP_TIMEOUT: Final = 1.0
"""Seconds in which a server is told to drop a cancelled statement, before it is left to itself."""

# The loop refers to tasks weakly.
_closing: set[asyncio.Task[None]] = set()


class AsyncConnection(ABC):
    """One physical connection. It runs one statement at a time.

    Errors leave its methods already translated to `fastjango.orm.exceptions`.

    Attributes:
        opened_at: When it was opened, on the monotonic clock.
        last_used: When it last came back to its pool.
        uses: How often it was taken from its pool.
        broken: It must not be used again.
    """

    def __init__(self) -> None:
        self.opened_at = time.monotonic()
        self.last_used = self.opened_at
        self.uses = 0
        self.broken = False

    is_immediate: bool = False
    """Whether `run_now` may be asked."""

    def run_now(self, statement: Statement) -> Result | None:
        """Run a statement at once, without awaiting; None when that is not possible now."""
        return None

    @abstractmethod
    async def run(self, statement: Statement) -> Result:
        """Run a statement. A cancellation inside leaves the connection `broken` if need be."""

    @abstractmethod
    async def command(self, sql: str) -> None:
        """Run a statement without parameters or rows: BEGIN, COMMIT, SAVEPOINT."""

    @abstractmethod
    def stream(self, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows. Needs a transaction on some databases."""

    async def begin_stream(self) -> None:  # noqa: B027 - nothing to do by default
        """Prepare for `stream` outside a transaction."""

    async def end_stream(self) -> None:  # noqa: B027 - nothing to do by default
        """Undo `begin_stream`."""

    @abstractmethod
    def is_closed(self) -> bool:
        """Whether the driver already knows that the connection is gone. No I/O."""

    @abstractmethod
    async def ping(self) -> None:
        """Ask the server for a sign of life; raise an error of the family without one."""

    @abstractmethod
    async def close(self) -> None:
        """Say goodbye to the server and close."""

    @abstractmethod
    def terminate(self) -> None:
        """Close at once, without awaiting; the server rolls back."""

    async def _close_busy(self) -> None:
        """Make the server drop the statement that nobody waits for, then close; never fails."""
        self.terminate()

    async def give_up(self) -> None:
        """Give up a statement that was cancelled or took too long, and the connection with it.

        Without this a server may work on, and keep a transaction open, until it has an answer.
        It is waited for, `GIVE_UP_TIMEOUT` at most; whoever is cancelled meanwhile leaves the rest
        to a task in the background.
        """
        self.broken = True
        closing = asyncio.get_running_loop().create_task(self._close_busy())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.shield(closing)

    def lost(self, error: BaseException) -> Error:
        """Mark the connection broken and describe its loss."""
        self.broken = True
        return ConnectionLost(
            f"The database closed the connection: {error}. The connection was dropped; the next "
            "query opens a new one. Nothing needs to be restarted."
        )


class ServerConnection(AsyncConnection):
    """A connection to a server, where every statement may be cancelled or take too long.

    Args:
        wrapper: The synchronous connection of the same settings.
        driver: The driver's connection.
        timeout: Seconds a statement may take, `None` for any number.
    """

    def __init__(self, wrapper: Any, driver: Any, timeout: float | None) -> None:
        super().__init__()
        self.driver = driver
        self._wrapper = wrapper
        self._timeout = timeout

    @abstractmethod
    def _described(self, error: BaseException) -> BaseException:
        """Return ours for a driver's error, or the error itself; note what it did."""

    async def _raise(self, error: BaseException) -> NoReturn:
        """Reraise an error as ours, and note what it did to the connection."""
        if isinstance(error, asyncio.CancelledError):
            with contextlib.suppress(asyncio.CancelledError):
                await self.give_up()
            raise error
        if isinstance(error, TimeoutError):
            await self.give_up()
            raise QueryTimeout(explain(self._wrapper.alias, self._timeout or 0)) from error
        if isinstance(error, OSError):
            raise self.lost(error) from error
        described = self._described(error)
        if described is error:
            raise error
        raise described from error
