"""Filters of time zones: `localtime`, `utc` and `timezone`."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from fastjango.core import timezone
from fastjango.templates.filtering import filter_options

__all__ = ["FILTERS", "do_timezone", "localtime", "utc"]


class FixedDateTime(datetime):
    """A moment that the date and time filters leave in its time zone."""

    convert_to_local_time = False


@filter_options(varies=True)
def do_timezone(value: Any, arg: Any) -> Any:
    """Return a moment in a time zone, in which `date` and `time` show it then.

    Args:
        value: The moment; a naive one is taken to be in the default time zone.
        arg: The time zone or its name.

    Returns:
        The moment, `""` if it is none or the time zone is not known.
    """
    if not isinstance(value, datetime):
        return ""
    try:
        zone = zoneinfo.ZoneInfo(arg) if isinstance(arg, str) else arg
        if not isinstance(zone, tzinfo):
            return ""
        if timezone.is_naive(value):
            value = timezone.make_aware(value, timezone.get_default_timezone())
        moment = timezone.localtime(value, zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return ""
    return FixedDateTime.combine(moment.date(), moment.timetz())


@filter_options(varies=True)
def localtime(value: Any) -> Any:
    """Return a moment in the current time zone."""
    return do_timezone(value, timezone.get_current_timezone())


@filter_options(varies=True)
def utc(value: Any) -> Any:
    """Return a moment in UTC."""
    return do_timezone(value, UTC)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "localtime": localtime,
    "timezone": do_timezone,
    "utc": utc,
}
"""The filters by the names that templates use."""
