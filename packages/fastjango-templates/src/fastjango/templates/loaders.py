"""Loaders: where the source of a template is looked for.

An engine asks its loaders one after the other. Each names the places where it would look, so that
the error for a missing template can list all of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from fastjango.core import apps
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string
from fastjango.templates.origin import Origin

__all__ = [
    "AppDirectoriesLoader",
    "CachedLoader",
    "ChainLoader",
    "FilesystemLoader",
    "Loader",
    "LocmemLoader",
    "TemplateMissing",
    "make_loaders",
]

Found = tuple[str, str | None, Callable[[], bool] | None]

_DJANGO_NAMES = {
    "django.template.loaders.app_directories.Loader": "AppDirectoriesLoader",
    "django.template.loaders.cached.Loader": "CachedLoader",
    "django.template.loaders.filesystem.Loader": "FilesystemLoader",
    "django.template.loaders.locmem.Loader": "LocmemLoader",
}


class TemplateMissing(jinja2.TemplateNotFound):
    """Jinja2's error for a missing template, with the places that were looked at."""

    tried: Sequence[tuple[Origin, str]] = ()


class Loader:
    """Base of loaders.

    Args:
        engine: The engine that asks.
    """

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        """Yield the places where a template of this name may be."""
        raise NotImplementedError(
            "subclasses of Loader must provide a get_template_sources() method"
        )

    def get_contents(self, origin: Origin) -> str:
        """Return the source at one of those places.

        Raises:
            LookupError: There is none.
        """
        raise NotImplementedError("subclasses of Loader must provide a get_contents() method")

    def stamp(self, origin: Origin) -> object:
        """Return something that changes when the source changes, `None` while there is none."""
        return None

    def names(self) -> Iterable[str]:
        """Return the names of all templates that this loader knows."""
        return ()

    def get_dirs(self) -> Sequence[Path]:
        """Return the folders it looks into."""
        return ()

    def reset(self) -> None:
        """Forget what was cached."""


class FilesystemLoader(Loader):
    """Looks into folders: those given, or the engine's `DIRS`."""

    def __init__(self, engine: Any, dirs: Sequence[Any] | None = None) -> None:
        super().__init__(engine)
        self.dirs = dirs

    def get_dirs(self) -> Sequence[Path]:
        """Return the folders it looks into."""
        return [Path(path) for path in (self.engine.dirs if self.dirs is None else self.dirs)]

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        """Yield one file for each folder; a name that leads out of the folders has none."""
        parts = template_name.split("/")
        if "\0" in template_name or ".." in parts or posixpath.isabs(template_name):
            return
        for folder in self.get_dirs():
            yield Origin(str(folder.joinpath(*parts)), template_name, self)

    def get_contents(self, origin: Origin) -> str:
        """Return the text of a file.

        Raises:
            LookupError: There is none.
            PermissionError: It must not be read.
        """
        try:
            with open(origin.name, encoding=self.engine.file_charset) as file:  # noqa: PTH123  # hot in DEBUG
                return file.read()
        except PermissionError:
            raise
        except OSError as error:
            raise LookupError(origin.name) from error

    def stamp(self, origin: Origin) -> object:
        """Return the time of the file's last change."""
        try:
            return Path(origin.name).stat().st_mtime_ns
        except OSError:
            return None

    def names(self) -> Iterable[str]:
        """Return the names of all files below the folders."""
        for folder in self.get_dirs():
            for path in sorted(folder.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield path.relative_to(folder).as_posix()


class AppDirectoriesLoader(FilesystemLoader):
    """Looks into the `jinja2/` and `templates/` folders of the installed apps."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)

    def get_dirs(self) -> Sequence[Path]:
        """Return the apps' folders, in the order of `INSTALLED_APPS`; none before the boot."""
        from fastjango.templates.handler import get_app_template_dirs

        return get_app_template_dirs(*self.engine.app_dirnames) if apps.apps_ready else ()


class LocmemLoader(Loader):
    """Takes templates from a dictionary of names and sources."""

    def __init__(self, engine: Any, templates_dict: Mapping[str, str]) -> None:
        super().__init__(engine)
        self.templates_dict = templates_dict

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        """Yield the one place."""
        yield Origin(template_name, template_name, self)

    def get_contents(self, origin: Origin) -> str:
        """Return the source from the dictionary."""
        return self.templates_dict[origin.name]

    def stamp(self, origin: Origin) -> object:
        """Return the source itself."""
        return self.templates_dict.get(origin.name)

    def names(self) -> Iterable[str]:
        """Return the keys of the dictionary."""
        return self.templates_dict


class CachedLoader(Loader):
    """Stands for its loaders; compiled templates are kept by the engine in any case."""

    def __init__(self, engine: Any, loaders: Sequence[Any]) -> None:
        super().__init__(engine)
        self.loaders = make_loaders(engine, loaders)


def make_loaders(engine: Any, entries: Iterable[Any]) -> list[Loader]:
    """Make the loaders of the option `loaders`.

    Args:
        engine: The engine they are for.
        entries: Classes or dotted paths, or sequences of one and its arguments.

    Raises:
        ImproperlyConfigured: An entry is something else.
    """
    made: list[Loader] = []
    for entry in entries:
        args: Sequence[Any] = ()
        if isinstance(entry, (list, tuple)):
            entry, *args = entry  # pyright: ignore
        if isinstance(entry, str):
            ours = _DJANGO_NAMES.get(entry)
            entry = globals()[ours] if ours else import_string(entry)
        if not (isinstance(entry, type) and issubclass(entry, Loader)):
            raise ImproperlyConfigured(
                f"Invalid value in template loaders configuration: {entry!r}. Give a subclass of "
                "fastjango.templates.loaders.Loader, its dotted path, or a list of one of them "
                "and its arguments."
            )
        loader = entry(engine, *args)
        made += loader.loaders if isinstance(loader, CachedLoader) else [loader]
    return made


class ChainLoader(jinja2.BaseLoader):
    """Jinja2's view of an engine's loaders.

    Args:
        loaders: Where to look, the first one first.
        watched: Whether templates are loaded anew when a source has changed or a new file has
            come before theirs.
    """

    def __init__(self, loaders: Sequence[Loader], *, watched: bool) -> None:
        self.loaders = loaders
        self.watched = watched

    def get_source(self, environment: jinja2.Environment, template: str) -> Found:
        """Return source, file name and the test whether the template is still current.

        Raises:
            TemplateMissing: No loader has it.
        """
        tried: list[tuple[Origin, str]] = []
        for loader in self.loaders:
            for origin in loader.get_template_sources(template):
                try:
                    source = loader.get_contents(origin)
                except LookupError:
                    tried.append((origin, "Source does not exist"))
                    continue
                current = _watch([place for place, _ in tried], origin) if self.watched else None
                return source, origin.name, current
        error = TemplateMissing(template)
        error.tried = tried
        raise error

    def list_templates(self) -> list[str]:
        """Return the names of all templates, sorted."""
        return sorted({name for loader in self.loaders for name in loader.names()})

    def origins(self, template: str) -> list[Origin]:
        """Return every place that has a template of this name; the first one is used."""
        return [
            origin
            for loader in self.loaders
            for origin in loader.get_template_sources(template)
            if loader.stamp(origin) is not None
        ]


def _watch(before: list[Origin], used: Origin) -> Callable[[], bool]:
    stamp = used.loader.stamp(used)

    def is_current() -> bool:
        return used.loader.stamp(used) == stamp and all(
            origin.loader.stamp(origin) is None for origin in before
        )

    return is_current
