"""The pytest plugin: finds the project, boots it, and offers fixtures.

Nothing is imported or changed for test runs without a project: no settings module is named (by
`--settings`, the `FASTJANGO_SETTINGS_MODULE` ini option or the environment) and no `manage.py`
names one. Works without a `conftest.py`.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from fastjango.testing.client import (
        AsyncClient,
        AsyncRequestFactory,
        Client,
        RequestFactory,
    )
    from fastjango.testing.liveserver import LiveServer
    from fastjango.testing.plugin_settings import SettingsFixture

VARIABLES: Final = ("FASTJANGO_SETTINGS_MODULE", "DJANGO_SETTINGS_MODULE")
_IN_MANAGE: Final = re.compile(
    r"""(?:FASTJANGO|DJANGO)_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']"""
)
_MARKS: Final = (
    "django_db(transaction=False, reset_sequences=False, databases=None, "
    "serialized_rollback=False, available_apps=None): the test uses the databases",
    "urls(module): the URL configuration of the test, in place of ROOT_URLCONF",
)
_MEANINGFUL: Final = frozenset(
    ["django_db", "filterwarnings", "parametrize", "skip", "skipif", "urls", "usefixtures", "xfail"]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("fastjango")
    group.addoption(
        "--settings", dest="fastjango_settings", metavar="MODULE", help="The settings module."
    )
    group.addoption(
        "--reuse-db", action="store_true", help="Keep the test databases for the next run."
    )
    group.addoption(
        "--create-db",
        action="store_true",
        help="Make the test databases anew, in spite of --reuse-db.",
    )
    group.addoption(
        "--no-migrations",
        "--nomigrations",
        action="store_true",
        dest="no_migrations",
        help="Make the tables of the test databases from the models, without migrations.",
    )
    group.addoption(
        "--migrations",
        action="store_false",
        dest="no_migrations",
        help="Make the tables by migrations, in spite of --no-migrations.",
    )
    parser.addini("FASTJANGO_SETTINGS_MODULE", "The settings module, if none is named otherwise.")
    parser.addini(
        "fastjango_find_project", "Whether to look for manage.py.", type="bool", default=True
    )


def _manage_py(config: pytest.Config) -> Path | None:
    """Return the project's `manage.py`: in the root folder, above it, or in a folder given."""
    arguments: list[str] = config.known_args_namespace.file_or_dir or []
    given = [Path(argument.split("::", 1)[0]).absolute() for argument in arguments]
    starts = [config.rootpath, *(path if path.is_dir() else path.parent for path in given)]
    for start in starts:
        for folder in (start, *start.parents):
            if (folder / "manage.py").is_file():
                return folder / "manage.py"
            if (folder / ".git").exists():
                break
    return None


def find_settings(config: pytest.Config) -> str | None:
    """Return the name of the project's settings module, None when there is no project.

    The folder of the `manage.py` it is found by is put on the import path.
    """
    manage = _manage_py(config) if config.getini("fastjango_find_project") else None
    if manage is not None and str(manage.parent) not in sys.path:
        sys.path.insert(0, str(manage.parent))
    named: str | None = config.known_args_namespace.fastjango_settings
    for variable in VARIABLES:
        named = named or os.environ.get(variable)
    named = named or str(config.getini("FASTJANGO_SETTINGS_MODULE") or "")
    if not named and manage is not None:
        match = _IN_MANAGE.search(manage.read_text("utf-8"))
        named = match[1] if match else None
    return named or None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Boot the project, if there is one, before a `conftest.py` imports its models.

    Raises:
        pytest.UsageError: The project does not start.
    """
    module = find_settings(early_config)
    if module is None:
        return
    os.environ[VARIABLES[0]] = module
    from fastjango.core import setup  # only with a project
    from fastjango.testing.environment import (
        setup_test_environment,
        teardown_test_environment,
    )

    try:
        setup()
    except Exception as error:
        raise pytest.UsageError(
            f"The project with the settings module {module!r} does not start: "
            f"{type(error).__name__}: {error}"
        ) from error
    setup_test_environment(debug=False)
    early_config.add_cleanup(teardown_test_environment)
    if "fastjango.orm.engine.handler" in sys.modules or _uses_orm():
        # Loaded by name: nothing here may depend on the ORM.
        plugin = import_module("fastjango.testing.orm.plugin")
        early_config.pluginmanager.register(plugin, "fastjango.database")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Make markers of what `fastjango.testing.tag` gave a test or its class, for `-m`."""
    for name in sorted(_tags(item)):
        told = f"{name}: tests with this tag"
        if told not in item.config.getini("markers"):
            item.config.addinivalue_line("markers", told)
        item.add_marker(name)


def _tags(item: pytest.Item) -> set[str]:
    """Return the tags of a test that can be markers: those that say nothing else to pytest."""
    found = set[str]()
    for owner in (getattr(item, "cls", None), getattr(item, "obj", None)):
        tags: object = getattr(owner, "tags", None)
        if isinstance(tags, set):
            named = [tag for tag in cast("set[object]", tags) if isinstance(tag, str)]
            found.update(tag for tag in named if not tag.startswith("_"))
    return found - _MEANINGFUL


def _uses_orm() -> bool:
    from fastjango.core import apps, settings

    return apps.is_installed("fastjango.orm") or bool(getattr(settings, "DATABASES", None))


def _require_settings() -> None:
    from fastjango.core import settings

    if not settings.configured and not any(os.environ.get(name) for name in VARIABLES):
        pytest.fail(
            "This fixture needs a FastJango project. Name its settings module with --settings, "
            "with FASTJANGO_SETTINGS_MODULE in the ini file or the environment; or "
            "call settings.configure() in a conftest.py.",
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def _fastjango_urls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put the URL configuration of a `urls` mark in force."""
    mark = request.node.get_closest_marker("urls")
    if mark is None:
        yield
        return
    from fastjango.core.conf import override_settings

    with override_settings(ROOT_URLCONF=mark.args[0]):
        yield


@pytest.fixture
def client() -> "Client":
    """A test client for sync tests."""
    _require_settings()
    from fastjango.testing.client import Client

    return Client()


@pytest.fixture
def async_client() -> "AsyncClient":
    """A test client for async tests."""
    _require_settings()
    from fastjango.testing.client import AsyncClient

    return AsyncClient()


@pytest.fixture
def rf() -> "RequestFactory":
    """A maker of requests to call sync views with."""
    _require_settings()
    from fastjango.testing.client import RequestFactory

    return RequestFactory()


@pytest.fixture
def async_rf() -> "AsyncRequestFactory":
    """A maker of requests to call async views with."""
    _require_settings()
    from fastjango.testing.client import AsyncRequestFactory

    return AsyncRequestFactory()


@pytest.fixture
def settings() -> "Iterator[SettingsFixture]":
    """The settings; what a test assigns or deletes is put back after it."""
    _require_settings()
    from fastjango.testing.plugin_settings import SettingsFixture

    fixture = SettingsFixture()
    yield fixture
    fixture.finalize()


@pytest.fixture
def mailoutbox() -> "list[Any]":
    """The messages that the test has sent; `fastjango-mail` must be installed."""
    _require_settings()
    from fastjango.testing import hooks

    hooks.test_started.call()
    outbox: list[Any] = import_module("fastjango.mail").outbox
    return outbox


@pytest.fixture
def live_server(request: pytest.FixtureRequest) -> "Iterator[LiveServer]":
    """A server on a free loopback port; `str(live_server)` is its address."""
    _require_settings()
    from fastjango.testing.liveserver import LiveServer
    from fastjango.testing.setting_lists import modify_settings

    if request.config.pluginmanager.has_plugin("fastjango.database"):
        request.getfixturevalue("transactional_db")
    with modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"}), LiveServer() as server:
        yield server
