"""Several forms of one kind on a page, as in `django.forms.formsets`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._formset import BaseFormSet
from ._management import (
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    MAX_NUM_FORM_COUNT,
    MIN_NUM_FORM_COUNT,
    ORDERING_FIELD_NAME,
    TOTAL_FORM_COUNT,
    ManagementForm,
)

__all__ = [
    "DEFAULT_MAX_NUM",
    "DEFAULT_MIN_NUM",
    "DELETION_FIELD_NAME",
    "INITIAL_FORM_COUNT",
    "MAX_NUM_FORM_COUNT",
    "MIN_NUM_FORM_COUNT",
    "ORDERING_FIELD_NAME",
    "TOTAL_FORM_COUNT",
    "BaseFormSet",
    "ManagementForm",
    "aall_valid",
    "all_valid",
    "formset_factory",
]

DEFAULT_MIN_NUM = 0  # forms
DEFAULT_MAX_NUM = 1000  # forms; as many again are made of data before it is cut off


def formset_factory(
    form: Any,
    formset: Any = BaseFormSet,
    extra: int = 1,
    can_order: bool = False,
    can_delete: bool = False,
    max_num: int | None = None,
    validate_max: bool = False,
    min_num: int | None = None,
    validate_min: bool = False,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: Any = None,
) -> Any:
    """Make the formset class of a form class.

    Args:
        form: The form class.
        formset: The base of the new class.
        extra: How many empty forms to show.
        can_order: Add a field for the order.
        can_delete: Add a field that marks forms for deletion.
        max_num: The most forms to show, 1,000 by default; what exists is shown beyond it.
        validate_max: Refuse more than `max_num` submitted forms.
        min_num: The fewest forms to show, 0 by default.
        validate_min: Refuse fewer than `min_num` submitted forms.
        absolute_max: The most forms that are made of submitted data, by default 1,000 more than
            `max_num`.
        can_delete_extra: Let extra forms be marked for deletion too.
        renderer: What renders formset and forms.

    Raises:
        ValueError: `absolute_max` is below `max_num`.
    """
    min_num = DEFAULT_MIN_NUM if min_num is None else min_num
    max_num = DEFAULT_MAX_NUM if max_num is None else max_num
    absolute_max = max_num + DEFAULT_MAX_NUM if absolute_max is None else absolute_max
    if max_num > absolute_max:
        raise ValueError("'absolute_max' must be greater or equal to 'max_num'.")
    name: str = form.__name__
    attrs = {
        "form": form,
        "extra": extra,
        "can_order": can_order,
        "can_delete": can_delete,
        "can_delete_extra": can_delete_extra,
        "min_num": min_num,
        "max_num": max_num,
        "absolute_max": absolute_max,
        "validate_min": validate_min,
        "validate_max": validate_max,
        "renderer": renderer,
    }
    return type(name + ("Set" if name.endswith("Form") else "FormSet"), (formset,), attrs)


def all_valid(formsets: Iterable[Any]) -> bool:
    """Tell whether all formsets are valid; each of them is cleaned."""
    valid = [formset.is_valid() for formset in formsets]
    return all(valid)


async def aall_valid(formsets: Iterable[Any]) -> bool:
    """Tell whether all formsets are valid; each of them is cleaned, one after another."""
    valid = [await formset.ais_valid() for formset in formsets]
    return all(valid)
