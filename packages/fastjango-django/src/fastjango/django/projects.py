"""A project that was made for Django: its settings, in FastJango's words.

Once `adopt` was called, `DJANGO_SETTINGS_MODULE` names the settings module where
`FASTJANGO_SETTINGS_MODULE` does not, and what the module says is changed as it is read: apps,
middleware and other classes of Django become those of FastJango, and what Django has without
listing it is installed as well. What has no equivalent is refused with the reason.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastjango.core import conf
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.django.table import NameTable, names

__all__ = ["VARIABLE", "adopt", "our_name", "translate"]

VARIABLE: Final = "DJANGO_SETTINGS_MODULE"

_BUILT_IN: Final = (
    "fastjango.http",
    "fastjango.orm",
    "fastjango.templates",
    "fastjango.forms",
    "fastjango.cache",
    "fastjango.mail",
    "fastjango.django",
)
"""What every Django project has without an entry in `INSTALLED_APPS`."""

_AS_THEY_ARE: Final = frozenset({"CACHES", "DATABASES", "DEFAULT_AUTO_FIELD", "LOGGING"})
"""Settings whose Django names FastJango reads by itself."""


def adopt() -> None:
    """Read the settings of Django projects from now on, in this process."""
    if VARIABLE not in conf.OTHER_VARIABLES:
        conf.OTHER_VARIABLES.append(VARIABLE)
    conf.settings_read.register(translate)


def translate(values: dict[str, Any]) -> None:
    """Put FastJango's names into the settings of a Django project.

    Args:
        values: Changed in place.

    Raises:
        ImproperlyConfigured: A setting names what FastJango does not offer.
    """
    table = names()
    for setting, value in values.items():
        if setting == "INSTALLED_APPS":
            values[setting] = _apps(value, table)
        elif setting not in _AS_THEY_ARE:
            values[setting] = _translated(setting, value, table)


def _apps(entries: list[str], table: NameTable) -> list[str]:
    found = list[str]()
    for entry in entries:
        if entry in table.apps:
            found += filter(None, [table.apps[entry]])
        elif entry.startswith("django.") or entry in table.refused:
            found.append(_ours("INSTALLED_APPS", entry, table))
        else:
            found.append(entry)
    there = {entry.partition(".apps.")[0] for entry in found}
    return found + [name for name in _BUILT_IN if name not in there and _there(name)]


def _translated(setting: str, value: Any, table: NameTable) -> Any:
    """Return a value with the names in it translated; other values are returned as they are."""
    if isinstance(value, str):
        named = value.startswith(("django.", "rest_framework.")) and " " not in value
        return _ours(setting, value, table) if named else value
    if isinstance(value, (list, tuple)):
        items: list[Any] = [_translated(setting, item, table) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return type(value)(items) if type(value) in (list, tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if type(value) is dict:
        return {key: _translated(setting, item, table) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]


def our_name(name: str, table: NameTable) -> str | None:
    """Return the dotted name in FastJango of a module, class or function of Django."""
    module, _, last = name.rpartition(".")
    whole = None if table.refusal(name) else table.module(name)
    if whole is not None and _there(whole):
        return whole
    if table.refusal(module) is not None:
        return None
    if (where := table.target(module, last)) is not None:
        target, _, attribute = where.partition(":")
        if _there(target):
            return f"{target}.{attribute}" if attribute else target
    return None


def _there(module: str) -> bool:
    """Tell whether a module exists, without importing its packages: models need installed apps."""
    top, *rest = module.split(".")
    if top != "fastjango":
        return find_spec(module) is not None
    paths = [Path(root, *rest) for root in import_module(top).__path__]
    return any(path.is_dir() or path.with_suffix(".py").is_file() for path in paths)


def _ours(setting: str, name: str, table: NameTable) -> str:
    if (found := our_name(name, table)) is not None:
        return found
    module = name.rpartition(".")[0]
    reason = table.refusal(name) or table.refusal(module) or f"FastJango has no {name}."
    raise ImproperlyConfigured(
        f"{setting} names {name!r}. {reason} Remove it from {setting}, or put its equivalent there."
    )
