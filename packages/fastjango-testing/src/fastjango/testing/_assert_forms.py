# ruff: noqa: N802, PT009, PT027  # the names and the means of unittest
"""Assertions about forms and form fields."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import unittest
from collections.abc import Mapping
from typing import Any

from fastjango.core.exceptions import ValidationError

__unittest = True  # failures show the test's frame instead of this module's


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class FormAssertions(unittest.TestCase):
    """Assertions about anything with the interface of Django's forms."""

    def assertFormError(
        self, form: Any, field: str | None, errors: str | list[str], msg_prefix: str = ""
    ) -> None:
        """Assert that a field of a bound form has exactly these errors.

        Args:
            field: The field's name; None for the errors of the form itself.
            errors: One message or several; an empty list for no errors.
        """
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        self._check_form(form, field, _as_list(errors), prefix, f"form {form!r}")

    def assertFormSetError(
        self,
        formset: Any,
        form_index: int | None,
        field: str | None,
        errors: str | list[str],
        msg_prefix: str = "",
    ) -> None:
        """Assert that a form of a bound formset has exactly these errors; see `assertFormError`.

        Args:
            form_index: The form's position; None for the errors of the formset itself.

        Raises:
            ValueError: A field was given without a form.
        """
        if form_index is None and field is not None:
            raise ValueError("You must use field=None with form_index=None.")
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if not formset.is_bound:
            self.fail(
                f"{prefix}The formset {formset!r} is not bound, it will never have any errors."
            )
        if form_index is None:
            found = formset.non_form_errors()
            if found != _as_list(errors):
                complaint = f"{prefix}The non-form errors of formset {formset!r} don't match."
                self.assertEqual(found, _as_list(errors), complaint)
            return
        count = formset.total_form_count()
        if form_index >= count:
            forms = "forms" if count > 1 else "form"
            self.fail(f"{prefix}The formset {formset!r} only has {count} {forms}.")
        shown = f"form {form_index} of formset {formset!r}"
        self._check_form(formset.forms[form_index], field, _as_list(errors), prefix, shown)

    def _check_form(
        self, form: Any, field: str | None, errors: list[str], prefix: str, shown: str
    ) -> None:
        if not form.is_bound:
            self.fail(f"{prefix}The {shown} is not bound, it will never have any errors.")
        if field is not None and field not in form.fields:
            self.fail(f"{prefix}The {shown} does not contain the field {field!r}.")
        found = form.non_field_errors() if field is None else form.errors.get(field, [])
        if found == errors:
            return
        if field is None:
            complaint = f"The non-field errors of {shown} don't match."
        else:
            complaint = f"The errors of field {field!r} on {shown} don't match."
        self.assertEqual(found, errors, prefix + complaint)

    def assertFieldOutput(
        self,
        fieldclass: Any,
        valid: Mapping[Any, Any],
        invalid: Mapping[Any, Any],
        field_args: list[Any] | None = None,
        field_kwargs: dict[str, Any] | None = None,
        empty_value: Any = "",
    ) -> None:
        """Assert that a form field cleans and refuses values as it should.

        Args:
            fieldclass: The class of the field.
            valid: Inputs with what they are cleaned to.
            invalid: Inputs with the list of messages they are refused with.
            field_args: Positional arguments of the field.
            field_kwargs: Keyword arguments of the field.
            empty_value: What an optional field makes of empty inputs.
        """
        args, kwargs = field_args or [], field_kwargs or {}
        required = fieldclass(*args, **kwargs)
        optional = fieldclass(*args, **{**kwargs, "required": False})
        for value, cleaned in valid.items():
            self.assertEqual(required.clean(value), cleaned)
            self.assertEqual(optional.clean(value), cleaned)
        for value, messages in invalid.items():
            for one in (required, optional):
                self._assert_refused(one, value, messages)
        for value in required.empty_values:
            self._assert_refused(required, value, [required.error_messages["required"]])
            self.assertEqual(optional.clean(value), empty_value)
        if any(base.__name__ == "CharField" for base in fieldclass.__mro__):
            lengths = {**kwargs, "min_length": 2, "max_length": 20}
            self.assertIsInstance(fieldclass(*args, **lengths), fieldclass)

    def _assert_refused(self, field: Any, value: Any, messages: Any) -> None:
        with self.assertRaises(ValidationError) as caught:
            field.clean(value)
        self.assertEqual(caught.exception.messages, messages)
