"""What serializers hand out: data and errors that know their serializer, and bound fields."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values may be anything.

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

__all__ = [
    "BindingDict",
    "BoundField",
    "JSONBoundField",
    "NestedBoundField",
    "ReturnDict",
    "ReturnList",
]


class ReturnDict(dict[str, Any]):
    """A dict that knows the serializer it came from; a pickle or JSON of it does not.

    Args:
        *args: As for `dict`.
        serializer: The serializer.
        **kwargs: As for `dict`.
    """

    def __init__(self, *args: Any, serializer: Any, **kwargs: Any) -> None:
        self.serializer = serializer
        super().__init__(*args, **kwargs)

    def copy(self) -> ReturnDict:
        """Return a copy that knows the serializer too."""
        return ReturnDict(self, serializer=self.serializer)

    def __repr__(self) -> str:
        return dict.__repr__(self)

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        return type(self)({**self, **other}, serializer=self.serializer)

    def __ror__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        return type(self)({**other, **self}, serializer=self.serializer)


class ReturnList(list[Any]):
    """A list that knows the serializer it came from; a pickle or JSON of it does not.

    Args:
        *args: As for `list`.
        serializer: The serializer.
    """

    def __init__(self, *args: Any, serializer: Any) -> None:
        self.serializer = serializer
        super().__init__(*args)

    def __repr__(self) -> str:
        return list.__repr__(self)

    def __reduce__(self) -> Any:
        return list, (list(self),)


class BoundField:
    """A field together with its value and errors, for forms.

    Args:
        field: The field; its attributes are the bound field's too.
        value: The value.
        errors: What is wrong with it.
        prefix: What goes before the name.
    """

    def __init__(self, field: Any, value: Any, errors: Any, prefix: str = "") -> None:
        self._field = field
        self._prefix = prefix
        self.value = value
        self.errors = errors
        self.name: str = prefix + self.field_name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._field, name)

    @property
    def _proxy_class(self) -> Any:
        return self._field.__class__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} value={self.value} errors={self.errors}>"

    def as_form_field(self) -> Any:
        """Return the field with the value as an input element shows it."""
        value = "" if self.value is None or self.value is False else self.value
        return self.__class__(self._field, value, self.errors, self._prefix)


class JSONBoundField(BoundField):
    """A bound field whose value is edited as JSON text."""

    def as_form_field(self) -> Any:
        """Return the field with the value as indented JSON; text that is no JSON stays."""
        value = self.value
        if not getattr(value, "is_json_string", False):
            try:
                value = json.dumps(
                    value, sort_keys=True, indent=4, separators=(",", ": "), allow_nan=False
                )
            except (TypeError, ValueError):
                pass
        return self.__class__(self._field, value, self.errors, self._prefix)


class NestedBoundField(BoundField):
    """A bound field for a serializer within a serializer."""

    def __init__(self, field: Any, value: Any, errors: Any, prefix: str = "") -> None:
        if not value or not isinstance(value, Mapping):
            value = {}
        super().__init__(field, value, errors, prefix)

    def __iter__(self) -> Iterator[Any]:
        for field in self.fields.values():
            yield self[field.field_name]

    def __getitem__(self, key: str) -> Any:
        field = self.fields[key]
        value = self.value.get(key) if self.value else None
        error = self.errors.get(key) if isinstance(self.errors, dict) else None
        return _bound_class(field)(field, value, error, prefix=f"{self.name}.")

    def as_form_field(self) -> Any:
        """Return the field with its values as input elements show them."""
        values: dict[str, Any] = {}
        for key, value in self.value.items():
            if isinstance(value, (list, dict)):
                values[key] = value
            else:
                values[key] = "" if value is None or value is False else str(value)
        return self.__class__(self._field, values, self.errors, self._prefix)


def _bound_class(field: Any) -> Any:
    if hasattr(field, "fields"):
        return NestedBoundField
    return JSONBoundField if getattr(field, "_is_jsonfield", False) else BoundField


class BindingDict(MutableMapping[str, Any]):
    """The fields of a serializer by name; each is bound when it comes in.

    Args:
        serializer: The serializer.
    """

    def __init__(self, serializer: Any) -> None:
        self.serializer = serializer
        self.fields: dict[str, Any] = {}

    def __setitem__(self, key: str, field: Any) -> None:
        self.fields[key] = field
        field.bind(field_name=key, parent=self.serializer)

    def __getitem__(self, key: str) -> Any:
        return self.fields[key]

    def __delitem__(self, key: str) -> None:
        del self.fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __repr__(self) -> str:
        return dict.__repr__(self.fields)
