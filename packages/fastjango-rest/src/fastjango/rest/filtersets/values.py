"""Filters by texts, numbers, dates, and ranges and lists of them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from fastjango.core import settings, timezone
from fastjango.rest import fields
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.filtersets.base import EMPTY_VALUES, Filter

__all__ = ["BaseCSVFilter", "BaseInFilter", "BaseRangeFilter", "BooleanFilter", "CharFilter",
           "DateFilter", "DateFromToRangeFilter", "DateTimeFilter", "DateTimeFromToRangeFilter",
           "DurationFilter", "IsoDateTimeFilter", "IsoDateTimeFromToRangeFilter", "NumberFilter",
           "NumericRangeFilter", "RangeFilter", "TimeFilter", "TimeRangeFilter",
           "UUIDFilter"]  # fmt: skip

MAX_ITEMS = 1000  # of a comma-separated list


class CharFilter(Filter):
    """By a text."""

    field_class = fields.CharField


class BooleanFilter(Filter):
    """By `true` or `false`."""

    field_class = fields.BooleanField
    schema: dict[str, Any] = {"type": "boolean"}


class NumberFilter(Filter):
    """By a number of at most 50 digits."""

    field_class = fields.DecimalField
    schema: dict[str, Any] = {"type": "number"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 50)
        kwargs.setdefault("decimal_places", None)
        super().__init__(*args, **kwargs)


class UUIDFilter(Filter):
    """By a UUID."""

    field_class = fields.UUIDField
    schema: dict[str, Any] = {"type": "string", "format": "uuid"}


class DateFilter(Filter):
    """By a day."""

    field_class = fields.DateField
    schema: dict[str, Any] = {"type": "string", "format": "date"}


class DateTimeFilter(Filter):
    """By a moment."""

    field_class = fields.DateTimeField
    schema: dict[str, Any] = {"type": "string", "format": "date-time"}


class IsoDateTimeFilter(DateTimeFilter):
    """By a moment as ISO 8601 writes it."""


class TimeFilter(Filter):
    """By a time of day."""

    field_class = fields.TimeField
    schema: dict[str, Any] = {"type": "string", "format": "time"}


class DurationFilter(Filter):
    """By a length of time."""

    field_class = fields.DurationField
    schema: dict[str, Any] = {"type": "string"}


class RangeFilter(Filter):
    """Between `<name>_min` and `<name>_max`, one of which may be missing.

    Attributes:
        suffixes: The endings of the two parameters.
    """

    field_class: Any = fields.DecimalField
    schema: dict[str, Any] = {"type": "number"}
    suffixes: ClassVar[tuple[str, str]] = ("min", "max")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.field_class is fields.DecimalField:
            kwargs.setdefault("max_digits", 50)
            kwargs.setdefault("decimal_places", None)
        super().__init__(*args, **kwargs)

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the names of the two parameters."""
        return [(f"{name}_{suffix}", self.schema) for suffix in self.suffixes]

    def raw(self, data: Any, name: str) -> Any:
        """Return both ends; `None` if there is neither."""
        ends = [data.get(f"{name}_{suffix}") for suffix in self.suffixes]
        return None if all(end in EMPTY_VALUES for end in ends) else ends

    def clean_value(self, raw: Any) -> slice:
        """Return both ends as a slice."""
        ends = [None if end in EMPTY_VALUES else self.field.run_validation(end) for end in raw]
        return slice(*ends)

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows between the ends, which count too."""
        return self._between(qs, value, ("range", "gte", "lte"))

    def _between(self, qs: Any, value: Any, lookups: tuple[str | None, str, str]) -> Any:
        """Return the rows by the lookup of both ends, or that of the one there is."""
        if not value:
            return qs
        if self.distinct:
            qs = qs.distinct()
        both, low, high = lookups
        if value.start is not None and value.stop is not None:
            return self.get_method(qs)(**{self.lookup(both): (value.start, value.stop)})
        if value.start is not None:
            return self.get_method(qs)(**{self.lookup(low): value.start})
        return self.get_method(qs)(**{self.lookup(high): value.stop})


class NumericRangeFilter(RangeFilter):
    """By a range, for range fields of PostgreSQL: `exact`, `contains`, `overlap` and so on."""

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows whose range stands so to the given one."""
        return self._between(qs, value, (None, "startswith", "endswith"))


class DateFromToRangeFilter(RangeFilter):
    """Between `<name>_after` and `<name>_before`, days that count too, from their first moment to
    their last."""

    field_class = fields.DateField
    schema: dict[str, Any] = {"type": "string", "format": "date"}
    suffixes: ClassVar[tuple[str, str]] = ("after", "before")

    def clean_value(self, raw: Any) -> slice:
        """Return the first and the last moment as a slice."""
        days = super().clean_value(raw)
        return slice(_moment(days.start, datetime.time.min), _moment(days.stop, datetime.time.max))


def _moment(day: datetime.date | None, time: datetime.time) -> datetime.datetime | None:
    if day is None:
        return None
    moment = datetime.datetime.combine(day, time)
    if not settings.USE_TZ:
        return moment
    try:
        aware = timezone.make_aware(moment)
        aware.astimezone(datetime.UTC)  # as databases compare it
    except OverflowError:
        raise ValidationError("Datetime value out of range.", "overflow") from None
    return aware


class DateTimeFromToRangeFilter(RangeFilter):
    """Between `<name>_after` and `<name>_before`, moments."""

    field_class = fields.DateTimeField
    schema: dict[str, Any] = {"type": "string", "format": "date-time"}
    suffixes: ClassVar[tuple[str, str]] = ("after", "before")


class IsoDateTimeFromToRangeFilter(DateTimeFromToRangeFilter):
    """Between `<name>_after` and `<name>_before`, moments as ISO 8601 writes them."""


class TimeRangeFilter(RangeFilter):
    """Between `<name>_after` and `<name>_before`, times of day."""

    field_class = fields.TimeField
    schema: dict[str, Any] = {"type": "string", "format": "time"}
    suffixes: ClassVar[tuple[str, str]] = ("after", "before")


class BaseCSVFilter(Filter):
    """By a comma-separated list of at most 1,000 values; a mixin in front of another filter."""

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the name of the parameter."""
        return [(name, {"type": "string"})]

    def clean_value(self, raw: Any) -> list[Any]:
        """Return the values of the list."""
        items = str(raw).split(",")
        if len(items) > MAX_ITEMS:
            raise ValidationError(f"At most {MAX_ITEMS} values.", "max_length")
        clean = super().clean_value
        return [clean(item) for item in items if item]


class BaseInFilter(BaseCSVFilter):
    """By a list one of whose values fits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("lookup_expr", "in")
        super().__init__(*args, **kwargs)


class BaseRangeFilter(BaseCSVFilter):
    """By a list of two values that fits in between."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("lookup_expr", "range")
        super().__init__(*args, **kwargs)

    def clean_value(self, raw: Any) -> list[Any]:
        """Return the two values."""
        values = super().clean_value(raw)
        if len(values) != 2:
            raise ValidationError("Range query expects two values.", "invalid_values")
        return values
