"""SQLite on an event loop: short statements on the loop itself, long ones on a thread.

A statement on the loop costs a fifth of one on a thread. It may never block: its busy timeout
is 0, and a locked database is tried again after a short sleep that lets other tasks run.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from fastjango.orm.backends.sqlite3.driver import open_connection, run_on
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.statement import Result, Statement

if TYPE_CHECKING:
    from fastjango.orm.backends.sqlite3.base import DatabaseWrapper

__all__ = ["SQLiteAsyncConnection"]

T = TypeVar("T")

SLOW = 0.005
"""Seconds; a statement that takes longer runs on a thread (``async_mode="auto"``)."""

STRIKES = 3
"""Slow runs in a row that make a statement slow: a busy machine may interrupt any of them."""

QUICK_RUNS = 5
"""Quick runs in a row on a thread that bring a statement back: the machine was busy, or there was
no index yet."""

MAX_SLOW_STATEMENTS = 1024
_FIRST_SLEEP, _LONGEST_SLEEP = 0.0005, 0.02

# Statements that run on a thread, with their quick runs there; slow runs in a row of the others.
_slow: dict[str, int] = {}
_strikes: dict[str, int] = {}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_busy(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in _BUSY


def _note(sql: str, seconds: float) -> None:
    """Remember which statements keep the loop waiting."""
    if seconds <= SLOW:
        if _strikes:
            _strikes.pop(sql, None)
        return
    strikes = _strikes.pop(sql, 0) + 1
    if strikes < STRIKES:
        _keep(_strikes, sql, strikes)
    else:
        _keep(_slow, sql, 0)


def _keep(notes: dict[str, int], sql: str, count: int) -> None:
    if len(notes) >= MAX_SLOW_STATEMENTS:
        notes.pop(next(iter(notes)))
    notes[sql] = count


def _noted_on_thread(sql: str, work: Callable[[], T]) -> T:
    """Run a slow statement; one that has become quick runs on the loop again."""
    start = perf_counter()
    result = work()
    quick = _slow.get(sql, 0) + 1 if perf_counter() - start <= SLOW else 0
    if sql in _slow:
        if quick < QUICK_RUNS:
            _slow[sql] = quick
        else:
            _slow.pop(sql, None)
    return result


class SQLiteAsyncConnection(AsyncConnection):
    """A connection of the standard library's driver, used without ever blocking."""

    def __init__(self, wrapper: DatabaseWrapper, timeout: float, mode: str) -> None:
        super().__init__()
        self._wrapper = wrapper
        self._timeout = timeout
        self._mode = mode
        self.is_immediate = mode == "auto"
        self._executor: ThreadPoolExecutor | None = None
        self._closed = False
        self.driver: sqlite3.Connection

    @classmethod
    async def open(
        cls, params: dict[str, Any], commands: Iterable[str], wrapper: DatabaseWrapper
    ) -> SQLiteAsyncConnection:
        """Open a connection.

        Args:
            params: `sqlite3.connect`'s arguments.
            commands: Statements that prepare it.
            wrapper: Whose settings and errors to use.
        """
        found = cls(wrapper, wrapper.timeout, wrapper.async_mode)
        found.driver = await found._again(
            lambda: open_connection({**params, "timeout": 0}, commands)
        )
        if found._mode == "thread":
            found.driver.execute(f"PRAGMA busy_timeout = {int(found._timeout * 1000)}")
        return found

    def __del__(self) -> None:
        # Its event loop has ended without `aclose_all`.
        if not self._closed and "driver" in self.__dict__:
            self.terminate()

    # -- where a statement runs ------------------------------------------------------------

    async def _perform(self, key: str, work: Callable[[], T]) -> T:
        mode = self._mode
        if mode == "loop":
            return await self._again(work)
        if mode == "thread":
            return await self._on_thread(work)
        if key in _slow:
            return await self._on_thread(lambda: _noted_on_thread(key, work))
        try:
            start = perf_counter()
            result = work()
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            return await self._again(work)
        _note(key, perf_counter() - start)
        return result

    async def _again(self, work: Callable[[], T]) -> T:
        """Run on the loop; while the database is locked, sleep and try again."""
        deadline: float | None = None
        sleep = _FIRST_SLEEP
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                now = time.monotonic()
                if deadline is None:
                    deadline = now + self._timeout
                if not _is_busy(error) or now >= deadline:
                    raise
            await asyncio.sleep(sleep * (0.5 + random.random()))
            sleep = min(sleep * 2, _LONGEST_SLEEP)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="fastjango-sqlite")
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + self._timeout
        while True:
            future = loop.run_in_executor(self._executor, work)
            try:
                return await asyncio.shield(future)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(_LONGEST_SLEEP)
            except asyncio.CancelledError:
                # The thread is still in the statement: stop it, and never use it again.
                self.broken = True
                self.driver.interrupt()
                future.add_done_callback(_ignore)
                raise

    # -- statements ------------------------------------------------------------------------

    def run_now(self, statement: Statement) -> Result | None:
        """Run a statement on the loop; None while the database is locked, or for a slow one."""
        sql = statement.sql
        if sql in _slow:
            return None
        start = perf_counter()
        try:
            result = run_on(self.driver, statement)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                return None
            raise self._convert(error) from error
        except sqlite3.Error as error:
            raise self._convert(error) from error
        _note(sql, perf_counter() - start)
        return result

    async def run(self, statement: Statement) -> Result:
        """Run a statement."""
        driver = self.driver
        try:
            return await self._perform(statement.sql, lambda: run_on(driver, statement))
        except sqlite3.Error as error:
            raise self._convert(error) from error

    async def command(self, sql: str) -> None:
        """Run a statement without rows."""
        driver = self.driver
        try:
            await self._perform(sql, lambda: driver.execute(sql))
        except sqlite3.Error as error:
            if sql == "ROLLBACK" and not driver.in_transaction:
                return  # SQLite has rolled back by itself
            raise self._convert(error) from error

    async def stream(self, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows."""
        driver = self.driver
        size = statement.chunk_size or 2000
        try:
            cursor = await self._perform(
                statement.sql, lambda: driver.execute(statement.sql, statement.params)
            )
        except sqlite3.Error as error:
            raise self._convert(error) from error
        try:
            while rows := await self._perform(statement.sql, lambda: cursor.fetchmany(size)):
                yield rows
                await asyncio.sleep(0)  # let other tasks run between chunks
        except sqlite3.Error as error:
            raise self._convert(error) from error
        finally:
            if not self.broken:
                cursor.close()

    def _convert(self, error: sqlite3.Error) -> BaseException:
        return self._wrapper.wrap_database_errors.convert(error) or error

    # -- life ------------------------------------------------------------------------------

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    async def ping(self) -> None:
        """Nothing to ask: there is no server."""

    async def close(self) -> None:
        """Close."""
        self.terminate()

    def terminate(self) -> None:
        """Close; a thread that is still busy closes when it is done."""
        if self._closed:
            return
        self._closed = True
        if self._executor is None:
            self._close_driver()
            return
        try:
            self._executor.submit(self._close_driver)
        except (RuntimeError, TypeError):
            # The interpreter ends: it has waited for the thread, and takes no work for it; at the
            # very end even its locks are gone.
            self._close_driver()
        self._executor.shutdown(wait=False)

    def _close_driver(self) -> None:
        try:
            self.driver.close()
        except Exception:
            # Nobody is left to tell; at the interpreter's end even sqlite3's names are gone.
            return


def _ignore(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
