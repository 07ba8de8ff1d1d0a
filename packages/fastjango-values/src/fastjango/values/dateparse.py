"""Dates, times and durations read from text, as in `django.utils.dateparse`."""

import datetime
import re
from typing import Final

from fastjango.core.timezone import get_fixed_timezone
from fastjango.values.regex_helper import lazy_re_compile

__all__ = ["parse_date", "parse_datetime", "parse_duration", "parse_time"]

_DATE = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,](?P<microsecond>\d{1,6})\d{0,6})?)?"
)
date_re: Final = lazy_re_compile(_DATE + "$")
time_re: Final = lazy_re_compile(_TIME + "$")
datetime_re: Final = lazy_re_compile(
    _DATE + "[T ]" + _TIME + r"\s*(?P<tzinfo>Z|[+-]\d{2}(?::?\d{2})?)?$"
)
standard_duration_re: Final = lazy_re_compile(
    r"^(?:(?P<days>-?\d+) (days?, )?)?"
    r"(?P<sign>-?)"
    r"((?:(?P<hours>\d+):)(?=\d+:\d+))?"
    r"(?:(?P<minutes>\d+):)?"
    r"(?P<seconds>\d+)"
    r"(?:[.,](?P<microseconds>\d{1,6})\d{0,6})?$"
)
_NUMBER = r"\d+([.,]\d+)?"
iso8601_duration_re: Final = lazy_re_compile(
    r"^(?P<sign>[-+]?)P"
    rf"(?:(?P<weeks>{_NUMBER})W)?"
    rf"(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?$"
)
postgres_interval_re: Final = lazy_re_compile(
    r"^(?:(?P<days>-?\d+) (days? ?))?"
    r"(?:(?P<sign>[-+])?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)"
    r"(?:\.(?P<microseconds>\d{1,6}))?)?$"
)

# A timedelta holds 999,999,999 days; no valid duration has longer numbers than this.
MAX_DURATION_LENGTH: Final = 200  # characters


def _numbers(match: "re.Match[str]") -> dict[str, int]:
    parts: dict[str, str | None] = match.groupdict()
    parts.pop("tzinfo", None)
    if fraction := parts.get("microsecond"):
        parts["microsecond"] = fraction.ljust(6, "0")
    return {name: int(digits) for name, digits in parts.items() if digits is not None}


def parse_date(value: str) -> datetime.date | None:
    """Read a date such as `2026-11-21` or `2026-1-5`.

    Returns:
        The date, or None when the text does not look like one.

    Raises:
        ValueError: The text looks like a date that does not exist.
    """
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        if match := date_re.match(value):
            parts = _numbers(match)
            return datetime.date(parts["year"], parts["month"], parts["day"])
        return None


def parse_time(value: str) -> datetime.time | None:
    """Read a time such as `9:05`, `09:05:01` or `09:05:01,5`; time zones are not supported.

    Returns:
        A naive time, or None when the text does not look like a time or has an offset.

    Raises:
        ValueError: The text looks like a time that does not exist.
    """
    try:
        # An offset is dropped, as in Django, when the ISO form carries one.
        return datetime.time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        if match := time_re.match(value):
            parts = _numbers(match)
            return datetime.time(
                parts["hour"],
                parts["minute"],
                parts.get("second", 0),
                parts.get("microsecond", 0),
            )
        return None


def parse_datetime(value: str) -> datetime.datetime | None:
    """Read a date and time, aware when the text has an offset or a `Z`.

    Returns:
        The moment, or None when the text does not look like one.

    Raises:
        ValueError: The text looks like a moment that does not exist.
    """
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        match = datetime_re.match(value)
        if match is None:
            return None
        parts = _numbers(match)
        zone: str | None = match["tzinfo"]
        return datetime.datetime(
            parts["year"],
            parts["month"],
            parts["day"],
            parts["hour"],
            parts["minute"],
            parts.get("second", 0),
            parts.get("microsecond", 0),
            tzinfo=None if zone is None else _zone(zone),
        )


def _zone(text: str) -> datetime.tzinfo:
    if text == "Z":
        return datetime.UTC
    minutes = 60 * int(text[1:3]) + (int(text[-2:]) if len(text) > 3 else 0)
    return get_fixed_timezone(-minutes if text[0] == "-" else minutes)


def parse_duration(value: str) -> datetime.timedelta | None:
    """Read a duration: `"[days ][[HH:]MM:]SS[.ffffff]"`, ISO 8601 or PostgreSQL's interval.

    Returns:
        The duration, or None when the text (at most 200 characters) does not look like one.

    Raises:
        OverflowError: The duration does not fit a `timedelta`.
    """
    if len(value) > MAX_DURATION_LENGTH:
        return None
    match = (
        standard_duration_re.match(value)
        or iso8601_duration_re.match(value)
        or postgres_interval_re.match(value)
    )
    if match is None:
        return None
    parts: dict[str, str | None] = match.groupdict()
    sign = -1 if parts.pop("sign", "+") == "-" else 1
    if fraction := parts.get("microseconds"):
        parts["microseconds"] = fraction.ljust(6, "0")
    numbers = {
        name: float(digits.replace(",", "."))
        for name, digits in parts.items()
        if digits is not None
    }
    days = datetime.timedelta(numbers.pop("days", 0.0))
    if "weeks" in parts:  # only the ISO form: its sign covers the days as well
        days *= sign
    return days + sign * datetime.timedelta(**numbers)
