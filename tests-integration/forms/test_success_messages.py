"""`SuccessMessageMixin` before every view with a form, synchronous and asynchronous."""

from __future__ import annotations

from typing import Any

import pytest
from bookstall.models import Author, Book
from fastjango import forms
from fastjango.forms.views import CreateView, DeleteView, FormView, UpdateView
from fastjango.http import FastJango, HttpRequest, HttpResponse, path
from fastjango.messages import get_messages
from fastjango.messages.views import SuccessMessageMixin
from fastjango.testing import AsyncClient

pytestmark = pytest.mark.usefixtures("database")

FIELDS = ["title", "slug", "author", "published", "kind"]


class Contact(forms.Form):
    name = forms.CharField()


class Ask(SuccessMessageMixin, FormView):
    form_class = Contact
    template_name = "bookstall/book_form.html"
    success_url = "/shown/"
    success_message = "Thanks, %(name)s"


class Add(SuccessMessageMixin, CreateView):
    model = Book
    fields = FIELDS
    success_url = "/shown/"
    success_message = "%(title)s is there"


class Change(SuccessMessageMixin, UpdateView):
    model = Book
    fields = FIELDS
    success_url = "/shown/"
    success_message = "%(title)s was saved"


class Delete(SuccessMessageMixin, DeleteView):
    model = Book
    success_url = "/shown/"
    success_message = "It is gone"


class Own(Ask):
    """Answers in a way of its own; the mixin's part is called as any base's is."""

    view_is_async = True

    async def aform_valid(self, form: Any) -> Any:
        form.cleaned_data["name"] = form.cleaned_data["name"].upper()
        return await super().aform_valid(form)


def shown(request: HttpRequest) -> HttpResponse:
    return HttpResponse("|".join(str(message) for message in get_messages(request)))


def site() -> AsyncClient:
    routes = [path("shown/", shown), path("own/", Own.as_view())]
    for name, view in {"ask": Ask, "add": Add}.items():
        routes.append(path(f"{name}/", view.as_view()))
        later: Any = type(f"Async{view.__name__}", (view,), {"view_is_async": True})
        routes.append(path(f"a{name}/", later.as_view()))
    for name, view in {"change": Change, "delete": Delete}.items():
        routes.append(path(f"{name}/<int:pk>/", view.as_view()))
        later = type(f"Async{view.__name__}", (view,), {"view_is_async": True})
        routes.append(path(f"a{name}/<int:pk>/", later.as_view()))
    app = FastJango(
        urlpatterns=routes,
        django_middleware=["fastjango.messages.middleware.MessageMiddleware"],
    )
    return AsyncClient(app=app)


@pytest.mark.parametrize("kind", ["", "a"])
async def test_a_valid_form_leaves_its_message(kind: str) -> None:
    author = await Author.objects.acreate(name="Ada")
    book = await Book.objects.acreate(title="T", slug="t", author=author)
    values = {"slug": "n", "published": "2024-01-01", "kind": "p", "author": str(author.pk)}
    client = site()
    steps = [
        (f"/{kind}ask/", {"name": "Ada"}, "Thanks, Ada"),
        (f"/{kind}add/", {"title": "Notes", **values}, "Notes is there"),
        (f"/{kind}change/{book.pk}/", {**values, "title": "New", "slug": "t"}, "New was saved"),
        (f"/{kind}delete/{book.pk}/", {}, "It is gone"),
    ]
    for url, data, expected in steps:
        answer = await client.post(url, data)
        assert answer.status_code == 302, answer.content
        assert (await client.get("/shown/")).content.decode() == expected
        assert (await client.get("/shown/")).content == b""


@pytest.mark.parametrize("kind", ["", "a"])
async def test_an_invalid_form_leaves_none(kind: str) -> None:
    client = site()
    assert (await client.post(f"/{kind}ask/", {"name": ""})).status_code == 200
    assert (await client.get("/shown/")).content == b""


async def test_an_own_answer_calls_it() -> None:
    client = site()
    await client.post("/own/", {"name": "ada"})
    assert (await client.get("/shown/")).content == b"Thanks, ADA"
