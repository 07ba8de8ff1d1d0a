"""What the engine asks of one connection of an asynchronous driver."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Final

from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import ConnectionLost, Error

__all__ = ["GIVE_UP_TIMEOUT", "AsyncConnection"]

GIVE_UP_TIMEOUT: Final = 2.0
"""Seconds in which a server is told to drop a cancelled statement, before it is left to itself."""


class AsyncConnection(ABC):
    """One physical connection. It runs one statement at a time.

    Errors leave its methods already translated to `fastjango.orm.exceptions`.

    Attributes:
        opened_at: When it was opened, on the monotonic clock.
        last_used: When it last came back to its pool.
        uses: How often it was taken from its pool.
        broken: It must not be used again.
        given_up: Nobody waits any more for a statement that the server may be busy with.
        dirty: Session settings may have been changed; it needs a reset before others use it.
    """

    def __init__(self) -> None:
        self.opened_at = time.monotonic()
        self.last_used = self.opened_at
        self.uses = 0
        self.broken = False
        self.given_up = False
        self.dirty = False

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
    async def reset(self) -> None:
        """Put session state back to what a fresh connection has."""

    @abstractmethod
    async def close(self) -> None:
        """Say goodbye to the server and close."""

    @abstractmethod
    def terminate(self) -> None:
        """Close at once, without awaiting; the server rolls back."""

    async def give_up(self) -> None:
        """Make the server drop the statement that nobody waits for, then close.

        Without this a server may work on, and keep a transaction open, until it has an answer.
        It takes `GIVE_UP_TIMEOUT` at most, and never fails.
        """
        self.terminate()

    def lost(self, error: BaseException) -> Error:
        """Mark the connection broken and describe its loss."""
        self.broken = True
        return ConnectionLost(
            f"The database closed the connection: {error}. The connection was dropped; the next "
            "query opens a new one. Nothing needs to be restarted."
        )
