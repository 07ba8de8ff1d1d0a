"""What asking for a value raises that its column cannot have: no row has it then."""

from __future__ import annotations

from fastjango.orm.exceptions import DataError

__all__ = ["UNFIT"]

# Text for a number, text that no encoding can write, a number or a time too large, and what only
# the database knows: on PostgreSQL, a text with NUL.
UNFIT = (TypeError, ValueError, OverflowError, DataError)
