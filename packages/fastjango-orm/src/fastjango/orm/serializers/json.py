"""Rows as a JSON array."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
from typing import Any

from fastjango.values.json import DjangoJSONEncoder

from .base import DeserializationError
from .python import ParsedDeserializer
from .python import Serializer as PythonSerializer

__all__ = ["Deserializer", "DjangoJSONEncoder", "Serializer"]


class Serializer(PythonSerializer):
    """Writes one array; options are those of `json.dumps`."""

    internal_use_only = False

    def _init_options(self) -> None:
        self._current = None
        self.json_kwargs: dict[str, Any] = self.options.copy()
        self.json_kwargs.pop("stream", None)
        self.json_kwargs.pop("fields", None)
        if self.options.get("indent"):
            self.json_kwargs["separators"] = (",", ": ")
        self.json_kwargs.setdefault("cls", DjangoJSONEncoder)
        self.json_kwargs.setdefault("ensure_ascii", False)

    def start_serialization(self) -> None:
        """Open the array."""
        self._init_options()
        self.stream.write("[")

    def end_serialization(self) -> None:
        """Close the array."""
        if self.options.get("indent"):
            self.stream.write("\n")
        self.stream.write("]\n")

    def end_object(self, obj: Any) -> None:
        """Write the object."""
        indent = self.options.get("indent")
        if not self.first:
            self.stream.write(",")
            if not indent:
                self.stream.write(" ")
        if indent:
            self.stream.write("\n")
        json.dump(self.get_dump_object(obj), self.stream, **self.json_kwargs)
        self._current = None

    def getvalue(self) -> Any:
        """The text."""
        return super(PythonSerializer, self).getvalue()


class Deserializer(ParsedDeserializer):
    """Reads one array, from text or bytes."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if not isinstance(stream_or_string, (bytes, str)):
            stream_or_string = stream_or_string.read()
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        try:
            objects = json.loads(stream_or_string)
        except Exception as error:
            raise DeserializationError(f"Error parsing JSON: {error}") from error
        super().__init__(objects, **options)
