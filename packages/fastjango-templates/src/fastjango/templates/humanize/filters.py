"""Filters that make numbers and times pleasant to read, as in `django.contrib.humanize`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from datetime import date as calendar_date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fastjango.core.timezone import is_aware
from fastjango.core.translation import (
    gettext,
    gettext_lazy,
    ngettext,
    ngettext_lazy,
    npgettext_lazy,
    pgettext,
    round_away_from_one,
)
from fastjango.templates.defaultfilters import date, floatformat
from fastjango.templates.filtering import filter_options
from fastjango.values import formats
from fastjango.values.safestring import mark_safe
from fastjango.values.timesince import timesince, timeuntil

__all__ = [
    "FILTERS",
    "NaturalTimeFormatter",
    "apnumber",
    "intcomma",
    "intword",
    "naturalday",
    "naturaltime",
    "ordinal",
]

_SUFFIXES = ("th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th")
_LARGE = {
    6: "million",
    9: "billion",
    12: "trillion",
    15: "quadrillion",
    18: "quintillion",
    21: "sextillion",
    24: "septillion",
    27: "octillion",
    30: "nonillion",
    33: "decillion",
    100: "googol",
}
_DIGITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@filter_options(is_safe=True, varies=True)
def ordinal(value: Any) -> Any:
    """Return a whole number as an ordinal: `1st`, `2nd`; other values come back unchanged."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return value
    if number < 0:
        return str(number)
    if number == 1:
        text = pgettext("ordinal is 1", "{}st")
    elif number % 100 in (11, 12, 13):
        text = pgettext("ordinal 11, 12, 13", "{}th")
    else:
        last = number % 10
        text = pgettext(f"ordinal {last}", f"{{}}{_SUFFIXES[last]}")
    # Some languages raise the suffix by markup.
    return mark_safe(text.format(number))


@filter_options(is_safe=True, varies=True)
def intcomma(value: Any, use_l10n: bool = True) -> str:
    """Return a number with a sign between every three digits, that of the language."""
    if use_l10n:
        try:
            number = value if isinstance(value, (float, Decimal)) else Decimal(value)
        except (TypeError, ValueError, InvalidOperation):
            return intcomma(value, False)
        return formats.number_format(number, use_l10n=True, force_grouping=True)
    text = str(value)
    start = 1 if text.startswith("-") else 0
    end = start
    while end < len(text) and text[end].isdecimal():
        end += 1
    digits = text[start:end]
    first = len(digits) % 3
    groups = [digits[:first]] if first else []
    groups += [digits[place : place + 3] for place in range(first, len(digits), 3)]
    return text[:start] + ",".join(groups) + text[end:]


@filter_options(varies=True)
def intword(value: Any) -> Any:
    """Return a large number in words: `1.2 million`; others come back unchanged."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return value
    if abs(number) < 10**6:
        return number
    for exponent, name in _LARGE.items():
        unit = 10**exponent
        if abs(number) < unit * 1000:
            amount = number / unit
            text = ngettext(f"%(value)s {name}", f"%(value)s {name}", abs(_rounded(amount)))
            return text % {"value": floatformat(amount, 1)}
    return number


def _rounded(amount: float) -> int:
    return round_away_from_one(amount)


@filter_options(is_safe=True, varies=True)
def apnumber(value: Any) -> Any:
    """Return a number from 1 to 9 as a word; others come back as numbers."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return value
    return gettext(_DIGITS[number - 1]) if 0 < number < 10 else number


@filter_options(expects_localtime=True, varies=True)
def naturalday(value: Any, arg: Any = None) -> Any:
    """Return `today`, `tomorrow` or `yesterday` for these days, else the date in a format."""
    zone = getattr(value, "tzinfo", None)
    try:
        day = calendar_date(value.year, value.month, value.day)
    except AttributeError:
        return value
    distance = (day - datetime.now(zone).date()).days
    if distance == 0:
        return gettext("today")
    if distance == 1:
        return gettext("tomorrow")
    if distance == -1:
        return gettext("yesterday")
    return date(day, arg)


@filter_options(varies=True)
def naturaltime(value: Any) -> Any:
    """Return the distance of a moment to now: `an hour ago`; other values come back unchanged."""
    return NaturalTimeFormatter.string_for(value)


def _units(context: str) -> dict[str, Any]:
    names = ("year", "month", "week", "day", "hour", "minute")
    return {
        name: npgettext_lazy(context, f"%(num)d {name}", f"%(num)d {name}s", "num")
        for name in names
    }


class NaturalTimeFormatter:
    """The words of `naturaltime`; subclass it to change them."""

    time_strings: Final[dict[str, Any]] = {
        "past-day": gettext_lazy("%(delta)s ago"),
        "past-hour": ngettext_lazy("an hour ago", "%(count)s\xa0hours ago", "count"),
        "past-minute": ngettext_lazy("a minute ago", "%(count)s\xa0minutes ago", "count"),
        "past-second": ngettext_lazy("a second ago", "%(count)s\xa0seconds ago", "count"),
        "now": gettext_lazy("now"),
        "future-second": ngettext_lazy(
            "a second from now", "%(count)s\xa0seconds from now", "count"
        ),
        "future-minute": ngettext_lazy(
            "a minute from now", "%(count)s\xa0minutes from now", "count"
        ),
        "future-hour": ngettext_lazy("an hour from now", "%(count)s\xa0hours from now", "count"),
        "future-day": gettext_lazy("%(delta)s from now"),
    }
    past_substrings: Final[dict[str, Any]] = _units("naturaltime-past")
    future_substrings: Final[dict[str, Any]] = _units("naturaltime-future")

    @classmethod
    def string_for(cls, value: Any) -> Any:
        """Return the words for a moment; what is none comes back unchanged."""
        if not isinstance(value, calendar_date):
            return value
        moment: Any = value
        if not hasattr(value, "hour"):
            # A date alone has no hours: it counts from its midnight.
            moment = datetime(value.year, value.month, value.day)
        now = datetime.now(UTC if is_aware(moment) else None)
        is_past = moment < now
        tense = "past" if is_past else "future"
        delta: Any = now - moment if is_past else moment - now
        if delta.days != 0:
            if is_past:
                words = timesince(moment, now, time_strings=cls.past_substrings)
            else:
                words = timeuntil(moment, now, time_strings=cls.future_substrings)
            return cls.time_strings[f"{tense}-day"] % {"delta": words}
        if delta.seconds == 0:
            return cls.time_strings["now"]
        units = (("hour", 3600), ("minute", 60), ("second", 1))
        unit, size = next(entry for entry in units if delta.seconds >= entry[1])
        return cls.time_strings[f"{tense}-{unit}"] % {"count": delta.seconds // size}


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "apnumber": apnumber,
    "intcomma": intcomma,
    "intword": intword,
    "naturalday": naturalday,
    "naturaltime": naturaltime,
    "ordinal": ordinal,
}
"""The filters by the names that templates use."""
