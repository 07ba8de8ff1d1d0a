"""Widgets made of several inputs."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from fastjango.values import formats
from fastjango.values.dates import MONTHS

from ._choice_widgets import Select
from ._media import Media
from ._widget import DateInput, TimeInput, Widget
from .utils import to_current_timezone

__all__ = ["MultiWidget", "SelectDateWidget", "SplitDateTimeWidget", "SplitHiddenDateTimeWidget"]


class MultiWidget(Widget):
    """One value in several inputs.

    Args:
        widgets: Widgets or classes; a mapping gives the suffixes of their names as well.
    """

    template_name = "django/forms/widgets/multiwidget.html"
    use_fieldset = True

    def __init__(
        self, widgets: Mapping[str, Any] | Sequence[Any], attrs: Mapping[str, Any] | None = None
    ) -> None:
        if isinstance(widgets, Mapping):
            self.widgets_names = [f"_{name}" if name else "" for name in widgets]
            widgets = list(widgets.values())
        else:
            self.widgets_names = [f"_{index}" for index in range(len(widgets))]
        self.widgets: list[Any] = [w() if isinstance(w, type) else w for w in widgets]
        super().__init__(attrs)

    @property
    def is_hidden(self) -> bool:
        """Whether the user sees none of the inputs."""
        return all(widget.is_hidden for widget in self.widgets)

    def _named(self, name: str) -> Iterator[tuple[str, Any]]:
        for suffix, widget in zip(self.widgets_names, self.widgets, strict=False):
            yield name + suffix, widget

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the inputs, with numbered ids."""
        context = super().get_context(name, value, attrs)
        if self.is_localized:
            for widget in self.widgets:
                widget.is_localized = self.is_localized
        values: Any = value if isinstance(value, (list, tuple)) else self.decompress(value)
        own: dict[str, Any] = context["widget"]["attrs"]
        input_type = own.pop("type", None)
        id_ = own.get("id")
        subwidgets: list[dict[str, Any]] = []
        for index, (widget_name, widget) in enumerate(self._named(name)):
            if input_type is not None:
                widget.input_type = input_type
            shown = values[index] if index < len(values) else None
            given = {**own, "id": f"{id_}_{index}"} if id_ else own
            subwidgets.append(widget.get_context(widget_name, shown, given)["widget"])
        context["widget"]["subwidgets"] = subwidgets
        return context

    def id_for_label(self, id_: str) -> str:
        """Return none: a `<legend>` stands for the label."""
        return ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the list of the inputs' values."""
        return [widget.value_from_datadict(data, files, part) for part, widget in self._named(name)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether nothing was submitted for any input."""
        return all(
            widget.value_omitted_from_data(data, files, part) for part, widget in self._named(name)
        )

    def decompress(self, value: Any) -> list[Any]:
        """Return the values of the inputs for one value, which is valid or empty."""
        raise NotImplementedError("Subclasses must implement this method.")

    @property
    def media(self) -> Any:
        """The files of all inputs."""
        media = Media()
        for widget in self.widgets:
            media += widget.media
        return media

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        clone = super().__deepcopy__(memo)
        clone.widgets = [copy.deepcopy(widget, memo) for widget in self.widgets]
        return clone

    @property
    def needs_multipart_form(self) -> bool:  # type: ignore[override]  # computed here
        """Whether an input takes files."""
        return any(widget.needs_multipart_form for widget in self.widgets)


class SplitDateTimeWidget(MultiWidget):
    """A date and a time in two inputs.

    Args:
        attrs: Attributes of both inputs.
        date_format: The `strftime` format of the date; `time_format` that of the time.
        date_attrs: Attributes of the date alone, instead of `attrs`; `time_attrs` of the time.
    """

    supports_microseconds = False
    template_name = "django/forms/widgets/splitdatetime.html"

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: Mapping[str, Any] | None = None,
        time_attrs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            (
                DateInput(attrs=attrs if date_attrs is None else date_attrs, format=date_format),
                TimeInput(attrs=attrs if time_attrs is None else time_attrs, format=time_format),
            )
        )

    def decompress(self, value: Any) -> list[Any]:
        """Return the date and the time in the current time zone."""
        if not value:
            return [None, None]
        local = to_current_timezone(value)
        return [local.date(), local.time()]


class SplitHiddenDateTimeWidget(SplitDateTimeWidget):
    """A date and a time in two hidden inputs."""

    template_name = "django/forms/widgets/splithiddendatetime.html"

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: Mapping[str, Any] | None = None,
        time_attrs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs, date_format, time_format, date_attrs, time_attrs)
        for widget in self.widgets:
            widget.input_type = "hidden"


class SelectDateWidget(Widget):
    """A date in three lists to select from.

    Args:
        years: The years to offer, by default this one and the nine after it.
        months: Names of the months by number, by default those of the language.
        empty_label: The label of the empty options, or three of them: year, month and day.

    Raises:
        ValueError: `empty_label` is a list of another length.
    """

    none_value: tuple[str, Any] = ("", "---")
    month_field = "%s_month"
    day_field = "%s_day"
    year_field = "%s_year"
    template_name = "django/forms/widgets/select_date.html"
    input_type = "select"
    select_widget = Select
    date_re = re.compile(r"(\d{4}|0)-(\d\d?)-(\d\d?)$")
    use_fieldset = True

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        years: Any = None,
        months: Mapping[int, Any] | None = None,
        empty_label: Any = None,
    ) -> None:
        super().__init__(attrs)
        this_year = datetime.date.today().year
        self.years = years or range(this_year, this_year + 10)
        self.months = months or MONTHS
        labels: Any = empty_label
        if not isinstance(empty_label, (list, tuple)):
            if empty_label is not None:
                self.none_value = ("", empty_label)
            labels = (self.none_value[1],) * 3
        elif len(labels) != 3:
            raise ValueError("empty_label list/tuple must have 3 elements.")
        self.year_none_value, self.month_none_value, self.day_none_value = (
            ("", label) for label in labels
        )

    def _part(self, pattern: str, choices: list[Any], empty: Any, part: str, context: Any) -> Any:
        """Return the template variables of one of the lists."""
        name, value = pattern % context["name"], context["value"][part]
        if not self.is_required:
            choices.insert(0, empty)
        attrs = {**context["attrs"], "id": f"id_{name}"}
        widget = self.select_widget(context["given"], choices=choices)
        return widget.get_context(name=name, value=value, attrs=attrs)["widget"]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the three lists in the order of the language."""
        context = super().get_context(name, value, attrs)
        own = {**context["widget"], "given": attrs}
        years: list[Any] = [(year, str(year)) for year in self.years]
        days: list[Any] = [(day, day) for day in range(1, 32)]
        parts = {
            "year": self._part(self.year_field, years, self.year_none_value, "year", own),
            "month": self._part(
                self.month_field, list(self.months.items()), self.month_none_value, "month", own
            ),
            "day": self._part(self.day_field, days, self.day_none_value, "day", own),
        }
        context["widget"]["subwidgets"] = [parts[part] for part in self._parse_date_fmt()]
        return context

    def format_value(self, value: Any) -> Any:
        """Return year, month and day; a dictionary, so that invalid dates can be shown as well."""
        year: Any = None
        month: Any = None
        day: Any = None
        if isinstance(value, datetime.date):
            year, month, day = value.year, value.month, value.day
        elif isinstance(value, str):
            if match := self.date_re.match(value):
                # A zero stands for a part that was not selected.
                year, month, day = (int(part) or "" for part in match.groups())
            else:
                form = formats.get_format("DATE_INPUT_FORMATS")[0]
                try:
                    parsed = datetime.datetime.strptime(value, form)
                except ValueError:
                    pass
                else:
                    year, month, day = parsed.year, parsed.month, parsed.day
        return {"year": year, "month": month, "day": day}

    @staticmethod
    def _parse_date_fmt() -> Iterator[str]:
        """Yield the parts in the order of `DATE_FORMAT`."""
        escaped = False
        for char in formats.get_format("DATE_FORMAT"):
            if escaped or char == "\\":
                escaped = not escaped
            elif char in "Yy":
                yield "year"
            elif char in "bEFMmNn":
                yield "month"
            elif char in "dj":
                yield "day"

    def id_for_label(self, id_: str) -> str:
        """Return the id of the first list."""
        return f"{id_}_{next(self._parse_date_fmt(), 'month')}"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the date in the first input format, or `year-month-day` if there is no such date.

        Parts that were not selected are zero there.
        """
        year = data.get(self.year_field % name)
        month = data.get(self.month_field % name)
        day = data.get(self.day_field % name)
        if year == month == day == "":
            return None
        if year is None or month is None or day is None:
            return data.get(name)
        try:
            date = datetime.date(int(year), int(month), int(day))
        except (ValueError, TypeError):
            return f"{year or 0}-{month or 0}-{day or 0}"
        except OverflowError:
            return "0-0-0"
        form = formats.get_format("DATE_INPUT_FORMATS")[0]
        return date.strftime(formats.sanitize_strftime_format(form))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether none of the parts was submitted."""
        return not any(f"{name}_{part}" in data for part in ("year", "month", "day"))
