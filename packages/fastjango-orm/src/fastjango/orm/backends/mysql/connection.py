"""PyMySQL's connection with a limit on the time that a statement may take."""

from __future__ import annotations

from typing import Any

from fastjango.orm.engine.limits import StatementLimit
from pymysql.connections import Connection  # type: ignore[import-untyped] # no stubs of its own
from pymysql.constants import CR  # type: ignore[import-untyped] # no stubs of its own
from pymysql.err import OperationalError  # type: ignore[import-untyped] # no stubs of its own

__all__ = ["LimitedConnection", "StatementTimeout"]


class StatementTimeout(OperationalError):  # type: ignore[misc] # an untyped base
    """A statement took longer than its limit; the connection is closed."""


class LimitedConnection(Connection):  # type: ignore[misc] # an untyped base
    """A connection that gives a statement up when the server says nothing for too long.

    Attributes:
        limit: How long a statement may take; None while the connection is being prepared.
    """

    limit: StatementLimit | None = None
    _read_timeout: float | None
    _write_timeout: float | None

    def __init__(
        self,
        *,
        connect_timeout: float,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        **options: Any,
    ) -> None:
        # What OPTIONS says of single packets. PyMySQL's connect_timeout ends with the TCP
        # connection: a server that then says nothing would be waited for without end.
        self._given = read_timeout, write_timeout
        try:
            super().__init__(
                connect_timeout=connect_timeout,
                read_timeout=read_timeout or connect_timeout,
                write_timeout=write_timeout or connect_timeout,
                **options,
            )
        except OperationalError as error:
            if not _ran_out(error):
                raise
            where = options.get("unix_socket") or options.get("host", "localhost")
            raise OperationalError(
                CR.CR_CONN_HOST_ERROR,
                f"MySQL at {where} could not be reached within {connect_timeout:g} s.",
            ) from error

    def _apply_limit(self) -> float | None:
        seconds = self.limit.seconds() if self.limit is not None else None
        self._read_timeout, self._write_timeout = (
            self._given if seconds is None else (seconds, seconds)
        )
        return seconds

    def ping(self, reconnect: bool = True) -> Any:
        """Ask for a sign of life, waiting for the server no longer than the limit."""
        self._apply_limit()
        return super().ping(reconnect)  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] # partly annotated

    def query(self, sql: Any, unbuffered: bool = False) -> int:
        """Run a statement, waiting for the server no longer than the limit."""
        limit = self.limit
        seconds = self._apply_limit()
        try:
            affected: int = super().query(sql, unbuffered)  # pyright: ignore[reportUnknownMemberType] # partly annotated
        except OperationalError as error:
            if limit is None or seconds is None or not _ran_out(error):
                raise
            raise StatementTimeout(CR.CR_SERVER_LOST, limit.explain(seconds)) from error
        return affected


def _ran_out(error: BaseException) -> bool:
    """Tell whether an error of the driver comes from waiting too long for the socket."""
    return isinstance(error.__cause__ or error.__context__, TimeoutError)
