"""Rows as lines of JSON."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import DeserializationError
from .json import Deserializer as JsonDeserializer
from .json import Serializer as JsonSerializer
from .python import Deserializer as PythonDeserializer

__all__ = ["Deserializer", "Serializer"]


class Serializer(JsonSerializer):
    """Writes one object on each line."""

    def _init_options(self) -> None:
        super()._init_options()
        self.json_kwargs.pop("indent", None)
        self.json_kwargs["separators"] = (",", ": ")

    def start_serialization(self) -> None:
        """Begin."""
        self._init_options()

    def end_serialization(self) -> None:
        """Nothing closes the lines."""

    def end_object(self, obj: Any) -> None:
        """Write the line."""
        json.dump(self.get_dump_object(obj), self.stream, **self.json_kwargs)
        self.stream.write("\n")
        self._current = None


class Deserializer(JsonDeserializer):
    """Reads lines; empty ones are passed over."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        if isinstance(stream_or_string, str):
            # splitlines() would cut at separators that JSON text may hold as they are.
            stream_or_string = stream_or_string.split("\n")
        PythonDeserializer.__init__(self, self._objects(stream_or_string), **options)

    @staticmethod
    def _objects(stream: Any) -> Iterator[Any]:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DeserializationError(
                    f"Error parsing JSON on line {number}: {error}"
                ) from error
