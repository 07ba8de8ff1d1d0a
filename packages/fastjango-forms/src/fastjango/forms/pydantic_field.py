"""A field that pydantic checks: any annotation as a form field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import pydantic
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.choices import get_blank_choice_label
from fastjango.values.encoding import has_surrogates
from pydantic import TypeAdapter

from ._choice_widgets import Select, SelectMultiple
from ._field import Field
from ._widget import (
    CheckboxInput,
    DateInput,
    DateTimeInput,
    EmailInput,
    NumberInput,
    Textarea,
    TextInput,
    TimeInput,
    URLInput,
    Widget,
)

__all__ = ["MAX_JSON_LENGTH", "PydanticField"]

T = TypeVar("T")

MAX_JSON_LENGTH = 1_000_000  # characters of a text that is read as JSON
_FORMATS: dict[str, Any] = {
    "date": DateInput,
    "date-time": DateTimeInput,
    "email": EmailInput,
    "time": TimeInput,
    "uri": URLInput,
}
_TYPES: dict[str, Any] = {
    "array": Textarea,
    "boolean": CheckboxInput,
    "integer": NumberInput,
    "number": NumberInput,
    "object": Textarea,
}
_LIMITS = {"minimum": "min", "maximum": "max", "minLength": "minlength", "maxLength": "maxlength"}


def _schema_of(adapter: TypeAdapter[Any]) -> Mapping[str, Any]:
    """Return the JSON schema of one value: of the part that is not null, with references resolved.

    A type that JSON cannot describe has an empty schema.
    """
    try:
        schema: dict[str, Any] = adapter.json_schema()
    except pydantic.errors.PydanticInvalidForJsonSchema:
        return {}
    known: dict[str, Any] = schema.get("$defs", {})
    schema = _resolved(schema, known)
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    found = _resolved(options[0] if len(options) == 1 else schema, known)
    return {**found, "items": _resolved(found["items"], known)} if "items" in found else found


def _resolved(schema: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return known[reference.rpartition("/")[2]] if reference else schema


class PydanticField(Field, Generic[T]):
    """A value of any type that pydantic can check.

    What a form sends is text, so text is read as pydantic's "strings" mode reads it: `"3"` is a
    number and `"2026-01-31"` a date. Lists, mappings and models are read as JSON. Values that are
    no text (lists of a multiple selection, truth values of a checkbox) are checked as they are.

    The widget, its limits and its choices follow from the type unless they are given.

    Args:
        annotation: The type, such as `int`, `Annotated[str, Len(3, 20)]`, `Literal["a", "b"]`, an
            enumeration, or a model.
        choices: Choices to offer, by default the members of an enumeration or a `Literal`.
        empty_value: What nothing entered is cleaned to.
    """

    default_error_messages = {"invalid": _("Enter a valid value.")}

    def __init__(
        self, annotation: Any, *, choices: Any = None, empty_value: Any = None, **kwargs: Any
    ) -> None:
        self.annotation = annotation
        self.adapter: TypeAdapter[T] = TypeAdapter(annotation)
        self.empty_value = empty_value
        self.schema = _schema_of(self.adapter)
        kind = self.schema.get("type")
        self.is_json = kind in ("array", "object")
        self.is_boolean = kind == "boolean"
        # By the text that a form sends for each of the listed values.
        self._listed = {str(value): value for value in self._values(self.schema)}
        kwargs.setdefault("widget", self._default_widget(kind, choices))
        super().__init__(**kwargs)
        if hasattr(self.widget, "choices"):
            self.widget.choices = self._choices(choices)

    def _default_widget(self, kind: str | None, choices: Any) -> Any:
        items = self.schema.get("items", {})
        if kind == "array" and (choices is not None or "enum" in items):
            return SelectMultiple
        if choices is not None or "enum" in self.schema or "const" in self.schema:
            return Select
        return _FORMATS.get(self.schema.get("format", "")) or _TYPES.get(kind or "", TextInput)

    def _choices(self, given: Any) -> Any:
        if given is not None:
            return given
        blank = [] if self.required or self.is_json else [("", get_blank_choice_label())]
        values = self._values(self.schema.get("items", self.schema))
        return [*blank, *((value, value) for value in values)]

    @staticmethod
    def _values(schema: Mapping[str, Any]) -> list[Any]:
        """Return the values that a schema lists."""
        found: list[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [])
        return found

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return the limits that the type has as HTML attributes."""
        attrs = super().widget_attrs(widget)
        if widget.is_hidden or self.is_json:
            return attrs
        numeric = isinstance(widget, NumberInput)
        for name, attribute in _LIMITS.items():
            # Lengths belong to texts; a limit below or above all numbers is none.
            if name in self.schema and numeric == (attribute in ("min", "max")):
                attrs[attribute] = self.schema[name]
        if numeric:
            if "multipleOf" in self.schema:
                attrs["step"] = self.schema["multipleOf"]
            elif self.schema.get("type") == "number":
                attrs["step"] = "any"
        return attrs

    def prepare_value(self, value: Any) -> Any:
        """Return a value as the widget takes it: JSON for lists, mappings and models."""
        if value is None or isinstance(value, str):
            return value
        try:
            if isinstance(self.widget, Textarea) and self.is_json:
                return self.adapter.dump_json(value, warnings=False).decode()
            plain = self.adapter.dump_python(value, warnings=False)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return value  # submitted data of another type, shown as it came
        return getattr(plain, "value", plain)  # of an enumeration

    def to_python(self, value: Any) -> Any:
        """Return the value of the type.

        Raises:
            ValidationError: Pydantic refuses it; one error for each of pydantic's.
        """
        if value in self.empty_values and not (self.is_boolean and value is False):
            return self.empty_value
        try:
            found = self._read(value)
        except pydantic.ValidationError as error:
            raise ValidationError(self._errors_of(error)) from None
        except (ValueError, TypeError, OverflowError, RecursionError):  # of types and validators
            raise self._error("invalid") from None
        if isinstance(found, float) and not math.isfinite(found):
            raise self._error("invalid")
        return found

    def _read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return self.adapter.validate_python(value)
        if "\x00" in value or has_surrogates(value):  # nothing could store them
            raise self._error("invalid")
        if self.is_json:
            if len(value) > MAX_JSON_LENGTH:
                raise self._error("invalid")
            return self.adapter.validate_json(value)
        if value in self._listed:
            return self.adapter.validate_python(self._listed[value])
        return self.adapter.validate_strings(value)

    def _errors_of(self, error: pydantic.ValidationError) -> list[ValidationError]:
        found: list[ValidationError] = []
        for detail in error.errors(include_url=False, include_input=False):
            code: str = detail["type"]
            where = ".".join(str(part) for part in detail["loc"])
            message = self.error_messages.get(code, detail["msg"].replace("%", "%%"))
            text = f"{where}: {message}" if where else message
            params = {"value": None}  # makes `%%` a percent sign again
            found.append(ValidationError(text, code=code, params=params))
        return found

    def validate(self, value: Any) -> None:
        """Refuse nothing entered when a value is required; `False` of a checkbox is one."""
        if self.is_boolean and value is False:
            if self.required:
                raise self._error("required")
            return
        super().validate(value)
