"""Which forms of a formset have the values of earlier ones where a model wants them unique."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Models and their rows are known at run time only.

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from fastjango.values.hashable import make_hashable

__all__ = ["DateCheck", "collect_checks", "date_values", "find_repeats", "unique_values"]

DateCheck = tuple[Any, str, str, str]
"""Model, part of the date (`"date"` for all of it), the field, and that of the date."""


def collect_checks(forms: Iterable[Any]) -> tuple[list[tuple[str, ...]], list[DateCheck]]:
    """Return what has to be unique among forms: groups of names, and fields within dates.

    Each of them is there once, in the order in which the forms tell them.
    """
    unique: dict[Any, None] = {}
    within_dates: dict[DateCheck, None] = {}
    for form in forms:
        groups, dates = form.instance._get_unique_checks(
            exclude=form._get_validation_exclusions(), include_meta_constraints=True
        )
        unique.update(dict.fromkeys((model, tuple(names)) for model, names in groups))
        within_dates.update(dict.fromkeys(dates))
    return [names for _model, names in unique], list(within_dates)


def find_repeats(forms: Iterable[Any], values_of: Callable[[Any], Any]) -> Iterator[Any]:
    """Yield the forms whose values an earlier one had; `None` for values is never the same."""
    seen: set[Any] = set()
    for form in forms:
        values = values_of(form)
        if values is None:
            continue
        if values in seen:
            yield form
        seen.add(values)


def unique_values(
    form: Any, names: tuple[str, ...], shared: Collection[str]
) -> tuple[Any, ...] | None:
    """Return the values of a group of fields, hashable; `None` if some are null.

    Args:
        form: The form, cleaned.
        names: The names of the group.
        shared: Names of fields whose values are the same in all forms.
    """
    values = tuple(
        _hashable(name if name in shared else form.cleaned_data[name])
        for name in names
        if name in form.cleaned_data
    )
    return values if values and None not in values else None


def date_values(form: Any, check: DateCheck) -> tuple[Any, ...] | None:
    """Return the value of a field with the part of the date within which it must be unique."""
    _model, lookup, name, within = check
    cleaned = form.cleaned_data
    if not cleaned or cleaned.get(name) is None or cleaned.get(within) is None:
        return None
    date = cleaned[within]
    parts = ("year", "month", "day") if lookup == "date" else (lookup,)
    return (make_hashable(cleaned[name]), *(getattr(date, part) for part in parts))


def _hashable(value: Any) -> Any:
    return value._get_pk_val() if hasattr(value, "_get_pk_val") else make_hashable(value)
