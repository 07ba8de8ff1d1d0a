"""Options of serializer fields, read off model fields."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Model fields are dynamic.

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastjango.orm import models
from fastjango.rest.model_info import RelationInfo
from fastjango.rest.validators import UniqueValidator
from fastjango.values import validators
from fastjango.values.text import capfirst

__all__ = [
    "ClassLookupDict",
    "get_detail_view_name",
    "get_field_kwargs",
    "get_nested_relation_kwargs",
    "get_relation_kwargs",
    "get_unique_error_message",
    "get_unique_validators",
    "get_url_kwargs",
    "needs_label",
]

NUMERIC_FIELD_TYPES = (
    models.IntegerField, models.FloatField, models.DecimalField, models.DurationField,
)  # fmt: skip


class ClassLookupDict:
    """A mapping by class that also finds the entry of a base.

    Args:
        mapping: Values by class.
    """

    def __init__(self, mapping: dict[Any, Any]) -> None:
        self.mapping = mapping

    def __getitem__(self, key: Any) -> Any:
        cls: type = getattr(key, "_proxy_class", None) or key.__class__
        for base in cls.__mro__:
            if base in self.mapping:
                return self.mapping[base]
        raise KeyError(f"Class {cls.__name__} not found in lookup.")

    def __setitem__(self, key: Any, value: Any) -> None:
        self.mapping[key] = value


def needs_label(model_field: Any, field_name: str) -> bool:
    """Whether the verbose name is not the label that the field's name makes."""
    return capfirst(model_field.verbose_name) != field_name.replace("_", " ").capitalize()


def get_detail_view_name(model: Any) -> str:
    """Return the name of the view that shows one object of a model."""
    return f"{model._meta.object_name.lower()}-detail"


def get_unique_error_message(model_field: Any) -> Any:
    """Return the model field's text for a value that is taken."""
    message = model_field.error_messages.get("unique", None)
    if not message:
        return message
    return message % {
        "model_name": model_field.model._meta.verbose_name,
        "field_label": model_field.verbose_name,
    }


def get_unique_validators(field_name: str, model_field: Any) -> Iterator[UniqueValidator]:
    """Yield a validator for `unique=True` and each constraint on the field alone."""
    alone = {field_name}
    conditions: list[Any] = []
    for constraint in model_field.model._meta.constraints:
        if (
            isinstance(constraint, models.UniqueConstraint)
            and set(constraint.fields) == alone
            and constraint.condition not in conditions
        ):
            conditions.append(constraint.condition)
    if getattr(model_field, "unique", False) and None not in conditions:
        conditions.append(None)
    for condition in conditions:
        if condition is not None and set(condition.referenced_base_fields) - alone:
            # The condition reads other fields: a matter of the whole serializer.
            continue
        queryset = model_field.model._default_manager
        yield UniqueValidator(
            queryset=queryset if condition is None else queryset.filter(condition),
            message=get_unique_error_message(model_field),
        )


def _without(found: list[Any], *kinds: Any) -> list[Any]:
    return [validator for validator in found if not isinstance(validator, kinds)]


def _limit(found: list[Any], kind: Any) -> Any:
    return next((each.limit_value for each in found if isinstance(each, kind)), None)


def _described(kwargs: dict[str, Any], field_name: str, model_field: Any) -> None:
    """Add label and help text."""
    if model_field.verbose_name and needs_label(model_field, field_name):
        kwargs["label"] = capfirst(model_field.verbose_name)
    if model_field.help_text:
        kwargs["help_text"] = model_field.help_text


def _stated_options(kwargs: dict[str, Any], model_field: Any) -> None:
    """Add what the model field says about itself, also for reading."""
    for name in ("max_digits", "decimal_places"):
        value = getattr(model_field, name, None)
        if value is not None:
            kwargs[name] = value
    if isinstance(model_field, models.SlugField):
        kwargs["allow_unicode"] = model_field.allow_unicode
    if isinstance(model_field, models.JSONField) or (
        isinstance(model_field, models.TextField) and not model_field.choices
    ):
        kwargs["style"] = {"base_template": "textarea.html"}
    if model_field.null:
        kwargs["allow_null"] = True
    if model_field.choices:
        kwargs["choices"] = model_field.choices


def _input_options(kwargs: dict[str, Any], model_field: Any) -> None:
    """Add what matters for input alone."""
    if model_field.has_default() or model_field.blank or model_field.null:
        kwargs["required"] = False
    if model_field.blank and isinstance(model_field, (models.CharField, models.TextField)):
        kwargs["allow_blank"] = True
    if isinstance(model_field, models.FilePathField):
        kwargs["path"] = model_field.path
        defaults = {"match": None, "recursive": False, "allow_files": True, "allow_folders": False}
        for name, default in defaults.items():
            value = getattr(model_field, name)
            if value is not default:
                kwargs[name] = value


def _limits(kwargs: dict[str, Any], model_field: Any, found: list[Any]) -> list[Any]:
    """Turn validators that fields have options for into those options; return the others."""
    if not model_field.choices:
        for name, kind in (
            ("max_value", validators.MaxValueValidator),
            ("min_value", validators.MinValueValidator),
        ):
            limit = _limit(found, kind)
            if limit is not None and isinstance(model_field, NUMERIC_FIELD_TYPES):
                kwargs[name] = limit
                found = _without(found, kind)
        found = _own_validators(kwargs, model_field, found)
    max_length = getattr(model_field, "max_length", None)
    if max_length is not None and isinstance(
        model_field, (models.CharField, models.TextField, models.FileField)
    ):
        kwargs["max_length"] = max_length
        found = _without(found, validators.MaxLengthValidator)
    min_length = _limit(found, validators.MinLengthValidator)
    if min_length is not None and isinstance(model_field, models.CharField):
        kwargs["min_length"] = min_length
        found = _without(found, validators.MinLengthValidator)
    return found


def _own_validators(kwargs: dict[str, Any], model_field: Any, found: list[Any]) -> list[Any]:
    """Return the validators without those that the serializer field brings itself."""
    if isinstance(model_field, models.URLField):
        found = _without(found, validators.URLValidator)
    known: tuple[Any, ...] = ()
    if isinstance(model_field, models.EmailField):
        known = (validators.validate_email,)
    elif isinstance(model_field, models.SlugField):
        known = (validators.validate_slug,)
    elif isinstance(model_field, models.GenericIPAddressField):
        kwargs["protocol"] = model_field.protocol
        known = (
            validators.validate_ipv46_address,
            validators.validate_ipv4_address,
            validators.validate_ipv6_address,
        )
    if known:
        found = [each for each in found if not any(each is one for one in known)]
    if isinstance(model_field, models.DecimalField):
        found = _without(found, validators.DecimalValidator)
    return found


def get_field_kwargs(field_name: str, model_field: Any) -> dict[str, Any]:
    """Return the options of the serializer field for a model field without a relation.

    Args:
        field_name: The name of the field.
        model_field: The model field.
    """
    kwargs: dict[str, Any] = {"model_field": model_field}
    _described(kwargs, field_name, model_field)
    _stated_options(kwargs, model_field)
    if isinstance(model_field, models.AutoField) or not model_field.editable:
        kwargs["read_only"] = True
        return kwargs
    _input_options(kwargs, model_field)
    found = _limits(kwargs, model_field, list(model_field.validators))
    found += get_unique_validators(field_name, model_field)
    if found:
        kwargs["validators"] = found
    return kwargs


def get_relation_kwargs(field_name: str, relation_info: RelationInfo) -> dict[str, Any]:
    """Return the options of the serializer field for a relation.

    Args:
        field_name: The name of the field.
        relation_info: The relation.
    """
    model_field, related_model, to_many, to_field, has_through_model, _ = relation_info
    kwargs: dict[str, Any] = {
        "queryset": related_model._default_manager,
        "view_name": get_detail_view_name(related_model),
    }
    if to_many:
        kwargs["many"] = True
    if to_field:
        kwargs["to_field"] = to_field
    limit = model_field and model_field.get_limit_choices_to()
    if limit:
        if not isinstance(limit, models.Q):
            limit = models.Q(**limit)
        kwargs["queryset"] = kwargs["queryset"].filter(limit)
    if has_through_model:
        kwargs["read_only"] = True
        kwargs.pop("queryset", None)
    if not model_field:
        return kwargs
    _described(kwargs, field_name, model_field)
    if not model_field.editable:
        kwargs["read_only"] = True
        kwargs.pop("queryset", None)
    if model_field.null:
        kwargs["allow_null"] = True
    if kwargs.get("read_only", False):
        return kwargs
    if model_field.has_default() or model_field.blank or model_field.null:
        kwargs["required"] = False
    found = list(model_field.validators)
    if getattr(model_field, "unique", False):
        message = get_unique_error_message(model_field)
        queryset = model_field.model._default_manager
        found.append(UniqueValidator(queryset=queryset, message=message))
    if found:
        kwargs["validators"] = found
    if to_many and not model_field.blank:
        kwargs["allow_empty"] = False
    return kwargs


def get_nested_relation_kwargs(relation_info: RelationInfo) -> dict[str, Any]:
    """Return the options of the serializer that `Meta.depth` puts in a relation's place."""
    return {"read_only": True, "many": True} if relation_info.to_many else {"read_only": True}


def get_url_kwargs(model: Any) -> dict[str, Any]:
    """Return the options of the field with an object's own URL."""
    return {"view_name": get_detail_view_name(model)}
