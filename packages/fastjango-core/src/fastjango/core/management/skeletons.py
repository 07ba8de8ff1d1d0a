"""Writing projects and apps from a folder of template files, wholly or not at all."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastjango.core.crypto import get_random_string

from .base import BaseCommand, Checks, CommandError, CommandParser

__all__ = ["TemplateCommand"]

TEMPLATES = Path(__file__).parent.parent / "project_template"
SUFFIX = "-tpl"
INSECURE = "fastjango-insecure-"
RESERVED = {"fastjango", "django", "test", "tests", "site", "manage"}


class TemplateCommand(BaseCommand):
    """Base of `startproject` and `startapp`.

    In template files `{{ name }}` stands for a value of the context; other braces stay. A file
    named `x-tpl` becomes `x`; names of files and folders may hold `app_name` and `project_name`.
    """

    requires_system_checks: Checks = ()
    kind = "project"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        kind = self.kind
        parser.add_argument("name", help=f"Name of the {kind}.")
        parser.add_argument("directory", nargs="?", help="Destination folder, made if missing.")
        parser.add_argument("--template", help="A folder to take the files from.")
        text = "Extensions of other files in which to fill in names, as `--extension txt,md`."
        parser.add_argument("--extension", "-e", dest="extensions", action="append", default=["py"])
        text = "Names of other files in which to fill in names."
        parser.add_argument("--name", "-n", dest="files", action="append", default=[], help=text)
        text = "Names of folders of the template to leave out."
        parser.add_argument("--exclude", "-x", action="append", default=[], help=text)

    def write(
        self,
        name: str,
        target: Path,
        sources: Iterable[Path],
        options: Mapping[str, Any],
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Write a project or app into `target`, which must be missing or empty.

        Args:
            sources: Folders of template files; a later one adds to an earlier one.
            more: Further names that the files may hold, and what stands for them.

        Raises:
            CommandError: The name or the folder is unfit; nothing was written then.
        """
        self.validate_name(name)
        camel = "".join(part.title() for part in name.split("_"))
        context = {
            f"{self.kind}_name": name,
            f"camel_case_{self.kind}_name": camel,
            f"{self.kind}_directory": str(target),
            "secret_key": INSECURE + get_random_string(50),
            "fastjango_version": self.get_version(),
            **(more or {}),
        }
        parts = [p for e in options["extensions"] for p in e.split(",")]
        endings = tuple("." + part.strip().lstrip(".") for part in parts)
        files = {p.strip() for given in options["files"] for p in given.split(",")}
        excluded = {p.strip() for given in options["exclude"] for p in given.split(",")}
        self._refuse_taken(target)
        with tempfile.TemporaryDirectory(dir=_existing(target)) as folder:
            for source, file in ((s, f) for s in sources for f in sorted(s.rglob("*"))):
                inner = file.relative_to(source)
                if file.is_dir() or excluded & set(inner.parts) or "__pycache__" in inner.parts:
                    continue
                path = Path(folder, _fill_path(str(inner), context))
                path.parent.mkdir(parents=True, exist_ok=True)
                rendered = file.name.endswith((*endings, SUFFIX)) or file.name in files
                shutil.copy(file, path)
                if rendered:
                    path.write_text(text := _fill(file.read_text("utf-8"), context), "utf-8")
                    if text.startswith("#!"):  # some installers lose the mode
                        path.chmod(path.stat().st_mode | 0o111)
            self._move(Path(folder), target)

    def _refuse_taken(self, target: Path) -> None:
        taken = target.exists() and (not target.is_dir() or any(_visible(target)))
        if taken:
            raise CommandError(
                f"'{target}' already exists and is not an empty folder. Choose another name or "
                "give an empty folder as the second argument."
            )

    def _move(self, source: Path, target: Path) -> None:
        clashes = [p.name for p in source.iterdir() if (target / p.name).exists()]
        if clashes:
            raise CommandError(f"'{target}' already has {', '.join(sorted(clashes))}.")
        target.mkdir(parents=True, exist_ok=True)
        for path in list(source.iterdir()):
            shutil.move(path, target / path.name)

    def sources(self, options: Mapping[str, Any], *default: str) -> list[Path]:
        """Return the folders of the template files."""
        given = options["template"]
        sources = [Path(given).expanduser()] if given else [TEMPLATES / name for name in default]
        if not all(source.is_dir() for source in sources):
            raise CommandError(f"The template {given!r} is not a folder on this machine.")
        return sources

    def validate_name(self, name: str) -> None:
        """Refuse names that cannot be, or should not be, the name of a package.

        Raises:
            CommandError: The name is no identifier, reserved, or that of an importable module.
        """
        kind, article = self.kind, "an" if self.kind == "app" else "a"
        if not name.isidentifier() or keyword.iskeyword(name):
            near = re.sub(r"\W+", "_", name).strip("_").lower()
            hint = f" Did you mean {near!r}?" if near.isidentifier() and near != name else ""
            raise CommandError(
                f"'{name}' is not a valid {kind} name. Please make sure the name is a valid "
                f"identifier.{hint}"
            )
        # The name of a project is that of its distribution as well.
        if kind == "project" and not re.fullmatch(r"[A-Za-z0-9]+(_+[A-Za-z0-9]+)*", name):
            raise CommandError(
                f"'{name}' is not a valid project name. Besides letters from a to z and digits it "
                "may hold underscores, but not at its ends."
            )
        if name in RESERVED or name in sys.stdlib_module_names:
            raise CommandError(
                f"'{name}' is reserved, as it hides a module of Python or of the framework. Please "
                f"try another name for the {kind}."
            )
        if find_spec(name) is not None:
            raise CommandError(
                f"'{name}' conflicts with the name of an existing Python module and cannot be used "
                f"as {article} {kind} name. Please try another name."
            )


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _existing(path: Path) -> Path:
    """Return the nearest folder that exists, so that the final move stays on one disk."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.is_dir())


def _fill(text: str, context: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: context.get(m[1], m[0]), text)


def _fill_path(path: str, context: Mapping[str, str]) -> str:
    for key in ("project_name", "app_name"):
        path = path.replace(key, context.get(key, key))
    return path.removesuffix(SUFFIX)
