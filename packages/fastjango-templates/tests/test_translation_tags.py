"""`translate`, `blocktranslate` and `_()`, beside Django's own tags where the syntax is one."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core import translation
from fastjango.core.translation import gettext_lazy
from fastjango.templates import Engine, TemplateSyntaxError, UndefinedVariableError
from fastjango.templates import functions as f
from fastjango.values.safestring import mark_safe

Show = Callable[..., str]
Asked = list[tuple[Any, ...]]

TEXTS = {
    "Hello": "Moin <b>",
    "100%%": "hundert %%",
    "Hello %(name)s": "Moin %(name)s",
    "%(name)s has 5%%": "5%% hat %(name)s",
    "wrong %(name)s": "falsch %(nmae)s",
    "open %(name)s": "offen %(name",
    "number %(name)s": "Zahl %(name)d",
    "a b": "ab",
}


class Catalog(translation.NullTranslation):
    """A catalog that remembers what it has been asked for."""

    def __init__(self) -> None:
        self.asked: Asked = []
        self.is_off = False

    def gettext(self, message: str) -> str:
        self.asked.append((message,))
        return message if self.is_off else TEXTS.get(message, message)

    def ngettext(self, singular: str, plural: str, number: float) -> str:
        self.asked.append((singular, plural, number))
        return f"{'1' if number == 1 else 'n'}: {singular if number == 1 else plural}"

    def pgettext(self, context: str, message: str) -> str:
        self.asked.append((context, message))
        return f"({context}) {message}"

    def npgettext(self, context: str, singular: str, plural: str, number: float) -> str:
        self.asked.append((context, singular, plural, number))
        return f"({context}) {singular if number == 1 else plural}"

    def activate(self, language: str | None) -> None:
        self.is_off = language is None


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    """Install a catalog."""
    made = Catalog()
    old = translation.install(made)
    yield made
    translation.install(old)


def variables() -> dict[str, Any]:
    return {
        "name": "<Ada>",
        "safe": mark_safe("<i>"),
        "text": "Hello",
        "percent": "100%",
        "one": 1,
        "two": 2,
        "half": 0.5,
        "exact": Decimal("2.0"),
        "xs": [1, 2, 3],
        "user": {"name": "<Bob>"},
        "word": "month",
        "nothing": "",
    }


SHARED = [
    '{% load i18n %}{% translate "Hello" %}',
    "{% translate 'a < b' %}{% translate text %}{% translate name %}{% translate user.name %}",
    "{% translate 'Hello' as x %}[{{ x }}]{% translate name as x %}[{{ x }}]",
    "{% translate 'Hello' noop %}{% translate name noop as x %}[{{ x }}]",
    "{% translate 'May' context 'month' %}{% translate 'May' context word as x %}{{ x }}",
    "{% translate 'May' context nothing %}{% translate text|upper context word|upper %}",
    "{% translate 'Hello'|upper %}{% translate 'a<'|lower|safe %}{% translate name|safe %}",
    "{% translate '100%' %}{% translate percent %}{% translate '5%% %' %}{% translate '%s' %}",
    "{% translate percent noop %}{% translate '5%% %' noop %}{% translate percent as x %}{{ x }}",
    "{% translate 'x' noop context 'c' %}",
    "{% autoescape off %}{% translate name %}{% translate 'a<' as x %}{{ x }}{% endautoescape %}",
    '{% trans "Hello" %}, {% trans text as x %}{{ x }}{% if one %}{% trans name %}{% endif %}',
    "{% trans user.name noop %}{{ _('Hello') }}",
    "{% blocktranslate %}Hello{% endblocktranslate %}",
    "{% blocktrans %}Hello {{ name }}{% endblocktrans %}",
    "{% blocktranslate %}{{ name }} has 5%{% endblocktranslate %}",
    "{% blocktranslate %}{{ safe }} a < b %(name)s %s %%{% endblocktranslate %}",
    "{% blocktranslate with name=user.name %}Hello {{ name }}{% endblocktranslate %}{{ name }}",
    "{% blocktranslate with a=name|upper b=text %}{{ a }}{{ b }}{{ a }}{% endblocktranslate %}",
    "{% blocktranslate with user.name as a and text as b %}{{ a }}{{ b }}{% endblocktranslate %}",
    "{% blocktranslate count n=one %}{{ n }} a{% plural %}{{ n }} b{% endblocktranslate %}",
    "{% blocktranslate count n=xs|length %}{{ n }} a{% plural %}{{ n }} b{% endblocktranslate %}",
    "{% blocktranslate count xs|length as n %}a{% plural %}{{ n }} b{% endblocktranslate %}",
    "{% blocktrans count n=half %}a{% plural %}b {{ n }}{% endblocktrans %}",
    "{% blocktrans count n=exact context word %}a{% plural %}b {{ n }}{% endblocktrans %}",
    "{% blocktrans count n=one context 'c' %}a{{ name }}{% plural %}b{% endblocktrans %}",
    "{% blocktrans with k=xs|length count n=k %}a{% plural %}{{ k }}{{ n }}{% endblocktrans %}",
    "{% blocktrans with n=name count n=two %}a{% plural %}{{ n }}{% endblocktrans %}",
    "{% blocktrans count n=two %}a{% plural %}{% endblocktrans %}",
    "{% blocktrans count n=two trimmed %}a{% plural %} {% endblocktrans %}",
    "{% blocktrans trimmed %}\n  a\n  b\n{% endblocktrans %}",
    "{% blocktrans context 'c' trimmed with a=name %}\n x \n\n {{ a }} %\n{% endblocktrans %}",
    "{% blocktrans context nothing %}Hello{% endblocktrans %}",
    "{% blocktrans count n=two context nothing %}a{% plural %}b{% endblocktrans %}",
    "{% blocktranslate asvar x %}Hello {{ name }}{% endblocktranslate %}[{{ x }}]",
    "{% blocktrans count n=two asvar x %}a{% plural %}<{{ n }}>{% endblocktrans %}{{ x }}{{ n }}",
    "{% autoescape off %}{% blocktrans %}{{ name }}{% endblocktrans %}{% endautoescape %}",
    "{% blocktranslate %}wrong {{ name }}{% endblocktranslate %}",
    "{% blocktranslate %}open {{ name }}{% endblocktranslate %}",
    "{% blocktranslate %}[{{ missing }}]{% endblocktranslate %}{% translate missing %}",
    "{% for x in xs %}{% blocktrans with a=x %}<{{ a }}>{% endblocktrans %}{% endfor %}",
    "{% language 'de' %}{% blocktrans %}Hello{% endblocktrans %}{% endlanguage %}",
]


@pytest.mark.parametrize("source", SHARED)
def test_what_django_does(catalog: Catalog, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = pytest.importorskip("django.template")
    theirs = pytest.importorskip("django.utils.translation")
    html = pytest.importorskip("django.utils.safestring")

    class Theirs(Catalog):
        """Its own catalogs keep the mark of safe texts."""

        def gettext(self, message: str) -> str:
            found = super().gettext(message)
            return str(html.mark_safe(found)) if hasattr(message, "__html__") else found

        def pgettext(self, context: str, message: str) -> str:
            found = super().pgettext(context, message)
            return str(html.mark_safe(found)) if hasattr(message, "__html__") else found

    asked_there = Theirs()
    for name in ("gettext", "ngettext", "pgettext", "npgettext", "activate"):
        monkeypatch.setattr(theirs._trans, name, getattr(asked_there, name), raising=False)
    monkeypatch.setattr(
        theirs._trans, "deactivate_all", lambda: asked_there.activate(None), raising=False
    )
    engine = oracle.Engine(
        libraries={"i18n": "django.templatetags.i18n"}, builtins=["django.templatetags.i18n"]
    )
    given = {**variables(), "safe": html.mark_safe("<i>")}
    expected = engine.from_string(source).render(oracle.Context(given))
    assert str(Engine().from_string(source).render(variables())) == expected
    assert catalog.asked == asked_there.asked


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        # Jinja2's tag keeps its name; what follows tells the two apart.
        ("{% trans %}Hello{% endtrans %}", "Moin <b>"),
        ("{% trans name %}Hello {{ name }}{% endtrans %}", "Moin &lt;Ada&gt;"),
        ("{% trans n=two %}a{% pluralize %}b{% endtrans %}", "n: b"),
        ("{% trans 'c' %}x{% endtrans %}", "(c) x"),
        ("{% trans 'Hello' %}{% trans %}Hello{% endtrans %}", "Moin <b>Moin <b>"),
        ("{%- trans 'x' -%} {% if two %}y{% endif %}", "xy"),
        ("{% translate 'x', context='c' %}{% translate 'Hello' noop=True %}", "(c) xHello"),
        ("{% translate lazy %}", "Greeting"),
        ("{% translate missing|default('Hello') %}", "Hello"),
        ("{{ translate('Hello')|safe }}{{ translate('100%') }}", "Moin <b>hundert %"),
        ("{{ translate(safe) }}{{ translate('x', 'c') }}{{ translate(name, noop=True) }}",
         "<i>(c) x&lt;Ada&gt;"),
        ("{{ _('Hello') }}{{ _('100%') }}{{ _('%(a)s', a=name) }}", "Moin <b>100%&lt;Ada&gt;"),
        ("{% autoescape false %}{{ _('Hello %(name)s', name=name) }}{% endautoescape %}",
         "Moin <Ada>"),
        ("{% blocktranslate %}number {{ name }}{% endblocktranslate %}", "number &lt;Ada&gt;"),
        ("{% blocktranslate with a = 1, b=xs[0] %}{{ a }}{# why #}{{ b }}{% endblocktranslate %}",
         "11"),
        ("{% blocktranslate with a=name|default('x') %}{{- a -}} {% endblocktranslate %}",
         "&lt;Ada&gt;"),
        ("{% blocktrans with k=xs count n=k[k|length-1] %}a{% plural %}{{ n }}{% endblocktrans %}",
         "n: 3"),
    ],
)  # fmt: skip
def test_what_is_our_own(catalog: Catalog, source: str, shown: str) -> None:
    given = {**variables(), "lazy": gettext_lazy("Greeting")}
    assert str(Engine().from_string(source).render(given)) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ _(bad) }}", "&lt;&gt;"),
        ("{{ _(bad, a=1) }}", "&lt;&gt;"),
        ("{{ gettext(bad) }}", "&lt;&gt;"),
        ("{{ ngettext(bad, bad, 2) }}", "&lt;&gt;"),
        ("{{ ngettext('<i>', bad, 2) }}", "&lt;&gt;"),
        ("{{ pgettext('c', bad) }}", "&lt;&gt;"),
        ("{{ npgettext('c', bad, bad, 1) }}", "&lt;&gt;"),
        ("{{ _('<' ~ bad) }}", "&lt;&lt;&gt;"),
        ("{{ _(bad|safe) }}", "<>"),
        ("{% autoescape false %}{{ _(bad) }}{% endautoescape %}", "<>"),
        ("{{ _('<i>') }}{{ gettext('<%(a)s>', a=bad) }}", "<i><&lt;&gt;>"),
        ("{{ _('<i>' if two else '<b>') }}{{ _('<i>' if two) }}", "<i><i>"),
        ("{{ ngettext('<a>', '<%(num)s>', 2) }}", "<2>"),
        ("{{ pgettext('c', '<%(context)s>') }}", "<c>"),
        ("{{ npgettext('c', '<%(num)s%(context)s>', '', 1) }}", "<1c>"),
        ("{% trans %}<i>{{ bad }}{% endtrans %}", "<i>&lt;&gt;"),
    ],
)  # fmt: skip
def test_only_texts_of_the_source_are_safe(show: Show, source: str, shown: str) -> None:
    assert show(source, bad="<>", two=2) == shown


def test_messages_are_extracted_from_the_parsed_template() -> None:
    found = Engine().env.extract_translations("{{ _('a') }}{{ ngettext('b', 'c', 2) }}")
    assert [(name, text) for _, name, text in found] == [("_", "a"), ("ngettext", ("b", "c", None))]


def test_without_a_catalog(show: Show) -> None:
    assert (
        show("{% blocktranslate count n=2 %}a{% plural %}{{ n }}%{% endblocktranslate %}") == "2%"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% translate %}", "'translate' takes at least one argument"),
        ("{% translate 'x' noop noop %}", "The 'noop' option was specified more than once."),
        ("{% translate 'x' context %}", "No argument provided to 'translate' for the context"),
        ("{% translate 'x' context as y %}", "No argument provided to 'translate' for the context"),
        ("{% translate 'x' y %}", "then 'as' and a name, not 'y'"),
        ("{% trans 'x' y %}", "then 'as' and a name, not 'y'"),
        ("{% translate 'x' as %}", "expected token 'name'"),
        ("{% blocktranslate %}x", "Unclosed tag 'blocktranslate': the template has no 'endblocktr"),
        ("{% blocktranslate %}{{ x", "Unclosed tag 'blocktranslate'"),
        ("{% blocktranslate %}{% if x %}", "doesn't allow other block tags (seen 'if') inside it"),
        ("{% blocktranslate %}{% endblocktrans %}", "(seen 'endblocktrans') inside it"),
        ("{% blocktrans %}{% endblocktranslate %}", "(seen 'endblocktranslate') inside it"),
        ("{% blocktrans %}{{ a.b }}{% endblocktrans %}", "{% blocktrans with name=a.b %}"),
        (
            "{% blocktrans %}{{ a|upper }}{% endblocktrans %}",
            "only names inside it, not {{ a|upper",
        ),
        ("{% blocktrans %}{{ 'a' }}{% endblocktrans %}", "allows only names inside it"),
        ("{% blocktrans %}{{ True }}{% endblocktrans %}", "allows only names inside it"),
        ("{% blocktrans %}{{ }}{% endblocktrans %}", "{% blocktrans with name=... %}"),
        ("{% blocktrans nonsense %}{% endblocktrans %}", "Unknown argument for 'blocktrans' tag"),
        ("{% blocktrans 'with' %}{% endblocktrans %}", "Unknown argument for 'blocktrans' tag"),
        ("{% blocktrans trimmed trimmed %}{% endblocktrans %}", "'trimmed' option was specified m"),
        ("{% blocktrans with %}{% endblocktrans %}", "needs at least one keyword argument."),
        ("{% blocktrans with a %}{% endblocktrans %}", "needs at least one keyword argument."),
        ("{% blocktrans count %}{% endblocktrans %}", "expected exactly one keyword argument."),
        ("{% blocktrans count a=1 b=2 %}{% endblocktrans %}", "exactly one keyword argument."),
        ("{% blocktrans context %}{% endblocktrans %}", "expected exactly one argument."),
        ("{% blocktrans asvar %}{% endblocktrans %}", "for the asvar option."),
        ("{% blocktrans %}{% plural %}{% endblocktrans %}", "needs a number: {% blocktrans count"),
        ("{% blocktrans count n=1 %}{% endblocktrans %}", "with 'count' needs {% plural %}"),
        (
            "{% blocktrans count n=1 %}a{% plural %}b{% plural %}{% endblocktrans %}",
            "(seen 'plural') inside it",
        ),
        ("{% get_language_info for 'de' as x %}", "There is no table of the languages' own names"),
        ("{% get_language_info_list for x as y %}", "{% get_available_languages as languages %}"),
        # When it is rendered.
        ("{% translate 5 %}", "'translate' takes a text, not 5"),
        (
            "{% blocktrans count n='x' %}a{% plural %}b{% endblocktrans %}",
            "'n' argument to 'blocktrans' tag must be a number; it is 'x'.",
        ),
        (
            "{% blocktrans count n=missing %}a{% plural %}b{% endblocktrans %}",
            "'n' argument to 'blocktrans' tag must be a number; it is not defined.",
        ),
    ],
)
def test_what_is_refused(show: Show, source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        show(source, x=1)
    assert message in str(caught.value)


def test_missing_names_while_debugging(show: Show) -> None:
    for source in (
        "{% blocktranslate %}{{ nmae }}{% endblocktranslate %}",
        "{% translate nmae %}",
        "{{ translate(nmae) }}",
    ):
        with pytest.raises(UndefinedVariableError, match="Did you mean 'name'"):
            show(source, name="Ada")


def test_a_catalog_that_cannot_be_used() -> None:
    class Broken(translation.NullTranslation):
        def gettext(self, message: str) -> str:
            return "%(other)s"

    old = translation.install(Broken())
    try:
        with pytest.raises(
            TemplateSyntaxError, match="unable to format string returned by gettext"
        ):
            Engine().from_string("{% blocktrans %}{{ a }}{% endblocktrans %}").render({"a": 1})
    finally:
        translation.install(old)


def test_lines_of_errors() -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        Engine().from_string("a\n\n{% blocktranslate %}\n{{ a.b }}{% endblocktranslate %}")
    assert "line 3" in str(caught.value)


def test_asynchronous_values() -> None:
    async def later(value: str) -> str:
        await asyncio.sleep(0)
        return value

    source = (
        "{% blocktrans with a=later('<') asvar x %}{{ a }}{% endblocktrans %}{{ x }}{% trans x %}"
    )
    assert asyncio.run(Engine().from_string(source).arender({"later": later})) == "&lt;&lt;"


def test_the_function() -> None:
    assert f.translate("100%") == "100%"
    assert f.translate("x", noop=True) == "x"
