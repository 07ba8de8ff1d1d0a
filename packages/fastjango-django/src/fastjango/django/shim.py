"""Running code that says `import django...` on FastJango.

`install()` makes every import of `django` resolve to FastJango by the table of names, whether or
not Django is installed. Modules are aliased, not copied: a class is the same object under both
names. What FastJango does not offer raises `ModuleNotFoundError` with the reason.
"""

import importlib
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from fastjango.django.table import WHOLE_MODULE, NameTable, Refusal, names

__all__ = ["DjangoFinder", "alias_loggers", "install", "uninstall"]

ROOTS = ("django", "rest_framework")


def load(where: str) -> Any:
    """Return the object or module that an entry of the table names."""
    module_name, _, attribute = where.partition(":")
    found: Any = importlib.import_module(module_name)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found


class _Gathered(ModuleType):
    """A Django module whose names are in several places of FastJango."""

    def __init__(
        self, name: str, table: Mapping[str, str], missing: Mapping[str, Refusal] | None = None
    ) -> None:
        super().__init__(name)
        self.__dict__.update(_table=table, _missing=missing or {})

    def __getattr__(self, name: str) -> Any:
        table: Mapping[str, str] = self.__dict__["_table"]
        missing: Mapping[str, Refusal] = self.__dict__["_missing"]
        if name in table and name != WHOLE_MODULE:
            return load(table[name])
        if name in missing:
            raise ImportError(str(missing[name]), name=self.__name__)
        if WHOLE_MODULE in table and not name.startswith("__"):
            return getattr(importlib.import_module(table[WHOLE_MODULE]), name)
        raise AttributeError(f"FastJango has no {self.__name__}.{name}")

    def __dir__(self) -> list[str]:
        return sorted(
            {*super().__dir__(), *(name for name in self.__dict__["_table"] if name != "*")}
        )


class _AliasLoader(Loader):
    """Puts our module under Django's name."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.target)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has put Django's name there


class _GatheredLoader(Loader):
    """Makes a module that looks names up in the table."""

    def __init__(self, table: Mapping[str, str], missing: Mapping[str, Refusal]) -> None:
        self.table, self.missing = table, missing

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Gathered(spec.name, self.table, self.missing)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class DjangoFinder(MetaPathFinder):
    """Resolves imports below `django` and `rest_framework` by a table of names."""

    def __init__(self, table: NameTable) -> None:
        self.table = table
        self.parents: set[str] = {
            parent
            for name in (*table.modules, *table.trees, *table.names)
            for parent in _parents(name)
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of our module; None for imports that are not Django's.

        Raises:
            ModuleNotFoundError: FastJango does not offer the module.
        """
        if fullname.partition(".")[0] not in ROOTS:
            return None
        if fullname in self.table.names:
            return self._gathered(fullname, self.table.names[fullname])
        ours = None if self.table.refusal(fullname) else self.table.module(fullname)
        if ours is not None and (real := _existing(ours)) is not None:
            is_package = real.submodule_search_locations is not None
            if not is_package and fullname in self.parents:
                # Django's is a package whose modules are elsewhere in FastJango.
                return self._gathered(fullname, {WHOLE_MODULE: ours})
            return ModuleSpec(fullname, _AliasLoader(ours), is_package=is_package)
        if fullname in self.parents:
            # A package that is only the modules below it.
            return self._gathered(fullname, {})
        reason = self.table.refusal(fullname) or f"FastJango has no {fullname}."
        raise ModuleNotFoundError(str(reason), name=fullname)

    def _gathered(self, fullname: str, table: Mapping[str, str]) -> ModuleSpec:
        below = {
            module.rpartition(".")[2]: refusal
            for module, refusal in self.table.refused.items()
            if module.rpartition(".")[0] == fullname
        }
        loader = _GatheredLoader(table, {**below, **self.table.missing.get(fullname, {})})
        return ModuleSpec(fullname, loader, is_package=True)


class _ChildFinder(MetaPathFinder):
    """Finds what `from django.package import module` asks our package for.

    That statement looks for the module below the package's own name, which is ours. Comes last: a
    module of ours with the name is found before.
    """

    def __init__(self, table: NameTable) -> None:
        self.theirs: dict[str, str] = {}
        for name in (*table.modules, *table.names):
            parent, _, child = name.rpartition(".")
            if parent and (ours := table.module(parent)) is not None:
                self.theirs[f"{ours}.{child}"] = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the module that Django's name means, None for other names."""
        theirs = self.theirs.get(fullname)
        return None if theirs is None else ModuleSpec(fullname, _AliasLoader(theirs))


def _parents(name: str) -> Iterator[str]:
    while name:
        name = name.rpartition(".")[0]
        if name:
            yield name


def _existing(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ModuleNotFoundError:
        return None


def install(table: NameTable | None = None) -> DjangoFinder:
    """Make imports of `django` and `rest_framework` resolve to FastJango, from now on.

    Also makes Django's logger names reach FastJango's loggers. Installing twice does nothing.

    Raises:
        RuntimeError: Django itself has been imported already.
    """
    for finder in sys.meta_path:
        if isinstance(finder, DjangoFinder):
            return finder
    if any(root in sys.modules for root in ROOTS):
        raise RuntimeError(
            "Django was imported before the shim was installed. Call "
            "fastjango.django.shim.install() first, for example at the top of manage.py."
        )
    finder = DjangoFinder(table or names())
    sys.meta_path.insert(0, finder)
    sys.meta_path.append(_ChildFinder(finder.table))
    alias_loggers(finder.table)
    return finder


def uninstall() -> None:
    """Take the shim out again and forget the modules that were imported through it."""
    ours = (DjangoFinder, _ChildFinder)
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, ours)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOTS]:
        del sys.modules[name]


def alias_loggers(table: NameTable | None = None) -> None:
    """Make `logging.getLogger("django.request")` and the like return FastJango's loggers."""
    known = logging.Logger.manager.loggerDict
    for theirs, ours in (table or names()).loggers.items():
        known[theirs] = logging.getLogger(ours)
