"""Filters and tags of apps."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.core.conf import override_settings
from fastjango.templates import Engine, InvalidTemplateLibrary, Library
from fastjango.templates.defaultfilters import stringfilter
from fastjango.templates.library import find_libraries

MODULE = """
from fastjango.templates import Library
from fastjango.templates.defaultfilters import stringfilter

register = Library()

@register.filter
def twice(value):
    return f"{value}{value}"

@register.filter("loud", is_safe=True)
@stringfilter
def shout(value):
    return value + "!"

@register.filter(needs_autoescape=True)
def told(value, autoescape=True):
    return f"{value}:{autoescape}"

@register.simple_tag
def greet(name, end="."):
    return f"Hello <{name}>{end}"

@register.simple_tag(takes_context=True, name="who")
def user(context):
    return context["user"]

@register.simple_block_tag
def box(content, title=""):
    from fastjango.values.html import format_html
    return format_html("[{} {}]", title, content)

@register.simple_block_tag(takes_context=True)
def plain(context, content):
    return context["user"] + "<"

@register.inclusion_tag("row.html")
def row(item):
    return {"item": item}

@register.inclusion_tag("row.html", takes_context=True, name="own_row")
def from_context(context):
    return {"item": context["user"]}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    package = tmp_path / "shop_with_tags"
    (package / "templatetags").mkdir(parents=True)
    for name in ("__init__.py", "templatetags/__init__.py", "templatetags/helpers.py"):
        (package / name).write_text("")
    (package / "templatetags" / "shop.py").write_text(MODULE)
    sys.path.insert(0, str(tmp_path))
    try:
        with override_settings(INSTALLED_APPS=["fastjango.templates", "shop_with_tags"]):
            yield package
    finally:
        sys.path.remove(str(tmp_path))
        for name in [name for name in sys.modules if name.startswith("shop_with_tags")]:
            del sys.modules[name]


@pytest.fixture
def made(shop: Path) -> Engine:
    pages = {"row.html": "<li>{{ item }}{{ csrf_token|length }}</li>"}
    return Engine(debug=True, loaders=[("fastjango.templates.loaders.LocmemLoader", pages)])


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ 'a<'|twice }}", "a&lt;a&lt;"),
        ("{{ '<'|safe|loud }}{{ '<'|loud }}", "<!&lt;!"),
        ("{{ 1|told }}{% autoescape off %}{{ 1|told }}{% endautoescape %}", "1:True1:False"),
        ("{% load shop %}{% greet 'x' end='?' %}", "Hello &lt;x&gt;?"),
        ("{% greet 'x' as g %}{{ g|length }} {{ greet('y') }}", "10 Hello &lt;y&gt;."),
        ("{% who %}", "U&lt;"),
        ("{% box title='t<' %}{{ user }}<b>{% endbox %}", "[t&lt; U&lt;<b>]"),
        ("{% plain %}{% endplain %}", "U&lt;&lt;"),
        ("{% autoescape off %}{% plain %}{% endplain %}{% endautoescape %}", "U<<"),
        ("{% autoescape off %}{% box %}<{{ user }}{% endbox %}{% endautoescape %}", "[ <U<]"),
        ("{% row 'i<' %}", "<li>i&lt;2</li>"),
        ("{% own_row %}", "<li>U&lt;2</li>"),
    ],
)
def test_tags_of_an_app(made: Engine, source: str, shown: str) -> None:
    variables = {"user": "U<", "csrf_token": "tt"}
    assert made.from_string(source).render(variables) == shown
    assert asyncio.run(made.from_string(source).arender(variables)) == shown


def test_libraries_are_found(shop: Path) -> None:
    assert [path for path, _ in find_libraries()] == ["shop_with_tags.templatetags.shop"]
    (shop / "templatetags" / "bad.py").write_text("register = 5")
    with pytest.raises(InvalidTemplateLibrary, match="register is a int, not a Library"):
        list(find_libraries())


def test_what_cannot_be_registered() -> None:
    register = Library()
    with pytest.raises(InvalidTemplateLibrary, match="compiles nodes of Django's template"):
        register.tag("x", lambda parser, token: None)
    with pytest.raises(ValueError, match="ends with 'endx', not with 'closex'"):
        register.simple_block_tag(lambda content: content, name="x", end_name="closex")
    with pytest.raises(ValueError, match=r"Unsupported arguments to Library\.filter"):
        register.filter(None, lambda value: value)


def test_filters_by_call() -> None:
    register = Library()

    def half(value: Any) -> Any:
        return value / 2

    register.filter("half", half, expects_localtime=True)
    assert register.filters == {"half": half}
    assert half.expects_localtime is True  # type: ignore[attr-defined]

    @register.filter(is_safe=True)
    @stringfilter
    def same(value: str) -> str:
        return value

    assert register.filters["same"] is same
    assert same.__wrapped__.is_safe is True  # type: ignore[attr-defined]


def test_nothing_is_found_before_the_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "apps_ready", False)
    assert list(find_libraries()) == []
    assert Engine().from_string("{{ 1 }}").render() == "1"


def test_contributions_of_apps(monkeypatch: pytest.MonkeyPatch, request_: Any) -> None:
    config = apps.get_app_config("templates")
    monkeypatch.setattr(config, "template_globals", lambda: {"answer": 42})
    monkeypatch.setattr(config, "context_processors", lambda: [lambda request: {"z": "Z"}])
    assert Engine().from_string("{{ answer }}{{ z }}").render({}, request_) == "42Z"
