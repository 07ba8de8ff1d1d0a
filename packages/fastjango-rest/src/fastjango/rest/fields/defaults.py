"""Defaults that depend on the serializer, and leaving a field out."""

from __future__ import annotations

from typing import Any

__all__ = ["CreateOnlyDefault", "CurrentUserDefault", "SkipField"]


class SkipField(Exception):
    """The field takes no part: no value is validated, or shown."""


class CreateOnlyDefault:
    """A default that only creating uses; updating leaves the field out.

    Args:
        default: The value, or a callable that gives it.
    """

    requires_context = True

    def __init__(self, default: Any) -> None:
        self.default: Any = default

    def __call__(self, serializer_field: Any) -> Any:
        """Return the default.

        Raises:
            SkipField: An instance is being updated.
        """
        if serializer_field.parent.instance is not None:
            raise SkipField
        if not callable(self.default):
            return self.default
        if getattr(self.default, "requires_context", False):
            return self.default(serializer_field)
        return self.default()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default!r})"


class CurrentUserDefault:
    """The user of the request in the serializer's context."""

    requires_context = True

    def __call__(self, serializer_field: Any) -> Any:
        """Return ``context["request"].user``."""
        return serializer_field.context["request"].user

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
