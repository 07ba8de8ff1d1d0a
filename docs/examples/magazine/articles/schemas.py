"""What the API reads and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class AuthorOut(BaseModel):
    """An author."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    slug: str


class ArticleSummary(BaseModel):
    """An article in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    slug: str
    summary: str
    published: datetime
    author: AuthorOut
    tags: list[str]


class ArticleOut(ArticleSummary):
    """An article with its text."""

    body: str
    comments: int


class ArticlePage(BaseModel):
    """One page of a list of articles."""

    count: int
    page: int
    pages: int
    results: list[ArticleSummary]


class ArticleIn(BaseModel):
    """A new article."""

    title: str = Field(min_length=3, max_length=160)
    summary: str = Field(default="", max_length=300)
    body: str = Field(min_length=1)
    author: str = Field(description="The slug of an author", examples=["ada-quill"])
    tags: list[str] = Field(default=[], max_length=8, description="Slugs of subjects")


class DeskArticleIn(BaseModel):
    """An article of somebody who is logged in."""

    title: str = Field(min_length=3, max_length=160)
    body: str = Field(min_length=1, max_length=100_000)
