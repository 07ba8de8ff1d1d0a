"""The settings the engine reads, live, through one narrow door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastjango.core.conf import settings

__all__ = ["database_routers", "databases", "is_debug", "is_using_tz", "time_zone"]


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
