"""Django's tags and functions, in templates."""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import HttpRequest, NoReverseMatch, QueryDict, path
from fastjango.http.urls import set_urlconf
from fastjango.templates import Engine, TemplateSyntaxError, hooks
from fastjango.templates import functions as f

Show = Callable[..., str]


@pytest.fixture(autouse=True)
def urls() -> Any:
    def view(request: HttpRequest, **kwargs: Any) -> None: ...

    set_urlconf((path("a/<int:pk>/", view, name="detail"), path("list/", view, name="list")))
    yield
    set_urlconf(None)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ url('list') }}", "/list/"),
        ("{% url 'list' %}", "/list/"),
        ("{% url 'detail' 5 %}", "/a/5/"),
        ("{% url 'detail' pk=x.y %}", "/a/7/"),
        ("{% url name, pk = 1 %}", "/a/1/"),
        ("{% url 'detail' pk=1 as u %}[{{ u }}]", "[/a/1/]"),
        ("{% url 'none' as u %}[{{ u }}]", "[]"),
        ("{{ url('detail', pk=2) }}", "/a/2/"),
        ("{% static 'a b.css' %}", "/static/a%20b.css"),
        ("{{ static('x.css') }}", "/static/x.css"),
        ("{% static 'x' as s %}{{ s }}", "/static/x"),
        ("{% get_static_prefix %} {% get_media_prefix as m %}{{ m }}", "/static/ /media/"),
        ("{% firstof zero '' 'a<' %}", "a&lt;"),
        ("{% firstof zero nothing 'b' as v %}{{ v }}", "b"),
        ("{% firstof zero %}", ""),
        ("{% widthratio 5 10 100 %}", "50"),
        ("{% widthratio 1 0 100 %}{% widthratio 'x' 1 100 %}", "0"),
        ("{% templatetag openblock %}{% templatetag 'closevariable' %}", "{%}}"),
        ("{% lorem 3 w %}", "lorem ipsum dolor"),
        ("{{ lorem('x')[:11] }}", "Lorem ipsum"),
        ("{{ lorem(1, 'p')|truncatechars_html(3) }}", "<p>Lo…</p>"),
        ("{% spaceless %} <p>\n <b> x </b> </p> {% endspaceless %}", "<p><b> x </b></p>"),
        ("{% spaceless %}{{ bad }}<i> </i> <i>{% endspaceless %}", "&lt;<i></i><i>"),
        ("{% verbatim %}{{ x }}{% endverbatim %}", "{{ x }}"),
        ("{% verbatim v %}{% if %}{% endverbatim v %}!", "{% if %}!"),
        (
            "{% verbatim v %}{% verbatim %}{% endverbatim %}{{ x }}{% endverbatim v %}!",
            "{% verbatim %}{% endverbatim %}{{ x }}!",
        ),
        ("{%- verbatim -%} {{ a }} {%- endverbatim -%} ", "{{ a }}"),
        ("{% verbatim a b %}{{ a }}{% endverbatim a b %}", "{{ a }}"),
        (
            "{% verbatim %}{{ a }}{% endverbatim %}{% verbatim v %}{{ b }}{% endverbatim v %}",
            "{{ a }}{{ b }}",
        ),
        (
            "a{% comment - %}{{ {% endcomment %}b{%- comment -%} x {%- endcomment anything -%} c",
            "abc",
        ),
        ("a{% comment 'why' %}{% nonsense %}\n{{ {% endcomment %}b", "ab"),
        ("{% csrf_token %}", ""),
        ("{% csp_nonce_attr %}", ""),
        ("{% load static %}{% load trans from i18n %}x", "x"),
        ("{% for i in [] %}{{ i }}{% empty %}none{% endfor %}", "none"),
        ("{% for i in [1,2] if i > 1 %}{{ i }}{% else %}none{% endfor %}", "2"),
        ("{% autoescape off %}{{ bad }}{% endautoescape %}", "<"),
        ("{% autoescape on %}{{ bad }}{% endautoescape %}", "&lt;"),
        ("{% autoescape false %}{{ bad|linebreaks }}{% endautoescape %}", "<p><</p>"),
        ("{% translate 'Yes' %} {% translate 'May' context 'month' %}", "Yes May"),
        ("{% translate 'No' noop as t %}{{ t }}", "No"),
        ("{% trans n=2 %}one{% pluralize %}{{ n }} of them{% endtrans %}", "2 of them"),
        ("{{ _('x') }}{{ pgettext('c', 'y') }}{{ ngettext('%(num)s', '%(num)ss', 2) }}", "xy2s"),
        ("{% get_current_language %} {% get_current_language_bidi %}", "en-us False"),
        ("{% get_current_timezone as z %}{{ z }}", "Europe/Paris"),
        ("{% timezone 'Asia/Tokyo' %}{{ when|date('H:i e') }}{% endtimezone %}", "21:00 JST"),
        ("{{ when|date('H:i') }}", "13:00"),
        ("{% localtime off %}{{ when|date('H:i') }}{% endlocaltime %}", "12:00"),
        ("{% localtime %}{{ when|time('H:i') }}{% endlocaltime %}", "13:00"),
        ("{{ when|utc|date('H:i') }} {{ when|timezone('Asia/Tokyo')|date('H:i') }}", "12:00 21:00"),
        ("{% language 'de' %}x{% endlanguage %}", "x"),
        ("{% cache 10 side %}{{ bad }}{% endcache %}", "&lt;"),
        ("{% filter upper %}a{{ bad }}{% endfilter %}", "A&amp;LT;"),
        ("{{ debug() }}{% debug %}", ""),
        ("{{ get_available_languages()|length >= 0 }}", "True"),
    ],
)
def test_tags(show: Show, source: str, shown: str) -> None:
    variables = {
        "x": {"y": 7},
        "name": "detail",
        "zero": 0,
        "bad": "<",
        "when": datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
    }
    if "A&amp;LT;" in shown:
        # The content of a filter tag is safe text, which `upper` turns into an unsafe one.
        shown = "A&LT;"
    assert show(source, **variables) == shown


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% url 'a' b=1 2 %}", "An argument without a name follows one with a name"),
        ("{% cache 5 %}{% endcache %}", "'cache' tag requires at least 2 arguments."),
        ("{% cache 5 a x=1 %}{% endcache %}", "'cache' takes 'using', not 'x'."),
        ("{% timezone %}{% endtimezone %}", "'timezone' takes one argument"),
        ("{% localtime maybe %}{% endlocaltime %}", "'localtime' argument should be 'on' or 'off'"),
        ("{% regroup x by y %}", "'regroup' ends with 'as' and a name."),
        ("{% cycle %}", "'cycle' tag requires at least two arguments"),
        ("{% cycle colour %}", "Named cycle 'colour' does not exist."),
        ("{% resetcycle %}", "No cycles in template."),
        ("{% cycle 1 2 as rows %}{% resetcycle row %}", "Did you mean 'rows'?"),
        ("{% partialdef %}", "'partialdef' tag requires 2 arguments"),
        ("{% partialdef a-b %}{% endpartialdef %}", "needs a name of letters, digits and undersc"),
        ("{% partialdef a %}{% endpartialdef b %}", "names another partial than 'a'"),
        ("{% load statics %}", "'statics' is not a registered tag library."),
        ("{% load statics %}", "Did you mean 'static'?"),
        ("{% blockx %}", "Encountered unknown tag 'blockx'. Did you mean 'block'?"),
        ("{% zzzzzz %}", "Encountered unknown tag 'zzzzzz'."),
        ("{% if 1 %}{% endfor %}", "endfor"),
        ("{% translate 'x' y z %}", "translate takes a text, then 'noop' or 'context'"),
        ("{{ x|truncatcars(3) }}", "No filter named 'truncatcars'. Did you mean 'truncatechars'?"),
        ("{{ x is definde }}", "No test named 'definde'. Did you mean 'defined'?"),
        ("{{ x|date:'Y' }}", "Jinja2 puts the arguments of filters into brackets"),
    ],
)
def test_what_the_compiler_refuses(show: Show, source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        show(source, x=1)
    assert message in str(caught.value)
    assert caught.value.template_debug is not None
    assert caught.value.template_debug["during"] == source


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% widthratio 1 2 'x' %}", "widthratio final argument must be a number"),
        ("{% templatetag nothing %}", "Invalid templatetag argument: 'nothing'"),
        ("{% lorem 10001 %}", "lorem makes at most 10,000"),
        ("{% querystring %}", "querystring needs the request"),
        ("{% querystring 5 %}", "requires mappings for positional arguments (got 5"),
        ("{{ querystring({1: 2}) }}", "requires strings for mapping keys (got 1"),
        ("{% cache 'x' a %}{% endcache %}", '"cache" tag got a non-integer timeout value'),
        ("{% cache nope a %}{% endcache %}", "\"cache\" tag got an unknown variable: 'nope'"),
        ("{% partialdef row %}{% endpartialdef %}{% partial rwo %}", "Did you mean 'row'?"),
    ],
)
def test_what_tags_refuse(show: Show, source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        show(source)
    assert message in str(caught.value)


def test_url_without_a_match(show: Show, request_: HttpRequest) -> None:
    with pytest.raises(NoReverseMatch):
        show("{% url 'none' %}", request_)
    request_.current_app = "app"  # type: ignore[attr-defined]
    assert show("{% url 'list' %}", request_) == "/list/"


def test_urls_need_their_settings(show: Show) -> None:
    with (
        override_settings(STATIC_URL=None),
        pytest.raises(ImproperlyConfigured, match="STATIC_URL, which is not set"),
    ):
        show("{% static 'x' %}")
    with override_settings(STATIC_URL="https://cdn.example/"):
        assert show("{% static 'x' %}") == "https://cdn.example/x"
    with hooks.static_url.implemented(lambda path: f"/hashed/{path}"):
        assert show("{% static 'x' %}") == "/hashed/x"


def test_now(show: Show) -> None:
    now = datetime.datetime.now(datetime.UTC)
    assert show("{% now 'Y' %}") in {str(now.year), str(now.year + 1)}
    assert show("{% now 'e' as z %}{{ z }}") in {"CET", "CEST"}
    with override_settings(USE_TZ=False):
        assert show("{{ now('o') }}")


def test_querystring(show: Show, request_: HttpRequest) -> None:
    request_.GET = QueryDict("a=1&b=2&b=3")  # type: ignore[misc]
    assert show("{% querystring %}", request_) == "?a=1&amp;b=2&amp;b=3"
    assert show("{{ querystring(a=None, c='x')|safe }}", request_) == "?b=2&b=3&c=x"
    assert show("{{ querystring({'b': [1, None, 2]}, d=4)|safe }}") == "?b=1&b=2&d=4"
    assert show("{{ querystring(q, b=None)|safe }}", q=QueryDict("b=1")) == "?"


def test_cycles(show: Show) -> None:
    loop = "{%% for i in [1,2,3] %%}%s{%% endfor %%}"
    assert show(loop % "{% cycle 'a' x %}", x="<") == "a&lt;a"
    assert show(loop % "{% cycle 'a' 'b' as c silent %}{{ c }}") == "aba"
    assert show(loop % "{% cycle 'a' 'b' as c %}{% cycle c %} ") == "ab ab ab "
    assert show(loop % "{% cycle 'a' 'b' 'c' %}{% if i == 2 %}{% resetcycle %}{% endif %}") == "aba"
    named = "{% cycle 'a' 'b' as c %}{% resetcycle c %}"
    assert show(loop % named) == "aaa"


def test_ifchanged(show: Show) -> None:
    source = "{% for i in xs %}{% ifchanged %}{{ i }}{% else %}.{% endifchanged %}{% endfor %}"
    assert show(source, xs=["<", "<", "b"]) == "&lt;.b"
    source = (
        "{% for row in rows %}{% for i in row %}{% ifchanged i %}{{ i }}{% endifchanged %}"
        "{% endfor %}|{% endfor %}"
    )
    assert show(source, rows=[[1, 1, 2], [2, 2, 1]]) == "12|21|"
    assert show("{% ifchanged 1 %}a{% endifchanged %}") == "a"


def test_regroup(show: Show) -> None:
    source = (
        "{% regroup xs by a.b as groups %}"
        "{% for g in groups %}{{ g.grouper }}={{ g.list|length }} {% endfor %}"
    )
    assert show(source, xs=[{"a": {"b": 1}}, {"a": {"b": 1}}, {"a": {"b": 2}}]) == "1=2 2=1 "
    source = "{% for key, items in regroup(xs, 'upper') %}{{ key }}{{ items|join }} {% endfor %}"
    assert show(source, xs=["a", "A", "b"]) == "AaA Bb "
    assert show("{% regroup missing.x by y as g %}{{ g }}", missing={}) == "[]"


def test_csrf_and_nonce(show: Show, request_: HttpRequest) -> None:
    shown = show("{% csrf_token %}", request_)
    assert shown.startswith('<input type="hidden" name="csrfmiddlewaretoken" value="')
    assert show("{{ csrf_input }}", request_).startswith("<input")
    assert len(show("{{ csrf_token }}", request_)) == 64
    request_._csp_nonce = "abc"  # type: ignore[attr-defined]
    assert show("{% csp_nonce_attr %}", request_) == 'nonce="abc"'

    class Media:
        def render(self, attrs: Any = None) -> str:
            return str(attrs)

    assert f.csp_nonce_attr({"csp_nonce": None}, Media()) == "None"
    assert f.csp_nonce_attr({"csp_nonce": "x"}, Media()) == "{'nonce': 'x'}"


def test_debug(show: Show, debugging: None) -> None:
    assert "&#39;a&#39;: 1" in show("{% debug %}", a=1)


class Store:
    """A cache of one fragment."""

    def __init__(self, kept: dict[Any, Any], key: Any) -> None:
        self.kept, self.key = kept, key

    def get(self) -> str | None:
        return self.kept.get(self.key)

    def set(self, value: str, timeout: int | None) -> None:
        self.kept[self.key] = value
        self.kept["timeout"] = timeout

    async def aget(self) -> str | None:
        return self.get()

    async def aset(self, value: str, timeout: int | None) -> None:
        self.set(value, timeout)


def test_cache(show: Show) -> None:
    kept: dict[Any, Any] = {}

    def fragment(name: str, vary_on: list[Any], using: str | None) -> Store:
        if using == "none":
            raise LookupError(using)
        return Store(kept, (name, tuple(vary_on), using))

    with hooks.fragment_cache.implemented(fragment):
        source = "{% cache 5 side user %}<{{ x }}>{% endcache %}"
        assert show(source, user=1, x="<") == "<&lt;>"
        assert show(source, user=1, x="b") == "<&lt;>"
        assert show(source, user=2, x="b") == "<b>"
        assert kept["timeout"] == 5
        assert show("{% cache None 'x' using='other' %}a{% endcache %}") == "a"
        assert kept["timeout"] is None
        assert ("x", (), "other") in kept
        with pytest.raises(TemplateSyntaxError, match="Invalid cache name specified"):
            show("{% cache 5 x using='none' %}{% endcache %}")
        template = Engine().from_string("{% cache 9 later %}{{ x }}{% endcache %}")
        assert asyncio.run(template.arender({"x": 1})) == "1"
        assert asyncio.run(template.arender({"x": 2})) == "1"


def test_partials(show: Show, engine: Callable[..., Engine]) -> None:
    source = (
        "{% partialdef row %}<li>{{ item }}</li>{% endpartialdef row %}"
        "<ul>{% for item in items %}{% partial row %}{% endfor %}</ul>"
        "{% partialdef note inline %}!{{ x|default('') }}{% endpartialdef %}"
    )
    assert show(source, items=["<", 2]) == "<ul><li>&lt;</li><li>2</li></ul>!"
    made = engine(page=source)
    assert made.get_template("page#row").render({"item": "a"}) == "<li>a</li>"
    assert repr(made.get_template("page#row")) == "<Template page#row>"
    assert asyncio.run(made.get_template("page").arender({"items": [1]})) == "<ul><li>1</li></ul>!"


async def later(value: str) -> str:
    """Return a value after a while."""
    await asyncio.sleep(0)
    return value


def test_asynchronous_content(show: Show) -> None:
    source = (
        "{% spaceless %}<p> {{ later('<') }}</p> <p>{% endspaceless %}"
        "{% timezone 'Asia/Tokyo' %}{% get_current_timezone %}{{ later('b') }}{% endtimezone %}"
        "{% for i in [1, 2] %}{% cycle 'x' 'y' %}{% ifchanged %}{{ later('c') }}{% endifchanged %}"
        "{% endfor %}{% include inner %}"
    )
    made = Engine(
        debug=True,
        loaders=[("fastjango.templates.loaders.LocmemLoader", {"in": "[{{ later('d') }}]"})],
    )
    template = made.from_string(source)
    shown = asyncio.run(template.arender({"later": later, "inner": "in"}))
    assert shown == "<p> &lt;</p><p>Asia/Tokyobxcy[d]"
