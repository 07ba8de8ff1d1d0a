"""What can be copied by its `__dict__` alone."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, TypeVar

__all__ = ["is_plain", "shallow_copy"]

T = TypeVar("T")


@cache  # one entry for each class of fields and widgets
def is_plain(cls: type) -> bool:
    """Tell whether instances are their `__dict__`: no slots, no `__copy__`, no `__reduce__`."""
    return not any(
        name in base.__dict__
        for base in cls.__mro__[:-1]
        for name in ("__slots__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__")
    )


def shallow_copy(original: T) -> T:
    """Return what `copy.copy` does, without its detour through pickling where there is no need."""
    cls: Any = type(original)
    if not is_plain(cls):
        return copy.copy(original)
    clone: T = object.__new__(cls)
    vars(clone).update(vars(original))
    return clone
