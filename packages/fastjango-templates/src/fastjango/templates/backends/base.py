"""`BaseEngine`: what every template backend has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from fastjango.core.functional import cached_property
from fastjango.templates.handler import get_app_template_dirs
from fastjango.values.paths import safe_join

__all__ = ["BaseEngine"]


class BaseEngine:
    """Base of template backends.

    Args:
        params: `NAME`, `DIRS` and `APP_DIRS` of an entry of `TEMPLATES`.

    Raises:
        ImproperlyConfigured: There are other parameters.
    """

    app_dirnames: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Mapping[str, Any]) -> None:
        given = dict(params)
        self.name: str = given.pop("NAME")
        self.dirs: list[Any] = list(given.pop("DIRS"))
        self.app_dirs: bool = given.pop("APP_DIRS")
        if given:
            raise ImproperlyConfigured(f"Unknown parameters: {', '.join(given)}")

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system checks' messages about this engine."""
        return []

    @property
    def app_dirname(self) -> str:
        """The name of the folders of apps that templates are in.

        Raises:
            ImproperlyConfigured: This backend knows none.
        """
        if not self.app_dirnames:
            raise ImproperlyConfigured(
                f"{self.__class__.__name__} doesn't support loading templates from installed "
                "applications."
            )
        return self.app_dirnames[-1]

    def from_string(self, template_code: str) -> Any:
        """Return the template of a source."""
        raise NotImplementedError("subclasses of BaseEngine should provide a from_string() method")

    def get_template(self, template_name: str) -> Any:
        """Return the template of a name.

        Raises:
            TemplateDoesNotExist: There is none.
        """
        raise NotImplementedError("subclasses of BaseEngine must provide a get_template() method")

    @cached_property
    def template_dirs(self) -> tuple[Path, ...]:
        """The folders that templates are looked for in."""
        folders = tuple(Path(path) for path in self.dirs)
        if self.app_dirs:
            names = self.app_dirnames or (self.app_dirname,)
            folders += get_app_template_dirs(*names)
        return folders

    def iter_template_filenames(self, template_name: str) -> Iterator[str]:
        """Yield the files that a template may be in; none of them is outside of the folders."""
        for folder in self.template_dirs:
            try:
                yield safe_join(folder, template_name)
            except SuspiciousFileOperation:
                continue
