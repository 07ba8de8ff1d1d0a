"""Fields of dates, times and durations."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.values import formats
from fastjango.values.dateparse import parse_datetime, parse_duration
from fastjango.values.duration import duration_string

from ._field import Field
from ._widget import DateInput, DateTimeInput, TimeInput
from .utils import from_current_timezone, to_current_timezone

__all__ = [
    "BaseTemporalField",
    "DateField",
    "DateTimeField",
    "DateTimeFormatsIterator",
    "DurationField",
    "TimeField",
]


_ISO_TIMES = {"%H:%M:%S": 8, "%H:%M": 5}  # characters of a text in the format


class BaseTemporalField(Field):
    """The base of fields that read dates and times.

    Args:
        input_formats: The `strptime` formats to try, by default those of the language.
    """

    input_formats: Any

    def __init__(self, *, input_formats: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if input_formats is not None:
            self.input_formats = input_formats

    def to_python(self, value: Any) -> Any:
        """Return what the first fitting format reads."""
        if isinstance(value, str):
            value = value.strip()
            for form in self.input_formats:
                try:
                    return self.strptime(value, form)
                except (ValueError, TypeError):
                    continue
        raise self._error("invalid")

    def strptime(self, value: str, format: str) -> Any:
        """Read a text in one format."""
        raise NotImplementedError("Subclasses must define this method.")


class DateField(BaseTemporalField):
    """A date."""

    widget: Any = DateInput
    input_formats: Any = formats.get_format_lazy("DATE_INPUT_FORMATS")
    default_error_messages = {"invalid": _("Enter a valid date.")}

    def to_python(self, value: Any) -> Any:
        """Return the date, `None` for nothing entered."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.datetime):
            return value.date()
        return value if isinstance(value, datetime.date) else super().to_python(value)

    def strptime(self, value: str, format: str) -> Any:
        """Read a date in one format."""
        # The commonest format by far, without the cost of strptime; what fails here is left to it.
        if format == "%Y-%m-%d" and len(value) == 10 and value[4] == value[7] == "-":
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                pass
        return datetime.datetime.strptime(value, format).date()


class TimeField(BaseTemporalField):
    """A time of day."""

    widget: Any = TimeInput
    input_formats: Any = formats.get_format_lazy("TIME_INPUT_FORMATS")
    default_error_messages = {"invalid": _("Enter a valid time.")}

    def to_python(self, value: Any) -> Any:
        """Return the time, `None` for nothing entered."""
        if value in self.empty_values:
            return None
        return value if isinstance(value, datetime.time) else super().to_python(value)

    def strptime(self, value: str, format: str) -> Any:
        """Read a time in one format."""
        # The formats of most languages, without the cost of strptime; the rest is left to it.
        if _ISO_TIMES.get(format) == len(value) and value[2] == ":":
            try:
                return datetime.time.fromisoformat(value)
            except ValueError:
                pass
        return datetime.datetime.strptime(value, format).time()


class DateTimeFormatsIterator:
    """The formats of the language for dates with times, then those for dates."""

    def __iter__(self) -> Iterator[str]:
        yield from formats.get_format("DATETIME_INPUT_FORMATS")
        yield from formats.get_format("DATE_INPUT_FORMATS")


class DateTimeField(BaseTemporalField):
    """A date with a time: aware, in the current time zone, when `USE_TZ` is on."""

    widget: Any = DateTimeInput
    input_formats: Any = DateTimeFormatsIterator()
    default_error_messages = {"invalid": _("Enter a valid date/time.")}

    def prepare_value(self, value: Any) -> Any:
        """Return a datetime in the current time zone."""
        return to_current_timezone(value) if isinstance(value, datetime.datetime) else value

    def to_python(self, value: Any) -> Any:
        """Return the datetime, `None` for nothing entered; ISO 8601 is read besides the formats."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.datetime):
            return from_current_timezone(value)
        if isinstance(value, datetime.date):
            return from_current_timezone(datetime.datetime(value.year, value.month, value.day))
        try:
            result = parse_datetime(value.strip()) if isinstance(value, str) else None
        except ValueError:
            raise self._error("invalid") from None
        return from_current_timezone(result or super().to_python(value))

    def strptime(self, value: str, format: str) -> Any:
        """Read a date with a time in one format."""
        return datetime.datetime.strptime(value, format)


class DurationField(Field):
    """A duration."""

    default_error_messages = {
        "invalid": _("Enter a valid duration."),
        "overflow": _("The number of days must be between {min_days} and {max_days}."),
    }

    def prepare_value(self, value: Any) -> Any:
        """Return a duration as text."""
        return duration_string(value) if isinstance(value, datetime.timedelta) else value

    def to_python(self, value: Any) -> Any:
        """Return the duration, `None` for nothing entered."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime.timedelta):
            return value
        try:
            result = parse_duration(str(value))
        except OverflowError:
            limits = {
                "min_days": datetime.timedelta.min.days,
                "max_days": datetime.timedelta.max.days,
            }
            error = self._error("overflow")
            error.message = error.message.format(**limits)
            raise error from None
        if result is None:
            raise self._error("invalid")
        return result
