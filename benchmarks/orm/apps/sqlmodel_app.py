"""FastAPI and SQLModel as its documentation uses them; on PostgreSQL with the async session."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from pages import FILE, PAGE, PARTS, VENDOR, page, some_id, some_start
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import HTMLResponse


class World(SQLModel, table=True):
    """A row to read and change."""

    id: int | None = Field(default=None, primary_key=True)
    number: int


class Fortune(SQLModel, table=True):
    """A row of the page."""

    id: int | None = Field(default=None, primary_key=True)
    message: str


class ArticleTags(SQLModel, table=True):
    """Joins articles and tags."""

    __tablename__ = "article_tags"
    id: int | None = Field(default=None, primary_key=True)
    article_id: int = Field(foreign_key="article.id")
    tag_id: int = Field(foreign_key="tag.id")


class Author(SQLModel, table=True):
    """Writes articles."""

    id: int | None = Field(default=None, primary_key=True)
    name: str


class Tag(SQLModel, table=True):
    """Marks articles."""

    id: int | None = Field(default=None, primary_key=True)
    name: str


class Article(SQLModel, table=True):
    """Has an author and tags."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    body: str
    author_id: int = Field(foreign_key="author.id")
    author: Author = Relationship()
    tags: list[Tag] = Relationship(link_model=ArticleTags)


class Note(SQLModel, table=True):
    """A row to insert."""

    id: int | None = Field(default=None, primary_key=True)
    text: str


app = FastAPI()


def listed(found: Any) -> Any:
    """Return articles as the answer has them."""
    return [
        {
            "id": article.id,
            "title": article.title,
            "body": article.body,
            "author": {"id": article.author.id, "name": article.author.name},
            "tags": [{"id": tag.id, "name": tag.name} for tag in article.tags],
        }
        for article in found
    ]


def list_query() -> Any:
    """Return the query for a hundred articles."""
    return (
        select(Article)
        .where(Article.id > some_start())
        .order_by(Article.id)
        .limit(PAGE)
        .options(joinedload(Article.author), selectinload(Article.tags))
    )


if VENDOR == "sqlite":
    options = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(f"sqlite:///{FILE}", connect_args=options)
    writing = create_engine(
        f"sqlite:///{FILE}", connect_args={**options, "isolation_level": None}, pool_size=10
    )

    @event.listens_for(engine, "connect")
    @event.listens_for(writing, "connect")
    def as_the_others(connection: Any, record: Any) -> None:
        """A commit waits for as much of the disk as those of the other peers."""
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(writing, "begin")
    def begin_immediate(connection: Any) -> None:
        """Without it, concurrent read-then-write transactions fail: "database is locked"."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def get_writing_session() -> Iterator[Session]:
        """Give a session whose transactions may write."""
        with Session(writing, expire_on_commit=False) as session:
            yield session

    W = Annotated[Session, Depends(get_writing_session)]

    def get_session() -> Iterator[Session]:
        """Give a session."""
        with Session(engine) as session:
            yield session

    S = Annotated[Session, Depends(get_session)]

    @app.get("/row")
    def one(session: S) -> Any:
        """Read one row."""
        world = session.get_one(World, some_id())
        return {"id": world.id, "number": world.number}

    @app.get("/queries")
    def queries(session: S) -> Any:
        """Read twenty rows, one by one."""
        found = [session.get_one(World, some_id()) for _ in range(20)]
        return [{"id": world.id, "number": world.number} for world in found]

    @app.get("/updates")
    def updates(session: W) -> Any:
        """Read and change twenty rows, one by one."""
        found = [session.get_one(World, some_id()) for _ in range(20)]
        answer = []
        for world in found:
            world.number = some_id()
            answer.append({"id": world.id, "number": world.number})
            session.add(world)
            session.commit()
        return answer

    @app.get("/fortunes")
    def fortunes(session: S) -> HTMLResponse:
        """Render the page."""
        rows = session.exec(select(Fortune)).all()
        return HTMLResponse(page([(row.id or 0, row.message) for row in rows]))

    @app.get("/articles")
    def articles(session: S) -> Any:
        """List a hundred articles with author and tags."""
        return listed(session.exec(list_query()).all())

    @app.get("/insert")
    def insert(session: S) -> Any:
        """Insert a row."""
        session.add(Note(text="a note"))
        session.commit()
        return {"done": True}

else:
    aengine = create_async_engine(
        f"postgresql+asyncpg://{PARTS.username}@{PARTS.hostname}:{PARTS.port}{PARTS.path}",
        pool_size=10,
    )

    async def aget_session() -> AsyncIterator[AsyncSession]:
        """Give a session."""
        async with AsyncSession(aengine, expire_on_commit=False) as session:
            yield session

    A = Annotated[AsyncSession, Depends(aget_session)]

    @app.get("/row")
    async def aone(session: A) -> Any:
        """Read one row."""
        world = await session.get_one(World, some_id())
        return {"id": world.id, "number": world.number}

    @app.get("/queries")
    async def aqueries(session: A) -> Any:
        """Read twenty rows, one by one."""
        found = [await session.get_one(World, some_id()) for _ in range(20)]
        return [{"id": world.id, "number": world.number} for world in found]

    @app.get("/updates")
    async def aupdates(session: A) -> Any:
        """Read and change twenty rows, one by one."""
        found = [await session.get_one(World, some_id()) for _ in range(20)]
        for world in found:
            world.number = some_id()
            session.add(world)
            await session.commit()
        return [{"id": world.id, "number": world.number} for world in found]

    @app.get("/fortunes")
    async def afortunes(session: A) -> HTMLResponse:
        """Render the page."""
        rows = (await session.exec(select(Fortune))).all()
        return HTMLResponse(page([(row.id or 0, row.message) for row in rows]))

    @app.get("/articles")
    async def aarticles(session: A) -> Any:
        """List a hundred articles with author and tags."""
        return listed((await session.exec(list_query())).all())

    @app.get("/insert")
    async def ainsert(session: A) -> Any:
        """Insert a row."""
        session.add(Note(text="a note"))
        await session.commit()
        return {"done": True}
