"""Print, as JSON, the settings, hooks and commands that a distribution offers.

Run in an interpreter of its own, as it imports the distribution: ``offered.py STEM``.
"""

from __future__ import annotations

import importlib
import json
import sys

from repository import Distribution, plugins


def settings(member: Distribution) -> list[str]:
    """Return the upper-case fields of every settings class of the distribution."""
    from fastjango.core.conf import PluginSettings

    found = set[str]()
    for module in member.modules:
        if module.name.rpartition(".")[2] not in ("conf", "schema", "settings"):
            continue
        for value in list(vars(importlib.import_module(module.name)).values()):
            if (
                issubclass(type(value), type)
                and issubclass(value, PluginSettings)
                and value.__module__ == module.name
                and value is not PluginSettings
            ):
                found |= {name for name in value.model_fields if name.isupper()}
    return sorted(found)


def hooks(member: Distribution) -> list[str]:
    """Return the names of the hook objects that the ``hooks`` modules define for others."""
    from fastjango.core.hooks import Hook

    found = set[str]()
    for module in member.modules:
        text = module.path.read_text(encoding="utf-8")
        if "Hook" not in text or not module.is_public:
            continue
        loaded = importlib.import_module(module.name)
        for name in module.exports or []:
            value = getattr(loaded, name, None)
            if type(value) is Hook or issubclass(type(value), Hook):
                found.add(name)
    return sorted(found)


def commands(member: Distribution) -> list[str]:
    """Return the names of the management commands of the distribution."""
    folder = member.source / "management" / "commands"
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def main(stem: str) -> None:
    """Print what the distribution of a stem offers."""
    member = next(found for found in plugins() if found.stem == stem)
    offered = {
        "settings": settings(member),
        "hooks": hooks(member),
        "commands": commands(member),
    }
    print(json.dumps(offered))


if __name__ == "__main__":
    main(sys.argv[1])
