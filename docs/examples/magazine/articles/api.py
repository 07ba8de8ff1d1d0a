"""The JSON API: typed endpoints, documented by themselves."""

from typing import Annotated

from fastapi import HTTPException, Query
from fastjango.core import timezone
from fastjango.http import Router
from fastjango.values.text import slugify

from .models import Article, Author, Tag
from .schemas import ArticleIn, ArticleOut, ArticlePage, ArticleSummary

router = Router(tags=["articles"])

PAGE_SIZE = 20


def summary(article: Article) -> ArticleSummary:
    """Return what a list shows of an article whose author and tags are loaded."""
    return ArticleSummary.model_validate(_fields(article))


def _fields(article: Article) -> dict[str, object]:
    return {
        "id": article.pk,
        "title": article.title,
        "slug": article.slug,
        "summary": article.summary,
        "published": article.published,
        "author": article.author,
        "tags": [tag.slug for tag in article.tags.all()],
    }


@router.get("/articles", summary="List the newest articles")
async def list_articles(
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    tag: Annotated[str | None, Query(description="The slug of a subject")] = None,
    author: Annotated[str | None, Query(description="The slug of an author")] = None,
    search: Annotated[str | None, Query(max_length=100)] = None,
) -> ArticlePage:
    """Return one page of articles, the newest first."""
    found = Article.objects.select_related("author").prefetch_related("tags")
    if tag:
        found = found.filter(tags__slug=tag)
    if author:
        found = found.filter(author__slug=author)
    if search:
        found = found.filter(title__icontains=search)
    count = await found.acount()
    start = (page - 1) * PAGE_SIZE
    results = [summary(article) async for article in found[start : start + PAGE_SIZE]]
    return ArticlePage(count=count, page=page, pages=-(-count // PAGE_SIZE), results=results)


@router.get("/articles/{slug}", summary="Read one article")
async def read_article(slug: str) -> ArticleOut:
    """Return one article with its text."""
    found = Article.objects.select_related("author").prefetch_related("tags")
    try:
        article = await found.aget(slug=slug)
    except Article.DoesNotExist:
        raise HTTPException(404, f"There is no article {slug!r}.") from None
    comments = await article.comments.acount()
    fields = {**_fields(article), "body": article.body, "comments": comments}
    return ArticleOut.model_validate(fields)


@router.post("/articles", status_code=201, summary="Publish an article")
async def publish_article(new: ArticleIn) -> ArticleOut:
    """Publish an article at once, under a free address made of its title."""
    try:
        author = await Author.objects.aget(slug=new.author)
    except Author.DoesNotExist:
        raise HTTPException(422, f"There is no author {new.author!r}.") from None
    tags = [tag async for tag in Tag.objects.filter(slug__in=new.tags)]
    if missing := set(new.tags) - {tag.slug for tag in tags}:
        raise HTTPException(422, f"There are no subjects {sorted(missing)}.")
    article = await Article.objects.acreate(
        title=new.title,
        slug=await free_slug(new.title),
        summary=new.summary,
        body=new.body,
        published=timezone.now(),
        author=author,
    )
    await article.tags.aset(tags)
    return await read_article(article.slug)


async def free_slug(title: str) -> str:
    """Return an address made of a title that no article has yet."""
    stem = slugify(title)[:160] or "article"
    taken = {slug async for slug in _slugs(stem)}
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _slugs(stem: str):  # type: ignore[no-untyped-def]  # a query of single values
    return Article.objects.filter(slug__startswith=stem).values_list("slug", flat=True)
