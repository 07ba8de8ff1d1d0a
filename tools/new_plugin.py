"""Write a distribution of the standard shape, in the environment that ``dev.py`` made:

    .venv/bin/python tools/new_plugin.py NAME [--beside STEM] [--description TEXT]

The distribution passes every repository test at once. Either everything is written or nothing.
"""

from __future__ import annotations

import argparse
import keyword
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import package_map
import tomlkit
from repository import NAMESPACE, ROOT, distributions, layers

VERSION, RANGE = "0.1.0", ">=0.1,<0.2"
RESERVED = {"fastjango", "test", "tests", "src", "all", "api", "main"}


class PluginNameError(ValueError):
    """The name cannot be that of a distribution; the text says why."""


def check_name(name: str, root: Path = ROOT) -> None:
    """Refuse a name that cannot be a subpackage, or that is taken.

    Raises:
        PluginNameError: With the reason and what to do.
    """
    if name.startswith("fastjango-"):
        raise PluginNameError(f"Give the stem alone: {name.removeprefix('fastjango-')!r}.")
    if not re.fullmatch(r"[a-z][a-z0-9]*", name) or keyword.iskeyword(name):
        raise PluginNameError(
            f"{name!r} is no name for a subpackage: use lower-case letters and digits, "
            "beginning with a letter, and no word of the language."
        )
    if name in RESERVED or name in sys.stdlib_module_names:
        raise PluginNameError(f"{name!r} means something already. Choose another name.")
    if name in {member.stem for member in distributions(root)}:
        raise PluginNameError(f"fastjango-{name} exists already, in packages/fastjango-{name}.")


def files(name: str, description: str) -> dict[str, str]:
    """Return the files of the new distribution, by path inside its folder."""
    config = name.capitalize() + "Config"
    error = name.capitalize() + "Error"
    source = f"src/{NAMESPACE}/{name}"
    return {
        "pyproject.toml": PYPROJECT.format(
            name=name, description=description, config=config, version=VERSION, range=RANGE
        ),
        "README.md": README.format(name=name, description=description, error=error),
        "CHANGELOG.md": CHANGELOG.format(name=name),
        "changelog.d/.gitignore": "!.gitignore\n",
        "changelog.d/first.added.md": f"Adds the distribution fastjango-{name}.\n",
        f"{source}/__init__.py": INIT.format(description=description, name=name, error=error),
        f"{source}/apps.py": APPS.format(
            name=name, config=config, description=description, title=name.capitalize()
        ),
        f"{source}/exceptions.py": EXCEPTIONS.format(name=name, error=error),
        f"{source}/py.typed": "",
        "tests/test_apps.py": TESTS.format(name=name, config=config, error=error),
        "LICENSE": "",  # copied from the root
    }


def write(name: str, description: str, beside: str, root: Path = ROOT) -> list[Path]:
    """Write the distribution and enter it everywhere; return what was written or changed.

    Args:
        name: The stem.
        description: One sentence, ending in a full stop.
        beside: An existing stem of the layer that the new one joins.

    Raises:
        PluginNameError: The name, the layer or the description is no good; nothing was written.
        OSError: A file cannot be written; everything is as it was.
    """
    check_name(name, root)
    if not any(beside in names for names in layers(root)):
        known = ", ".join(stem for names in layers(root) for stem in names)
        raise PluginNameError(f"There is no layer with {beside!r}. Choose one of: {known}.")
    if not re.fullmatch(r'[^"|\\{}\n]{1,99}\.', description):
        raise PluginNameError(
            "The description is one sentence of up to 100 characters with a full stop at its end. "
            'It stands in TOML, Python and tables: no ", |, \\, { or }.'
        )
    folder = root / "packages" / f"fastjango-{name}"
    if folder.exists():
        raise PluginNameError(f"{folder} is in the way: it holds no pyproject.toml. Move it away.")
    edited = {
        path: change(path.read_text(encoding="utf-8"))
        for path, change in _edits(name, description, beside, root).items()
    }
    page, overview = root / "docs" / "reference" / f"{name}.md", root / package_map.PAGE
    before = {path: path.read_bytes() for path in (*edited, overview)}
    try:
        for inside, text in files(name, description).items():
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        shutil.copy(root / "LICENSE", folder)
        page.write_text(
            PAGE.format(
                name=name,
                description=description,
                error=name.capitalize() + "Error",
                config=name.capitalize() + "Config",
            ),
            encoding="utf-8",
        )
        for path, text in edited.items():
            path.write_text(text, encoding="utf-8")
        overview.write_text(package_map.package_map(root), encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        page.unlink(missing_ok=True)
        for path, kept in before.items():
            path.write_bytes(kept)
        raise
    return [folder, page, overview, *edited]


def _edits(
    name: str, description: str, beside: str, root: Path
) -> dict[Path, Callable[[str], str]]:
    """Return how the files that list every distribution change."""
    full = f"fastjango-{name}"
    row = f"| [{full}](packages/{full}/README.md) | {description} |"
    index = f"| {full} | [packages/{full}](packages/{full}/CHANGELOG.md) |"
    bullet = f"- [fastjango.{name}]({name}.md)"
    return {
        root / "pyproject.toml": lambda text: _root_pyproject(text, name, beside),
        root / "packages" / NAMESPACE / "pyproject.toml": lambda text: _meta_pyproject(text, name),
        root / "README.md": lambda text: _after_last(text, r"^\| \[fastjango-.*$", row),
        root / "CHANGELOG.md": lambda text: _after_last(text, r"^\| fastjango-.*$", index),
        root / "docs" / "reference" / "index.md": lambda text: _after_last(
            text, r"^- \[fastjango\..*$", bullet
        ),
    }


def _after_last(text: str, pattern: str, line: str) -> str:
    """Put a line after the last one that matches."""
    last = list(re.finditer(pattern, text, re.M))[-1]
    return f"{text[: last.end()]}\n{line}{text[last.end() :]}"


def _root_pyproject(text: str, name: str, beside: str) -> str:
    document = tomlkit.parse(text)
    tool: Any = document["tool"]
    for names in tool["fastjango"]["layers"]:
        if beside in names and not any(name in known for known in tool["fastjango"]["layers"]):
            names.append(name)
    source = tomlkit.inline_table()
    source["workspace"] = True
    tool["uv"]["sources"][f"fastjango-{name}"] = source
    return tomlkit.dumps(document)


def _meta_pyproject(text: str, name: str) -> str:
    document = tomlkit.parse(text)
    project: Any = document["project"]
    extras = project["optional-dependencies"]
    requirement = f"fastjango-{name}{RANGE}"
    extras["all"].add_line(requirement, indent="  ")
    everything = extras.pop("all")
    extras[name] = [requirement]
    extras["all"] = everything  # stays the last one
    return tomlkit.dumps(document)


PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "fastjango-{name}"
version = "{version}"
description = "{description}"
readme = "README.md"
license = "MIT"
requires-python = ">=3.11"
authors = [{{ name = "The FastJango developers" }}]
keywords = ["fastjango", "django", "fastapi"]
classifiers = [
  "Development Status :: 3 - Alpha",
  "Framework :: AsyncIO",
  "Framework :: FastAPI",
  "Programming Language :: Python :: 3",
  "Programming Language :: Python :: 3.11",
  "Programming Language :: Python :: 3.12",
  "Programming Language :: Python :: 3.13",
  "Programming Language :: Python :: 3.14",
  "Typing :: Typed",
]
dependencies = [
  "fastjango-core{range}",
]

[project.entry-points."fastjango.plugins"]
{name} = "fastjango.{name}.apps:{config}"

[tool.hatch.build.targets.wheel]
packages = ["src/fastjango"]

[tool.hatch.build.targets.sdist]
include = ["/src", "/tests", "/README.md", "/CHANGELOG.md"]
"""

README = """\
# fastjango-{name}

**{description}**

## Install

```console
$ pip install fastjango-{name}
```

Then list `"fastjango.{name}"` in `INSTALLED_APPS`.

## Example

```python
from fastjango.core import apps, setup, settings

settings.configure(INSTALLED_APPS=["fastjango.{name}"], SECRET_KEY="only-for-this-example")
setup()
assert apps.is_installed("fastjango.{name}")
```

## Settings

None.

## Hooks

None.

## Errors

Every error is a `fastjango.{name}.{error}`.
"""

CHANGELOG = """\
# Changelog of fastjango-{name}

Built from the fragments in `changelog.d/` at release; never edited by hand.
"""

INIT = '''\
"""{description}"""

from fastjango.{name}.exceptions import {error}

__all__ = ["{error}"]
'''

APPS = '''\
"""The plugin that the entry point names."""

from fastjango.core import AppConfig

__all__ = ["{config}"]


class {config}(AppConfig):
    """{description}"""

    name = "fastjango.{name}"
    label = "{name}"
    verbose_name = "{title}"
'''

EXCEPTIONS = '''\
"""Every error of this distribution, under one root class."""

__all__ = ["{error}"]


class {error}(Exception):
    """The root of every error that fastjango.{name} raises."""
'''

TESTS = '''\
"""The plugin can be found and selected."""

from importlib.metadata import entry_points

from fastjango.core.registry import Registry
from fastjango.{name} import {error}
from fastjango.{name}.apps import {config}


def test_the_entry_point_names_the_config() -> None:
    (entry,) = entry_points(group="fastjango.plugins", name="{name}")
    assert entry.load() is {config}


def test_it_can_be_selected() -> None:
    registry = Registry(["fastjango.{name}"])
    assert isinstance(registry.get_app_config("{name}"), {config})


def test_errors_have_one_root() -> None:
    assert issubclass({error}, Exception)
'''

PAGE = """\
# fastjango.{name}

{description}

## `fastjango.{name}`

- `{error}`: The root of every error that fastjango.{name} raises.

## `fastjango.{name}.apps`

- `{config}`: {description}

## `fastjango.{name}.exceptions`

- `{error}`: The root of every error that fastjango.{name} raises.
"""


def main() -> int:
    """Write the distribution named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="new_plugin.py",
        description="Write a distribution of the standard shape into packages/.",
    )
    parser.add_argument("name", help="its stem: 'search' makes fastjango-search")
    parser.add_argument(
        "--beside", default="templates", metavar="STEM", help="whose layer it joins (templates)"
    )
    parser.add_argument("--description", help="one sentence, ending in a full stop")
    options = parser.parse_args()
    description = options.description or f"{options.name.capitalize()} for FastJango."
    try:
        written = write(options.name, description, options.beside)
    except PluginNameError as error:
        print(f"new_plugin: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"new_plugin: {error}; everything is as it was", file=sys.stderr)
        return 1
    for path in written:
        print(f"new_plugin: {path.relative_to(ROOT)}")
    print("new_plugin: run 'python3 tools/dev.py check' next; it installs the new distribution.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
