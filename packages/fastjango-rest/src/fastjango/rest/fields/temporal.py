"""Fields of dates, times and durations."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from fastjango.core import settings, timezone
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.numbers import limit_validators
from fastjango.rest.settings import DJANGO_DURATION_FORMAT, ISO_8601, api_settings
from fastjango.values.dateparse import parse_date, parse_datetime, parse_duration, parse_time
from fastjango.values.duration import duration_iso_string, duration_string

__all__ = ["DateField", "DateTimeField", "DurationField", "TimeField"]

_DIRECTIVES = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%b": "[Jan-Dec]", "%B": "[January-December]",
    "%d": "DD", "%H": "hh", "%I": "hh", "%M": "mm", "%S": "ss", "%f": "uuuuuu",
    "%a": "[Mon-Sun]", "%A": "[Monday-Sunday]", "%p": "[AM|PM]", "%z": "[+HHMM|-HHMM]",
}  # fmt: skip


def _humanized(formats: Sequence[str], iso: str) -> str:
    """Return formats as people read them."""
    text = ", ".join(formats).replace(ISO_8601, iso)
    for directive, words in _DIRECTIVES.items():
        text = text.replace(directive, words)
    return text


def is_certain(value: datetime.datetime) -> bool:
    """Whether a time is not known to be repeated by its zone's changes, as REST framework judges.

    Zones of `zoneinfo` take the first of two equal times, and shift one that was skipped: these
    count as certain. Zones that can say more are believed.
    """
    if value.astimezone(datetime.UTC) != value:
        return True
    return value.replace(fold=not value.fold).utcoffset() == value.utcoffset()


class DateTimeField(Field):
    """A date with a time.

    Args:
        format: `strftime` format of the output, `"iso-8601"`, or `None` for the object itself;
            `DATETIME_FORMAT` if absent.
        input_formats: Formats of the input; `DATETIME_INPUT_FORMATS` if `None`.
        default_timezone: Zone of times without one; the current zone if `None`.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Datetime has wrong format. Use one of these formats instead: {format}."),
        "date": _("Expected a datetime but got a date."),
        "make_aware": _('Invalid datetime for the timezone "{timezone}".'),
        "overflow": _("Datetime value out of range."),
    }
    datetime_parser: Callable[..., datetime.datetime] = datetime.datetime.strptime
    timezone: Any

    def __init__(
        self,
        format: Any = empty,
        input_formats: Sequence[str] | None = None,
        default_timezone: Any = None,
        **kwargs: Any,
    ) -> None:
        if format is not empty:
            self.format = format
        if input_formats is not None:
            self.input_formats = input_formats
        if default_timezone is not None:
            self.timezone = default_timezone
        super().__init__(**kwargs)

    def enforce_timezone(self, value: datetime.datetime) -> datetime.datetime:
        """Return the time in the field's zone; naive, in UTC, without one."""
        zone = self.timezone if hasattr(self, "timezone") else self.default_timezone()
        if zone is None:
            if timezone.is_aware(value):
                try:
                    return timezone.make_naive(value, datetime.UTC)
                except OverflowError:
                    self.fail("overflow")
            return value
        try:
            if timezone.is_aware(value):
                return value.astimezone(zone)
            value = timezone.make_aware(value, zone)
            certain = is_certain(value)
        except OverflowError:
            self.fail("overflow")
        if not certain:
            self.fail("make_aware", timezone=zone)
        return value

    def default_timezone(self) -> datetime.tzinfo | None:
        """Return the zone of a field that was given none; `None` without `USE_TZ`."""
        return timezone.get_current_timezone() if settings.USE_TZ else None

    def to_internal_value(self, data: Any) -> Any:
        """Return the time that the first fitting format reads."""
        formats = getattr(self, "input_formats", api_settings.DATETIME_INPUT_FORMATS)
        if isinstance(data, datetime.datetime):
            return self.enforce_timezone(data)
        if isinstance(data, datetime.date):
            self.fail("date")
        for input_format in formats:
            with contextlib.suppress(ValueError, TypeError):
                if input_format.lower() == ISO_8601:
                    parsed = parse_datetime(data)
                    if parsed is not None:
                        return self.enforce_timezone(parsed)
                return self.enforce_timezone(self.datetime_parser(data, input_format))
        humanized = _humanized(formats, "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        return self.fail("invalid", format=humanized)

    def to_representation(self, value: Any) -> Any:
        """Return the time in the output format; ISO 8601 has `Z` for UTC."""
        if not value:
            return None
        output_format = getattr(self, "format", api_settings.DATETIME_FORMAT)
        if output_format is None or isinstance(value, str):
            return value
        value = self.enforce_timezone(value)
        if output_format.lower() == ISO_8601:
            text: str = value.isoformat()
            return f"{text[:-6]}Z" if text.endswith("+00:00") else text
        return value.strftime(output_format)


class _ClockField(Field):
    """What dates and times have in common."""

    datetime_parser: Callable[..., datetime.datetime] = datetime.datetime.strptime

    def __init__(
        self, format: Any = empty, input_formats: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        if format is not empty:
            self.format = format
        if input_formats is not None:
            self.input_formats = input_formats
        super().__init__(**kwargs)

    def _parsed(self, data: Any, formats: Sequence[str], read: Any, part: str, iso: str) -> Any:
        for input_format in formats:
            with contextlib.suppress(ValueError, TypeError):
                if input_format.lower() == ISO_8601:
                    if (parsed := read(data)) is not None:
                        return parsed
                else:
                    return getattr(self.datetime_parser(data, input_format), part)()
        return self.fail("invalid", format=_humanized(formats, iso))

    def _shown(self, value: Any, output_format: Any, kind: str) -> Any:
        if output_format is None or isinstance(value, str):
            return value
        if isinstance(value, datetime.datetime):
            raise AssertionError(
                f"Expected a `{kind}`, but got a `datetime`. Refusing to coerce, as this may mean "
                "losing timezone information. Use a custom read-only field and deal with timezone "
                "issues explicitly."
            )
        if output_format.lower() == ISO_8601:
            return value.isoformat()
        return value.strftime(output_format)


class DateField(_ClockField):
    """A date.

    Args:
        format: `strftime` format of the output, `"iso-8601"`, or `None` for the object itself;
            `DATE_FORMAT` if absent.
        input_formats: Formats of the input; `DATE_INPUT_FORMATS` if `None`.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Date has wrong format. Use one of these formats instead: {format}."),
        "datetime": _("Expected a date but got a datetime."),
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the date that the first fitting format reads."""
        if isinstance(data, datetime.datetime):
            self.fail("datetime")
        if isinstance(data, datetime.date):
            return data
        formats = getattr(self, "input_formats", api_settings.DATE_INPUT_FORMATS)
        return self._parsed(data, formats, parse_date, "date", "YYYY-MM-DD")

    def to_representation(self, value: Any) -> Any:
        """Return the date in the output format."""
        if not value:
            return None
        return self._shown(value, getattr(self, "format", api_settings.DATE_FORMAT), "date")


class TimeField(_ClockField):
    """A time of day; options as for `DateField`, with `TIME_FORMAT` and `TIME_INPUT_FORMATS`."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Time has wrong format. Use one of these formats instead: {format}.")
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the time that the first fitting format reads."""
        if isinstance(data, datetime.time):
            return data
        formats = getattr(self, "input_formats", api_settings.TIME_INPUT_FORMATS)
        return self._parsed(data, formats, parse_time, "time", "hh:mm[:ss[.uuuuuu]]")

    def to_representation(self, value: Any) -> Any:
        """Return the time in the output format."""
        if value in (None, ""):
            return None
        return self._shown(value, getattr(self, "format", api_settings.TIME_FORMAT), "time")


class DurationField(Field):
    """A length of time.

    Args:
        format: `"django"`, `"iso-8601"`, or `None` for the object itself; `DURATION_FORMAT` if
            absent.
        max_value: The greatest length.
        min_value: The least length.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Duration has wrong format. Use one of these formats instead: {format}."),
        "max_value": _("Ensure this value is less than or equal to {max_value}."),
        "min_value": _("Ensure this value is greater than or equal to {min_value}."),
        "overflow": _("The number of days must be between {min_days} and {max_days}."),
    }

    def __init__(
        self, *, format: Any = empty, max_value: Any = None, min_value: Any = None, **kwargs: Any
    ) -> None:
        self.max_value = max_value
        self.min_value = min_value
        if format is not empty:
            _check_duration_format(format, "Unknown duration format provided")
            self.format = format
        super().__init__(**kwargs)
        limit_validators(self)

    def to_internal_value(self, data: Any) -> Any:
        """Return the length of time that the text spells."""
        if isinstance(data, datetime.timedelta):
            return data
        days = datetime.timedelta.min.days, datetime.timedelta.max.days
        try:
            parsed = parse_duration(str(data))
        except OverflowError:
            self.fail("overflow", min_days=days[0], max_days=days[1])
        except ValueError:
            # An integer with more digits than Python writes.
            parsed = None
        if parsed is None:
            self.fail("invalid", format="[DD] [HH:[MM:]]ss[.uuuuuu]")
        return parsed

    def to_representation(self, value: Any) -> Any:
        """Return the length of time in the output format."""
        output_format = getattr(self, "format", api_settings.DURATION_FORMAT)
        _check_duration_format(output_format, "Unknown duration format provided")
        if output_format is None:
            return value
        if output_format.lower() == ISO_8601:
            return duration_iso_string(value)
        return duration_string(value)


def _check_duration_format(value: Any, message: str) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"duration format must be either str or `None`, not {type(value).__name__}")
    if value.lower() not in (ISO_8601, DJANGO_DURATION_FORMAT):
        raise ValueError(
            f"{message}, got '{value}' while expecting 'django', 'iso-8601' or `None`."
        )
