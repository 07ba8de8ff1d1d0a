"""Litestar with SQLAlchemy and msgspec structs, as its documentation uses them."""

import os

import msgspec
from litestar import Litestar, get, post
from litestar.exceptions import ValidationException
from sqlalchemy import Column, ForeignKey, Table, create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)  # fmt: skip


class Base(DeclarativeBase):
    pass


links = Table(
    "shop_article_tags", Base.metadata,
    Column("article_id", ForeignKey("shop_article.id"), primary_key=True),
    Column("tag_id", ForeignKey("shop_tag.id"), primary_key=True),
)  # fmt: skip


class Author(Base):
    __tablename__ = "shop_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


class Tag(Base):
    __tablename__ = "shop_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Article(Base):
    __tablename__ = "shop_article"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]
    body: Mapped[str]
    words: Mapped[int]
    published: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("shop_author.id"))
    author: Mapped[Author] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=links, order_by=Tag.id)


class AuthorOut(msgspec.Struct):
    id: int
    name: str
    email: str


class TagOut(msgspec.Struct):
    id: int
    name: str


class ArticleOut(msgspec.Struct):
    id: int
    title: str
    slug: str
    body: str
    words: int
    published: bool
    author: AuthorOut
    tags: list[TagOut]


class ArticleIn(msgspec.Struct):
    title: str
    slug: str
    body: str
    author: int
    words: int = 0
    published: bool = False


class Created(msgspec.Struct):
    id: int
    title: str
    slug: str
    body: str
    words: int
    published: bool
    author: int


engine = create_engine(
    f"sqlite:///{os.environ['BENCH_DATABASE']}", connect_args={"check_same_thread": False}
)


@event.listens_for(engine, "connect")
def as_the_others(connection, record) -> None:
    """Wait for other writers, and for as much of the disk, as the other peers do."""
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA synchronous = NORMAL")


@get("/articles/", sync_to_thread=True)
def list_articles() -> list[ArticleOut]:
    statement = select(Article).where(Article.id <= 100).order_by(Article.id)
    statement = statement.options(joinedload(Article.author), selectinload(Article.tags))
    with Session(engine) as session:
        found = session.scalars(statement).all()
        return msgspec.convert(found, list[ArticleOut], from_attributes=True)


@post("/articles/", sync_to_thread=True)
def create_article(data: ArticleIn) -> Created:
    with Session(engine) as session:
        if session.get(Author, data.author) is None:
            raise ValidationException("There is no such author.")
        values = msgspec.structs.asdict(data)
        author = values.pop("author")
        article = Article(**values, author_id=author)
        session.add(article)
        session.commit()
        session.refresh(article)
        return Created(article.id, article.title, article.slug, article.body, article.words,
                       article.published, article.author_id)  # fmt: skip


app = Litestar([list_articles, create_article], openapi_config=None)
