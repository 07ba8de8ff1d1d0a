"""The current time zone and datetimes in it, by Django's names."""

from __future__ import annotations

import zoneinfo
from contextlib import ContextDecorator
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from .conf import settings

__all__ = [
    "activate",
    "deactivate",
    "get_current_timezone",
    "get_current_timezone_name",
    "get_default_timezone",
    "get_default_timezone_name",
    "get_fixed_timezone",
    "is_aware",
    "is_naive",
    "localdate",
    "localtime",
    "make_aware",
    "make_naive",
    "now",
    "override",
    "template_localtime",
]
_active: ContextVar[tzinfo | None] = ContextVar("timezone", default=None)


def get_fixed_timezone(offset: timedelta | int | float) -> timezone:
    """Return a time zone at a fixed distance east of UTC, in minutes if a number."""
    minutes = offset.total_seconds() // 60 if isinstance(offset, timedelta) else offset
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return timezone(timedelta(minutes=minutes), f"{sign}{int(hours):02d}{int(rest):02d}")


def get_default_timezone() -> tzinfo:
    """Return the time zone that `settings.TIME_ZONE` names."""
    return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def _get_timezone_name(zone: tzinfo) -> str:
    return zone.tzname(None) or str(zone)


def get_default_timezone_name() -> str:
    """Return the name of the default time zone."""
    return _get_timezone_name(get_default_timezone())


def get_current_timezone() -> tzinfo:
    """Return the active time zone of this context, the default one if none was activated."""
    return _active.get() or get_default_timezone()


def get_current_timezone_name() -> str:
    """Return the name of the active time zone."""
    return _get_timezone_name(get_current_timezone())


def activate(timezone: tzinfo | str) -> None:
    """Make a time zone the active one of this thread or task."""
    zone: Any = zoneinfo.ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    if not isinstance(zone, tzinfo):
        raise ValueError(f"Invalid timezone: {timezone!r}")
    _active.set(zone)


def deactivate() -> None:
    """Go back to the default time zone."""
    _active.set(None)


class override(ContextDecorator):  # noqa: N801 - Django's name
    """Activate a time zone (`None`: the default one) for a block or a function."""

    def __init__(self, timezone: tzinfo | str | None) -> None:
        self.timezone = timezone

    def __enter__(self) -> None:
        self.old_timezone: tzinfo | None = _active.get()
        if self.timezone is None:
            deactivate()
        else:
            activate(self.timezone)

    def __exit__(self, *exc_info: object) -> None:
        _active.set(self.old_timezone)


def template_localtime(value: Any, use_tz: bool | None = None) -> Any:
    """Return an aware datetime in local time, and anything else as it is.

    Args:
        use_tz: Whether to convert; `settings.USE_TZ` if `None`.
    """
    convert = (
        isinstance(value, datetime)
        and (settings.USE_TZ if use_tz is None else use_tz)
        and not is_naive(value)
        and getattr(value, "convert_to_local_time", True)
    )
    return localtime(value) if convert else value


def localtime(value: datetime | None = None, timezone: tzinfo | None = None) -> datetime:
    """Return an aware datetime (now by default) in a time zone (the current one by default)."""
    value = now() if value is None else value
    if is_naive(value):
        raise ValueError("localtime() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone())


def localdate(value: datetime | None = None, timezone: tzinfo | None = None) -> date:
    """Return the date of an aware datetime in a time zone."""
    return localtime(value, timezone).date()


def now() -> datetime:
    """Return the time: aware, in UTC, if `settings.USE_TZ`, else naive and local."""
    return datetime.now(tz=UTC if settings.USE_TZ else None)


def is_aware(value: datetime) -> bool:
    """Tell whether a datetime knows its distance from UTC."""
    return value.utcoffset() is not None


def is_naive(value: datetime) -> bool:
    """Tell whether a datetime does not know its distance from UTC."""
    return value.utcoffset() is None


def make_aware(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """Put a naive datetime into a time zone, the current one by default.

    Raises:
        ValueError: `value` is aware.
    """
    if is_aware(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    return value.replace(tzinfo=timezone or get_current_timezone())


def make_naive(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """Turn an aware datetime into a naive one of a time zone, the current one by default.

    Raises:
        ValueError: `value` is naive.
    """
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone()).replace(tzinfo=None)
