"""The registry: boot phases and Django's Apps surface."""

import threading
from types import SimpleNamespace

import pytest
from fastjango.core import AppConfig, Hook, Registry
from fastjango.core.conf import settings
from fastjango.core.exceptions import (
    AppRegistryNotReady,
    HookError,
    ImproperlyConfigured,
    PluginError,
)
from fastjango.core.functional import empty
from fastjango.core.registry import Phase


def model(name, label="shelf", module="shelf.models", **options):
    made = type(name, (), {"__module__": module})
    made._meta = SimpleNamespace(
        app_label=label,
        model_name=name.lower(),
        label_lower=f"{label}.{name.lower()}",
        **{"auto_created": False, "swapped": None, "swappable": None, **options},
    )
    made._meta._expire_cache = lambda: None
    return made


@pytest.fixture
def shelf(package):
    package({"shelf/__init__.py": "", "shelf/inner/__init__.py": "", "room/__init__.py": ""})
    return Registry(["shelf", "room"])


def test_an_empty_registry_is_ready():
    registry = Registry()
    assert (registry.ready, registry.phase, list(registry.get_app_configs())) == (
        True,
        Phase.FREEZE,
        [],
    )


def test_two_registries_do_not_share(shelf):
    other = Registry()
    other.register_model("shelf", model("Book"))
    assert shelf.all_models["shelf"] == {}
    assert other.get_registered_model("shelf", "Book")


def test_apps_by_label_and_path(shelf):
    assert [config.label for config in shelf.get_app_configs()] == ["shelf", "room"]
    assert shelf.get_app_config("shelf").apps is shelf
    assert shelf.is_installed("shelf")
    assert not shelf.is_installed("attic")
    with pytest.raises(
        LookupError,
        match=r"No installed app with label 'attic'\.\W*$",
    ):
        shelf.get_app_config("attic")
    shelf.app_configs["other"] = shelf.app_configs.pop("room")
    shelf.app_configs["other"].label = "other"
    with pytest.raises(
        LookupError, match=r"No installed app with label 'room'. Did you mean 'other'?"
    ):
        shelf.get_app_config("room")


def test_the_innermost_app_contains_an_object(package):
    package({"shelf/__init__.py": "", "shelf/inner/__init__.py": ""})
    registry = Registry(["shelf", "shelf.inner"])
    found = registry.get_containing_app_config
    assert found("shelf.inner.models.Book").label == "inner"
    assert found("shelf.models.Book").label == "shelf"
    assert found("shelf").label == "shelf"
    assert found("shelfish.models") is None


def test_phases_are_logged_in_order(package, caplog):
    package(
        {
            "shelf/__init__.py": "",
            "shelf/models.py": "",
            "shelf/apps.py": """
from fastjango.core import AppConfig
class ShelfConfig(AppConfig):
    name = 'shelf'
    def ready(self):
        self.seen = (self.apps.phase, self.apps.models_ready, self.models_module is not None)
""",
        }
    )
    with caplog.at_level("DEBUG", "fastjango.core.boot"):
        registry = Registry(["shelf"])
    phases = [record.args[0] for record in caplog.records]
    assert phases == ["discover", "select", "order", "import", "models", "ready", "freeze"]
    assert registry.get_app_config("shelf").seen == (Phase.READY, True, True)
    assert str(registry.phase) == "freeze"


def test_hooks_freeze_after_the_boot(package):
    hook = Hook(lambda: None)
    Registry()
    hook.unregister(hook.register(lambda: None))
    package({"room/__init__.py": ""})
    Registry(["room"])
    with pytest.raises(HookError):
        hook.register(lambda: None)

    class Late(AppConfig):
        name = "shelf"

        def ready(self):
            hook.register(self.answer)

        def answer(self):
            return 3

    package({"shelf/__init__.py": ""})
    Registry([Late.build("x")])
    assert hook.call() == [3]


def test_populate_is_idempotent_and_not_reentrant(package):
    package({"shelf/__init__.py": ""})

    class Again(AppConfig):
        name = "shelf"

        def ready(self):
            self.apps.populate([])

    registry = Registry(None)
    assert not registry.ready
    with pytest.raises(RuntimeError, match=r"populate\(\) isn't reentrant"):
        registry.populate([Again.build("x")])
    registry.populate(["shelf"])
    registry.populate(["something", "else"])
    assert list(registry.app_configs) == ["shelf"]


def test_threads_boot_once(package):
    package({"shelf/__init__.py": ""})
    calls = []

    class Slow(AppConfig):
        name = "shelf"

        def ready(self):
            calls.append(threading.get_ident())
            started.set()
            go.wait(5)

    started, go, registry = threading.Event(), threading.Event(), Registry(None)
    threads = [
        threading.Thread(target=registry.populate, args=([Slow.build("x")],)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    started.wait(5)
    go.set()
    for thread in threads:
        thread.join(5)
    assert (len(calls), registry.ready, registry.ready_event.is_set()) == (1, True, True)


def test_labels_and_names_are_unique(package):
    package({"shelf/__init__.py": "", "other/shelf/__init__.py": ""})
    with pytest.raises(
        ImproperlyConfigured, match=r"^Application labels aren't unique, duplicates: shelf$"
    ):
        Registry(["shelf", "other.shelf"])

    class Twin(AppConfig):
        name, label = "shelf", "twin"

    with pytest.raises(
        ImproperlyConfigured, match=r"^Application names aren't unique, duplicates: shelf$"
    ):
        Registry(["shelf", Twin.build("x")])


def test_a_typo_names_the_nearest_plugin():
    with pytest.raises(ModuleNotFoundError) as caught:
        Registry(["fastjango.signalz"])
    assert caught.value.__notes__ == [
        "INSTALLED_APPS names 'fastjango.signalz'. Did you mean 'fastjango.signals'?"
    ]


def test_not_ready_yet(configured):
    registry = Registry(None)
    with pytest.raises(AppRegistryNotReady, match=r"Apps aren't loaded yet\."):
        registry.get_app_configs()
    with pytest.raises(AppRegistryNotReady, match=r"Models aren't loaded yet\."):
        registry.get_models()
    before, settings._wrapped = settings._wrapped, empty
    try:
        with pytest.raises(ImproperlyConfigured, match="Requested setting INSTALLED_APPS"):
            registry.check_apps_ready()
    finally:
        settings._wrapped = before


def test_models(shelf):
    book = model("Book")
    shelf.register_model("shelf", book)
    shelf.register_model("shelf", model("Link", auto_created=True))
    assert shelf.get_models() == [book]
    assert len(shelf.get_models(include_auto_created=True)) == 2
    assert shelf.get_model("shelf", "BOOK") is shelf.get_model("shelf.book") is book
    assert shelf.get_model("shelf", "book", require_ready=False) is book
    with pytest.raises(ValueError, match="unpack"):
        shelf.get_model("a.b.c")
    with pytest.raises(LookupError, match="App 'shelf' doesn't have a 'page' model"):
        shelf.get_model("shelf.page")
    with pytest.raises(LookupError, match=r"Model 'shelf\.Page' not registered\."):
        shelf.get_registered_model("shelf", "Page")


def test_models_asked_for_during_the_boot(package):
    package({"shelf/__init__.py": "", "shelf/models.py": ""})
    registry = Registry(["shelf"])
    registry.models_ready = False
    registry.app_configs["shelf"].models = None
    with pytest.raises(LookupError):
        registry.get_model("shelf", "x", require_ready=False)
    assert registry.app_configs["shelf"].models == {}


def test_registering_a_model_twice(shelf):
    shelf.register_model("shelf", model("Book"))
    with pytest.warns(RuntimeWarning, match=r"Model 'shelf\.book' was already registered"):
        shelf.register_model("shelf", model("Book"))
    with pytest.raises(RuntimeError, match="Conflicting 'book' models in application 'shelf'"):
        shelf.register_model("shelf", model("Book", module="elsewhere"))


def test_swappable_models(shelf):
    shelf.register_model("shelf", model("User", swappable="AUTH_USER_MODEL"))
    shelf.register_model("shelf", model("Old", swapped="My.Person", swappable="PERSON_MODEL"))
    assert shelf.get_swappable_settings_name("shelf.USER") == "AUTH_USER_MODEL"
    assert shelf.get_swappable_settings_name("my.person") == "PERSON_MODEL"
    assert shelf.get_swappable_settings_name("a.b") is None


def test_lazy_model_operations(shelf):
    calls = []
    shelf.lazy_model_operation(lambda *models: calls.append(models))
    assert calls == [()]
    shelf.lazy_model_operation(
        lambda *models: calls.append([m.__name__ for m in models]),
        ("shelf", "book"),
        ("shelf", "page"),
    )
    shelf.register_model("shelf", model("Page"))
    assert len(calls) == 1
    shelf.register_model("shelf", model("Book"))
    assert calls[1] == ["Book", "Page"]
    shelf.lazy_model_operation(lambda m: calls.append(m.__name__), ("shelf", "book"))
    assert calls[2] == "Book"


def test_available_apps(shelf):
    shelf.set_available_apps(["room"])
    assert list(shelf.app_configs) == ["room"]
    shelf.unset_available_apps()
    assert list(shelf.app_configs) == ["shelf", "room"]
    with pytest.raises(ValueError, match="isn't a subset of installed apps, extra apps: attic"):
        shelf.set_available_apps(["attic"])


def test_installed_apps_can_be_exchanged(shelf):
    shelf.set_installed_apps(["shelf.inner"])
    assert list(shelf.app_configs) == ["inner"]
    shelf.unset_installed_apps()
    assert list(shelf.app_configs) == ["shelf", "room"]
    with pytest.raises(AppRegistryNotReady):
        Registry(None).set_installed_apps([])


def test_a_broken_local_app_is_not_called_a_plugin(package):
    package({"shelf/__init__.py": "", "shelf/models.py": "1/0"})
    with pytest.raises(ZeroDivisionError):
        Registry(["shelf"])


def test_requirements_of_local_apps(package):
    package({"a/__init__.py": "", "b/__init__.py": "", "c/__init__.py": ""})

    def config(name, *requires):
        return type(name, (AppConfig,), {"name": name, "requires": requires}).build(name)

    registry = Registry([config("a", "c"), config("b"), config("c", "b")])
    assert list(registry.app_configs) == ["b", "c", "a"]
    with pytest.raises(PluginError) as caught:
        Registry([config("a", "b"), config("b", "a")])
    assert str(caught.value) == (
        f"Plugin 'a' (app class {__name__}.a) takes part in a cycle of requirements: a -> b -> a. "
        "Remove one of these requirements from its AppConfig.requires."
    )
    with pytest.raises(PluginError) as caught:
        Registry([config("a", "attic")])
    assert str(caught.value) == (
        f"Plugin 'a' (app class {__name__}.a) requires 'attic', which is not in INSTALLED_APPS. "
        "Install what provides 'attic' and add 'attic' to INSTALLED_APPS, or remove 'a' from it."
    )
