"""Middleware: the chain around the router, and the kinds of things that may stand in it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .chain import wrap_app
    from .entries import MiddlewareEntry
    from .exchange import Exchange, request_for
    from .layer import Layer

_HOMES = {
    "Exchange": "exchange",
    "Layer": "layer",
    "MiddlewareEntry": "entries",
    "request_for": "exchange",
    "wrap_app": "chain",
}

__all__ = ["Exchange", "Layer", "MiddlewareEntry", "request_for", "wrap_app"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
