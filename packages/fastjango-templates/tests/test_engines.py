"""Engines: options, loaders, escaping, missing names, errors, blocks and asynchronous rendering."""

import asyncio
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import jinja2
import pytest
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import HttpRequest
from fastjango.templates import (
    AutoescapeError,
    AwaitableInTemplateError,
    Context,
    Engine,
    InvalidTemplateEngineError,
    Origin,
    RequestContext,
    Template,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    UndefinedVariableError,
    engines,
    hooks,
    loaders,
    render_block,
    render_block_to_string,
    tags,
)
from fastjango.templates.backends import BaseEngine, Jinja2
from fastjango.templates.handler import EngineHandler, get_app_template_dirs
from fastjango.templates.loader import (
    arender_to_string,
    get_template,
    render_to_string,
    select_template,
)
from fastjango.templates.loaders import FilesystemLoader, Loader, LocmemLoader
from fastjango.templates.shortcuts import arender_block, arender_block_to_string
from fastjango.templates.signals import template_rendered
from jinja2 import FileSystemBytecodeCache
from jinja2.ext import Extension

Make = Callable[..., Engine]
BACKEND = "fastjango.templates.backends.Jinja2"


def params(**options: Any) -> dict[str, Any]:
    return {"NAME": "j", "DIRS": [], "APP_DIRS": False, "OPTIONS": options}


# --- settings -----------------------------------------------------------------------------


def test_the_default_is_one_engine_with_the_folders_of_apps() -> None:
    assert list(engines) == ["jinja2"]
    assert engines["jinja2"].app_dirs
    assert engines.all() == [engines["jinja2"]]
    assert Engine.get_default() is engines["jinja2"]


def test_aliases() -> None:
    handler = EngineHandler(
        [
            {"BACKEND": "django.template.backends.jinja2.Jinja2", "NAME": "other"},
            {"BACKEND": "fastjango.templates.backends.jinja2.Jinja2"},
        ]
    )
    assert list(handler) == ["other", "jinja2"]
    assert isinstance(handler["other"], Jinja2)
    with pytest.raises(
        InvalidTemplateEngineError, match=r"'jinja' in settings\.TEMPLATES\. Did you"
    ):
        handler["jinja"]
    with pytest.raises(ImproperlyConfigured, match="aliases aren't unique, duplicates: jinja2"):
        list(EngineHandler([{"BACKEND": BACKEND}, {"BACKEND": BACKEND}]))
    with pytest.raises(ImproperlyConfigured, match="Invalid BACKEND for a template engine: <not"):
        list(EngineHandler([{}]))
    with pytest.raises(ImproperlyConfigured, match="renders Django's template language"):
        EngineHandler([{"BACKEND": "django.template.backends.django.DjangoTemplates"}]).all()
    with pytest.raises(ImproperlyConfigured, match="Unknown parameters: X"):
        EngineHandler([{"BACKEND": BACKEND, "X": 1}]).all()


def test_changed_settings_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("from a folder")
    with override_settings(TEMPLATES=[{"BACKEND": BACKEND, "DIRS": [tmp_path], "NAME": "x"}]):
        assert render_to_string("a.html") == "from a folder"
        assert render_to_string(["none", "a.html"], using="x") == "from a folder"
    with pytest.raises(TemplateDoesNotExist):
        get_template("a.html")
    with (
        override_settings(TEMPLATES=[]),
        pytest.raises(ImproperlyConfigured, match="No Jinja2 engine is configured"),
    ):
        Template("x")


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"'trim_block'\. Did you mean 'trim_blocks'"):
        Jinja2(params(trim_block=True))
    with pytest.raises(ImproperlyConfigured, match="'string_if_invalid' has no meaning"):
        Engine(string_if_invalid="?")
    with pytest.raises(ImproperlyConfigured, match="app_dirs must not be set when loaders"):
        Engine(app_dirs=True, loaders=[])


def test_options_reach_the_environment() -> None:
    engine = Jinja2(
        params(
            trim_blocks=True,
            filters={"twice": lambda value: value * 2},
            globals={"site": "S"},
            tests={"big": lambda value: value > 9},
            file_charset="latin-1",
            libraries={},
        )
    )
    source = "{% if 10 is big %}\n{{ 'a'|twice }}{{ site }}{% endif %}"
    assert engine.from_string(source).render() == "aaS"
    assert engine.file_charset == "latin-1"
    assert engine.check() == []


def test_a_factory_for_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def environment(**options: Any) -> jinja2.Environment:
        made = jinja2.Environment(**options)
        made.filters["upper"] = lambda value: "mine"
        made.globals["url"] = "mine too"
        return made

    def escaping_off(**options: Any) -> jinja2.Environment:
        return jinja2.Environment(**{**options, "autoescape": False})

    module: Any = sys.modules[__name__]
    monkeypatch.setattr(module, "environment", environment, raising=False)
    monkeypatch.setattr(module, "escaping_off", escaping_off, raising=False)
    engine = Jinja2(params(environment=environment, anything=1) | {"NAME": "x"})
    with pytest.raises(TypeError):
        engine.from_string("")
    engine = Jinja2(params(environment=environment))
    shown = engine.from_string("{{ 'a'|upper }} {{ url }} {{ 'b'|title }}{{ '<' }}").render()
    assert shown == "mine mine too B&lt;"
    with pytest.raises(AutoescapeError, match="sets autoescape to False"):
        Jinja2(params(environment=escaping_off)).from_string("")
    assert isinstance(Jinja2(params(environment="jinja2.Environment")).env, jinja2.Environment)


class SwitchesEscapingOff(Extension):
    """What no extension may do."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        environment.autoescape = False


def test_escaping_cannot_be_switched_off() -> None:
    for value in (False, lambda name: False, None):
        with pytest.raises(AutoescapeError, match="Templates always escape"):
            Jinja2(params(autoescape=value))
    with pytest.raises(AutoescapeError, match="An option or extension sets autoescape to False"):
        Jinja2(params(extensions=[SwitchesEscapingOff])).from_string("x")
    with pytest.raises(AutoescapeError, match="always escape"):
        Context(autoescape=False)
    with pytest.raises(AutoescapeError):
        Engine(autoescape=False)


def test_extensions_of_other_plugins() -> None:
    class Shout(Extension):
        def preprocess(self, source: str, name: Any, filename: Any = None) -> str:
            return source.upper()

    with hooks.jinja_extensions.implemented(lambda: [Shout]):
        assert Engine().from_string("a").render() == "A"


# --- loading ------------------------------------------------------------------------------


def test_folders(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "b.html").write_text(folder.name)
    (second / "é.html").write_text("ü", encoding="utf-8")
    engine = Engine(dirs=[first, second])
    assert engine.get_template("sub/b.html").render() == "1"
    assert engine.get_template("é.html").render() == "ü"
    assert engine.get_template("sub/b.html") is engine.get_template("sub/b.html")
    origin = engine.get_template("sub/b.html").origin
    assert (str(origin), origin.template_name) == (str(first / "sub" / "b.html"), "sub/b.html")
    assert engine.template_dirs == (first, second)
    assert next(iter(engine.iter_template_filenames("a"))) == str(first / "a")
    assert list(engine.iter_template_filenames("../a")) == []
    assert engine.select_template(["none", "sub/b.html"]).name == "sub/b.html"
    assert engine.render_to_string(["none", "sub/b.html"]) == "1"
    assert engine.render_to_string("sub/b.html") == "1"
    with pytest.raises(TemplateDoesNotExist, match="none, nothing"):
        engine.select_template(["none", "nothing"])
    with pytest.raises(TemplateDoesNotExist, match="No template names provided"):
        engine.select_template([])


@pytest.mark.parametrize("name", ["../1/b", "/etc/passwd", "a/../../b", "a\0b", "", "sub"])
def test_names_do_not_lead_out_of_the_folders(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(TemplateDoesNotExist):
        Engine(dirs=[tmp_path]).get_template(name)


def test_a_missing_template_tells_where_it_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "list.html").write_text("")
    engine = Engine(dirs=[tmp_path, tmp_path / "more"], debug=True)
    with pytest.raises(TemplateDoesNotExist) as caught:
        engine.get_template("lits.html")
    error = caught.value
    assert str(error) == "lits.html"
    assert [(str(origin), why) for origin, why in error.tried] == [
        (str(tmp_path / "lits.html"), "Source does not exist"),
        (str(tmp_path / "more" / "lits.html"), "Source does not exist"),
    ]
    assert error.backend is engine
    notes = "\n".join(error.__notes__)
    assert "Did you mean 'list.html'?" in notes
    assert f"  - {tmp_path / 'lits.html'} (Source does not exist)" in notes
    with pytest.raises(TemplateDoesNotExist) as caught:
        get_template("lits.html")
    assert [one.backend for one in caught.value.chain] == engines.all()
    with pytest.raises(TemplateDoesNotExist) as caught:
        Engine(loader=jinja2.FunctionLoader(lambda name: None), debug=True).get_template("x")
    assert "has no place to look for 'x'" in caught.value.__notes__[0]


def test_select_template() -> None:
    with pytest.raises(TypeError, match="takes an iterable of template names but got a string"):
        select_template("a.html")
    with pytest.raises(TemplateDoesNotExist, match="a, b") as caught:
        select_template(["a", "b"])
    assert len(caught.value.chain) == 2
    with pytest.raises(TemplateDoesNotExist, match="No template names provided"):
        select_template([])


def test_changed_files_are_loaded_anew_in_debug(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    file = tmp_path / "2" / "a.html"
    file.write_text("old")
    watched = Engine(dirs=[tmp_path / "1", tmp_path / "2"], debug=True)
    kept = Engine(dirs=[tmp_path / "1", tmp_path / "2"])
    assert watched.get_template("a.html").render() == kept.get_template("a.html").render() == "old"
    file.write_text("new")
    os.utime(file, ns=(1, 1))
    assert watched.get_template("a.html").render() == "new"
    (tmp_path / "1" / "a.html").write_text("before it")
    assert watched.get_template("a.html").render() == "before it"
    assert kept.get_template("a.html").render() == "old"


def test_loaders_by_djangos_names() -> None:
    engine = Engine(
        loaders=[
            (
                "django.template.loaders.cached.Loader",
                [
                    "django.template.loaders.filesystem.Loader",
                    ("django.template.loaders.filesystem.Loader", ["/nowhere"]),
                    "django.template.loaders.app_directories.Loader",
                    ("django.template.loaders.locmem.Loader", {"a": "A"}),
                ],
            )
        ]
    )
    assert engine.get_template("a").render() == "A"
    names = [loader.__class__.__name__ for loader in engine.template_loaders]
    assert names == [
        "FilesystemLoader", "FilesystemLoader", "AppDirectoriesLoader", "LocmemLoader",
    ]  # fmt: skip
    assert [str(path) for path in engine.template_loaders[1].get_dirs()] == ["/nowhere"]
    with pytest.raises(ImproperlyConfigured, match="Invalid value in template loaders"):
        Engine(loaders=[5]).get_template("x")


def test_a_loader_of_ones_own() -> None:
    class Nothing(Loader):
        pass

    made = Nothing(Engine())
    assert (made.names(), made.get_dirs(), made.stamp(Origin("x"))) == ((), (), None)
    made.reset()
    with pytest.raises(NotImplementedError):
        made.get_template_sources("x")
    with pytest.raises(NotImplementedError):
        made.get_contents(Origin("x"))


def test_origins() -> None:
    loader = LocmemLoader(Engine(), {})
    origin = Origin("a", "b", loader)
    assert repr(origin) == "<Origin name='a'>"
    assert origin.loader_name == "fastjango.templates.loaders.LocmemLoader"
    assert Origin("a").loader_name is None
    assert {origin, Origin("a", loader=loader)} == {origin}
    assert origin != Origin("a")


def test_folders_of_apps(tmp_path: Path) -> None:
    config = apps.get_app_config("templates")
    for name in ("jinja2", "templates"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "both.html").write_text(name)
    before, config.path = config.path, str(tmp_path)
    get_app_template_dirs.cache_clear()
    try:
        engine = Engine(app_dirs=True)
        assert engine.get_template("both.html").render() == "jinja2"
        assert engine.template_dirs == (tmp_path / "jinja2", tmp_path / "templates")
        assert [Path(path).name for path in engine.template_loaders[1].get_dirs()] == [
            "jinja2", "templates",
        ]  # fmt: skip
        assert list(FilesystemLoader(engine, [tmp_path]).names())
    finally:
        config.path = before
        get_app_template_dirs.cache_clear()


def test_templates_before_the_apps_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "app.html").write_text("app")
    config = apps.get_app_config("templates")
    monkeypatch.setattr(config, "path", str(tmp_path))
    get_app_template_dirs.cache_clear()
    options = {"BACKEND": "fastjango.templates.backends.Jinja2", "APP_DIRS": True}
    try:
        with override_settings(TEMPLATES=[options]):
            with monkeypatch.context() as patch:
                patch.setattr(apps, "apps_ready", False)
                early = engines["jinja2"]
                with pytest.raises(TemplateDoesNotExist):
                    early.get_template("app.html")
            config.ready()
            assert engines["jinja2"] is not early
            assert render_to_string("app.html") == "app"
            assert early.get_template("app.html").render() == "app"
    finally:
        get_app_template_dirs.cache_clear()


def test_a_template_that_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.html").write_text("a")
    monkeypatch.setattr(loaders, "open", refused, raising=False)
    with pytest.raises(PermissionError):
        Engine(dirs=[tmp_path]).get_template("a.html")


def test_names_of_fragments_that_are_not_there_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("a{% block b %}b{% endblock %}")
    engine = Engine(dirs=[tmp_path])
    names = ["a.html", "a.html#b"]
    kept = {name: engine.get_template(name) for name in names}
    for number in range(10):
        engine.get_template(f"a.html#{number}")
    assert engine._kept == kept


def test_the_base_of_backends() -> None:
    engine = BaseEngine({"NAME": "x", "DIRS": [], "APP_DIRS": True})
    for call in (lambda: engine.from_string("x"), lambda: engine.get_template("x")):
        with pytest.raises(NotImplementedError):
            call()
    with pytest.raises(ImproperlyConfigured, match="doesn't support loading templates from inst"):
        _ = engine.template_dirs
    assert engine.check() == []
    assert Engine().app_dirname == "templates"


# --- variables ----------------------------------------------------------------------------


def test_contexts() -> None:
    template = Engine().from_string("{{ a }}{{ b }}")
    assert template.render({"a": 1, "b": 2}) == "12"
    assert template.render(Context({"a": 1, "b": 2})) == "12"
    context = Context({"a": 1})
    with context.push(b=3):
        assert template.render(context) == "13"
    with pytest.raises(TypeError, match="context must be a dict rather than list"):
        template.render([])
    assert Template("{{ x }}").render(Context({"x": "<"})) == "&lt;"


def test_processors(request_: HttpRequest) -> None:
    def named(request: Any) -> dict[str, Any]:
        return {"who": "processor", "path": request.method}

    paths = ["django.template.context_processors.request", named, named]
    engine = Engine(context_processors=paths)
    assert len(engine.template_context_processors) == 2
    template = engine.from_string("{{ who }}")
    assert template.render({}, request_) == "processor"
    assert template.render({"who": "view"}, request_) == "view"
    assert template.render(RequestContext(request_, {"x": 1})) == "processor"
    extra = RequestContext(request_, {"x": 1}, [lambda request: {"y": 2}])
    assert engine.from_string("{{ x }}{{ y }}").render(extra) == "12"

    async def late(request: Any) -> dict[str, Any]:
        return {"who": "late", "x": "late"}

    engine = Engine(context_processors=[late])
    template = engine.from_string("{{ who }}{{ x }}")
    with pytest.raises(AwaitableInTemplateError, match="context processor is asynchronous"):
        template.render({}, request_)
    assert asyncio.run(template.arender({"x": 1}, request_)) == "late1"
    assert asyncio.run(template.arender(Context({"x": 1}), request_)) == "late1"
    engine = Engine(context_processors=[lambda request: 5])
    with pytest.raises(TypeError, match="returned int; it has to return a dict"):
        engine.from_string("").render({}, request_)
    with pytest.raises(TypeError, match="returned int; it has to return a dict"):
        asyncio.run(engine.from_string("").arender({}, request_))


def test_missing_names_in_debug() -> None:
    engine = Engine(debug=True)

    def failure(source: str, **variables: Any) -> str:
        with pytest.raises(UndefinedVariableError) as caught:
            engine.from_string(source).render(variables)
        return str(caught.value)

    assert failure("{{ usr }}", user=1) == "'usr' is undefined. Did you mean 'user'?"
    assert failure("{% if usr %}{% endif %}", user=1) == "'usr' is undefined. Did you mean 'user'?"
    assert failure("{% for x in usr %}{% endfor %}").startswith("'usr' is undefined.")
    assert failure("{{ zzzqqq }}") == "'zzzqqq' is undefined"
    assert failure("{{ forloop.counter }}").startswith("'forloop' is undefined. Jinja2 calls it")
    item = failure("{{ user.naem }}", user={"name": 1})
    assert item == "'dict object' has no attribute 'naem'. Did you mean 'name'?"
    assert "Did you mean 'imag'?" in failure("{{ x.image }}", x=5)
    assert failure("{{ x.y.z }}", x={}).startswith("'dict object' has no attribute 'y'")
    assert "[5]" in failure("{{ x[5] }}", x=[1]) or "element 5" in failure("{{ x[5] }}", x=[1])
    assert failure("{{ x + 1 }}") == failure("{{ x|int + x }}") == "'x' is undefined"
    assert "no parent block" in failure("{% block a %}{{ super() }}{% endblock %}")
    assert failure("{{ urll('x') }}") == "'urll' is undefined. Did you mean 'url'?"
    source = "{% if x.y %}a{% endif %}{% if x is defined %}b{% endif %}{{ z|default('c') }}"
    assert engine.from_string(source).render({"x": {}}) == "bc"


def test_missing_names_in_production() -> None:
    source = "[{{ x }}{% for i in x %}{% endfor %}{% if x %}{% endif %}{{ x|upper }}{{ x|add(1) }}]"
    assert Engine().from_string(source).render() == "[]"
    assert Engine().from_string("{{ x|pluralize }}{{ x|length }}{{ x|date }}").render() == "0"
    with pytest.raises(UndefinedVariableError, match="'x' is undefined"):
        Engine().from_string("{{ x.y }}").render()


# --- errors -------------------------------------------------------------------------------


def test_errors_know_the_line_and_the_variables(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text("top\n{% block a %}{% endblock %}\n")
    (tmp_path / "page.html").write_text(
        "{% extends 'base.html' %}\n{% block a %}\n{{ fail(word) }}\n{% endblock %}\n"
    )

    def fail(word: str) -> None:
        raise LookupError(word)

    engine = Engine(dirs=[tmp_path])
    with pytest.raises(LookupError) as caught:
        engine.get_template("page.html").render({"fail": fail, "word": "w"})
    info = caught.value.template_debug  # type: ignore[attr-defined]
    assert (info["name"], info["line"]) == (str(tmp_path / "page.html"), 3)
    assert info["during"] == "{{ fail(word) }}"
    assert info["source_lines"][0] == (1, "{% extends 'base.html' %}")
    assert (info["top"], info["bottom"], info["total"]) == (0, 4, 4)
    assert info["context"]["word"] == "w"
    files = [frame.name for frame in caught.traceback]
    assert "block 'a'" in files


def test_errors_of_sources_without_a_file() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        Template("a\n{{ 1 / x }}").render({"x": 0})
    info = caught.value.template_debug  # type: ignore[attr-defined]
    assert (info["line"], info["during"]) == (2, "{{ 1 / x }}")


class Slotted(Exception):
    """An error that takes no attributes."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        if name == "template_debug":
            raise AttributeError(name)
        super().__setattr__(name, value)


def test_errors_that_cannot_be_marked() -> None:
    def fail() -> None:
        raise Slotted

    with pytest.raises(Slotted):
        Template("{{ fail() }}").render({"fail": fail})


def test_errors_of_included_templates(engine: Make) -> None:
    made = engine(page="{% include name %}", bad="{% if %}")
    with pytest.raises(TemplateSyntaxError, match="line 1 of bad") as caught:
        made.get_template("page").render({"name": "bad"})
    assert caught.value.template_debug is not None
    with pytest.raises(TemplateDoesNotExist) as missing:
        made.get_template("page").render({"name": "nothing"})
    assert missing.value.tried
    assert missing.value.template_debug["during"] == "{% include name %}"  # type: ignore[attr-defined]
    with pytest.raises(TemplateDoesNotExist):
        asyncio.run(made.get_template("page").arender({"name": "nothing"}))


# --- blocks -------------------------------------------------------------------------------


def test_blocks(engine: Make, request_: HttpRequest) -> None:
    made = engine(
        base="<{% block a %}base{% endblock %}|{% block b %}{{ x }}{% endblock %}>",
        middle="{% extends 'base' %}{% block a %}{{ super() }} middle{% endblock %}",
        page=(
            "{% extends 'middle' %}{% set y = 'set' %}"
            "{% block a %}{{ super() }} page {{ y }}{% endblock %}"
        ),
    )
    page = made.get_template("page")
    assert page.render({"x": "<"}) == "<base middle page set|&lt;>"
    assert page.render_block("a") == "base middle page set"
    assert page.render_block("b", {"x": "<"}) == "&lt;"
    assert asyncio.run(page.arender_block("a")) == "base middle page set"
    with pytest.raises(TemplateDoesNotExist) as caught:
        page.render_block("bb")
    assert "It has: a, b." in caught.value.__notes__[1]
    assert "Did you mean 'b'?" in caught.value.__notes__[0]
    with override_settings(
        TEMPLATES=[
            {
                "BACKEND": BACKEND,
                "OPTIONS": {
                    "loaders": [
                        (
                            "fastjango.templates.loaders.LocmemLoader",
                            {"p": "{% block a %}{{ x }}{{ request.method }}{% endblock %}b"},
                        )
                    ]
                },
            }
        ]
    ):
        assert render_block_to_string("p", "a", {"x": 1}, request_) == "1None"
        response = render_block(request_, "p", "a", {"x": 1}, status=201)
        assert (response.status_code, response.content) == (201, b"1None")
        assert asyncio.run(arender_block_to_string("p", "a", {"x": 1}, request_)) == "1None"
        response = asyncio.run(arender_block(request_, "p", "a", {"x": 2}, "text/plain"))
        assert response.content == b"2None"
        assert asyncio.run(arender_to_string("p#a", {"x": 3}, request_)) == "3None"
        assert get_template("p#a") is get_template("p#a")


# --- asynchronous rendering ---------------------------------------------------------------


async def answer() -> str:
    await asyncio.sleep(0)
    return "answer"


class Rows:
    """Something to iterate over asynchronously."""

    async def __aiter__(self) -> Any:
        for row in "ab":
            await asyncio.sleep(0)
            yield row


def test_awaiting() -> None:
    template = Template("{{ answer() }}{% for row in rows %}{{ row }}{% endfor %}")
    assert asyncio.run(template.arender({"answer": answer, "rows": Rows()})) == "answerab"
    assert asyncio.run(template.arender({"answer": answer, "rows": "xy"})) == "answerxy"
    with pytest.raises(AwaitableInTemplateError, match="'answer', which is asynchronous"):
        template.render({"answer": answer, "rows": ""})


def test_backends_without_asynchronous_rendering() -> None:
    class Plain:
        def render(self, context: Any, request: Any) -> str:
            return f"{context}{request}"

    class Backend(BaseEngine):
        def __init__(self, params: dict[str, Any]) -> None:
            params.pop("OPTIONS")
            super().__init__(params)

        def get_template(self, template_name: str) -> Any:
            return Plain()

    module: Any = sys.modules[__name__]
    module.Backend = Backend
    with override_settings(TEMPLATES=[{"BACKEND": f"{__name__}.Backend"}]):
        assert asyncio.run(arender_to_string("x", 1, 2)) == "12"


# --- the signal ---------------------------------------------------------------------------


def test_the_signal_tells_of_every_template(engine: Make) -> None:
    made = engine(
        base="{% block a %}{% endblock %}{% include 'part' %}",
        page="{% extends 'base' %}",
        part="{{ x }}",
    )
    seen: list[tuple[str | None, Any]] = []

    def listen(template: Any, context: Any, **kwargs: Any) -> None:
        seen.append((template.name, context["x"]))
        assert "x" in context

    template_rendered.connect(listen)
    try:
        assert made.get_template("page").render({"x": 1}) == "1"
    finally:
        template_rendered.disconnect(listen)
    assert seen == [("page", 1), ("base", 1), ("part", 1)]


async def test_a_template_without_file_is_announced_by_its_name(engine: Make) -> None:
    engine(a="x")
    seen: list[str | None] = []

    def listen(template: Template, **_: object) -> None:
        seen.append(template.name)

    template_rendered.connect(listen)
    try:
        Template("{{ x }}", name="greeting").render({"x": 1})
        await Template("{{ x }}", name="farewell").arender({"x": 1})
        Template("nameless").render()
    finally:
        template_rendered.disconnect(listen)
    assert seen == ["greeting", "farewell", None]


def test_templates_show_what_they_are(engine: Make) -> None:
    template = engine(a="x").get_template("a")
    assert repr(template) == "<Template a>"
    assert template.engine is template.backend
    assert template.source is None
    made = Template("x", name="n", origin=Origin("o"))
    assert (made.source, made.name, made.origin.name) == ("x", "n", "o")
    assert repr(Template("x")) == "<Template <unknown source>>"


def test_modules_that_django_has() -> None:
    from fastjango.templates import backends, static
    from fastjango.templates.functions import static as plain

    assert static.static is plain
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = backends.Nothing  # type: ignore[attr-defined]
    import fastjango.templates as package

    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = package.Nothing  # type: ignore[attr-defined]


def test_sources_that_are_gone(tmp_path: Path, engine: Make) -> None:
    file = tmp_path / "a.html"
    file.write_text("{{ 1 / x }}")
    template = Engine(dirs=[tmp_path]).get_template("a.html")
    file.unlink()
    with pytest.raises(ZeroDivisionError) as caught:
        template.render({"x": 0})
    info = caught.value.template_debug  # type: ignore[attr-defined]
    assert (info["line"], info["during"], info["source_lines"]) == (1, "", [])

    def fail() -> None:
        caught.value.template_debug = "kept"  # type: ignore[attr-defined]
        raise caught.value

    with pytest.raises(ZeroDivisionError):
        Template("{{ fail() }}").render({"fail": fail})
    assert caught.value.template_debug == "kept"  # type: ignore[attr-defined]


def test_the_smallest_backend(tmp_path: Path, request_: HttpRequest) -> None:
    (tmp_path / "a.txt").write_text("$x $missing $csrf_input")
    entry = {"BACKEND": "fastjango.templates.backends.dummy.TemplateStrings", "DIRS": [tmp_path]}
    engine = EngineHandler([entry])["dummy"]
    assert engine.from_string("$x").render({"x": "<"}) == "&lt;"
    shown = engine.get_template("a.txt").render({"x": 1}, request_)
    assert shown.startswith('1 $missing <input type="hidden"')
    with pytest.raises(TemplateDoesNotExist) as caught:
        engine.get_template("b.txt")
    assert str(caught.value.tried[0][0]) == str(tmp_path / "b.txt")
    with pytest.raises(ImproperlyConfigured, match="Unknown options: x"):
        EngineHandler([{**entry, "OPTIONS": {"x": 1}}])["dummy"]


def test_tags_with_a_memory_in_a_bytecode_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base.html").write_text("{% cycle 'a' 'b' %}{% block x %}{% endblock %}")
    (tmp_path / "page.html").write_text(
        "{% extends 'base.html' %}{% block x %}{% cycle 'x' 'y' %}{% endblock %}"
    )
    (tmp_path / "kept").mkdir()

    def render(name: str) -> str:
        # Each time as a process of its own, which counts from the beginning.
        monkeypatch.setattr(tags, "_numbers", count(), raising=False)
        cache = FileSystemBytecodeCache(str(tmp_path / "kept"))
        engine = Jinja2({"NAME": "e", "DIRS": [tmp_path], "APP_DIRS": False,
                         "OPTIONS": {"bytecode_cache": cache}})  # fmt: skip
        return engine.get_template(name).render()

    assert render("base.html") == "a"
    assert render("page.html") == "ax"
