"""Durations as text and numbers, as in `django.utils.duration`."""

import datetime

__all__ = ["duration_iso_string", "duration_microseconds", "duration_string"]


def _components(duration: datetime.timedelta) -> tuple[int, int, int, int, int]:
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return duration.days, hours, minutes, seconds, duration.microseconds


def duration_string(duration: datetime.timedelta) -> str:
    """Return `"[days ]HH:MM:SS[.ffffff]"`; `parse_duration` reads it back."""
    days, hours, minutes, seconds, microseconds = _components(duration)
    text = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    if days:
        text = f"{days} {text}"
    return f"{text}.{microseconds:06d}" if microseconds else text


def duration_iso_string(duration: datetime.timedelta) -> str:
    """Return the ISO 8601 form, such as `"P1DT02H03M04.000005S"`; negative ones start with `-`."""
    sign = ""
    if duration < datetime.timedelta(0):
        sign, duration = "-", -duration
    days, hours, minutes, seconds, microseconds = _components(duration)
    fraction = f".{microseconds:06d}" if microseconds else ""
    return f"{sign}P{days}DT{hours:02d}H{minutes:02d}M{seconds:02d}{fraction}S"


def duration_microseconds(delta: datetime.timedelta) -> int:
    """Return the whole duration in microseconds, exactly."""
    return delta // datetime.timedelta(microseconds=1)
