"""Filters of the language's formats: `localize` and `unlocalize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastjango.templates.filtering import filter_options
from fastjango.values import formats

__all__ = ["FILTERS", "localize", "unlocalize"]


@filter_options(varies=True)
def localize(value: Any) -> str:
    """Return a number or date as text in the format of the language."""
    return str(formats.localize(value, use_l10n=True))


@filter_options(varies=True)
def unlocalize(value: Any) -> str:
    """Return a number or date as text, whatever the language."""
    return str(formats.localize(value, use_l10n=False))


FILTERS: Final[dict[str, Callable[..., Any]]] = {"localize": localize, "unlocalize": unlocalize}
"""The filters by the names that templates use."""
