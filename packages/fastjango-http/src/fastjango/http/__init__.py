"""The web layer: a FastAPI that reads like Django."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .application import FastJango
    from .asgi import get_asgi_application
    from .router import Router

# Public name -> module that defines it; loaded when first asked for, so that importing this
# package costs nothing and a part with heavier dependencies never delays the others.
_HOMES = {
    "FastJango": "application",
    "Router": "router",
    "get_asgi_application": "asgi",
}

__all__ = [
    "FastJango",
    "Router",
    "get_asgi_application",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
