"""The table of Django names, read from `names.toml`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["NameTable", "Refusal", "names"]

WHOLE_MODULE: Final = "*"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Django module that FastJango does not offer."""

    module: str
    reason: str
    page: str
    """The page of the docs that says more, relative to `docs/`."""

    def __str__(self) -> str:
        return f"FastJango has no {self.module}: {self.reason} See docs/{self.page}."


@dataclass(frozen=True, slots=True)
class NameTable:
    """Where Django's names are in FastJango."""

    modules: Mapping[str, str]
    """A Django module and ours."""
    trees: Mapping[str, str]
    """A Django module and ours, with everything below it."""
    names: Mapping[str, Mapping[str, str]]
    """By Django module: a name and `"module:attribute"` or `"module"`; `"*"` for all others."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    loggers: Mapping[str, str] = field(default_factory=dict)
    apps: Mapping[str, str] = field(default_factory=dict)
    """An entry of Django's `INSTALLED_APPS` and ours; empty where nothing has to be installed."""
    missing: Mapping[str, Mapping[str, Refusal]] = field(default_factory=dict)
    """By Django module: names that are not offered although the module is."""

    @classmethod
    def parse(cls, text: str) -> "NameTable":
        """Read the table from TOML."""
        data: dict[str, Any] = tomllib.loads(text)
        return cls(
            modules=data.get("modules", {}),
            trees=data.get("trees", {}),
            names=data.get("names", {}),
            refused={
                module: Refusal(module, reason, page)
                for module, (reason, page) in data.get("refused", {}).items()
            },
            loggers=data.get("loggers", {}),
            apps=data.get("apps", {}),
            missing={
                module: {
                    name: Refusal(f"{module}.{name}", reason, page)
                    for name, (reason, page) in found.items()
                }
                for module, found in data.get("missing", {}).items()
            },
        )

    def refusal(self, module: str) -> Refusal | None:
        """Return why a Django module is not offered, None when it is not refused."""
        parts = module.split(".")
        for end in range(len(parts), 0, -1):
            if (refused := self.refused.get(".".join(parts[:end]))) is not None:
                return refused
        return None

    def module(self, name: str) -> str | None:
        """Return our module for a Django module, None when there is none of its own."""
        if name in self.modules:
            return self.modules[name]
        if name in self.names:
            return None
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            if (tree := self.trees.get(".".join(parts[:end]))) is not None:
                return ".".join([tree, *parts[end:]])
        return None

    def target(self, module: str, name: str) -> str | None:
        """Return where a name of a Django module is: `"module:attribute"`, or `"module"`."""
        if (found := self.names.get(module)) is not None:
            if name in found:
                return found[name]
            return f"{found[WHOLE_MODULE]}:{name}" if WHOLE_MODULE in found else None
        ours = self.module(module)
        return None if ours is None else f"{ours}:{name}"


@cache
def names() -> NameTable:
    """Return the table of this release."""
    return NameTable.parse(files("fastjango.django").joinpath("names.toml").read_text("utf-8"))
