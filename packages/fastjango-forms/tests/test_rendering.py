"""Forms and widgets render the markup that Django renders."""

import datetime
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms as django_forms
from django.forms.renderers import get_default_renderer as django_renderer
from fastjango import forms
from fastjango.forms._native_forms import BUILDERS
from fastjango.forms.renderers import TEMPLATES_DIR, Jinja2, get_default_renderer
from fastjango.http.uploads.uploadedfile import SimpleUploadedFile

CHOICES = [("1", "One"), (2, "Two <b>"), ("Group'", [("a", "A"), ("b", "B")])]
HELP = "Help <i>with</i> it"


class Markup(HTMLParser):
    """The events of a document: attributes and classes in any order, no white space between tags.

    Django's classes of a row come in the order of a set, another one in each process.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.events: list[Any] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        # Django gave legends a `for`, which HTML does not know, before 6.1.
        attrs = [pair for pair in attrs if tag != "legend" or pair[0] != "for"]
        found = {name: value or "" for name, value in attrs}
        if "class" in found:
            found["class"] = " ".join(sorted(found["class"].split()))
        self.events.append((tag, sorted(found.items())))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(f"/{tag}")

    def _text(self, text: str) -> None:
        text = re.sub(r"\s+", " ", text).strip()
        if text:
            self.events.append(text)

    handle_data = _text

    def handle_entityref(self, name: str) -> None:
        self.events.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.events.append(f"&#{name};")


def parsed(markup: Any) -> list[Any]:
    return Markup(str(markup)).events


class StoredFile:
    url = "/media/a?b&c.txt"

    def __str__(self) -> str:
        return "a<b.txt"


def make_form(f: Any) -> Any:
    """Build a form of all fields with a `forms` module."""
    fields = {
        "name": f.CharField(max_length=10, min_length=2, help_text=HELP, label="Your <name>"),
        "plain": f.CharField(required=False, label="", widget=f.TextInput({"class": "wide"})),
        "secret": f.CharField(widget=f.PasswordInput(render_value=False)),
        "about": f.CharField(widget=f.Textarea({"rows": 3}), initial="</textarea>\n'x'"),
        "age": f.IntegerField(min_value=0, max_value=1000, step_size=5, initial=1000),
        "height": f.FloatField(required=False, label="How tall?"),
        "price": f.DecimalField(decimal_places=2, disabled=True, initial="1.50"),
        "email": f.EmailField(help_text="mail", show_hidden_initial=True, initial="a@b.example"),
        "site": f.URLField(required=False, assume_scheme="https"),
        "born": f.DateField(initial=datetime.date(2026, 1, 31)),
        "at": f.TimeField(initial=datetime.time(12, 30, 5, 7)),
        "seen": f.DateTimeField(initial=datetime.datetime(2026, 1, 31, 12, 30, 0, 7)),
        "took": f.DurationField(required=False),
        "agreed": f.BooleanField(help_text="really"),
        "maybe": f.NullBooleanField(initial=True),
        "one": f.ChoiceField(choices=CHOICES, initial="a"),
        "blank": f.ChoiceField(choices=[("", "None"), *CHOICES]),
        "radio": f.ChoiceField(choices=CHOICES, widget=f.RadioSelect({"class": "r"}), initial=2),
        "many": f.MultipleChoiceField(choices=CHOICES, initial=["1", "b"]),
        "boxes": f.MultipleChoiceField(
            choices=CHOICES, widget=f.CheckboxSelectMultiple, help_text=HELP, initial=["a"]
        ),
        "file": f.FileField(required=False),
        "photo": f.FileField(widget=f.FileInput),
        "stored": f.FileField(required=False, initial=StoredFile()),
        "kept": f.FileField(initial=StoredFile()),
        "split": f.SplitDateTimeField(required=False),
        "selected": f.DateField(widget=f.SelectDateWidget(years=[2025, 2026], empty_label="-")),
        "token": f.CharField(widget=f.HiddenInput),
        "tokens": f.MultipleChoiceField(choices=CHOICES, widget=f.MultipleHiddenInput),
        "hidden_moment": f.SplitDateTimeField(widget=f.SplitHiddenDateTimeWidget, required=False),
        "colour": f.CharField(widget=f.ColorInput, required=False),
        "phone": f.CharField(widget=f.TelInput({"aria-describedby": "own"}), required=False),
        "query": f.CharField(widget=f.SearchInput({"id": "q", "hidden": False}), required=False),
        "data": f.JSONField(initial={"a": "<ä>"}),
        "key": f.UUIDField(required=False),
        "slug": f.SlugField(label_suffix=" ->"),
    }
    return type(
        "Form", (f.Form,), {**fields, "required_css_class": "req", "error_css_class": "bad"}
    )


DATA: dict[str, Any] = {
    "name": "x" * 11, "plain": "\"quoted\" 'text' & <b>", "secret": "hidden", "about": "a<b",
    "age": "7", "height": "tall", "email": "nobody", "initial-email": "was@b.example",
    "born": "2026-02-30", "at": "25:00", "agreed": "", "maybe": "false", "one": "zzz<",
    "blank": "", "radio": "9", "many": ["1", "x"], "boxes": ["b"], "stored-clear": "on",
    "split_0": "2026-01-31", "split_1": "", "selected_year": "2026", "selected_month": "2",
    "selected_day": "30", "tokens": ["1", "a"], "data": "{", "key": "no", "slug": "a b",
    "hidden_moment_0": "never", "hidden_moment_1": "x",
}  # fmt: skip
LAYOUTS = ["as_div", "as_p", "as_ul", "as_table"]
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "prefix": {"prefix": "pre", "label_suffix": ""},
    "no ids": {"auto_id": False},
    "names as ids": {"auto_id": True},
    "optional": {"use_required_attribute": False, "label_suffix": "!"},
    "initial": {"initial": {"name": "<Ada>", "selected": datetime.date(2026, 2, 3), "many": []}},
}


class TemplatesOnly(Jinja2):
    """The default renderer without its functions."""

    _builders: Any = {}  # pyright: ignore[reportIncompatibleVariableOverride]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("renderer", [Jinja2(), TemplatesOnly()], ids=["functions", "templates"])
def test_an_unbound_form(layout: str, variant: str, renderer: Any) -> None:
    options = VARIANTS[variant]
    ours = make_form(forms)(renderer=renderer, **options)
    theirs = make_form(django_forms)(**options)
    assert parsed(getattr(ours, layout)()) == parsed(getattr(theirs, layout)())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("renderer", [Jinja2(), TemplatesOnly()], ids=["functions", "templates"])
def test_a_bound_form_with_errors(layout: str, variant: str, renderer: Any) -> None:
    options = VARIANTS[variant]
    prefix = options.get("prefix")
    data = {f"{prefix}-{k}" if prefix else k: v for k, v in DATA.items()}
    ours = make_form(forms)(data, {}, renderer=renderer, **options)
    theirs = make_form(django_forms)(data, {}, **options)
    for form in (ours, theirs):
        form.add_error(None, "Not <like> this.")
    assert ours.errors == theirs.errors
    assert parsed(getattr(ours, layout)()) == parsed(getattr(theirs, layout)())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("renderer", [Jinja2(), TemplatesOnly()], ids=["functions", "templates"])
def test_forms_without_visible_fields(layout: str, renderer: Any) -> None:
    for names in (["token"], []):
        for data in (None, {}):
            pair = []
            for f, options in ((forms, {"renderer": renderer}), (django_forms, {})):
                fields = {name: f.CharField(widget=f.HiddenInput) for name in names}
                form = type("Form", (f.Form,), fields)(data, **options)
                if data is not None:
                    form.add_error(None, "wrong")
                pair.append(parsed(getattr(form, layout)()))
            assert pair[0] == pair[1]


def test_functions_and_templates_exist_for_each_other() -> None:
    templates = {
        str(path.relative_to(TEMPLATES_DIR)) for path in TEMPLATES_DIR.rglob("*") if path.is_file()
    }
    parts = {"django/forms/attrs.html", "django/forms/widgets/attrs.html"}  # never rendered alone
    assert set(BUILDERS) == templates - parts


def test_the_names_of_the_templates_are_those_of_django() -> None:
    theirs = Path(django_forms.__file__).parent / "jinja2"
    names = {str(path.relative_to(theirs)) for path in theirs.rglob("*") if path.is_file()}
    known = {*BUILDERS, "django/forms/attrs.html", "django/forms/widgets/attrs.html"}
    assert names <= known


@pytest.mark.parametrize("renderer", [Jinja2(), TemplatesOnly()], ids=["functions", "templates"])
def test_formsets(renderer: Any) -> None:
    for layout in LAYOUTS:
        pair = []
        for f, options in ((forms, {"renderer": renderer}), (django_forms, {})):
            form = type("ItemForm", (f.Form,), {"name": f.CharField(help_text=HELP)})
            kinds = f.formset_factory(form, extra=2, can_delete=True, can_order=True, **options)
            formset = kinds(initial=[{"name": "<a>"}])
            pair.append(parsed(getattr(formset, layout)()))
            assert f"<{formset.__class__.__name__}" in repr(formset)
        assert pair[0] == pair[1]


@pytest.mark.parametrize("renderer", [Jinja2(), TemplatesOnly()], ids=["functions", "templates"])
def test_error_lists(renderer: Any) -> None:
    ours, theirs = make_form(forms)(DATA, {}, renderer=renderer), make_form(django_forms)(DATA, {})
    for kind in ("as_ul", "as_text", "__str__"):
        assert parsed(getattr(ours.errors, kind)()) == parsed(getattr(theirs.errors, kind)())
        for name in ours.errors:
            mine, other = getattr(ours.errors[name], kind), getattr(theirs.errors[name], kind)
            assert parsed(mine()) == parsed(other())
    assert ours.errors.as_json() == theirs.errors.as_json()
    assert ours.errors.get_json_data(escape_html=True) == theirs.errors.get_json_data(
        escape_html=True
    )
    assert str(forms.Form(renderer=renderer).non_field_errors()) == ""
    assert str(forms.Form(renderer=renderer).errors) == ""


def test_parts_of_a_bound_field() -> None:
    ours, theirs = make_form(forms)(DATA, {}), make_form(django_forms)(DATA, {})
    for name in ours.fields:
        mine, other = ours[name], theirs[name]
        assert sorted(mine.css_classes().split()) == sorted(other.css_classes().split())
        for call in ("label_tag", "legend_tag", "as_field_group", "value"):
            assert str(getattr(mine, call)()).split() == str(getattr(other, call)()).split() or (
                parsed(getattr(mine, call)()) == parsed(getattr(other, call)())
            ), (name, call)
        for attribute in (
            "auto_id", "id_for_label", "is_hidden", "html_name", "html_initial_name",
            "html_initial_id", "label", "help_text", "widget_type", "use_fieldset",
            "aria_describedby", "template_name",
        ):  # fmt: skip
            assert getattr(mine, attribute) == getattr(other, attribute), (name, attribute)
        for call in ("as_text", "as_textarea", "as_hidden"):
            try:
                expected = parsed(getattr(other, call)({"x": "y"}))
            except TypeError:
                continue
            assert parsed(getattr(mine, call)({"x": "y"})) == expected, (name, call)
        assert len(mine) == len(other)
        for part, their_part in zip(mine, other, strict=True):
            assert parsed(part) == parsed(their_part)
            assert parsed(part.tag()) == parsed(their_part.tag())
            assert part.id_for_label == their_part.id_for_label


def test_labels() -> None:
    ours, theirs = make_form(forms)(), make_form(django_forms)()
    cases: list[Callable[[Any], Any]] = [
        lambda field: field.label_tag("Own <text>", {"class": "x"}, label_suffix="?"),
        lambda field: field.label_tag(attrs={"for": "own"}, tag="span"),
        lambda field: field.legend_tag("L", {"class": "x"}, label_suffix=""),
        lambda field: field.css_classes(["a", "b", "a"]),
        lambda field: field.as_widget(attrs={"data-x": "<>"}),
    ]
    for name in ("name", "height", "slug", "radio", "phone", "query"):
        for case in cases[:3] + cases[4:]:
            assert parsed(case(ours[name])) == parsed(case(theirs[name])), name
        assert set(cases[3](ours[name]).split()) == set(cases[3](theirs[name]).split())


def test_classes_have_an_order() -> None:
    class Form(forms.Form):
        error_css_class, required_css_class = "wrong", "asked"
        name = forms.CharField()

    bound = Form({})["name"]
    assert bound.css_classes() == "wrong asked"
    assert bound.css_classes("z a asked z") == "z a asked wrong"


def test_a_legend_has_no_for() -> None:
    assert make_form(forms)()["name"].legend_tag() == (
        '<legend class="req">Your &lt;name&gt;:</legend>'
    )


def test_bound_fields_refuse_names_as_positions() -> None:
    bound = make_form(forms)()["radio"]
    assert bound[0].choice_label == "One"
    assert [part.choice_label for part in bound[1:3]] == ["Two <b>", "A"]
    assert bound[0].template_name == "django/forms/widgets/radio_option.html"
    with pytest.raises(TypeError, match="must be integers or slices, not str"):
        bound["name"]
    assert bool(bound)


def test_help_texts_are_markup_and_values_are_not() -> None:
    class Form(forms.Form):
        a = forms.CharField(help_text="<b>bold</b>", initial="<i>", label="<u>")

    markup = str(Form())
    assert "<b>bold</b>" in markup
    assert "&lt;i&gt;" in markup
    assert "&lt;u&gt;" in markup


def test_unpaired_surrogates_do_not_reach_the_response() -> None:
    class Form(forms.Form):
        a = forms.CharField()
        b = forms.ChoiceField(choices=CHOICES)

    for renderer in (Jinja2(), TemplatesOnly()):
        form = Form({"a": "x\ud800y", "b": "\udfff"}, renderer=renderer)
        assert str(form).encode()
        assert "x\ufffdy" in str(form)


def test_a_subclass_of_the_renderer_with_templates_of_its_own_is_asked() -> None:
    class Own(Jinja2):
        def get_template(self, template_name: str) -> Any:
            class Template:
                def render(self, context: Any, request: Any = None) -> str:
                    return f" {template_name} "

            return Template()

    assert str(forms.Form(renderer=Own())) == "django/forms/div.html"


def test_a_widget_with_a_template_of_an_app(tmp_path: Any) -> None:
    from fastjango.forms import renderers

    class Own(forms.TextInput):
        template_name = "own.html"

    engine = renderers._FormEngine(())
    import jinja2

    engine.environment.loader = jinja2.ChoiceLoader(
        [engine.environment.loader, jinja2.DictLoader({"own.html": "<x>{{ widget.name }}</x>"})]  # type: ignore[list-item]
    )
    renderer = Jinja2()
    renderer.__dict__["engine"] = engine

    class Pair(forms.MultiWidget):
        def decompress(self, value: Any) -> list[Any]:
            return [None, None]

    assert Pair([Own, forms.TextInput]).render("a", None, renderer=renderer) == (
        '<x>a_0</x><input type="text" name="a_1">'
    )


def test_the_default_renderer_is_made_once() -> None:
    assert get_default_renderer() is get_default_renderer()
    assert type(get_default_renderer()).__name__ == "Jinja2"
    assert django_renderer() is not None


def test_a_select_with_option_templates_of_its_own() -> None:
    class Own(forms.Select):
        option_template_name = "django/forms/widgets/input_option.html"

    markup = Own(choices=[("a", "A")]).render("x", "a")
    assert '<label><input type="select" name="x" value="a" selected> A</label>' in markup


def test_uploaded_files_are_not_shown() -> None:
    class Form(forms.Form):
        file = forms.FileField()

    form = Form({}, {"file": SimpleUploadedFile("a.txt", b"x")})
    assert form.is_valid()
    assert str(form["file"]) == '<input type="file" name="file" required id="id_file">'
