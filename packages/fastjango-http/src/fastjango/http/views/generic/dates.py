"""Archives: views of objects by year, month, week and day."""

from __future__ import annotations

import datetime
from collections.abc import Generator
from typing import Any

from fastjango.core.translation import gettext as _
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.http.exceptions import Http404
from fastjango.http.views.generic.detail import (
    BaseDetailView,
    SingleObjectTemplateResponseMixin,
)
from fastjango.http.views.generic.list import (
    MultipleObjectMixin,
    MultipleObjectTemplateResponseMixin,
)
from fastjango.http.views.generic.periods import (
    DateMixin,
    DayMixin,
    MonthMixin,
    WeekMixin,
    YearMixin,
    parse_date,
    timezone_today,
)
from fastjango.http.views.generic.querying import PlannedView, has_rows, is_filled

__all__ = [
    "ArchiveIndexView",
    "BaseArchiveIndexView",
    "BaseDateDetailView",
    "BaseDateListView",
    "BaseDayArchiveView",
    "BaseMonthArchiveView",
    "BaseTodayArchiveView",
    "BaseWeekArchiveView",
    "BaseYearArchiveView",
    "DateDetailView",
    "DateMixin",
    "DayArchiveView",
    "DayMixin",
    "MonthArchiveView",
    "MonthMixin",
    "TodayArchiveView",
    "WeekArchiveView",
    "WeekMixin",
    "YearArchiveView",
    "YearMixin",
    "timezone_today",
]

DatedItems = tuple[Any, Any, dict[str, Any]]
DatedPlan = Generator[Step, Any, DatedItems]


class BaseDateListView(MultipleObjectMixin, DateMixin, PlannedView):
    """Shows objects by date; a mixin says how the context becomes a response.

    Attributes:
        date_list_period: `"year"`, `"month"` or `"day"`: what the dates in `date_list` begin.
    """

    object_list: Any

    allow_empty = False
    date_list_period: str = "year"
    date_list: Any

    def _get_plan(self) -> Generator[Step, Any, Any]:
        self.date_list, self.object_list, extra = yield twin(self, "get_dated_items")
        context = yield twin(
            self,
            "get_context_data",
            object_list=self.object_list,
            date_list=self.date_list,
            **extra,
        )
        view: Any = self
        return view.render_to_response(context)

    def get_dated_items(self) -> DatedItems:
        """Return the dates, the objects, and what else is in the context.

        Raises:
            NotImplementedError: The class says nothing about them.
            Http404: There are none, or no such date.
        """
        return follow(self._dated_plan())

    async def aget_dated_items(self) -> DatedItems:
        """Do what `get_dated_items()` does."""
        return await afollow(self._dated_plan())

    def _dated_plan(self) -> DatedPlan:
        raise NotImplementedError("A DateView must provide an implementation of get_dated_items()")

    def get_ordering(self) -> Any:
        """Return the field or fields to order by; the newest first by default."""
        return f"-{self.get_date_field()}" if self.ordering is None else self.ordering

    def get_dated_queryset(self, **lookup: Any) -> Any:
        """Return the objects that satisfy lookups, without those of the future if so wanted.

        Raises:
            Http404: There are none, and `allow_empty` is off.
        """
        return follow(self._queryset_plan(lookup))

    async def aget_dated_queryset(self, **lookup: Any) -> Any:
        """Do what `get_dated_queryset()` does."""
        return await afollow(self._queryset_plan(lookup))

    def _queryset_plan(self, lookup: dict[str, Any]) -> Generator[Step, Any, Any]:
        queryset = (yield twin(self, "get_queryset")).filter(**lookup)
        is_paginated = self.get_paginate_by(queryset) is not None
        if not self.get_allow_future():
            queryset = queryset.filter(**{f"{self.get_date_field()}__lte": self._now()})
        if not self.get_allow_empty():
            # With pages, a cheap question is better than all objects in memory.
            filled = yield has_rows(queryset) if is_paginated else is_filled(queryset)
            if not filled:
                raise self._none_available(queryset)
        return queryset

    def get_date_list_period(self) -> str:
        """Return what the dates in `date_list` begin: `"year"`, `"month"` or `"day"`."""
        return self.date_list_period

    def get_date_list(
        self, queryset: Any, date_type: str | None = None, ordering: str = "ASC"
    ) -> Any:
        """Return the first days of the periods with objects.

        Args:
            queryset: The objects.
            date_type: The period; that of the view if `None`.
            ordering: `"ASC"` or `"DESC"`.

        Raises:
            Http404: There are none, and `allow_empty` is off.
        """
        return follow(self._list_plan(queryset, date_type, ordering))

    async def aget_date_list(
        self, queryset: Any, date_type: str | None = None, ordering: str = "ASC"
    ) -> Any:
        """Do what `get_date_list()` does, and fetch the dates."""
        return await afollow(self._list_plan(queryset, date_type, ordering))

    def _list_plan(
        self, queryset: Any, date_type: str | None, ordering: str
    ) -> Generator[Step, Any, Any]:
        read = queryset.datetimes if self.uses_datetime_field else queryset.dates
        dates = read(self.get_date_field(), date_type or self.get_date_list_period(), ordering)
        if dates is not None:
            filled = yield is_filled(dates)
            if not filled and not self.get_allow_empty():
                raise self._none_available(queryset)
        return dates

    def _none_available(self, queryset: Any) -> Http404:
        return Http404(
            _("No %(verbose_name_plural)s available")
            % {"verbose_name_plural": queryset.model._meta.verbose_name_plural}
        )

    def _between(self, since: datetime.date, until: datetime.date) -> dict[str, Any]:
        """Return the lookups that find a range of days, the last one left out."""
        field = self.get_date_field()
        return {
            f"{field}__gte": self._make_date_lookup_arg(since),
            f"{field}__lt": self._make_date_lookup_arg(until),
        }


class BaseArchiveIndexView(BaseDateListView):
    """Shows the latest objects, and the years (or other periods) there are any of."""

    context_object_name: str | None = "latest"

    def _dated_plan(self) -> DatedPlan:
        queryset = yield twin(self, "get_dated_queryset")
        dates = yield twin(self, "get_date_list", queryset, ordering="DESC")
        return dates, queryset if dates else queryset.none(), {}


class ArchiveIndexView(MultipleObjectTemplateResponseMixin, BaseArchiveIndexView):
    """Renders the top page of an archive."""

    template_name_suffix = "_archive"


class BaseYearArchiveView(YearMixin, BaseDateListView):
    """Shows the months of a year that have objects.

    Attributes:
        make_object_list: Whether the objects of the year are in the context too.
    """

    date_list_period = "month"
    make_object_list: bool = False

    def _dated_plan(self) -> DatedPlan:
        date = parse_date(self.get_year(), self.get_year_format())
        lookup = self._between(date, self._get_next_year(date))
        queryset = yield twin(self, "get_dated_queryset", **lookup)
        dates = yield twin(self, "get_date_list", queryset)
        if not self.get_make_object_list():
            # Still a queryset: the name of the template is made from its model.
            queryset = queryset.none()
        extra = {
            "year": date,
            "next_year": (yield twin(self, "get_next_year", date)),
            "previous_year": (yield twin(self, "get_previous_year", date)),
        }
        return dates, queryset, extra

    def get_make_object_list(self) -> bool:
        """Return whether the objects of the year are in the context too."""
        return self.make_object_list


class YearArchiveView(MultipleObjectTemplateResponseMixin, BaseYearArchiveView):
    """Renders the page of a year."""

    template_name_suffix = "_archive_year"


class BaseMonthArchiveView(YearMixin, MonthMixin, BaseDateListView):
    """Shows the objects of a month."""

    date_list_period = "day"

    def _dated_plan(self) -> DatedPlan:
        date = parse_date(
            self.get_year(), self.get_year_format(), self.get_month(), self.get_month_format()
        )
        lookup = self._between(date, self._get_next_month(date))
        queryset = yield twin(self, "get_dated_queryset", **lookup)
        dates = yield twin(self, "get_date_list", queryset)
        extra = {
            "month": date,
            "next_month": (yield twin(self, "get_next_month", date)),
            "previous_month": (yield twin(self, "get_previous_month", date)),
        }
        return dates, queryset, extra


class MonthArchiveView(MultipleObjectTemplateResponseMixin, BaseMonthArchiveView):
    """Renders the page of a month."""

    template_name_suffix = "_archive_month"


class BaseWeekArchiveView(YearMixin, WeekMixin, BaseDateListView):
    """Shows the objects of a week."""

    def _dated_plan(self) -> DatedPlan:
        date = self._week_start()
        lookup = self._between(date, self._get_next_week(date))
        queryset = yield twin(self, "get_dated_queryset", **lookup)
        extra = {
            "week": date,
            "next_week": (yield twin(self, "get_next_week", date)),
            "previous_week": (yield twin(self, "get_previous_week", date)),
        }
        return None, queryset, extra

    def _week_start(self) -> datetime.date:
        year, week = self.get_year(), self.get_week()
        week_format, year_format = self.get_week_format(), self.get_year_format()
        first_days = {"%W": "1", "%U": "0", "%V": "1"}
        if week_format not in first_days:
            choices = ", ".join(sorted(first_days))
            raise ValueError(f"Unknown week format {week_format!r}. Choices are: {choices}")
        if week_format == "%V" and year_format != "%G":
            raise ValueError(
                f"ISO week directive '{week_format}' is incompatible with the year directive "
                f"'{year_format}'. Use the ISO year '%G' instead."
            )
        return parse_date(year, year_format, first_days[week_format], "%w", week, week_format)


class WeekArchiveView(MultipleObjectTemplateResponseMixin, BaseWeekArchiveView):
    """Renders the page of a week."""

    template_name_suffix = "_archive_week"


class BaseDayArchiveView(YearMixin, MonthMixin, DayMixin, BaseDateListView):
    """Shows the objects of a day."""

    def _dated_plan(self) -> DatedPlan:
        return self._day_plan(_date_of(self))

    def _day_plan(self, date: datetime.date) -> DatedPlan:
        lookup = self._make_single_date_lookup(date)
        queryset = yield twin(self, "get_dated_queryset", **lookup)
        extra = {
            "day": date,
            "previous_day": (yield twin(self, "get_previous_day", date)),
            "next_day": (yield twin(self, "get_next_day", date)),
            "previous_month": (yield twin(self, "get_previous_month", date)),
            "next_month": (yield twin(self, "get_next_month", date)),
        }
        return None, queryset, extra


class DayArchiveView(MultipleObjectTemplateResponseMixin, BaseDayArchiveView):
    """Renders the page of a day."""

    template_name_suffix = "_archive_day"


class BaseTodayArchiveView(BaseDayArchiveView):
    """Shows the objects of today."""

    def _dated_plan(self) -> DatedPlan:
        return self._day_plan(datetime.date.today())


class TodayArchiveView(MultipleObjectTemplateResponseMixin, BaseTodayArchiveView):
    """Renders the page of today."""

    template_name_suffix = "_archive_day"


class BaseDateDetailView(YearMixin, MonthMixin, DayMixin, DateMixin, BaseDetailView):
    """Shows one object, whose date is in the URL."""

    def _object_plan(self, queryset: Any) -> Generator[Step, Any, Any]:
        date = _date_of(self)
        if queryset is None:
            queryset = yield twin(self, "get_queryset")
        if not self.get_allow_future() and date > datetime.date.today():
            raise Http404(
                _(
                    "Future %(verbose_name_plural)s not available because "
                    "%(class_name)s.allow_future is False."
                )
                % {
                    "verbose_name_plural": queryset.model._meta.verbose_name_plural,
                    "class_name": self.__class__.__name__,
                }
            )
        queryset = queryset.filter(**self._make_single_date_lookup(date))
        return (yield from super()._object_plan(queryset))


class DateDetailView(SingleObjectTemplateResponseMixin, BaseDateDetailView):
    """Renders a template with one object, whose date is in the URL."""

    template_name_suffix = "_detail"


def _date_of(view: Any) -> datetime.date:
    """Return the day that the URL names."""
    return parse_date(
        view.get_year(),
        view.get_year_format(),
        view.get_month(),
        view.get_month_format(),
        view.get_day(),
        view.get_day_format(),
    )
