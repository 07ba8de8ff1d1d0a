"""Files of widgets, and the classes that render."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from django import forms as django_forms
from fastjango import forms
from fastjango.core.conf import override_settings
from fastjango.core.registry import Registry, apps
from fastjango.forms import renderers, utils, widgets
from fastjango.values.html import format_html


def declare(f: Any) -> list[Any]:
    """Declare widgets with files, with a `forms` module."""

    class One(f.TextInput):
        class Media:
            css = {"all": ("one.css", "/abs.css"), "print": ["p.css"]}
            js = ("one.js", "https://cdn.example/x.js", f.Script("mod.js", type="module"))

    class Two(One):
        class Media:
            css = {"all": ["two.css"]}
            js = ("two.js", "one.js")

    class NotExtended(One):
        class Media:
            extend = False
            js = ("alone.js",)

    class CssOnly(One):
        class Media:
            extend = ("css",)
            js = ("more.js",)

    class Computed(f.TextInput):
        @property
        def media(self) -> Any:
            return f.Media(js=["computed.js"])

    class Nothing(One):
        pass

    return [One, Two, NotExtended, CssOnly, Computed, Nothing]


has_scripts = hasattr(django_forms, "Script")


@pytest.mark.skipif(not has_scripts, reason="the oracle is older than 5.2")
def test_files_of_widgets() -> None:
    for ours, theirs in zip(declare(forms), declare(django_forms), strict=True):
        mine, other = ours().media, theirs().media
        assert str(mine) == str(other)
        for kind in ("css", "js"):
            assert str(mine[kind]) == str(other[kind])
    made = [list(kinds) for kinds in (declare(forms), declare(django_forms))]
    for f, kinds in zip((forms, django_forms), made, strict=True):
        fields = {f"f{n}": f.CharField(widget=kind) for n, kind in enumerate(kinds)}
        kinds.append(type("Form", (f.Form,), fields)())
        kinds.append(f.MultiWidget([kinds[0], kinds[3]]))
    assert str(made[0][-2].media) == str(made[1][-2].media)
    assert str(made[0][-1].media) == str(made[1][-1].media)


def test_files_show_themselves() -> None:
    media = forms.Media(css={"all": ["a.css"]}, js=["b.js"])
    assert repr(media) == "Media(css={'all': [Stylesheet('a.css')]}, js=[Script('b.js')])"


def test_attributes_of_all_files() -> None:
    media = forms.Media(css={"all": ["a.css"]}, js=["b.js", format_html("<x>{}</x>", "y")])
    assert media.render(attrs={"nonce": 'n"'}) == (
        '<link href="/static/a.css" media="all" nonce="n&quot;" rel="stylesheet">\n'
        '<script src="/static/b.js" nonce="n&quot;"></script>\n<x>y</x>'
    )
    assert media.absolute_path("x") == "/static/x"
    with pytest.raises(ValueError, match="Script has conflicting attributes: type"):
        forms.Script("a.js", type="module").render(attrs={"type": "x"})
    with pytest.raises(KeyError, match="Unknown media type"):
        media["png"]
    with pytest.raises(TypeError):
        media + 1  # type: ignore[operator]


def test_assets_compare_by_path_and_attributes() -> None:
    plain = forms.Script("a.js")
    assert plain == "a.js"
    assert plain == forms.Script("a.js")
    assert plain != forms.Script("a.js", defer=True)
    assert plain != forms.Stylesheet("a.js")
    assert len({plain, forms.Script("a.js"), forms.Script("a.js", defer=True)}) == 2
    assert repr(plain) == "Script('a.js')"
    assert str(forms.Script("/a.js", defer=True, nomodule=False)) == (
        '<script src="/a.js" defer></script>'
    )


def test_opposite_orders_warn() -> None:
    with pytest.warns(widgets.MediaOrderConflictWarning, match="opposite order"):
        assert forms.Media.merge(["a", "b"], ["b", "a"], None) == ["a", "b"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert forms.Media.merge(["a", "c"], ["a", "b"], ["b", "c"], []) == ["a", "b", "c"]
        assert forms.Media.merge(["a", "a"]) == ["a"]


class TestRenderers:
    @pytest.fixture
    def app(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """An app with templates, installed for the test."""
        package = tmp_path / "formsapp"
        for folder, text in (("templates", "from templates"), ("jinja2", "from jinja2")):
            (package / folder).mkdir(parents=True)
            (package / folder / f"{folder}.html").write_text(text + " {{ widget.name }}")
        (package / "__init__.py").write_text("")
        monkeypatch.syspath_prepend(tmp_path)
        registry = Registry(["formsapp"])
        monkeypatch.setattr(renderers, "apps", registry)
        return package

    def test_templates_of_apps(self, app: Path) -> None:
        for kind in (renderers.Jinja2, renderers.DjangoTemplates):
            renderer = kind()
            context = {"widget": {"name": "<x>"}}
            for folder in ("templates", "jinja2"):
                shown = renderer.render(f"{folder}.html", context, request=object())
                assert shown == f"from {folder} &lt;x&gt;"
            found = renderer.get_template("templates.html")
            assert found.origin.name == str(app / "templates" / "templates.html")
        import jinja2

        with pytest.raises(jinja2.TemplateNotFound):
            renderers.Jinja2().render("missing.html", {})

    def test_without_apps_the_built_in_templates_are_there(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(renderers, "apps", Registry(None))
        import jinja2

        assert renderers.Jinja2().get_template("django/forms/div.html")
        with pytest.raises(jinja2.TemplateNotFound):
            renderers.Jinja2().get_template("missing.html")

    def test_the_base_finds_nothing(self) -> None:
        with pytest.raises(NotImplementedError, match="must implement get_template"):
            renderers.BaseRenderer().render("x", {})

    def test_the_setting_names_the_default(self) -> None:
        with override_settings(FORM_RENDERER="fastjango.forms.renderers.DjangoTemplates"):
            assert type(renderers.get_default_renderer()) is renderers.DjangoTemplates
            assert type(forms.Form().renderer) is renderers.DjangoTemplates
        assert type(renderers.get_default_renderer()) is renderers.Jinja2

    def test_a_form_may_bring_its_own(self) -> None:
        class Own(renderers.Jinja2):
            form_template_name = "django/forms/table.html"

        class Form(forms.Form):
            default_renderer = Own
            a = forms.CharField()

        assert str(Form()).startswith("<tr>")
        assert str(Form(renderer=renderers.Jinja2())).startswith("<div>")
        Form.default_renderer = Own()  # type: ignore[assignment]
        assert Form().renderer is Form.default_renderer


class TestTemplatesSetting:
    @pytest.fixture
    def engines(self, tmp_path: Path) -> Any:
        """Engines with the built-in templates behind a folder of the project."""
        options = [
            {
                "BACKEND": "fastjango.templates.backends.Jinja2",
                "DIRS": [str(tmp_path), str(renderers.TEMPLATES_DIR)],
            }
        ]
        with override_settings(
            TEMPLATES=options, FORM_RENDERER="fastjango.forms.renderers.TemplatesSetting"
        ):
            yield tmp_path

    class Form(forms.Form):
        a = forms.CharField(initial="<x>")

    def test_without_overrides_functions_render(self, engines: Path) -> None:
        form = self.Form()
        assert form.renderer._builders
        assert str(form) == str(self.Form(renderer=renderers.Jinja2()))

    def test_an_override_is_honoured(self, engines: Path) -> None:
        folder = engines / "django" / "forms" / "widgets"
        folder.mkdir(parents=True)
        (folder / "input.html").write_text("<own>{{ widget.value }}</own>")
        form = self.Form()
        assert not form.renderer._builders
        assert "<own>&lt;x&gt;</own>" in str(form)

    def test_while_debugging_templates_are_asked(self, engines: Path) -> None:
        with override_settings(DEBUG=True):
            assert not renderers.TemplatesSetting()._builders

    def test_listeners_hear_of_each_template(self, engines: Path) -> None:
        from fastjango.signals import template_rendered

        heard: list[Any] = []

        def listen(template: Any, **kwargs: Any) -> None:
            heard.append(template)

        with override_settings(DEBUG=False):
            template_rendered.connect(listen)
            try:
                assert "&lt;x&gt;" in str(self.Form())
            finally:
                template_rendered.disconnect(listen)

    def test_engines_without_the_built_in_templates(self) -> None:
        options = [{"BACKEND": "fastjango.templates.backends.Jinja2", "DIRS": []}]
        with override_settings(TEMPLATES=options):
            assert not renderers.TemplatesSetting()._builders


class TestUtils:
    def test_attributes(self) -> None:
        assert utils.flatatt({"b": "<", "a": 1, "c": True, "d": False, "e": None}) == (
            ' a="1" b="&lt;" c'
        )
        assert utils.flatatt({}) == ""

    def test_names(self) -> None:
        assert utils.pretty_name("first_name") == "First name"
        assert utils.pretty_name("") == ""

    def test_bases_ask_for_methods(self) -> None:
        with pytest.raises(NotImplementedError, match="get_context"):
            utils.RenderableMixin().get_context()
        for name in ("as_hidden", "as_widget"):
            with pytest.raises(NotImplementedError, match=name):
                getattr(utils.RenderableFieldMixin(), name)()

    def test_time_zones_are_left_alone_without_use_tz(self) -> None:
        import datetime

        moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        with override_settings(USE_TZ=False):
            assert utils.to_current_timezone(moment) is moment
            assert utils.from_current_timezone(moment) is moment
        assert utils.to_current_timezone(None) is None
        assert utils.from_current_timezone(None) is None

    def test_error_lists(self) -> None:
        import copy
        import pickle

        from fastjango.core.exceptions import ValidationError

        errors = utils.ErrorList(["a", ValidationError("%(n)s", params={"n": 1})], "own")
        assert list(errors) == ["a", "1"]
        assert errors == ["a", "1"]
        assert "1" in errors
        assert repr(errors) == "['a', '1']"
        assert isinstance(errors, list)
        assert errors.copy().error_class == "errorlist own"
        assert copy.copy(errors) == errors
        used = utils.ErrorList(["a"])
        assert "<li>a</li>" in str(used)  # its renderer has made what it renders with
        copied = pickle.loads(pickle.dumps(used))
        assert copied == ["a"]
        assert str(copied) == str(used)
        assert [error.message for error in errors.as_data()] == ["a", "%(n)s"]


def test_the_package_offers_what_django_forms_offers() -> None:
    import fastjango.forms as package

    wanted = {name for name in dir(django_forms) if name[0].isupper()}
    assert wanted <= set(package.__all__) | {"BaseForm"}
    assert package.widgets.TextInput is package.TextInput
    assert "renderers" in dir(package)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing
    assert apps is not None
