"""Filters by one or several of some choices: values, rows, days, orders."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Choices and fields are what a project gives, of any type.

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastjango.core import timezone
from fastjango.core.exceptions import ValidationError as FieldError
from fastjango.orm.models import Q
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest._unfit import UNFIT
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.filtersets.base import EMPTY_VALUES, Filter
from fastjango.rest.filtersets.values import BaseCSVFilter

__all__ = ["AllValuesFilter", "AllValuesMultipleFilter", "ChoiceFilter", "DateRangeFilter",
           "LookupChoiceFilter", "ModelChoiceFilter", "ModelMultipleChoiceFilter",
           "MultipleChoiceFilter", "OrderingFilter", "TypedChoiceFilter",
           "TypedMultipleChoiceFilter"]  # fmt: skip

NULL = "null"
_NO_ROW = (*UNFIT, FieldError)  # what asking for a value raises that no row has


class ChoiceFilter(Filter):
    """By one of some choices; `null_value` stands for rows without a value.

    Args:
        args: What `Filter` takes.
        choices: Pairs of value and label, a mapping, or a function that returns them.
        null_label: With a label, `null_value` is a choice as well.
        null_value: What stands for no value.
        empty_label: A label for no choice, for forms.
        kwargs: What `Filter` takes.
    """

    def __init__(
        self, *args: Any, choices: Any = (), null_label: Any = None, null_value: Any = NULL,
        empty_label: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.choices: Any = choices
        self.null_label: Any = null_label
        self.null_value: Any = null_value
        self.empty_label = empty_label

    def get_choices(self) -> dict[str, Any]:
        """Return the values by the texts that name them."""
        choices: Any = self.choices() if callable(self.choices) else self.choices
        pairs: Any = choices.items() if isinstance(choices, Mapping) else choices
        found: dict[str, Any] = {}
        for value, label in pairs:
            group: Any = label if isinstance(label, (list, tuple)) else [(value, label)]
            found.update((str(item), item) for item, _label in group)
        if self.null_label is not None:
            found[str(self.null_value)] = self.null_value
        return found

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the name of the parameter, with the choices if they are fixed."""
        if callable(self.choices) or type(self).get_choices is not ChoiceFilter.get_choices:
            return [(name, {"type": "string"})]
        return [(name, {"type": "string", "enum": list(self.get_choices())})]

    def clean_value(self, raw: Any) -> Any:
        """Return the chosen value."""
        choices = self.get_choices()
        if str(raw) not in choices:
            raise ValidationError(f'"{raw}" is not a valid choice.', "invalid_choice")
        return choices[str(raw)]

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows with the value, or without one."""
        if value != self.null_value:
            return super().filter(qs, value)
        found = self.get_method(qs)(**{f"{self.field_name}__isnull": True})
        return found.distinct() if self.distinct else found


class TypedChoiceFilter(ChoiceFilter):
    """The same, with the value coerced.

    Args:
        args: What `ChoiceFilter` takes.
        coerce: Makes the value of a text.
        kwargs: What `ChoiceFilter` takes.
    """

    def __init__(self, *args: Any, coerce: Callable[[Any], Any] = str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coerce = coerce

    def clean_value(self, raw: Any) -> Any:
        """Return the chosen value, coerced."""
        return self.coerce(super().clean_value(raw))


class MultipleChoiceFilter(ChoiceFilter):
    """By several choices: rows with one of them, or with `conjoined` all.

    Args:
        args: What `ChoiceFilter` takes.
        conjoined: Whether all have to fit.
        kwargs: What `ChoiceFilter` takes.
    """

    always_filter = True

    def __init__(self, *args: Any, conjoined: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("distinct", True)
        super().__init__(*args, **kwargs)
        self.conjoined = conjoined

    def raw(self, data: Any, name: str) -> Any:
        """Return all values of the parameter."""
        values: Any = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        return [value for value in values if value not in EMPTY_VALUES]

    def clean_value(self, raw: Any) -> Any:
        """Return the chosen values."""
        one = super().clean_value
        return [one(item) for item in raw]

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows that the values find."""
        if not value:
            return qs
        if self.conjoined:
            for item in value:
                qs = self.get_method(qs)(self._condition(item))
        else:
            condition = Q()
            for item in dict.fromkeys(value):
                condition |= self._condition(item)
            qs = self.get_method(qs)(condition)
        return qs.distinct() if self.distinct else qs

    def _condition(self, item: Any) -> Any:
        if item == self.null_value:
            return Q((f"{self.field_name}__isnull", True))
        return Q(**{self.lookup(): item})


class TypedMultipleChoiceFilter(MultipleChoiceFilter):
    """The same, with the values coerced.

    Args:
        args: What `MultipleChoiceFilter` takes.
        coerce: Makes a value of a text.
        kwargs: What `MultipleChoiceFilter` takes.
    """

    def __init__(self, *args: Any, coerce: Callable[[Any], Any] = str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coerce = coerce

    def clean_value(self, raw: Any) -> Any:
        """Return the chosen values, coerced."""
        return [self.coerce(item) for item in super().clean_value(raw)]


class _Existing:
    """Choices that are the values in the database; reading them is a query."""

    parent: Any
    field_name: Any
    null_value: Any

    def clean(self, raw: Any) -> Any:
        """Return the value, or values, of what the query string says."""
        return run_steps(self._existing_steps(raw))

    async def aclean(self, raw: Any) -> Any:
        """Return the value, or values, of what the query string says."""
        return await arun_steps(self._existing_steps(raw))

    def _existing_steps(self, raw: Any) -> Steps:
        if raw in EMPTY_VALUES:
            return None
        single = not isinstance(raw, list)
        model = self.parent.queryset.model
        name = self.field_name
        found: list[Any] = []
        for item in [raw] if single else raw:
            try:
                rows = model._default_manager.filter(**{name: item}).values_list(name, flat=True)
                value = yield rows.first, rows.afirst, ()
            except _NO_ROW:
                value = None
            if value is None:
                raise ValidationError(f'"{item}" is not a valid choice.', "invalid_choice")
            found.append(value)
        return found[0] if single else found


class AllValuesFilter(_Existing, ChoiceFilter):
    """By one of the values that rows have."""


class AllValuesMultipleFilter(_Existing, MultipleChoiceFilter):
    """By several of the values that rows have."""


class ModelChoiceFilter(ChoiceFilter):
    """By a row of another model, named by its key.

    Args:
        args: What `ChoiceFilter` takes.
        queryset: The rows, or a function of the request that returns them.
        to_field_name: The field that names a row; the primary key if `None`.
        kwargs: What `ChoiceFilter` takes.
    """

    def __init__(
        self, *args: Any, queryset: Any = None, to_field_name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.queryset: Any = queryset
        self.to_field_name: str | None = to_field_name

    def get_queryset(self, request: Any) -> Any:
        """Return the rows that may be chosen."""
        return self.queryset(request) if callable(self.queryset) else self.queryset

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the name of the parameter."""
        return [(name, {"type": "string"})]

    def clean_value(self, raw: Any) -> Any:
        """Return the row, or the rows."""
        return run_steps(self._rows(raw))

    async def aclean_value(self, raw: Any) -> Any:
        """Return the row, or the rows."""
        return await arun_steps(self._rows(raw))

    def _rows(self, raw: Any) -> Steps:
        queryset = self.get_queryset(getattr(self.parent, "request", None))
        if queryset is None:
            raise TypeError(
                f"The filter for {self.field_name!r} has no rows to choose from. Give it a "
                "`queryset`."
            )
        if not isinstance(raw, list):
            return (yield from self._row(queryset, raw))
        found: list[Any] = []
        for item in raw:
            row = yield from self._row(queryset, item)
            found.append(row)
        return found

    def _row(self, queryset: Any, raw: Any) -> Steps:
        if self.null_label is not None and str(raw) == str(self.null_value):
            return self.null_value
        try:
            rows = queryset.filter(**{self.to_field_name or "pk": raw})
            row = yield rows.first, rows.afirst, ()
        except _NO_ROW:
            row = None
        if row is None:
            raise ValidationError(
                "Select a valid choice. That choice is not one of the available choices.",
                "invalid_choice",
            )
        return row


class ModelMultipleChoiceFilter(ModelChoiceFilter, MultipleChoiceFilter):
    """By several rows of another model."""

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows that the chosen ones find."""
        return MultipleChoiceFilter.filter(self, qs, value)


def _days_ago(days: int) -> datetime.datetime:
    now = timezone.now()
    # Lookups such as __day go by the current time zone, and so do these.
    local = timezone.localtime(now) if timezone.is_aware(now) else now
    return local - datetime.timedelta(days=days)


def _on(day: datetime.datetime, *parts: str) -> Callable[[str], dict[str, Any]]:
    return lambda name: {f"{name}__{part}": getattr(day, part) for part in parts}


class DateRangeFilter(ChoiceFilter):
    """By `today`, `yesterday`, `week`, `month` or `year`."""

    ranges: tuple[str, ...] = ("today", "yesterday", "week", "month", "year")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("choices", [(name, name) for name in self.ranges])
        super().__init__(*args, **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows of those days."""
        if not value:
            return qs
        name = str(self.field_name)
        day = ("year", "month", "day")
        if value == "week":
            midnight = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
            lookups = {
                f"{name}__gte": _days_ago(7).replace(**midnight),  # type: ignore[arg-type]
                f"{name}__lt": _days_ago(-1).replace(**midnight),  # type: ignore[arg-type]
            }
        else:
            lookups = {
                "today": _on(_days_ago(0), *day),
                "yesterday": _on(_days_ago(1), *day),
                "month": _on(_days_ago(0), "year", "month"),
                "year": _on(_days_ago(0), "year"),
            }[value](name)
        found = self.get_method(qs)(**lookups)
        return found.distinct() if self.distinct else found


class LookupChoiceFilter(Filter):
    """By a value and a lookup of the client's choice: `<name>` and `<name>_lookup`.

    Args:
        field_name: The model field's name; that of the filter if `None`.
        lookup_choices: The lookups that clients may choose, with labels or without.
        field_class: The field that reads the value.
        kwargs: What `Filter` takes.

    Raises:
        TypeError: No lookups are given. All lookups of a field, as django-filter then offers,
            include regular expressions and some that no single value fits.
    """

    def __init__(
        self, field_name: str | None = None, lookup_choices: Iterable[Any] | None = None,
        field_class: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(field_name, **kwargs)
        self.lookup_choices: list[str] = [
            item if isinstance(item, str) else str(item[0]) for item in lookup_choices or ()
        ]
        if not self.lookup_choices:
            raise TypeError(
                "LookupChoiceFilter needs the lookups that clients may choose, such as "
                "lookup_choices=['exact', 'icontains']: all lookups of a field would include "
                "regular expressions."
            )
        if field_class is not None:
            self.field_class = field_class

    def parameters(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the names of both parameters."""
        return [(name, self.schema),
                (f"{name}_lookup", {"type": "string", "enum": self.lookup_choices})]  # fmt: skip

    def raw(self, data: Any, name: str) -> Any:
        """Return value and lookup; `None` without a value."""
        value = data.get(name)
        return None if value in EMPTY_VALUES else (value, data.get(f"{name}_lookup"))

    def clean_value(self, raw: Any) -> Any:
        """Return value and lookup."""
        value, lookup = raw
        if lookup not in self.lookup_choices:
            raise ValidationError("Select a lookup.", "lookup_required")
        return super().clean_value(value), lookup

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows that the value finds by the lookup."""
        if not value:
            return qs
        found = self.get_method(qs)(**{self.lookup(value[1]): value[0]})
        return found.distinct() if self.distinct else found


class OrderingFilter(BaseCSVFilter, ChoiceFilter):
    """By a comma-separated list of fields to order by.

    Args:
        args: What `ChoiceFilter` takes.
        fields: Names, pairs of field and name, or a mapping of fields to names.
        field_labels: Labels by field.
        kwargs: What `ChoiceFilter` takes.
    """

    def __init__(
        self, *args: Any, fields: Any = (), field_labels: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        pairs: dict[str, str] = dict(fields) if isinstance(fields, Mapping) else dict(
            (item, item) if isinstance(item, str) else item for item in fields
        )  # fmt: skip
        self.param_map: dict[str, str] = {name: field for field, name in pairs.items()}
        labels = field_labels or {}
        if "choices" not in kwargs:
            kwargs["choices"] = [
                (f"{sign}{name}", labels.get(f"{sign}{field}", name))
                for field, name in pairs.items()
                for sign in ("", "-")
            ]
        kwargs.setdefault("label", "Ordering")
        super().__init__(*args, **kwargs)

    def get_ordering_value(self, param: str) -> str:
        """Return what `order_by()` takes for a choice."""
        name = param.removeprefix("-")
        return f"{'-' if param.startswith('-') else ''}{self.param_map.get(name, name)}"

    def filter(self, qs: Any, value: Any) -> Any:
        """Return the rows in order."""
        if not value:
            return qs
        return qs.order_by(*(self.get_ordering_value(item) for item in value if item))
