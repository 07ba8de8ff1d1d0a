"""A site with articles and users, for examples that need one."""

import asyncio
from typing import Any

from fastjango.core import setup
from fastjango.core.conf import settings
from fastjango.core.management import call_command

settings.configure(
    SECRET_KEY="for-the-examples-of-the-pages-only-0123456789",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "fastjango.http",
        "fastjango.orm",
        "fastjango.templates",
        "fastjango.forms",
        "fastjango.contenttypes",
        "fastjango.sessions",
        "fastjango.auth",
        "fastjango.messages",
        "fastjango.rest",
        "blog",
    ],
    DATABASES={"default": {"ENGINE": "sqlite", "NAME": "blog.sqlite3"}},
    MIDDLEWARE=[
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF=(),
)
setup()

from fastjango.auth.models import User  # noqa: E402
from fastjango.http import View  # noqa: E402
from fastjango.orm import models  # noqa: E402
from fastjango.testing import RequestFactory  # noqa: E402

from blog.models import Article, Tag  # noqa: E402

PAGES = {
    "blog/article_list.html": "{% for one in article_list %}{{ one.title }};{% endfor %}",
    "blog/article_detail.html": "{{ article.title }}",
    "blog/article_form.html": "{{ form.as_p() }}",
    "blog/edit.html": "{{ form.as_p() }}",
}


def names() -> dict[str, Any]:
    """Make the tables and two articles; return what the pages take for granted."""
    from fastjango.auth.mixins import LoginRequiredMixin
    from fastjango.http.shortcuts import aget_object_or_404, redirect, render
    from fastjango.messages.views import SuccessMessageMixin
    from fastjango.rest.viewsets import ModelViewSet

    call_command("migrate", run_syncdb=True, verbosity=0)
    user = User.objects.create_user("ada", password="correct horse")
    for number in range(2):
        title = f"Article {number}"
        Article.objects.create(title=title, slug=f"a-{number}", body="…", author=user)
    Tag.objects.create(name="trains")
    request = asyncio.run(_logged_in(user))

    async def count_visit(request: Any) -> None:
        request.counted = True

    given: dict[str, Any] = {"Article": Article, "User": User, "request": request}
    for one in (
        LoginRequiredMixin,
        ModelViewSet,
        SuccessMessageMixin,
        aget_object_or_404,
        count_visit,
        redirect,
        render,
    ):
        given[one.__name__] = one
    return given


async def _logged_in(user: Any) -> Any:
    from fastjango.auth import alogin
    from fastjango.sessions.backends.db import SessionStore

    request = RequestFactory().get("/")
    request.session = SessionStore()
    await alogin(request, user)
    await request.session.asave()
    request.user = user
    return request


def finish(scope: dict[str, Any]) -> None:
    """Make the tables of new models, and use what was defined: views, forms, operations."""
    from fastjango.rest.viewsets import ViewSetMixin

    call_command("migrate", run_syncdb=True, verbosity=0)
    for value in list(scope.values()):
        if not isinstance(value, type) or value.__module__ != "blog.example":
            continue
        if issubclass(value, View):
            value.as_view({"get": "list"}) if issubclass(value, ViewSetMixin) else value.as_view()
        elif issubclass(value, models.Model):
            assert value.objects.count() == 0
