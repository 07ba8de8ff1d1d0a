"""Between forms and pydantic: a form of a model, a model of a form, and its JSON Schema."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Collection, Mapping
from functools import cache
from typing import Annotated, Any, cast

import pydantic
from fastjango.core.exceptions import ValidationError

from . import fields as form_fields
from .forms import Form
from .pydantic_field import PydanticField

__all__ = ["form_from_pydantic", "json_schema", "pydantic_model", "to_pydantic"]

# The first class of the list that a field belongs to; subclasses come before their bases.
_TYPES: tuple[tuple[Any, Any, dict[str, Any]], ...] = (
    (form_fields.EmailField, str, {"format": "email"}),
    (form_fields.URLField, str, {"format": "uri"}),
    (form_fields.UUIDField, uuid.UUID, {}),
    (form_fields.GenericIPAddressField, str, {}),
    (form_fields.NullBooleanField, bool | None, {}),
    (form_fields.BooleanField, bool, {}),
    (form_fields.DecimalField, decimal.Decimal, {}),
    (form_fields.FloatField, float, {}),
    (form_fields.IntegerField, int, {}),
    (form_fields.DateTimeField, datetime.datetime, {}),
    (form_fields.DateField, datetime.date, {}),
    (form_fields.TimeField, datetime.time, {}),
    (form_fields.DurationField, datetime.timedelta, {}),
    (form_fields.JSONField, Any, {}),
    (form_fields.CharField, str, {}),
)
_LIMITS = {
    "min_length": "min_length",
    "max_length": "max_length",
    "min_value": "ge",
    "max_value": "le",
    "step_size": "multiple_of",
}


class _ModelForm(Form):
    """What forms made of a pydantic model have in common."""

    pydantic_class: Any

    def clean(self) -> Any:
        """Have the model check the values together, and keep the instance for `to_pydantic()`."""
        cleaned = super().clean() or self.cleaned_data
        if not self._errors:
            try:
                self.pydantic_instance = self.pydantic_class.model_validate(
                    self._given(cleaned), by_alias=False, by_name=True
                )
            except pydantic.ValidationError as error:
                for detail in error.errors(include_url=False, include_input=False):
                    name = str(detail["loc"][0]) if detail["loc"] else None
                    text = detail["msg"].replace("%", "%%")
                    self.add_error(
                        name if name in self.fields else None,
                        ValidationError(text, code=detail["type"], params={"value": None}),
                    )
        return cleaned

    def _given(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the model is made of: what was entered, and what has no default instead.

        Fields of the base class are none of the model's.
        """
        return {
            name: cleaned[name]
            for name, info in self.pydantic_class.model_fields.items()
            if name in cleaned and (cleaned[name] is not None or info.is_required())
        }


def form_from_pydantic(
    model: type[pydantic.BaseModel],
    *,
    base: Any = Form,
    fields: Collection[str] | None = None,
    exclude: Collection[str] = (),
    widgets: Mapping[str, Any] | None = None,
    labels: Mapping[str, Any] | None = None,
    help_texts: Mapping[str, Any] | None = None,
) -> Any:
    """Return a form class with a field for each field of a pydantic model.

    Titles become labels, descriptions help texts, defaults initial values; what the model checks,
    the form checks, its validators over several fields included.

    Args:
        model: The model.
        base: A form class to derive from.
        fields: Names of the fields; all if `None`.
        exclude: Names of fields to leave out; they need defaults.
        widgets: Widgets by name.
        labels: Labels by name.
        help_texts: Help texts by name.

    Raises:
        ValueError: A field without a default is left out, so that no form would be valid.
    """
    made: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if (fields is not None and name not in fields) or name in exclude:
            if info.is_required():
                raise ValueError(
                    f"The form of {model.__name__} leaves out {name!r}, which has no default. Give "
                    "it one, or add it to the form."
                )
            continue
        options: dict[str, Any] = {
            "label": (labels or {}).get(name, info.title),
            "help_text": (help_texts or {}).get(name, info.description or ""),
            "required": info.is_required() and info.annotation is not bool,
        }
        if info.default_factory is None:
            options["initial"] = None if info.is_required() else info.get_default()
        elif not info.default_factory_takes_validated_data:
            options["initial"] = info.default_factory  # asked anew for each form
        if name in (widgets or {}):
            options["widget"] = (widgets or {})[name]
        made[name] = PydanticField(_annotation(info), **options)
    bases = (_ModelForm,) if base is Form else (_ModelForm, base)
    attributes = {**made, "pydantic_class": model, "__doc__": model.__doc__}
    # By the metaclass of forms, which collects the fields.
    make: Any = type(Form)
    return make(f"{model.__name__}Form", bases, attributes)


def _annotation(info: Any) -> Any:
    """Return the type of a model's field with what it demands besides."""
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def to_pydantic(form: Any, model: Any = None) -> Any:
    """Return the cleaned data of a valid form as an instance of a pydantic model.

    Args:
        form: The form, validated.
        model: The model; that which the form was made of, or one made of its fields, if `None`.

    Raises:
        ValueError: The form is not valid.
        pydantic.ValidationError: The data does not fit the given model.
    """
    if not form.is_bound or form._errors is None or form._errors:
        raise ValueError(
            f"{type(form).__name__} has no valid data. Call is_valid() (or await ais_valid()) "
            "first, and look at its result."
        )
    if model is None:
        known = getattr(form, "pydantic_instance", None)
        if known is not None:
            return known
        model = pydantic_model(cast("Any", type(form)))
    return model.model_validate(form.cleaned_data, by_alias=True, by_name=True)


@cache  # one entry for each form class
def pydantic_model(form_class: Any) -> Any:
    """Return a pydantic model with the fields of a form class, as they are after cleaning."""
    known = getattr(form_class, "pydantic_class", None)
    if known is not None:
        return known
    found: dict[str, Any] = {}
    for name, field in form_class.base_fields.items():
        kind, extra = _type_of(field)
        options: dict[str, Any] = {
            "title": None if field.label is None else str(field.label),
            "description": str(field.help_text) or None,
            "json_schema_extra": extra or None,
        }
        for attribute, limit in _LIMITS.items():
            value = getattr(field, attribute, None)
            if value is not None and _has_limit(kind, limit):
                options[limit] = value() if callable(value) else value
        if not field.required:
            options["default"] = None
            kind = kind | None if kind is not Any else kind
        found[name] = (kind, pydantic.Field(**options))
    return pydantic.create_model(
        form_class.__name__, __config__=pydantic.ConfigDict(arbitrary_types_allowed=True), **found
    )


def _has_limit(kind: Any, limit: str) -> bool:
    return kind is str if limit.endswith("_length") else kind in (int, float, decimal.Decimal)


def _type_of(field: Any) -> tuple[Any, dict[str, Any]]:
    """Return the type that a field cleans to, and what its JSON Schema says besides."""
    if isinstance(field, PydanticField):
        return field.annotation, {}
    if isinstance(field, form_fields.MultipleChoiceField):
        return list[Any], {"items": {"enum": _values(field)}, "uniqueItems": True}
    if hasattr(field, "queryset"):
        return Any, {}
    if isinstance(field, form_fields.ChoiceField):
        return Any, {"enum": _values(field)}
    if isinstance(field, form_fields.FileField):
        return Any, {"type": "string", "contentMediaType": "application/octet-stream"}
    for cls, kind, extra in _TYPES:
        if isinstance(field, cls):
            pattern = getattr(getattr(field, "regex", None), "pattern", None)
            return kind, {**extra, "pattern": pattern} if pattern and kind is str else extra
    return Any, {}


def _values(field: Any) -> list[Any]:
    """Return the values of a choice field, those in groups too."""
    found: list[Any] = []
    for value, label in field.choices:
        is_group = isinstance(label, list | tuple)
        inner = cast("Any", label) if is_group else [(value, label)]
        found.extend(key for key, _ in inner)
    return [value for value in found if value not in (None, "")]


def json_schema(form_class: Any) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what a form class cleans to."""
    schema: dict[str, Any] = pydantic_model(form_class).model_json_schema(mode="validation")
    return schema
