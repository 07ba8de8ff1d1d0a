"""Pydantic's view of a model: a schema of its columns, made when somebody asks."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import datetime
import decimal
import threading
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, create_model
from pydantic_core import CoreSchema, core_schema

__all__ = ["PydanticModel", "pydantic_model"]

_lock = threading.RLock()
_TYPES: dict[str, Any] = {
    "AutoField": int,
    "BigAutoField": int,
    "BigIntegerField": int,
    "BinaryField": bytes,
    "BooleanField": bool,
    "DateField": datetime.date,
    "DateTimeField": datetime.datetime,
    "DecimalField": decimal.Decimal,
    "DurationField": datetime.timedelta,
    "FloatField": float,
    "IntegerField": int,
    "JSONField": Any,
    "PositiveBigIntegerField": Annotated[int, Field(ge=0)],
    "PositiveIntegerField": Annotated[int, Field(ge=0)],
    "PositiveSmallIntegerField": Annotated[int, Field(ge=0)],
    "SmallAutoField": int,
    "SmallIntegerField": int,
    "TimeField": datetime.time,
    "UUIDField": uuid.UUID,
}


def _column_type(field: Any) -> Any:
    """Python type of a column's values."""
    from .fields.columns import column_field

    if field.choices is not None and field.flatchoices:
        values = tuple(value for value, _ in field.flatchoices if value is not None)
        if all(isinstance(value, (str, int, bool)) for value in values):
            found: Any = Literal[values]
            return Optional[found] if field.null else found  # noqa: UP045 - built at run time
    target = column_field(field)
    found = _TYPES.get(target.get_internal_type(), str)
    if found is str and target.max_length:
        found = Annotated[str, Field(max_length=target.max_length)]
    elif found is decimal.Decimal and target.max_digits is not None:
        limits = Field(max_digits=target.max_digits, decimal_places=target.decimal_places)
        found = Annotated[decimal.Decimal, limits]
    return Optional[found] if field.null else found  # noqa: UP045 - built at run time


def _definition(field: Any) -> tuple[Any, Any]:
    """Type and default of a column, for `create_model`."""
    options: dict[str, Any] = {}
    if field.help_text:
        options["description"] = str(field.help_text)
    kind = _column_type(field)
    if field.primary_key or field.generated or field.has_db_default():
        # The database fills it in.
        return Optional[kind], Field(default=None, **options)  # noqa: UP045 - built at run time
    if field.has_default():
        if callable(field.default):
            return kind, Field(default_factory=field.default, **options)
        return kind, Field(default=field.get_default(), **options)
    if field.null or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return Optional[kind], Field(default=None, **options)  # noqa: UP045 - built at run time
    if field.blank and field.empty_strings_allowed:
        return kind, Field(default="", **options)
    return kind, Field(**options)


def pydantic_model(model: Any) -> type[BaseModel]:
    """The pydantic model that has a field for each column of a model.

    It validates request bodies and describes the model in OpenAPI; it is made once.
    """
    found = model.__dict__.get("__pydantic_columns__")
    if found is None:
        with _lock:
            found = model.__dict__.get("__pydantic_columns__")
            if found is None:
                definitions: Any = {
                    field.attname: _definition(field) for field in model._meta.concrete_fields
                }
                found = create_model(
                    model.__name__,
                    __config__=ConfigDict(from_attributes=True, protected_namespaces=()),
                    __doc__=model.__doc__,
                    __module__=model.__module__,
                    **definitions,
                )
                model.__pydantic_columns__ = found
    return found


def _from_columns(model: Any) -> Any:
    """Function that makes an instance of the validated columns."""

    def build(columns: BaseModel) -> Any:
        given = columns.model_fields_set
        values = {n: v for n, v in columns.__dict__.items() if n in given or v is not None}
        return model(**values)

    return build


def _to_columns(instance: Any) -> dict[str, Any]:
    present = instance.__dict__
    names = (field.attname for field in instance._meta.concrete_fields)
    return {name: present[name] for name in names if name in present}


class _Lazy:
    """A class attribute of pydantic's, made of the model's `TypeAdapter` when asked for."""

    def __init__(self, name: str, attribute: str) -> None:
        self.name = name
        self.attribute = attribute

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        opts = getattr(owner, "_meta", None)
        if opts is None or opts.abstract:
            return getattr(_Empty, self.name)
        return getattr(_adapter(owner), self.attribute)


class _LazyFields:
    """`__pydantic_fields__`: the columns as pydantic knows them."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        opts = getattr(owner, "_meta", None)
        if opts is None or opts.abstract:
            return {}
        return pydantic_model(owner).__pydantic_fields__


class _Empty(BaseModel):
    """Stands in for what has no columns."""


def _adapter(model: Any) -> TypeAdapter[Any]:
    found = model.__dict__.get("__pydantic_adapter__")
    if found is None:
        found = model.__pydantic_adapter__ = TypeAdapter(model)
    return found


class PydanticModel:
    """The part of `Model` that pydantic and FastAPI see.

    A request body typed as the model is validated column by column; the instance is new and not
    saved. `__init__` itself validates nothing.
    """

    __pydantic_validator__: Any = _Lazy("__pydantic_validator__", "validator")
    __pydantic_serializer__: Any = _Lazy("__pydantic_serializer__", "serializer")
    __pydantic_core_schema__: Any = _Lazy("__pydantic_core_schema__", "core_schema")
    __pydantic_fields__: Any = _LazyFields()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """An instance as it is, or one made of validated columns."""
        columns = handler.generate_schema(pydantic_model(cls))
        return core_schema.no_info_wrap_validator_function(
            _validator(cls),
            columns,
            serialization=core_schema.wrap_serializer_function_ser_schema(
                lambda value, serialize: serialize(_as_columns(cls, value)), schema=columns
            ),
        )

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Any:
        """Validate a mapping (or an object's attributes) and make an unsaved instance.

        Raises:
            pydantic.ValidationError: Something does not fit its column.
        """
        merged: Any = {"from_attributes": True, **options}
        return _adapter(cls).validate_python(obj, **merged)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes, **options: Any) -> Any:
        """`model_validate` of JSON text."""
        return _adapter(cls).validate_json(json_data, **options)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """The columns that are loaded, by attribute name."""
        merged: Any = {"exclude_unset": True, **options}
        return _adapter(type(self)).dump_python(self, **merged)

    def model_dump_json(self, **options: Any) -> str:
        """`model_dump` as JSON text."""
        merged: Any = {"exclude_unset": True, **options}
        data = _adapter(type(self)).dump_json(self, **merged)
        return data.decode()

    @classmethod
    def model_json_schema(cls, **options: Any) -> dict[str, Any]:
        """JSON schema of the columns."""
        return pydantic_model(cls).model_json_schema(**options)

    def model_copy(self, *, update: dict[str, Any] | None = None, deep: bool = False) -> Any:
        """A copy with some values replaced."""
        import copy

        new = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            setattr(new, name, value)
        return new

    @property
    def model_fields_set(self) -> set[str]:
        """Attribute names of the columns that are loaded."""
        return set(_to_columns(self))

    def __iter__(self) -> Iterator[Any]:
        """Refused: pydantic's would give pairs, but an instance is one object in queries."""
        raise TypeError(f"{type(self).__name__!r} object is not iterable")


def _validator(model: Any) -> Any:
    build = _from_columns(model)

    def validate(value: Any, validate_columns: Any) -> Any:
        return value if isinstance(value, model) else build(validate_columns(value))

    return validate


def _as_columns(model: Any, value: Any) -> Any:
    """What the schema of the columns can write; deferred columns are left out as unset."""
    if not isinstance(value, model):
        return value
    return pydantic_model(model).model_construct(**_to_columns(value))
