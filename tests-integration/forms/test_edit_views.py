"""Views that show, process, create, change and delete, over real templates and a real database."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from bookstall.models import Author, Book
from fastjango import forms
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.forms.views import (
    CreateView,
    DeleteView,
    DeletionMixin,
    FormView,
    ModelFormMixin,
    UpdateView,
)
from fastjango.forms.views import generic as everything
from fastjango.http import FastJango, HttpRequest, path
from fastjango.http.views.generic import DetailView, ListView, View
from fastjango.testing import AsyncClient, Client

pytestmark = pytest.mark.usefixtures("database")

FIELDS = ["title", "slug", "author", "tags", "published", "kind"]


class Contact(forms.Form):
    name = forms.CharField()


class Awaited(Contact):
    async def aclean_name(self) -> str:
        if await Author.objects.filter(name=self.cleaned_data["name"]).aexists():
            raise forms.ValidationError("taken")
        return self.cleaned_data["name"]


class Ask(FormView):
    form_class = Contact
    template_name = "bookstall/book_form.html"
    success_url = "/thanks/"
    initial = {"name": "you"}
    prefix = "p"


class Chosen(forms.Form):
    author = forms.ModelChoiceField(Author.objects.all())


class Choose(Ask):
    form_class = Chosen


class AskLater(Ask):
    view_is_async = True
    form_class = Awaited


VIEWS: dict[str, Any] = {
    "list": (ListView, {"queryset": Book.objects.select_related("author"), "paginate_by": 1}),
    "detail": (DetailView, {"model": Book}),
    "create": (CreateView, {"model": Book, "fields": FIELDS}),
    "update": (UpdateView, {"model": Book, "fields": FIELDS, "success_url": "/to/{id}/"}),
    "delete": (DeleteView, {"model": Book, "success_url": "/gone/{id}/"}),
}


def routes() -> list[Any]:
    found = [path("ask/", Ask.as_view()), path("alater/", AskLater.as_view())]
    for place, is_async in (("choose/", False), ("achoose/", True)):
        view = type("Chosen", (Choose,), {"view_is_async": is_async})
        found.append(path(place, view.as_view()))
    for name, (cls, options) in VIEWS.items():
        key = "" if name in {"list", "create"} else "<int:pk>/"
        later = type(f"Async{cls.__name__}", (cls,), {"view_is_async": True})
        found.append(path(f"{name}/{key}", cls.as_view(**options)))
        found.append(path(f"a{name}/{key}", later.as_view(**options)))
    return found


class Site:
    """A site and a client for it; a path is the same for both kinds of views but for an `a`."""

    def __init__(self) -> None:
        self.client = AsyncClient(app=FastJango(urlpatterns=routes()))

    async def get(self, url: str) -> Any:
        return await self.client.get(url)

    async def post(self, url: str, data: dict[str, Any] | None = None) -> Any:
        return await self.client.post(url, data or {})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def book() -> Book:
    author = await Author.objects.acreate(name="Ada")
    return await Book.objects.acreate(title="T", slug="t", author=author)


def sent(book: Book, **changes: Any) -> dict[str, Any]:
    values = {"title": "New", "slug": "new", "published": "2024-01-01", "kind": "p"}
    return {**values, "author": str(book.author_id), **changes}


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("kind", ["", "a"])
async def test_showing(site: Site, book: Book, kind: str) -> None:
    assert "<li>T by Ada</li>" in text(await site.get(f"/{kind}list/"))
    assert (await site.get(f"/{kind}list/?page=2")).status_code == 404
    assert "<h1>T</h1>" in text(await site.get(f"/{kind}detail/{book.pk}/"))
    assert (await site.get(f"/{kind}detail/99/")).status_code == 404
    assert (await site.post(f"/{kind}detail/99/")).status_code == 405


@pytest.mark.parametrize(("url", "wrong"), [("/ask/", ""), ("/alater/", "Ada")])
async def test_forms(site: Site, book: Book, url: str, wrong: str) -> None:
    assert 'value="you"' in text(await site.get(url))
    answer = await site.post(url, {"p-name": "Bob"})
    assert (answer.status_code, answer["Location"]) == (302, "/thanks/")
    answer = await site.post(url, {"p-name": wrong})
    assert answer.status_code == 200
    assert "errorlist" in text(answer)
    assert (await site.client.put(url, {"p-name": "x"})).status_code == 200


@pytest.mark.parametrize("kind", ["", "a"])
async def test_creating(site: Site, book: Book, kind: str) -> None:
    shown = text(await site.get(f"/{kind}create/"))
    assert "Ada</option>" in shown
    answer = await site.post(f"/{kind}create/", sent(book))
    made = await Book.objects.aget(title="New")
    assert (answer.status_code, answer["Location"]) == (302, f"/books/{made.pk}/")
    answer = await site.post(f"/{kind}create/", sent(book, author="\x00", title=""))
    assert answer.status_code in {200, 400}
    assert await Book.objects.acount() == 2


@pytest.mark.parametrize("kind", ["", "a"])
async def test_changing(site: Site, book: Book, kind: str) -> None:
    assert 'value="T"' in text(await site.get(f"/{kind}update/{book.pk}/"))
    answer = await site.post(f"/{kind}update/{book.pk}/", sent(book))
    assert (answer.status_code, answer["Location"]) == (302, f"/to/{book.pk}/")
    assert (await Book.objects.aget()).title == "New"
    answer = await site.post(f"/{kind}update/{book.pk}/", sent(book, title=""))
    assert "This field is required." in text(answer)
    assert (await site.get(f"/{kind}update/99/")).status_code == 404


@pytest.mark.parametrize("kind", ["", "a"])
async def test_deleting(site: Site, book: Book, kind: str) -> None:
    assert "Delete T?" in text(await site.get(f"/{kind}delete/{book.pk}/"))
    answer = await site.post(f"/{kind}delete/{book.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/gone/{book.pk}/")
    assert not await Book.objects.aexists()


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_form_that_confirms(book: Book, is_async: bool) -> None:
    class Sure(forms.Form):
        yes = forms.BooleanField()

    view = type("Asking", (DeleteView,), {"view_is_async": is_async, "form_class": Sure})
    app = FastJango(urlpatterns=[path("<pk>/", view.as_view(model=Book, success_url="/"))])  # type: ignore[attr-defined]
    client = AsyncClient(app=app)
    assert "required" in text(await client.post(f"/{book.pk}/", {}))
    assert (await client.post(f"/{book.pk}/", {"yes": "on"})).status_code == 302
    assert not await Book.objects.aexists()


@pytest.mark.parametrize("is_async", [True, False])
async def test_deleting_without_a_form(book: Book, is_async: bool) -> None:
    class Delete(DeletionMixin, DetailView):
        view_is_async = is_async
        model = Book
        success_url = "/"

    client = AsyncClient(app=FastJango(urlpatterns=[path("<pk>/", Delete.as_view())]))
    assert (await client.delete(f"/{book.pk}/")).status_code == 302
    other = await Book.objects.acreate(title="X", slug="x", author_id=book.author_id)
    assert (await client.post(f"/{other.pk}/")).status_code == 302


def test_mistakes() -> None:
    with pytest.raises(ImproperlyConfigured, match="Provide a success_url"):
        FormView().get_success_url()
    with pytest.raises(ImproperlyConfigured, match="Provide a success_url"):
        DeleteView().get_success_url()
    both = UpdateView(fields=["title"], form_class=Contact, model=Book)
    with pytest.raises(ImproperlyConfigured, match="both 'fields' and 'form_class' is not"):
        both.get_form_class()
    with pytest.raises(ImproperlyConfigured, match=r"Using ModelFormMixin \(base class of Create"):
        CreateView(model=Book).get_form_class()
    view = UpdateView()
    view.object = Author()
    with pytest.raises(ImproperlyConfigured, match="Either provide a url or define a get_abs"):
        view.get_success_url()


def test_where_the_model_of_a_form_comes_from() -> None:
    view = UpdateView(fields=["name"])
    view.object = Author(name="Ada")
    assert view.get_form_class()._meta.model is Author
    made = CreateView(fields=["name"], queryset=Author.objects.all())
    assert made.get_form_class()._meta.model is Author
    assert UpdateView(form_class=Contact).get_form_class() is Contact
    request = HttpRequest()
    request.method = "GET"
    mixed = type("M", (ModelFormMixin, View), {})()
    mixed.request = request
    assert "instance" not in mixed.get_form_kwargs()


def test_all_generic_views_have_one_place() -> None:
    assert everything.ListView is ListView
    assert everything.CreateView is CreateView
    assert Client is not None


async def test_overridden_hooks_of_asynchronous_views_are_told() -> None:
    class Own(CreateView):
        view_is_async = True
        model = Book
        fields = FIELDS

        def form_valid(self, form: Any) -> Any: ...

    with pytest.raises(ImproperlyConfigured, match=r"Override aform_valid\(\) instead"):
        Own.as_view()


@pytest.mark.parametrize("kind", ["", "a"])
async def test_rows_to_choose_in_forms_of_no_model(site: Site, book: Book, kind: str) -> None:
    assert ">Ada</option>" in text(await site.get(f"/{kind}choose/"))
    wrong = await site.post(f"/{kind}choose/", {"p-author": "0"})
    assert "Select a valid choice" in text(wrong)
    assert ">Ada</option>" in text(wrong)
    right = await site.post(f"/{kind}choose/", {"p-author": str(book.author_id)})
    assert right.headers["location"] == "/thanks/"


@pytest.mark.parametrize("view_is_async", [False, True])
async def test_the_class_of_a_form_ends_with_its_request(book: Book, view_is_async: bool) -> None:
    made: list[weakref.ref[Any]] = []

    class Add(CreateView):
        model = Book
        fields = FIELDS
        success_url = "/to/{id}/"

        def get_form_class(self) -> Any:
            found = super().get_form_class()
            made.append(weakref.ref(found))
            return found

    Add.view_is_async = view_is_async
    client = AsyncClient(app=FastJango(urlpatterns=[path("add/", Add.as_view())]))
    for number in range(3):
        assert (await client.get("/add/")).status_code == 200
        assert (await client.post("/add/", {})).status_code == 200
        new = sent(book, title=f"N{number}", slug=f"n{number}")
        assert (await client.post("/add/", new)).status_code == 302
    gc.collect()
    # The last request may still be known to the tools of tests.
    assert len(made) >= 9
    assert [ref() for ref in made[:-1] if ref() is not None] == []
