"""Constants shared by models and queries."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["LOOKUP_SEP", "OnConflict"]

#: Stands between the names of a path: `author__name__icontains`.
LOOKUP_SEP: Final = "__"


class OnConflict(Enum):
    """What an insert does with a row that is there already."""

    IGNORE = "ignore"
    UPDATE = "update"
