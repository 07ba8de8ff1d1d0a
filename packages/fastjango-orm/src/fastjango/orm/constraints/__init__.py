"""What `Meta.constraints` holds."""

from __future__ import annotations

from .base import BaseConstraint
from .check import CheckConstraint
from .unique import Deferrable, UniqueConstraint

__all__ = ["BaseConstraint", "CheckConstraint", "Deferrable", "UniqueConstraint"]
