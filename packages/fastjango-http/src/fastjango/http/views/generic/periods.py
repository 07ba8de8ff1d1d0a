"""Years, months, weeks and days in the arguments of a URL, and their neighbours."""

from __future__ import annotations

import datetime
from collections.abc import Generator
from typing import Any

from fastjango.core import settings, timezone
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext as _
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.http.exceptions import Http404
from fastjango.http.views.generic.querying import first

__all__ = [
    "DateMixin",
    "DayMixin",
    "MonthMixin",
    "WeekMixin",
    "YearMixin",
    "parse_date",
    "timezone_today",
]

_DAY = datetime.timedelta(days=1)


class _PeriodMixin:
    """What the mixins of all periods share."""

    request: Any
    kwargs: dict[str, Any]

    def _argument(self, name: str, message: str) -> Any:
        """Return an attribute of the view, an argument of the URL, or one of its query string."""
        value = getattr(self, name)
        if value is None:
            value = self.kwargs.get(name)
        if value is None:
            try:
                value = self.request.GET[name]
            except KeyError:
                raise Http404(message) from None
        return value


class YearMixin(_PeriodMixin):
    """Reads a year.

    Attributes:
        year_format: How `strptime()` reads it.
        year: The year; that of the URL or its query string if `None`.
    """

    year_format: str = "%Y"
    year: Any = None

    def get_year_format(self) -> str:
        """Return how `strptime()` reads the year."""
        return self.year_format

    def get_year(self) -> Any:
        """Return the year as it was given.

        Raises:
            Http404: There is none.
        """
        return self._argument("year", _("No year specified"))

    def get_next_year(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next year there is a page for, or `None`."""
        return follow(_neighbour(self, date, "year", is_previous=False))

    async def aget_next_year(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_next_year()` does."""
        return await afollow(_neighbour(self, date, "year", is_previous=False))

    def get_previous_year(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the last year before that there is a page for, or `None`."""
        return follow(_neighbour(self, date, "year", is_previous=True))

    async def aget_previous_year(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_previous_year()` does."""
        return await afollow(_neighbour(self, date, "year", is_previous=True))

    def _get_next_year(self, date: datetime.date) -> datetime.date:
        try:
            return date.replace(year=date.year + 1, month=1, day=1)
        except ValueError:
            raise Http404(_("Date out of range")) from None

    def _get_current_year(self, date: datetime.date) -> datetime.date:
        return date.replace(month=1, day=1)


class MonthMixin(_PeriodMixin):
    """Reads a month.

    Attributes:
        month_format: How `strptime()` reads it: `"%b"` for `jan`, `"%m"` for `01`.
        month: The month; that of the URL or its query string if `None`.
    """

    month_format: str = "%b"
    month: Any = None

    def get_month_format(self) -> str:
        """Return how `strptime()` reads the month."""
        return self.month_format

    def get_month(self) -> Any:
        """Return the month as it was given.

        Raises:
            Http404: There is none.
        """
        return self._argument("month", _("No month specified"))

    def get_next_month(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next month there is a page for, or `None`."""
        return follow(_neighbour(self, date, "month", is_previous=False))

    async def aget_next_month(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_next_month()` does."""
        return await afollow(_neighbour(self, date, "month", is_previous=False))

    def get_previous_month(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the last month before that there is a page for, or `None`."""
        return follow(_neighbour(self, date, "month", is_previous=True))

    async def aget_previous_month(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_previous_month()` does."""
        return await afollow(_neighbour(self, date, "month", is_previous=True))

    def _get_next_month(self, date: datetime.date) -> datetime.date:
        if date.month < 12:
            return date.replace(month=date.month + 1, day=1)
        try:
            return date.replace(year=date.year + 1, month=1, day=1)
        except ValueError:
            raise Http404(_("Date out of range")) from None

    def _get_current_month(self, date: datetime.date) -> datetime.date:
        return date.replace(day=1)


class DayMixin(_PeriodMixin):
    """Reads a day of a month.

    Attributes:
        day_format: How `strptime()` reads it.
        day: The day; that of the URL or its query string if `None`.
    """

    day_format: str = "%d"
    day: Any = None

    def get_day_format(self) -> str:
        """Return how `strptime()` reads the day."""
        return self.day_format

    def get_day(self) -> Any:
        """Return the day as it was given.

        Raises:
            Http404: There is none.
        """
        return self._argument("day", _("No day specified"))

    def get_next_day(self, date: datetime.date) -> datetime.date | None:
        """Return the next day there is a page for, or `None`."""
        return follow(_neighbour(self, date, "day", is_previous=False))

    async def aget_next_day(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_next_day()` does."""
        return await afollow(_neighbour(self, date, "day", is_previous=False))

    def get_previous_day(self, date: datetime.date) -> datetime.date | None:
        """Return the last day before that there is a page for, or `None`."""
        return follow(_neighbour(self, date, "day", is_previous=True))

    async def aget_previous_day(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_previous_day()` does."""
        return await afollow(_neighbour(self, date, "day", is_previous=True))

    def _get_next_day(self, date: datetime.date) -> datetime.date:
        return _shifted(date, _DAY)

    def _get_current_day(self, date: datetime.date) -> datetime.date:
        return date


class WeekMixin(_PeriodMixin):
    """Reads a week.

    Attributes:
        week_format: `"%U"` (weeks begin on Sunday), `"%W"` (on Monday) or `"%V"` (ISO).
        week: The week; that of the URL or its query string if `None`.
    """

    week_format: str = "%U"
    week: Any = None

    def get_week_format(self) -> str:
        """Return how `strptime()` reads the week."""
        return self.week_format

    def get_week(self) -> Any:
        """Return the week as it was given.

        Raises:
            Http404: There is none.
        """
        return self._argument("week", _("No week specified"))

    def get_next_week(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the next week there is a page for, or `None`."""
        return follow(_neighbour(self, date, "week", is_previous=False))

    async def aget_next_week(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_next_week()` does."""
        return await afollow(_neighbour(self, date, "week", is_previous=False))

    def get_previous_week(self, date: datetime.date) -> datetime.date | None:
        """Return the first day of the last week before that there is a page for, or `None`."""
        return follow(_neighbour(self, date, "week", is_previous=True))

    async def aget_previous_week(self, date: datetime.date) -> datetime.date | None:
        """Do what `get_previous_week()` does."""
        return await afollow(_neighbour(self, date, "week", is_previous=True))

    def _get_next_week(self, date: datetime.date) -> datetime.date:
        return _shifted(date, datetime.timedelta(days=7 - self._get_weekday(date)))

    def _get_current_week(self, date: datetime.date) -> datetime.date:
        return _shifted(date, datetime.timedelta(days=-self._get_weekday(date)))

    def _get_weekday(self, date: datetime.date) -> int:
        """Return the days since the week began."""
        week_format = self.get_week_format()
        if week_format in {"%W", "%V"}:
            return date.weekday()
        if week_format == "%U":
            return (date.weekday() + 1) % 7
        raise ValueError(f"unknown week format: {week_format}")


class DateMixin:
    """Compares a date field of the model with days of the calendar.

    Works together with a mixin for single or multiple objects.

    Attributes:
        date_field: The name of the `DateField` or `DateTimeField`.
        allow_future: Whether objects whose date is yet to come are shown.
    """

    date_field: str | None = None
    allow_future: bool = False

    def get_date_field(self) -> str:
        """Return the name of the date field.

        Raises:
            ImproperlyConfigured: There is none.
        """
        if self.date_field is None:
            raise ImproperlyConfigured(f"{self.__class__.__name__}.date_field is required.")
        return self.date_field

    def get_allow_future(self) -> bool:
        """Return whether objects whose date is yet to come are shown."""
        return self.allow_future

    @cached_property
    def uses_datetime_field(self) -> bool:
        """Whether the field has a time besides the date."""
        view: Any = self
        model = view.get_queryset().model if view.model is None else view.model
        field = model._meta.get_field(self.get_date_field())
        return bool(field.get_internal_type() == "DateTimeField")

    def _now(self) -> datetime.date:
        """Return what the field is compared with to know the future."""
        return timezone.now() if self.uses_datetime_field else timezone_today()

    def _make_date_lookup_arg(self, value: datetime.date) -> datetime.date:
        """Return the day as the field stores it: its first moment where the field has a time."""
        if not self.uses_datetime_field:
            return value
        moment = datetime.datetime.combine(value, datetime.time.min)
        if not settings.USE_TZ:
            return moment
        try:
            return timezone.make_aware(moment)
        except OverflowError:
            raise Http404(_("Date out of range")) from None

    def _make_single_date_lookup(self, date: datetime.date) -> dict[str, Any]:
        """Return the lookups that find a single day."""
        field = self.get_date_field()
        if not self.uses_datetime_field:
            return {field: date}
        return {
            f"{field}__gte": self._make_date_lookup_arg(date),
            f"{field}__lt": self._make_date_lookup_arg(_shifted(date, _DAY)),
        }


def parse_date(
    year: Any,
    year_format: str,
    month: Any = "",
    month_format: str = "",
    day: Any = "",
    day_format: str = "",
    delim: str = "__",
) -> datetime.date:
    """Return the date that the arguments of a URL stand for.

    Raises:
        Http404: There is no such date.
    """
    formats = delim.join([year_format, month_format, day_format])
    text = delim.join([str(year), str(month), str(day)])
    try:
        # The parts of a date alone: time zones do not matter.
        return datetime.datetime.strptime(text, formats).date()
    except ValueError:
        raise Http404(
            _("Invalid date string “%(datestr)s” given format “%(format)s”")
            % {"datestr": text, "format": formats}
        ) from None


def timezone_today() -> datetime.date:
    """Return the date of today in the current time zone."""
    return timezone.localdate() if settings.USE_TZ else datetime.date.today()


def _shifted(date: datetime.date, by: datetime.timedelta) -> datetime.date:
    try:
        return date + by
    except OverflowError:
        raise Http404(_("Date out of range")) from None


def _neighbour(
    view: Any, date: datetime.date, period: str, *, is_previous: bool
) -> Generator[Step, Any, datetime.date | None]:
    """Find the first day of the period before or after that links may lead to.

    With `allow_empty` it is the adjacent one, else the nearest with objects. Unless `allow_future`
    it must not lie in the future.
    """
    current, following = (
        getattr(view, f"_get_current_{period}"),
        getattr(view, f"_get_next_{period}"),
    )
    start = current(date)
    allow_future = view.get_allow_future()
    if view.get_allow_empty():
        adjacent = current(_shifted(start, -_DAY)) if is_previous else following(date)
        return adjacent if allow_future or adjacent <= timezone_today() else None
    field = view.get_date_field()
    if is_previous:
        lookups = {f"{field}__lt": view._make_date_lookup_arg(start)}
    else:
        lookups = {f"{field}__gte": view._make_date_lookup_arg(following(date))}
    if not allow_future:
        lookups[f"{field}__lte"] = view._now()
    queryset = yield twin(view, "get_queryset")
    ordered = queryset.filter(**lookups).order_by(f"-{field}" if is_previous else field)
    found = yield first(ordered)
    if found is None:
        return None
    moment = getattr(found, field)
    if view.uses_datetime_field:
        moment = (timezone.localtime(moment) if settings.USE_TZ else moment).date()
    result: datetime.date = current(moment)
    return result
