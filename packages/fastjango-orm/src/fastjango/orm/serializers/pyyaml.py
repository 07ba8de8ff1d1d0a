"""Rows as YAML; needs PyYAML."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import decimal
from typing import Any

from .base import DeserializationError
from .python import ParsedDeserializer
from .python import Serializer as PythonSerializer

try:
    import yaml  # type: ignore[import-untyped,unused-ignore]  # stubs are optional
except ImportError as error:  # pragma: no cover - the extra is installed in tests
    raise ImportError("YAML needs PyYAML: pip install 'fastjango-orm[yaml]'") from error

__all__ = ["Deserializer", "DjangoSafeDumper", "Serializer"]


class DjangoSafeDumper(yaml.SafeDumper):  # type: ignore[misc,unused-ignore]  # as above
    """Writes decimals as text."""

    def represent_decimal(self, data: decimal.Decimal) -> Any:
        """Text of a decimal."""
        return self.represent_scalar("tag:yaml.org,2002:str", str(data))


DjangoSafeDumper.add_representer(decimal.Decimal, DjangoSafeDumper.represent_decimal)


class Serializer(PythonSerializer):
    """Writes one sequence; options are those of `yaml.dump`."""

    internal_use_only = False

    def _value_from_field(self, obj: Any, field: Any) -> Any:
        # YAML has no times of day: they would come back as numbers.
        if field.get_internal_type() == "TimeField" and getattr(obj, field.attname) is not None:
            return str(getattr(obj, field.attname))
        return super()._value_from_field(obj, field)

    def end_serialization(self) -> None:
        """Write everything."""
        self.options.setdefault("allow_unicode", True)
        self.options.setdefault("sort_keys", False)
        yaml.dump(self.objects, self.stream, Dumper=DjangoSafeDumper, **self.options)

    def getvalue(self) -> Any:
        """The text."""
        return super(PythonSerializer, self).getvalue()


class Deserializer(ParsedDeserializer):
    """Reads one sequence, safely: no Python objects are made."""

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        if isinstance(stream_or_string, bytes):
            stream_or_string = stream_or_string.decode()
        try:
            objects = yaml.safe_load(stream_or_string)
        except Exception as error:
            raise DeserializationError(f"Error parsing YAML: {error}") from error
        super().__init__(objects, **options)
