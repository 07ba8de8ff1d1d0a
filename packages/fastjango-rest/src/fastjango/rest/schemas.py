"""JSON schemas of fields: what they take, and what they show."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Fields and models are dynamic.

from __future__ import annotations

import decimal
import re
import typing
from collections.abc import Callable
from typing import Any, Literal

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.rest import fields as all_fields
from fastjango.rest import relations
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.model_info import get_field_info
from fastjango.rest.settings import ISO_8601, api_settings

__all__ = ["Mode", "field_schema", "related_model"]

Mode = Literal["input", "output"]
Schema = dict[str, Any]

_SAFE_DEFAULTS = (str, int, float, bool, list, dict)


# -- kinds of fields ----------------------------------------------------------------------------


def _limits(field: Any, low: str, high: str, *, lowest: str, highest: str) -> Schema:
    found: Schema = {}
    for name, key in ((low, lowest), (high, highest)):
        value = getattr(field, name, None)
        if isinstance(value, (int, float, decimal.Decimal)):
            found[key] = float(value) if isinstance(value, decimal.Decimal) else value
    return found


def _string(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "string"}
    if mode == "input":
        schema |= _limits(
            field, "min_length", "max_length", lowest="minLength", highest="maxLength"
        )
        if not field.allow_blank and not schema.get("minLength"):
            schema["minLength"] = 1
    elif field.max_length is not None:
        schema["maxLength"] = field.max_length
    return schema


def _formatted(name: str) -> Callable[[Any, Mode], Schema]:
    def schema(field: Any, mode: Mode) -> Schema:
        # A blank value has no format.
        return _string(field, mode) | ({} if field.allow_blank else {"format": name})

    return schema


def _pattern(field: Any, mode: Mode) -> Schema:
    schema = _string(field, mode)
    pattern = getattr(field, "regex", None)
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    if mode == "input" and isinstance(text, str):
        schema["pattern"] = text.replace(r"\Z", "$").replace(r"\A", "^")
    return schema


def _slug(field: Any, mode: Mode) -> Schema:
    schema = _string(field, mode)
    if mode == "input" and not field.allow_unicode:
        schema["pattern"] = "^[-a-zA-Z0-9_]*$" if field.allow_blank else "^[-a-zA-Z0-9_]+$"
    return schema


def _address(field: Any, mode: Mode) -> Schema:
    schema = _string(field, mode)
    if field.protocol in ("ipv4", "ipv6") and not field.allow_blank:
        return schema | {"format": field.protocol}
    return schema | {"examples": ["192.0.2.1", "2001:db8::1"]}


def _uuid(field: Any, mode: Mode) -> Schema:
    if mode == "output" and field.uuid_format != "hex_verbose":
        return {"type": "integer" if field.uuid_format == "int" else "string"}
    return {"type": "string", "format": "uuid"}


def _integer(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "integer"}
    return schema | _limits(field, "min_value", "max_value", lowest="minimum", highest="maximum")


def _big_integer(field: Any, mode: Mode) -> Schema:
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING)
    if mode == "output" and as_text:
        return {"type": "string", "pattern": r"^-?\d*$"}
    return _integer(field, mode)


def _number(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "number"}
    return schema | _limits(field, "min_value", "max_value", lowest="minimum", highest="maximum")


def _decimal(field: Any, mode: Mode) -> Schema:
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    if not as_text:
        return _number(field, mode)
    places, whole = field.decimal_places, field.max_whole_digits
    text: Schema = {"type": "string", "format": "decimal", "examples": ["1.5"]}
    if mode == "output":
        return text
    if places is not None and whole is not None:
        fraction = rf"(?:\.\d{{0,{places}}})?" if places else r"\.?"
        text["pattern"] = rf"^-?\d{{0,{whole}}}{fraction}$"
        text["examples"] = [f"{0:.{places}f}" if not whole else f"{1:.{places}f}"]
    return {"anyOf": [_number(field, mode), text]}


def _temporal(name: str, setting: str) -> Callable[[Any, Mode], Schema]:
    def schema(field: Any, mode: Mode) -> Schema:
        if mode == "output":
            used = getattr(field, "format", getattr(api_settings, f"{setting}_FORMAT"))
            is_iso = isinstance(used, str) and used.lower() == ISO_8601
        else:
            formats = getattr(
                field, "input_formats", getattr(api_settings, f"{setting}_INPUT_FORMATS")
            )
            is_iso = list(formats) == [ISO_8601]
        return {"type": "string", "format": name} if is_iso else {"type": "string"}

    return schema


def _duration(field: Any, mode: Mode) -> Schema:
    used = getattr(field, "format", api_settings.DURATION_FORMAT)
    if mode == "output" and isinstance(used, str) and used.lower() == ISO_8601:
        return {"type": "string", "format": "duration"}
    return {"type": "string", "examples": ["1 02:03:04"]}


def _json_type(values: list[Any]) -> Schema:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    kinds = {names.get(type(value), "string") for value in values}
    return {"type": kinds.pop()} if len(kinds) == 1 else {}


def _choice(field: Any, mode: Mode) -> Schema:
    plain = [getattr(key, "value", key) for key in field.choices if key is not None]
    if field.allow_blank and "" not in plain:
        plain.append("")
    return {"enum": plain, **_json_type(plain)}


def _choices(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "array", "items": _choice(field, mode)}
    if mode == "input" and not field.allow_empty:
        schema["minItems"] = 1
    return schema


def _file(field: Any, mode: Mode) -> Schema:
    if mode == "input":
        return {"type": "string", "format": "binary"}
    uses_url = getattr(field, "use_url", api_settings.UPLOADED_FILES_USE_URL)
    return {"type": "string", "format": "uri-reference"} if uses_url else {"type": "string"}


def _list(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "array", "items": field_schema(field.child, mode)}
    if mode == "input":
        schema |= _limits(field, "min_length", "max_length", lowest="minItems", highest="maxItems")
        if not field.allow_empty:
            schema.setdefault("minItems", 1)
    return schema


def _dict(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": field_schema(field.child, mode)}
    if mode == "input" and not field.allow_empty:
        schema["minProperties"] = 1
    return schema


def _any(field: Any, mode: Mode) -> Schema:
    return {}


def _boolean(field: Any, mode: Mode) -> Schema:
    return {"type": "boolean"}


def _plain_string(field: Any, mode: Mode) -> Schema:
    return {"type": "string"}


def _method(field: Any, mode: Mode) -> Schema:
    method = getattr(field.parent, str(field.method_name), None)
    try:
        hint = typing.get_type_hints(method).get("return")
    except Exception:  # a hint that names what is not there says nothing
        hint = None
    if hint is None:
        return {}
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        found = TypeAdapter(hint).json_schema(mode="serialization")
    except PydanticUserError:
        return {}
    # Definitions belong to the document, not to one property.
    return {} if "$defs" in found else found


def _read_only(field: Any, mode: Mode) -> Schema:
    """Return the schema of the column that a read-only field shows."""
    from fastjango.rest.serializers.models import ModelSerializer

    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or len(field.source_attrs) != 1:
        return {}
    info = get_field_info(model)
    column = info.fields_and_pk.get(field.source)
    if column is None:
        return {}
    cls, kwargs = ModelSerializer().build_standard_field(field.source, column)
    return _kind(cls(**kwargs), mode)


# -- relations ----------------------------------------------------------------------------------


def related_model(field: Any) -> Any:
    """Return the model of the objects that a relational field stands for; `None` if not known."""
    queryset: Any = getattr(field, "queryset", None)
    if getattr(queryset, "model", None) is not None:
        return queryset.model
    holder = field.parent if isinstance(field.parent, relations.ManyRelatedField) else field
    model = getattr(getattr(holder.parent, "Meta", None), "model", None)
    for name in holder.source_attrs if model is not None else ():
        relation = get_field_info(model).relations.get(name)
        if relation is None:
            return None
        model = relation.related_model
    return model if holder.source_attrs else None


def _column(model: Any, name: str, mode: Mode) -> Schema:
    from fastjango.rest.serializers.models import ModelSerializer

    try:
        column = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return {}
    while column.is_relation and getattr(column, "target_field", None) is not None:
        column = column.target_field
    if column.is_relation:
        return {}
    cls, kwargs = ModelSerializer().build_standard_field(name, column)
    for key in ("validators", "label", "help_text"):
        kwargs.pop(key, None)
    schema = _kind(cls(**kwargs), mode)
    schema.pop("maxLength", None)
    return schema


def _primary_key(field: Any, mode: Mode) -> Schema:
    if field.pk_field is not None:
        return field_schema(field.pk_field, mode)
    model = related_model(field)
    return {} if model is None else _column(model, "pk", mode)


def _slug_related(field: Any, mode: Mode) -> Schema:
    model = related_model(field)
    for name in field.slug_field.split("__")[:-1] if model is not None else ():
        relation = get_field_info(model).relations.get(name)
        model = None if relation is None else relation.related_model
        if model is None:
            return {}
    return {} if model is None else _column(model, field.slug_field.split("__")[-1], mode)


def _link(field: Any, mode: Mode) -> Schema:
    return {"type": "string", "format": "uri-reference"}


def _many_related(field: Any, mode: Mode) -> Schema:
    schema: Schema = {"type": "array", "items": _kind(field.child_relation, mode)}
    if mode == "input" and not field.allow_empty:
        schema["minItems"] = 1
    return schema


_WRITERS: dict[Any, Callable[[Any, Mode], Schema]] = {
    all_fields.BooleanField: _boolean,
    all_fields.CharField: _string,
    all_fields.EmailField: _formatted("email"),
    all_fields.RegexField: _pattern,
    all_fields.SlugField: _slug,
    all_fields.URLField: _formatted("uri"),
    all_fields.IPAddressField: _address,
    all_fields.UUIDField: _uuid,
    all_fields.IntegerField: _integer,
    all_fields.BigIntegerField: _big_integer,
    all_fields.FloatField: _number,
    all_fields.DecimalField: _decimal,
    all_fields.DateTimeField: _temporal("date-time", "DATETIME"),
    all_fields.DateField: _temporal("date", "DATE"),
    all_fields.TimeField: _temporal("time", "TIME"),
    all_fields.DurationField: _duration,
    all_fields.ChoiceField: _choice,
    all_fields.MultipleChoiceField: _choices,
    all_fields.FileField: _file,
    all_fields.ListField: _list,
    all_fields.DictField: _dict,
    all_fields.SerializerMethodField: _method,
    all_fields.ReadOnlyField: _read_only,
    relations.StringRelatedField: _plain_string,
    relations.PrimaryKeyRelatedField: _primary_key,
    relations.SlugRelatedField: _slug_related,
    relations.HyperlinkedRelatedField: _link,
    relations.ManyRelatedField: _many_related,
}


def _kind(field: Any, mode: Mode) -> Schema:
    """Return what the class of a field says; nothing, if a subclass shows itself differently."""
    method = "to_internal_value" if mode == "input" else "to_representation"
    for cls in type(field).__mro__:
        if cls in _WRITERS:
            return _WRITERS[cls](field, mode)
        if method in cls.__dict__ and not cls.__module__.startswith("fastjango.rest."):
            return {}
    return _any(field, mode)


def is_nullable(field: Any, mode: Mode) -> bool:
    """Whether `null` may stand in a field's place."""
    if field.allow_null:
        return True
    if mode == "input":
        return False
    if isinstance(field, all_fields.FileField):
        return True
    if field.source is None or field.parent is None or not field.source_attrs:
        return False
    if len(field.source_attrs) > 1:
        return True
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None:
        return False
    info = get_field_info(model)
    column = info.fields_and_pk.get(field.source)
    if column is None and field.source in info.relations:
        relation = info.relations[field.source]
        return not relation.to_many and (relation.reverse or relation.model_field.null)
    return bool(getattr(column, "null", False))


def described(field: Any, schema: Schema, mode: Mode) -> Schema:
    """Return a schema with what a field says about itself: title, text, default, examples."""
    label = getattr(field, "label", None)
    if label:
        schema.setdefault("title", str(label))
    if field.help_text:
        schema["description"] = str(field.help_text)
    examples = field.style.get("examples")
    if examples:
        schema["examples"] = list(examples)
    if field.read_only:
        schema["readOnly"] = True
    if field.write_only:
        schema["writeOnly"] = True
    default = field.default
    if mode == "input" and default is not empty and isinstance(default, _SAFE_DEFAULTS):
        schema["default"] = default
    return schema


def field_schema(field: Field, mode: Mode) -> Schema:
    """Return the JSON schema of a field.

    Args:
        field: A field, bound to a serializer if it is a relation.
        mode: What it takes, or what it shows.
    """
    schema = _kind(field, mode)
    if schema and is_nullable(field, mode):
        schema = {"anyOf": [schema, {"type": "null"}]}
    return described(field, schema, mode)
