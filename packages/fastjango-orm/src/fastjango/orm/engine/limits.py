"""How long a statement may take (``OPTIONS["query_timeout"]``), on both edges."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from fastjango.core.aio import is_thread_work

__all__ = ["CONNECT_TIMEOUT", "QUERY_TIMEOUT", "StatementLimit", "explain", "query_timeout"]

CONNECT_TIMEOUT = 5
"""Seconds to open a connection (``OPTIONS["connect_timeout"]``), or to learn that one works."""

QUERY_TIMEOUT = 30.0
"""Seconds a statement of a task or of a request may take when the settings say nothing."""


def query_timeout(options: Mapping[str, Any]) -> float | None:
    """Return the seconds that a statement of the asynchronous edge may take; None for any."""
    limit: float | None = options.get("query_timeout", QUERY_TIMEOUT)
    return limit


def explain(alias: str, seconds: float) -> str:
    """Return the message about a statement that took longer."""
    return (
        f"The statement did not finish within {seconds:g} s "
        f"(DATABASES[{alias!r}]['OPTIONS']['query_timeout']); its connection was dropped."
    )


class StatementLimit:
    """The limit of one synchronous connection.

    Without a setting, only what runs for a request is limited: a command or a script may ask
    questions whose answers take long.

    Attributes:
        is_checking: What runs only asks whether the server is there.
    """

    def __init__(self, alias: str, options: Mapping[str, Any]) -> None:
        self.alias = alias
        self.options = options
        self._lifted = 0
        self.is_checking = False

    def seconds(self) -> float | None:
        """Return the seconds that the next statement may take; None for any number."""
        if self.is_checking:
            return float(self.options.get("connect_timeout", CONNECT_TIMEOUT))
        if self._lifted or not ("query_timeout" in self.options or is_thread_work()):
            return None
        return query_timeout(self.options)

    def explain(self, seconds: float) -> str:
        """Return the message about a statement that took longer."""
        return explain(self.alias, seconds)

    @contextmanager
    def lifted(self) -> Generator[None, None, None]:
        """Let statements take as long as they need, as those that change tables do."""
        self._lifted += 1
        try:
            yield
        finally:
            self._lifted -= 1

    @contextmanager
    def checking(self) -> Generator[None, None, None]:
        """Wait for a sign of life no longer than for a new connection."""
        self.is_checking = True
        try:
            yield
        finally:
            self.is_checking = False
