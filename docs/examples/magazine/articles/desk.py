"""The writers' desk: everybody with an account keeps articles of their own; the staff sees all.

Requests show who they are by the session of a browser or by `Authorization: Bearer`.
"""

from typing import Annotated, Any

from fastapi import Depends, HTTPException
from fastjango.auth.dependencies import require_user
from fastjango.core import timezone
from fastjango.http import Router

from .api import free_slug, read_article, summary
from .models import Article, Author
from .schemas import ArticleOut, ArticleSummary, DeskArticleIn

router = Router(tags=["desk"])
User = Annotated[Any, Depends(require_user)]


def _visible(user: Any) -> Any:
    """Return the articles that a user may see here: an id of another's is as unknown as none."""
    found = Article.objects.select_related("author", "owner").prefetch_related("tags")
    return found if user.is_staff else found.filter(owner=user)


async def _article(user: Any, pk: int) -> Article:
    article: Article | None = await _visible(user).filter(pk=pk).afirst()
    if article is None:
        raise HTTPException(404, "You have no such article.")
    return article


@router.get("/desk", summary="List my articles")
async def list_mine(user: User) -> list[ArticleSummary]:
    """Return the newest 50 of the articles that the user may change."""
    return [summary(article) async for article in _visible(user)[:50]]


@router.post("/desk", status_code=201, summary="Publish an article of mine")
async def publish(user: User, new: DeskArticleIn) -> ArticleOut:
    """Publish an article at once; the user is its owner, and an author from now on."""
    name = user.get_username()
    author, _made = await Author.objects.aget_or_create(
        slug=f"user-{user.pk}", defaults={"name": name}
    )
    article = await Article.objects.acreate(
        title=new.title,
        slug=await free_slug(new.title),
        body=new.body,
        published=timezone.now(),
        author=author,
        owner=user,
    )
    return await read_article(article.slug)


@router.put("/desk/{pk}", summary="Change an article of mine")
async def change(user: User, pk: int, new: DeskArticleIn) -> ArticleOut:
    """Change title and text."""
    article = await _article(user, pk)
    article.title, article.body = new.title, new.body
    await article.asave(update_fields=["title", "body"])
    return await read_article(article.slug)


@router.delete("/desk/{pk}", status_code=204, summary="Delete an article of mine")
async def delete(user: User, pk: int) -> None:
    """Delete an article."""
    article = await _article(user, pk)
    await article.adelete()
