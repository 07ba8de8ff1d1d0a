"""System checks of `CACHES`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastjango.cache.backends.filebased import FileBasedCache
from fastjango.cache.handler import DEFAULT_CACHE_ALIAS, caches
from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Error, Tags, register
from fastjango.core.checks import Warning as CheckWarning

__all__ = [
    "ALL",
    "check_cache_location_not_exposed",
    "check_default_cache_is_configured",
    "check_file_based_cache_is_absolute",
]


@register(Tags.caches)
def check_default_cache_is_configured(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """There is a default cache."""
    if DEFAULT_CACHE_ALIAS in settings.CACHES:
        return []
    return [
        Error(
            f"You must define a '{DEFAULT_CACHE_ALIAS}' cache in your CACHES setting.",
            id="caches.E001",
        )
    ]


def _file_caches() -> Iterator[tuple[str, FileBasedCache]]:
    for alias in settings.CACHES:
        cache = caches[alias]
        if isinstance(cache, FileBasedCache):
            yield alias, cache


def _public_folders() -> Iterator[tuple[str, set[Path]]]:
    """Folders whose files everybody can fetch, by setting."""
    for name in ("MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS"):
        value: Any = getattr(settings, name, None)
        if not value:
            continue
        folders: list[Any] = value if name == "STATICFILES_DIRS" else [value]
        # An entry may be a pair of prefix and folder.
        paths: list[Any] = [one if isinstance(one, (str, Path)) else one[1] for one in folders]
        yield name, {Path(path).resolve() for path in paths}


def _relation(public: set[Path], folder: Path) -> str | None:
    if folder in public:
        return "matches"
    if public & set(folder.parents):
        return "is inside"
    return "contains" if any(folder in one.parents for one in public) else None


@register(Tags.caches, deploy=True)
def check_cache_location_not_exposed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No cache lies where everybody can fetch or upload files."""
    return [
        CheckWarning(
            f"Your '{alias}' cache configuration might expose your cache or lead to corruption "
            f"of your data because its LOCATION {relation} {name}.",
            id="caches.W002",
        )
        for name, public in _public_folders()
        for alias, cache in _file_caches()
        if (relation := _relation(public, Path(cache._dir).resolve()))  # pyright: ignore[reportPrivateUsage]  # same distribution
    ]


@register(Tags.caches)
def check_file_based_cache_is_absolute(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No cache lies where the process happens to be started."""
    return [
        CheckWarning(
            f"Your '{alias}' cache LOCATION path is relative. Use an absolute path instead.",
            id="caches.W003",
        )
        for alias, _cache in _file_caches()
        if not Path(settings.CACHES[alias]["LOCATION"]).is_absolute()
    ]


ALL = (
    check_default_cache_is_configured,
    check_cache_location_not_exposed,
    check_file_based_cache_is_absolute,
)
