"""Text of databases to Python's values and back, without time zones."""

from __future__ import annotations

import datetime
import decimal
import re

__all__ = ["format_number", "typecast_date", "typecast_time", "typecast_timestamp"]


def typecast_date(s: str | None) -> datetime.date | None:
    """Read ``2005-07-29``; None and an empty text are None."""
    return datetime.date(*map(int, s.split("-"))) if s else None


def typecast_time(s: str | None) -> datetime.time | None:
    """Read ``15:48:00[.590358]``; digits beyond microseconds are cut off."""
    if not s:
        return None
    hour, minute, second = s.split(":")
    second, _, fraction = second.partition(".")
    micros = int(fraction.ljust(6, "0")[:6])
    return datetime.time(int(hour), int(minute), int(second), micros)


def typecast_timestamp(s: str | None) -> datetime.date | datetime.datetime | None:
    """Read ``2005-07-29[ 15:48:00[.590358][-05]]``; the offset is dropped."""
    if not s:
        return None
    day, _, clock = s.partition(" ")
    date = typecast_date(day)
    time = typecast_time(re.split(r"[+-]", clock, maxsplit=1)[0])
    if date is None or time is None:
        return date
    return datetime.datetime.combine(date, time)


def format_number(
    value: decimal.Decimal | None, max_digits: int | None, decimal_places: int | None
) -> str | None:
    """Write a decimal with exactly so many places.

    Args:
        value: The number.
        max_digits: Digits it may have; None for any.
        decimal_places: Places to round to; None writes the number as it is, and refuses to round
            it to `max_digits`.

    Raises:
        decimal.Rounded: The number has more digits than `max_digits`.
    """
    if value is None:
        return None
    context = decimal.getcontext().copy()
    if max_digits is not None:
        context.prec = max_digits
    if decimal_places is None:
        context.traps[decimal.Rounded] = True
        return f"{context.create_decimal(value):f}"
    return f"{value.quantize(decimal.Decimal(1).scaleb(-decimal_places), context=context):f}"
