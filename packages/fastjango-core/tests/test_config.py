"""AppConfig, as Django has it, and its contribution points."""

import contextlib
from types import ModuleType, SimpleNamespace

import pytest
from fastjango.core import AppConfig, Registry
from fastjango.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

CONFIG = """
from fastjango.core import AppConfig
class {name}Config(AppConfig):
    name = 'shelf'
    label = '{label}'
    {extra}
"""


def config(name="Shelf", label="shelf", extra="pass"):
    return CONFIG.format(name=name, label=label, extra=extra)


def test_a_package_without_an_apps_module(package, tmp_path):
    package({"shelf/__init__.py": ""})
    app = AppConfig.create("shelf")
    assert (app.name, app.label, app.verbose_name) == ("shelf", "shelf", "Shelf")
    assert app.path == str(tmp_path / "shelf")
    assert repr(app) == "<AppConfig: shelf>"
    assert app.plugin is None


def test_the_only_class_is_used(package):
    package({"shelf/__init__.py": "", "shelf/apps.py": config(label="books")})
    app = AppConfig.create("shelf")
    assert (type(app).__name__, app.label) == ("ShelfConfig", "books")
    assert type(AppConfig.create("shelf.apps.ShelfConfig")) is type(app)


def test_default_decides_between_classes(package):
    two = config("One", "one") + config("Two", "two", "default = True")
    package({"shelf/__init__.py": "", "shelf/apps.py": two})
    assert AppConfig.create("shelf").label == "two"


def test_no_default_means_the_plain_class(package):
    two = config("One", "one") + config("Two", "two")
    package({"shelf/__init__.py": "", "shelf/apps.py": two})
    assert type(AppConfig.create("shelf")) is AppConfig


def test_several_defaults(package):
    two = config("One", "one", "default = True") + config("Two", "two", "default = True")
    package({"shelf/__init__.py": "", "shelf/apps.py": two})
    with pytest.raises(RuntimeError) as caught:
        AppConfig.create("shelf")
    assert str(caught.value) == (
        "'shelf.apps' declares more than one default AppConfig: 'OneConfig', 'TwoConfig'."
    )


def test_a_class_can_opt_out(package):
    package({"shelf/__init__.py": "", "shelf/apps.py": config(extra="default = False")})
    assert type(AppConfig.create("shelf")) is AppConfig


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ("no_such_app", ImportError, "No module named 'no_such_app'"),
        (
            "shelf.apps.BookConfig",
            ImportError,
            "Module 'shelf.apps' does not contain a 'BookConfig' class. Choices are: "
            "'ShelfConfig'.",
        ),
        ("shelf.Nothing", ImportError, "Module 'shelf' does not contain a 'Nothing' class."),
        (
            "shelf.apps.other",
            ImportError,
            "No module named 'shelf.apps.other'; 'shelf.apps' is not a package",
        ),
        ("shelf.thing", ImproperlyConfigured, "'shelf.thing' isn't a subclass of AppConfig."),
        (
            "shelf.nameless.Nameless",
            ImproperlyConfigured,
            "'shelf.nameless.Nameless' must supply a name attribute.",
        ),
        (
            "shelf.nameless.Astray",
            ImproperlyConfigured,
            "Cannot import 'no_such'. Check that 'shelf.nameless.Astray.name' is correct.",
        ),
        (
            "shelf.nameless.Odd",
            ImproperlyConfigured,
            "The app label 'a-b' is not a valid Python identifier.",
        ),
    ],
)
def test_wrong_entries(package, entry, error, message):
    package(
        {
            "shelf/__init__.py": "thing = 3",
            "shelf/apps.py": config(),
            "shelf/nameless.py": (
                "from fastjango.core import AppConfig\n"
                "class Nameless(AppConfig): pass\n"
                "class Astray(AppConfig): name = 'no_such'\n"
                "class Odd(AppConfig): name = 'shelf'; label = 'a-b'\n"
            ),
        }
    )
    with pytest.raises(error) as caught:
        AppConfig.create(entry)
    assert str(caught.value) == message


def test_paths_of_odd_modules(tmp_path):
    def module(**attributes):
        made = ModuleType("odd")
        vars(made).update(attributes)
        return made

    assert AppConfig("odd", module(__file__=str(tmp_path / "odd.py"))).path == str(tmp_path)
    assert AppConfig("odd", module(__path__=["a", "a"])).path == "a"
    with pytest.raises(ImproperlyConfigured, match="has multiple filesystem locations"):
        AppConfig("odd", module(__path__=["a", "b"]))
    with pytest.raises(ImproperlyConfigured, match="has no filesystem location"):
        AppConfig("odd", module())

    class Placed(AppConfig):
        path = "/somewhere"

    assert Placed("odd", module()).path == "/somewhere"


def test_models_of_an_app(package):
    package({"shelf/__init__.py": "", "shelf/models.py": "READ = True"})
    registry = Registry(["shelf"])
    app = registry.get_app_config("shelf")
    assert app.models_module.READ
    for name, options in [
        ("book", {}),
        ("link", {"auto_created": True}),
        ("old", {"swapped": "x"}),
    ]:
        registry.all_models["shelf"][name] = SimpleNamespace(
            _meta=SimpleNamespace(**{"auto_created": False, "swapped": None, **options})
        )
    models = registry.all_models["shelf"]
    assert list(app.get_models()) == [models["book"]]
    assert list(app.get_models(include_auto_created=True)) == [models["book"], models["link"]]
    assert list(app.get_models(include_swapped=True)) == [models["book"], models["old"]]
    assert app.get_model("BOOK", require_ready=False) is models["book"]
    with pytest.raises(LookupError, match="App 'shelf' doesn't have a 'Page' model"):
        app.get_model("Page")
    registry.models_ready = False
    with pytest.raises(AppRegistryNotReady):
        app.get_model("book")


def test_default_auto_field(configured, package):
    package({"shelf/__init__.py": "", "shelf/apps.py": config(extra="default_auto_field = 'x.Y'")})
    configured(DEFAULT_AUTO_FIELD="a.B")
    app = AppConfig.create("shelf")
    assert (app.default_auto_field, app._is_default_auto_field_overridden) == ("x.Y", True)
    package({"plain/__init__.py": ""})
    plain = AppConfig.create("plain")
    assert (plain.default_auto_field, plain._is_default_auto_field_overridden) == ("a.B", False)


async def test_contributions_are_harmless_by_default(package):
    package({"shelf/__init__.py": ""})
    app = AppConfig.create("shelf")
    app.ready()
    assert (app.requires, app.kernel, app.settings_class) == ((), "", None)
    assert (app.commands(), app.template_globals(), app.health_checks()) == ({}, {}, {})
    assert list(app.checks()) == list(app.middleware()) == list(app.routes()) == []
    assert list(app.context_processors()) == []
    lifespan = app.lifespan(None)
    assert isinstance(lifespan, contextlib.AbstractAsyncContextManager)
    async with lifespan:
        pass
