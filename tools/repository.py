"""What the repository holds: its distributions, their modules, imports and public names.

Read from files alone (nothing of the distributions is imported here), so that the checks work on a
broken tree and on a copy of it.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMESPACE = "fastjango"
META = "fastjango"  # the stem of the metapackage, which has no modules
HOLDS_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)  # where imports can be


@dataclass(frozen=True)
class Import:
    """One import statement of a module.

    Attributes:
        module: The full dotted name imported (for ``from a import b``: ``a``).
        names: What is taken from it; empty for ``import a``.
        guarded: Inside a function, a ``try`` or ``if TYPE_CHECKING``.
    """

    module: str
    names: tuple[str, ...]
    line: int
    guarded: bool

    @property
    def top(self) -> str:
        """The first part of the dotted name."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """One Python file of a distribution."""

    path: Path
    name: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @property
    def is_public(self) -> bool:
        """Tell whether no part of the dotted name begins with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))

    @cached_property
    def exports(self) -> list[str] | None:
        """The strings of ``__all__``, None where there is none.

        ``__all__ += other.__all__`` and the like are not followed; a computed part is left out.
        """
        found: list[str] | None = None
        for node in self.tree.body:
            targets: list[ast.expr] = []
            value: ast.expr | None = None
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
                targets, value = [node.target], node.value
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                found = found or []
                for part in ast.walk(value) if value else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found.append(part.value)
        return found

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, wherever it stands, relative ones made absolute."""
        return list(self._walk(self.tree, guarded=False))

    def _walk(self, node: ast.AST, *, guarded: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, (), child.lineno, guarded)
            elif isinstance(child, ast.ImportFrom):
                names = tuple(alias.name for alias in child.names)
                yield Import(self._absolute(child), names, child.lineno, guarded)
            elif isinstance(child, HOLDS_STATEMENTS):
                inner = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Try, ast.If))
                yield from self._walk(child, guarded=guarded or inner)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        if self.path.name != "__init__.py":
            parts = parts[:-1]
        base = parts[: len(parts) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])


@dataclass(frozen=True)
class Distribution:
    """One folder of ``packages/``."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, which has to be the distribution's."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The one word of everything of it: ``orm`` of ``fastjango-orm``."""
        return self.path.name.removeprefix("fastjango-")

    @property
    def is_meta(self) -> bool:
        """Tell whether it is the metapackage."""
        return self.stem == META

    @property
    def source(self) -> Path:
        """The folder of its subpackage."""
        return self.path / "src" / NAMESPACE / self.stem

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """The parsed ``pyproject.toml``."""
        return tomllib.loads((self.path / "pyproject.toml").read_text(encoding="utf-8"))

    @property
    def project(self) -> dict[str, Any]:
        """The ``[project]`` table."""
        table: dict[str, Any] = self.pyproject["project"]
        return table

    @property
    def version(self) -> str:
        """The version in ``pyproject.toml``."""
        return str(self.project["version"])

    @property
    def dependencies(self) -> list[str]:
        """The requirements that are always installed."""
        return list(self.project.get("dependencies", []))

    @property
    def extras(self) -> dict[str, list[str]]:
        """The requirements of each extra."""
        return dict(self.project.get("optional-dependencies", {}))

    @property
    def test_requirements(self) -> list[str]:
        """What its tests need beside its own requirements: its dependency group ``test``."""
        return list(self.pyproject.get("dependency-groups", {}).get("test", []))

    def siblings(self, *, with_extras: bool = False, with_tests: bool = False) -> list[str]:
        """Return the stems of the sibling distributions it requires, sorted."""
        wanted = self.dependencies
        if with_extras:
            wanted = wanted + [entry for extra in self.extras.values() for entry in extra]
        if with_tests:
            wanted = wanted + self.test_requirements
        names = {requirement_name(entry) for entry in wanted}
        return sorted(
            name.removeprefix("fastjango-") for name in names if name.startswith("fastjango-")
        )

    @cached_property
    def modules(self) -> list[Module]:
        """Its Python files, without the files that ``startproject`` and ``startapp`` copy."""
        found = list[Module]()
        for path in sorted(self.source.rglob("*.py")):
            parts = path.relative_to(self.path / "src").with_suffix("").parts
            if not all(part.isidentifier() for part in parts) or is_template(path):
                continue
            name = ".".join(parts).removesuffix(".__init__")
            found.append(Module(path, name))
        return found

    def section(self, heading: str) -> str:
        """Return the text under a second-level heading of the README, empty if it is missing."""
        return markdown_sections((self.path / "README.md").read_text(encoding="utf-8")).get(
            heading, ""
        )


def is_template(path: Path) -> bool:
    """Tell whether a file is copied into new projects, and so is no module of its own."""
    return any(
        part.endswith(("_template", "_templates")) or part == "skeleton" for part in path.parts
    )


def distributions(root: Path = ROOT) -> list[Distribution]:
    """Return every distribution of the tree, by name."""
    return [Distribution(file.parent) for file in sorted(root.glob("packages/*/pyproject.toml"))]


def plugins(root: Path = ROOT) -> list[Distribution]:
    """Return every distribution with modules: all but the metapackage."""
    return [found for found in distributions(root) if not found.is_meta]


def files(root: Path = ROOT) -> list[str]:
    """Return the files of a tree that git knows or would add, relative to its root, sorted.

    Where git is not, or the tree is no checkout, they are those that ``.gitignore`` lets be.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return sorted(_not_ignored(root))
    return sorted(name for name in done.stdout.split("\0") if name and (root / name).is_file())


def _not_ignored(root: Path) -> Iterator[str]:
    listed = root / ".gitignore"
    text = listed.read_text(encoding="utf-8") if listed.exists() else ""
    patterns = [line.rstrip("/") for line in text.splitlines() if line]
    for folder, inside, names in os.walk(root):
        above = Path(folder).relative_to(root)
        inside[:] = [
            name for name in inside if name != ".git" and not _is_ignored(above / name, patterns)
        ]
        for name in names:
            if not _is_ignored(above / name, patterns):
                yield (above / name).as_posix()


def _is_ignored(path: Path, patterns: list[str]) -> bool:
    """Tell whether patterns of a ``.gitignore`` name a path; those with a slash name it whole."""
    return any(
        fnmatch(path.as_posix() if "/" in pattern else path.name, pattern.lstrip("/"))
        for pattern in patterns
    )


def is_replaceable(folder: Path, mark: str) -> bool:
    """Tell whether a folder may be deleted to be made anew: an earlier run made it, or it is empty.

    Args:
        mark: A pattern of names, of which every such folder holds one.
    """
    return not folder.exists() or (
        folder.is_dir() and (not any(folder.iterdir()) or any(folder.glob(mark)))
    )


def requirement_name(requirement: str) -> str:
    """Return the normalised distribution name of a requirement."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return normalised(match.group()) if match else ""


def normalised(name: str) -> str:
    """Return a distribution name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def layers(root: Path = ROOT) -> list[list[str]]:
    """Return who may import whom, top first."""
    found: list[list[str]] = _settings(root)["layers"]
    return found


def only(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the distributions that may import fewer siblings than their layer allows."""
    found: dict[str, list[str]] = _settings(root).get("only", {})
    return found


def beside(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the files that a wheel may hold beside its subpackage, by stem."""
    found: dict[str, list[str]] = _settings(root).get("beside", {})
    return found


def may_import(importer: str, imported: str, root: Path = ROOT) -> bool:
    """Tell whether one distribution lies above the other, both given by stem."""
    depth = {stem: index for index, names in enumerate(layers(root)) for stem in names}
    allowed = only(root).get(importer)
    if allowed is not None and imported not in allowed:
        return False
    return depth.get(importer, -1) < depth.get(imported, -1)


def _settings(root: Path) -> dict[str, Any]:
    data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = data["tool"]["fastjango"]
    return found


def markdown_sections(text: str, level: int = 2) -> dict[str, str]:
    """Split a Markdown text by its headings of one level; code blocks are left whole."""
    found, heading, fence = dict[str, str](), "", False
    mark = "#" * level + " "
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fence = not fence
        if not fence and line.startswith(mark):
            heading = line.removeprefix(mark).strip()
            found[heading] = ""
        elif heading:
            found[heading] += line + "\n"
    return found
