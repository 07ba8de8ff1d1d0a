"""Distances in time as people say them, as in `django.utils.timesince`."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from fastjango.core.timezone import is_aware
from fastjango.core.translation import gettext, ngettext_lazy
from fastjango.values.html import avoid_wrapping

__all__ = ["TIME_STRINGS", "timesince", "timeuntil"]

TIME_STRINGS: Final[dict[str, Any]] = {
    "year": ngettext_lazy("%(num)d year", "%(num)d years", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}
_UNITS: Final = tuple(TIME_STRINGS)
_CHUNKS: Final = (7 * 86400, 86400, 3600, 60)  # seconds of a week, day, hour and minute
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def timesince(
    d: datetime.date,
    now: datetime.date | None = None,
    reversed: bool = False,
    time_strings: Mapping[str, Any] | None = None,
    depth: int = 2,
) -> str:
    """Return the time from `d` to `now` in words, such as `"2 weeks, 3 days"`.

    Years and months count as the calendar has them; seconds are left out. Only neighbouring units
    are shown. A `d` in the future gives `"0 minutes"`. The spaces do not break.

    Args:
        now: The later date or moment; None means the present.
        reversed: Measure from `now` to `d` instead.
        time_strings: Other texts for `TIME_STRINGS`.
        depth: The most units to show.

    Raises:
        ValueError: The depth is less than 1.
    """
    strings = TIME_STRINGS if time_strings is None else time_strings
    if depth <= 0:
        raise ValueError("depth must be greater than 0.")
    start = _moment(d)
    if now is None:
        end = datetime.datetime.now(start.tzinfo if is_aware(start) else None)
    else:
        end = _moment(now)
        if is_aware(end) and is_aware(start):
            end = end.astimezone(start.tzinfo)
    if reversed:
        start, end = end, start
    delta = end - start
    if delta.days * 86400 + delta.seconds <= 0:
        return avoid_wrapping(strings["minute"] % {"num": 0})
    shown: list[str] = []
    for unit, count in zip(_UNITS, _counts(start, end), strict=True):
        if count:
            shown.append(avoid_wrapping(strings[unit] % {"num": count}))
        if len(shown) == depth or (shown and not count):
            break
    if not shown:
        return avoid_wrapping(strings["minute"] % {"num": 0})
    return gettext(", ").join(shown)


def _moment(value: datetime.date) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    return datetime.datetime(value.year, value.month, value.day)


def _counts(start: datetime.datetime, end: datetime.datetime) -> list[int]:
    """Return the years, months, weeks, days, hours and minutes between two moments."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if (start.day, start.time()) > (end.day, end.time()):
        months -= 1
    pivot = _later(start, months) if months else start
    rest = (end - pivot).total_seconds()
    counts = list(divmod(months, 12))
    for chunk in _CHUNKS:
        count = int(rest // chunk)
        counts.append(count)
        rest -= chunk * count
    return counts


def _later(start: datetime.datetime, months: int) -> datetime.datetime:
    """Return the moment some months later, on the last day of a month that is too short."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return datetime.datetime(
        year,
        month + 1,
        min(_MONTH_DAYS[month], start.day),
        start.hour,
        start.minute,
        start.second,
        tzinfo=start.tzinfo,
    )


def timeuntil(
    d: datetime.date,
    now: datetime.date | None = None,
    time_strings: Mapping[str, Any] | None = None,
    depth: int = 2,
) -> str:
    """Return the time from `now` until `d` in words; see `timesince`."""
    return timesince(d, now, reversed=True, time_strings=time_strings, depth=depth)
