"""psycopg's connection with a limit on the time that a statement may take."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import psycopg
from fastjango.orm.engine.limits import StatementLimit

__all__ = ["LimitedConnection", "StatementTimeout"]

CANCEL_TIMEOUT = 1.0
"""Seconds to ask the server to stop a statement that took too long."""


class StatementTimeout(psycopg.OperationalError):
    """A statement took longer than its limit; the connection is closed."""


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that gives a statement up when its time has run out.

    The clock is the client's: a server that hangs, or a network that loses every packet, cannot
    stop it as it would a ``statement_timeout``.

    Attributes:
        limit: How long a statement may take; None while the connection is being prepared.
    """

    limit: StatementLimit | None = None

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
        """Wait for one exchange with the server, no longer than the limit."""
        limit = self.limit
        if limit is None or (seconds := limit.seconds()) is None:
            return super().wait(gen, *args, **kwargs)
        try:
            # psycopg wakes up every tenth of a second, in which this looks at the clock.
            return super().wait(_limited(gen, seconds), *args, **kwargs)
        except _OutOfTimeError:
            if not limit.is_checking:
                with suppress(psycopg.Error):
                    self.cancel_safe(timeout=CANCEL_TIMEOUT)
            self.close()
            raise StatementTimeout(limit.explain(seconds)) from None


class _OutOfTimeError(Exception):
    """The time of a statement has run out."""


def _limited(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """Do what `gen` does until nothing has come from the server for too long."""
    deadline = time.monotonic() + seconds
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready and time.monotonic() >= deadline:
                raise _OutOfTimeError
            state = gen.send(ready)
    except StopIteration as end:
        return end.value
