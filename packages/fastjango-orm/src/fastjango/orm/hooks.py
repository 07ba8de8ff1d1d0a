"""Questions that the ORM asks other distributions."""

from __future__ import annotations

from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.hooks import Hook

__all__ = ["form_field", "make_form_field"]


def _form_field(
    field: Any, form_class: Any, choices_form_class: Any, options: dict[str, Any]
) -> Any:
    """Make the form field of a model field, or answer `None`.

    Args:
        field: The model field.
        form_class: Class of the form field or its name (`"DateField"`), `None` for a text field.
        choices_form_class: Class for fields with choices, `None` for the usual one.
        options: Keyword arguments that the model field suggests.
    """


#: Asked by `Field.formfield`; the first answer counts.
form_field = Hook(_form_field, late=True)


def make_form_field(
    field: Any, form_class: Any = None, choices_form_class: Any = None, **options: Any
) -> Any:
    """The form field of a model field, from the first distribution that makes one.

    Raises:
        ImproperlyConfigured: None does.
    """
    answers = form_field.call(
        field=field, form_class=form_class, choices_form_class=choices_form_class, options=options
    )
    for answer in answers:
        if answer is not None:
            return answer
    raise ImproperlyConfigured(
        f"Nothing installed makes a form field for {field}. Install fastjango-forms, or implement "
        "the hook 'fastjango.orm.hooks.form_field'."
    )
