"""FastAPI and SQLModel as its documentation uses them."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import event
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select


class Link(SQLModel, table=True):
    __tablename__ = "shop_article_tags"
    id: int | None = Field(default=None, primary_key=True)
    article_id: int = Field(foreign_key="shop_article.id")
    tag_id: int = Field(foreign_key="shop_tag.id")


class Author(SQLModel, table=True):
    __tablename__ = "shop_author"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str


class Tag(SQLModel, table=True):
    __tablename__ = "shop_tag"
    id: int | None = Field(default=None, primary_key=True)
    name: str


class ArticleBase(SQLModel):
    title: str = Field(max_length=200)
    slug: str = Field(max_length=60)
    body: str
    words: int = 0
    published: bool = False


class Article(ArticleBase, table=True):
    __tablename__ = "shop_article"
    id: int | None = Field(default=None, primary_key=True)
    author_id: int = Field(foreign_key="shop_author.id")
    author: Author = Relationship()
    tags: list[Tag] = Relationship(
        link_model=Link, sa_relationship_kwargs={"order_by": "Tag.id", "viewonly": True}
    )


class AuthorOut(SQLModel):
    id: int
    name: str
    email: str


class TagOut(SQLModel):
    id: int
    name: str


class ArticleOut(ArticleBase):
    id: int
    author: AuthorOut
    tags: list[TagOut]


class ArticleIn(ArticleBase):
    author: int


class Created(ArticleIn):
    id: int


engine = create_engine(
    f"sqlite:///{os.environ['BENCH_DATABASE']}", connect_args={"check_same_thread": False}
)


@event.listens_for(engine, "connect")
def as_the_others(connection, record) -> None:
    """Wait for other writers, and for as much of the disk, as the other peers do."""
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA synchronous = NORMAL")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


Opened = Annotated[Session, Depends(session)]
app = FastAPI()


@app.get("/articles/", response_model=list[ArticleOut])
def list_articles(session: Opened):
    statement = select(Article).where(Article.id <= 100).order_by(Article.id)
    statement = statement.options(joinedload(Article.author), selectinload(Article.tags))
    return session.exec(statement).all()


@app.post("/articles/", response_model=Created, status_code=201)
def create_article(new: ArticleIn, session: Opened):
    if session.get(Author, new.author) is None:
        raise HTTPException(422, "There is no such author.")
    article = Article(**new.model_dump(exclude={"author"}), author_id=new.author)
    session.add(article)
    session.commit()
    session.refresh(article)
    return {**article.model_dump(), "author": article.author_id}
