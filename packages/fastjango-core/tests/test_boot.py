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


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("INSTALLED_APPS = 5", "INSTALLED_APPS = 5 is wrong: Input should be a valid list."),
        ("INSTALLED_APPS = 'shop'", "INSTALLED_APPS = 'shop' is wrong: Input should be a valid"),
        ("LOGGING = 5", "LOGGING = 5 is wrong: Input should be a valid dictionary."),
        (
            "LOGGING_CONFIG, LOGGING = 'no.such', {'version': 1}",
            "LOGGING cannot be used: ModuleNotFoundError: No module",
        ),
        (
            "LOGGING = {'version': 1, 'handlers': {'x': {'class': 'no.Such'}}}",
            "LOGGING cannot be used: ValueError: Cannot resolve 'no.Such': No module named 'no'",
        ),
    ],
)
def test_what_the_boot_itself_needs_is_reported_like_any_setting(run, tmp_path, wrong, told):
    (tmp_path / "site_settings.py").write_text(f"SECRET_KEY = 'x' * 50\n{wrong}\n")
    command = ("-m", "fastjango.core", "check", "--settings", "site_settings", "--pythonpath", ".")
    result = run(*command)
    assert result.returncode == 1
    assert result.stderr.startswith(f"SettingsError: A setting is wrong:\n  - {told}")
    result = run(*command, env={"FASTJANGO_DEBUG": "maybe", "FASTJANGO_USE_TZ": "perhaps"})
    if "cannot be used" not in told:
        assert f"  - {told}" in result.stderr
    assert "DEBUG = 'maybe' (from the environment, FASTJANGO_DEBUG) is wrong" in result.stderr
    assert "USE_TZ = 'perhaps' (from the environment, FASTJANGO_USE_TZ) is wrong" in result.stderr


def test_a_settings_module_that_is_not_there(run, tmp_path):
    result = run("-m", "fastjango.core", "check", "--settings", "no_such.settings")
    assert result.returncode == 1
    assert result.stderr == (
        "ModuleNotFoundError: No module named 'no_such'. The settings module is "
        "'no_such.settings', named by --settings or by FASTJANGO_SETTINGS_MODULE: correct the "
        "name, or start where it can be imported.\n"
    )
    (tmp_path / "broken.py").write_text("import no_such\n")
    result = run("-m", "fastjango.core", "check", "--settings", "broken", "--pythonpath", ".")
    assert result.stderr.startswith("Traceback")  # of the project's own code
    assert "broken.py" in result.stderr


def test_a_distribution_that_is_not_installed_is_told(run, tmp_path):
    site = tmp_path / "site_settings.py"
    site.write_text("from fastjango.zzz import name\n")
    command = ("-m", "fastjango.core", "check", "--settings", "site_settings", "--pythonpath", ".")
    result = run(*command)
    assert result.returncode == 1
    assert result.stderr == (
        "ModuleNotFoundError: No module named 'fastjango.zzz'. It comes with 'fastjango-zzz', "
        "which is not installed.\n"
    )
    site.write_text("SECRET_KEY = 'x' * 50\nINSTALLED_APPS = ['fastjango.zzz']\n")
    told = run(*command).stderr
    assert "INSTALLED_APPS names 'fastjango.zzz'." in told
    assert told.endswith("It comes with 'fastjango-zzz', which is not installed.\n")
    assert run(*command, "--traceback").stderr.startswith("Traceback")


def test_importing_the_kernel_loads_nothing_heavy(run):
    heavy = "fastapi starlette sqlalchemy jinja2 pydantic click rich asyncio inspect logging"
    # What the interpreter has loaded before, such as a measurer of coverage, does not count.
    code = (
        "import sys; before = set(sys.modules); import fastjango.core\n"
        f"print(sorted(set({heavy.split()!r}) & (set(sys.modules) - before)))"
    )
    result = run("-c", code)
    assert (result.stdout, result.stderr) == ("[]\n", "")
