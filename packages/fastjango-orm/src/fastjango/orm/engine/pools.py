"""Pools of asynchronous connections: one for each database and event loop, last in first out.

The newest idle connection is used first, so that the oldest ones idle long enough to be closed.
Taking an idle connection is a list pop; nothing is awaited.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.exceptions import DatabaseUnavailable, Error, PoolTimeout

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["Pool", "PoolOptions", "close_pools", "current_pool", "pool_for", "pool_of"]

logger = logging.getLogger("fastjango.orm.engine")

RECYCLE_TIMEOUT = 5.0
"""Seconds in which an abandoned connection must roll back, else it is cut off."""

HEALTH_CHECK_AFTER = 1.0
"""Seconds of idling after which `CONN_HEALTH_CHECKS` pings before use."""


@dataclass(slots=True, frozen=True)
class PoolOptions:
    """Limits of a pool; ``DATABASES[alias]["OPTIONS"]["pool"]``.

    Attributes:
        min_size: Connections kept open when idle; the first one is opened at the first query of
            a loop, the others behind it.
        max_size: Connections open at once.
        timeout: Seconds a task waits for a free connection before `PoolTimeout`.
        max_waiting: Tasks that may wait; the next one gets `PoolTimeout` at once. 0: no limit.
        max_lifetime: Seconds after which a connection is replaced; None: never.
        max_idle: Seconds after which an idle connection above `min_size` is closed.
        health_checks: Ping a connection that has idled before using it.
    """

    min_size: int = 0
    max_size: int = 10
    timeout: float = 5.0
    max_waiting: int = 0
    max_lifetime: float | None = None
    max_idle: float = 600.0
    health_checks: bool = False

    @classmethod
    def from_settings(cls, alias: str, entry: dict[str, Any], **defaults: Any) -> PoolOptions:
        """Read the options of one database.

        ``CONN_MAX_AGE`` limits the lifetime when it is positive; 0, Django's default, means that
        a request gives its connection back to the pool, which is what a pool does anyway.
        """
        wanted: Any = entry["OPTIONS"].get("pool")
        given = cast("dict[str, Any]", wanted) if isinstance(wanted, dict) else {}
        unknown = sorted(set(given) - set(cls.__dataclass_fields__))
        if unknown:
            raise ImproperlyConfigured(
                f"DATABASES[{alias!r}]['OPTIONS']['pool'] has the unknown key {unknown[0]!r}. "
                f"Keys: {', '.join(sorted(cls.__dataclass_fields__))}."
            )
        options: dict[str, Any] = {
            "max_lifetime": entry["CONN_MAX_AGE"] or None,
            "health_checks": entry["CONN_HEALTH_CHECKS"],
            **defaults,
            **given,
        }
        found = cls(**options)
        if not 0 <= found.min_size <= found.max_size or found.max_size < 1:
            raise ImproperlyConfigured(
                f"DATABASES[{alias!r}]['OPTIONS']['pool'] has min_size={found.min_size} and "
                f"max_size={found.max_size}; 0 <= min_size <= max_size and max_size >= 1 must hold."
            )
        return found


class Pool:
    """The connections of one database on one event loop.

    Args:
        alias: For messages.
        options: The limits.
        connect: Opens a connection.
    """

    def __init__(
        self,
        alias: str,
        options: PoolOptions,
        connect: Callable[[], Awaitable[AsyncConnection]],
    ) -> None:
        self.alias = alias
        self.options = options
        self.closed = False
        self._connect = connect
        self._idle: list[AsyncConnection] = []
        self._size = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._background: set[asyncio.Task[None]] = set()
        self._max_lifetime = options.max_lifetime
        self._health_checks = options.health_checks
        self._next_sweep = 0.0
        _all_pools.add(self)

    def __repr__(self) -> str:
        return (
            f"<Pool alias={self.alias!r} size={self._size} idle={len(self._idle)} "
            f"waiting={len(self._waiters)} max_size={self.options.max_size}>"
        )

    @property
    def size(self) -> int:
        """Connections open or being opened."""
        return self._size

    @property
    def idle(self) -> int:
        """Open connections that nobody uses."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """Tasks waiting for a connection."""
        return len(self._waiters)

    # -- taking ----------------------------------------------------------------------------

    def take(self) -> AsyncConnection | None:
        """Return an idle connection that is ready at once, or None."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if connection.is_closed() or (
                self._max_lifetime is not None and self._is_too_old(connection)
            ):
                self._discard(connection)
                continue
            if self._health_checks and self._is_due(connection):
                idle.append(connection)
                return None
            connection.uses += 1
            return connection
        return None

    async def acquire(self) -> AsyncConnection:
        """Return a connection: an idle one, a new one, or the next one given back.

        Raises:
            PoolTimeout: None became free within the limit.
            DatabaseUnavailable: A new one could not be opened.
        """
        deadline: float | None = None
        while True:
            connection = await self._take_checked()
            if connection is not None:
                return connection
            if self._size < self.options.max_size:
                connection = await self._open()
                if self._size < self.options.min_size:
                    # Of nobody's transaction, nor watched by who watches the caller.
                    self._in_background(self._fill_quietly(), contextvars.Context())
                return connection
            if deadline is None:
                deadline = time.monotonic() + self.options.timeout
            await self._wait(deadline)

    async def _take_checked(self) -> AsyncConnection | None:
        while True:
            connection = self.take()
            if connection is not None or not self._idle:
                return connection
            connection = self._idle.pop()
            try:
                await asyncio.wait_for(connection.ping(), self.options.timeout)
            except (Error, TimeoutError):
                self._discard(connection)
                continue
            except BaseException:
                self._discard(connection)
                raise
            connection.uses += 1
            return connection

    async def _open(self) -> AsyncConnection:
        self._size += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._size -= 1
            self._wake()
            raise
        connection.uses = 1
        return connection

    async def _wait(self, deadline: float) -> None:
        limit = self.options.max_waiting
        if limit and len(self._waiters) >= limit:
            raise self._exhausted(f"{limit} tasks are already waiting (max_waiting)")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await waiter
        except TimeoutError:
            raise self._exhausted(
                f"none became free within {self.options.timeout:g} s (timeout)"
            ) from None
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._wake()  # it was our turn: pass it on
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiters.remove(waiter)

    def _exhausted(self, why: str) -> PoolTimeout:
        return PoolTimeout(
            f"All {self.options.max_size} connections of the database {self.alias!r} are in use "
            f"and {why}. Make transactions shorter, or raise "
            f"DATABASES[{self.alias!r}]['OPTIONS']['pool']['max_size']."
        )

    # -- giving back -----------------------------------------------------------------------

    def give_back(self, connection: AsyncConnection) -> None:
        """Return a clean connection."""
        if connection.broken or self.closed or connection.is_closed():
            self._discard(connection)
        else:
            connection.last_used = now = time.monotonic()
            self._idle.append(connection)
            if self._waiters:
                self._wake()
            elif now >= self._next_sweep:
                self._sweep(now)

    def abandon(self, connection: AsyncConnection) -> None:
        """Return a connection that may be inside a transaction, without awaiting.

        A task of its own rolls it back, out of reach of the caller's cancellation; one that is
        broken or in the middle of a statement is cut off.
        """
        if connection.broken or self.closed or connection.is_closed():
            self._discard(connection)
        else:
            self._in_background(self._roll_back(connection))

    async def _roll_back(self, connection: AsyncConnection) -> None:
        try:
            async with asyncio.timeout(RECYCLE_TIMEOUT):
                await connection.command("ROLLBACK")
        except BaseException as error:
            connection.broken = True
            self._discard(connection)
            if not isinstance(error, Error | TimeoutError):
                raise
        else:
            self.give_back(connection)

    def _in_background(self, work: Any, context: contextvars.Context | None = None) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work, context=context)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def purge(self) -> None:
        """Drop every idle connection: one was found dead, so the others probably are."""
        idle, self._idle = self._idle, []
        for connection in idle:
            self._discard(connection)

    def _discard(self, connection: AsyncConnection) -> None:
        self._size -= 1
        connection.terminate()
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _is_too_old(self, connection: AsyncConnection) -> bool:
        limit = self._max_lifetime
        return limit is not None and time.monotonic() - connection.opened_at >= limit

    def _is_due(self, connection: AsyncConnection) -> bool:
        return time.monotonic() - connection.last_used >= HEALTH_CHECK_AFTER

    def _sweep(self, now: float) -> None:
        """Close connections that have idled too long, the oldest first."""
        self._next_sweep = now + 1.0
        limit = now - self.options.max_idle
        while self._idle and self._size > self.options.min_size and self._idle[0].last_used < limit:
            self._discard(self._idle.pop(0))

    # -- opening and closing ---------------------------------------------------------------

    async def fill(self) -> None:
        """Open connections up to `min_size`.

        A pool does so by itself, in the background, when it has opened one for a task and has
        fewer: at its first query, and after it lost them.

        Raises:
            DatabaseUnavailable: One could not be opened.
        """
        while self._size < self.options.min_size and not self.closed:
            self.give_back(await self._open())

    async def _fill_quietly(self) -> None:
        try:
            await self.fill()
        except Error as error:
            logger.warning(
                "The pool of the database %r has %d connections instead of min_size=%d: %s",
                self.alias,
                self._size,
                self.options.min_size,
                error,
            )

    async def close(self) -> None:
        """Close idle connections; those in use are closed when they come back."""
        self.closed = True
        if self._background:
            await asyncio.gather(*self._background, return_exceptions=True)
        idle, self._idle = self._idle, []
        for connection in idle:
            self._size -= 1
            with contextlib.suppress(Error):
                await connection.close()
        waiters, self._waiters = self._waiters, deque()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(
                    DatabaseUnavailable(f"The pool of the database {self.alias!r} was closed.")
                )

    def terminate(self) -> None:
        """Cut off idle connections without a running loop."""
        self.closed = True
        self.purge()


class _LoopPools(threading.local):
    """The pools of this thread's event loop."""

    loop: asyncio.AbstractEventLoop | None = None
    pools: dict[str, Pool] = {}


_here = _LoopPools()
_all_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def current_pool(alias: str) -> Pool | None:
    """Return the open pool of a database on the running loop, when there is one."""
    here = _here
    if here.loop is not asyncio.get_running_loop():
        return None
    found = here.pools.get(alias)
    return None if found is None or found.closed else found


def pool_for(alias: str, make: Callable[[], Pool]) -> Pool:
    """Return the pool of a database on the running loop, making it at first use.

    Pools of an earlier loop of this thread are cut off: their connections cannot be used again.
    """
    loop = asyncio.get_running_loop()
    if _here.loop is not loop:
        if _here.loop is not None:
            discard_pools()
        _here.loop, _here.pools = loop, {}
    found = _here.pools.get(alias)
    if found is None or found.closed:
        found = _here.pools[alias] = make()
    return found


def pool_of(wrapper: BaseDatabaseWrapper) -> Pool:
    """Return the pool of a database on the running loop."""
    found = current_pool(wrapper.alias)
    if found is not None:
        return found

    def make() -> Pool:
        options = PoolOptions.from_settings(
            wrapper.alias, wrapper.settings_dict, **wrapper.pool_defaults()
        )
        return Pool(wrapper.alias, options, wrapper.aconnect)

    return pool_for(wrapper.alias, make)


async def close_pools() -> None:
    """Close the pools of the running loop."""
    if _here.loop is not asyncio.get_running_loop():
        return
    pools, _here.pools = _here.pools, {}
    for pool in pools.values():
        await pool.close()


def discard_pools() -> None:
    """Replace this thread's pools at next use; their idle connections are cut off."""
    for pool in _here.pools.values():
        pool.terminate()


def has_open_pools() -> bool:
    """Whether any thread of the process has a pool with connections."""
    return any(not pool.closed and pool.size for pool in _all_pools)


def known_pools() -> dict[str, Pool]:
    """The pools of this thread's latest loop by alias, for monitoring and tests."""
    return dict(_here.pools)
