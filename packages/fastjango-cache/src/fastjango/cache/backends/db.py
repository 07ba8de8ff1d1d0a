"""A cache in a table of the database: `DatabaseCache`, loaded from `fastjango.cache.orm`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__: list[str] = []

_NAMES = ("BaseDatabaseCache", "DatabaseCache", "entry_model")


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("fastjango.cache.orm.backend"), name)
