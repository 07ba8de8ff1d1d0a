"""The public modules and classes of a distribution, imported: their names and their twins."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from repository import Distribution, plugins

#: Distributions whose models need an installed app.
WITH_MODELS = {"sessions", "auth"}


def load(stem: str) -> list[ModuleType]:
    """Import every public module of a distribution that has an ``__all__``.

    A module that needs an extra which is not installed is left out.
    """
    member = next(found for found in plugins() if found.stem == stem)
    _set_up(member)
    modules = list[ModuleType]()
    extras = {entry for extra in member.extras.values() for entry in extra}
    for module in member.modules:
        if module.is_public and module.exports:
            try:
                modules.append(importlib.import_module(module.name))
            except ModuleNotFoundError as error:
                missing = (error.name or "").partition(".")[0].lower()
                if not any(entry.lower().startswith(missing) for entry in extras):
                    raise
    return modules


def _set_up(member: Distribution) -> None:
    """Install the apps of a distribution with models, its own or others': they ask for settings."""
    if not WITH_MODELS & {member.stem, *member.siblings()}:
        return
    names = [module.name for module in member.modules if module.name.endswith(".apps")]
    from fastjango.core import apps, settings

    below = ["fastjango.http", "fastjango.orm", "fastjango.contenttypes", "fastjango.sessions"]
    if "auth" in member.siblings():
        below.append("fastjango.auth")
    own = sorted(name.removesuffix(".apps") for name in names)
    installed = [*(name for name in below if name not in own), *own]
    settings.configure(INSTALLED_APPS=installed, SECRET_KEY="of no site" * 5)
    apps.populate(settings.INSTALLED_APPS)


def missing_names(modules: Sequence[ModuleType]) -> Iterator[str]:
    """Yield the names that a module promises and does not have."""
    for module in modules:
        for name in module.__all__:
            if not hasattr(module, name):
                yield f"{module.__name__}.{name} does not exist"


def pair_problems(modules: Sequence[ModuleType]) -> Iterator[str]:
    """Yield the pairs ``x`` and ``ax`` of public classes and modules that take other arguments."""
    seen = set[object]()
    for module in modules:
        public = {name: getattr(module, name) for name in module.__all__}
        yield from _compare(module.__name__, public)
        for name, value in public.items():
            if issubclass(type(value), type) and value not in seen and _is_ours(value):
                seen.add(value)
                yield from _compare(f"{module.__name__}.{name}", _members(value))


def _is_ours(value: type) -> bool:
    return value.__module__.startswith("fastjango.")


def _members(cls: type) -> dict[str, object]:
    """Return the attributes that our own classes define, inherited ones included."""
    found = dict[str, object]()
    for base in reversed(cls.__mro__):
        if _is_ours(base):
            found |= vars(base)
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: object) -> object:
    if isinstance(value, (classmethod, staticmethod)):
        return value.__func__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return value


def _compare(owner: str, names: dict[str, Any]) -> Iterator[str]:
    for name, plain in names.items():
        twin = names.get(f"a{name}")
        if name.startswith("_") or twin is None or not callable(plain) or not _waits(twin):
            continue
        if _waits(plain):  # two words of which one begins with an a
            continue
        if (left := _shape(plain)) != (right := _shape(twin)):
            yield f"{owner}: {name}({left}) and a{name}({right}) differ"


def _waits(value: object) -> bool:
    return inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)


def _shape(function: Callable[..., object]) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "?"
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return ", ".join(str(parameter) for parameter in plain)
