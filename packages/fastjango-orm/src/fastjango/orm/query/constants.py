"""Constants of the query layer: the lookup separator, join kinds, result kinds."""

from __future__ import annotations

from typing import Final

from fastjango.orm.constants import LOOKUP_SEP, OnConflict

__all__ = [
    "AND",
    "GET_ITERATOR_CHUNK_SIZE",
    "INNER",
    "LOOKUP_SEP",
    "LOUTER",
    "MAX_GET_RESULTS",
    "MULTI",
    "NO_RESULTS",
    "OR",
    "REPR_OUTPUT_SIZE",
    "ROW_COUNT",
    "SINGLE",
    "SORTING_ALIAS",
    "XOR",
    "OnConflict",
]

AND: Final = "AND"
OR: Final = "OR"
XOR: Final = "XOR"

INNER: Final = "INNER JOIN"
LOUTER: Final = "LEFT OUTER JOIN"

MULTI: Final = "multi"
SINGLE: Final = "single"
NO_RESULTS: Final = "no results"
ROW_COUNT: Final = "row count"

GET_ITERATOR_CHUNK_SIZE: Final = 100
"""Rows fetched at once by loops that do not name a chunk size."""

MAX_GET_RESULTS: Final = 21
"""Most rows `get()` reads before it says "more than 20"."""

REPR_OUTPUT_SIZE: Final = 20
"""Most rows shown by `repr(queryset)`."""

SORTING_ALIAS = "__orderbycol"
"""How the aliases begin of what a set operation selects only to sort by it."""
