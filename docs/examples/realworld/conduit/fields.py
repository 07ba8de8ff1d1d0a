"""Fields as strict as the document: a text is a text."""

from __future__ import annotations

from typing import Any

from fastjango.rest import serializers


class Text(serializers.CharField):
    """A text; numbers, which the framework's field would turn into one, are refused."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Address(serializers.EmailField):
    """An address of e-mail."""

    default_error_messages = {"invalid": "is invalid"}
