"""Asking where a name of Django is."""

import sys
from importlib.metadata import entry_points
from types import ModuleType

import pytest
from fastjango.core.management import CommandError, call_command
from fastjango.django import NameTable, whereabouts
from fastjango.django.whereabouts import whereabouts as where

TABLE = """
[modules]
"django.apps" = "fastjango.core.registry"
"django.settled" = "fastjango.core.unsettled"
"django.elsewhere" = "fastjango.not_installed.things"

[trees]
"django.things" = "fastjango.core"

[names."django.db"]
"hook" = "fastjango.core.hooks:Hook"
"register" = "fastjango.core.hooks:Hook.register"
"hooks" = "fastjango.core.hooks"
"*" = "fastjango.core.exceptions"

[refused]
"django.gone" = ["It is gone.", "differences/django.md"]

[missing."django.db"]
"lost" = ["It is lost.", "differences/django.md"]
"""


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "names", lambda: NameTable.parse(TABLE))


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("django.apps", "django.apps: import fastjango.core.registry"),
        ("django.things.hooks", "django.things.hooks: import fastjango.core.hooks"),
        ("django.things.hooks.Hook", "{}: from fastjango.core.hooks import Hook"),
        ("django.db.hook", "{}: from fastjango.core.hooks import Hook"),
        ("django.db.hook.register", "{}: from fastjango.core.hooks import Hook, then .register"),
        ("django.db.register", "{}: from fastjango.core.hooks import Hook, then .register"),
        ("django.db.hooks", "{}: import fastjango.core.hooks"),
        ("django.db.FieldError", "{}: from fastjango.core.exceptions import FieldError"),
        (
            "django.elsewhere.Thing",
            "{}: from fastjango.not_installed.things import Thing "
            "(pip install fastjango-not_installed)",
        ),
        ("django.db.FieldEror", "FastJango has no {}. Did you mean 'FieldError'?"),
        ("django.db.hook.registr", "FastJango has no {}."),
        ("django.db.lost", "FastJango has no {}: It is lost. See docs/differences/django.md."),
        (
            "django.gone.deep.down",
            "FastJango has no django.gone: It is gone. See docs/differences/django.md.",
        ),
        ("django.nowhere.at.all", "FastJango has no {}."),
        ("django.things.nowhere.x", "FastJango has no {}."),
        ("django", "FastJango has no {}."),
    ],
)
def test_names(word: str, line: str) -> None:
    assert where(word) == [line.format(word)]


def test_modules_whose_names_are_in_several_places() -> None:
    assert where("django.db") == [
        "django.db: import fastjango.core.exceptions",
        "django.db.hook: from fastjango.core.hooks import Hook",
        "django.db.hooks: import fastjango.core.hooks",
        "django.db.register: from fastjango.core.hooks import Hook, then .register",
    ]


@pytest.mark.parametrize("word", ["", "Hook", "fastjango.core", "django tutorial", "django."])
def test_words_that_are_no_names_of_django(word: str) -> None:
    assert where(word) == []


def test_modules_that_need_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsettled(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("not configured")

    monkeypatch.setitem(sys.modules, "fastjango.core.unsettled", Unsettled("unsettled"))
    assert where("django.settled.User") == [
        "django.settled.User: from fastjango.core.unsettled import User"
    ]


def test_the_command_tells() -> None:
    assert "django" in entry_points(group="fastjango.docs").names
    line = call_command("docs", search="django.db.FieldError").splitlines()[0]
    assert line == "django.db.FieldError: from fastjango.core.exceptions import FieldError"
    with pytest.raises(
        CommandError, match=r"'django\.db\.FieldError' is in none of fastjango-core\."
    ):
        call_command("docs", "core", search="django.db.FieldError")
