"""Every target of the table of Django names is there, in the distributions of this repository."""

import importlib
from importlib.util import find_spec

import pytest
from fastjango.django import names

TABLE = names()


def load(where: str) -> object:
    module, _, attribute = where.partition(":")
    found: object = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found


def test_no_module_is_named_twice() -> None:
    kinds = (TABLE.modules, TABLE.trees, TABLE.names, TABLE.refused)
    seen = [name for kind in kinds for name in kind]
    doubles = {name for name in seen if seen.count(name) > 1}
    assert not doubles


@pytest.mark.parametrize("name", sorted({**TABLE.modules, **TABLE.trees}))
def test_modules(name: str) -> None:
    ours = TABLE.module(name)
    assert ours is not None
    assert find_spec(ours) is not None, ours


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, found in TABLE.names.items() for name in found if name != "*"],
)
def test_gathered_names(module: str, name: str) -> None:
    where = TABLE.names[module][name]
    if where.startswith("fastjango.contenttypes"):
        assert find_spec(where.partition(":")[0]) is not None  # models need installed apps
        return
    load(where)


@pytest.mark.parametrize("module", [name for name, found in TABLE.names.items() if "*" in found])
def test_modules_of_all_other_names(module: str) -> None:
    assert find_spec(TABLE.names[module]["*"]) is not None


@pytest.mark.parametrize("refusal", TABLE.refused.values(), ids=lambda refusal: refusal.module)
def test_refusals_say_why(refusal: object) -> None:
    assert str(refusal).endswith(".md.")
