"""SQLAlchemy Core without objects and SQLModel with a session per call, beside ``orm_calls.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from _orm_peers import ROWS, Calls, Peer
from sqlalchemy import Engine, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import joinedload
from sqlalchemy.pool import StaticPool
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine
from sqlmodel.ext.asyncio.session import AsyncSession

__all__ = ["sqlalchemy_peers"]


class SAuthor(SQLModel, table=True):
    """Who writes."""

    __tablename__ = "sa_author"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    age: int | None = None


class SArticle(SQLModel, table=True):
    """What is written."""

    __tablename__ = "sa_article"
    id: int | None = Field(default=None, primary_key=True)
    title: str
    body: str
    words: int = 0
    author_id: int = Field(foreign_key="sa_author.id")
    author: SAuthor = Relationship()


AUTHORS: Any = SAuthor.__table__  # type: ignore[attr-defined]  # given by SQLAlchemy
ARTICLES: Any = SArticle.__table__  # type: ignore[attr-defined]  # given by SQLAlchemy
ONE = select(AUTHORS).where(AUTHORS.c.id == bindparam("key"))


def sqlalchemy_peers(url: str) -> dict[str, Peer]:
    """Return both; an empty URL is SQLite in memory."""
    if url:
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    else:
        engine = create_engine("sqlite://", poolclass=StaticPool)
    _fill(engine)
    core, sqlmodel = Peer(_core_calls(engine)), Peer(_session_calls(engine))
    if url:
        _add_async_calls(core, sqlmodel, url)
    return {"SQLAlchemy Core": core, "SQLModel": sqlmodel}


def _fill(engine: Engine) -> None:
    SQLModel.metadata.create_all(engine, [AUTHORS, ARTICLES])
    with engine.begin() as connection:
        connection.execute(insert(AUTHORS), [{"name": f"a{n}", "age": n} for n in range(ROWS)])
        made = [
            {"title": f"t{n}", "body": "x" * 100, "words": n, "author_id": 1 + n}
            for n in range(ROWS)
        ]
        connection.execute(insert(ARTICLES), made)


def _core_calls(engine: Engine) -> Calls:
    joined = select(ARTICLES, AUTHORS).join(AUTHORS).limit(100)
    autocommit = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    new = {"name": "n", "age": 1}

    def bulk() -> None:
        autocommit.execute(insert(AUTHORS), [dict(new) for _ in range(1000)])
        autocommit.execute(delete(AUTHORS).where(AUTHORS.c.id > ROWS))

    def change() -> None:
        autocommit.execute(update(AUTHORS).where(AUTHORS.c.id == 7).values(age=1))

    calls: Calls = {
        "one row by key": lambda: autocommit.execute(ONE, {"key": 5}).all(),
        "100 rows": lambda: autocommit.execute(select(ARTICLES).limit(100)).all(),
        "100 rows with author": lambda: autocommit.execute(joined).all(),
        "build": lambda: (
            select(AUTHORS)
            .where(AUTHORS.c.name == "a", AUTHORS.c.age > 3)
            .where(AUTHORS.c.age < 80)
            .order_by(AUTHORS.c.age.desc())
            .limit(20)
        ),
        "insert one": lambda: autocommit.execute(insert(AUTHORS), new),
        "update one": change,
        "insert 1,000": bulk,
    }
    for count in (1, 10, 100, 1000):
        calls[f"rows {count}"] = lambda count=count: (  # type: ignore[misc]  # bound now
            autocommit.execute(select(ARTICLES).limit(count)).all()
        )
    return calls


def _session_calls(engine: Engine) -> Calls:
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
        session.execute(delete(AUTHORS).where(AUTHORS.c.id > ROWS))
        session.commit()

    def save(session: Session) -> None:
        found = session.get_one(SAuthor, 7)
        found.age = (found.age or 0) + 1
        session.commit()

    with_author = select(SArticle).options(joinedload(SArticle.author)).limit(100)  # type: ignore[arg-type]  # an attribute of the class
    calls: Calls = {
        "one row by key": in_session(lambda session: session.get_one(SAuthor, 5)),
        "100 rows": in_session(lambda session: session.scalars(select(SArticle).limit(100)).all()),
        "100 rows with author": in_session(lambda session: session.scalars(with_author).all()),
        "insert one": in_session(add),
        "update one": in_session(save),
        "insert 1,000": in_session(add_many),
    }
    for count in (1, 10, 100, 1000):
        calls[f"rows {count}"] = in_session(
            lambda session, count=count: session.scalars(select(SArticle).limit(count)).all()  # type: ignore[misc]  # bound now
        )
    return calls


def _add_async_calls(core: Peer, sqlmodel: Peer, url: str) -> None:
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))

    async def core_one() -> object:
        async with engine.connect() as connection:
            return (await connection.execute(ONE, {"key": 5})).all()

    async def core_rows() -> object:
        async with engine.connect() as connection:
            return (await connection.execute(select(ARTICLES).limit(100))).all()

    async def session_one() -> object:
        async with AsyncSession(engine) as session:
            return await session.get_one(SAuthor, 5)

    async def session_rows() -> object:
        async with AsyncSession(engine) as session:
            return (await session.exec(select(SArticle).limit(100))).all()  # type: ignore[call-overload]  # SQLAlchemy's select

    core.acalls.update({"one row by key": core_one, "100 rows": core_rows})
    sqlmodel.acalls.update({"one row by key": session_one, "100 rows": session_rows})
