"""Kept for code that imports it, as in `django.utils.itercompat`."""

from typing import Any

__all__ = ["is_iterable"]


def is_iterable(x: Any) -> bool:
    """Tell whether `iter(x)` works."""
    try:
        iter(x)
    except TypeError:
        return False
    return True
