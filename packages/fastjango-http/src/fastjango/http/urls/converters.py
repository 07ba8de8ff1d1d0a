"""Path converters: what `<int:pk>` matches, and how it becomes a value and back."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

__all__ = [
    "Converter",
    "IntConverter",
    "PathConverter",
    "SlugConverter",
    "StringConverter",
    "UUIDConverter",
    "get_converters",
    "register_converter",
]


@runtime_checkable
class Converter(Protocol):
    """What a class given to `register_converter()` offers.

    `regex` is a regular expression without groups of its own. Both methods may raise
    `ValueError` to say "this is no match".
    """

    regex: str

    def to_python(self, value: str) -> Any:
        """Turn the matched text into the value the view receives."""
        ...

    def to_url(self, value: Any) -> str:
        """Turn a value given to `reverse()` into text."""
        ...


class IntConverter:
    """Zero or a positive integer."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        """Return the integer; more digits than the interpreter converts is no match."""
        return int(value)

    def to_url(self, value: object) -> str:
        """Return the decimal digits."""
        return str(value)


class StringConverter:
    """Any non-empty text without a slash; the default."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Return the text itself."""
        return value

    def to_url(self, value: str) -> str:
        """Return the text itself."""
        return value


class UUIDConverter:
    """A UUID in its canonical lower-case form with dashes."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> uuid.UUID:
        """Return the `uuid.UUID`."""
        return uuid.UUID(value)

    def to_url(self, value: object) -> str:
        """Return the canonical text of a UUID."""
        return str(value)


class SlugConverter(StringConverter):
    """ASCII letters, digits, hyphens and underscores."""

    regex = "[-a-zA-Z0-9_]+"


class PathConverter(StringConverter):
    """Any non-empty text, slashes included."""

    regex = ".+"


DEFAULT_CONVERTERS: dict[str, Converter] = {
    "int": IntConverter(),
    "path": PathConverter(),
    "slug": SlugConverter(),
    "str": StringConverter(),
    "uuid": UUIDConverter(),
}

REGISTERED_CONVERTERS: dict[str, Converter] = {}

# Called after a registration, so that patterns compiled from routes are thrown away.
_on_registration: list[Callable[[], None]] = []


def register_converter(converter: Callable[[], Converter], type_name: str) -> None:
    """Make `<type_name:parameter>` usable in routes.

    Args:
        converter: A class (or factory) whose instances follow `Converter`.
        type_name: The name to use in routes.

    Raises:
        ValueError: The name is taken.
    """
    if type_name in REGISTERED_CONVERTERS or type_name in DEFAULT_CONVERTERS:
        raise ValueError(f"Converter {type_name!r} is already registered.")
    REGISTERED_CONVERTERS[type_name] = converter()
    get_converters.cache_clear()
    for forget in _on_registration:
        forget()


@functools.cache
def get_converters() -> Mapping[str, Converter]:
    """Return every converter by name, the built-in ones first."""
    return {**DEFAULT_CONVERTERS, **REGISTERED_CONVERTERS}
