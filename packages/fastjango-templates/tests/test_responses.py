"""Template responses, the renderer of the web layer, static files, checks and the command."""

import asyncio
import pickle
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.core.management import CommandError, call_command
from fastjango.http import Http404, HttpRequest, HttpResponse
from fastjango.http.rendering import get_renderer
from fastjango.http.shortcuts import arender, render
from fastjango.http.views.generic import TemplateView
from fastjango.templates import (
    ContentNotRenderedError,
    Engine,
    TemplateDoesNotExist,
    checks,
    engines,
    staticfiles,
)
from fastjango.templates.renderer import TemplateRenderer
from fastjango.templates.response import SimpleTemplateResponse, TemplateResponse

BACKEND = "fastjango.templates.backends.Jinja2"
PAGES = {
    "page.html": "{{ x }}",
    "who.html": "{{ request.method }}{{ x }}",
    "later.html": "{{ later() }}",
}


def locmem(pages: dict[str, str], **options: Any) -> list[dict[str, Any]]:
    loaders = [("fastjango.templates.loaders.LocmemLoader", pages)]
    return [{"BACKEND": BACKEND, "OPTIONS": {"loaders": loaders, **options}}]


@pytest.fixture(autouse=True)
def pages() -> Any:
    with override_settings(TEMPLATES=locmem(PAGES)):
        yield


def test_rendering_late() -> None:
    response = SimpleTemplateResponse("page.html", {"x": "<"}, status=202)
    assert not response.is_rendered
    for use in (lambda: response.content, lambda: list(response), lambda: pickle.dumps(response)):
        with pytest.raises(ContentNotRenderedError):
            use()
    assert response.rendered_content == "&lt;"
    assert not response.is_rendered
    assert response.render() is response
    assert (response.content, response.status_code) == (b"&lt;", 202)
    response.template_name = "who.html"
    assert response.render().content == b"&lt;"
    assert list(response) == [b"&lt;"]
    response.content = "other"
    assert response.content == b"other"
    assert not response.wants_async


def test_assigned_content_counts_as_rendered() -> None:
    response = SimpleTemplateResponse("none.html")
    response.content = "x"
    assert response.is_rendered
    assert response.render().content == b"x"


@pytest.mark.parametrize("template", ["page.html", ["none", "page.html"], "object"])
def test_what_a_template_may_be(template: Any) -> None:
    if template == "object":
        template = Engine().from_string("{{ x }}")
    assert SimpleTemplateResponse(template, {"x": 1}).render().content == b"1"


def test_callbacks() -> None:
    calls: list[Any] = []
    other = HttpResponse("other")
    response = SimpleTemplateResponse("page.html", {"x": 1})
    response.add_post_render_callback(calls.append)
    response.add_post_render_callback(lambda rendered: other)
    assert response.render() is other
    assert calls == [response]
    response.add_post_render_callback(calls.append)
    assert calls == [response, response]


def test_pickling(request_: HttpRequest) -> None:
    response = TemplateResponse(request_, "who.html", {"x": lambda: 1}, headers={"X-A": "b"})
    response.render()
    copied = pickle.loads(pickle.dumps(response))
    assert copied.content == response.content
    assert copied["X-A"] == "b"
    for gone in ("template_name", "context_data", "_request", "_post_render_callbacks"):
        assert not hasattr(copied, gone)


async def later() -> str:
    await asyncio.sleep(0)
    return "later"


def test_rendering_asynchronously(request_: HttpRequest) -> None:
    response = TemplateResponse(request_, "later.html", {"later": later})
    assert not response.wants_async
    assert asyncio.run(response.arender()).content == b"later"
    assert asyncio.run(response.arender()) is response
    with override_settings(TEMPLATES=locmem(PAGES, enable_async=True)):
        assert TemplateResponse(request_, "later.html").wants_async


def test_the_web_layer_renders(request_: HttpRequest) -> None:
    renderer = get_renderer()
    assert isinstance(renderer, TemplateRenderer)
    assert renderer.response_class is TemplateResponse
    assert renderer.not_found is TemplateDoesNotExist
    request_.method = "GET"
    assert render(request_, "who.html", {"x": 1}, status=203).content == b"GET1"
    response = asyncio.run(arender(request_, "later.html", {"later": later}, "text/plain"))
    assert (response.content, response["Content-Type"]) == (b"later", "text/plain")
    view = TemplateView.as_view(template_name="page.html", extra_context={"x": "v"})
    assert view(request_).render().content == b"v"


# --- static files -------------------------------------------------------------------------


def test_static_files(tmp_path: Path, request_: HttpRequest) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.css").write_text("more")
    app = tmp_path / "app"
    (app / "static" / "x").mkdir(parents=True)
    (app / "static" / "x" / "b.css").write_text("app")
    config = apps.get_app_config("templates")
    before, config.path = config.path, str(app)
    try:
        entries: list[Any] = [("prefix", tmp_path / "more")]
        with override_settings(DEBUG=True, STATICFILES_DIRS=entries):
            assert staticfiles.find("a.css") == tmp_path / "more"
            assert staticfiles.find("x/b.css") == app / "static"
            for name in ("../app/static/x/b.css", "x", "none", "a\0"):
                assert staticfiles.find(name) is None
            response: Any = staticfiles.serve(request_, "x/b.css")
            assert b"".join(response) == b"app"
            assert response["Content-Type"] == "text/css"
            response.close()
            with pytest.raises(Http404, match="'none' could not be found"):
                staticfiles.serve(request_, "none")
        with override_settings(STATICFILES_DIRS=entries), pytest.raises(Http404):
            staticfiles.serve(request_, "a.css")
    finally:
        config.path = before


def test_static_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert staticfiles.staticfiles_urlpatterns() == []
    with override_settings(DEBUG=True):
        (pattern,) = staticfiles.staticfiles_urlpatterns()
        assert str(pattern.pattern) == "^static/(?P<path>.*)$"
        assert list(apps.get_app_config("templates").routes())
        assert staticfiles.staticfiles_urlpatterns("/assets/")
        with override_settings(STATIC_URL=None):
            assert staticfiles.staticfiles_urlpatterns() == []
        with override_settings(STATIC_URL="https://cdn.example/s/"):
            assert staticfiles.staticfiles_urlpatterns() == []
        monkeypatch.setattr(apps, "is_installed", lambda name: name == "fastjango.files")
        assert staticfiles.staticfiles_urlpatterns() == []


# --- checks -------------------------------------------------------------------------------


def found(templates: Any) -> list[tuple[str | None, str]]:
    with override_settings(TEMPLATES=templates):
        return [(m.id, m.msg) for check in checks.ALL for m in check()]


def test_every_template_is_compiled(tmp_path: Path) -> None:
    assert found(locmem({"a": "{% block x %}{% endblock %}", "b": "{% extends 'a' %}"})) == []
    ((number, message),) = found(locmem({"bad": "{{ x|uper }}"}))
    assert number == "templates.E010"
    assert "No filter named 'uper'. Did you mean 'upper'?" in message
    (tmp_path / "image.html").write_bytes(b"\xff\xfe\x00\x80")
    (tmp_path / "ok.html").write_text("x")
    assert found([{"BACKEND": BACKEND, "DIRS": [tmp_path]}]) == []
    ((number, message),) = found(locmem({"p": "{% partial x %}{% load nothing %}"}))
    assert "not a registered tag library" in message


def test_blocks_that_are_never_shown() -> None:
    pages = {
        "base": "{% block content %}{% endblock %}",
        "middle": "{% extends 'base' %}{% block content %}{% block inner %}{% endblock %}"
        "{% endblock %}",
        "good": "{% extends 'middle' %}{% block inner %}{% endblock %}",
        "page": "{% extends 'middle' %}{% block contnet %}{% endblock %}"
        "{% partialdef row %}{% endpartialdef %}",
        "dynamic": "{% extends name %}{% block a %}{% endblock %}",
        "above": "{% extends 'dynamic' %}{% block b %}{% endblock %}",
        "orphan": "{% extends 'none' %}{% block b %}{% endblock %}",
    }
    ((number, message),) = found(locmem(pages))
    assert number == "templates.W012"
    assert "The block 'contnet' of the template 'page' is never shown" in message
    assert message.endswith("Did you mean 'content'?")


def test_engines_that_cannot_be_made() -> None:
    assert found([{"BACKEND": "x"}])[0][0] == "templates.E011"
    ((number, message),) = found([{"BACKEND": BACKEND, "OPTIONS": {"autoescape": False}}])
    assert (number, "cannot be made" in message) == ("templates.E011", True)
    both = [{"BACKEND": BACKEND, "APP_DIRS": True, "OPTIONS": {"loaders": []}}]
    assert [number for number, _ in found(both)] == ["templates.E001", "templates.E011"]
    import jinja2

    loader = jinja2.FunctionLoader(lambda name: None)
    assert found([{"BACKEND": BACKEND, "OPTIONS": {"loader": loader}}]) == []

    class Broken(jinja2.DictLoader):
        def get_source(self, environment: Any, template: str) -> Any:
            raise OSError("disk")

    broken = [{"BACKEND": BACKEND, "OPTIONS": {"loader": Broken({"a": ""})}}]
    assert found(broken) == [("templates.E010", "The template 'a' cannot be loaded: disk")]


# --- the command --------------------------------------------------------------------------


def test_the_command_lists_templates(tmp_path: Path) -> None:
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.html").write_text("")
    (tmp_path / "2" / "b.html").write_text("")
    import jinja2

    templates = [
        {"BACKEND": BACKEND, "NAME": "site", "DIRS": [tmp_path / "1", tmp_path / "2"]},
        {"BACKEND": BACKEND, "NAME": "other", "OPTIONS": {"loader": jinja2.DictLoader({})}},
    ]

    def run(*args: str) -> list[str]:
        out = StringIO()
        call_command("templates", *args, stdout=out, no_color=True)
        return out.getvalue().splitlines()

    with override_settings(TEMPLATES=templates):
        assert run() == [
            "site:",
            f"  a.html  {tmp_path / '1' / 'a.html'}",
            f"    overrides {tmp_path / '2' / 'a.html'}",
            f"  b.html  {tmp_path / '2' / 'b.html'}",
            "other: its loader cannot list templates.",
        ]
        assert run("b.h", "--engine", "site")[1:] == [f"  b.html  {tmp_path / '2' / 'b.html'}"]
        assert len(run("--overrides", "--engine", "site")) == 3
        assert run("zzz", "--engine", "site") == ["site:", "  none"]
        with pytest.raises(CommandError, match=r"no engine 'x'\. Engines: other, site\."):
            run("--engine", "x")
    assert list(engines)
