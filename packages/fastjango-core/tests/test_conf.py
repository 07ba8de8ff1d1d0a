"""The settings object, and the tools that change it for tests."""

import unittest

import pytest
from fastjango.core import conf
from fastjango.core.conf import (
    LazySettings,
    override_settings,
    setting_changed,
    settings,
    settings_module,
    settings_read,
)
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.registry import Registry


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.delenv("FASTJANGO_SETTINGS_MODULE", raising=False)
    return LazySettings()


@pytest.fixture
def site(package, monkeypatch):
    def write(text, **environment):
        package({"site_settings.py": text})
        monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "site_settings")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(settings, "_wrapped", conf.empty)
        return settings

    before = settings._wrapped
    yield write
    settings._wrapped = before


def test_unconfigured_settings_say_how(fresh):
    assert not fresh.configured
    assert repr(fresh) == "<LazySettings [Unevaluated]>"
    with pytest.raises(ImproperlyConfigured) as caught:
        fresh.DEBUG  # noqa: B018
    assert str(caught.value) == (
        "Requested setting DEBUG, but settings are not configured. You must either define the "
        "environment variable FASTJANGO_SETTINGS_MODULE or call settings.configure() before "
        "accessing settings."
    )
    with pytest.raises(ImproperlyConfigured, match="Requested settings, but"):
        fresh._setup()
    with pytest.raises(AttributeError):
        fresh.__nothing__  # noqa: B018


def test_configure(fresh):
    fresh.configure(DEBUG=True, MINE=3)
    assert (fresh.configured, fresh.DEBUG, fresh.MINE, fresh.USE_TZ) == (True, True, 3, True)
    assert (fresh.is_overridden("DEBUG"), fresh.is_overridden("USE_TZ")) == (True, False)
    assert repr(fresh) == '<LazySettings "None">'
    assert "MINE" in dir(fresh)
    with pytest.raises(RuntimeError, match=r"Settings already configured\."):
        fresh.configure()
    with pytest.raises(TypeError, match="Setting 'debug' must be uppercase"):
        LazySettings().configure(debug=True)
    with pytest.raises(
        AttributeError, match=r"'Settings' object has no attribute 'DEBUGG'. Did you mean 'DEBUG'"
    ):
        fresh.DEBUGG  # noqa: B018
    with pytest.raises(AttributeError):
        fresh.lower  # noqa: B018


def test_configure_with_defaults_of_ones_own(fresh):
    class Base:
        DEBUG = True

    fresh.configure(Base, OTHER=1)
    assert (fresh.DEBUG, fresh.OTHER, fresh.is_overridden("DEBUG")) == (True, 1, False)
    with pytest.raises(AttributeError):
        fresh.USE_TZ  # noqa: B018


def test_settings_can_be_set_and_deleted(fresh):
    fresh.configure(A=1)
    fresh.A = 2
    assert fresh.A == 2
    del fresh.A
    with pytest.raises(AttributeError):
        fresh.A  # noqa: B018
    assert fresh.is_overridden("A")
    assert "A" not in dir(fresh)
    fresh.A = 3
    assert fresh.A == 3


def test_secret_key_must_not_be_empty(fresh):
    fresh.configure()
    with pytest.raises(ImproperlyConfigured, match="The SECRET_KEY setting must not be empty"):
        fresh.SECRET_KEY  # noqa: B018


def test_defaults_are_not_shared(fresh):
    fresh.configure()
    fresh.INSTALLED_APPS.append("x")
    other = LazySettings()
    other.configure()
    assert other.INSTALLED_APPS == []


def test_a_settings_module(site):
    found = site("DEBUG = True\nMINE = [1]\nlower = 3\nSECRET_KEY = 'x'")
    assert (found.DEBUG, found.MINE, found.SECRET_KEY, found.USE_TZ) == (True, [1], "x", True)
    assert found.SETTINGS_MODULE == "site_settings"
    assert repr(found) == '<LazySettings "site_settings">'
    assert repr(found._wrapped) == '<Settings "site_settings">'
    assert found.is_overridden("MINE")
    assert not found.is_overridden("USE_TZ")
    assert {"DEBUG", "MINE", "SECRET_KEY"} <= set(dir(found))
    assert "lower" not in dir(found)
    for name in ("lower", "_hidden"):
        with pytest.raises(AttributeError):
            getattr(found, name)


def test_the_environment_stands_over_the_module(site):
    found = site(
        "DEBUG = True\nMINE = 3\nDATABASES = {'default': {'NAME': 'x'}, 'other': {}}",
        FASTJANGO_DEBUG="0",
        FASTJANGO_MINE="4",
        FASTJANGO_EXTRA="text",
        FASTJANGO_INSTALLED_APPS="a, b",
        DATABASE_URL="sqlite:///file.db",
    )
    assert (found.DEBUG, found.MINE, found.EXTRA) == (False, 4, "text")
    assert found.INSTALLED_APPS == ["a", "b"]
    assert found.DATABASES["default"]["NAME"] == "file.db"
    assert found.DATABASES["other"] == {}
    assert found.is_overridden("INSTALLED_APPS")


def test_a_missing_module_is_an_import_error(fresh, monkeypatch):
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "no_such.settings")
    with pytest.raises(ImportError, match="No module named 'no_such'"):
        fresh.DEBUG  # noqa: B018


def test_override_settings(configured):
    configured(DEBUG=False, A=1)
    generation = settings.generation
    with override_settings(A=2, B=3):
        assert (settings.A, settings.B, settings.is_overridden("B")) == (2, 3, True)
        with override_settings(A=4):
            assert settings.A == 4
        assert settings.A == 2
        del settings.A
        with pytest.raises(AttributeError):
            settings.A  # noqa: B018
    assert (settings.A, hasattr(settings, "B")) == (1, False)
    assert settings.generation > generation


def test_override_settings_decorates(configured):
    @override_settings(A=2)
    def sync(extra):
        return settings.A, extra

    assert sync(1) == sync(extra=1) == (2, 1)


async def test_override_settings_decorates_coroutines(configured):
    @override_settings(A=2)
    async def coroutine():
        return settings.A

    assert await coroutine() == 2
    assert not hasattr(settings, "A")


def test_override_settings_decorates_classes(configured):
    @override_settings(A=2)
    class Plain:
        test_number = 3

        def test_a(self):
            return settings.A

        def other(self):
            return hasattr(settings, "A")

    assert (Plain().test_a(), Plain().other(), Plain.test_number) == (2, False, 3)

    class Case(unittest.TestCase):
        _overridden_settings = None
        _modified_settings = None

    decorated = override_settings(B=1)(override_settings(A=2)(Case))
    assert decorated is Case
    assert Case._overridden_settings == {"A": 2, "B": 1}


def test_what_was_read_may_be_changed(site):
    def change(settings_module, values):
        assert settings_module == "site_settings"
        values.update(COLOUR=values["COLOUR"].upper(), ADDED=1)

    with settings_read.implemented(change):
        found = site("COLOUR = 'red'", FASTJANGO_SHAPE="round")
        assert (found.COLOUR, found.ADDED, found.SHAPE) == ("RED", 1, "round")
        assert found.is_overridden("ADDED")


def test_other_variables_name_the_settings(monkeypatch):
    monkeypatch.delenv("FASTJANGO_SETTINGS_MODULE", raising=False)
    monkeypatch.setenv("OTHER_SETTINGS", "theirs")
    assert settings_module() is None
    monkeypatch.setattr(conf, "OTHER_VARIABLES", ["OTHER_SETTINGS"])
    assert settings_module() == "theirs"
    monkeypatch.setenv("FASTJANGO_SETTINGS_MODULE", "ours")
    assert settings_module() == "ours"


def test_setting_changed_is_told(configured):
    told = []
    with (
        setting_changed.implemented(
            lambda setting, value, enter: told.append((setting, value, enter))
        ),
        override_settings(A=2),
    ):
        pass
    assert told == [("A", 2, True), ("A", None, False)]


def test_a_refusal_on_the_way_in_puts_everything_back(configured):
    def refuse(enter):
        if enter:
            raise ValueError("no")

    with setting_changed.implemented(refuse), pytest.raises(ValueError, match="no"):
        override_settings(A=2).enable()
    assert not hasattr(settings, "A")

    def refuse_both_ways(enter):
        raise ValueError("in" if enter else "out")

    with setting_changed.implemented(refuse_both_ways), pytest.raises(ValueError, match="in"):
        override_settings(A=2).enable()
    assert not hasattr(settings, "A")


def test_a_refusal_on_the_way_out_is_raised_last(configured):
    told = []

    def refuse(setting, enter):
        told.append((setting, enter))
        if not enter:
            raise ValueError(setting)

    with (
        setting_changed.implemented(refuse),
        pytest.raises(ValueError, match="A"),
        override_settings(A=1, B=2),
    ):
        pass
    assert told == [("A", True), ("B", True), ("A", False), ("B", False)]


def test_installed_apps_boot_and_go_back(configured, package, monkeypatch):
    package({"shelf/__init__.py": ""})
    registry = Registry()
    monkeypatch.setattr("fastjango.core.registry.apps", registry)
    with override_settings(INSTALLED_APPS=["shelf"]):
        assert registry.is_installed("shelf")
    assert not registry.is_installed("shelf")
    with pytest.raises(ImportError), override_settings(INSTALLED_APPS=["no_such_app"]):
        pass
    assert (list(registry.app_configs), registry.ready) == ([], True)


def test_overriding_reads_a_settings_module_first(site):
    site("A = 1")
    with override_settings(B=2):
        assert (settings.A, settings.B) == (1, 2)
    assert settings.A == 1
    assert not settings.is_overridden("B")


def test_the_settings_classes_are_loaded_on_demand(run):
    code = (
        "import sys, fastjango.core.conf as c; assert 'pydantic' not in sys.modules;"
        "c.PluginSettings; assert 'pydantic' in sys.modules;"
        "assert issubclass(c.CoreSettings, c.PluginSettings)"
    )
    result = run("-c", code)
    assert (result.returncode, result.stderr) == (0, "")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        conf.nothing  # noqa: B018
