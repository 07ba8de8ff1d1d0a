"""A site with forms of every kind and field: run in a process of its own, to be sent bad input.

`/openapi.json` describes the forms as a client can know them: by the names on their pages.
"""

from __future__ import annotations

import enum
import re
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastjango.core import settings, setup

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
DATABASE = Path(tempfile.mkdtemp(prefix="hostile")) / "db.sqlite3"
settings.configure(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=[
        "fastjango.http",
        "fastjango.orm",
        "fastjango.templates",
        "fastjango.forms",
        "bookstall",
    ],
    DATABASES={"default": {"ENGINE": "sqlite3", "NAME": DATABASE}},
    MIDDLEWARE=["fastjango.http.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
)
setup()

import uvicorn  # noqa: E402  # after the settings
from annotated_types import Len  # noqa: E402
from bookstall.models import Author, Book, Page, Tag  # noqa: E402
from fastjango import forms  # noqa: E402
from fastjango.forms.uploads import CheckedFileField, MultipleFileField  # noqa: E402
from fastjango.forms.views import CreateView, DeleteView, FormView, UpdateView  # noqa: E402
from fastjango.http import (  # noqa: E402
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    get_asgi_application,
    path,
)
from fastjango.http.shortcuts import render  # noqa: E402
from fastjango.orm import connection, connections  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from starlette_wtf import StarletteForm  # noqa: E402
from wtforms import DateField as WTDateField  # noqa: E402
from wtforms import FieldList, FileField, IntegerField, SelectField, StringField  # noqa: E402
from wtforms.validators import DataRequired  # noqa: E402

CHOICES = [("1", "One"), ("2", "Two"), ("Group", [("a", "A")])]
PAGE = "bookstall/book_form.html"


class Colour(enum.Enum):
    """One of two."""

    RED = "r"
    BLUE = "b"


class Point(BaseModel):
    """Something nested."""

    x: int
    y: list[float] = []


class Everything(forms.Form):
    """Every field there is."""

    char = forms.CharField(max_length=5, min_length=2)
    integer = forms.IntegerField(min_value=-5, max_value=40, step_size=5)
    floating = forms.FloatField(min_value=0.5, step_size=0.1)
    decimal = forms.DecimalField(max_digits=5, decimal_places=2)
    date = forms.DateField()
    time = forms.TimeField()
    moment = forms.DateTimeField()
    duration = forms.DurationField()
    regex = forms.RegexField("^a+$")
    email = forms.EmailField()
    url = forms.URLField(assume_scheme="https")
    boolean = forms.BooleanField()
    maybe = forms.NullBooleanField()
    choice = forms.ChoiceField(choices=CHOICES)
    typed = forms.TypedChoiceField(choices=CHOICES, coerce=str)
    multiple = forms.MultipleChoiceField(choices=CHOICES)
    typed_multiple = forms.TypedMultipleChoiceField(choices=CHOICES, coerce=int)
    boxes = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)
    combo = forms.ComboField(fields=[forms.CharField(max_length=20), forms.EmailField()])
    address = forms.GenericIPAddressField(unpack_ipv4=True)
    slug = forms.SlugField()
    uuid = forms.UUIDField()
    json = forms.JSONField()
    split = forms.SplitDateTimeField()
    selected = forms.DateField(widget=forms.SelectDateWidget)
    hidden = forms.SplitDateTimeField(widget=forms.SplitHiddenDateTimeWidget)
    with_initial = forms.IntegerField(show_hidden_initial=True, initial=3)
    picked = forms.FilePathField(path=str(HERE / "bookstall"), match=r"\.py$")
    file = forms.FileField(max_length=5)
    image = forms.ImageField(required=False)
    checked = CheckedFileField(content_types=["image/*"], required=False)
    several = MultipleFileField(max_files=2, required=False)
    colour = forms.PydanticField(list[Colour])
    point = forms.PydanticField(Point)
    text = forms.PydanticField(Annotated[str, Len(1, 5)])
    literal = forms.PydanticField(Literal["a", 2])
    author = forms.ModelChoiceField(Author.objects.all())
    tags = forms.ModelMultipleChoiceField(Tag.objects.all(), required=False)


class Item(forms.Form):
    """One of several."""

    name = forms.CharField(max_length=10)
    number = forms.IntegerField(required=False)


class Foreign(StarletteForm):
    """A form of WTForms."""

    name = StringField(validators=[DataRequired()])
    number = IntegerField()
    day = WTDateField()
    choice = SelectField(choices=[("1", "One"), ("2", "Two")])
    more = FieldList(StringField())
    file = FileField()


ITEMS = forms.formset_factory(Item, extra=2, can_order=True, can_delete=True, validate_max=True)
PAGES = forms.inlineformset_factory(Book, Page, fields=["number", "text"], extra=1)
AUTHORS = forms.modelformset_factory(Author, fields=["name"], extra=1)


async def items(request: HttpRequest) -> HttpResponse:
    """Take a formset."""
    formset = ITEMS(request.POST, request.FILES) if request.method == "POST" else ITEMS()
    if await formset.ais_valid():
        return HttpResponseRedirect("/items/")
    return render(request, PAGE, {"form": formset})


def pages(request: HttpRequest) -> HttpResponse:
    """Take the pages of a book."""
    book = Book.objects.get(slug="kept")
    formset = PAGES(request.POST or None, instance=book)
    if formset.is_valid():
        formset.save()
        return HttpResponseRedirect("/pages/")
    return render(request, PAGE, {"form": formset})


async def authors(request: HttpRequest) -> HttpResponse:
    """Take rows."""
    formset = await AUTHORS.amake(request.POST or None)
    if await formset.ais_valid():
        await formset.asave()
        return HttpResponseRedirect("/authors/")
    return render(request, PAGE, {"form": formset})


class Ask(FormView):
    """Takes everything."""

    form_class = Everything
    template_name = PAGE
    success_url = "/ask/"


class Take(Ask):
    """Takes a form of WTForms."""

    form_class = Foreign


class Add(CreateView):
    """Makes a book."""

    model = Book
    fields = ["title", "slug", "author", "tags", "published", "price", "kind"]
    success_url = "/add/"


class Change(UpdateView):
    """Changes a book."""

    model = Book
    fields = ["title", "slug", "author", "tags", "published", "price", "kind"]
    success_url = "/add/"


class Delete(DeleteView):
    """Deletes a book that is not there."""

    queryset = Book.objects.filter(slug="nothing-has-this")
    success_url = "/add/"


def later(view: Any) -> Any:
    """Return the asynchronous view."""
    return type(f"Async{view.__name__}", (view,), {"view_is_async": True}).as_view()


POSTED = {
    "/ask/": Ask.as_view(),
    "/aask/": later(Ask),
    "/take/": Take.as_view(),
    "/atake/": later(Take),
    "/add/": Add.as_view(),
    "/aadd/": later(Add),
    "/items/": items,
    "/pages/": pages,
    "/authors/": authors,
}
KEYED = {
    "/change/<str:pk>/": Change.as_view(),
    "/achange/<str:pk>/": later(Change),
    "/delete/<str:pk>/": Delete.as_view(),
    "/adelete/<str:pk>/": later(Delete),
}
ANSWERS = {
    "200": {"description": "The form, with its errors"},
    "302": {"description": "It was valid"},
    "400": {"description": "The request cannot be read"},
    "403": {"description": "The token is missing or forged"},
    "404": {"description": "There is no such row"},
    "413": {"description": "Too large"},
}
TEXTS = {"type": "array", "items": {"type": "string"}}


def names_on(page: str) -> list[str]:
    """Return the names of a page's inputs."""
    return sorted({*re.findall(r' name="([^"]+)"', page)})


def operation(names: list[str], keyed: bool) -> dict[str, Any]:
    """Describe one form."""
    one = {"anyOf": [{"type": "string"}, {"type": "integer"}, TEXTS]}
    plain = {"type": "object", "properties": dict.fromkeys(names, one)}
    file = {"type": "string", "format": "binary"}
    files = dict.fromkeys(["file", "image", "checked", "several"], file)
    mixed = {"type": "object", "properties": {**plain["properties"], **files}}  # type: ignore[dict-item]  # a dict
    content = {
        "application/x-www-form-urlencoded": {"schema": plain},
        "multipart/form-data": {"schema": mixed},
    }
    key = {"name": "pk", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "post": {
            "parameters": [key] if keyed else [],
            "requestBody": {"content": content},
            "responses": ANSWERS,
        }
    }


def document(request: HttpRequest) -> HttpResponse:
    """Describe all forms."""
    shown = [Everything(), ITEMS(), AUTHORS()]
    names = sorted({name for form in shown for name in names_on(str(form))})
    book = [*Add.fields, "name", "number", "day", "more-0", "pages-0-number", "pages-0-id"]
    paths = {url: operation([*names, *book], keyed=False) for url in POSTED}
    paths |= {re.sub("<.*>", "{pk}", url): operation(book, keyed=True) for url in KEYED}
    return JsonResponse({"openapi": "3.1.0", "info": {"title": "Forms", "version": "1"},
                         "paths": paths})  # fmt: skip


urlpatterns = [path("openapi.json", document)]
urlpatterns += [path(url[1:], view) for url, view in {**POSTED, **KEYED}.items()]


def fill() -> None:
    """Make the tables and a few rows."""
    with connection.schema_editor() as editor:
        for model in (Author, Tag, Book, Page):
            editor.create_model(model)
    author = Author.objects.create(name="Ada")
    Tag.objects.create(name="new")
    Book.objects.create(title="Kept", slug="kept", author=author)
    connections.close_all()


if __name__ == "__main__":
    fill()
    uvicorn.run(
        get_asgi_application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning"
    )
