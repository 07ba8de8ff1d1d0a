"""Statements, transactions and hooks on SQLite, from both edges."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from fastjango.orm import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from fastjango.orm.engine import wrapper as wrapper_module
from fastjango.orm.engine.runner import arun, astream, current_edge, run, stream
from fastjango.orm.engine.statement import Call, Result, Statement, with_atomic
from fastjango.orm.exceptions import (
    ConnectionDoesNotExist,
    DatabaseUnavailable,
    SerializationFailure,
    TransactionManagementError,
    TransactionNotShared,
)


@pytest.fixture(autouse=True, params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    name = ":memory:" if request.param == "memory" else str(tmp_path / "db.sqlite3")
    entry = {"ENGINE": "sqlite", "NAME": name, "OPTIONS": {"timeout": 5}}
    connections.reconfigure({"default": entry, "other": {"ENGINE": "sqlite", "NAME": ":memory:"}})
    run(write("CREATE TABLE t (id integer PRIMARY KEY, name text UNIQUE)"))
    yield
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def read(sql: str, *params: Any, **options: Any) -> Any:
    result: Result = yield Statement(sql, params, **options)
    return result.rows


def write(sql: str, *params: Any, **options: Any) -> Any:
    result: Result = yield Statement(sql, params, kind="write", **options)
    return result


def add(name: str) -> Any:
    return write("INSERT INTO t (name) VALUES (?)", name)


def names() -> list[str]:
    return [row[0] for row in run(read("SELECT name FROM t ORDER BY id"))]


async def anames() -> list[str]:
    return [row[0] for row in await arun(read("SELECT name FROM t ORDER BY id"))]


# -- statements ----------------------------------------------------------------------------


def test_run_returns_rows_count_and_key() -> None:
    result = run(add("a"))
    assert (result.rows, result.rowcount, result.lastrowid) == ([], 1, 1)
    assert run(read("SELECT id, name FROM t")) == [(1, "a")]
    assert repr(Result([(1,)], 2)) == "<Result rows=1 rowcount=2>"


async def test_arun_returns_the_same() -> None:
    result = await arun(add("a"))
    assert (result.rows, result.rowcount, result.lastrowid) == ([], 1, 1)
    assert await arun(read("SELECT id, name FROM t")) == [(1, "a")]
    await connections.aclose_all()


def test_fetch_one_and_none_and_many() -> None:
    run(write("INSERT INTO t (name) VALUES (?)", many=True))
    run(iter_many())
    assert run(read("SELECT name FROM t ORDER BY id", fetch="one")) == [("x",)]
    assert run(read("SELECT name FROM t WHERE id = 99", fetch="one")) == []
    returned = run(write("INSERT INTO t (name) VALUES ('r') RETURNING id", fetch="one"))
    assert returned.rows == [(3,)]
    assert run(write("UPDATE t SET name = name || '!'", fetch="none")).rowcount == 3


def iter_many() -> Any:
    yield Statement("INSERT INTO t (name) VALUES (?)", [("x",), ("y",)], many=True, kind="write")


def test_statement_can_name_another_database() -> None:
    def steps() -> Any:
        yield Statement("CREATE TABLE o (id integer)", kind="write", using="other")
        return (yield Statement("SELECT name FROM sqlite_master", using="other")).rows

    assert run(steps()) == [("o",)]
    assert ("o",) not in run(read("SELECT name FROM sqlite_master"))


async def test_statement_can_name_another_database_async() -> None:
    def steps() -> Any:
        yield Statement("CREATE TABLE o (id integer)", kind="write", using="other")
        return (yield Statement("SELECT name FROM sqlite_master", using="other")).rows

    assert await arun(steps()) == [("o",)]
    await connections.aclose_all()


def test_errors_reach_the_steps() -> None:
    def steps() -> Any:
        try:
            yield Statement("SELECT * FROM missing")
        except OperationalError as error:
            return str(error), error.__cause__ is not None

    assert run(steps()) == ("no such table: missing", True)


async def test_errors_reach_the_steps_async() -> None:
    def steps() -> Any:
        try:
            yield Statement("SELECT * FROM missing")
        except OperationalError as error:
            return str(error)

    assert await arun(steps()) == "no such table: missing"
    await connections.aclose_all()


async def test_calls_are_made_on_their_edge() -> None:
    async def later() -> str:
        return "awaited"

    def steps() -> Any:
        return (yield Call(lambda: "called", later)), (yield Call(lambda: "plain"))

    assert await arun(steps()) == ("awaited", "plain")


def test_calls_are_made_on_their_edge_sync() -> None:
    def steps() -> Any:
        return (yield Call(lambda: "called", None))

    assert run(steps()) == "called"


def test_other_things_are_no_steps() -> None:
    def steps() -> Any:
        yield 5

    with pytest.raises(TypeError, match="Steps yielded 5"):
        run(steps())


async def test_other_things_are_no_steps_async() -> None:
    def steps() -> Any:
        yield 5

    with pytest.raises(TypeError, match="Steps yielded 5"):
        await arun(steps())


async def test_blocking_on_a_loop_names_the_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SynchronousOnlyOperation, match=r"get\(\).*await aget\(\)"):
        run(read("SELECT 1"), name="get", twin="aget")
    for call in (connection.cursor, connection.connect, connection.commit, connection.close):
        with pytest.raises(SynchronousOnlyOperation):
            call()
    with pytest.raises(SynchronousOnlyOperation, match="async with atomic"), transaction.atomic():
        pass
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

    def steps() -> Any:
        yield from read("SELECT 1")
        return current_edge()

    assert run(steps()) == "sync"
    assert current_edge() == "async"


def test_edge_without_a_loop() -> None:
    assert current_edge() == "sync"


# -- streams -------------------------------------------------------------------------------


def test_stream_yields_chunks() -> None:
    for name in "abcde":
        run(add(name))
    query = Statement("SELECT name FROM t ORDER BY id", fetch="chunks", chunk_size=2)
    assert list(stream(query)) == [[("a",), ("b",)], [("c",), ("d",)], [("e",)]]
    assert list(stream(Statement("SELECT 1 WHERE 0", fetch="chunks"))) == []
    chunks = stream(query)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    run(add("f"))


async def test_astream_yields_chunks_inside_and_outside_a_transaction() -> None:
    for name in "abc":
        await arun(add(name))
    query = Statement("SELECT name FROM t ORDER BY id", fetch="chunks", chunk_size=2)
    expected = [[("a",), ("b",)], [("c",)]]
    assert [chunk async for chunk in astream(query)] == expected
    async with transaction.atomic():
        assert [chunk async for chunk in astream(query)] == expected
    with pytest.raises(OperationalError):
        await anext(aiter(astream(Statement("SELECT * FROM missing"))))
    await connections.aclose_all()


async def test_astream_that_is_left_gives_its_connection_back() -> None:
    for name in "abc":
        await arun(add(name))
    query = Statement("SELECT name FROM t", fetch="chunks", chunk_size=1)
    chunks: Any = astream(query)
    await anext(chunks)
    await chunks.aclose()
    await arun(add("d"))
    await connections.aclose_all()


# -- atomic, synchronous -------------------------------------------------------------------


def test_blocks_commit_and_roll_back() -> None:
    with transaction.atomic():
        run(add("a"))
        with pytest.raises(ValueError, match="inner"), transaction.atomic():
            run(add("b"))
            raise ValueError("inner")
        with transaction.atomic():
            run(add("c"))
    with pytest.raises(ValueError, match="outer"), transaction.atomic():
        run(add("d"))
        raise ValueError("outer")
    assert names() == ["a", "c"]
    assert connection.get_autocommit()


def test_inner_block_without_savepoint_voids_the_outer_one() -> None:
    with transaction.atomic():
        run(add("a"))
        with pytest.raises(ValueError, match="x"), transaction.atomic(savepoint=False):
            raise ValueError("x")
        assert transaction.get_rollback()
        with pytest.raises(TransactionManagementError, match="until the end of the 'atomic' block"):
            run(read("SELECT 1"))
    assert names() == []


def test_decorator_and_reuse() -> None:
    @transaction.atomic
    def save(name: str, error: bool = False) -> str:
        run(add(name))
        if error:
            raise ValueError(name)
        return name

    @transaction.atomic(using="default", savepoint=True)
    def twice() -> None:
        save("b")
        with pytest.raises(ValueError, match="c"):
            save("c", error=True)

    assert save("a") == "a"
    twice()
    assert names() == ["a", "b"]
    assert repr(transaction.atomic()) == "<Atomic using='default'>"


def test_durable_block_must_be_outermost() -> None:
    with transaction.atomic(durable=True):
        run(add("a"))
    with (
        transaction.atomic(),
        pytest.raises(RuntimeError, match="durable atomic block cannot be nested"),
        transaction.atomic(durable=True),
    ):
        pass
    assert names() == ["a"]


def test_with_atomic_steps() -> None:
    def failing() -> Any:
        yield from add("b")
        raise ValueError("no")

    run(with_atomic(add("a")))
    with pytest.raises(ValueError, match="no"):
        run(with_atomic(failing()))
    with transaction.atomic():
        with pytest.raises(ValueError, match="no"):
            run(with_atomic(failing()))
        run(with_atomic(add("c"), durable=False))
    assert names() == ["a", "c"]


async def test_with_atomic_steps_async() -> None:
    def failing() -> Any:
        yield from add("b")
        raise ValueError("no")

    await arun(with_atomic(add("a")))
    with pytest.raises(ValueError, match="no"):
        await arun(with_atomic(failing()))
    assert await anames() == ["a"]
    await connections.aclose_all()


def test_set_rollback_and_flags() -> None:
    with transaction.atomic():
        run(add("a"))
        transaction.set_rollback(True)
    assert names() == []
    with pytest.raises(TransactionManagementError, match="outside of an 'atomic' block"):
        transaction.set_rollback(True)
    with pytest.raises(TransactionManagementError, match="outside of an 'atomic' block"):
        transaction.get_rollback()
    with (
        transaction.atomic(),
        pytest.raises(TransactionManagementError, match="forbidden when an 'atomic' block"),
    ):
        transaction.commit()


def test_mark_for_rollback_on_error() -> None:
    with transaction.atomic():
        run(add("a"))
        with pytest.raises(ValueError, match="x"), transaction.mark_for_rollback_on_error():
            raise ValueError("x")
        with pytest.raises(TransactionManagementError) as caught:
            run(add("b"))
        assert isinstance(caught.value.__cause__, ValueError)
    assert names() == []
    with pytest.raises(ValueError, match="y"), transaction.mark_for_rollback_on_error():
        raise ValueError("y")


def test_manual_savepoints() -> None:
    assert transaction.savepoint() is None
    with transaction.atomic():
        run(add("a"))
        sid = transaction.savepoint()
        assert sid is not None
        run(add("b"))
        transaction.savepoint_rollback(sid)
        kept = transaction.savepoint()
        assert kept is not None
        run(add("c"))
        transaction.savepoint_commit(kept)
    transaction.clean_savepoints()
    assert names() == ["a", "c"]


def test_manual_transaction() -> None:
    transaction.set_autocommit(False)
    try:
        run(add("a"))
        transaction.rollback()
        run(add("b"))
        with transaction.atomic():
            run(add("c"))
        transaction.commit()
        with pytest.raises(TransactionManagementError, match="manual transaction management"):
            transaction.on_commit(lambda: None)
    finally:
        transaction.set_autocommit(True)
    assert names() == ["b", "c"]


def test_atomic_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []

    @transaction.atomic(retry=2)
    def work() -> str:
        attempts.append(1)
        run(add(f"n{len(attempts)}"))
        if len(attempts) < 3:
            raise SerializationFailure("conflict")
        return "done"

    assert work() == "done"
    assert names() == ["n3"]
    attempts.clear()
    with transaction.atomic(), pytest.raises(SerializationFailure):
        work()  # an inner block cannot be retried by itself
    assert len(attempts) == 1
    message = "cannot be used as a context manager"
    with pytest.raises(TypeError, match=message), transaction.atomic(retry=1):
        pass
    with pytest.raises(ValueError, match="0 or more"):
        transaction.atomic(retry=-1)


async def test_atomic_retry_async() -> None:
    attempts: list[int] = []

    @transaction.atomic(retry=1)
    async def work() -> None:
        attempts.append(1)
        raise SerializationFailure("conflict")

    with pytest.raises(SerializationFailure):
        await work()
    assert len(attempts) == 2
    with pytest.raises(TypeError, match="context manager"):
        async with transaction.atomic(retry=1):
            pass
    await connections.aclose_all()


# -- atomic, asynchronous ------------------------------------------------------------------


async def test_async_blocks_commit_and_roll_back() -> None:
    async with transaction.atomic():
        await arun(add("a"))
        with pytest.raises(ValueError, match="inner"):
            async with transaction.atomic():
                await arun(add("b"))
                raise ValueError("inner")
        async with transaction.atomic():
            await arun(add("c"))
        assert connection.in_atomic_block
    assert not connection.in_atomic_block
    with pytest.raises(ValueError, match="outer"):
        async with transaction.atomic():
            await arun(add("d"))
            raise ValueError("outer")
    assert await anames() == ["a", "c"]
    await connections.aclose_all()


async def test_async_decorator_durable_and_rollback_flag() -> None:
    @transaction.atomic(durable=True)
    async def save(name: str) -> str:
        await arun(add(name))
        return name

    assert await save("a") == "a"
    async with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            await save("b")
        transaction.set_rollback(True)
        assert transaction.get_rollback()
        with pytest.raises(TransactionManagementError):
            await arun(read("SELECT 1"))
    assert await anames() == ["a"]
    await connections.aclose_all()


async def test_async_inner_block_without_savepoint() -> None:
    async with transaction.atomic():
        await arun(add("a"))
        with pytest.raises(ValueError, match="x"), transaction.mark_for_rollback_on_error():
            async with transaction.atomic(savepoint=False):
                raise ValueError("x")
    assert await anames() == []
    await connections.aclose_all()


async def test_async_savepoints() -> None:
    assert await transaction.asavepoint() is None
    async with transaction.atomic():
        sid = await transaction.asavepoint()
        assert sid
        await arun(add("a"))
        await transaction.asavepoint_rollback(sid)
        kept = await transaction.asavepoint()
        assert kept
        await arun(add("b"))
        await transaction.asavepoint_commit(kept)
    assert await anames() == ["b"]
    await connections.aclose_all()


async def test_task_started_inside_a_transaction_does_not_share_it() -> None:
    async with transaction.atomic():
        await arun(add("a"))
        with pytest.raises(TransactionNotShared, match="belongs to another task"):
            await asyncio.create_task(arun(read("SELECT 1")))
        with pytest.raises(TransactionNotShared):
            await asyncio.gather(anames(), anames())
        with pytest.raises(TransactionNotShared, match="This thread was started inside"):
            await asyncio.to_thread(names)
        late = asyncio.create_task(asyncio.sleep(0.01))
    await late
    assert await anames() == ["a"]
    await connections.aclose_all()


async def test_task_that_outlives_the_transaction_may_query() -> None:
    async def later() -> list[str]:
        await asyncio.sleep(0.01)
        return await anames()

    async with transaction.atomic():
        await arun(add("a"))
        task = asyncio.create_task(later())
    assert await task == ["a"]
    await connections.aclose_all()


def test_async_queries_inside_a_synchronous_transaction_are_refused() -> None:
    with (
        transaction.atomic(),
        pytest.raises(TransactionNotShared, match="A synchronous transaction on 'default' is open"),
    ):
        asyncio.run(arun(read("SELECT 1")))


async def test_concurrent_transactions_are_independent() -> None:
    async def work(number: int) -> None:
        async with transaction.atomic():
            await arun(add(f"w{number}"))
            await asyncio.sleep(0)
            if number % 2:
                transaction.set_rollback(True)

    await asyncio.gather(*(work(number) for number in range(8)))
    assert sorted(await anames()) == ["w0", "w2", "w4", "w6"]
    await connections.aclose_all()


# -- commit hooks --------------------------------------------------------------------------


def test_hooks_run_after_the_commit_only() -> None:
    calls: list[str] = []
    with transaction.atomic():
        transaction.on_commit(lambda: calls.append("outer"))
        with pytest.raises(ValueError, match="x"), transaction.atomic():
            transaction.on_commit(lambda: calls.append("lost"))
            raise ValueError("x")
        with transaction.atomic():
            transaction.on_commit(lambda: calls.append("inner"))
        assert calls == []
    assert calls == ["outer", "inner"]
    with pytest.raises(ValueError, match="y"), transaction.atomic():
        transaction.on_commit(lambda: calls.append("lost"))
        raise ValueError("y")
    transaction.on_commit(lambda: calls.append("now"))
    assert calls == ["outer", "inner", "now"]
    with pytest.raises(TypeError, match="must be a callable"):
        transaction.on_commit(5)  # type: ignore[arg-type]


def test_failing_hook_stops_the_others_unless_robust(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def fail() -> None:
        raise ValueError("hook")

    with transaction.atomic():
        transaction.on_commit(fail, robust=True)
        transaction.on_commit(lambda: calls.append(1))
    assert calls == [1]
    assert "Error calling" in caplog.text
    with pytest.raises(ValueError, match="hook"), transaction.atomic():
        run(add("a"))
        transaction.on_commit(fail)
        transaction.on_commit(lambda: calls.append(2))
    assert (calls, names()) == ([1], ["a"])
    transaction.on_commit(fail, robust=True)


def test_hook_may_open_a_transaction_and_register_another() -> None:
    def hook() -> None:
        with transaction.atomic():
            run(add("hooked"))
            transaction.on_commit(lambda: run(add("again")))

    with transaction.atomic():
        transaction.on_commit(hook)
    assert names() == ["hooked", "again"]


def test_async_hook_of_a_synchronous_transaction() -> None:
    calls: list[str] = []

    async def hook() -> None:
        await asyncio.sleep(0)
        calls.append("async")

    with transaction.atomic():
        transaction.on_commit(hook)
    assert calls == ["async"]


async def test_hooks_of_an_asynchronous_transaction(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []

    async def hook() -> None:
        calls.append("async")
        await arun(add(f"hooked {len(calls)}"))

    async def fail() -> None:
        raise ValueError("hook")

    async with transaction.atomic():
        transaction.on_commit(hook)
        transaction.on_commit(fail, robust=True)
        await transaction.aon_commit(lambda: calls.append("plain"))
        with pytest.raises(ValueError, match="x"):
            async with transaction.atomic():
                transaction.on_commit(lambda: calls.append("lost"))
                raise ValueError("x")
        assert calls == []
    assert calls == ["async", "plain"]
    assert "Error calling" in caplog.text
    with pytest.raises(ValueError, match="hook"):
        async with transaction.atomic():
            transaction.on_commit(fail)
    await transaction.aon_commit(hook)
    with pytest.raises(TransactionManagementError, match="cannot be awaited"):
        transaction.on_commit(hook)
    transaction.on_commit(lambda: calls.append("now"))
    with pytest.raises(TypeError, match="callable"):
        await transaction.aon_commit(5)  # type: ignore[arg-type]
    assert calls == ["async", "plain", "async", "now"]
    await connections.aclose_all()


def test_non_atomic_requests_marks_views() -> None:
    @transaction.non_atomic_requests
    def bare() -> None: ...

    @transaction.non_atomic_requests(using="other")
    @transaction.non_atomic_requests
    def named() -> None: ...

    assert bare._non_atomic_requests == {"default"}  # type: ignore[attr-defined]
    assert named._non_atomic_requests == {"default", "other"}  # type: ignore[attr-defined]


# -- log and wrappers ----------------------------------------------------------------------


@pytest.fixture
def logged() -> Iterator[Any]:
    connection.force_debug_cursor = True
    connection.queries_log.clear()
    yield connection
    connection.force_debug_cursor = False


def test_query_log_shows_parameters(logged: Any) -> None:
    run(read("SELECT ?, 'a?b'", "it's"))
    with logged.cursor() as cursor:
        cursor.execute("SELECT %s", [None])
        cursor.executemany("INSERT INTO t (name) VALUES (%s)", [("a",), ("b",)])
    run(iter_many())
    texts = [entry["sql"] for entry in logged.queries]
    assert texts[:3] == [
        "SELECT 'it''s', 'a?b'",
        "SELECT NULL",
        "2 times: INSERT INTO t (name) VALUES (%s)",
    ]
    assert texts[3].startswith("2 times: INSERT")
    assert all(float(entry["time"]) >= 0 for entry in logged.queries)


def test_query_log_shows_transactions(logged: Any) -> None:
    with transaction.atomic():
        run(add("a"))
    texts = [entry["sql"] for entry in logged.queries]
    assert texts == ["BEGIN IMMEDIATE", "INSERT INTO t (name) VALUES ('a')", "COMMIT"]


async def test_query_log_of_the_asynchronous_edge(logged: Any) -> None:
    async with transaction.atomic():
        await arun(add("a"))
    with pytest.raises(IntegrityError):
        await arun(add("a"))
    texts = [entry["sql"] for entry in logged.queries]
    assert texts == ["BEGIN", "INSERT INTO t (name) VALUES ('a')", "COMMIT", texts[1]]
    await connections.aclose_all()


def test_long_query_log_warns(logged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import deque

    monkeypatch.setattr(logged, "queries_log", deque(maxlen=2), raising=False)
    for _ in range(3):
        run(read("SELECT 1"))
    with pytest.warns(UserWarning, match="only the last 2 queries will be returned"):
        assert len(logged.queries) == 2


def test_execute_wrappers_see_every_query() -> None:
    seen: list[Any] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, tuple(params or ()), many, context["connection"].alias))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert connection.execute_wrappers == [note]
        run(read("SELECT ?", 5))
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [6])
    run(read("SELECT 7"))
    assert connection.execute_wrappers == []
    assert seen == [
        ("SELECT ?", (5,), False, "default"),
        ("SELECT %s", (6,), False, "default"),
    ]


def test_execute_wrapper_may_block_or_change() -> None:
    def block(*args: Any) -> None:
        raise DatabaseError("blocked")

    def change(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute("SELECT 42", (), many, context)

    def swallow(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return None

    with connection.execute_wrapper(block), pytest.raises(DatabaseError, match="blocked"):
        run(read("SELECT 1"))
    with connection.execute_wrapper(change):
        assert run(read("SELECT 1")) == [(42,)]
    with connection.execute_wrapper(swallow):
        assert run(read("SELECT 1")) == []


async def test_execute_wrappers_on_the_asynchronous_edge() -> None:
    seen: list[str] = []

    def plain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append("before")
        try:
            return execute(sql, params, many, context)
        finally:
            seen.append("after")

    async def native(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append("native")
        return await execute("SELECT 8", params, many, context)

    with connection.execute_wrapper(plain), connection.execute_wrapper(native):
        assert await arun(read("SELECT 1")) == [(8,)]
        other = await asyncio.create_task(arun(read("SELECT 1")))
    assert other == [(8,)]
    assert seen == ["before", "native", "after"] * 2 or seen == ["native", "before", "after"] * 2
    await connections.aclose_all()


# -- connections ---------------------------------------------------------------------------


def test_each_thread_has_its_own_connection() -> None:
    found: list[Any] = []
    thread = threading.Thread(
        target=lambda: found.extend([connections["default"], connections.close_all()])
    )
    thread.start()
    thread.join()
    assert found[0] is not connections["default"]
    with pytest.raises(DatabaseError, match="can only be used in that same thread"):
        found[0].validate_thread_sharing()
    found[0].inc_thread_sharing()
    found[0].validate_thread_sharing()
    found[0].dec_thread_sharing()
    with pytest.raises(RuntimeError, match="below zero"):
        found[0].dec_thread_sharing()


def test_unknown_alias_suggests_the_nearest() -> None:
    with pytest.raises(ConnectionDoesNotExist, match=r"'othr' doesn't exist.*Did you mean 'other'"):
        connections["othr"]


def test_handler_is_a_mapping_of_aliases() -> None:
    assert list(connections) == ["default", "other"]
    assert [entry.alias for entry in connections.all()] == ["default", "other"]
    assert connections.databases is connections.settings
    replacement = connections["other"].copy()
    connections["other"] = replacement
    assert connections["other"] is replacement
    del connections["other"]
    assert connections["other"] is not replacement
    assert connection == connections["default"]
    assert hash(connection) == hash(connections["default"])
    assert repr(connection) == "<ConnectionProxy alias='default'>"
    assert repr(connections["default"]) == "<DatabaseWrapper vendor='sqlite' alias='default'>"
    connection.marker = 1
    assert connections["default"].marker == 1  # type: ignore[attr-defined]
    del connection.marker
    assert not hasattr(connections["default"], "marker")


def test_shared_connection_is_seen_by_threads_and_tasks() -> None:
    connections.share("default")
    try:
        with transaction.atomic():
            run(add("a"))

            async def look() -> Any:
                assert current_edge() == "sync"
                async with transaction.atomic():
                    await arun(add("b"))
                    sid = await transaction.asavepoint()
                    assert sid
                    await transaction.asavepoint_rollback(sid)
                    kept = await transaction.asavepoint()
                    assert kept
                    await transaction.asavepoint_commit(kept)
                query = Statement("SELECT name FROM t", chunk_size=1)
                chunks = [chunk async for chunk in astream(query)]
                with pytest.raises(SynchronousOnlyOperation):
                    names()
                return len(chunks), await asyncio.to_thread(names)

            assert asyncio.run(look()) == (2, ["a", "b"])
            transaction.set_rollback(True)
    finally:
        connections.unshare("default")
    assert names() == []


def test_sharing_ends_though_threads_may_still_use_the_object() -> None:
    wrapper = connections.share("default")
    wrapper.inc_thread_sharing()
    connections.share("default")
    connections.unshare("default")
    assert connections.shared == {"default": wrapper}
    connections.unshare("default")
    assert connections.shared == {}
    assert wrapper.allow_thread_sharing
    wrapper.dec_thread_sharing()


def test_blocked_database_raises_what_it_is_told() -> None:
    wrapper_module.blocked["default"] = lambda operation: LookupError(operation)
    try:
        for call in (connection.connect, connection.ensure_connection):
            with pytest.raises(LookupError, match="connections"):
                call()
        with pytest.raises(LookupError, match="queries"):
            connection.cursor()
        with pytest.raises(LookupError, match="queries"):
            run(read("SELECT 1"))
        with pytest.raises(LookupError, match="connections"), connection.temporary_connection():
            pass
        with pytest.raises(LookupError, match="queries"):
            asyncio.run(arun(read("SELECT 1")))
        assert run(read("SELECT 1"), using="other") == [(1,)]
    finally:
        wrapper_module.blocked.clear()


def test_closing_inside_a_transaction_voids_it() -> None:
    if connection.is_in_memory_db():
        with transaction.atomic():
            run(add("a"))
            connection.close()  # does nothing: the database would be gone
        assert names() == ["a"]
        return
    with transaction.atomic():
        run(add("a"))
        connection.close()
        assert connection.closed_in_transaction
        with pytest.raises(ProgrammingError, match="Cannot operate on a closed database"):
            connection.cursor().execute("SELECT 1")
    assert names() == []


def test_old_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.orm import close_old_connections, reset_queries

    if connection.is_in_memory_db():
        pytest.skip("connections to databases in memory stay open")
    connection.settings_dict["CONN_MAX_AGE"] = None
    connection.close()
    run(read("SELECT 1"))
    close_old_connections()
    assert connection.connection is not None
    connection.errors_occurred = True
    close_old_connections()
    assert connection.connection is not None
    connection.errors_occurred = True
    monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
    close_old_connections()
    assert connection.connection is None
    connection.settings_dict["CONN_MAX_AGE"] = 0
    run(read("SELECT 1"))
    close_old_connections()
    assert connection.connection is None
    run(read("SELECT 1"))
    transaction.set_autocommit(False)
    close_old_connections()
    assert connection.connection is None
    connection.queries_log.append({"sql": "", "time": ""})
    reset_queries()
    assert not connection.queries_log


def test_health_check_replaces_a_dead_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.is_in_memory_db():
        pytest.skip("connections to databases in memory stay open")
    connection.settings_dict["CONN_HEALTH_CHECKS"] = True
    connection.settings_dict["CONN_MAX_AGE"] = None
    connection.close()
    run(read("SELECT 1"))
    first = connection.connection
    connection.health_check_done = False
    run(read("SELECT 1"))
    assert connection.connection is first
    monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
    connection.health_check_done = False
    run(read("SELECT 1"))
    assert connection.connection is not first


@pytest.mark.parametrize(
    ("databases", "message"),
    [
        ({"other": {"ENGINE": "sqlite", "NAME": "x"}}, "You must define a 'default' database"),
        ({"default": {"ENGINE": "sqlite", "NAME": ""}}, "Please supply the NAME value"),
        ({"default": {"ENGINE": "postgresqll", "NAME": "x"}}, "Did you mean"),
        ({"default": {}}, "Please supply the ENGINE value"),
        ({}, "Please supply the ENGINE value"),
        (
            {
                "default": {
                    "ENGINE": "sqlite",
                    "NAME": ":memory:",
                    "OPTIONS": {"transaction_mode": "LATER"},
                }
            },
            "Use one of 'DEFERRED', 'EXCLUSIVE', 'IMMEDIATE', or None",
        ),
        (
            {"default": {"ENGINE": "sqlite", "NAME": ":memory:", "OPTIONS": {"async_mode": "x"}}},
            "'auto', 'loop', 'thread'",
        ),
        (
            {
                "default": {
                    "ENGINE": "sqlite",
                    "NAME": ":memory:",
                    "OPTIONS": {"synchronous": "OFF; DROP TABLE t"},
                }
            },
            "cannot be the value of a PRAGMA",
        ),
    ],
)
def test_wrong_settings_are_refused(databases: Any, message: str) -> None:
    connections.reconfigure(databases)
    with pytest.raises(ImproperlyConfigured, match=message):
        connections["default"].ensure_connection()


@pytest.mark.parametrize(
    "engine",
    ["sqlite", "sqlite3", "django.db.backends.sqlite3", "fastjango.orm.backends.sqlite3"],
)
def test_engine_names(engine: str) -> None:
    connections.reconfigure({"default": {"ENGINE": engine, "NAME": ":memory:"}})
    assert connection.vendor == "sqlite"
    assert connection.display_name == "SQLite"


# -- busy databases ------------------------------------------------------------------------


def test_sixteen_threads_write_at_once(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    run(write("CREATE TABLE counter (n integer)"))
    run(write("INSERT INTO counter VALUES (0)"))

    def work() -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    value = run(read("SELECT n FROM counter"))[0][0]
                    run(write("UPDATE counter SET n = ?", value + 1))
        except BaseException as error:
            errors.append(error)
        finally:
            wrapper = connections["default"]
            if wrapper.connection is not None:
                wrapper.connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert run(read("SELECT n FROM counter")) == [(160,)]


async def test_sixteen_tasks_write_at_once() -> None:
    connections["default"].settings_dict["OPTIONS"]["pool"] = {"max_size": 16}
    await arun(write("CREATE TABLE counter (n integer)"))
    await arun(write("INSERT INTO counter VALUES (0)"))

    async def work() -> None:
        for _ in range(5):
            async with transaction.atomic():
                value = (await arun(read("SELECT n FROM counter")))[0][0]
                await asyncio.sleep(0)
                await arun(write("UPDATE counter SET n = ?", value + 1))

    await asyncio.gather(*(work() for _ in range(16)))
    assert await arun(read("SELECT n FROM counter")) == [(80,)]
    await connections.aclose_all()


def test_locked_database_is_a_503_after_the_limit() -> None:
    connections["default"].settings_dict["OPTIONS"]["timeout"] = 0.05
    other = connections["default"].copy()
    driver = connections["default"].connection
    if driver is not None:
        driver.close()
        connections["default"].connection = None
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked") as caught:
            run(add("a"))
        assert caught.value.http_status == 503

        async def main() -> None:
            with pytest.raises(DatabaseUnavailable, match="locked"):
                await arun(add("a"))
            await connections.aclose_all()

        asyncio.run(main())
        cursor.execute("ROLLBACK")
    run(add("a"))
    assert names() == ["a"]
    other.connection.close()


@pytest.mark.parametrize("mode", ["loop", "thread", "auto"])
async def test_async_modes(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.orm.backends.sqlite3 import aconnection

    connections["default"].settings_dict["OPTIONS"]["async_mode"] = mode
    monkeypatch.setattr(aconnection, "SLOW", -1)
    monkeypatch.setattr(aconnection, "STRIKES", 1)
    monkeypatch.setattr(aconnection, "_slow", {})
    monkeypatch.setattr(aconnection, "MAX_SLOW_STATEMENTS", 2)
    for name in "abc":
        await arun(add(name))
        await arun(read(f"SELECT '{name}'"))
    async with transaction.atomic():
        await arun(add("d"))
        with pytest.raises(IntegrityError):
            await arun(add("d"))
    assert await anames() == ["a", "b", "c", "d"]
    assert (len(aconnection._slow) == 2) is (mode == "auto")
    await connections.aclose_all()


LEFT_OPEN = """
import asyncio, builtins
from fastjango.core import settings, setup

database = {"ENGINE": "sqlite3", "NAME": ":memory:", "OPTIONS": {"async_mode": "thread"}}
settings.configure(SECRET_KEY="x" * 60, INSTALLED_APPS=["fastjango.orm"])
settings.DATABASES = {"default": database}
setup()
from fastjango.orm import connections

async def use():
    connection = await connections["default"].aconnect()
    await connection._perform("anything", int)
    return connection

builtins.left_open = asyncio.run(use())  # goes when nearly everything else is gone
"""


def test_a_connection_with_a_thread_may_be_left_to_the_end_of_the_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_only_repeated_slowness_moves_a_statement_to_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fastjango.orm.backends.sqlite3 import aconnection

    monkeypatch.setattr(aconnection, "_slow", {})
    monkeypatch.setattr(aconnection, "_strikes", {})
    for seconds in (1, 1, 0, 1, 1):
        aconnection._note("q", seconds)
    assert aconnection._slow == {}
    aconnection._note("q", 1)
    assert aconnection._slow == {"q": 0}
    assert aconnection._strikes == {}


async def test_a_statement_that_became_quick_runs_on_the_loop_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fastjango.orm.backends.sqlite3 import aconnection

    monkeypatch.setattr(aconnection, "QUICK_RUNS", 3)
    sql = "SELECT name FROM engine_fruit ORDER BY name"
    monkeypatch.setattr(aconnection, "_slow", {sql: 0, "another": 0})
    threads: list[str] = []

    async def run_once() -> None:
        connection = await connections["default"].aconnect()
        await connection._perform(sql, lambda: threads.append(threading.current_thread().name))

    slow = aconnection.SLOW
    for seconds in (slow, slow, -1, slow, slow, slow, slow):
        monkeypatch.setattr(aconnection, "SLOW", seconds + 1 if seconds > 0 else -1)
        await run_once()
    assert [name.startswith("fastjango-sqlite") for name in threads] == [True] * 6 + [False]
    assert aconnection._slow == {"another": 0}
    await connections.aclose_all()


async def test_cancelling_a_statement_on_a_thread_stops_it() -> None:
    connections["default"].settings_dict["OPTIONS"]["async_mode"] = "thread"
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await arun(read(endless))
    assert await anames() == []
    await connections.aclose_all()
