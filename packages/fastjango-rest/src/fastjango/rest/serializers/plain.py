"""`Serializer`: fields declared on a class, between native and primitive values."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Data and instances may be anything.

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.aio import run_in_thread
from fastjango.rest._calls import calling, reading
from fastjango.rest._clone import clone_fields
from fastjango.rest._html_input import is_html_input, parse_html_dict
from fastjango.rest._steps import Steps, arun_steps, run_steps, take
from fastjango.rest.exceptions import ErrorDetail, ValidationError
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.composite import JSONField
from fastjango.rest.fields.defaults import SkipField
from fastjango.rest.fields.messages import get_error_detail, printable
from fastjango.rest.fields.still import STILL_FIELDS, is_still
from fastjango.rest.relations.base import PKOnlyObject
from fastjango.rest.results import (
    BindingDict,
    BoundField,
    JSONBoundField,
    NestedBoundField,
    ReturnDict,
)
from fastjango.rest.serializers.base import BaseSerializer, as_serializer_error, refuse
from fastjango.rest.settings import api_settings

__all__ = ["Serializer", "SerializerMetaclass"]


class SerializerMetaclass(type):
    """Collects the fields declared on a class and its bases as `_declared_fields`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any
    ) -> Any:
        attrs["_declared_fields"] = mcs._get_declared_fields(bases, attrs)
        return super().__new__(mcs, name, bases, attrs, **kwargs)

    @classmethod
    def _get_declared_fields(
        cls, bases: tuple[type, ...], attrs: dict[str, Any]
    ) -> dict[str, Field]:
        own = [(name, obj) for name, obj in attrs.items() if isinstance(obj, Field)]
        for name, _field in own:
            del attrs[name]
        own.sort(key=lambda item: item[1]._creation_counter)  # pyright: ignore[reportPrivateUsage]
        # An attribute of the class hides a base's field; the first base wins over the others.
        known = set(attrs)
        inherited: list[tuple[str, Field]] = []
        for base in bases:
            for name, field in getattr(base, "_declared_fields", {}).items():
                if name not in known:
                    known.add(name)
                    inherited.append((name, field))
        return dict(inherited + own)


def run_serializer_steps(serializer: Any, data: Any) -> Steps:
    """Validate input, with errors of validators and `validate()` in the shape of `errors`."""
    settled, data = yield reading(serializer, "validate_empty_values", data)
    if settled:
        return (yield _given, _given, (data,))
    # What a nested write makes anew needs all its fields, also within a partial update.
    with complete(serializer.root, serializer.__dict__.get("_is_new", False)):
        value = yield reading(serializer, "to_internal_value", data)
    root = serializer.root
    try:
        if not _is_incomplete(root):
            yield reading(serializer, "run_validators", value)
        if not _is_incomplete(root):
            value = yield reading(serializer, "validate", value)
        if value is None:
            raise AssertionError(".validate() should return the validated data")
    except (ValidationError, DjangoValidationError) as error:
        raise ValidationError(detail=as_serializer_error(error)) from error
    return value


def _given(value: Any) -> Any:
    return value


def _is_incomplete(root: Any) -> bool:
    """Whether checks of a body were put off, so that values are missing."""
    return getattr(root, "_offline", False) and root._has_waited


@contextmanager
def complete(root: Any, is_new: bool) -> Generator[None]:
    """Require all fields, also within a partial update, if an object is made anew."""
    partial = getattr(root, "partial", False)
    if not (is_new and partial):
        yield
        return
    root.partial = False
    try:
        yield
    finally:
        root.partial = partial


class Serializer(BaseSerializer, metaclass=SerializerMetaclass):
    """Turns objects into dicts of primitive values, and such dicts into validated values.

    Subclasses declare fields; `validate()` and `validate_<field>()` refuse or change values, and
    may be asynchronous, for `ais_valid()`. `Meta.validators` are callables about several fields;
    `Meta.extra = "forbid"` refuses names that are no field (`EXTRA_FIELDS` for all serializers).
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Invalid data. Expected a dictionary, but got {datatype}."),
        "unknown": _("Unknown field."),
    }
    _declared_fields: ClassVar[dict[str, Field]]

    def set_value(self, dictionary: dict[Any, Any], keys: Sequence[str], value: Any) -> None:
        """Put a value into nested dicts.

        Args:
            dictionary: The outermost dict.
            keys: The path; if empty, the value is a dict to merge.
            value: The value.
        """
        if not keys:
            dictionary.update(value)
            return
        for key in keys[:-1]:
            dictionary = dictionary.setdefault(key, {})
        dictionary[keys[-1]] = value

    @cached_property
    def fields(self) -> BindingDict:
        """The fields by name, of this serializer alone: they may be changed."""
        fields = BindingDict(self)
        for name, field in self.get_fields().items():
            fields[name] = field
        return fields

    @property
    def _writable_fields(self) -> list[Any]:
        return [field for field in self.fields.values() if not field.read_only]

    @property
    def _readable_fields(self) -> list[Any]:
        return [field for field in self.fields.values() if not field.write_only]

    def get_fields(self) -> dict[str, Any]:
        """Return the fields by name: copies of those declared."""
        return clone_fields(self._declared_fields)

    def get_validators(self) -> list[Any]:
        """Return `Meta.validators`."""
        return list(getattr(getattr(self, "Meta", None), "validators", None) or [])

    def get_initial(self) -> Any:
        """Return what a form shows: the input as it came, or the fields' initial values."""
        fields = [field for field in self.fields.values() if not field.read_only]
        if not hasattr(self, "initial_data"):
            return {field.field_name: field.get_initial() for field in fields}
        if not isinstance(self.initial_data, Mapping):
            return {}
        values = {field.field_name: field.get_value(self.initial_data) for field in fields}
        return {name: value for name, value in values.items() if value is not empty}

    def get_value(self, dictionary: Any) -> Any:
        """Return the entry of a mapping, or what a form's dotted names spell."""
        if is_html_input(dictionary):
            return parse_html_dict(dictionary, prefix=self.field_name, default=empty)
        return dictionary.get(self.field_name, empty)

    # -- input --------------------------------------------------------------------------------

    def run_validation(self, data: Any = empty) -> Any:
        """Return the validated values of a piece of input."""
        return run_steps(run_serializer_steps(self, data))

    async def arun_validation(self, data: Any = empty) -> Any:
        """`run_validation` for asynchronous code."""
        return await arun_steps(run_serializer_steps(self, data))

    def _read_only_defaults(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {}
        for field in self.fields.values():
            if field.read_only and field.default is not empty and _is_simple(field.source):
                try:
                    defaults[field.source] = field.get_default()
                except SkipField:
                    continue
        return defaults

    def run_validators(self, value: Any) -> None:
        """Call the serializer's validators; read-only fields with defaults take part."""
        super().run_validators(self._with_defaults(value))

    async def arun_validators(self, value: Any) -> None:
        """`run_validators` for asynchronous code."""
        await super().arun_validators(self._with_defaults(value))

    def _with_defaults(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {**self._read_only_defaults(), **value} if self.validators else value

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values by source.

        Raises:
            ValidationError: Some are not valid; the details are by field.
        """
        return run_steps(self._internal_steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._internal_steps(data))

    def _internal_steps(self, data: Any) -> Steps:
        if not isinstance(data, Mapping):
            datatype = type(data).__name__
            refuse(str(self.error_messages["invalid"]).format(datatype=datatype), "invalid")
        values: dict[str, Any] = {}
        errors: dict[str, Any] = self._unknown_fields(data)
        for field in self._writable_fields:
            name = field.field_name
            try:
                if is_still(field):
                    value = field.run_validation(field.get_value(data))
                else:
                    value = yield reading(field, "run_validation", field.get_value(data))
                if getattr(self, f"avalidate_{name}", None) is not None:
                    value = yield reading(self, f"validate_{name}", value)
                elif (method := getattr(self, f"validate_{name}", None)) is not None:
                    value = yield method, calling(method), (value,)
            except ValidationError as error:
                errors[name] = error.detail
            except DjangoValidationError as error:
                errors[name] = get_error_detail(error)
            except SkipField:
                pass
            except SynchronousOnlyOperation:
                self.put_off()
            else:
                self.set_value(values, field.source_attrs, value)
        if errors:
            raise ValidationError(errors)
        return values

    def _unknown_fields(self, data: Any) -> dict[str, Any]:
        extra = getattr(getattr(self, "Meta", None), "extra", None) or api_settings.EXTRA_FIELDS
        if extra != "forbid" or is_html_input(data):
            # Forms also send tokens and buttons, and spell lists with names of their own.
            return {}
        message = ErrorDetail(str(self.error_messages["unknown"]), code="unknown")
        return {printable(str(name)): [message] for name in data if name not in self.fields}

    def validate(self, attrs: Any) -> Any:
        """Return the validated values, after looking at several of them.

        Args:
            attrs: The values by source.
        """
        return attrs

    # -- output -------------------------------------------------------------------------------

    def to_representation(self, instance: Any) -> Any:
        """Return the primitive values by field."""
        shown: dict[str, Any] = {}
        for field in self._readable_fields:
            try:
                attribute = field.get_attribute(instance)
            except SkipField:
                continue
            if is_none(attribute):
                shown[field.field_name] = None
            else:
                value = field.to_representation(attribute)
                shown[field.field_name] = take(value, field.to_representation)
        return shown

    async def ato_representation(self, instance: Any) -> Any:
        """`to_representation` for asynchronous code; asynchronous methods are awaited."""
        shown: dict[str, Any] = {}
        for field in self._readable_fields:
            try:
                attribute = field.get_attribute(instance)
            except SkipField:
                continue
            except SynchronousOnlyOperation:
                try:
                    attribute = await run_in_thread(partial(field.get_attribute, instance))
                except SkipField:
                    continue
            if is_none(attribute):
                shown[field.field_name] = None
            elif type(field) in STILL_FIELDS:
                shown[field.field_name] = field.to_representation(attribute)
            else:
                shown[field.field_name] = await arun_steps(_one(field, attribute))
        return shown

    def _wrapped(self, data: Any) -> Any:
        return ReturnDict(data, serializer=self)

    @property
    def errors(self) -> Any:
        """What is wrong with the input, by field; empty if nothing is."""
        return ReturnDict(self._described_errors(), serializer=self)

    def __repr__(self) -> str:
        from fastjango.rest._repr import serializer_repr

        return serializer_repr(self, indent=1)

    def __iter__(self) -> Iterator[Any]:
        for field in self.fields.values():
            yield self[field.field_name]

    def __getitem__(self, key: str) -> Any:
        field = self.fields[key]
        error = self.errors.get(key) if hasattr(self, "_errors") else None
        bound: Any = BoundField
        if isinstance(field, Serializer):
            bound = NestedBoundField
        elif isinstance(field, JSONField):
            bound = JSONBoundField
        return bound(field, self.data.get(key), error)


def _is_simple(source: str) -> bool:
    return source != "*" and "." not in source


def is_none(attribute: Any) -> bool:
    if attribute.__class__ is PKOnlyObject:
        return attribute.pk is None
    return attribute is None


def _one(field: Any, attribute: Any) -> Steps:
    return (yield reading(field, "to_representation", attribute))
