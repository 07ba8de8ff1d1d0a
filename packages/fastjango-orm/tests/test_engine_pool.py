"""The pool of asynchronous connections, and transactions on it, against a model."""

import asyncio
from typing import Any

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import transaction
from fastjango.orm.engine import pools
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.pools import Pool, PoolOptions, close_pools, pool_for
from fastjango.orm.engine.runner import arun
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import (
    ConnectionLost,
    DatabaseUnavailable,
    OperationalError,
    PoolTimeout,
    TransactionManagementError,
)
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule


class FakeServer:
    """Committed rows, and the connections that are open to them."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.open: set[FakeConnection] = set()
        self.down = False
        self.opened = 0


class FakeConnection(AsyncConnection):
    """A connection whose transaction is a stack of lists of rows."""

    def __init__(self, server: FakeServer) -> None:
        super().__init__()
        self.server = server
        self.stack: list[tuple[str, list[int]]] = []
        self.gone = False
        self.commands: list[str] = []
        self.ping_error: Exception | None = None
        server.open.add(self)
        server.opened += 1

    async def run(self, statement: Statement) -> Result:
        if self.server.down:
            raise self.lost(OSError("reset by peer"))
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.broken = True
            raise
        if statement.sql == "insert":
            value = statement.params[0]
            if self.stack:
                self.stack[-1][1].append(value)
            else:
                self.server.rows.append(value)
        if statement.sql == "fail":
            raise OperationalError("no")
        if statement.sql == "hang":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.broken = True
                raise
        return Result([(row,) for row in self.visible()], 1)

    def visible(self) -> list[int]:
        return self.server.rows + [row for _, rows in self.stack for row in rows]

    async def command(self, sql: str) -> None:
        self.commands.append(sql)
        if self.server.down:
            raise self.lost(OSError("reset by peer"))
        await asyncio.sleep(0)
        word, _, name = sql.replace("TO SAVEPOINT", "").partition(" ")
        if sql.startswith("BEGIN"):
            assert not self.stack, "a transaction was left open on a pooled connection"
            self.stack.append(("", []))
        elif sql == "COMMIT":
            for _, rows in self.stack:
                self.server.rows.extend(rows)
            self.stack.clear()
        elif sql == "ROLLBACK":
            self.stack.clear()
        elif word == "SAVEPOINT":
            self.stack.append((name.strip(), []))
        elif word == "ROLLBACK":
            while self.stack[-1][0] != name.strip():
                self.stack.pop()
            self.stack[-1] = (self.stack[-1][0], [])
        elif word == "RELEASE":
            name = name.split()[-1]
            while True:
                found, rows = self.stack.pop()
                self.stack[-1][1].extend(rows)
                if found == name:
                    break

    def stream(self, statement: Statement) -> Any:
        return self._chunks()

    async def _chunks(self) -> Any:
        for row in self.visible():
            yield [(row,)]

    def is_closed(self) -> bool:
        return self.gone

    async def ping(self) -> None:
        if self.ping_error is not None:
            raise self.ping_error

    async def close(self) -> None:
        self.terminate()

    def terminate(self) -> None:
        self.gone = True
        self.stack.clear()
        self.server.open.discard(self)


def make_pool(server: FakeServer, **options: Any) -> Pool:
    async def connect() -> AsyncConnection:
        await asyncio.sleep(0)
        if server.down:
            raise ConnectionLost("refused")
        return FakeConnection(server)

    return Pool("default", PoolOptions(**options), connect)


def insert(value: int) -> Any:
    result = yield Statement("insert", [value], kind="write")
    return result.rows


def do(sql: str, kind: Any = "read") -> Any:
    return (yield Statement(sql, kind=kind)).rows


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    fake = FakeServer()
    connections.reconfigure(
        {
            "default": {
                "ENGINE": "sqlite",
                "NAME": ":memory:",
                "OPTIONS": {"pool": {"max_size": 5, "timeout": 0.05}},
            }
        }
    )
    wrapper = connections["default"]

    async def aconnect() -> AsyncConnection:
        await asyncio.sleep(0)
        if fake.down:
            raise ConnectionLost("refused")
        return FakeConnection(fake)

    wrapper.aconnect = aconnect  # type: ignore[method-assign]
    yield fake
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


# -- taking and giving back ----------------------------------------------------------------


async def test_last_connection_given_back_is_taken_first() -> None:
    pool = make_pool(FakeServer())
    first, second = await pool.acquire(), await pool.acquire()
    pool.give_back(first)
    pool.give_back(second)
    assert pool.take() is second
    assert pool.take() is first
    assert pool.take() is None
    assert (pool.size, pool.idle) == (2, 0)


async def test_exhausted_pool_waits_then_names_the_setting() -> None:
    pool = make_pool(FakeServer(), max_size=1, timeout=0.01)
    held = await pool.acquire()
    with pytest.raises(PoolTimeout, match=r"All 1 connections of the database 'default'.*max_size"):
        await pool.acquire()
    assert PoolTimeout.http_status == 503
    assert pool.waiting == 0
    pool.give_back(held)
    assert await pool.acquire() is held


async def test_waiters_are_served_in_order() -> None:
    pool = make_pool(FakeServer(), max_size=1, timeout=5)
    held = await pool.acquire()
    order: list[int] = []

    async def worker(number: int) -> None:
        connection = await pool.acquire()
        order.append(number)
        pool.give_back(connection)

    tasks = [asyncio.create_task(worker(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert pool.waiting == 4
    pool.give_back(held)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3]


async def test_cancelled_waiter_passes_its_turn_on() -> None:
    pool = make_pool(FakeServer(), max_size=1, timeout=5)
    held = await pool.acquire()
    first = asyncio.create_task(pool.acquire())
    second = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.give_back(held)
    first.cancel()
    assert await asyncio.wait_for(second, 1) is held
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_number_of_waiters_can_be_limited() -> None:
    pool = make_pool(FakeServer(), max_size=1, timeout=5, max_waiting=1)
    await pool.acquire()
    waiter = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    with pytest.raises(PoolTimeout, match="1 tasks are already waiting"):
        await pool.acquire()
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)


async def test_failed_opening_frees_its_place() -> None:
    server = FakeServer()
    pool = make_pool(server, max_size=1, timeout=5)
    server.down = True
    with pytest.raises(ConnectionLost):
        await pool.acquire()
    server.down = False
    assert await pool.acquire()
    assert pool.size == 1


async def test_broken_and_closed_connections_are_replaced() -> None:
    pool = make_pool(FakeServer())
    broken = await pool.acquire()
    broken.broken = True
    pool.give_back(broken)
    assert (pool.size, pool.idle) == (0, 0)
    closed = await pool.acquire()
    pool.give_back(closed)
    closed.terminate()
    assert await pool.acquire() is not closed


async def test_old_connections_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = make_pool(FakeServer(), max_lifetime=10)
    connection = await pool.acquire()
    pool.give_back(connection)
    connection.opened_at -= 11
    assert await pool.acquire() is not connection


async def test_idle_connections_above_the_minimum_are_closed() -> None:
    server = FakeServer()
    pool = make_pool(server, min_size=1, max_idle=5)
    several = [await pool.acquire() for _ in range(3)]
    for connection in several:
        pool.give_back(connection)
        connection.last_used -= 60
    pool._next_sweep = 0
    last = pool.take()
    assert last is not None
    pool.give_back(last)
    assert pool.size == 1
    assert server.open == {last}


async def test_health_check_pings_after_idling() -> None:
    pool = make_pool(FakeServer(), health_checks=True)
    connection: Any = await pool.acquire()
    pool.give_back(connection)
    assert pool.take() is connection  # used a moment ago: no ping
    pool.give_back(connection)
    connection.last_used -= 5
    assert pool.take() is None
    assert await pool.acquire() is connection
    pool.give_back(connection)
    connection.last_used -= 5
    connection.ping_error = ConnectionLost("gone")
    assert await pool.acquire() is not connection


async def test_abandoned_connection_is_rolled_back_elsewhere() -> None:
    pool = make_pool(FakeServer())
    connection: Any = await pool.acquire()
    await connection.command("BEGIN")
    pool.abandon(connection)
    await pool.close()
    assert connection.commands == ["BEGIN", "ROLLBACK"]


async def test_abandoned_connection_that_cannot_roll_back_is_cut_off() -> None:
    server = FakeServer()
    pool = make_pool(server)
    connection = await pool.acquire()
    await connection.command("BEGIN")
    server.down = True
    pool.abandon(connection)
    for _ in range(3):
        await asyncio.sleep(0)
    assert pool.size == 0
    assert not server.open


async def test_closing_tells_waiters() -> None:
    pool = make_pool(FakeServer(), max_size=1, timeout=5)
    held = await pool.acquire()
    waiter = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(DatabaseUnavailable, match="was closed"):
        await waiter
    pool.give_back(held)
    assert pool.size == 0


async def test_fill_opens_the_minimum() -> None:
    server = FakeServer()
    pool = make_pool(server, min_size=3)
    await pool.fill()
    assert (pool.size, pool.idle, len(server.open)) == (3, 3, 3)
    assert repr(pool) == "<Pool alias='default' size=3 idle=3 waiting=0 max_size=10>"


async def test_the_minimum_is_opened_behind_the_first_connection() -> None:
    server = FakeServer()
    pool = make_pool(server, min_size=3)
    assert pool.size == 0
    first = await pool.acquire()
    await asyncio.gather(*pool._background)
    assert (pool.size, pool.idle) == (3, 2)
    pool.give_back(first)
    pool.purge()  # the server was restarted
    assert pool.size == 0
    pool.give_back(await pool.acquire())
    await asyncio.gather(*pool._background)
    assert (pool.size, pool.idle, server.opened) == (3, 3, 6)
    await pool.close()


async def test_the_minimum_takes_no_place_from_those_who_wait() -> None:
    pool = make_pool(FakeServer(), min_size=2, max_size=2)
    held = [await pool.acquire() for _ in range(2)]
    await asyncio.gather(*pool._background)
    assert (pool.size, pool.idle) == (2, 0)
    for connection in held:
        pool.give_back(connection)
    await pool.close()


async def test_a_minimum_that_cannot_be_opened_is_told(caplog: pytest.LogCaptureFixture) -> None:
    server = FakeServer()
    pool = make_pool(server, min_size=2)
    held = await pool.acquire()
    server.down = True
    await asyncio.gather(*pool._background)
    assert [record.getMessage() for record in caplog.records] == [
        "The pool of the database 'default' has 1 connections instead of min_size=2: refused"
    ]
    pool.give_back(held)
    assert (pool.size, pool.idle) == (1, 1)
    await pool.close()


async def test_a_pool_closed_while_it_fills_keeps_nothing_open() -> None:
    server = FakeServer()
    pool = make_pool(server, min_size=3)
    pool.give_back(await pool.acquire())
    await pool.close()
    assert (pool.size, server.open) == (0, set())


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"maxsize": 3}, "unknown key 'maxsize'"),
        ({"max_size": 0}, "max_size >= 1"),
        ({"min_size": 11}, "min_size=11 and max_size=10"),
    ],
)
def test_wrong_options_are_refused(pool: Any, message: str) -> None:
    entry = {"OPTIONS": {"pool": pool}, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    with pytest.raises(ImproperlyConfigured, match=message):
        PoolOptions.from_settings("default", entry)


def test_options_follow_the_connection_settings() -> None:
    entry = {"OPTIONS": {"pool": True}, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    options = PoolOptions.from_settings("default", entry)
    assert (options.max_lifetime, options.health_checks) == (60, True)
    assert PoolOptions.from_settings("x", {**entry, "CONN_MAX_AGE": 0}).max_lifetime is None


def test_pools_belong_to_their_loop() -> None:
    server = FakeServer()

    async def use() -> Pool:
        pool = pool_for("default", lambda: make_pool(server))
        pool.give_back(await pool.acquire())
        assert pool_for("default", lambda: make_pool(server)) is pool
        return pool

    first = asyncio.run(use())
    assert pools.has_open_pools()

    async def use_again() -> Pool:
        second = await use()
        await close_pools()
        return second

    second = asyncio.run(use_again())
    assert first is not second
    assert first.closed
    assert not server.open


# -- statements outside transactions -------------------------------------------------------


async def test_dead_idle_connection_is_replaced_for_a_read(server: FakeServer) -> None:
    await arun(insert(1))
    server.down = True
    with pytest.raises(ConnectionLost):
        await arun(do("select"))
    server.down = False
    assert await arun(do("select")) == [(1,)]
    await close_pools()


async def test_read_is_repeated_when_only_the_idle_connection_was_dead(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await arun(insert(1))
    (connection,) = server.open

    async def fail(statement: Statement) -> Result:
        raise connection.lost(OSError("reset by peer"))

    monkeypatch.setattr(connection, "run", fail)
    assert await arun(do("select")) == [(1,)]
    assert connection not in server.open
    monkeypatch.undo()
    await close_pools()


async def test_write_is_never_repeated(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    await arun(insert(1))
    (connection,) = server.open

    async def fail(statement: Statement) -> Result:
        raise connection.lost(OSError("reset by peer"))

    monkeypatch.setattr(connection, "run", fail)
    with pytest.raises(ConnectionLost, match="reset by peer"):
        await arun(insert(2))
    assert server.rows == [1]
    await close_pools()


async def test_begin_survives_a_dead_idle_connection(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await arun(insert(1))
    (connection,) = server.open

    async def fail(sql: str) -> None:
        raise connection.lost(OSError("reset by peer"))

    monkeypatch.setattr(connection, "command", fail)
    async with transaction.atomic():
        await arun(insert(2))
    assert server.rows == [1, 2]
    await close_pools()


async def test_pool_exhaustion_is_a_503_and_recovers(server: FakeServer) -> None:
    release = asyncio.Event()

    async def hold() -> None:
        async with transaction.atomic():
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(5)]
    await asyncio.sleep(0.01)
    with pytest.raises(PoolTimeout) as caught:
        await arun(do("select"))
    assert caught.value.http_status == 503
    release.set()
    await asyncio.gather(*holders)
    assert await arun(do("select")) == []
    await close_pools()


# -- cancellation --------------------------------------------------------------------------


async def test_cancelled_query_drops_its_connection(server: FakeServer) -> None:
    task = asyncio.create_task(arun(do("hang")))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not server.open
    assert await arun(do("select")) == []
    await close_pools()


async def test_cancelled_transaction_rolls_back(server: FakeServer) -> None:
    async def work() -> None:
        async with transaction.atomic():
            await arun(insert(1))
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await close_pools()
    assert server.rows == []


async def test_timeout_inside_a_block_undoes_the_inner_block_only(server: FakeServer) -> None:
    async with transaction.atomic():
        await arun(insert(1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), transaction.atomic():
                await arun(insert(2))
                await asyncio.Event().wait()
        await arun(insert(3))
    assert server.rows == [1, 3]
    await close_pools()


async def test_timeout_inside_a_query_voids_the_whole_transaction(server: FakeServer) -> None:
    with pytest.raises(TransactionManagementError, match="was rolled back"):
        async with transaction.atomic():
            await arun(insert(1))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await arun(do("hang"))
            with pytest.raises(TransactionManagementError):
                await arun(insert(2))
    assert server.rows == []
    assert await arun(do("select")) == []
    await close_pools()


async def test_steps_see_the_cancellation_and_close_their_block(server: FakeServer) -> None:
    from fastjango.orm.engine.statement import with_atomic

    def steps() -> Any:
        yield from insert(1)
        yield from do("hang")

    task = asyncio.create_task(arun(with_atomic(steps())))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert server.rows == []
    assert await arun(with_atomic(insert(2))) == [(2,)]
    await close_pools()
    assert server.rows == [2]


# -- the model -----------------------------------------------------------------------------

WORKERS = 8


class Worker:
    """A task that does what the machine tells it, one action at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.depth = 0
        self.pending: list[list[int]] = []
        self.task = loop.create_task(self.main())

    async def main(self) -> None:
        await self.block(await self.inbox.get())

    async def block(self, first: Any) -> None:
        """Obey until told to leave; `first` is ignored, it only starts the task."""
        while True:
            action, value, done = await self.inbox.get()
            try:
                if action == "leave":
                    done.set_result(None)
                    return
                if action == "raise":
                    done.set_result(None)
                    raise ValueError("told to")
                if action == "enter":
                    await self.enter(done)
                    continue
                if action == "insert":
                    await arun(insert(value))
                elif action == "fail":
                    with pytest.raises(OperationalError):
                        await arun(do("fail", "write"))
                done.set_result(None)
            except PoolTimeout as error:
                done.set_exception(error)

    async def enter(self, done: Any) -> None:
        block = transaction.atomic()
        await block.__aenter__()
        done.set_result(None)
        error: BaseException | None = None
        try:
            await self.block(None)
        except BaseException as raised:
            error = raised
            await block.__aexit__(type(raised), raised, None)
            if not isinstance(raised, ValueError):
                raise
        if error is None:
            await block.__aexit__(None, None, None)


class PoolMachine(RuleBasedStateMachine):
    """Eight tasks on a pool of five: whatever they do, nothing leaks and nothing stays open."""

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.server = FakeServer()
        self.workers: dict[int, Worker] = {}
        self.expected: list[int] = []
        self.next_value = 0
        connections.reconfigure(
            {
                "default": {
                    "ENGINE": "sqlite",
                    "NAME": ":memory:",
                    "OPTIONS": {"pool": {"max_size": 5, "timeout": 0.01}},
                }
            }
        )

        async def aconnect() -> AsyncConnection:
            await asyncio.sleep(0)
            if self.server.down:
                raise ConnectionLost("refused")
            return FakeConnection(self.server)

        connections["default"].aconnect = aconnect  # type: ignore[method-assign]

    def tell(self, number: int, action: str, value: Any = None) -> BaseException | None:
        """Give a worker an order and wait until it is done; return what went wrong."""

        async def order() -> BaseException | None:
            worker = self.workers.get(number)
            if worker is None:
                worker = self.workers[number] = Worker(self.loop)
                await worker.inbox.put("start")
            done: asyncio.Future[None] = self.loop.create_future()
            await worker.inbox.put((action, value, done))
            await asyncio.wait([done, worker.task], return_when=asyncio.FIRST_COMPLETED)
            for _ in range(8):
                await asyncio.sleep(0)
            if done.done() and done.exception() is not None:
                return done.exception()
            if worker.task.done():
                del self.workers[number]
                return worker.task.exception()
            return None

        return self.loop.run_until_complete(order())

    def _is_full(self, number: int) -> bool:
        worker = self.workers.get(number)
        busy = sum(1 for other in self.workers.values() if other.depth)
        return busy >= 5 and not (worker and worker.depth)

    @rule(number=st.integers(0, WORKERS - 1))
    def enter(self, number: int) -> None:
        full = self._is_full(number)
        error = self.tell(number, "enter")
        if full:
            assert isinstance(error, PoolTimeout)
            return
        assert error is None
        worker = self.workers[number]
        worker.depth += 1
        worker.pending.append([])

    @rule(number=st.integers(0, WORKERS - 1))
    def insert(self, number: int) -> None:
        full = self._is_full(number)
        self.next_value += 1
        error = self.tell(number, "insert", self.next_value)
        if full:
            assert isinstance(error, PoolTimeout)
            return
        assert error is None
        worker = self.workers[number]
        (worker.pending[-1] if worker.pending else self.expected).append(self.next_value)

    @rule(number=st.integers(0, WORKERS - 1))
    def failing_query(self, number: int) -> None:
        if not self._is_full(number):
            assert self.tell(number, "fail") is None

    @rule(number=st.integers(0, WORKERS - 1), error=st.booleans())
    def leave(self, number: int, error: bool) -> None:
        worker = self.workers.get(number)
        if worker is None or not worker.depth:
            return
        assert self.tell(number, "raise" if error else "leave") is None
        rows = worker.pending.pop()
        worker.depth -= 1
        if not error:
            (worker.pending[-1] if worker.pending else self.expected).extend(rows)

    @rule(number=st.integers(0, WORKERS - 1))
    def cancel(self, number: int) -> None:
        worker = self.workers.pop(number, None)
        if worker is None:
            return

        async def stop() -> None:
            worker.task.cancel()
            await asyncio.gather(worker.task, return_exceptions=True)
            for _ in range(4):
                await asyncio.sleep(0)

        self.loop.run_until_complete(stop())

    @rule(number=st.integers(0, WORKERS - 1))
    def cancel_in_the_middle_of_a_query(self, number: int) -> None:
        worker = self.workers.pop(number, None)
        if worker is None:
            return

        async def stop() -> None:
            self.next_value += 1
            done = self.loop.create_future()
            await worker.inbox.put(("insert", self.next_value, done))
            await asyncio.sleep(0)
            worker.task.cancel()
            await asyncio.gather(worker.task, return_exceptions=True)
            for _ in range(4):
                await asyncio.sleep(0)
            if not worker.depth and self.next_value in self.server.rows:
                self.expected.append(self.next_value)  # it was through before the cancellation

        self.loop.run_until_complete(stop())

    @precondition(lambda self: not any(w.depth for w in self.workers.values()))
    @rule()
    def restart_server(self) -> None:
        for connection in list(self.server.open):
            connection.terminate()

    @invariant()
    def nothing_leaks(self) -> None:
        if not hasattr(self, "server"):
            return
        pool = pools.known_pools().get("default")
        in_use = sum(1 for worker in self.workers.values() if worker.depth)
        if pool is not None and pool.size:
            assert len(self.server.open) <= 5
            assert pool.size - pool.idle == in_use
            assert pool.waiting == 0
        assert sum(bool(connection.stack) for connection in self.server.open) == in_use
        assert sorted(self.server.rows) == sorted(self.expected)

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        for number in list(self.workers):
            self.cancel(number)
        self.loop.run_until_complete(close_pools())
        self.loop.close()
        assert not self.server.open
        assert sorted(self.server.rows) == sorted(self.expected)
        connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = hypothesis_settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
