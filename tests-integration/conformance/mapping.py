"""Writes the mapping that the harness reads, from FastJango's table of Django names.

    python mapping.py OUT.toml [--plumbing MODULE]

Besides the table it holds only what no framework offers: Django's deprecation classes and its
interpreter flags, which the harness has in a module of its own (`--plumbing`, `plumbing_names`).
"""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

from fastjango.django import NameTable, names

PLUMBING = {
    "django.utils.deprecation": (
        "RemovedAfterNextVersionWarning",
        "RemovedInDjango2028Warning",
        "RemovedInDjango70Warning",
        "RemovedInNextVersionWarning",
    ),
}
# Modules that no distribution offers yet, but that models of unrelated folders import.
ABSENT = {
    "django.contrib.admin": "absent_admin",
    "django.contrib.admin.models": "absent_apps",
    "django.contrib.admin.views.decorators": "absent_admin",
    "django.contrib.auth.admin": "absent_apps",
    "django.contrib.sites.models": "absent_apps",
    "django.core.mail.deprecation": "absent_names",
    "django.core.servers.basehttp": "absent_names",
    "django.contrib.sites.requests": "absent_apps",
    "django.core.files.images": "absent_storage",
    "django.core.files.locks": "absent_storage",
    "django.core.files.move": "absent_storage",
    "django.core.files.storage": "absent_storage",
    "django.core.files.storage.filesystem": "absent_storage",
    "django.contrib.staticfiles.handlers": "absent_storage",
    "django.contrib.staticfiles.storage": "absent_storage",
    "django.contrib.staticfiles.testing": "absent_storage",
    "django.__main__": "absent_names",
    "django.contrib.admin.tests": "absent_selenium",
    "django.test.selenium": "absent_selenium",
}
ABSENT_NAMES = {
    "django.conf": (
        "DEFAULT_STORAGE_ALIAS",
        "DEPRECATED_EMAIL_SETTINGS",
        "EMAIL_SETTING_DEPRECATED_MSG",
        "USE_BLANK_CHOICE_DASH_DEPRECATED_MSG",
    ),
    "django.contrib.staticfiles.finders": ("get_finder", "get_finders"),
    "django.core.management.utils": (
        "find_command",
        "is_ignored_path",
        "normalize_path_patterns",
        "popen_wrapper",
        "run_formatters",
    ),
    "django.core.handlers.asgi": ("ASGIHandler",),
    "django.core.handlers.wsgi": ("WSGIHandler",),
    "django.test.testcases": ("LiveServerThread", "QuietWSGIRequestHandler"),
}


def is_package(name: str) -> bool:
    """Tell whether our module can have modules below it."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.submodule_search_locations is not None


def split_modules(table: NameTable) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return modules to alias, and packages of Django that are plain modules with us.

    The latter are gathered, so that the modules below them can be imported.
    """
    names_below = {name.rpartition(".")[0] for name in (*table.modules, *table.trees, *table.names)}
    gathered = {
        name: {"*": ours}
        for name, ours in table.modules.items()
        if name in names_below and not is_package(ours)
    }
    aliased = {name: ours for name, ours in table.modules.items() if name not in gathered}
    return aliased, gathered


def render(table: NameTable, plumbing: str, adapter: str = "adapter_fastjango") -> str:
    """Return the mapping as TOML."""
    lines = [
        "# Made from fastjango/django/names.toml; changes belong there.",
        "[meta]",
        'name = "fastjango"',
        f"adapter = {json.dumps(adapter)}",
        'roots = ["django"]',
        "",
        "[modules]",
    ]
    aliased, gathered = split_modules(table)
    lines += [f"{json.dumps(name)} = {json.dumps(ours)}" for name, ours in aliased.items()]
    # A blocked module would come before the stand-ins of the same name and below it.
    blocked = [
        name
        for name in table.refused
        if not any(one == name or one.startswith(f"{name}.") for one in ABSENT)
    ]
    lines += [f'{json.dumps(name)} = ""' for name in blocked]
    lines += ["", "[trees]"]
    lines += [f"{json.dumps(name)} = {json.dumps(ours)}" for name, ours in table.trees.items()]
    gathered |= {module: dict(found) for module, found in table.names.items()}
    for module, provided in PLUMBING.items():
        entries = gathered.setdefault(module, {})
        entries.update({name: f"{plumbing}:{name}" for name in provided})
    gathered.setdefault("django.utils.version", {})["*"] = plumbing
    for module, missing in ABSENT_NAMES.items():
        gathered.setdefault(module, {}).update({name: f"absent_names:{name}" for name in missing})
    known = {*table.modules, *table.trees, *table.names}
    gathered |= {name: {"*": stand_in} for name, stand_in in ABSENT.items() if name not in known}
    for module, found in gathered.items():
        lines += ["", f"[facades.{json.dumps(module)}]"]
        lines += [f"{json.dumps(name)} = {json.dumps(where)}" for name, where in found.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--plumbing", default="plumbing_names")
    options = parser.parse_args()
    options.out.write_text(render(names(), options.plumbing))


if __name__ == "__main__":
    main()
