"""The settings the engine reads, live, through one narrow door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastjango.core.conf import settings

__all__ = [
    "database_routers",
    "databases",
    "is_debug",
    "is_using_tz",
    "is_watching",
    "slow_query_seconds",
    "time_zone",
]

# Settings as of `settings.generation`: whether to watch queries, and from when they are slow.
_seen: tuple[int, bool, float | None] = (-1, False, None)


def _read() -> tuple[int, bool, float | None]:
    global _seen
    generation = settings.generation
    if not settings.configured:
        return (-1, False, None)
    debug = bool(settings.DEBUG)
    seconds: float | None = settings.ORM_SLOW_QUERY_SECONDS
    _seen = (generation, debug or seconds is not None, seconds)
    return _seen


def is_watching() -> bool:
    """Whether queries are logged (`DEBUG`) or timed (`ORM_SLOW_QUERY_SECONDS`)."""
    seen = _seen
    return seen[1] if seen[0] == settings.generation else _read()[1]


def slow_query_seconds() -> float | None:
    """`ORM_SLOW_QUERY_SECONDS`."""
    seen = _seen
    return seen[2] if seen[0] == settings.generation else _read()[2]


def is_debug() -> bool:
    """`DEBUG`; False while no settings are configured, so that scripts without any can run."""
    return settings.configured and bool(settings.DEBUG)


def is_using_tz() -> bool:
    """`USE_TZ`; True, its default, while no settings are configured."""
    return not settings.configured or bool(settings.USE_TZ)


def time_zone() -> str:
    """`TIME_ZONE`; UTC while no settings are configured."""
    return str(settings.TIME_ZONE) if settings.configured else "UTC"


def databases() -> Mapping[str, Any]:
    """`DATABASES`."""
    found: Mapping[str, Any] = settings.DATABASES
    return found


def database_routers() -> Sequence[Any]:
    """`DATABASE_ROUTERS`."""
    found: Sequence[Any] = settings.DATABASE_ROUTERS
    return found
