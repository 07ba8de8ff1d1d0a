"""Forms of WTForms and starlette-wtf in pages: views, `render()`, the database, bad requests.

Each trap of starlette-wtf is walked into: validators that share a connection, nested validators,
malformed JSON, files without a limit, and protection against forged requests by view.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from bookstall.models import Author
from fastjango.core import settings
from fastjango.forms.views import CreateView, FormView, UpdateView
from fastjango.forms.wtforms import adapt, get_form_data
from fastjango.http import FastJango, HttpRequest, HttpResponse, path
from fastjango.http.shortcuts import render
from fastjango.http.uploads import SimpleUploadedFile
from fastjango.testing import AsyncClient
from starlette_wtf import StarletteForm
from wtforms import FieldList, FileField, FormField, StringField
from wtforms import ValidationError as WTValidationError
from wtforms.validators import DataRequired

pytestmark = pytest.mark.usefixtures("database")


async def _is_free(name: str) -> None:
    if await Author.objects.filter(name=name).aexists():
        raise WTValidationError(f"{name} is taken")


class Pen(StarletteForm):
    """Nested in the other one."""

    name = StringField()

    async def async_validate_name(self, field: Any) -> None:
        await _is_free(field.data)


class SignUp(StarletteForm):
    """Two validators that ask the database, and nested ones that do."""

    name = StringField("Name", validators=[DataRequired()])
    other = StringField("Other name")
    pen = FormField(Pen)
    more = FieldList(FormField(Pen))
    portrait = FileField("Portrait")

    async def async_validate_name(self, field: Any) -> None:
        await _is_free(field.data)

    async def async_validate_other(self, field: Any) -> None:
        await _is_free(field.data)


class Plain(StarletteForm):
    """Nothing to wait for."""

    name = StringField("Name", validators=[DataRequired()])


class Show(FormView):
    """Takes the class as it is."""

    form_class = SignUp
    template_name = "bookstall/book_form.html"
    success_url = "/done/"
    view_is_async = True


class ShowPlain(FormView):
    """The synchronous one."""

    form_class = Plain
    template_name = "bookstall/book_form.html"
    success_url = "/done/"


async def page(request: HttpRequest) -> HttpResponse:
    """Use a form in a function, as projects do."""
    form = adapt(SignUp)(get_form_data(request)) if request.method == "POST" else adapt(SignUp)()
    if await form.ais_valid():
        return HttpResponse(form.cleaned_data["name"])
    return render(request, "bookstall/book_form.html", {"form": form})


def site(**options: Any) -> AsyncClient:
    app = FastJango(
        urlpatterns=[
            path("view/", Show.as_view()),
            path("plain/", ShowPlain.as_view()),
            path("page/", page),
        ],
        django_middleware=["fastjango.http.middleware.csrf.CsrfViewMiddleware"],
    )
    return AsyncClient(app=app, **options)


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("url", ["/view/", "/page/", "/plain/"])
async def test_a_page_shows_the_form(url: str) -> None:
    shown = text(await site().get(url))
    assert 'name="name"' in shown
    assert 'for="name"' in shown


@pytest.mark.parametrize("url", ["/view/", "/page/", "/plain/"])
async def test_a_page_shows_the_errors_and_what_was_sent(url: str) -> None:
    answer = await site().post(url, {"name": "", "other": "<b>"})
    assert answer.status_code == 200
    assert "This field is required." in text(answer)
    assert "<b>" not in text(answer)
    assert url == "/plain/" or "&lt;b&gt;" in text(answer)


async def test_validators_share_one_connection_in_turn() -> None:
    await Author.objects.acreate(name="Ada")
    answer = text(await site().post("/view/", {"name": "Ada", "other": "Ada"}))
    assert answer.count("Ada is taken") == 2
    good = await site().post("/view/", {"name": "Eve", "other": "Bob"})
    assert (good.status_code, good.headers["location"]) == (302, "/done/")


@pytest.mark.parametrize("name", ["pen-name", "more-0-name"])
async def test_nested_validators_are_asked(name: str) -> None:
    await Author.objects.acreate(name="Ada")
    for url in ("/view/", "/page/"):
        answer = await site().post(url, {"name": "Eve", name: "Ada"})
        assert answer.status_code == 200
        assert "Ada is taken" in text(answer)


@pytest.mark.parametrize("is_async", [True, False])
async def test_views_of_models_save_what_the_form_fills(is_async: bool) -> None:
    options: dict[str, Any] = {
        "model": Author,
        "form_class": Plain,
        "template_name": "bookstall/book_form.html",
        "success_url": "/author/{id}/",
        "view_is_async": is_async,
    }
    create = type("Create", (CreateView,), options)
    update = type("Update", (UpdateView,), options)
    client = AsyncClient(
        app=FastJango(
            urlpatterns=[path("new/", create.as_view()), path("<int:pk>/", update.as_view())]
        )
    )
    assert (await client.post("/new/", {"name": ""})).status_code == 200
    made = await client.post("/new/", {"name": "Eve"})
    eve = await Author.objects.aget()
    assert (made.status_code, made.headers["location"]) == (302, f"/author/{eve.pk}/")
    assert eve.name == "Eve"
    assert 'value="Eve"' in text(await client.get(f"/{eve.pk}/"))
    assert (await client.post(f"/{eve.pk}/", {"name": "Eva"})).status_code == 302
    assert [row.name async for row in Author.objects.all()] == ["Eva"]


async def test_saving_without_a_view() -> None:
    form = adapt(Plain)({"name": "Eve"}, instance=Author())
    author = await form.asave(commit=False)
    assert (author.name, author.pk) == ("Eve", None)
    assert (await form.asave()).pk is not None
    with pytest.raises(ValueError, match="made without an instance"):
        await adapt(Plain)({"name": "Eve"}).asave()
    with pytest.raises(ValueError, match="it is not valid"):
        await adapt(SignUp)({"name": "Eve"}, instance=Author()).asave()


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
async def test_json_bodies(kind: str) -> None:
    client = site()
    good = await client.post("/page/", json.dumps({"name": "Eve"}), content_type=kind)
    assert (good.status_code, text(good)) == (200, "Eve")
    for body in ("{", "[1]", "null", '"x"', '{"name": {"a": 1}}', "\x00", "1" * 5000):
        answer = await client.post("/page/", body, content_type=kind)
        assert answer.status_code == 400, body


async def test_files_have_the_limits_of_the_site() -> None:
    files = {f"f{n}": SimpleUploadedFile(f"{n}.txt", b"x") for n in range(4)}
    before = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    try:
        refused = await site().post("/view/", {"name": "Eve", **files})
    finally:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = before
    assert refused.status_code == 400
    assert (await site().post("/view/", {"name": "Eve", **files})).status_code == 302


@pytest.mark.parametrize("url", ["/view/", "/page/", "/plain/"])
async def test_every_view_is_protected_and_every_form_has_its_token(url: str) -> None:
    client = site(enforce_csrf_checks=True)
    shown = text(await client.get(url))
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)
    assert found is not None
    for forged in ({}, {"csrfmiddlewaretoken": "x" * 64}, {"csrfmiddlewaretoken": "\x00"}):
        assert (await client.post(url, {"name": "Eve", **forged})).status_code == 403
    sent = {"name": "Eve", "csrfmiddlewaretoken": found[1]}
    assert (await client.post(url, sent)).status_code in {200, 302}
