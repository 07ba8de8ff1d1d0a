"""The pages: async views that take a request and answer it."""

from typing import Any

from fastjango.auth.mixins import LoginRequiredMixin
from fastjango.core import timezone
from fastjango.forms.views import CreateView, UpdateView
from fastjango.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from fastjango.http.pagination import AsyncPaginator
from fastjango.http.shortcuts import render
from fastjango.orm import models

from .api import free_slug
from .forms import ArticleForm, CommentForm
from .models import Article, Author, Comment, Tag

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
    context = {
        **defaults,
        **context,
        "title": title,
        "articles": articles,
        "number": shown.number,
        "pages": await paginator.anum_pages(),
        "count": await paginator.acount(),
        "tags": [subject async for subject in Tag.objects.all()],
    }
    return await _page(request, "articles/list.html", context)


async def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a template with the user, who is awaited here: templates do not wait."""
    context["user"] = await request.auser()
    return render(request, template, context, status=status)


async def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an article with its comments; a comment that is posted is added."""
    stored = Article.objects.select_related("author").prefetch_related("tags")
    try:
        found = await stored.aget(slug=slug)
    except Article.DoesNotExist:
        raise Http404(f"There is no article {slug!r}.") from None
    form = CommentForm(request.POST or None, instance=Comment(article=found))
    if await form.ais_valid():
        await form.asave()
        return HttpResponseRedirect(found.get_absolute_url() + "#comments")
    context = {
        "article": found,
        "comments": [comment async for comment in found.comments.all()],
        "more": [other async for other in found.author.articles.exclude(pk=found.pk)[:3]],
        "form": form,
    }
    return await _page(request, "articles/article.html", context, 422 if form.errors else 200)


class WriteArticle(LoginRequiredMixin, CreateView):
    """Let a writer publish an article; it is under the name of the account."""

    view_is_async = True
    model = Article
    form_class = ArticleForm

    async def aform_valid(self, form: Any) -> Any:
        """Add what the writer is not asked for, and save."""
        user = await self.request.auser()
        article = form.instance
        article.slug, article.published = await free_slug(article.title), timezone.now()
        article.owner = user
        article.author, _made = await Author.objects.aget_or_create(
            slug=f"user-{user.pk}", defaults={"name": user.get_username()}
        )
        return await super().aform_valid(form)


class EditArticle(LoginRequiredMixin, UpdateView):
    """Let a writer change an article of their own; the staff may change every one."""

    view_is_async = True
    form_class = ArticleForm

    async def aget_queryset(self) -> Any:
        """Return the articles that the user may change; others are as unknown as none."""
        user = await self.request.auser()
        found = Article.objects.all()
        return found if user.is_staff else found.filter(owner=user)


async def authors(request: HttpRequest) -> HttpResponse:
    """Show everybody who writes, with how much they wrote."""
    counted = Author.objects.annotate(written=models.Count("articles")).order_by("name")
    context = {"authors": [writer async for writer in counted]}
    return await _page(request, "articles/authors.html", context)
