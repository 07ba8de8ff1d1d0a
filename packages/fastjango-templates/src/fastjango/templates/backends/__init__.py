"""Template backends: classes that `BACKEND` of `TEMPLATES` names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.templates.backends.base import BaseEngine
    from fastjango.templates.backends.jinja2 import Jinja2

__all__ = ["BaseEngine", "Jinja2"]


_HOMES = {"BaseEngine": "base", "Jinja2": "jinja2"}


def __getattr__(name: str) -> Any:
    """Load a class when it is asked for: that of Jinja2 loads Jinja2."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
