"""PostgreSQL and MySQL or MariaDB, both edges, with servers that vanish, hang and fill up."""

import asyncio
import datetime
import decimal
import os
import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from fastjango.orm.engine.pools import close_pools, known_pools
from fastjango.orm.engine.runner import arun, astream, current_edge, run, stream
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import (
    ConnectionLost,
    DatabaseUnavailable,
    PoolTimeout,
    QueryTimeout,
    SerializationFailure,
    TransactionManagementError,
)

MEMORY = {"default": {"ENGINE": "sqlite", "NAME": ":memory:"}}
BUSY = 5.0
"""Seconds that an answer may take on top of its limits on a busy machine."""


def settings_of(url: str, name: str | None, **options: Any) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "postgresql" if parts.scheme.startswith("postgres") else "mysql",
        "NAME": name,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


@pytest.fixture(
    params=[
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fresh database; gives a function that connects to it with options."""
    url = request.getfixturevalue(f"{request.param}_url")
    name = f"fj_engine_{os.getpid()}_{secrets.token_hex(4)}"
    connections.reconfigure({"default": settings_of(url, name)})
    admin = connections["default"]
    with admin._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {admin.ops.quote_name(name)}")

    def use(*, port: int | None = None, **options: Any) -> None:
        entry = settings_of(url, name, **options)
        if port is not None:
            entry["PORT"] = str(port)
            entry["HOST"] = "127.0.0.1"
        connections.reconfigure({"default": entry})

    use.url = url  # type: ignore[attr-defined]
    use.database = name  # type: ignore[attr-defined]
    use()
    yield use
    connections.reconfigure({"default": settings_of(url, name)})
    connections["default"].creation._destroy_test_db(name, 0)
    connections.reconfigure(MEMORY)


def sql(text: str) -> str:
    """Write ``?`` in the style of the edge's driver."""
    if connection.vendor == "postgresql" and current_edge() == "async":
        for number in range(1, text.count("?") + 1):
            text = text.replace("?", f"${number}", 1)
        return text
    return text.replace("?", "%s")


def read(text: str, *params: Any, **options: Any) -> Any:
    result: Result = yield Statement(sql(text), params, **options)
    return result.rows


def write(text: str, *params: Any, **options: Any) -> Any:
    result: Result = yield Statement(sql(text), params, kind="write", **options)
    return result


def make_table() -> None:
    run(write("CREATE TABLE t (id integer PRIMARY KEY, name varchar(50))"))


# -- statements ----------------------------------------------------------------------------


def test_statements_of_the_synchronous_edge(server: Any) -> None:
    make_table()
    assert run(write("INSERT INTO t VALUES (?, ?)", 1, "a%")).rowcount == 1
    assert run(write("INSERT INTO t VALUES (?, ?)", 2, "b", fetch="none")).rowcount == 1
    assert run(read("SELECT id, name FROM t ORDER BY id")) == [(1, "a%"), (2, "b")]
    assert run(read("SELECT name FROM t WHERE name LIKE 'a%%'")) == [("a%",)]
    assert run(write("UPDATE t SET name = name")).rowcount == 2
    with pytest.raises(IntegrityError):
        run(write("INSERT INTO t VALUES (1, 'x')"))
    with pytest.raises(ProgrammingError):
        run(read("SELECT * FROM missing"))

    def many() -> Any:
        rows = [(3, "c"), (4, "d")]
        yield Statement(sql("INSERT INTO t VALUES (?, ?)"), rows, many=True, kind="write")

    run(many())
    query = Statement("SELECT id FROM t ORDER BY id", fetch="chunks", chunk_size=3)
    assert list(stream(query)) == [[(1,), (2,), (3,)], [(4,)]]
    with transaction.atomic():
        assert list(stream(query)) == [[(1,), (2,), (3,)], [(4,)]]
    chunks: Any = stream(query)
    next(chunks)
    chunks.close()
    assert run(read("SELECT count(*) FROM t")) == [(4,)]


async def test_statements_of_the_asynchronous_edge(server: Any) -> None:
    await arun(write("CREATE TABLE t (id integer PRIMARY KEY, name varchar(50))"))
    assert (await arun(write("INSERT INTO t VALUES (?, ?)", 1, "a%"))).rowcount == 1
    assert (await arun(write("INSERT INTO t VALUES (?, ?)", 2, "b"))).rowcount == 1
    assert await arun(read("SELECT id, name FROM t ORDER BY id")) == [(1, "a%"), (2, "b")]
    assert (await arun(write("UPDATE t SET name = name"))).rowcount == 2
    with pytest.raises(IntegrityError):
        await arun(write("INSERT INTO t VALUES (1, 'x')"))
    with pytest.raises(ProgrammingError):
        await arun(read("SELECT * FROM missing"))

    def many() -> Any:
        rows = [(3, "c"), (4, "d")]
        yield Statement(sql("INSERT INTO t VALUES (?, ?)"), rows, many=True, kind="write")

    await arun(many())
    query = Statement("SELECT id FROM t ORDER BY id", fetch="chunks", chunk_size=3)
    expected = [[(1,), (2,), (3,)], [(4,)]]
    assert [chunk async for chunk in astream(query)] == expected
    async with transaction.atomic():
        assert [chunk async for chunk in astream(query)] == expected
    chunks: Any = astream(query)
    await anext(chunks)
    await chunks.aclose()
    with pytest.raises(ProgrammingError):
        await anext(aiter(astream(Statement("SELECT * FROM missing"))))
    assert await arun(read("SELECT count(*) FROM t")) == [(4,)]
    await close_pools()
    assert not known_pools()


async def test_no_thread_and_no_greenlet_on_the_asynchronous_edge(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await arun(read("SELECT 1"))
    before = threading.active_count()
    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", None)
    import greenlet

    started: list[Any] = []
    greenlet.settrace(lambda event, args: started.append(event))
    try:
        async with transaction.atomic():
            await arun(read("SELECT 1"))
        await arun(read("SELECT ?", 1))
    finally:
        greenlet.settrace(None)
    assert started == []
    assert threading.active_count() == before
    await close_pools()


TYPES = {
    "boolean": True,
    "smallint": -5,
    "bigint": 2**40,
    "double precision": 1.5,
    "numeric(12, 4)": decimal.Decimal("12345.6789"),
    "date": datetime.date(2024, 2, 29),
    "time(6)": datetime.time(23, 59, 59, 999999),
    "text": "naïve ☃ 'quoted' % ?",
}
POSTGRES_TYPES = {
    **TYPES,
    "bytea": b"\x00\xff",
    "uuid": uuid.UUID("12345678123456781234567812345678"),
    "interval": datetime.timedelta(days=3, seconds=5, microseconds=7),
    "timestamp with time zone": datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
    "jsonb": '{"a": [1, 2]}',
    "inet": "10.0.0.1",
}
MYSQL_TYPES = {
    **TYPES,
    "longblob": b"\x00\xff",
    "datetime(6)": datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
    "json": '{"a": [1, 2]}',
}


def test_values_round_trip_and_are_equal_on_both_edges(server: Any) -> None:
    types: dict[str, Any] = POSTGRES_TYPES if connection.vendor == "postgresql" else MYSQL_TYPES
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(types))
    run(write(f"CREATE TABLE v (id integer PRIMARY KEY, {columns})"))
    places = ", ".join("?" for _ in types)
    values = list(types.values())
    run(write(f"INSERT INTO v VALUES (1, {places})", *values))

    async def write_and_read() -> Any:
        await arun(write(f"INSERT INTO v VALUES (2, {places})", *values))
        rows = await arun(read("SELECT * FROM v ORDER BY id"))
        await close_pools()
        return rows

    found = asyncio.run(write_and_read())
    assert run(read("SELECT * FROM v ORDER BY id")) == found
    assert [row[1:] for row in found] == [tuple(values)] * 2
    nulls = [None] * len(values)
    run(write(f"INSERT INTO v VALUES (3, {places})", *nulls))
    assert run(read("SELECT * FROM v WHERE id = 3")) == [(3, *nulls)]


@pytest.mark.postgres
async def test_asyncpg_gets_arguments_of_the_types_it_wants(postgres_url: str) -> None:
    connections.reconfigure({"default": settings_of(postgres_url, "postgres")})
    try:
        cases = [
            ("SELECT 'x' || $1::text", 5, "x5"),
            ("SELECT $1::text", True, "true"),
            ("SELECT $1::text", datetime.datetime(2024, 1, 2), "2024-01-02 00:00:00"),
            ("SELECT $1::int", "7", 7),
            ("SELECT $1::bigint", decimal.Decimal(7), 7),
            ("SELECT $1::float8", decimal.Decimal("1.5"), 1.5),
            ("SELECT $1::bool", 1, True),
            ("SELECT $1::date", "2024-02-29", datetime.date(2024, 2, 29)),
            ("SELECT $1::time", "01:02", datetime.time(1, 2)),
            ("SELECT $1::bytea", "ab", b"ab"),
            ("SELECT $1::timestamp", "2024-01-02", datetime.datetime(2024, 1, 2)),
        ]
        for text, value, expected in cases:

            def steps(text: str = text, value: Any = value) -> Any:
                return (yield Statement(text, (value,))).rows

            assert await arun(steps()) == [(expected,)], text
    finally:
        await close_pools()
        connections.reconfigure(MEMORY)


def test_naive_datetimes_without_time_zones(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.orm.engine import environment

    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's timestamps have a time zone")
    monkeypatch.setattr(environment, "is_using_tz", lambda: False)
    monkeypatch.setattr(environment, "time_zone", lambda: "Europe/Paris")
    server()
    moment = datetime.datetime(2024, 7, 1, 12)
    run(write("CREATE TABLE m (at timestamp with time zone)"))
    run(write("INSERT INTO m VALUES (?)", moment))

    async def write_and_read() -> Any:
        await arun(write("INSERT INTO m VALUES (?)", moment))
        rows = await arun(read("SELECT at FROM m"))
        await close_pools()
        return rows

    assert asyncio.run(write_and_read()) == [(moment,)] * 2
    assert run(read("SELECT at FROM m")) == [(moment,)] * 2
    assert run(read("SHOW TimeZone")) == [("Europe/Paris",)]
    connections["default"].forget_time_zone()
    assert not connections["default"].ensure_timezone()


# -- transactions --------------------------------------------------------------------------


def test_transactions_of_the_synchronous_edge(server: Any) -> None:
    make_table()
    with transaction.atomic():
        run(write("INSERT INTO t VALUES (1, 'a')"))
        with pytest.raises(IntegrityError), transaction.atomic():
            run(write("INSERT INTO t VALUES (1, 'again')"))
        run(write("INSERT INTO t VALUES (2, 'b')"))
    with pytest.raises(ValueError, match="x"), transaction.atomic():
        run(write("INSERT INTO t VALUES (3, 'c')"))
        raise ValueError("x")
    assert run(read("SELECT id FROM t ORDER BY id")) == [(1,), (2,)]
    transaction.set_autocommit(False)
    run(write("INSERT INTO t VALUES (3, 'c')"))
    transaction.rollback()
    run(write("INSERT INTO t VALUES (4, 'd')"))
    transaction.commit()
    transaction.set_autocommit(True)
    assert run(read("SELECT id FROM t ORDER BY id")) == [(1,), (2,), (4,)]


async def test_transactions_of_the_asynchronous_edge(server: Any) -> None:
    await arun(write("CREATE TABLE t (id integer PRIMARY KEY, name varchar(50))"))
    async with transaction.atomic():
        await arun(write("INSERT INTO t VALUES (1, 'a')"))
        with pytest.raises(IntegrityError):
            async with transaction.atomic():
                await arun(write("INSERT INTO t VALUES (1, 'again')"))
        await arun(write("INSERT INTO t VALUES (2, 'b')"))
    with pytest.raises(ValueError, match="x"):
        async with transaction.atomic():
            await arun(write("INSERT INTO t VALUES (3, 'c')"))
            raise ValueError("x")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), transaction.atomic():
            await arun(write("INSERT INTO t VALUES (4, 'd')"))
            await asyncio.sleep(5)
    await asyncio.sleep(0.05)
    assert await arun(read("SELECT id FROM t ORDER BY id")) == [(1,), (2,)]
    assert known_pools()["default"].size == known_pools()["default"].idle
    await close_pools()


async def test_conflict_is_one_error_and_can_be_retried(server: Any) -> None:
    level = "serializable"
    if connection.vendor == "postgresql":
        import psycopg

        level = psycopg.IsolationLevel.SERIALIZABLE  # type: ignore[assignment]
    server(isolation_level=level)
    await arun(write("CREATE TABLE n (id integer PRIMARY KEY, v integer)"))
    await arun(write("INSERT INTO n VALUES (1, 0)"))
    failures: list[int] = []

    @transaction.atomic(retry=20)
    async def increment() -> None:
        try:
            value = (await arun(read("SELECT v FROM n WHERE id = 1")))[0][0]
            await asyncio.sleep(0.005)
            await arun(write("UPDATE n SET v = ? WHERE id = 1", value + 1))
        except SerializationFailure:
            failures.append(1)
            raise

    await asyncio.gather(*(increment() for _ in range(4)))
    assert await arun(read("SELECT v FROM n")) == [(4,)]
    assert failures
    await close_pools()


# -- servers in trouble --------------------------------------------------------------------


class Proxy:
    """A TCP proxy that can drop its connections, swallow what passes, or refuse."""

    def __init__(self, host: str, port: int) -> None:
        self.target = host, port
        self.frozen = False
        self.loop = asyncio.new_event_loop()
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.server: asyncio.Server | None = None
        self.port = 0
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.call(self.listen())

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def listen(self) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.close()
            return
        self.writers |= {writer, up_writer}
        for source, sink in ((reader, up_writer), (up_reader, writer)):
            task = self.loop.create_task(self.pump(source, sink))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                while self.frozen:  # noqa: ASYNC110 - set from another thread
                    await asyncio.sleep(0.01)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
            self.writers.discard(sink)

    def drop(self) -> None:
        async def go() -> None:
            for writer in list(self.writers):
                writer.transport.abort()

        self.call(go())

    def stop(self) -> None:
        async def go() -> None:
            assert self.server is not None
            self.server.close()

        self.call(go())
        self.drop()

    def start(self) -> None:
        self.call(self.listen())

    def close(self) -> None:
        self.frozen = False
        self.stop()

        async def go() -> None:
            for task in list(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

        self.call(go())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


@pytest.fixture
def proxy(server: Any) -> Iterator[Proxy]:
    parts = urlsplit(server.url)
    found = Proxy(parts.hostname or "127.0.0.1", parts.port or 0)
    yield found
    connections.close_all()
    found.close()


async def test_restart_is_survived(server: Any, proxy: Proxy) -> None:
    server(port=proxy.port)
    assert await arun(read("SELECT 1")) == [(1,)]
    await asyncio.to_thread(proxy.drop)
    await asyncio.sleep(0.05)
    assert await arun(read("SELECT 2")) == [(2,)]
    with pytest.raises((ConnectionLost, TransactionManagementError)) as caught:
        async with transaction.atomic():
            await arun(read("SELECT 1"))
            await asyncio.to_thread(proxy.drop)
            await asyncio.sleep(0.05)
            await arun(read("SELECT 1"))
    assert isinstance(caught.value, ConnectionLost)
    assert caught.value.http_status == 503
    await asyncio.to_thread(proxy.stop)
    start = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        await arun(read("SELECT 3"))
    assert time.monotonic() - start < 3 + BUSY
    await asyncio.to_thread(proxy.start)
    assert await arun(read("SELECT 4")) == [(4,)]
    assert known_pools()["default"].size == 1
    await close_pools()


def test_restart_is_survived_synchronously(server: Any, proxy: Proxy) -> None:
    from fastjango.orm import close_old_connections

    server(port=proxy.port)
    connection.settings_dict["CONN_MAX_AGE"] = None
    assert run(read("SELECT 1")) == [(1,)]
    proxy.drop()
    time.sleep(0.05)
    with pytest.raises(ConnectionLost) as caught:
        run(read("SELECT 2"))
    assert caught.value.http_status == 503
    # The next statement opens a connection by itself.
    assert run(read("SELECT 3")) == [(3,)]
    with pytest.raises(ConnectionLost), transaction.atomic():
        run(read("SELECT 1"))
        proxy.drop()
        time.sleep(0.05)
        with pytest.raises(ConnectionLost):
            run(read("SELECT 2"))
        # In the block nothing is opened: it would run outside of the transaction.
        run(read("SELECT 3"))
    assert run(read("SELECT 4")) == [(4,)]
    with connection.cursor() as cursor:
        proxy.drop()
        time.sleep(0.05)
        with pytest.raises(ConnectionLost):
            cursor.execute("SELECT 5")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 6")
        assert list(cursor.fetchall()) == [(6,)]
    connection.set_autocommit(False)
    run(read("SELECT 7"))
    proxy.drop()
    time.sleep(0.05)
    for _ in range(2):
        with pytest.raises(OperationalError):
            run(read("SELECT 8"))
    close_old_connections()
    proxy.stop()
    with pytest.raises(DatabaseUnavailable):
        run(read("SELECT 9"))
    proxy.start()
    assert run(read("SELECT 10")) == [(10,)]


async def test_hang_is_a_503_within_the_limit(server: Any, proxy: Proxy) -> None:
    server(port=proxy.port, query_timeout=0.3, connect_timeout=1)
    assert await arun(read("SELECT 1")) == [(1,)]
    proxy.frozen = True
    start = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"within 0.3 s .*query_timeout") as caught:
        await arun(read("SELECT 2"))
    assert time.monotonic() - start < 0.3 + BUSY
    assert caught.value.http_status == 503
    with pytest.raises(DatabaseUnavailable, match="could not be reached within 1 s"):
        await arun(read("SELECT 3"))
    proxy.frozen = False
    assert await arun(read("SELECT 4")) == [(4,)]
    await close_pools()


def test_hang_is_a_503_within_the_limit_synchronously(server: Any, proxy: Proxy) -> None:
    server(port=proxy.port, query_timeout=0.3, connect_timeout=2)
    assert run(read("SELECT 1")) == [(1,)]
    with connection.statement_limit.lifted():
        assert run(read(slow_one(0.6))) == [(1,)]
    proxy.frozen = True
    with pytest.raises(QueryTimeout, match=r"within 0.3 s .*query_timeout") as caught:
        run(read("SELECT 2"))
    assert caught.value.http_status == 503
    with pytest.raises(DatabaseUnavailable):
        run(read("SELECT 3"))
    proxy.frozen = False
    assert run(read("SELECT 4")) == [(4,)]
    # A server that works, but too long, is no different.
    with pytest.raises(QueryTimeout):
        run(read(slow_one(30)))
    assert run(read("SELECT 5")) == [(5,)]
    with pytest.raises(QueryTimeout), connection.cursor() as cursor:
        cursor.execute(slow_one(30))
    with pytest.raises(DatabaseUnavailable), transaction.atomic():
        run(read(slow_one(30)))
    assert run(read("SELECT 6")) == [(6,)]


def test_health_checks_wait_no_longer_than_for_a_connection(server: Any, proxy: Proxy) -> None:
    server(port=proxy.port, query_timeout=30, connect_timeout=2)
    connections.settings["default"].update(CONN_HEALTH_CHECKS=True, CONN_MAX_AGE=None)
    assert run(read("SELECT 1")) == [(1,)]
    first = connection.connection
    connection.close_if_unusable_or_obsolete()  # a request has ended
    assert run(read("SELECT 2")) == [(2,)]
    assert connection.connection is first
    connection.close_if_unusable_or_obsolete()
    proxy.frozen = True
    start = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        run(read("SELECT 3"))
    assert time.monotonic() - start < 2 + 2 + BUSY  # the check, a new connection
    proxy.frozen = False
    assert run(read("SELECT 4")) == [(4,)]
    assert connection.statement_limit.seconds() == 30


async def test_health_checks_of_a_pool_wait_no_longer_than_for_a_place(
    server: Any, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastjango.orm.engine.pools.HEALTH_CHECK_AFTER", 0.0)
    pool = {"health_checks": True, "timeout": 0.3}
    server(port=proxy.port, query_timeout=30, connect_timeout=1, pool=pool)
    assert await arun(read("SELECT 1")) == [(1,)]
    assert await arun(read("SELECT 2")) == [(2,)]
    proxy.frozen = True
    start = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        await arun(read("SELECT 3"))
    # The check, telling the server, a new connection.
    assert time.monotonic() - start < 0.3 + 1 + 1 + BUSY
    proxy.frozen = False
    assert await arun(read("SELECT 4")) == [(4,)]
    await close_pools()


def test_migrations_may_take_longer_than_the_limit(server: Any) -> None:
    server(query_timeout=0.2)
    with connection.schema_editor() as editor:
        editor.execute(f"CREATE TABLE slow AS {slow_one(0.5)}")
    with pytest.raises(QueryTimeout):
        run(read(slow_one(30)))


def test_only_requests_are_limited_without_a_setting(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastjango.core.aio import finishing
    from fastjango.orm.engine import limits

    monkeypatch.setattr(limits, "QUERY_TIMEOUT", 0.2)
    assert run(read(slow_one(0.5))) == [(1,)]
    with pytest.raises(QueryTimeout):
        finishing(lambda: run(read(slow_one(30))))()
    assert connection.statement_limit.seconds() is None
    server(query_timeout=None)
    assert finishing(connection.statement_limit.seconds)() is None


def slow_one(seconds: float) -> str:
    """A query that gives 1 after a while."""
    if connection.vendor == "postgresql":
        return f"SELECT 1 AS one FROM pg_sleep({seconds})"
    return f"SELECT 1 + sleep({seconds}) AS one"


async def test_exhausted_pool_is_a_503_and_recovers(server: Any) -> None:
    server(pool={"max_size": 2, "timeout": 0.2})
    release = asyncio.Event()

    async def hold() -> None:
        async with transaction.atomic():
            await arun(read("SELECT 1"))
            await release.wait()

    tasks = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0.1)
    start = time.monotonic()
    with pytest.raises(PoolTimeout) as caught:
        await arun(read("SELECT 1"))
    assert 0.1 < time.monotonic() - start < 0.2 + BUSY
    assert caught.value.http_status == 503
    release.set()
    await asyncio.gather(*tasks)
    assert await arun(read("SELECT 1")) == [(1,)]
    await close_pools()


async def test_cancelled_queries_never_mix_up_answers(server: Any) -> None:
    sleep = "pg_sleep(0.02)" if connection.vendor == "postgresql" else "sleep(0.02)"
    server(pool={"max_size": 5})

    async def ask(number: int) -> None:
        try:
            async with asyncio.timeout(0.03 if number % 3 == 0 else 10):
                rows = await arun(read(f"SELECT {number} AS n, {sleep} AS s"))
                assert rows[0][0] == number
        except TimeoutError:
            pass

    for _ in range(3):
        await asyncio.gather(*(ask(number) for number in range(15)))
    pool = known_pools()["default"]
    assert (pool.size, pool.waiting) == (pool.idle, 0)
    await close_pools()


def test_unreachable_server_is_a_503(server: Any) -> None:
    server(port=1, connect_timeout=1)

    async def main() -> None:
        with pytest.raises(DatabaseUnavailable):
            await arun(read("SELECT 1"))

    asyncio.run(main())
    with pytest.raises(OperationalError):
        run(read("SELECT 1"))


async def test_a_pool_opens_its_minimum_behind_the_first_query(server: Any) -> None:
    server(pool={"min_size": 3, "max_size": 4})
    assert await arun(read("SELECT 1")) == [(1,)]
    pool = known_pools()["default"]
    await asyncio.gather(*pool._background)
    assert (pool.size, pool.idle) == (3, 3)
    answers = await asyncio.gather(*(arun(read("SELECT ?", n)) for n in range(1, 4)))
    assert [int(rows[0][0]) for rows in answers] == [1, 2, 3]
    assert pool.size == 3
    await close_pools()


# -- the surface ---------------------------------------------------------------------------


def test_cursor_and_introspection(server: Any) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
        cursor.execute(
            "CREATE TABLE child (id integer PRIMARY KEY, name varchar(20) NOT NULL, "
            "parent_id integer, size integer, CONSTRAINT child_name_uniq UNIQUE (name), "
            "CONSTRAINT child_size_check CHECK (size > 0), "
            "CONSTRAINT child_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id))"
        )
        cursor.execute("CREATE INDEX child_size_idx ON child (size DESC, name)")
        introspection = connection.introspection
        assert introspection.table_names(cursor) == ["child", "parent"]
        assert introspection.table_names() == ["child", "parent"]
        description = introspection.get_table_description(cursor, "child")
        assert [info.name for info in description] == ["id", "name", "parent_id", "size"]
        assert [info.null_ok for info in description] == [False, False, True, True]
        assert [introspection.get_field_type(i.type_code, i) for i in description] == [
            "IntegerField",
            "CharField",
            "IntegerField",
            "IntegerField",
        ]
        constraints = introspection.get_constraints(cursor, "child")
        assert constraints["child_name_uniq"]["unique"]
        assert constraints["child_name_uniq"]["columns"] == ["name"]
        assert constraints["child_size_check"]["check"]
        assert constraints["child_size_check"]["columns"] == ["size"]
        assert constraints["child_parent_fk"]["foreign_key"] == ("parent", "id")
        assert constraints["child_size_idx"]["index"]
        assert constraints["child_size_idx"]["columns"] == ["size", "name"]
        assert constraints["child_size_idx"]["type"] == "idx"
        if "orders" in constraints["child_size_idx"]:
            assert constraints["child_size_idx"]["orders"] == ["DESC", "ASC"]
        assert introspection.get_primary_key_column(cursor, "child") == "id"
        assert introspection.get_sequences(cursor, "child") == []
        cursor.execute("SELECT %s, %s", [1, "%"])
        assert list(cursor) == [(1, "%")]
        with pytest.raises(ProgrammingError):
            cursor.execute(f"SELECT * FROM {quote('no such table')}")
    with connection.constraint_checks_disabled():
        pass
    connection.check_constraints()
    assert connection.is_usable()
    assert connection.get_database_version() >= connection.features.minimum_database_version
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() in ([(1,)], ((1,),))


def test_every_feature_can_be_asked(server: Any) -> None:
    for name in dir(type(connection.features)):
        if not name.startswith("__"):
            getattr(connection.features, name)
    assert connection.features.supports_transactions
    assert connection.dialect("sync").paramstyle == "format"
    assert connection.dialect("async").paramstyle in ("format", "numeric_dollar")
    assert connection.display_name in ("PostgreSQL", "MariaDB", "MySQL")


async def test_features_are_known_before_the_first_query(server: Any) -> None:
    from fastjango.orm.engine import servers

    servers.forget_servers()

    def steps() -> Any:
        assert connection.features.supports_any_value in (True, False)
        assert connection.get_database_version()
        return (yield Statement("SELECT 1")).rows

    assert await arun(steps()) == [(1,)]
    await close_pools()


def test_test_databases_are_created_cloned_and_destroyed(
    server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    creation = connection.creation
    monkeypatch.setattr(creation, "prepare_schema", lambda verbosity: make_rows())

    def make_rows() -> None:
        make_table()
        run(write("INSERT INTO t VALUES (1, 'a')"))

    old = connection.settings_dict["NAME"]
    name = creation.create_test_db(verbosity=2, autoclobber=True)
    try:
        assert name == f"test_{old}"
        assert connection.settings_dict["NAME"] == name
        monkeypatch.setattr(creation, "prepare_schema", lambda verbosity: None)
        creation.connection.settings_dict["NAME"] = old
        creation.create_test_db(verbosity=0, keepdb=True)
        assert run(read("SELECT name FROM t")) == [("a",)]
        creation.clone_test_db("1", verbosity=1)
        creation.clone_test_db("1", verbosity=1)  # replaces the first
        clone = connections["default"].copy()
        clone.settings_dict["NAME"] = f"{name}_1"
        with clone.cursor() as cursor:
            cursor.execute("SELECT name FROM t")
            assert tuple(cursor.fetchone()) == ("a",)
        clone.close()
        creation.destroy_test_db(suffix="1", verbosity=1)
    finally:
        creation.destroy_test_db(old, verbosity=0)
    assert connection.settings_dict["NAME"] == old
    assert f"Creating test database for alias 'default' ('{name}')" in capsys.readouterr().err
    assert creation.test_db_signature()[-1] == name


@pytest.mark.parametrize("vendor", ["postgres", "mysql"])
def test_unknown_isolation_level_is_refused(vendor: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{vendor}_url")
    connections.reconfigure({"default": settings_of(url, "x", isolation_level="sometimes")})
    try:
        with pytest.raises(ImproperlyConfigured, match="Invalid transaction isolation level"):
            connection.ensure_connection()
    finally:
        connections.reconfigure(MEMORY)
