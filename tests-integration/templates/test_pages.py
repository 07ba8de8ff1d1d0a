"""Templates in a served site: what test clients see, error pages, static files, async views."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastjango.core import apps, setup
from fastjango.core.conf import override_settings, settings
from fastjango.http import path
from fastjango.http.shortcuts import arender, render
from fastjango.http.views.generic import TemplateView
from fastjango.templates.response import TemplateResponse
from fastjango.testing import AsyncClient, Client, SimpleTestCase

BACKEND = "fastjango.templates.backends.Jinja2"
PAGES = {
    "base.html": "<main>{% block main %}{% endblock %}</main>",
    "page.html": '{% extends "base.html" %}{% block main %}{{ word }}{% include "part.html" %}'
    "{% endblock %}",
    "part.html": "<i>{{ word }}</i>",
    "broken.html": "first\n{{ secret_word }} {{ word / 0 }}\nlast",
    "typo.html": "{{ wrod }}",
    "later.html": "{{ later() }}{{ word }}",
    "404.html": "lost: {{ request_path }}",
}


async def later() -> str:
    await asyncio.sleep(0)
    return "later "


def page(request: Any) -> Any:
    return render(request, request.GET.get("name", "page.html"), {"word": 1, "secret_word": "hush"})


async def async_page(request: Any) -> Any:
    return await arender(request, "later.html", {"later": later, "word": 2})


def response(request: Any) -> Any:
    return TemplateResponse(request, "page.html", {"word": "late"})


async def async_response(request: Any) -> Any:
    return TemplateResponse(request, "later.html", {"word": "late", "later": later})


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[None]:
    urls: Any = ModuleType("urls_of_templates")
    urls.urlpatterns = [
        path("page/", page),
        path("async/", async_page),
        path("response/", response),
        path("async-response/", async_response),
        path("view/", TemplateView.as_view(template_name="page.html", extra_context={"word": "v"})),
    ]
    sys.modules[urls.__name__] = urls
    if not settings.configured:
        settings.configure(
            SECRET_KEY="x" * 60,
            INSTALLED_APPS=["fastjango.http", "fastjango.templates"],
            ALLOWED_HOSTS=["testserver"],
            STATIC_URL="static/",
        )
    setup()
    loaders = [("fastjango.templates.loaders.LocmemLoader", PAGES)]
    templates = [{"BACKEND": BACKEND, "OPTIONS": {"loaders": loaders}}]
    with override_settings(ROOT_URLCONF=urls.__name__, TEMPLATES=templates):
        yield


def test_clients_keep_templates_and_contexts() -> None:
    answer = Client().get("/page/")
    assert answer.content == b"<main>1<i>1</i></main>"
    assert [template.name for template in answer.templates] == [
        "page.html",
        "base.html",
        "part.html",
    ]
    assert answer.context["word"] == 1
    assert answer.context["request"].path == "/page/"
    assert "nothing" not in answer.context
    assert "word" in answer.context.keys()  # noqa: SIM118  # the method is what is tested
    case = SimpleTestCase()
    case.assertTemplateUsed(answer, "base.html")
    case.assertTemplateUsed(answer, "part.html", count=1)
    case.assertTemplateNotUsed(answer, "none.html")
    with case.assertTemplateUsed("page.html"):
        Client().get("/view/")
    with pytest.raises(AssertionError, match="was not a template used to render the response"):
        case.assertTemplateUsed(answer, "none.html")


def test_every_kind_of_view() -> None:
    client = Client()
    assert client.get("/response/").content == b"<main>late<i>late</i></main>"
    assert client.get("/response/").context["word"] == "late"
    assert client.get("/view/").content == b"<main>v<i>v</i></main>"
    assert client.get("/async/").content == b"later 2"
    assert asyncio.run(AsyncClient().get("/async/")).context["word"] == 2


def test_a_response_of_an_async_view_is_rendered_as_its_engine_says() -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/async-response/").status_code == 500
    loaders = [("fastjango.templates.loaders.LocmemLoader", PAGES)]
    options = {"loaders": loaders, "enable_async": True}
    with override_settings(TEMPLATES=[{"BACKEND": BACKEND, "OPTIONS": options}]):
        assert client.get("/async-response/").content == b"later late"
        assert client.get("/response/").content == b"<main>late<i>late</i></main>"


def test_error_pages_are_templates() -> None:
    answer = Client().get("/nowhere/")
    assert (answer.status_code, answer.content) == (404, b"lost: /nowhere/")


def test_the_plain_page_shows_its_variables_to_tests() -> None:
    loaders = [("fastjango.templates.loaders.LocmemLoader", {})]
    with override_settings(TEMPLATES=[{"BACKEND": BACKEND, "OPTIONS": {"loaders": loaders}}]):
        answer = Client().get("/nowhere/")
    assert answer.status_code == 404
    assert answer.context["request_path"] == "/nowhere/"
    assert answer.context["exception"]
    assert [template.name for template in answer.templates] == [None]
    SimpleTestCase().assertTemplateNotUsed(answer, "404.html")


def test_the_error_page_shows_the_template() -> None:
    client = Client(raise_request_exception=False)
    with override_settings(DEBUG=True):
        shown = client.get("/page/?name=broken.html").content.decode()
        assert "<h2>Template</h2>" in shown
        assert "<code>broken.html</code>, line 2: <b>division by zero</b>" in shown
        assert '<pre class="line">    2  {{ secret_word }} {{ word / 0 }}</pre>' in shown
        assert "<pre>    3  last</pre>" in shown
        variables = shown.partition("<summary>Variables</summary>")[2].partition("</details>")[0]
        assert '<td>word</td><td class="code"><pre>1</pre></td>' in variables
        assert "hush" not in variables
        shown = client.get("/page/?name=typo.html").content.decode()
        assert "&#x27;wrod&#x27; is undefined. Did you mean &#x27;word&#x27;?" in shown
        shown = client.get("/page/?name=pgae.html").content.decode()
        assert "Did you mean &#x27;page.html&#x27;?" in shown
        assert "Looked for &#x27;pgae.html&#x27; in:" in shown
        text = client.get("/page/?name=broken.html", headers={"accept": "text/plain"})
        assert "Template: broken.html, line 2: {{ secret_word }}" in text.content.decode()


def test_static_files_are_served_in_development(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("body {}")
    config = apps.get_app_config("templates")
    before, config.path = config.path, str(tmp_path)
    try:
        with override_settings(DEBUG=True):
            answer = Client().get("/static/site.css")
            assert (answer.status_code, answer.getvalue()) == (200, b"body {}")
            assert Client().get("/static/none.css").status_code == 404
        assert Client().get("/static/site.css").status_code == 404
    finally:
        config.path = before
