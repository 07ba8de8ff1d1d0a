"""SQLModel's side of the serializer benchmark: what FastAPI does between session and response."""

import datetime
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.pool import StaticPool
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select


class Link(SQLModel, table=True):
    """A tag of an article."""

    article_id: int = Field(foreign_key="bench_article.id", primary_key=True)
    tag_id: int = Field(foreign_key="bench_tag.id", primary_key=True)


class Author(SQLModel, table=True):
    """An author."""

    __tablename__ = "bench_author"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=100)
    email: str


class Tag(SQLModel, table=True):
    """A tag."""

    __tablename__ = "bench_tag"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=50)


class ArticleBase(SQLModel):
    """What articles have in common."""

    title: str = Field(max_length=200)
    slug: str = Field(max_length=60, index=True)
    body: str
    words: int = 0
    published: bool = False


class Article(ArticleBase, table=True):
    """An article."""

    __tablename__ = "bench_article"
    id: int | None = Field(default=None, primary_key=True)
    created: datetime.datetime = Field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    author_id: int = Field(foreign_key="bench_author.id")
    author: Author = Relationship()
    tags: list[Tag] = Relationship(link_model=Link)


class AuthorOut(SQLModel):
    """An author, shown."""

    id: int
    name: str
    email: str


class TagOut(SQLModel):
    """A tag, shown."""

    id: int
    name: str


class FlatOut(ArticleBase):
    """An article, shown without relations."""

    id: int
    created: datetime.datetime


class ArticleOut(FlatOut):
    """An article, shown."""

    author: AuthorOut
    tags: list[TagOut]


class ArticleIn(ArticleBase):
    """An article, as it is sent."""

    author_id: int = Field(alias="author")


class Created(ArticleBase):
    """An article, answered."""

    id: int
    author_id: int


def workloads() -> dict[str, Callable[[], bytes]]:
    """Return the calls by workload."""
    from rest_shop import new_article

    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    SQLModel.metadata.create_all(
        engine, tables=[model.__table__ for model in (Author, Tag, Article, Link)]
    )
    with Session(engine) as session:
        authors = [Author(name=f"Author {i}", email=f"a{i}@example.com") for i in range(10)]
        tags = [Tag(name=f"tag-{i}") for i in range(20)]
        for i in range(100):
            session.add(
                Article(
                    title=f"Title {i}", slug=f"title-{i}", body="A body of words. " * 10, words=i,
                    author=authors[i % 10],
                    tags=[tags[i % 20], tags[(i + 1) % 20], tags[(i + 2) % 20]],
                )
            )  # fmt: skip
        session.commit()
        rows = list(session.exec(select(Article).order_by(Article.id).limit(20)).all())
        session.expunge_all()
    shown, flat = TypeAdapter(list[ArticleOut]), TypeAdapter(list[FlatOut])
    created, made = TypeAdapter(Created), new_article()

    def articles() -> bytes:
        with Session(engine) as session:
            statement: Any = select(Article).order_by(Article.id).limit(100)
            statement = statement.options(joinedload(Article.author), selectinload(Article.tags))
            found = session.exec(statement).all()
            return shown.dump_json(shown.validate_python(list(found), from_attributes=True))

    def create() -> bytes:
        entry = ArticleIn.model_validate(made())
        with Session(engine) as session:
            article = Article.model_validate(entry.model_dump())
            session.add(article)
            session.commit()
            session.refresh(article)
            return created.dump_json(created.validate_python(article, from_attributes=True))

    return {
        "list of 100": articles,
        "20 flat rows": lambda: flat.dump_json(flat.validate_python(rows, from_attributes=True)),
        "create": create,
    }
