"""`engines`: the template engines of `TEMPLATES`, by alias."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fastjango.core import apps, settings
from fastjango.core.conf import setting_changed
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string
from fastjango.templates.exceptions import InvalidTemplateEngineError

__all__ = ["EngineHandler", "InvalidTemplateEngineError", "engines", "get_app_template_dirs"]

_DJANGO_BACKENDS = {
    "django.template.backends.jinja2.Jinja2": "fastjango.templates.backends.jinja2.Jinja2",
}
_REFUSED = "django.template.backends.django.DjangoTemplates"


class EngineHandler:
    """The engines that a list like `TEMPLATES` describes; each is made when it is first used.

    Args:
        templates: The list, `settings.TEMPLATES` if `None`.
    """

    def __init__(self, templates: Sequence[Mapping[str, Any]] | None = None) -> None:
        self._given = templates
        self._templates: dict[str, dict[str, Any]] | None = None
        self._engines: dict[str, Any] = {}

    @property
    def templates(self) -> dict[str, dict[str, Any]]:
        """What describes each engine, by alias.

        Raises:
            ImproperlyConfigured: There is no usable backend, or two engines have one alias.
        """
        if self._templates is None:
            given: Any = settings.TEMPLATES if self._given is None else self._given
            described = [self._described(entry) for entry in given]
            counts = Counter(entry["NAME"] for entry in described)
            duplicates = [alias for alias, count in counts.most_common() if count > 1]
            if duplicates:
                raise ImproperlyConfigured(
                    "Template engine aliases aren't unique, duplicates: "
                    f"{', '.join(duplicates)}. Set a unique NAME for each engine in "
                    "settings.TEMPLATES."
                )
            self._templates = {entry["NAME"]: entry for entry in described}
        return self._templates

    @staticmethod
    def _described(entry: Mapping[str, Any]) -> dict[str, Any]:
        backend: Any = entry.get("BACKEND", "<not defined>")
        parts = backend.split(".") if isinstance(backend, str) else []
        if len(parts) < 2:
            raise ImproperlyConfigured(
                f"Invalid BACKEND for a template engine: {backend}. Check your TEMPLATES setting."
            )
        # The module's name is the alias; that of a package of backends says nothing.
        name = parts[-1].lower() if parts[-2] == "backends" else parts[-2]
        return {"NAME": name, "DIRS": [], "APP_DIRS": False, "OPTIONS": {}, **entry}

    def __getitem__(self, alias: str) -> Any:
        engine = self._engines.get(alias)
        if engine is None:
            try:
                params = dict(self.templates[alias])
            except KeyError:
                near = get_close_matches(str(alias), list(self.templates), n=1)
                hint = f". Did you mean {near[0]!r}?" if near else ""
                raise InvalidTemplateEngineError(
                    f"Could not find config for '{alias}' in settings.TEMPLATES{hint}"
                ) from None
            backend: Any = params.pop("BACKEND")
            if backend == _REFUSED:
                raise ImproperlyConfigured(
                    f"{backend!r} renders Django's template language, which FastJango does not "
                    "have. Use 'fastjango.templates.backends.Jinja2'; Django's tags and filters "
                    "have their names there."
                )
            engine = import_string(str(_DJANGO_BACKENDS.get(backend, backend)))(params)
            self._engines[alias] = engine
        return engine

    def __iter__(self) -> Iterator[str]:
        return iter(self.templates)

    def all(self) -> list[Any]:
        """Return the engines in the order of the setting."""
        return [self[alias] for alias in self]

    def reset(self) -> None:
        """Forget the engines, so that the settings are read again."""
        self._templates = None
        self._engines = {}


engines = EngineHandler()
"""The engines of `settings.TEMPLATES`."""


@functools.lru_cache
def get_app_template_dirs(*dirnames: str) -> tuple[Path, ...]:
    """Return the folders of these names that the installed apps have, app by app.

    Raises:
        AppRegistryNotReady: The apps are not there yet.
    """
    return tuple(
        path
        for config in apps.get_app_configs()
        for name in dirnames
        if config.path and (path := Path(config.path) / name).is_dir()
    )


_RELOADING = frozenset({"DEBUG", "INSTALLED_APPS", "TEMPLATES"})


@setting_changed.register
def forget_engines(setting: str) -> None:
    """Make the engines anew after a setting that they depend on has changed."""
    if setting in _RELOADING:
        engines.reset()
        get_app_template_dirs.cache_clear()
