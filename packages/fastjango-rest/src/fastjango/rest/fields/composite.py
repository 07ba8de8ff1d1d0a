"""Fields of lists, mappings and JSON."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values come from outside: they may be anything.

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._calls import reading
from fastjango.rest._html_input import is_html_input, parse_html_dict, parse_html_list
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.messages import add_length_validators, get_error_detail, printable
from fastjango.rest.fields.text import CharField
from fastjango.values.encoding import has_surrogates

__all__ = ["DictField", "HStoreField", "JSONField", "ListField"]


class _UnvalidatedField(Field):
    """Takes and shows anything that JSON can hold: the child of collections that name none."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Value must be valid JSON.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_blank = True
        self.allow_null = True

    def to_internal_value(self, data: Any) -> Any:
        """Return the input; NaN, infinities and lone surrogates are refused."""
        try:
            json.dumps(data, default=_nothing, skipkeys=True, allow_nan=False,
                       ensure_ascii=False).encode()  # fmt: skip
        except (ValueError, RecursionError):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the value."""
        return value


def _nothing(value: object) -> None:
    """Stand for an object such as a file, which has no JSON form."""


class _CollectionField(Field):
    """What lists and mappings have in common: a child."""

    child: Any = _UnvalidatedField()

    def __init__(self, *, child: Any = None, allow_empty: bool = True, **kwargs: Any) -> None:
        self.child = copy.deepcopy(self.child) if child is None else child
        self.allow_empty = allow_empty
        if inspect.isclass(self.child):
            raise AssertionError("`child` has not been instantiated.")
        if self.child.source is not None:
            raise AssertionError(
                "The `source` argument is not meaningful when applied to a `child=` field. "
                "Remove `source=` from the field declaration."
            )
        super().__init__(**kwargs)
        self.child.bind(field_name="", parent=self)

    def _internal_steps(self, data: Any) -> Steps:
        return (yield reading(self, "run_child_validation", self.checked(data)))

    def checked(self, data: Any) -> Any:
        """Return the collection, whose kind and length are checked."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        """Return the collection with validated values."""
        return run_steps(self._internal_steps(data))

    async def ato_internal_value(self, data: Any) -> Any:
        """`to_internal_value` for asynchronous code."""
        return await arun_steps(self._internal_steps(data))


class ListField(_CollectionField):
    """A list, each item of which is a value of the child.

    Args:
        child: The field of the items; anything if `None`.
        allow_empty: Whether there may be none.
        max_length: The most items.
        min_length: The fewest items.
        **kwargs: Options of every field.
    """

    initial: Any = []
    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_list": _('Expected a list of items but got type "{input_type}".'),
        "empty": _("This list may not be empty."),
        "min_length": _("Ensure this field has at least {min_length} elements."),
        "max_length": _("Ensure this field has no more than {max_length} elements."),
    }

    def __init__(
        self, *, max_length: int | None = None, min_length: int | None = None, **kwargs: Any
    ) -> None:
        self.max_length = max_length
        self.min_length = min_length
        super().__init__(**kwargs)
        add_length_validators(self, max_length, min_length)

    def get_value(self, dictionary: Any) -> Any:
        """Return the list of a mapping, or what a form's names spell."""
        partial = getattr(self.root, "partial", False)
        if is_html_input(dictionary):
            if values := dictionary.getlist(self.field_name, []):
                return values
            prefix = f"{self.field_name}["
            if partial and not any(key.startswith(prefix) for key in dictionary):
                return empty
            return parse_html_list(dictionary, prefix=self.field_name, default=empty)
        return dictionary.get(self.field_name, empty)

    def checked(self, data: Any) -> Any:
        """Return the list, after refusing what is none or may not be empty."""
        if is_html_input(data):
            data = parse_html_list(data, default=[])
        if isinstance(data, (str, Mapping)) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.allow_empty and len(data) == 0:
            self.fail("empty")
        return data

    def run_child_validation(self, data: Iterable[Any]) -> list[Any]:
        """Return the validated items.

        Raises:
            ValidationError: Some are not valid; the details are by index.
        """
        return run_steps(self._child_steps(data))  # type: ignore[no-any-return]

    async def arun_child_validation(self, data: Iterable[Any]) -> list[Any]:
        """`run_child_validation` for asynchronous code."""
        return await arun_steps(self._child_steps(data))  # type: ignore[no-any-return]

    def _child_steps(self, data: Iterable[Any]) -> Steps:
        result: list[Any] = []
        errors: dict[int, Any] = {}
        for index, item in enumerate(data):
            try:
                result.append((yield reading(self.child, "run_validation", item)))
            except ValidationError as error:
                errors[index] = error.detail
            except DjangoValidationError as error:
                errors[index] = get_error_detail(error)
        if errors:
            raise ValidationError(errors)
        return result

    def to_representation(self, value: Any) -> Any:
        """Return the items' primitive forms."""
        show = self.child.to_representation
        return [None if item is None else show(item) for item in value]


class DictField(_CollectionField):
    """A mapping of texts to values of the child.

    Args:
        child: The field of the values; anything if `None`.
        allow_empty: Whether there may be none.
        **kwargs: Options of every field.
    """

    initial: Any = {}
    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_dict": _('Expected a dictionary of items but got type "{input_type}".'),
        "empty": _("This dictionary may not be empty."),
    }

    def get_value(self, dictionary: Any) -> Any:
        """Return the mapping within a mapping, or what a form's names spell."""
        if is_html_input(dictionary):
            found = parse_html_dict(dictionary, prefix=self.field_name, default=empty)
            # The name alone is an empty mapping.
            return {} if found is empty and self.field_name in dictionary else found
        return dictionary.get(self.field_name, empty)

    def checked(self, data: Any) -> Any:
        """Return the mapping, after refusing what is none or may not be empty."""
        if is_html_input(data):
            data = data.dict() if hasattr(data, "dict") else dict(data)
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if not self.allow_empty and len(data) == 0:
            self.fail("empty")
        return data

    def run_child_validation(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the validated values by key.

        Raises:
            ValidationError: Some are not valid; the details are by key.
        """
        return run_steps(self._child_steps(data))  # type: ignore[no-any-return]

    async def arun_child_validation(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """`run_child_validation` for asynchronous code."""
        return await arun_steps(self._child_steps(data))  # type: ignore[no-any-return]

    def _child_steps(self, data: Mapping[Any, Any]) -> Steps:
        result: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, value in data.items():
            key = str(key)
            if has_surrogates(key):
                # No database and no JSON text holds a lone surrogate.
                errors[printable(key)] = [_surrogates()]
                continue
            try:
                result[key] = yield reading(self.child, "run_validation", value)
            except ValidationError as error:
                errors[key] = error.detail
            except DjangoValidationError as error:
                errors[key] = get_error_detail(error)
        if errors:
            raise ValidationError(errors)
        return result

    def to_representation(self, value: Any) -> Any:
        """Return the values' primitive forms by key."""
        show = self.child.to_representation
        return {str(key): None if item is None else show(item) for key, item in value.items()}


def _surrogates() -> Any:
    from fastjango.rest.exceptions import ErrorDetail
    from fastjango.rest.validators import ProhibitSurrogateCharactersValidator as Refusal

    return ErrorDetail(_("Surrogate characters are not allowed in names."), code=Refusal.code)


class HStoreField(DictField):
    """A mapping of texts to texts or `None`; options as for `DictField`."""

    child: Any = CharField(allow_blank=True, allow_null=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(self.child, CharField):
            raise AssertionError(
                "The `child` argument must be an instance of `CharField`, "
                "as the hstore extension stores values as strings."
            )


class _JSONString(str):
    """The text of a form's field, which is JSON and not a JSON string."""

    is_json_string = True


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


class JSONField(Field):
    """Any JSON value.

    Args:
        binary: Whether it is kept and shown as encoded text.
        encoder: A `json.JSONEncoder` class.
        decoder: A `json.JSONDecoder` class.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Value must be valid JSON.")}
    _is_jsonfield = True

    def __init__(
        self, *, binary: bool = False, encoder: Any = None, decoder: Any = None, **kwargs: Any
    ) -> None:
        self.binary = binary
        self.encoder = encoder
        self.decoder = decoder
        super().__init__(**kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """Return the entry of a mapping; a form's is marked as JSON text."""
        if is_html_input(dictionary) and self.field_name in dictionary:
            return _JSONString(dictionary[self.field_name])
        return dictionary.get(self.field_name, empty)

    def to_internal_value(self, data: Any) -> Any:
        """Return the value; NaN, infinities and lone surrogates are refused."""
        try:
            if self.binary or getattr(data, "is_json_string", False):
                text = data.decode() if isinstance(data, bytes) else data
                data = json.loads(text, cls=self.decoder, parse_constant=_refuse_constant)
            json.dumps(data, cls=self.encoder, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the value, as encoded text if `binary`."""
        if self.binary:
            return json.dumps(value, cls=self.encoder, allow_nan=False).encode()
        return value
