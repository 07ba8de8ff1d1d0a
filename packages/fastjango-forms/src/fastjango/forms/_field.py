"""The base of all fields."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Self

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import overrides_without_twin
from fastjango.values import validators

from ._copying import shallow_copy
from ._widget import HiddenInput, TextInput, Widget
from .boundfield import BoundField
from .exceptions import AsyncCleaningRequired

__all__ = ["Field"]


class Field:
    """One value of a form: how it is shown, read and checked.

    Args:
        required: Refuse empty values.
        widget: The widget, or its class; by default that of the field's class.
        label: The label; `None` makes one of the field's name.
        initial: What an unbound form shows, or a function that gives it.
        help_text: A text beside the field; it is not escaped.
        error_messages: Messages by code that replace the default ones.
        show_hidden_initial: Also render the initial value in a hidden input, and compare with it.
        validators: Functions, sync or async, that raise `ValidationError`; beside the default ones.
        localize: Read and show the value in the formats of the language.
        disabled: Show the value without letting the user change it; submitted data is ignored.
        label_suffix: What follows the label, instead of the form's suffix.
        template_name: The template of the field group, instead of the renderer's.
        bound_field_class: The class of the bound field, instead of the form's.
    """

    widget: Any = TextInput
    hidden_widget: Any = HiddenInput
    default_validators: Any = []
    default_error_messages: dict[str, Any] = {"required": _("This field is required.")}
    empty_values: Any = list(validators.EMPTY_VALUES)
    bound_field_class: Any = None
    _reads_rows = False  # whether `to_python()` waits

    def __init__(
        self,
        *,
        required: bool = True,
        widget: Any = None,
        label: Any = None,
        initial: Any = None,
        help_text: Any = "",
        error_messages: Any = None,
        show_hidden_initial: bool = False,
        validators: Iterable[Callable[[Any], Any]] = (),
        localize: bool = False,
        disabled: bool = False,
        label_suffix: Any = None,
        template_name: str | None = None,
        bound_field_class: Any = None,
    ) -> None:
        self.required, self.label, self.initial = required, label, initial
        self.show_hidden_initial = show_hidden_initial
        self.help_text = help_text
        self.disabled = disabled
        self.label_suffix = label_suffix
        self.bound_field_class = bound_field_class or self.bound_field_class
        widget = widget or self.widget
        widget = widget() if isinstance(widget, type) else copy.deepcopy(widget)
        self.localize = localize
        if localize:
            widget.is_localized = True
        widget.is_required = required
        extra_attrs = self.widget_attrs(widget)
        if extra_attrs:
            widget.attrs.update(extra_attrs)
        self.widget: Any = widget
        messages: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            messages.update(getattr(cls, "default_error_messages", {}))
        messages.update(error_messages or {})
        self.error_messages = messages
        self.validators: list[Callable[[Any], Any]] = [*self.default_validators, *validators]
        self.template_name = template_name
        super().__init__()

    def prepare_value(self, value: Any) -> Any:
        """Return a value as the widget takes it."""
        return value

    def to_python(self, value: Any) -> Any:
        """Turn what the widget read into a value of the field's type.

        Raises:
            ValidationError: It cannot be turned into one.
        """
        return value

    async def _aread(self, value: Any) -> Any:
        """Do what `to_python()` does; a field that has to wait for that awaits it here."""
        return self.to_python(value)

    def validate(self, value: Any) -> None:
        """Check a value of the field's type.

        Raises:
            ValidationError: It is refused.
        """
        if self.required and value in self.empty_values:
            raise self._error("required")

    def _error(self, code: str, **params: Any) -> ValidationError:
        """Return the error of a code with the field's message."""
        return ValidationError(self.error_messages[code], code=code, params=params or None)

    def _messages(self, error: ValidationError) -> list[ValidationError]:
        """Return the errors of a validator, with the field's message for the code if it has one."""
        if getattr(error, "code", None) in self.error_messages:
            error.message = self.error_messages[error.code]  # type: ignore[index]
        return error.error_list

    def run_validators(self, value: Any) -> None:
        """Run all validators on a value that is not empty, and report all their errors.

        Raises:
            ValidationError: A validator refuses the value.
            AsyncCleaningRequired: A validator has to be awaited.
        """
        if value in self.empty_values:
            return
        errors: list[ValidationError] = []
        for validator in self.validators:
            try:
                result = validator(value)
            except ValidationError as error:
                errors.extend(self._messages(error))
            else:
                if result is not None and inspect.isawaitable(result):
                    if inspect.iscoroutine(result):
                        result.close()
                    raise self._must_be_awaited(f"the validator {validator!r}")
        if errors:
            raise ValidationError(errors)

    async def arun_validators(self, value: Any) -> None:
        """Run all validators one after another, and await those that are async.

        Raises:
            ValidationError: A validator refuses the value.
        """
        if value in self.empty_values:
            return
        errors: list[ValidationError] = []
        for validator in self.validators:
            try:
                result = validator(value)
                if result is not None and inspect.isawaitable(result):
                    await result
            except ValidationError as error:
                errors.extend(self._messages(error))
        if errors:
            raise ValidationError(errors)

    def _must_be_awaited(self, cause: str) -> AsyncCleaningRequired:
        name = type(self).__name__
        return AsyncCleaningRequired(f"The {name}", cause, "form.ais_valid()` or `field.aclean()")

    def clean(self, value: Any) -> Any:
        """Turn what the widget read into a checked value.

        Raises:
            ValidationError: The value is refused.
            AsyncCleaningRequired: A validator has to be awaited.
        """
        value = self.to_python(value)
        self.validate(value)
        self.run_validators(value)
        return value

    async def aclean(self, value: Any) -> Any:
        """Do what `clean` does, and await validators that are async.

        Raises:
            ValidationError: The value is refused.
        """
        value = self.to_python(value)
        self.validate(value)
        await self.arun_validators(value)
        return value

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what a bound form shows for submitted data: the initial value when disabled."""
        return initial if self.disabled else data

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return the HTML attributes that the field gives to its widget."""
        return {}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether submitted data differs from the initial value; never when disabled."""
        if self.disabled:
            return False
        try:
            data = self.to_python(data)
            coerce: Any = getattr(self, "_coerce", None)
            if coerce is not None:
                return bool(coerce(data) != coerce(initial))
        except ValidationError:
            return True
        # Nothing and the empty text are the same here.
        return bool(("" if initial is None else initial) != ("" if data is None else data))

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        """Return what a form gives to templates for this field."""
        bound_field_class = self.bound_field_class or form.bound_field_class or BoundField
        return bound_field_class(form, self, field_name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result = shallow_copy(self)
        memo[id(self)] = result
        result.widget = self.widget.__deepcopy__(memo)
        result.error_messages = self.error_messages.copy()
        result.validators = self.validators[:]
        return result

    def _clean_bound_field(self, bf: Any) -> Any:
        return self.clean(bf.initial if self.disabled else bf.data)

    def _aclean_bound_field(self, bf: Any) -> Awaitable[Any]:
        return self.aclean(bf.initial if self.disabled else bf.data)

    async def aclean_bound_field(self, bf: Any) -> Any:
        """Clean the data of a bound field, and await what is async.

        A class that overrides `clean` alone is cleaned by that.
        """
        cls = type(self)
        if overrides_without_twin(cls, "_clean_bound_field", "_aclean_bound_field"):
            return self._clean_bound_field(bf)
        if overrides_without_twin(cls, "clean", "aclean") or overrides_without_twin(
            cls, "run_validators", "arun_validators"
        ):
            return self._clean_bound_field(bf)
        return await self._aclean_bound_field(bf)
