"""The form that counts the forms of a formset."""

from __future__ import annotations

from typing import Any

from .fields import IntegerField
from .forms import Form
from .widgets import HiddenInput

__all__ = [
    "DELETION_FIELD_NAME",
    "INITIAL_FORM_COUNT",
    "MAX_NUM_FORM_COUNT",
    "MIN_NUM_FORM_COUNT",
    "ORDERING_FIELD_NAME",
    "TOTAL_FORM_COUNT",
    "ManagementForm",
]

TOTAL_FORM_COUNT = "TOTAL_FORMS"
INITIAL_FORM_COUNT = "INITIAL_FORMS"
MIN_NUM_FORM_COUNT = "MIN_NUM_FORMS"
MAX_NUM_FORM_COUNT = "MAX_NUM_FORMS"
ORDERING_FIELD_NAME = "ORDER"
DELETION_FIELD_NAME = "DELETE"


class ManagementForm(Form):
    """How many forms were shown and are sent; scripts that add forms raise `TOTAL_FORMS`.

    The two limits are for scripts alone: what comes back of them is not used.
    """

    TOTAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    INITIAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    MIN_NUM_FORMS = IntegerField(required=False, widget=HiddenInput)
    MAX_NUM_FORMS = IntegerField(required=False, widget=HiddenInput)

    def clean(self) -> Any:
        """Take an unknown number of forms for none."""
        cleaned_data = super().clean()
        cleaned_data.setdefault(TOTAL_FORM_COUNT, 0)
        cleaned_data.setdefault(INITIAL_FORM_COUNT, 0)
        return cleaned_data
