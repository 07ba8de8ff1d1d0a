"""The mark of an option that was not given."""

from __future__ import annotations

from typing import final

__all__ = ["NOT_PROVIDED"]


@final
class NOT_PROVIDED:  # noqa: N801 - Django's name
    """Stands for "no default": the class itself is the value."""
