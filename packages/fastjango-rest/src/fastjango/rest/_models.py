"""The pydantic models of serializers."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Fields are dynamic.

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.rest.bodies import pydantic_error
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.fields.base import empty
from fastjango.rest.fields.defaults import SkipField
from fastjango.rest.fields.messages import get_error_detail
from fastjango.rest.relations import ManyRelatedField, RelatedField
from fastjango.rest.schemas import Mode, described, field_schema, is_nullable
from fastjango.rest.serializers.base import BaseSerializer
from fastjango.rest.serializers.lists import ListSerializer
from fastjango.rest.serializers.plain import Serializer
from fastjango.rest.settings import api_settings
from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    RootModel,
    create_model,
)
from pydantic import Field as PydanticField
from pydantic_core import CoreSchema, core_schema

__all__ = ["make_model"]

# Functions: pydantic writes into the schemas it is given.
_PRIMITIVES: dict[str, Callable[[], CoreSchema]] = {
    "string": lambda: core_schema.str_schema(strict=True),
    "integer": lambda: core_schema.int_schema(strict=True),
    "boolean": lambda: core_schema.bool_schema(strict=True),
    "array": core_schema.list_schema,
    "object": core_schema.dict_schema,
    "null": core_schema.none_schema,
}


class _FieldType:
    """The type of one field of a model: the field's own rules, and its own JSON schema.

    Args:
        field: The field, bound to its serializer.
        mode: Whether the model is of input or of output.
        partial: Whether nested models let fields be left out.
    """

    def __init__(self, field: Any, mode: Mode, partial: bool) -> None:
        self.field, self.partial = field, partial
        self.mode: Mode = mode

    def nested(self) -> Any:
        """Return the model of a nested serializer; `None` if it is none, or knows no fields."""
        field = self.field
        if isinstance(field, ListSerializer):
            field = field.child
        if not isinstance(field, Serializer):
            return None
        if field._kwargs.keys() & {"many", "instance"} or not _is_plain(field):
            return make_model(field, self.mode, self.partial)
        cls = type(field)
        if self.mode == "input":
            return cls.input_model(partial=self.partial)
        return cls.output_model()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        nested = self.nested()
        if nested is not None:
            schema = handler.generate_schema(nested)
            if isinstance(self.field, ListSerializer):
                schema = core_schema.list_schema(
                    schema,
                    min_length=None if self.field.allow_empty or self.mode == "output" else 1,
                )
            if is_nullable(self.field, self.mode):
                schema = core_schema.nullable_schema(schema)
            return schema
        if self.mode == "input":
            return core_schema.no_info_plain_validator_function(_checker(self.field))
        return _primitive(field_schema(self.field, "output"))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        if self.nested() is not None:
            return described(self.field, dict(handler(schema)), self.mode)
        return field_schema(self.field, self.mode)


def _is_plain(field: Any) -> bool:
    """Whether a nested serializer has the fields of its class: nobody changed them."""
    return set(field.fields) == set(type(field)().fields)


def _primitive(schema: dict[str, Any]) -> CoreSchema:
    """Return what checks primitive data against the type in a JSON schema."""
    if "anyOf" in schema:
        return core_schema.union_schema([_primitive(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return (
            core_schema.literal_schema(list(schema["enum"]))
            if schema["enum"]
            else (core_schema.any_schema())
        )
    kind = schema.get("type")
    if kind == "number":
        return core_schema.union_schema(
            [
                core_schema.float_schema(strict=True, allow_inf_nan=False),
                core_schema.int_schema(strict=True),
                core_schema.is_instance_schema(decimal.Decimal),
            ]
        )
    if not isinstance(kind, str):
        return core_schema.any_schema()
    if kind == "array" and isinstance(schema.get("items"), dict):
        return core_schema.list_schema(_primitive(schema["items"]))
    make: Callable[[], CoreSchema] = _PRIMITIVES.get(kind, core_schema.any_schema)
    return make()


def _checker(field: Any) -> Any:
    """Return a validator that runs the rules of a field that need no database."""
    is_related = isinstance(field, (RelatedField, ManyRelatedField))
    related = _primitive_key(field) if is_related else None

    def check(value: Any) -> Any:
        try:
            settled, value = field.validate_empty_values(value)
            if settled:
                return value
            if related is not None:
                return related(value)
            if field.run_validation.__func__ is not _base_run(field):
                return field.run_validation(value)
            value = field.to_internal_value(value)
            for validator in field.validators:
                if not getattr(validator, "requires_context", False):
                    validator(value)
        except ValidationError as error:
            raise pydantic_error(type(field).__name__, error.detail) from error
        except DjangoValidationError as error:
            raise pydantic_error(type(field).__name__, get_error_detail(error)) from error
        except SkipField:
            return None
        return value

    return check


def _base_run(field: Any) -> Any:
    from fastjango.rest.fields.base import Field

    return Field.run_validation


def _primitive_key(field: Any) -> Any:
    """Return a check of the kind of key that a relation takes."""
    from pydantic_core import SchemaValidator

    schema = field_schema(field, "input")
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    many = schema.get("type") == "array"
    kind = schema.get("items", {}).get("type") if many else schema.get("type")
    one: CoreSchema = {
        "integer": core_schema.int_schema(),
        "string": core_schema.str_schema(coerce_numbers_to_str=True),
    }.get(str(kind), core_schema.any_schema())
    return SchemaValidator(core_schema.list_schema(one) if many else one).validate_python


def _name(serializer: Any, mode: Mode, partial: bool) -> str:
    base = type(serializer).__name__.removesuffix("Serializer") or "Serializer"
    meta: Any = getattr(serializer, "Meta", None)
    if base == "Nested" and hasattr(meta, "depth"):
        base = f"{meta.model.__name__}Depth{meta.depth}"
    if mode == "output":
        return f"{base}Output"
    return f"{base}PartialInput" if partial else f"{base}Input"


def _is_required(serializer: Any, field: Any, mode: Mode, partial: bool) -> bool:
    if mode == "input":
        return bool(field.required) and not partial
    # Showing leaves out what has no such attribute and need not have one.
    is_model = getattr(getattr(serializer, "Meta", None), "model", None) is not None
    if len(field.source_attrs) > 1:
        return bool(field.required)
    return is_model or bool(field.required) or not field.source_attrs or bool(field.read_only)


def _python_name(name: str, taken: set[str]) -> str:
    """Return a name that a pydantic model may have for a field."""
    safe = name if name.isidentifier() else "field"
    if safe.startswith(("_", "model_")) or hasattr(BaseModel, safe):
        safe = f"{safe.strip('_')}_field"
    while safe in taken:
        safe += "_"
    taken.add(safe)
    return safe


def make_model(cls: Any, mode: Mode, partial: bool) -> type[BaseModel]:
    """Return a new pydantic model of a serializer.

    Args:
        cls: A serializer class, or a serializer whose fields were changed.
        mode: Whether it is of input or of output.
        partial: Whether fields may be left out of the input.
    """
    serializer = cls() if isinstance(cls, type) else cls
    name = _name(serializer, mode, partial)
    if not isinstance(serializer, Serializer):
        # A serializer without fields takes and shows anything.
        assert isinstance(serializer, BaseSerializer)
        return create_model(name, __base__=RootModel[Any], __module__=type(serializer).__module__)
    meta = getattr(serializer, "Meta", None)
    forbid = (getattr(meta, "extra", None) or api_settings.EXTRA_FIELDS) == "forbid"
    fields: dict[str, Any] = {}
    taken: set[str] = set()
    chosen = serializer._writable_fields if mode == "input" else serializer._readable_fields
    for field in chosen:
        if mode == "input" and type(field).__name__ == "HiddenField":
            continue
        python_name = _python_name(field.field_name, taken)
        options: dict[str, Any] = {}
        if python_name != field.field_name:
            options["alias"] = field.field_name
        if not _is_required(serializer, field, mode, partial):
            options["default"] = field.default if _is_value(field.default) else None
        annotation: Any = _annotated(_FieldType(field, mode, partial))
        fields[python_name] = (annotation, PydanticField(**options))
    examples = getattr(meta, "examples", None)
    config = ConfigDict(
        extra="forbid" if mode == "input" and forbid else "ignore",
        populate_by_name=True,
        protected_namespaces=(),
        json_schema_extra=_extra(examples),
    )
    return create_model(
        name,
        __config__=config,
        __doc__=_doc(serializer),
        __module__=type(serializer).__module__,
        **fields,
    )


def _is_value(default: Any) -> bool:
    return default is not empty and not callable(default)


def _annotated(kind: _FieldType) -> Any:
    from typing import Annotated

    return Annotated[Any, kind]


def _doc(serializer: Any) -> str | None:
    return type(serializer).__dict__.get("__doc__")


def _extra(examples: Any) -> Any:
    def add(schema: dict[str, Any]) -> None:
        for definition in schema.get("properties", {}).values():
            if definition.get("default", 0) is None:
                # `None` stands for absence here, and is no default of the API.
                del definition["default"]
        if examples:
            schema["examples"] = list(examples)

    return add
