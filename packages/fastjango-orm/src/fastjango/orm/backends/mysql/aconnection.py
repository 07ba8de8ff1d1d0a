"""One connection of asyncmy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import asyncmy
from asyncmy import errors
from asyncmy.cursors import SSCursor
from fastjango.orm.backends.mysql.base import (
    CONVERSIONS,
    SERVER_FACTS,
    read_facts,
    refine,
)
from fastjango.orm.engine import servers
from fastjango.orm.engine.aconnection import GIVE_UP_TIMEOUT, ServerConnection
from fastjango.orm.engine.errors import translate
from fastjango.orm.engine.limits import CONNECT_TIMEOUT, query_timeout
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import ConnectionLost, Error

if TYPE_CHECKING:
    from fastjango.orm.backends.mysql.base import DatabaseWrapper

__all__ = ["AsyncmyConnection"]

_DRIVER_ERRORS: tuple[type[BaseException], ...] = (errors.MySQLError,)


def _text(statement: Statement) -> str:
    """Return the SQL; asyncmy itself writes what tells bytes from text."""
    sql = statement.sql
    return sql.replace("_binary %s", "%s") if "_binary %s" in sql else sql


class AsyncmyConnection(ServerConnection):
    """A connection of asyncmy."""

    @classmethod
    async def open(cls, wrapper: DatabaseWrapper) -> AsyncmyConnection:
        """Open a connection with the settings of a database."""
        params = wrapper.get_connection_params()
        limit = params["connect_timeout"]
        where = params.get("unix_socket") or f"{params.get('host', 'localhost')}"
        try:
            async with asyncio.timeout(limit):
                connect: Any = asyncmy.connect  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] # partly annotated
                driver = await connect(
                    **{"conv": CONVERSIONS, "host": "localhost", "port": 3306, **params},
                    autocommit=True,
                )
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(
                f"MySQL at {where} could not be reached within {limit or CONNECT_TIMEOUT:g} s: "
                f"{error or type(error).__name__}."
            ) from error
        except _DRIVER_ERRORS as error:
            raise _map_error(error) from error
        found = cls(wrapper, driver, query_timeout(wrapper.settings_dict["OPTIONS"]))
        try:
            for command in wrapper.start_commands():
                await found.command(command)
            if not wrapper.is_server_known:
                row = (await found.run(Statement(SERVER_FACTS))).rows[0]
                servers.remember_server(wrapper.vendor, wrapper.settings_dict, read_facts(row))
        except BaseException:
            found.terminate()
            raise
        return found

    # -- statements ------------------------------------------------------------------------

    async def run(self, statement: Statement) -> Result:
        """Run a statement."""
        cursor = self.driver.cursor()
        rows: list[tuple[Any, ...]] = []
        try:
            async with asyncio.timeout(self._timeout):
                if statement.many:
                    await cursor.executemany(_text(statement), statement.params)
                    return Result([], cursor.rowcount, cursor.lastrowid)
                await cursor.execute(_text(statement), statement.params)
                if cursor.description is not None:
                    rows = list(await cursor.fetchall())
        except BaseException as error:
            await self._raise(error)
        result = Result(rows, cursor.rowcount, cursor.lastrowid)
        if statement.describe:
            result.columns = tuple(entry[0] for entry in cursor.description or ())
        return result

    async def command(self, sql: str) -> None:
        """Run a statement without rows."""
        try:
            async with asyncio.timeout(self._timeout):
                await self.driver.query(sql)
        except BaseException as error:
            await self._raise(error)

    async def stream(self, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows, which stay on the server until they are read."""
        cursor = self.driver.cursor(SSCursor)
        done = False
        try:
            await cursor.execute(_text(statement), statement.params)
            while rows := await cursor.fetchmany(statement.chunk_size or 2000):
                yield list(rows)
            done = True
        except GeneratorExit:
            raise
        except BaseException as error:
            await self._raise(error)
        finally:
            if not done:
                self.broken = True  # rows are still on the wire

    # -- errors ----------------------------------------------------------------------------

    def _described(self, error: BaseException) -> BaseException:
        if isinstance(error, _DRIVER_ERRORS):
            ours = _map_error(error)
            return self.lost(error) if isinstance(ours, ConnectionLost) else ours
        self.broken = True
        return error

    # -- life ------------------------------------------------------------------------------

    def is_closed(self) -> bool:
        """Whether asyncmy knows that the connection is gone."""
        return not self.driver.connected

    async def ping(self) -> None:
        """Ping the server."""
        try:
            await self.driver.ping(reconnect=False)
        except BaseException as error:
            await self._raise(error)

    async def close(self) -> None:
        """Say goodbye and close."""
        try:
            async with asyncio.timeout(2):
                await self.driver.ensure_closed()
        except (OSError, TimeoutError, errors.MySQLError):
            self.terminate()

    async def _close_busy(self) -> None:
        """Have the server kill the session, by a connection made for that, and close."""
        number: int = self.driver.thread_id()
        self.terminate()
        with contextlib.suppress(OSError, TimeoutError, Error):
            async with asyncio.timeout(GIVE_UP_TIMEOUT):
                other = await self.open(self._wrapper)
                try:
                    await other.command(f"KILL {number}")
                finally:
                    await other.close()

    def terminate(self) -> None:
        """Close at once."""
        try:
            self.driver.close()
        except (RuntimeError, errors.MySQLError):
            pass  # its event loop is closed, or it is closed already


def _map_error(error: BaseException) -> Error:
    kind = translate(errors, type(error)) or Error
    code = error.args[0] if error.args else None
    return refine(kind, code, str(error))(*error.args)
