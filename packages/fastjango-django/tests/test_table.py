"""The table of names and the import shim."""

import importlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.django import NameTable, names, shim, versions
from fastjango.django.apps import DjangoConfig

TABLE = """
[modules]
"django.apps" = "fastjango.core"
"django.core.exceptions" = "fastjango.core.exceptions"
"django.core.exceptions.deep" = "fastjango.core.functional"
"django.missing" = "fastjango.core.no_such_module"

[trees]
"django.things" = "fastjango.core"

[names."django.db"]
"hook" = "fastjango.core.hooks:Hook"
"nested" = "fastjango.core.hooks:Hook.register"
"module" = "fastjango.core.hooks"
"*" = "fastjango.core.exceptions"

[names."django.few"]
"one" = "fastjango.core.hooks:Hook"

[refused]
"django.gone" = ["It is gone.", "differences/django.md"]

[loggers]
"django.loud" = "fastjango.loud"
"""


@pytest.fixture
def table() -> NameTable:
    return NameTable.parse(TABLE)


@pytest.fixture
def installed(table: NameTable) -> Iterator[shim.DjangoFinder]:
    hidden = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "django"
    }
    finder = shim.install(table)
    yield finder
    shim.uninstall()
    sys.modules.update(hidden)


class TestTable:
    def test_modules(self, table: NameTable) -> None:
        assert table.module("django.apps") == "fastjango.core"
        assert table.module("django.things.hooks") == "fastjango.core.hooks"
        assert table.module("django.db") is None
        assert table.module("django.unknown") is None

    def test_targets(self, table: NameTable) -> None:
        assert table.target("django.apps", "apps") == "fastjango.core:apps"
        assert table.target("django.db", "hook") == "fastjango.core.hooks:Hook"
        assert table.target("django.db", "x") == "fastjango.core.exceptions:x"
        assert table.target("django.few", "two") is None
        assert table.target("django.unknown", "x") is None

    def test_refusals(self, table: NameTable) -> None:
        assert str(table.refusal("django.gone.below")) == (
            "FastJango has no django.gone: It is gone. See docs/differences/django.md."
        )
        assert table.refusal("django.apps") is None

    def test_the_table_of_this_release(self) -> None:
        found = names()
        assert found is names()
        assert found.target("django.core.exceptions", "ValidationError") == (
            "fastjango.core.exceptions:ValidationError"
        )
        assert not set(found.modules) & set(found.names)


class TestShim:
    def test_modules_are_the_same_objects(self, installed: Any) -> None:
        theirs = importlib.import_module("django.core.exceptions")
        from fastjango.core import exceptions

        assert theirs.ValidationError is exceptions.ValidationError
        assert exceptions.__spec__.name == "fastjango.core.exceptions"
        assert importlib.import_module("django.things.hooks").__name__ == "fastjango.core.hooks"

    def test_modules_below_plain_modules(self, installed: Any) -> None:
        deep = importlib.import_module("django.core.exceptions.deep")
        assert deep.__name__ == "fastjango.core.functional"

    def test_gathered_names(self, installed: Any) -> None:
        db = importlib.import_module("django.db")
        from fastjango.core import hooks
        from fastjango.core.exceptions import FieldError

        assert db.hook is hooks.Hook
        assert db.nested is hooks.Hook.register
        assert db.module is hooks
        assert db.FieldError is FieldError
        assert "hook" in dir(db)
        few = importlib.import_module("django.few")
        with pytest.raises(AttributeError, match=r"FastJango has no django\.few\.two"):
            getattr(few, "two")  # noqa: B009  # asked for at run time

    def test_missing_modules(self, installed: Any) -> None:
        with pytest.raises(ModuleNotFoundError, match=r"FastJango has no django\.unknown\."):
            importlib.import_module("django.unknown")
        with pytest.raises(ModuleNotFoundError, match=r"It is gone\. See docs/"):
            importlib.import_module("django.gone")
        with pytest.raises(ModuleNotFoundError, match=r"no django\.missing"):
            importlib.import_module("django.missing")
        assert installed.find_spec("json") is None

    def test_installing_twice(self, installed: Any) -> None:
        assert shim.install() is installed

    def test_loggers(self, installed: Any) -> None:
        assert logging.getLogger("django.loud") is logging.getLogger("fastjango.loud")

    def test_too_late(self) -> None:
        code = (
            "import sys, types\n"
            "sys.modules['django'] = types.ModuleType('django')\n"
            "from fastjango.django import shim\n"
            "shim.install()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert "RuntimeError: Django was imported before the shim was installed." in done.stderr


def test_versions() -> None:
    assert versions.get_version() == "6.1.3"
    assert versions.get_git_changeset() is None  # type: ignore[func-returns-value]  # pyright: ignore
    assert versions.get_version((6, 2, 0, "alpha", 1)) == "6.2a1"
    assert versions.get_docs_version() == "6.1"
    assert versions.get_docs_version((6, 2, 0, "rc", 1)) == "dev"
    assert versions.get_complete_version() == versions.VERSION
    with pytest.raises(ValueError, match="is no version of the form"):
        versions.get_complete_version((1, 2, 3, "odd", 0))


def test_app() -> None:
    assert DjangoConfig.name == "fastjango.django"
