"""What every field of a serializer does: emptiness, validation, attributes, errors."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values come from outside: they may be anything.

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._calls import calling, reading
from fastjango.rest._html_input import is_html_input
from fastjango.rest._steps import Steps, arun_steps, picked, run_steps, take
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.fields.attributes import BuiltinSignatureError, get_attribute
from fastjango.rest.fields.defaults import SkipField
from fastjango.rest.fields.messages import get_error_detail, printable

__all__ = ["Field", "empty"]


class empty:  # noqa: N801 - the name of REST framework
    """Stands for a value that was not given; `None` may be one."""


NOT_READ_ONLY_WRITE_ONLY = "May not set both `read_only` and `write_only`"
NOT_READ_ONLY_REQUIRED = "May not set both `read_only` and `required`"
NOT_REQUIRED_DEFAULT = "May not set both `required` and `default`"
USE_READONLYFIELD = "Field(read_only=True) should be ReadOnlyField"

_REGEX = type(re.compile(""))


def _check(condition: Any, message: str) -> None:
    """Refuse a wrong use with `AssertionError`, as REST framework does, also under `-O`."""
    if not condition:
        raise AssertionError(message)


class Field:
    """One entry of a serializer.

    Args:
        read_only: Shown, but never taken from input.
        write_only: Taken from input, but never shown.
        required: Whether input must have it; `True` unless there is a default.
        default: The value, or a callable for it, where input has none.
        initial: The value of an empty form.
        source: The attribute it comes from, dotted; `"*"` is the whole object.
        label: A short text; made of the name if `None`.
        help_text: A longer text.
        style: Hints for the renderers of forms.
        error_messages: Texts by code, over the class's own.
        validators: Callables that raise for wrong values; may be asynchronous.
        allow_null: Whether `None` is a value.
    """

    _creation_counter: int = 0

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("This field is required."),
        "null": _("This field may not be null."),
    }
    default_validators: ClassVar[Any] = []
    default_empty_html: Any = empty
    initial: Any = None

    field_name: Any
    parent: Any
    source: Any
    source_attrs: list[str]
    _args: Any
    _kwargs: Any

    def __init__(
        self,
        *,
        read_only: bool = False,
        write_only: bool = False,
        required: bool | None = None,
        default: Any = empty,
        initial: Any = empty,
        source: str | None = None,
        label: Any = None,
        help_text: Any = None,
        style: dict[str, Any] | None = None,
        error_messages: Mapping[str, Any] | None = None,
        validators: Any = None,
        allow_null: bool = False,
    ) -> None:
        self._creation_counter = Field._creation_counter
        Field._creation_counter += 1
        if required is None:
            required = default is empty and not read_only
        _check(not (read_only and write_only), NOT_READ_ONLY_WRITE_ONLY)
        _check(not (read_only and required), NOT_READ_ONLY_REQUIRED)
        _check(not (required and default is not empty), NOT_REQUIRED_DEFAULT)
        _check(not (read_only and self.__class__ == Field), USE_READONLYFIELD)
        self.read_only = read_only
        self.write_only = write_only
        self.required = required
        self.default: Any = default
        self.source = source
        self.initial = self.initial if initial is empty else initial
        self.label: Any = label
        self.help_text = help_text
        self.style: dict[str, Any] = {} if style is None else style
        self.allow_null = allow_null
        if self.default_empty_html is not empty and default is not empty:
            self.default_empty_html = default
        if validators is not None:
            self.validators = list(validators)
        # bind() sets these when the field becomes part of a serializer.
        self.field_name = None
        self.parent = None
        messages: dict[str, Any] = {}
        for cls in reversed(self.__class__.__mro__):
            messages.update(getattr(cls, "default_error_messages", {}))
        messages.update(error_messages or {})
        self.error_messages = messages

    def __class_getitem__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Keep the arguments: copies and `repr` are made of them."""
        instance: Any = object.__new__(cls)
        instance._args = args
        instance._kwargs = kwargs
        return instance

    def bind(self, field_name: str, parent: Any) -> None:
        """Take a name and a place in a serializer.

        Args:
            field_name: The name.
            parent: The serializer or the field around it.
        """
        _check(
            self.source != field_name,
            f"It is redundant to specify `source='{field_name}'` on field "
            f"'{self.__class__.__name__}' in serializer '{parent.__class__.__name__}', because it "
            "is the same as the field name. Remove the `source` keyword argument.",
        )
        self.field_name = field_name
        self.parent = parent
        if self.label is None:
            self.label = field_name.replace("_", " ").capitalize()
        if self.source is None:
            self.source = field_name
        self.source_attrs = [] if self.source == "*" else self.source.split(".")

    @property
    def validators(self) -> list[Any]:
        """The validators; `get_validators()` makes them at first use."""
        if not hasattr(self, "_validators"):
            self._validators = self.get_validators()
        return self._validators

    @validators.setter
    def validators(self, validators: list[Any]) -> None:
        self._validators = validators

    def get_validators(self) -> list[Any]:
        """Return the validators of a field that was given none."""
        return list(self.default_validators)

    def get_initial(self) -> Any:
        """Return what an empty form shows."""
        return self.initial() if callable(self.initial) else self.initial

    def get_value(self, dictionary: Any) -> Any:
        """Return this field's part of the input, or `empty`.

        Args:
            dictionary: The input: a mapping, or a form's multi-valued one.
        """
        if not is_html_input(dictionary):
            return dictionary.get(self.field_name, empty)
        # Forms cannot send None or False, and send emptiness as ''.
        if self.field_name not in dictionary:
            return empty if getattr(self.root, "partial", False) else self.default_empty_html
        value = dictionary[self.field_name]
        if value == "" and self.allow_null:
            return "" if getattr(self, "allow_blank", False) else None
        if value == "" and not self.required:
            return "" if getattr(self, "allow_blank", False) else empty
        return value

    def get_attribute(self, instance: Any) -> Any:
        """Return the value of an outgoing object for this field.

        Args:
            instance: The object, or a mapping.

        Raises:
            SkipField: There is none, and none is needed.
        """
        try:
            return get_attribute(instance, self.source_attrs)
        except BuiltinSignatureError as error:
            raise BuiltinSignatureError(
                f"Field source for `{self.parent.__class__.__name__}.{self.field_name}` maps to a "
                "built-in function type and is invalid. Define a property or method on the "
                f"`{instance.__class__.__name__}` instance that wraps the call to the built-in "
                "function."
            ) from error
        except (KeyError, AttributeError) as error:
            return self._missing_attribute(instance, error)

    def _missing_attribute(self, instance: Any, error: Exception) -> Any:
        if self.default is not empty:
            return self.get_default()
        if self.allow_null:
            return None
        if not self.required:
            raise SkipField from error
        raise type(error)(
            f"Got {type(error).__name__} when attempting to get a value for field "
            f"`{self.field_name}` on serializer `{self.parent.__class__.__name__}`.\n"
            "The serializer field might be named incorrectly and not match any attribute or key "
            f"on the `{instance.__class__.__name__}` instance.\n"
            f"Original exception text was: {error}."
        ) from error

    def get_default(self) -> Any:
        """Return the value for input that has none.

        Raises:
            SkipField: There is no default, or the update is partial.
        """
        if self.default is empty or getattr(self.root, "partial", False):
            raise SkipField
        if not callable(self.default):
            return self.default
        if getattr(self.default, "requires_context", False):
            return self.default(self)
        return self.default()

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Decide about a value that may be absent or `None`.

        Args:
            data: The value, or `empty`.

        Returns:
            Whether the value is settled, and the value.

        Raises:
            ValidationError: It must be there, or must not be `None`.
            SkipField: The field takes no part.
        """
        if self.read_only:
            return True, self.get_default()
        if data is empty:
            if getattr(self.root, "partial", False):
                raise SkipField
            if self.required:
                self.fail("required")
            return True, self.get_default()
        if data is None:
            if not self.allow_null:
                self.fail("null")
            # With source="*" the field stands for the whole object, which is not None.
            return self.source != "*", None
        return False, data

    def run_validation(self, data: Any = empty) -> Any:
        """Return the validated value of a piece of input.

        Args:
            data: The input, or `empty`.

        Raises:
            ValidationError: It is not valid.
            SkipField: The field takes no part.
            SynchronousOnlyOperation: A default or validator is asynchronous.
        """
        settled, data = self.validate_empty_values(data)
        if settled:
            return take(data, self.default)
        value = self.to_internal_value(data)
        self.run_validators(value)
        return value

    async def arun_validation(self, data: Any = empty) -> Any:
        """`run_validation` for asynchronous code."""
        return await arun_steps(self._validation_steps(data))

    def _validation_steps(self, data: Any) -> Steps:
        settled, data = yield reading(self, "validate_empty_values", data)
        if settled:
            return (yield _given, _given, (data,))
        value = yield reading(self, "to_internal_value", data)
        yield reading(self, "run_validators", value)
        return value

    def run_validators(self, value: Any) -> None:
        """Call every validator.

        Args:
            value: The value, converted already.

        Raises:
            ValidationError: All that the validators say against it.
        """
        if self.validators:
            run_steps(self._validator_steps(value))

    async def arun_validators(self, value: Any) -> None:
        """`run_validators` for asynchronous code; asynchronous validators are awaited."""
        await arun_steps(self._validator_steps(value))

    def _validator_steps(self, value: Any) -> Steps:
        errors: list[Any] = []
        for validator in self.validators:
            args = (value, self) if getattr(validator, "requires_context", False) else (value,)
            if picked(type(validator), "__call__", "acall") == "acall":
                twin = validator.acall
            else:
                twin = calling(validator)
            try:
                yield validator, twin, args
            except ValidationError as error:
                # A mapping names fields of its own and cannot be joined with a list.
                if isinstance(error.detail, dict):
                    raise
                errors.extend(error.detail)
            except DjangoValidationError as error:
                errors.extend(get_error_detail(error))
            except SynchronousOnlyOperation:
                self.put_off()
        if errors:
            raise ValidationError(errors)

    def put_off(self) -> None:
        """Leave a check for later if the root validates a body where nothing may wait.

        Raises:
            SynchronousOnlyOperation: It does not; the error being handled goes on.
        """
        root = self.root
        if not getattr(root, "_offline", False):
            raise  # noqa: PLE0704 - called while the error is handled
        root._has_waited = True

    def to_internal_value(self, data: Any) -> Any:
        """Return the native value of primitive input.

        Raises:
            NotImplementedError: The class cannot take input.
        """
        raise NotImplementedError(
            f"{self.__class__.__name__}.to_internal_value() must be implemented for field "
            f"{self.field_name}. If you do not need to support write operations you probably want "
            "to subclass `ReadOnlyField` instead."
        )

    def to_representation(self, value: Any) -> Any:
        """Return the primitive form of a native value.

        Raises:
            NotImplementedError: The class cannot show anything.
        """
        raise NotImplementedError(
            f"{self.__class__.__name__}.to_representation() must be implemented for field "
            f"{self.field_name}."
        )

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Raise the `ValidationError` of a code.

        Args:
            key: The code.
            **kwargs: Values for its text.
        """
        try:
            message = self.error_messages[key]
        except KeyError:
            raise AssertionError(
                f"ValidationError raised by `{self.__class__.__name__}`, but error key `{key}` "
                "does not exist in the `error_messages` dictionary."
            ) from None
        raise ValidationError(printable(str(message).format(**kwargs)), code=key)

    @property
    def root(self) -> Any:
        """The outermost serializer."""
        root: Any = self
        while root.parent is not None:
            root = root.parent
        return root

    @property
    def context(self) -> Any:
        """The context given to the outermost serializer."""
        return getattr(self.root, "_context", {})

    def __deepcopy__(self, memo: Any) -> Any:
        """Make the field anew of its arguments; regexes and validators are shared."""
        args = [
            item if isinstance(item, _REGEX) else copy.deepcopy(item, memo) for item in self._args
        ]
        kwargs = {
            key: value if key in ("validators", "regex") else copy.deepcopy(value, memo)
            for key, value in self._kwargs.items()
        }
        return self.__class__(*args, **kwargs)

    def __repr__(self) -> str:
        from fastjango.rest._repr import field_repr

        return field_repr(self)


def _given(value: Any) -> Any:
    return value
