"""Forms of templates get CSRF tokens by themselves."""

from typing import Any

import jinja2
import pytest
from fastjango.forms.jinja import AutoCsrf, extensions

TOKEN = "<TOKEN>"


class Request:
    def __init__(self, secure: bool = False) -> None:
        self.secure = secure

    def get_host(self) -> str:
        return "here.example"

    def is_secure(self) -> bool:
        return self.secure


def render(source: str, secure: bool = False, **options: Any) -> str:
    environment = jinja2.Environment(
        extensions=list(extensions()), autoescape=True, undefined=jinja2.StrictUndefined, **options
    )
    from markupsafe import Markup

    return environment.from_string(source).render(
        csrf_input=Markup(TOKEN), request=Request(secure), yes=True, url="/ok", method="post",
        away="//away.example", quoted='/"x',
    )  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        '<form method="post">',
        "<FORM METHOD=POST>",
        "<form\n method = 'Post'\n action='/x?a=b'>",
        '<form action="" method="post" class="a>b">',
        '<form action="x/y" method="post">',
        '<form method="post" action="https://here.example/x">',
        '<form method="post" action="{{ url }}">',
        '<form method="{{ method }}" action="{{ quoted }}">',
        '<form {% if yes %}method="post"{% endif %}>',
        '<form {# why > not #} method="post">',
        '<form hx-post="/x">',
        '<form data-hx-delete="{{ url }}">',
        '<form method="post" data-csrf="on">',
        '<form method="get" method="post" hx-put="">',
        '<form novalidate/ method=post>',
    ],
)  # fmt: skip
def test_forms_that_post_to_this_site(source: str) -> None:
    markup = render(f"a{source}<p></form>")
    start, _, rest = markup.partition(TOKEN)
    assert rest == "<p></form>", markup
    assert start.endswith(">")
    assert markup.count(TOKEN) == 1


@pytest.mark.parametrize(
    "source",
    [
        "<form>",
        '<form method="get">',
        '<form method="dialog" action="/x">',
        '<form method="post" action="https://away.example/">',
        '<form method="post" action="//away.example/">',
        '<form method="post" action="\\\\away.example/">',
        '<form method="post" action=" /\t/away.example/">',
        '<form method="post" action="{{ away }}">',
        '<form method="post" action="javascript:x()">',
        '<form method="post" action="http://[bad/">',
        '<form method="post" hx-post="https://away.example/">',
        '<form {% if not yes %}method="post"{% endif %}>',
        '<form method="post" data-csrf="off">',
        '<form method="{{ method }}" data-csrf="off">',
        '<formula method="post">',
        '<!-- <form method="post"> -->',
        '<script>x = "<form method=post>"</script>',
        '<textarea><form method="post"></textarea>',
        '<script><form method="post">',
        '{# <form method="post"> #}',
        '{% raw %}<form method="post">{% endraw %}',
        '<form method="post"',
        "<form method=",
        "<!-- <form method=post>",
    ],
)
def test_other_forms(source: str) -> None:
    assert TOKEN not in render(source)


def test_a_form_that_has_a_token_gets_no_other() -> None:
    assert render('<form method="post">{{ csrf_input }}</form><form>').count(TOKEN) == 1
    two = render('<form method="post">{{ csrf_input }}</form><form method="post"></form>')
    assert two.count(TOKEN) == 2


def test_http_is_another_site_for_https() -> None:
    source = '<form method="post" action="http://here.example/">'
    assert TOKEN in render(source)
    assert TOKEN not in render(source, secure=True)


def test_loops_blocks_and_trimming() -> None:
    source = (
        '{% for n in [1, 2] %}\n<form method="post" action="/{{ n }}">\n{% block b scoped %}x'
        "{% endblock %}</form>\n{% endfor %}"
    )
    for options in ({}, {"trim_blocks": True, "lstrip_blocks": True}):
        markup = render(source, **options)
        assert markup.count(TOKEN) == 2
        assert f'<form method="post" action="/2">{TOKEN}\n' in markup


def test_line_numbers_stay() -> None:
    with pytest.raises(jinja2.TemplateSyntaxError) as caught:
        render('<form method="post" action="{{ url }}">\n{% nothing %}')
    assert caught.value.lineno == 2


def test_other_delimiters() -> None:
    markup = render(
        '<form method="post" action="[[ url ]]"><form method="post">',
        variable_start_string="[[", variable_end_string="]]",
        block_start_string="[%", block_end_string="%]",
    )  # fmt: skip
    assert markup.count(TOKEN) == 2


def test_without_a_request_there_is_no_token() -> None:
    environment = jinja2.Environment(extensions=[AutoCsrf], undefined=jinja2.StrictUndefined)
    for source in ('<form method="post">', '<form method="post" action="{{ u }}">'):
        assert environment.from_string(source).render(u="/x").endswith(">")
    away = '<form method="post" action="https://here.example/">'
    assert environment.from_string(away).render() == away


def test_the_plugin_offers_the_extension() -> None:
    from fastjango.core.registry import Registry
    from fastjango.templates.hooks import jinja_extensions

    with jinja_extensions.implemented(list):  # opens the hook, which the boot may have closed
        jinja_extensions.frozen = False
        Registry(["fastjango.http", "fastjango.templates", "fastjango.forms"])
        Registry(["fastjango.http", "fastjango.templates", "fastjango.forms"])
        assert list(jinja_extensions).count(extensions) == 1


def test_markup_without_a_form_is_left_alone() -> None:
    environment = jinja2.Environment(extensions=[AutoCsrf])
    filtered = environment.from_string("{% filter auto_csrf %}<p>{% endfilter %}").render()
    assert filtered == "<p>"
