"""From settings to a running set of apps."""

import sys
import time
from types import ModuleType

import pytest
from fastjango.core import Registry, setup
from fastjango.core.boot import check_namespace
from fastjango.core.exceptions import ImproperlyConfigured, SettingsError


@pytest.fixture
def zone(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_setup_boots_a_registry_once(configured, package, zone):
    package({"shelf/__init__.py": ""})
    configured(INSTALLED_APPS=["shelf"], TIME_ZONE="Asia/Tokyo")
    registry = Registry(None)
    setup(registry)
    assert (registry.is_installed("shelf"), time.tzname[0]) == (True, "JST")
    configured(INSTALLED_APPS=["no_such"])
    setup(registry)
    assert registry.is_installed("shelf")


def test_setup_reports_all_settings_before_it_imports(configured, package, zone):
    package({"shelf/__init__.py": "", "shelf/models.py": "raise SystemExit"})
    configured(INSTALLED_APPS=["shelf"], DEBUG="no", USE_TZ="x")
    with pytest.raises(SettingsError) as caught:
        setup(Registry(None))
    assert str(caught.value) == (
        "2 settings are wrong:\n"
        "  - DEBUG = 'no' is a text where bool is expected.\n"
        "  - USE_TZ = 'x' is a text where bool is expected."
    )


def test_the_zone_of_the_process(configured, zone):
    configured(TIME_ZONE=None)
    setup(Registry(None))
    assert time.tzname[0] == "UTC"
    configured(TIME_ZONE="Asia/Tokyo")
    setup(Registry(None))
    assert time.tzname[0] == "JST"


def test_settings_are_checked_at_the_boot_only(configured, package, zone):
    package({"shelf/__init__.py": ""})
    registry = Registry(None)
    setup(registry)
    configured(DEBUG="no")
    registry.set_installed_apps(["shelf"])
    assert registry.is_installed("shelf")


def test_a_foreign_fastjango_is_refused(monkeypatch):
    check_namespace()
    stray = ModuleType("fastjango")
    stray.__file__ = "/somewhere/fastjango/__init__.py"
    monkeypatch.setitem(sys.modules, "fastjango", stray)
    with pytest.raises(ImproperlyConfigured) as caught:
        check_namespace()
    assert str(caught.value) == (
        "The package 'fastjango' comes from /somewhere/fastjango/__init__.py, and hides or mixes "
        "with the fastjango-* distributions, which share that name without owning it. If another "
        "distribution called 'fastjango' is installed, uninstall it; else delete the stray "
        "__init__.py."
    )


def test_importing_the_kernel_loads_nothing_heavy(run):
    heavy = "fastapi starlette sqlalchemy jinja2 pydantic click rich asyncio inspect logging"
    # What the interpreter has loaded before, such as a measurer of coverage, does not count.
    code = (
        "import sys; before = set(sys.modules); import fastjango.core\n"
        f"print(sorted(set({heavy.split()!r}) & (set(sys.modules) - before)))"
    )
    result = run("-c", code)
    assert (result.stdout, result.stderr) == ("[]\n", "")
