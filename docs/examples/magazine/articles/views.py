"""The pages: async views that take a request and answer it."""

from typing import Any

from fastjango.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from fastjango.http.pagination import AsyncPaginator
from fastjango.orm import models

from .models import Article, Author, Comment, Tag
from .pages import page

PAGE_SIZE = 12


async def front(request: HttpRequest) -> HttpResponse:
    """Show the newest articles, or those whose title holds the words looked for."""
    found = Article.objects.all()
    search = str(request.GET.get("q", "")).strip()[:100]
    if search:
        found = found.filter(title__icontains=search)
    return await _list(request, found, title="Latest articles", search=search)


async def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an author and what they wrote."""
    try:
        writer = await Author.objects.aget(slug=slug)
    except Author.DoesNotExist:
        raise Http404(f"There is no author {slug!r}.") from None
    found = Article.objects.filter(author=writer)
    return await _list(request, found, title=writer.name, about=writer.about)


async def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the articles on a subject."""
    try:
        subject = await Tag.objects.aget(slug=slug)
    except Tag.DoesNotExist:
        raise Http404(f"There is no subject {slug!r}.") from None
    return await _list(request, subject.articles.all(), title=subject.name)


async def _list(request: HttpRequest, found: Any, *, title: str, **context: Any) -> HttpResponse:
    found = found.select_related("author").prefetch_related("tags")
    paginator = AsyncPaginator(found, PAGE_SIZE)
    shown = await paginator.aget_page(request.GET.get("page", "1"))
    articles = [article async for article in shown]
    defaults = {"search": "", "about": ""}
    return page(
        request,
        "list.html",
        title=title,
        articles=articles,
        number=shown.number,
        pages=await paginator.anum_pages(),
        count=await paginator.acount(),
        tags=[subject async for subject in Tag.objects.all()],
        **(defaults | context),
    )


async def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an article with its comments; a comment that is posted is added."""
    stored = Article.objects.select_related("author").prefetch_related("tags")
    try:
        found = await stored.aget(slug=slug)
    except Article.DoesNotExist:
        raise Http404(f"There is no article {slug!r}.") from None
    problems, name, text = list[str](), "", ""
    if request.method == "POST":
        form = request.POST
        name, text = str(form.get("name", "")).strip(), str(form.get("text", "")).strip()
        if not 1 <= len(name) <= 60:
            problems.append("Please give a name of up to 60 characters.")
        if not 1 <= len(text) <= 2000:
            problems.append("Please write something, up to 2,000 characters.")
        if not problems:
            await Comment.objects.acreate(article=found, name=name, text=text)
            return HttpResponseRedirect(found.get_absolute_url() + "#comments")
    return page(
        request,
        "article.html",
        status=422 if problems else 200,
        article=found,
        paragraphs=found.body.split("\n\n"),
        comments=[comment async for comment in found.comments.all()],
        more=[other async for other in found.author.articles.exclude(pk=found.pk)[:3]],
        problems=problems,
        name=name,
        text=text,
    )


async def authors(request: HttpRequest) -> HttpResponse:
    """Show everybody who writes, with how much they wrote."""
    counted = Author.objects.annotate(written=models.Count("articles")).order_by("name")
    return page(request, "authors.html", authors=[writer async for writer in counted])
