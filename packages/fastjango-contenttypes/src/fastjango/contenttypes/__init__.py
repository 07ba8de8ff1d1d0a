"""Content types and generic relations, with Django's tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fields import GenericForeignKey as GenericForeignKey
    from .fields import GenericRelation as GenericRelation
    from .models import ContentType as ContentType
    from .prefetch import GenericPrefetch as GenericPrefetch

__all__ = ["ContentType", "GenericForeignKey", "GenericPrefetch", "GenericRelation"]

# Loaded at first use: the modules need models, and those need the apps to be set up.
_LAZY = {
    "ContentType": "models",
    "GenericForeignKey": "fields",
    "GenericPrefetch": "prefetch",
    "GenericRelation": "fields",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
