"""Putting Django's filters, tags and functions, and those of apps, into an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastjango.core import apps, translation
from fastjango.core.imports import import_string
from fastjango.templates import defaultfilters, humanize, l10n, tz
from fastjango.templates.environment import CompiledTemplate, Environment, RenderContext
from fastjango.templates.filtering import adapt
from fastjango.templates.functions import FUNCTIONS
from fastjango.templates.hooks import jinja_extensions
from fastjango.templates.library import Library, find_libraries
from fastjango.templates.tag_functions import TAG_FUNCTIONS
from fastjango.templates.tags import (
    BlockTags,
    FunctionTags,
    LibraryTags,
    LoadTag,
    MemoryTags,
    PartialTags,
    SourceTags,
)
from fastjango.templates.translating import TRANSLATORS
from fastjango.templates.translation_tags import TranslationTags
from jinja2.filters import FILTERS as STANDARD_FILTERS

__all__ = ["context_processors", "install"]

_TAGS = (BlockTags, FunctionTags, LoadTag, MemoryTags, PartialTags, SourceTags, TranslationTags)
_LIBRARIES = ("cache", "humanize", "i18n", "l10n", "static", "tz")
_FILTERS = {
    name: adapt(function)
    for filters in (
        defaultfilters.FILTERS,
        humanize.FILTERS,
        l10n.FILTERS,
        tz.FILTERS,
    )
    for name, function in filters.items()
}
# Jinja2's marks its result for other engines as well, and is known to its optimizer.
for _name in ("escape", "safe"):
    del _FILTERS[_name]


def install(
    environment: Any,
    engine: Any,
    extensions: Iterable[Any],
    extra: Mapping[str, Mapping[str, Any]],
) -> None:
    """Complete an environment; what a project's own factory has put into it stays.

    Args:
        environment: The environment.
        engine: The engine it is for.
        extensions: Further extensions.
        extra: Further `filters`, `globals` and `tests`.
    """
    environment.engine = engine
    environment.context_class = RenderContext
    environment.template_class = CompiledTemplate
    for name, function in _FILTERS.items():
        standard = STANDARD_FILTERS.get(name)
        if environment.filters.get(name, standard) is standard:
            environment.filters[name] = function
    for name, function in FUNCTIONS.items():
        environment.globals.setdefault(name, function)
    environment.tag_functions = dict(TAG_FUNCTIONS)
    environment.library_tags = set()
    environment.library_block_tags = set()
    environment.library_names = set[str](_LIBRARIES)
    for path, library in find_libraries():
        environment.library_names.add(path.rpartition(".")[2])
        _install_library(environment, library)
    if apps.apps_ready:
        for config in apps.get_app_configs():
            environment.globals.update(config.template_globals())
    environment.filters.update(extra["filters"])
    environment.globals.update(extra["globals"])
    environment.tests.update(extra["tests"])
    offered = [extension for found in jinja_extensions.call() for extension in found]
    for extension in ("jinja2.ext.i18n", *_TAGS, LibraryTags, *offered, *extensions):
        environment.add_extension(extension)
    environment.install_gettext_callables(
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    if isinstance(environment, Environment):
        # Jinja2's mark whatever they get as safe; ours, what the template's source holds.
        environment.globals.update(TRANSLATORS)


def _install_library(environment: Any, library: Library) -> None:
    for name, function in library.filters.items():
        environment.filters[name] = adapt(function)
    for name, function in library.functions.items():
        environment.tag_functions[name] = function
        if name in library.block_tags:
            environment.library_block_tags.add(name)
        else:
            environment.globals[name] = function
            environment.library_tags.add(name)


def context_processors(option: Iterable[Any]) -> tuple[Callable[[Any], Any], ...]:
    """Return the context processors that apps contribute, then those of an engine's option.

    Args:
        option: Functions or dotted paths; Django's paths stand for ours.
    """
    contributed = (
        [entry for config in apps.get_app_configs() for entry in config.context_processors()]
        if apps.apps_ready
        else []
    )
    found = [_resolved(entry) for entry in (*contributed, *option)]
    return tuple(dict.fromkeys(found))


def _resolved(entry: Any) -> Callable[[Any], Any]:
    if isinstance(entry, str):
        if entry.startswith("django."):
            entry = entry.replace("django.template.", "fastjango.templates.", 1)
            entry = entry.replace("django.contrib.", "fastjango.", 1)
        entry = import_string(entry)
    processor: Callable[[Any], Any] = entry
    return processor
