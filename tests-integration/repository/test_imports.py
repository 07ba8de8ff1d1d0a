"""Who imports whom: downwards, declared, and never behind somebody's back."""

import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from _wheel_steps import closure
from check_imports import integration_modules, problems
from repository import (
    NAMESPACE,
    ROOT,
    Distribution,
    Import,
    Module,
    normalised,
    plugins,
    requirement_name,
)

PLUGINS = plugins()
OWNERS = {
    top: {normalised(name) for name in names} for top, names in packages_distributions().items()
}


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "check_imports.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken." in done.stdout


def test_the_import_contracts_can_be_broken(tmp_path: Path) -> None:
    """An upward import is found, so that a green contract means something."""
    import shutil

    shutil.copytree(
        ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for stem, text in {"core": "from fastjango.http import thing\n", "http": "thing = 1\n"}.items():
        folder = tmp_path / "packages" / f"fastjango-{stem}"
        source = folder / "src" / "fastjango" / stem
        source.mkdir(parents=True)
        (source / "__init__.py").write_text(text)
        (folder / "pyproject.toml").write_text(f"[project]\nname = 'fastjango-{stem}'\n")
    paths = [str(path) for path in tmp_path.glob("packages/*/src")]
    paths.append(str(tmp_path / "tools"))
    # -S: without the .pth files of the editable members, which would be found first.
    import site

    script = (
        f"import sys; sys.path[:0] = {[*paths, *site.getsitepackages()]!r}\n"
        "import check_imports; sys.exit(check_imports.main())"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fastjango.core is not allowed to import fastjango.http" in done.stdout


def test_nothing_is_imported_behind_the_contracts() -> None:
    assert problems() == []


def declared(member: Distribution, *, extras: bool) -> set[str]:
    wanted = list(member.dependencies)
    if extras:
        wanted += [entry for extra in member.extras.values() for entry in extra]
    return {normalised(requirement_name(entry)) for entry in wanted}


@cache
def integrating(member: Distribution) -> frozenset[str]:
    """Return the modules of a distribution that are named after siblings and may import them."""
    return frozenset(name for other in PLUGINS for name in integration_modules(member, other))


def optional(entry: Import, module: Module, member: Distribution) -> bool:
    """Tell whether an import may be satisfied by an extra: it is not made by a plain import."""
    if entry.guarded:
        return True
    if module.name in integrating(member):
        return True
    words = module.name.replace("_", ".").split(".")
    if "models" in words:
        words.append("orm")  # what is called after models needs what makes them
    extra_packages = {
        normalised(requirement_name(text)): extra
        for extra, entries in member.extras.items()
        for text in entries
    }
    owners = OWNERS.get(entry.top, set())
    if entry.top == "fastjango":
        owners = {f"fastjango-{entry.module.split('.')[1]}"}
    return any(extra_packages.get(owner) in words for owner in owners)


def undeclared(member: Distribution) -> list[str]:
    found = list[str]()
    always, with_extras = declared(member, extras=False), declared(member, extras=True)
    for module in member.modules:
        for entry in module.imports:
            if entry.top in sys.stdlib_module_names or not entry.top:
                continue
            where = f"{module.name}:{entry.line}"
            parts = entry.module.split(".")
            if entry.top == "fastjango":
                if len(parts) < 2:
                    found.append(f"{where} imports the namespace itself")
                    continue
                owners = {f"fastjango-{parts[1]}"}
                if parts[1] == member.stem:
                    continue
            else:
                owners = OWNERS.get(entry.top, set())
                if not owners:
                    if not entry.guarded:
                        found.append(f"{where} imports {entry.module}, which nobody provides")
                    continue
            wanted = with_extras if optional(entry, module, member) else always
            if not owners & wanted:
                found.append(f"{where} imports {entry.module}, undeclared: {sorted(owners)}")
    return found


@pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])
def test_every_import_is_declared(member: Distribution) -> None:
    found = undeclared(member)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])
def test_every_declared_sibling_is_imported(member: Distribution) -> None:
    imported = {
        entry.module.split(".")[1]
        for module in member.modules
        for entry in module.imports
        if entry.module.startswith("fastjango.")
    }
    lazily = "\n".join(module.path.read_text() for module in member.modules)
    unused = [stem for stem in member.siblings() if stem not in imported]
    assert not [stem for stem in unused if f"fastjango.{stem}" not in lazily]


@pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])
def test_tests_import_only_siblings_that_are_declared(member: Distribution) -> None:
    """`dev.py wheels` runs them with nothing else; here it shows at once."""
    stems = closure([member.stem, *member.siblings(with_extras=True, with_tests=True)])
    found = list[str]()
    for path in sorted((member.path / "tests").rglob("*.py")):
        for entry in Module(path, path.stem).imports:
            parts = entry.module.split(".")
            if parts[0] == NAMESPACE and len(parts) > 1 and parts[1] not in stems:
                found.append(f"{path.name}:{entry.line} imports {entry.module}")
    assert not found, "\n".join(found)
