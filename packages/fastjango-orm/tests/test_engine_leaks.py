"""Whatever happens to tasks and threads on real servers, no connection and no transaction stays."""

import asyncio
import os
import random
import secrets
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.orm import (
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from fastjango.orm.engine.pools import close_pools, known_pools
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import QueryTimeout
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POOL = 5
TASKS = 8
#: Seconds between two looks at the server's transactions: MariaDB shows what it found before to
#: whoever looks again within a tenth of a second.
PAUSE = 0.2
MEMORY = {"default": {"ENGINE": "sqlite", "NAME": ":memory:"}}
#: What a task or thread does in a transaction, and how that ends.
ENDINGS = ("commit", "raise", "fail", "cancel", "late", "inner")
FEW = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(
    params=[
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database with one table, behind a pool of five."""
    parts = urlsplit(request.getfixturevalue(f"{request.param}_url"))
    name = f"fj_leaks_{os.getpid()}_{secrets.token_hex(4)}"
    entry = {
        "ENGINE": "postgresql" if parts.scheme.startswith("postgres") else "mysql",
        "NAME": name,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"max_size": POOL, "timeout": 60}},
    }
    connections.reconfigure({"default": entry})
    admin = connections["default"]
    with admin._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    with admin.cursor() as cursor:
        cursor.execute("CREATE TABLE leak (id integer PRIMARY KEY)")
    yield name
    connections.reconfigure({"default": entry})
    connections["default"].creation._destroy_test_db(name, 0)
    connections.reconfigure(MEMORY)


def insert(number: int) -> Any:
    yield Statement(f"INSERT INTO leak (id) VALUES ({number})", kind="write")


def ask(sql: str) -> Any:
    result: Result = yield Statement(sql)
    return result.rows


def sleep(seconds: float) -> str:
    return f"SELECT {'pg_sleep' if connection.vendor == 'postgresql' else 'sleep'}({seconds})"


def open_transactions(name: str) -> int:
    """How many sessions of other connections are inside a transaction."""
    if connection.vendor == "postgresql":
        sql = (
            "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
            f" AND datname = '{name}' AND pid <> pg_backend_pid()"
        )
    else:
        sql = (
            "SELECT count(*) FROM information_schema.innodb_trx t JOIN"
            " information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
            f" WHERE p.db = '{name}'"
        )
    return int(run(ask(sql))[0][0])


def is_quiet(name: str) -> bool:
    """Whether the server has forgotten every transaction.

    It is told to give up what it is busy with, and then learns that its client has gone.
    """
    try:
        for _ in range(150):
            if open_transactions(name) == 0:
                return True
            threading.Event().wait(PAUSE)
        return False
    finally:
        connection.close()


def rows() -> list[int]:
    return sorted(row[0] for row in run(ask("SELECT id FROM leak")))


async def live(number: int, ending: str, rng: random.Random) -> None:
    """One transaction of a task; only those that end by `commit` or `inner` leave a row."""
    async with transaction.atomic():
        await asyncio.sleep(rng.random() / 100)
        await arun(insert(number))
        if ending == "raise":
            raise ValueError(ending)
        if ending == "fail":
            await arun(ask("SELECT nonsense FROM nowhere"))
        if ending == "cancel":
            await arun(ask(sleep(2)))
        if ending == "late":
            async with asyncio.timeout(0.05):
                await arun(ask(sleep(2)))
        if ending == "inner":
            try:
                async with transaction.atomic():
                    await arun(insert(number + 1000))
                    raise ValueError(ending)
            except ValueError:
                pass


async def crowd(endings: list[str], rng: random.Random) -> list[int]:
    """Let each task live; return the numbers of those that committed."""
    tasks = [
        asyncio.create_task(live(number, ending, rng)) for number, ending in enumerate(endings)
    ]
    waiting = {task for task, ending in zip(tasks, endings, strict=True) if ending != "cancel"}
    while waiting:
        _done, waiting = await asyncio.wait(waiting, timeout=0.1)
        for task, ending in zip(tasks, endings, strict=True):
            if ending == "cancel":
                task.cancel()  # wherever it is: waiting, inserting, asking
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = (TimeoutError, ValueError, ProgrammingError, OperationalError, asyncio.CancelledError)
    for ending, outcome in zip(endings, outcomes, strict=True):
        if ending in ("commit", "inner"):
            assert outcome is None, outcome
        elif outcome is not None:
            assert isinstance(outcome, wrong), outcome
    pool = known_pools()["default"]
    assert pool.size <= POOL
    async with asyncio.timeout(30):
        # What is rolled back in the background comes back by itself; pools tell nobody.
        while pool.size > pool.idle:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert pool.waiting == 0
    # Each place of the pool works.
    assert await asyncio.gather(*(arun(ask("SELECT 1")) for _ in range(POOL * 2))) == (
        [[(1,)]] * (POOL * 2)
    )
    await close_pools()
    return [number for number, outcome in enumerate(outcomes) if outcome is None]


@FEW
@given(endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=TASKS), seed=st.integers())
def test_tasks_leave_nothing_open(database: str, endings: list[str], seed: int) -> None:
    if "cancel" in endings:
        endings = [*endings, "commit"]
    run(change("DELETE FROM leak"))
    committed = asyncio.run(crowd(endings, random.Random(seed)))
    assert is_quiet(database)
    assert rows() == committed


@pytest.mark.parametrize("way", ["cancel", "limit"])
def test_the_server_gives_up_what_is_cancelled(database: str, way: str) -> None:
    """It would be at it, with the transaction open, for five minutes."""

    async def main() -> None:
        async def wait() -> None:
            async with transaction.atomic():
                await arun(insert(1))
                await arun(ask(sleep(300)))

        task = asyncio.create_task(wait())
        await asyncio.to_thread(until_transaction, database)
        if way == "cancel":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(QueryTimeout):
                await task
        assert await asyncio.to_thread(is_quiet, database)
        await close_pools()

    if way == "limit":
        options = connection.settings_dict["OPTIONS"]
        connections.reconfigure(
            {"default": {**connection.settings_dict, "OPTIONS": {**options, "query_timeout": 1}}}
        )
    asyncio.run(main())
    assert rows() == []


def until_transaction(name: str) -> None:
    for _ in range(150):
        if open_transactions(name):
            break
        threading.Event().wait(PAUSE)
    else:
        raise AssertionError("no transaction began")
    connection.close()


def change(sql: str) -> Any:
    yield Statement(sql, kind="write")


def work(number: int, ending: str) -> None:
    """What `live` does, in a thread; a statement that takes too long is ended by the limit."""
    with transaction.atomic():
        run(insert(number))
        if ending in ("raise", "cancel"):
            raise ValueError(ending)
        if ending == "fail":
            run(ask("SELECT nonsense FROM nowhere"))
        if ending == "late":
            run(ask(sleep(2)))
        if ending == "inner":
            try:
                with transaction.atomic():
                    run(insert(number + 1000))
                    raise ValueError(ending)
            except ValueError:
                pass


@FEW
@given(endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=TASKS))
def test_threads_leave_nothing_open(database: str, endings: list[str]) -> None:
    run(change("DELETE FROM leak"))
    wrong: list[object] = []

    def main(number: int, ending: str) -> None:
        limit = connection.statement_limit  # the options themselves are shared by all threads
        try:
            limit.options = {"query_timeout": 0.2 if ending == "late" else None}
            work(number, ending)
        except Exception as error:
            if ending in ("commit", "inner"):
                wrong.append(error)
        limit.options = {}
        try:
            # The thread's connection is of use again, whatever happened to it.
            if run(ask("SELECT 1")) != [(1,)] or connection.in_atomic_block:
                wrong.append(ending)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=main, args=(number, ending))
        for number, ending in enumerate(endings)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert is_quiet(database)
    assert rows() == [n for n, ending in enumerate(endings) if ending in ("commit", "inner")]
