"""Dates and times in PHP's format letters, as in `django.utils.dateformat`."""

import calendar
import datetime
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any, Final

from fastjango.core.timezone import get_default_timezone, is_naive, make_aware
from fastjango.core.translation import gettext as _
from fastjango.values.dates import (
    MONTHS,
    MONTHS_3,
    MONTHS_ALT,
    MONTHS_AP,
    WEEKDAYS,
    WEEKDAYS_ABBR,
)
from fastjango.values.regex_helper import lazy_re_compile

__all__ = ["DateFormat", "TimeFormat", "format", "time_format"]

_LETTERS: Final = lazy_re_compile(r"(?<!\\)([aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTUuwWyYzZ])")
_ESCAPED: Final = lazy_re_compile(r"\\(.)")
_TEENS: Final = (11, 12, 13)
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd"}


def _is_ambiguous_or_imaginary(moment: datetime.datetime, zone: datetime.tzinfo) -> bool:
    naive = moment.replace(tzinfo=None)
    return zone.utcoffset(naive.replace(fold=not naive.fold)) != zone.utcoffset(naive)


class TimeFormat:
    """Formats a time of day; each letter of the format is a method.

    Time zones are known only for `datetime` objects; the letters `e`, `O`, `T` and `Z` give
    nothing for others, nor for a moment that its zone has twice or not at all.
    """

    def __init__(self, obj: Any) -> None:
        self.data: Any = obj
        self.timezone: datetime.tzinfo | None = None
        if isinstance(obj, datetime.datetime):
            zone = obj.tzinfo if obj.tzinfo is not None else get_default_timezone()
            if not _is_ambiguous_or_imaginary(obj, zone):
                self.timezone = zone

    def format(self, formatstr: Any) -> str:
        """Return the text for a format; a backslash takes the meaning from a letter.

        Raises:
            TypeError: The format of a plain date asks for a time.
        """
        pieces: list[str] = []
        for position, piece in enumerate(_LETTERS.split(str(formatstr))):
            if not position % 2:
                pieces.append(_ESCAPED.sub(r"\1", piece))
                continue
            if type(self.data) is datetime.date and hasattr(TimeFormat, piece):
                raise TypeError(
                    "The format for date objects may not contain time-related format "
                    f"specifiers (found '{piece}')."
                )
            letter: Callable[[], object] = getattr(self, piece)
            pieces.append(str(letter()))
        return "".join(pieces)

    def a(self) -> str:
        """`a.m.` or `p.m.`"""
        return _("p.m.") if self.data.hour > 11 else _("a.m.")

    def A(self) -> str:  # noqa: N802  # a format letter
        """`AM` or `PM`"""
        return _("PM") if self.data.hour > 11 else _("AM")

    def e(self) -> str:
        """The name of the time zone, `""` when there is none."""
        if self.timezone is None or getattr(self.data, "tzinfo", None) is None:
            return ""
        try:
            return self.data.tzname() or ""
        except NotImplementedError:
            return ""

    def f(self) -> str:
        """The hour of twelve, with the minutes unless they are 0: `1`, `1:30`."""
        return f"{self.g()}:{self.data.minute:02d}" if self.data.minute else str(self.g())

    def g(self) -> int:
        """The hour, 1 to 12."""
        hour: int = self.data.hour
        return hour % 12 or 12

    def G(self) -> int:  # noqa: N802  # a format letter
        """The hour, 0 to 23."""
        hour: int = self.data.hour
        return hour

    def h(self) -> str:
        """The hour, 01 to 12."""
        return f"{self.g():02d}"

    def H(self) -> str:  # noqa: N802  # a format letter
        """The hour, 00 to 23."""
        return f"{self.data.hour:02d}"

    def i(self) -> str:
        """The minute, 00 to 59."""
        return f"{self.data.minute:02d}"

    def _offset_seconds(self) -> int | None:
        offset = None if self.timezone is None else self.timezone.utcoffset(self.data)
        return None if offset is None else offset.days * 86400 + offset.seconds

    def O(self) -> str:  # noqa: E743, N802  # a format letter
        """The distance to UTC as `+0200`, `""` without a time zone."""
        seconds = self._offset_seconds()
        if seconds is None:
            return ""
        minutes = abs(seconds) // 60
        return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"

    def P(self) -> str:  # noqa: N802  # a format letter
        """The hour of twelve with `a.m.` or `p.m.`, `midnight` or `noon`."""
        if self.data.minute == 0 and self.data.hour == 0:
            return _("midnight")
        if self.data.minute == 0 and self.data.hour == 12:
            return _("noon")
        return f"{self.f()} {self.a()}"

    def s(self) -> str:
        """The second, 00 to 59."""
        return f"{self.data.second:02d}"

    def T(self) -> str:  # noqa: N802  # a format letter
        """The short name of the time zone, `""` when there is none."""
        return "" if self.timezone is None else str(self.timezone.tzname(self.data))

    def u(self) -> str:
        """The microseconds, 000000 to 999999."""
        return f"{self.data.microsecond:06d}"

    def Z(self) -> int | str:  # noqa: N802  # a format letter
        """The distance to UTC in seconds, positive to the east; `""` without a time zone."""
        seconds = self._offset_seconds()
        return "" if seconds is None else seconds


class DateFormat(TimeFormat):
    """Formats a date, with or without a time of day; each letter of the format is a method."""

    def b(self) -> Any:
        """The month in three small letters."""
        return MONTHS_3[self.data.month]

    def c(self) -> str:
        """The ISO 8601 form."""
        text: str = self.data.isoformat()
        return text

    def d(self) -> str:
        """The day of the month, 01 to 31."""
        return f"{self.data.day:02d}"

    def D(self) -> Any:  # noqa: N802  # a format letter
        """The day of the week in three letters."""
        return WEEKDAYS_ABBR[self.data.weekday()]

    def E(self) -> Any:  # noqa: N802  # a format letter
        """The month in the form that some languages use in long dates."""
        return MONTHS_ALT[self.data.month]

    def F(self) -> Any:  # noqa: N802  # a format letter
        """The month's name."""
        return MONTHS[self.data.month]

    def I(self) -> str:  # noqa: E743, N802  # a format letter
        """`1` in daylight saving time, else `0`; `""` without a time zone."""
        if self.timezone is None:
            return ""
        return "1" if self.timezone.dst(self.data) else "0"

    def j(self) -> int:
        """The day of the month, 1 to 31."""
        day: int = self.data.day
        return day

    def l(self) -> Any:  # noqa: E743  # a format letter
        """The day of the week's name."""
        return WEEKDAYS[self.data.weekday()]

    def L(self) -> bool:  # noqa: N802  # a format letter
        """Whether it is a leap year."""
        return calendar.isleap(self.data.year)

    def m(self) -> str:
        """The month, 01 to 12."""
        return f"{self.data.month:02d}"

    def M(self) -> str:  # noqa: N802  # a format letter
        """The month in three letters, the first a capital."""
        return str(MONTHS_3[self.data.month].title())

    def n(self) -> int:
        """The month, 1 to 12."""
        month: int = self.data.month
        return month

    def N(self) -> Any:  # noqa: N802  # a format letter
        """The month's abbreviation in Associated Press style."""
        return MONTHS_AP[self.data.month]

    def o(self) -> int:
        """The year that the ISO week belongs to."""
        year: int = self.data.isocalendar().year
        return year

    def r(self) -> str:
        """The date as in email headers (RFC 5322); plain dates at midnight in the default zone."""
        value = self.data
        if not isinstance(value, datetime.datetime):
            midnight = datetime.datetime.combine(value, datetime.time.min)
            value = midnight.replace(tzinfo=get_default_timezone())
        elif is_naive(value):
            value = make_aware(value, timezone=self.timezone)
        return format_datetime(value)

    def S(self) -> str:  # noqa: N802  # a format letter
        """The English suffix of the day: `st`, `nd`, `rd` or `th`."""
        day = self.data.day
        return "th" if day in _TEENS else _ORDINALS.get(day % 10, "th")

    def t(self) -> int:
        """The number of days in the month."""
        days: int = calendar.monthrange(self.data.year, self.data.month)[1]
        return days

    def U(self) -> int:  # noqa: N802  # a format letter
        """The seconds since 1970 in UTC."""
        value = self.data
        if not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time.min)
        seconds: float = value.timestamp()
        return int(seconds)

    def w(self) -> int:
        """The day of the week, 0 (Sunday) to 6."""
        weekday: int = self.data.weekday()
        return (weekday + 1) % 7

    def W(self) -> int:  # noqa: N802  # a format letter
        """The ISO week of the year."""
        week: int = self.data.isocalendar().week
        return week

    def y(self) -> str:
        """The year in two digits."""
        return f"{self.data.year % 100:02d}"

    def Y(self) -> str:  # noqa: N802  # a format letter
        """The year in four digits."""
        return f"{self.data.year:04d}"

    def z(self) -> int:
        """The day of the year, 1 to 366."""
        day: int = self.data.timetuple().tm_yday
        return day


def format(value: datetime.date | datetime.datetime, format_string: Any) -> str:
    """Return a date in the given format."""
    return DateFormat(value).format(format_string)


def time_format(value: datetime.time | datetime.datetime, format_string: Any) -> str:
    """Return a time of day in the given format."""
    return TimeFormat(value).format(format_string)
