"""What the SQL functions on dates and times of `functions` compute.

Moments are stored as text; of what is none, parts are NULL, but differences an error.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from fastjango.core import timezone
from fastjango.orm.engine.zones import split_tzname_delta
from fastjango.values.duration import duration_microseconds

__all__ = [
    "cast_date",
    "cast_time",
    "date_trunc",
    "datetime_extract",
    "datetime_trunc",
    "format_dtdelta",
    "time_diff",
    "time_extract",
    "time_trunc",
    "timestamp_diff",
]

Value = Any


def _timestamp(text: str) -> datetime | date:
    """Read ``2005-07-29[ 15:48:00[.590358]][-05]``; the offset is dropped."""
    day, _, clock = text.partition(" ")
    if not clock:
        return date(*map(int, day.split("-")))
    clock = re.split(r"[+-]", clock, maxsplit=1)[0]
    return datetime.combine(date(*map(int, day.split("-"))), _clock(clock))


def _clock(text: str) -> time:
    hour, minute, second = text.split(":")
    second, _, fraction = second.partition(".")
    return time(int(hour), int(minute), int(second), int(fraction.ljust(6, "0")[:6] or 0))


def _moment(text: str | None, tzname: str | None, conn_tzname: str | None) -> Any:
    """Read a stored datetime as a local one in `tzname`; None for what is no datetime."""
    if text is None:
        return None
    try:
        found: Any = _timestamp(text)
    except (TypeError, ValueError, AttributeError):
        return None
    if conn_tzname:
        found = found.replace(tzinfo=zoneinfo.ZoneInfo(conn_tzname))
    if tzname is not None and tzname != conn_tzname:
        name, sign, offset = split_tzname_delta(tzname)
        if offset:
            hours, minutes = offset.split(":")
            delta = timedelta(hours=int(hours), minutes=int(minutes))
            found = found + delta if sign == "+" else found - delta
        found = timezone.localtime(found, zoneinfo.ZoneInfo(name or conn_tzname or "UTC"))
    return found


_TRUNCATE_DATE: dict[str, Callable[[Any], Any]] = {
    "year": lambda d: d.replace(month=1, day=1),
    "quarter": lambda d: d.replace(month=d.month - (d.month - 1) % 3, day=1),
    "month": lambda d: d.replace(day=1),
    "week": lambda d: d - timedelta(days=d.weekday()),
    "day": lambda d: d,
}
_CLOCK_FORMATS = {"hour": "%H:00:00", "minute": "%H:%M:00", "second": "%H:%M:%S"}


def _unsupported(lookup_type: str) -> ValueError:
    return ValueError(f"Unsupported lookup type: {lookup_type!r}")


def _day_of(moment: Any) -> str:
    return f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"


def date_trunc(
    lookup_type: str, text: str | None, tzname: str | None, conn_tzname: str | None
) -> str | None:
    """The first day of the year, quarter, month or week that a moment is in."""
    moment = _moment(text, tzname, conn_tzname)
    if moment is None:
        return None
    if lookup_type not in _TRUNCATE_DATE:
        raise _unsupported(lookup_type)
    return _day_of(_TRUNCATE_DATE[lookup_type](moment))


def datetime_trunc(
    lookup_type: str, text: str | None, tzname: str | None, conn_tzname: str | None
) -> str | None:
    """The first moment of the year, quarter, month, week, day, hour, minute or second of one."""
    moment = _moment(text, tzname, conn_tzname)
    if moment is None:
        return None
    if lookup_type in _TRUNCATE_DATE:
        return f"{_day_of(_TRUNCATE_DATE[lookup_type](moment))} 00:00:00"
    if lookup_type in _CLOCK_FORMATS:
        return f"{_day_of(moment)} {moment.strftime(_CLOCK_FORMATS[lookup_type])}"
    raise _unsupported(lookup_type)


def time_trunc(
    lookup_type: str, text: str | None, tzname: str | None, conn_tzname: str | None
) -> str | None:
    """The first time of the hour, minute or second that a time is in."""
    if text is None:
        return None
    moment = _moment(text, tzname, conn_tzname)
    if moment is None:
        try:
            moment = _clock(text)
        except (TypeError, ValueError):
            return None
    if lookup_type not in _CLOCK_FORMATS:
        raise _unsupported(lookup_type)
    return str(moment.strftime(_CLOCK_FORMATS[lookup_type]))


def cast_date(text: str | None, tzname: str | None, conn_tzname: str | None) -> str | None:
    """The date of a moment."""
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else _day_of(moment)


def cast_time(text: str | None, tzname: str | None, conn_tzname: str | None) -> str | None:
    """The time of a moment."""
    moment = _moment(text, tzname, conn_tzname)
    return None if moment is None else str(moment.time().isoformat())


_EXTRACT: dict[str, Callable[[Any], int]] = {
    "week_day": lambda d: d.isoweekday() % 7 + 1,
    "iso_week_day": lambda d: d.isoweekday(),
    "week": lambda d: d.isocalendar().week,
    "quarter": lambda d: (d.month + 2) // 3,
    "iso_year": lambda d: d.isocalendar().year,
}


def datetime_extract(
    lookup_type: str,
    text: str | None,
    tzname: str | None = None,
    conn_tzname: str | None = None,
) -> int | None:
    """A part of a moment as a number, such as its `week_day`."""
    moment = _moment(text, tzname, conn_tzname)
    if moment is None:
        return None
    if lookup_type in _EXTRACT:
        return _EXTRACT[lookup_type](moment)
    found: int = getattr(moment, lookup_type)
    return found


def time_extract(lookup_type: str, text: str | None) -> int | None:
    """A part of a time as a number."""
    if text is None:
        return None
    try:
        found: int = getattr(_clock(text), lookup_type)
    except (ValueError, TypeError):
        return None
    return found


def _operand(connector: str, value: Value) -> Value:
    if connector in "+-":
        return timedelta(microseconds=value) if isinstance(value, int) else _timestamp(value)
    return value


def _divided(lhs: Any, rhs: Any) -> Any:
    return lhs / rhs


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: str(a + b),
    "-": lambda a, b: str(a - b),
    "*": lambda a, b: a * b,
}


def format_dtdelta(connector: str, lhs: Value, rhs: Value) -> Value:
    """Combine a datetime (text) or duration (microseconds) with another."""
    connector = connector.strip()
    try:
        left, right = _operand(connector, lhs), _operand(connector, rhs)
    except (ValueError, TypeError, AttributeError):
        return None
    return _ARITHMETIC.get(connector, _divided)(left, right)


def _micros(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def time_diff(lhs: str, rhs: str) -> int:
    """The microseconds between two times."""
    return _micros(_clock(lhs)) - _micros(_clock(rhs))


def timestamp_diff(lhs: str, rhs: str) -> int:
    """The microseconds between two moments."""
    left: Any = _timestamp(lhs)
    return int(duration_microseconds(left - _timestamp(rhs)))
