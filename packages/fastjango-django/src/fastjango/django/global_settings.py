"""The defaults of all settings under the name of the module that Django keeps its own in.

An attribute is what the settings class of the installed plugin that owns the name gives.
"""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import Defaults

__all__: list[str] = []

_defaults = Defaults()


def __getattr__(name: str) -> Any:
    if not name.isupper():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_defaults, name)
