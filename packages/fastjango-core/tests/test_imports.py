"""Import by dotted name."""

import sys
from types import ModuleType

import pytest
from fastjango.core import registry
from fastjango.core.imports import (
    autodiscover_modules,
    cached_import,
    import_string,
    module_dir,
    module_has_submodule,
)
from fastjango.core.registry import Registry


def test_import_string_finds_objects(package):
    package({"shelf/__init__.py": "", "shelf/book.py": "TITLE = 'x'"})
    assert import_string("shelf.book.TITLE") == "x"
    sys.modules["shelf.book"].TITLE = "y"
    assert cached_import("shelf.book", "TITLE") == "y"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nodots", "nodots doesn't look like a module path"),
        ("json.nothing", 'Module "json" does not define a "nothing" attribute/class'),
        ("no_such_module.x", "No module named 'no_such_module'"),
    ],
)
def test_import_string_explains(path, message):
    with pytest.raises(ImportError) as caught:
        import_string(path)
    assert str(caught.value) == message


def test_module_has_submodule(package):
    package({"shelf/__init__.py": "", "shelf/book.py": "raise SystemExit"})
    import shelf

    assert module_has_submodule(shelf, "book")
    assert not module_has_submodule(shelf, "page")
    assert not module_has_submodule(shelf, "no.such.thing")
    assert not module_has_submodule(sys, "path")


def test_module_dir(package, tmp_path):
    package({"shelf/__init__.py": "", "leaf.py": ""})
    import leaf
    import shelf

    assert module_dir(shelf) == str(tmp_path / "shelf")
    assert module_dir(leaf) == str(tmp_path)
    with pytest.raises(ValueError, match="Cannot determine directory"):
        module_dir(ModuleType("floating"))


class Sites:
    def __init__(self):
        self._registry = {"before": 1}


def test_autodiscover_modules(package, monkeypatch):
    package(
        {
            "shelf/__init__.py": "SEEN = []",
            "shelf/admin.py": "from shelf import SEEN; SEEN.append(1)",
            "shelf/broken.py": "import builtins; builtins.SITES._registry['after'] = 2\n1/0",
        }
    )
    monkeypatch.setattr(registry, "apps", Registry(["shelf"]))
    autodiscover_modules("admin", "not_there")
    import shelf

    assert shelf.SEEN == [1]
    sites = Sites()
    monkeypatch.setattr("builtins.SITES", sites, raising=False)
    with pytest.raises(ZeroDivisionError):
        autodiscover_modules("broken", register_to=sites)
    assert sites._registry == {"before": 1}
