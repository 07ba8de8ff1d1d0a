"""`Engine`: an engine that is made in code instead of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.templates.backends.jinja2 import Jinja2
from fastjango.templates.handler import engines

__all__ = ["Engine"]


class Engine(Jinja2):
    """A Jinja2 engine with the arguments of `django.template.Engine`.

    Args:
        dirs: Folders to look into.
        app_dirs: Whether to look into the apps' folders as well.
        context_processors: Functions of the request, or dotted paths.
        debug: Whether missing variables are errors, and changed templates are loaded anew.
        loaders: Loaders in place of these folders.
        string_if_invalid: Nothing but `""` is taken.
        file_charset: The character set of the files.
        libraries: Ignored, as the libraries of all apps are there.
        builtins: Ignored as well.
        autoescape: Nothing but `True` is taken.
        options: Other options of the backend.
    """

    def __init__(
        self,
        dirs: Iterable[Any] | None = None,
        app_dirs: bool = False,
        context_processors: Iterable[Any] | None = None,
        debug: bool = False,
        loaders: Iterable[Any] | None = None,
        string_if_invalid: str = "",
        file_charset: str = "utf-8",
        libraries: Mapping[str, str] | None = None,
        builtins: Iterable[str] | None = None,
        autoescape: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(
            {
                "NAME": "engine",
                "DIRS": list(dirs or ()),
                "APP_DIRS": app_dirs,
                "OPTIONS": {
                    **options,
                    "autoescape": autoescape,
                    "context_processors": list(context_processors or ()),
                    "debug": debug,
                    "file_charset": file_charset,
                    "loaders": None if loaders is None else list(loaders),
                    "string_if_invalid": string_if_invalid,
                },
            }
        )
        self.options.pop("autoescape")

    @staticmethod
    def get_default() -> Jinja2:
        """Return the first Jinja2 engine of `TEMPLATES`.

        Raises:
            ImproperlyConfigured: There is none.
        """
        for engine in engines.all():
            if isinstance(engine, Jinja2):
                return engine
        raise ImproperlyConfigured(
            "No Jinja2 engine is configured. Add one to TEMPLATES: "
            "{'BACKEND': 'fastjango.templates.backends.Jinja2', 'APP_DIRS': True}."
        )

    def render_to_string(self, template_name: Any, context: Any = None) -> str:
        """Render the template of a name, or the first of several that exists."""
        if isinstance(template_name, (list, tuple)):
            return self.select_template(template_name).render(context)  # pyright: ignore
        return self.get_template(template_name).render(context)
