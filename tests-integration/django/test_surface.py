"""Every name that code imports from Django or Django REST framework has a place in the table."""

import ast
import importlib
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.django import names, shim

TABLE = names()
SURFACE: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("surface.toml").read_text("utf-8")
)
REST = """
    authentication authtoken.models authtoken.serializers authtoken.views decorators exceptions
    fields filters generics metadata mixins negotiation pagination parsers permissions relations
    renderers request response reverse routers serializers settings status test throttling
    urlpatterns urls
    validators versioning views viewsets
"""


@pytest.fixture(scope="module", autouse=True)
def shimmed():
    from fastjango.testing.environment import setup_test_environment, teardown_test_environment

    setup_test_environment()  # makes the outbox of mail
    shim.install()
    yield
    shim.uninstall()
    teardown_test_environment()


def is_explained(module: str, name: str) -> bool:
    """Tell whether the table says why a name is not there."""
    whole = f"{module}.{name}" if name else module
    return bool(
        TABLE.refusal(module) or TABLE.refusal(whole) or name in TABLE.missing.get(module, {})
    )


def found(module: str, name: str) -> bool:
    """Tell whether a name can be imported; `module` may also be the path of an object."""
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError:
        parent, _, last = module.rpartition(".")
        owner = getattr(importlib.import_module(parent), last)
    if not name:
        return True
    try:
        getattr(owner, name)
    except (AttributeError, ImproperlyConfigured):
        return find_spec(f"{module}.{name}") is not None
    return True


@pytest.mark.parametrize("module", SURFACE)
def test_every_name_of_django_is_there_or_explained(module: str) -> None:
    lost = list[str]()
    for name in SURFACE[module]:
        if not is_explained(module, name):
            try:
                if not found(module, name):
                    lost.append(name)
            except (ImportError, AttributeError) as error:
                lost.append(f"{name} ({error})")
    assert not lost


def names_of_rest(module: str) -> list[str]:
    """Return the public classes, functions and constants that a module of DRF defines."""
    installed = [Path(entry) / "rest_framework" for entry in sys.path]
    home = next(folder for folder in installed if folder.is_dir())
    file = home.joinpath(*module.split(".")).with_suffix(".py")
    defined = set[str]()
    waiting: list[ast.stmt] = [*ast.parse(file.read_text("utf-8")).body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, (ast.If, ast.Try)):  # what depends on an optional package
            waiting += [*node.body, *node.orelse]
    return sorted(name for name in defined if not name.startswith("_"))


@pytest.mark.parametrize("module", REST.split())
def test_every_name_of_rest_framework_is_there_or_explained(module: str) -> None:
    whole = f"rest_framework.{module}"
    lost = [
        name
        for name in names_of_rest(module)
        if not is_explained(whole, name) and not found(whole, name)
    ]
    assert not lost


@pytest.mark.parametrize("module", TABLE.missing)
def test_what_is_listed_as_missing_is_missing(module: str) -> None:
    """A name that came to be offered has to leave the list."""
    there = list[str]()
    for name in TABLE.missing[module]:
        try:
            if found(module, name):
                there.append(name)
        except (ImportError, AttributeError, ValueError):
            pass
    assert not there


def test_what_is_missing_says_why_and_where_to_read_on() -> None:
    pages = Path(__file__).parents[2] / "docs"
    refusals = [*TABLE.refused.values(), *(r for m in TABLE.missing.values() for r in m.values())]
    for refusal in refusals:
        assert (pages / refusal.page).is_file(), refusal
        assert refusal.reason.endswith("."), refusal


@pytest.mark.parametrize("app", TABLE.apps)
def test_apps_are_there(app: str) -> None:
    ours = TABLE.apps[app]
    assert not ours or importlib.import_module(ours)
