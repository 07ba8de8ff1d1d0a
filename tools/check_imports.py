"""Check who imports whom: import-linter's contracts, made of the layers in ``pyproject.toml``.

Distributions import downwards only, and those of one layer not at all. The exception is the
integration module, named after the sibling it serves (``fastjango/auth/admin.py``): it alone may
import that sibling, and nothing of its own distribution may import it.
"""

from __future__ import annotations

import configparser
import io
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from repository import NAMESPACE, ROOT, Distribution, layers, may_import, only, plugins


def contracts(root: Path = ROOT) -> str:
    """Return import-linter's configuration for the distributions of a tree."""
    members = plugins(root)
    stems = [member.stem for member in members]
    config = configparser.ConfigParser(interpolation=None)
    config["importlinter"] = {"root_packages": _lines(f"{NAMESPACE}.{stem}" for stem in stems)}
    config["importlinter:contract:layers"] = {
        "name": "Distributions import downwards; peers are strangers",
        "type": "layers",
        "layers": _lines(
            " | ".join(f"({NAMESPACE}.{stem})" for stem in names) for names in layers(root)
        ),
        "ignore_imports": _lines(integration_imports(members)),
        "unmatched_ignore_imports_alerting": "none",
    }
    for stem, allowed in only(root).items():
        refused = [name for name in stems if name != stem and name not in allowed]
        if stem not in stems or not refused:
            continue
        config[f"importlinter:contract:only-{stem}"] = {
            "name": f"{stem} imports only {', '.join(allowed)}",
            "type": "forbidden",
            "source_modules": _lines([f"{NAMESPACE}.{stem}"]),
            "forbidden_modules": _lines(f"{NAMESPACE}.{name}" for name in refused),
            "ignore_imports": _lines(integration_imports(members)),
            "unmatched_ignore_imports_alerting": "none",
        }
    text = io.StringIO()
    config.write(text)
    return text.getvalue()


def integration_imports(members: list[Distribution]) -> list[str]:
    """Return the imports that integration modules may make, as import-linter writes them."""
    found = list[str]()
    for member in members:
        for other in members:
            if other.stem == member.stem:
                continue
            for module in integration_modules(member, other):
                found += [f"{module} -> {NAMESPACE}.{other.stem}"]
                found += [f"{module} -> {NAMESPACE}.{other.stem}.**"]
    return found


def integration_modules(member: Distribution, other: Distribution) -> list[str]:
    """Return the modules that are named after a sibling above or beside theirs, and import it."""
    if may_import(member.stem, other.stem, member.path.parent.parent):
        return []
    target = f"{NAMESPACE}.{other.stem}"
    return sorted(
        module.name
        for module in member.modules
        if other.stem in module.name.split(".")[2:]
        and any(
            f"{name}.".startswith(f"{target}.")
            for entry in module.imports
            for name in (entry.module, *(f"{entry.module}.{name}" for name in entry.names))
        )
    )


def problems(root: Path = ROOT) -> list[str]:
    """Return what import-linter cannot see: misplaced names, imports of integration modules."""
    found = list[str]()
    members = plugins(root)
    placed = [stem for names in layers(root) for stem in names]
    for member in members:
        if placed.count(member.stem) != 1:
            found.append(f"{member.name} has to stand once in [tool.fastjango] layers")
        inner = {
            module: other.stem
            for other in members
            if other.stem != member.stem
            for module in integration_modules(member, other)
        }
        for module in member.modules:
            for entry in module.imports:
                names = {entry.module, *(f"{entry.module}.{name}" for name in entry.names)}
                for name in names & inner.keys():
                    if inner.get(module.name) != inner[name]:
                        found.append(
                            f"{module.name}:{entry.line} imports the integration module {name}, "
                            f"which only {NAMESPACE}.{inner[name]} may load"
                        )
                found += _underscores(member, module.name, entry.module, entry.names, entry.line)
    return found


def _underscores(
    member: Distribution, importer: str, module: str, names: tuple[str, ...], line: int
) -> list[str]:
    parts = module.split(".")
    if parts[0] != NAMESPACE or len(parts) < 2 or parts[1] == member.stem:
        return []
    hidden = [
        part for part in [*parts[2:], *names] if part.startswith("_") and not part.startswith("__")
    ]
    return [
        f"{importer}:{line} imports {part} of {'.'.join(parts[:2])}; publish it there first"
        for part in hidden
    ]


def _lines(values: Iterable[str]) -> str:
    return "".join(f"\n{value}" for value in values)


def main() -> int:
    """Run the contracts on this tree; return the exit status."""
    from importlinter.cli import lint_imports

    found = problems()
    for problem in found:
        print(problem)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contracts.ini"
        file.write_text(contracts(), encoding="utf-8")
        status = lint_imports(config_filename=str(file), no_cache=True)
    return int(bool(found) or bool(status))


if __name__ == "__main__":
    sys.exit(main())
