"""The peers of ``orm_calls.py``: the same tables and calls for each, in one process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

__all__ = ["ROWS", "Peer", "django_peer", "fastjango_peer", "raw_peer", "sqlalchemy_peers"]

ROWS = 1000
"""Rows of each table before anything is inserted."""

Calls = dict[str, Callable[[], object]]
COLUMNS = "id, title, body, words, author_id"


@dataclass
class Peer:
    """One side: its calls by workload, and what runs statements of its own for preparing."""

    calls: Calls
    acalls: dict[str, Callable[[], Awaitable[object]]] = field(
        default_factory=dict[str, Callable[[], Awaitable[object]]]
    )


def on(runner: asyncio.Runner, call: Callable[[], Awaitable[object]], times: int) -> object:
    """Await a call so many times on one loop."""

    async def repeat() -> None:
        for _ in range(times):
            await call()

    return runner.run(repeat())


def _parts(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": parts.username,
        "password": parts.password or "",
        "database": parts.path[1:],
    }


def _define(models: Any, label: str, prefix: str) -> tuple[Any, Any]:
    """Build the two models with a `models` namespace, FastJango's or Django's."""

    def meta(table: str) -> type:
        return type("Meta", (), {"app_label": label, "db_table": f"{prefix}_{table}"})

    author = type(
        "BenchAuthor",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": meta("author"),
            "name": models.CharField(max_length=50),
            "age": models.IntegerField(null=True),
        },
    )
    article = type(
        "BenchArticle",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": meta("article"),
            "title": models.CharField(max_length=50),
            "body": models.TextField(),
            "words": models.IntegerField(default=0),
            "author": models.ForeignKey(author, models.CASCADE, related_name="articles"),
        },
    )
    return author, article


def _fill(author: Any, article: Any) -> None:
    author.objects.bulk_create([author(name=f"a{n}", age=n % 90) for n in range(ROWS)])
    article.objects.bulk_create(
        [article(title=f"t{n}", body="x" * 100, words=n, author_id=1 + n) for n in range(ROWS)]
    )


def _model_calls(author: Any, article: Any, execute: Callable[[str], object]) -> Peer:
    """Return the calls of a framework with Django's interface."""
    table = author._meta.db_table
    kept = author.objects.get(pk=7)

    def bulk() -> None:
        author.objects.bulk_create([author(name="n", age=1) for _ in range(1000)])
        execute(f"DELETE FROM {table} WHERE id > {ROWS}")

    def update() -> None:
        kept.age += 1
        kept.save(update_fields=["age"])

    async def rows() -> list[Any]:
        return [row async for row in article.objects.all()[:100]]

    calls: Calls = {
        "one row by key": lambda: author.objects.get(pk=5),
        "100 rows": lambda: list(article.objects.all()[:100]),
        "100 rows with author": lambda: list(article.objects.select_related("author")[:100]),
        "build": lambda: (
            author.objects.filter(name="a", age__gt=3).filter(age__lt=80).order_by("-age")[:20]
        ),
        "insert one": lambda: author.objects.create(name="n", age=1),
        "update one": update,
        "insert 1,000": bulk,
    }
    for count in (1, 10, 100, 1000):
        calls[f"rows {count}"] = lambda count=count: list(article.objects.all()[:count])  # type: ignore[misc]  # bound now
    return Peer(calls, {"one row by key": lambda: author.objects.aget(pk=5), "100 rows": rows})


def _entry(url: str, engine: str) -> dict[str, Any]:
    """Return the entry of `DATABASES` for a server."""
    parts = _parts(url)
    entry = {name.upper(): parts[name] for name in ("host", "port", "user", "password")}
    return {"ENGINE": engine, "NAME": parts["database"], **entry}


def fastjango_peer(url: str) -> Peer:
    """Set FastJango up; an empty URL is SQLite in memory."""
    from fastjango.core import settings, setup

    database = _entry(url, "postgresql") if url else {"ENGINE": "sqlite", "NAME": ":memory:"}
    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50,
        INSTALLED_APPS=["fastjango.orm"],
        DATABASES={"default": database},
    )
    setup()
    from fastjango.orm import connection, models
    from fastjango.orm.schema import create_model

    author, article = _define(models, "orm", "fj")
    create_model(author)
    create_model(article)
    _fill(author, article)

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return _model_calls(author, article, execute)


def django_peer(url: str) -> Peer:
    """Set Django up; an empty URL is SQLite in memory."""
    from importlib.machinery import ModuleSpec

    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]

    for name in ("djangobench", "djangobench.models"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.__path__ = ["."]
        sys.modules[name] = module
    database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if url:
        database = _entry(url, "django.db.backends.postgresql")
    settings.configure(
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["djangobench"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import connection, models  # type: ignore[import-untyped]

    author, article = _define(models, "djangobench", "dj")
    with connection.schema_editor() as editor:
        editor.create_model(author)
        editor.create_model(article)
    _fill(author, article)

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    peer = _model_calls(author, article, execute)
    if not url:
        peer.acalls.clear()  # its worker thread would see another database in memory
    return peer


def _raw_statements(prefix: str) -> dict[str, str]:
    return {
        "one row by key": f"SELECT id, name, age FROM {prefix}_author WHERE id = {{0}} LIMIT 21",
        "100 rows": f"SELECT {COLUMNS} FROM {prefix}_article LIMIT 100",
        "100 rows with author": "SELECT a.id, title, body, words, author_id, b.id, name, age "
        f"FROM {prefix}_article a JOIN {prefix}_author b ON b.id = author_id LIMIT 100",
        "insert one": f"INSERT INTO {prefix}_author (name, age) VALUES ({{0}}, {{1}}) RETURNING id",
        "update one": f"UPDATE {prefix}_author SET age = {{0}} WHERE id = {{1}}",
    }


PARAMS: dict[str, tuple[Any, ...]] = {
    "one row by key": (5,),
    "insert one": ("n", 1),
    "update one": (1, 7),
}


def raw_peer(url: str) -> Peer:
    """Return what the drivers alone do on tables of their own, rows as tuples."""
    return _raw_postgres(url) if url else _raw_sqlite()


def _raw_sqlite() -> Peer:
    import sqlite3

    connection = sqlite3.connect(":memory:", isolation_level=None)
    run = connection.execute
    run("CREATE TABLE raw_author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, age INTEGER)")
    run(
        "CREATE TABLE raw_article (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, body TEXT, "
        "words INTEGER, author_id INTEGER)"
    )
    insert = "INSERT INTO raw_author (name, age) VALUES (?, ?)"
    connection.executemany(insert, [(f"a{n}", n % 90) for n in range(ROWS)])
    connection.executemany(
        "INSERT INTO raw_article (title, body, words, author_id) VALUES (?, ?, ?, ?)",
        [(f"t{n}", "x" * 100, n, 1 + n) for n in range(ROWS)],
    )
    calls: Calls = {}
    for name, text in _raw_statements("raw").items():
        sql, params = text.format("?", "?"), PARAMS.get(name, ())
        calls[name] = lambda sql=sql, params=params: run(sql, params).fetchall()  # type: ignore[misc]  # bound now
    for count in (1, 10, 100, 1000):
        sql = f"SELECT {COLUMNS} FROM raw_article LIMIT {count}"
        calls[f"rows {count}"] = lambda sql=sql: run(sql).fetchall()  # type: ignore[misc]  # bound now

    def bulk() -> None:
        connection.executemany(insert, [("n", 1) for _ in range(1000)])
        run(f"DELETE FROM raw_author WHERE id > {ROWS}")

    return Peer({**calls, "insert 1,000": bulk})


def _raw_postgres(url: str) -> Peer:
    import asyncpg
    import psycopg

    connection: Any = psycopg.connect(url, autocommit=True)
    run = connection.execute
    for table, columns in (
        ("author", "name varchar(50), age integer"),
        ("article", "title varchar(50), body text, words integer, author_id bigint"),
    ):
        key = "id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY"
        run(f"CREATE TABLE raw_{table} ({key}, {columns})")
    insert = "INSERT INTO raw_author (name, age) VALUES (%s, %s)"
    with connection.cursor() as cursor:
        cursor.executemany(insert, [(f"a{n}", n % 90) for n in range(ROWS)])
        cursor.executemany(
            "INSERT INTO raw_article (title, body, words, author_id) VALUES (%s, %s, %s, %s)",
            [(f"t{n}", "x" * 100, n, 1 + n) for n in range(ROWS)],
        )
    calls: Calls = {}
    statements = _raw_statements("raw")
    for name, text in statements.items():
        sql, params = text.format("%s", "%s"), PARAMS.get(name, ())
        if name == "update one":
            calls[name] = lambda sql=sql, params=params: run(sql, params)  # type: ignore[misc]  # bound now
        else:
            calls[name] = lambda sql=sql, params=params: run(sql, params).fetchall()  # type: ignore[misc]  # bound now
    for count in (1, 10, 100, 1000):
        sql = f"SELECT {COLUMNS} FROM raw_article LIMIT {count}"
        calls[f"rows {count}"] = lambda sql=sql: run(sql).fetchall()  # type: ignore[misc]  # bound now

    def bulk() -> None:
        with connection.cursor() as cursor:
            cursor.executemany(insert, [("n", 1) for _ in range(1000)])
        run(f"DELETE FROM raw_author WHERE id > {ROWS}")

    pools: list[Any] = []

    def fetching(name: str) -> Callable[[], Awaitable[object]]:
        sql, params = statements[name].format("$1", "$2"), PARAMS.get(name, ())

        async def fetch() -> object:
            if not pools:
                pools.append(await asyncpg.create_pool(url, min_size=1, max_size=2))
            return await pools[0].fetch(sql, *params)

        return fetch

    acalls = {name: fetching(name) for name in ("one row by key", "100 rows")}
    return Peer({**calls, "insert 1,000": bulk}, acalls)


def sqlalchemy_peers(url: str) -> dict[str, Peer]:
    """Return SQLAlchemy Core without objects, and SQLModel with a session per call."""
    from sqlalchemy import bindparam, delete, insert, select, update
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.orm import joinedload
    from sqlalchemy.pool import StaticPool
    from sqlmodel import Field, Relationship, Session, SQLModel, create_engine
    from sqlmodel.ext.asyncio.session import AsyncSession

    class SAuthor(SQLModel, table=True):
        __tablename__ = "sa_author"
        id: int | None = Field(default=None, primary_key=True)
        name: str
        age: int | None = None

    class SArticle(SQLModel, table=True):
        __tablename__ = "sa_article"
        id: int | None = Field(default=None, primary_key=True)
        title: str
        body: str
        words: int = 0
        author_id: int = Field(foreign_key="sa_author.id")
        author: SAuthor = Relationship()

    if url:
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    else:
        engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine, [SAuthor.__table__, SArticle.__table__])  # type: ignore[attr-defined]  # given by SQLAlchemy
    authors, articles = SAuthor.__table__, SArticle.__table__  # type: ignore[attr-defined]  # given by SQLAlchemy
    with engine.begin() as connection:
        connection.execute(insert(authors), [{"name": f"a{n}", "age": n} for n in range(ROWS)])
        made = [
            {"title": f"t{n}", "body": "x" * 100, "words": n, "author_id": 1 + n}
            for n in range(ROWS)
        ]
        connection.execute(insert(articles), made)
    one = select(authors).where(authors.c.id == bindparam("key"))
    joined = select(articles, authors).join(authors).limit(100)
    autocommit = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    new = {"name": "n", "age": 1}

    def core_bulk() -> None:
        autocommit.execute(insert(authors), [dict(new) for _ in range(1000)])
        autocommit.execute(delete(authors).where(authors.c.id > ROWS))

    def change() -> None:
        autocommit.execute(update(authors).where(authors.c.id == 7).values(age=1))

    core: Calls = {
        "one row by key": lambda: autocommit.execute(one, {"key": 5}).all(),
        "100 rows": lambda: autocommit.execute(select(articles).limit(100)).all(),
        "100 rows with author": lambda: autocommit.execute(joined).all(),
        "build": lambda: (
            select(authors)
            .where(authors.c.name == "a", authors.c.age > 3)
            .where(authors.c.age < 80)
            .order_by(authors.c.age.desc())
            .limit(20)
        ),
        "insert one": lambda: autocommit.execute(insert(authors), new),
        "update one": change,
        "insert 1,000": core_bulk,
    }

    def in_session(work: Callable[[Session], object]) -> Callable[[], object]:
        def call() -> object:
            with Session(engine) as session:
                return work(session)

        return call

    def add(session: Session) -> None:
        session.add(SAuthor(name="n", age=1))
        session.commit()

    def add_many(session: Session) -> None:
        session.add_all([SAuthor(name="n", age=1) for _ in range(1000)])
        session.flush()
        session.execute(delete(authors).where(authors.c.id > ROWS))
        session.commit()

    def save(session: Session) -> None:
        found = session.get_one(SAuthor, 7)
        found.age = (found.age or 0) + 1
        session.commit()

    with_author = select(SArticle).options(joinedload(SArticle.author)).limit(100)  # type: ignore[arg-type]  # an attribute of the class
    sqlmodel: Calls = {
        "one row by key": in_session(lambda session: session.get_one(SAuthor, 5)),
        "100 rows": in_session(lambda session: session.scalars(select(SArticle).limit(100)).all()),
        "100 rows with author": in_session(lambda session: session.scalars(with_author).all()),
        "insert one": in_session(add),
        "update one": in_session(save),
        "insert 1,000": in_session(add_many),
    }
    for count in (1, 10, 100, 1000):
        core[f"rows {count}"] = lambda count=count: (  # type: ignore[misc]  # bound now
            autocommit.execute(select(articles).limit(count)).all()
        )
        sqlmodel[f"rows {count}"] = in_session(
            lambda session, count=count: session.scalars(select(SArticle).limit(count)).all()  # type: ignore[misc]  # bound now
        )
    if not url:
        return {"SQLAlchemy Core": Peer(core), "SQLModel": Peer(sqlmodel)}
    aengine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))

    async def core_one() -> object:
        async with aengine.connect() as connection:
            return (await connection.execute(one, {"key": 5})).all()

    async def core_rows() -> object:
        async with aengine.connect() as connection:
            return (await connection.execute(select(articles).limit(100))).all()

    async def session_one() -> object:
        async with AsyncSession(aengine) as session:
            return await session.get_one(SAuthor, 5)

    async def session_rows() -> object:
        async with AsyncSession(aengine) as session:
            return (await session.exec(select(SArticle).limit(100))).all()  # type: ignore[call-overload]  # SQLAlchemy's select

    return {
        "SQLAlchemy Core": Peer(core, {"one row by key": core_one, "100 rows": core_rows}),
        "SQLModel": Peer(sqlmodel, {"one row by key": session_one, "100 rows": session_rows}),
    }
