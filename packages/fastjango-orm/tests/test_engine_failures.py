"""What the engine does when a transaction cannot begin, commit or roll back, on both edges."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.core.aio import finishing
from fastjango.orm import NotSupportedError, OperationalError, connection, connections, transaction
from fastjango.orm.engine import astatements, atransaction
from fastjango.orm.engine.handler import close_connections_of_threads
from fastjango.orm.engine.pools import close_pools, known_pools
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Result, Statement, Steps
from fastjango.orm.exceptions import ConnectionLost, TransactionManagementError

MEMORY = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}


@pytest.fixture(autouse=True)
def table(empty_database: dict[str, Any]) -> Iterator[None]:
    connections.reconfigure({"default": empty_database})
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fails (n integer)")
    yield
    connections.reconfigure({"default": empty_database})
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE fails")
    connections.reconfigure(MEMORY)


def insert(number: int) -> Steps[None]:
    yield Statement(f"INSERT INTO fails VALUES ({number})", fetch="none", kind="write")


def numbers() -> Steps[list[int]]:
    result: Result = yield Statement("SELECT n FROM fails ORDER BY n")
    return [row[0] for row in result.rows]


class Failing:
    """Makes one command of the asynchronous connections fail, once or each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: type[Any]) -> None:
        self.words: dict[str, BaseException] = {}
        self.seen: list[str] = []
        before = kind.command

        async def command(connection: Any, sql: str) -> None:
            word = sql.split()[0]
            self.seen.append(word)
            if (error := self.words.pop(word, None)) is not None:
                if isinstance(error, ConnectionLost):
                    connection.broken = True
                raise error
            await before(connection, sql)

        monkeypatch.setattr(kind, "command", command)


@pytest.fixture
async def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    await arun(numbers())
    pool = known_pools()["default"]
    held = await pool.acquire()
    pool.give_back(held)
    return Failing(monkeypatch, type(held))


def begin_word() -> str:
    return connection.ops.begin_sql().split()[0]


def assert_pool_is_whole() -> None:
    pool = known_pools()["default"]
    assert (pool.size, pool.waiting) == (pool.idle, 0)


async def test_a_lost_connection_is_replaced_before_the_beginning(failing: Failing) -> None:
    failing.words[begin_word()] = ConnectionLost("gone")
    async with transaction.atomic():
        await arun(insert(1))
    assert await arun(numbers()) == [1]
    assert failing.seen.count(begin_word()) == 2
    assert_pool_is_whole()
    await close_pools()


async def test_a_beginning_that_is_refused_leaves_nothing_open(failing: Failing) -> None:
    failing.words[begin_word()] = OperationalError("no more")
    with pytest.raises(OperationalError, match="no more"):
        async with transaction.atomic():
            raise AssertionError("entered")
    for _ in range(100):
        if known_pools()["default"].idle == known_pools()["default"].size:
            break
        await asyncio.sleep(0.01)
    assert_pool_is_whole()
    async with transaction.atomic():
        await arun(insert(2))
    assert await arun(numbers()) == [2]
    await close_pools()


async def test_a_commit_that_fails_is_rolled_back(failing: Failing) -> None:
    called: list[int] = []
    with pytest.raises(OperationalError, match="cannot commit"):
        async with transaction.atomic():
            await arun(insert(3))
            transaction.on_commit(lambda: called.append(1))
            failing.words["COMMIT"] = OperationalError("cannot commit")
    assert failing.seen[-1] == "ROLLBACK"
    assert await arun(numbers()) == []
    assert called == []
    assert_pool_is_whole()
    await close_pools()


async def test_a_rollback_that_fails_cuts_the_connection_off(failing: Failing) -> None:
    with pytest.raises(ValueError, match="from the block"):
        async with transaction.atomic():
            await arun(insert(4))
            failing.words["ROLLBACK"] = OperationalError("cannot roll back")
            raise ValueError("from the block")
    assert await arun(numbers()) == []
    assert_pool_is_whole()
    await close_pools()


async def test_a_savepoint_that_cannot_be_released_is_undone(failing: Failing) -> None:
    async with transaction.atomic():
        await arun(insert(5))
        with pytest.raises(OperationalError, match="cannot release"):
            async with transaction.atomic():
                await arun(insert(6))
                failing.words["RELEASE"] = OperationalError("cannot release")
        assert await arun(numbers()) == [5]
    assert await arun(numbers()) == [5]
    await close_pools()


async def test_a_savepoint_that_cannot_be_undone_dooms_the_transaction(failing: Failing) -> None:
    with pytest.raises(TransactionManagementError):
        async with transaction.atomic():
            await arun(insert(7))
            with pytest.raises(ValueError, match="inner"):
                async with transaction.atomic():
                    failing.words["ROLLBACK"] = OperationalError("cannot undo")
                    raise ValueError("inner")
            await arun(insert(8))
    assert await arun(numbers()) == []
    await close_pools()


async def test_a_connection_lost_at_the_commit_says_so(failing: Failing) -> None:
    with pytest.raises(ConnectionLost):
        async with transaction.atomic():
            await arun(insert(9))
            failing.words["COMMIT"] = ConnectionLost("gone")
    assert await arun(numbers()) == []
    assert_pool_is_whole()
    await close_pools()


# -- the synchronous edge ------------------------------------------------------------------


def test_the_same_synchronously(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("cannot")

    wrapper = connections["default"]
    with pytest.raises(OperationalError, match="cannot"), transaction.atomic():
        run(insert(1))
        monkeypatch.setattr(wrapper, "_commit", refuse)
    monkeypatch.undo()
    assert run(numbers()) == []
    with transaction.atomic():
        run(insert(2))
        with pytest.raises(OperationalError, match="cannot"), transaction.atomic():
            run(insert(3))
            monkeypatch.setattr(wrapper, "_savepoint_commit", refuse)
        # Undone, but it cannot be released then either: nothing is certain any more.
        assert transaction.get_rollback()
        monkeypatch.undo()
    assert run(numbers()) == []


def test_a_rollback_that_fails_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise OperationalError("cannot")

    wrapper = connections["default"]
    first = wrapper.connection
    with pytest.raises(ValueError, match="from the block"), transaction.atomic():
        run(insert(1))
        monkeypatch.setattr(wrapper, "_rollback", refuse)
        raise ValueError("from the block")
    monkeypatch.undo()
    if wrapper.vendor != "sqlite":  # whose databases in memory keep their connection
        assert wrapper.connection is not first
        assert run(numbers()) == []
    else:
        wrapper.connection.rollback()


def test_errors_of_closing_a_cursor_are_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = connections["default"]
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")

        def refuse() -> None:
            raise wrapper.Database.OperationalError("closed already")

        monkeypatch.setattr(cursor, "close", refuse)


def test_procedures_need_a_driver_that_has_them() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            with pytest.raises(AttributeError):
                cursor.callproc("anything")
        elif connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION fails_add(a integer, b integer) RETURNS integer "
                "LANGUAGE sql AS 'SELECT a + b'"
            )
            cursor.execute("SELECT fails_add(1, 2)")
            assert cursor.fetchone() == (3,)
        else:
            cursor.execute("CREATE OR REPLACE PROCEDURE fails_p(IN a integer) SELECT a + 1")
            cursor.callproc("fails_p", [1])
            assert cursor.fetchall() == ((2,),)
            cursor.execute("DROP PROCEDURE fails_p")
        if not connection.features.supports_callproc_kwargs:
            with pytest.raises(NotSupportedError, match="Keyword parameters for callproc"):
                cursor.callproc("anything", None, {"a": 1})


def test_what_worker_threads_leave_open_is_closed_with_their_loop() -> None:
    connections.settings["default"]["CONN_MAX_AGE"] = None
    found: list[Any] = []
    loop, other = object(), object()
    done = threading.Event()

    def work() -> None:
        finishing(lambda: run(numbers()))()
        found.append(connections["default"])
        done.wait(10)

    thread = threading.Thread(target=work)
    thread.loop = loop  # type: ignore[attr-defined] # as anyio's have
    thread.start()
    try:
        while not found:
            thread.join(0.01)
        close_connections_of_threads(other)
        assert found[0].connection is not None
        closed: list[str] = []
        close = found[0]._close
        found[0]._close = lambda: closed.append("closed") or close()
        close_connections_of_threads(loop)
        close_connections_of_threads(loop)
        assert closed == ([] if found[0].vendor == "sqlite" else ["closed"])
    finally:
        done.set()
        thread.join(10)
        connections.settings["default"]["CONN_MAX_AGE"] = 0


def test_statements_are_found_where_they_were() -> None:
    assert (atransaction.execute, atransaction.stream) == (astatements.execute, astatements.stream)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(atransaction, "nothing")  # noqa: B009 - what is not there
