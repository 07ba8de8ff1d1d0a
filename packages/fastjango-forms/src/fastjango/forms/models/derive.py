"""What is derived from models: form fields, initial values, and instances from cleaned data."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Models and their rows are known at run time only.

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from fastjango.core.exceptions import FieldError
from fastjango.orm import models

__all__ = [
    "ALL_FIELDS",
    "apply_limit_choices_to_to_formfield",
    "construct_instance",
    "fields_for_model",
    "model_to_dict",
]

ALL_FIELDS = "__all__"


def construct_instance(
    form: Any,
    instance: Any,
    fields: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> Any:
    """Put the cleaned data of a form on an instance, and return it unsaved.

    Args:
        form: The bound, cleaned form.
        instance: The instance.
        fields: Names of the fields to set; all of the form if `None`.
        exclude: Names of fields to leave alone.
    """
    cleaned = form.cleaned_data
    files: list[Any] = []
    for field in instance._meta.fields:
        if not field.editable or isinstance(field, models.AutoField) or field.name not in cleaned:
            continue
        if not _is_wanted(field.name, fields, exclude) or _keeps_default(form, field):
            continue
        if isinstance(field, models.FileField):
            files.append(field)
        else:
            field.save_form_data(instance, cleaned[field.name])
    # Last, because `upload_to` may look at the other fields.
    for field in files:
        field.save_form_data(instance, cleaned[field.name])
    return instance


def _is_wanted(name: str, fields: Collection[str] | None, exclude: Collection[str] | None) -> bool:
    return (fields is None or name in fields) and not (exclude and name in exclude)


def _keeps_default(form: Any, field: Any) -> bool:
    """Whether nothing was submitted for a field that has a default.

    A checkbox that is not ticked submits nothing either, which its widget knows.
    """
    if not field.has_default():
        return False
    shown = form[field.name].field
    is_omitted = shown.widget.value_omitted_from_data(
        form.data, form.files, form.add_prefix(field.name)
    )
    return bool(is_omitted and form.cleaned_data.get(field.name) in shown.empty_values)


def model_to_dict(
    instance: Any,
    fields: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return the values of an instance as a form's `initial` takes them.

    Args:
        instance: The instance.
        fields: Names of the fields; all that can be edited if `None`.
        exclude: Names of fields to leave out.

    Side effects: a query for each many-to-many field that is not prefetched.
    """
    return {
        field.name: field.value_from_object(instance)
        for field in _all_fields(instance._meta)
        if getattr(field, "editable", False) and _is_wanted(field.name, fields, exclude)
    }


def relations_to_read(
    meta: Any, fields: Collection[str] | None, exclude: Collection[str] | None
) -> list[str]:
    """Return the names of the many-to-many fields that `model_to_dict()` reads."""
    return [
        field.name
        for field in meta.many_to_many
        if field.editable and _is_wanted(field.name, fields, exclude)
    ]


def _all_fields(meta: Any) -> Iterator[Any]:
    return chain(meta.concrete_fields, meta.private_fields, meta.many_to_many)


def apply_limit_choices_to_to_formfield(formfield: Any) -> None:
    """Narrow the rows of a field that chooses among them by its `limit_choices_to`."""
    if not hasattr(formfield, "queryset") or not hasattr(formfield, "get_limit_choices_to"):
        return
    limit = formfield.get_limit_choices_to()
    if not limit:
        return
    condition = limit if isinstance(limit, models.Q) else models.Q(**limit)
    condition &= models.Q(pk=models.OuterRef("pk"))
    # As a subquery: a join could find a row more than once.
    rows = formfield.queryset.model._base_manager.filter(condition)
    formfield.queryset = formfield.queryset.filter(models.Exists(rows))


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What a form says about the fields that are made for it."""

    widgets: Mapping[str, Any] | None = None
    localized_fields: Any = None
    labels: Mapping[str, Any] | None = None
    help_texts: Mapping[str, Any] | None = None
    error_messages: Mapping[str, Any] | None = None
    field_classes: Mapping[str, Any] | None = None

    def options(self, name: str) -> dict[str, Any]:
        """Return the arguments of `formfield()` for a field."""
        said = {
            "widget": self.widgets,
            "label": self.labels,
            "help_text": self.help_texts,
            "error_messages": self.error_messages,
            "form_class": self.field_classes,
        }
        options = {key: each[name] for key, each in said.items() if each and name in each}
        localized = self.localized_fields
        if localized == ALL_FIELDS or (localized and name in localized):
            options["localize"] = True
        return options


def fields_for_model(
    model: Any,
    fields: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
    widgets: Mapping[str, Any] | None = None,
    formfield_callback: Callable[..., Any] | None = None,
    localized_fields: Any = None,
    labels: Mapping[str, Any] | None = None,
    help_texts: Mapping[str, Any] | None = None,
    error_messages: Mapping[str, Any] | None = None,
    field_classes: Mapping[str, Any] | None = None,
    *,
    apply_limit_choices_to: bool = True,
    form_declared_fields: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return form fields for the fields of a model.

    Args:
        model: The model.
        fields: Names of the fields, whose order is kept; all that can be edited if `None`.
        exclude: Names of fields to leave out.
        widgets: Widgets by name.
        formfield_callback: Makes the form field of a model field, instead of its `formfield()`;
            `None` of it leaves the field out.
        localized_fields: Names of fields in the formats of the language, or `"__all__"`.
        labels: Labels by name.
        help_texts: Help texts by name.
        error_messages: Messages by code, by name.
        field_classes: Classes of form fields by name.
        apply_limit_choices_to: Whether `limit_choices_to` narrows the choices at once.
        form_declared_fields: Form fields that are used as they are.

    Returns:
        The form fields by name; `None` for a name of `fields` that the model does not have.

    Raises:
        FieldError: A field of `fields` cannot be edited.
        TypeError: `formfield_callback` is no function.
    """
    if formfield_callback is not None and not callable(formfield_callback):
        raise TypeError("formfield_callback must be a function or callable")
    wishes = _Wishes(widgets, localized_fields, labels, help_texts, error_messages, field_classes)
    declared = form_declared_fields or {}
    made: dict[str, Any] = {}
    ignored: set[str] = set()
    for field in _fields_in_order(model._meta):
        if not getattr(field, "editable", False):
            if fields is not None and _is_wanted(field.name, fields, exclude):
                raise FieldError(
                    f"'{field.name}' cannot be specified for {model.__name__} model form as it is "
                    "a non-editable field"
                )
            continue
        if not _is_wanted(field.name, fields, exclude):
            continue
        if field.name in declared:
            made[field.name] = declared[field.name]
            continue
        options = wishes.options(field.name)
        if formfield_callback is None:
            formfield = field.formfield(**options)
        else:
            formfield = formfield_callback(field, **options)
        if not formfield:
            ignored.add(field.name)
            continue
        if apply_limit_choices_to:
            apply_limit_choices_to_to_formfield(formfield)
        made[field.name] = formfield
    if fields:
        return {
            name: made.get(name)
            for name in fields
            if not (exclude and name in exclude) and name not in ignored
        }
    return made


def _fields_in_order(meta: Any) -> list[Any]:
    """Return the fields in the order in which they were written."""
    private = (field for field in meta.private_fields if isinstance(field, models.Field))
    return sorted(chain(meta.concrete_fields, private, meta.many_to_many))
