"""Fields made of several fields."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

import datetime
from collections.abc import Generator, Iterable
from typing import Any, Self

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, twin

from ._field import Field
from ._multi_widgets import SplitDateTimeWidget, SplitHiddenDateTimeWidget
from ._temporal_fields import DateField, TimeField
from .utils import from_current_timezone

__all__ = ["ComboField", "MultiValueField", "SplitDateTimeField"]


class ComboField(Field):
    """A value that several fields clean, one after another.

    Args:
        fields: The fields; none of them asks for a value, the combination does.
    """

    def __init__(self, fields: Iterable[Field], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = fields
        for field in fields:
            field.required = False

    def clean(self, value: Any) -> Any:
        """Return what the last field made of the value."""
        super().clean(value)
        for field in self.fields:
            value = field.clean(value)
        return value

    async def aclean(self, value: Any) -> Any:
        """Do what `clean` does, and await validators that are async."""
        await super().aclean(value)
        for field in self.fields:
            value = await field.aclean(value)
        return value


class MultiValueField(Field):
    """A value put together from those of several fields; subclasses say how in `compress`.

    Args:
        fields: The fields, in the order of the widget's inputs.
        require_all_fields: Ask for all values or none; otherwise each field decides for itself.
    """

    default_error_messages: dict[str, Any] = {
        "invalid": _("Enter a list of values."),
        "incomplete": _("Enter a complete value."),
    }

    def __init__(
        self, fields: Iterable[Field], *, require_all_fields: bool = True, **kwargs: Any
    ) -> None:
        self.require_all_fields = require_all_fields
        super().__init__(**kwargs)
        for field in fields:
            field.error_messages.setdefault("incomplete", self.error_messages["incomplete"])
            if self.disabled:
                field.disabled = True
            if require_all_fields:
                field.required = False
        self.fields: Any = fields

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result = super().__deepcopy__(memo)
        result.fields = tuple(field.__deepcopy__(memo) for field in self.fields)
        return result

    def validate(self, value: Any) -> None:
        """Accept every value: the fields have checked the parts."""

    def _is_empty(self, value: Any) -> bool:
        """Tell whether no part has a value.

        Raises:
            ValidationError: The value is no list, or it is empty and required.
        """
        if value and not isinstance(value, (list, tuple)):
            raise self._error("invalid")
        parts: Any = value or ()
        if all(part in self.empty_values for part in parts):
            if self.required:
                raise self._error("required")
            return True
        return False

    def _clean_parts(self, value: Any) -> Generator[Step, Any, list[Any]]:
        """Clean each part by its field and return the values.

        Raises:
            ValidationError: Parts are refused.
        """
        cleaned: list[Any] = []
        errors: list[Any] = []
        for index, field in enumerate(self.fields):
            part = value[index] if index < len(value) else None
            if part in self.empty_values:
                if self.require_all_fields:
                    if self.required:
                        raise self._error("required")
                elif field.required:
                    message = field.error_messages["incomplete"]
                    if message not in errors:
                        errors.append(message)
                    continue
            try:
                cleaned.append((yield twin(field, "clean", part)))
            except ValidationError as refused:
                errors.extend(error for error in refused.error_list if error not in errors)
        if errors:
            raise ValidationError(errors)
        return cleaned

    def _decompressed(self, value: Any) -> Any:
        if self.disabled and not isinstance(value, list):
            return self.widget.decompress(value)
        return value  # pyright: ignore[reportUnknownVariableType]

    def clean(self, value: Any) -> Any:
        """Clean each part by its field and put the results together."""
        value = self._decompressed(value)
        if self._is_empty(value):
            return self.compress([])
        out = self.compress(follow(self._clean_parts(value)))
        self.validate(out)
        self.run_validators(out)
        return out

    async def aclean(self, value: Any) -> Any:
        """Do what `clean` does, and await validators that are async."""
        value = self._decompressed(value)
        if self._is_empty(value):
            return self.compress([])
        out = self.compress(await afollow(self._clean_parts(value)))
        self.validate(out)
        await self.arun_validators(out)
        return out

    def compress(self, data_list: list[Any]) -> Any:
        """Return the one value for a list of valid parts, which is empty for nothing entered."""
        raise NotImplementedError("Subclasses must implement this method.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether a part differs."""
        if self.disabled:
            return False
        if initial is None:
            initial = [""] * len(data)
        elif not isinstance(initial, list):
            initial = self.widget.decompress(initial)
        for field, before, after in zip(self.fields, initial, data, strict=False):
            try:
                known = field.to_python(before)
            except ValidationError:
                return True
            if field.has_changed(known, after):
                return True
        return False


class SplitDateTimeField(MultiValueField):
    """A date and a time in two inputs.

    Args:
        input_date_formats: The formats of the date, by default those of the language.
        input_time_formats: The formats of the time, by default those of the language.
    """

    widget: Any = SplitDateTimeWidget
    hidden_widget: Any = SplitHiddenDateTimeWidget
    default_error_messages: dict[str, Any] = {
        "invalid_date": _("Enter a valid date."),
        "invalid_time": _("Enter a valid time."),
    }

    def __init__(
        self, *, input_date_formats: Any = None, input_time_formats: Any = None, **kwargs: Any
    ) -> None:
        errors = {**self.default_error_messages, **(kwargs.get("error_messages") or {})}
        localize = kwargs.get("localize", False)
        fields = (
            DateField(
                input_formats=input_date_formats,
                error_messages={"invalid": errors["invalid_date"]},
                localize=localize,
            ),
            TimeField(
                input_formats=input_time_formats,
                error_messages={"invalid": errors["invalid_time"]},
                localize=localize,
            ),
        )
        super().__init__(fields, **kwargs)

    def compress(self, data_list: list[Any]) -> Any:
        """Return the datetime, `None` for nothing entered."""
        if not data_list:
            return None
        for part, code in zip(data_list, ("invalid_date", "invalid_time"), strict=True):
            if part in self.empty_values:
                raise self._error(code)
        return from_current_timezone(datetime.datetime.combine(*data_list))
