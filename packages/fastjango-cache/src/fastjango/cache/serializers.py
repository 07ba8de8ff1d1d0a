"""How values become bytes: pickled as Django does it, or as JSON.

Whoever can write to a cache can make a process that unpickles from it run any code. Keep the
server to yourself, or choose JSON: `"OPTIONS": {"serializer":
"fastjango.cache.serializers.JSONSerializer"}`.
"""

from __future__ import annotations

import json
import pickle
from typing import Any, Protocol

from fastjango.core.imports import import_string
from fastjango.values.json import DjangoJSONEncoder

__all__ = ["JSONSerializer", "PickleSerializer", "Serializer", "load_serializer"]


class Serializer(Protocol):
    """What a cache turns values into bytes with, and back."""

    def dumps(self, obj: Any, /) -> bytes:
        """Return a value as bytes."""
        ...

    def loads(self, data: bytes, /) -> Any:
        """Return the value that bytes stand for."""
        ...


class PickleSerializer:
    """Python's pickles, as in Django.

    Args:
        protocol: Version of the format, the highest by default.
    """

    def __init__(self, protocol: int | None = None) -> None:
        self.protocol = pickle.HIGHEST_PROTOCOL if protocol is None else protocol

    def dumps(self, obj: Any) -> bytes:
        """Return a value as a pickle."""
        return pickle.dumps(obj, self.protocol)

    def loads(self, data: bytes) -> Any:
        """Return the value of a pickle."""
        return pickle.loads(data)


class JSONSerializer:
    """JSON; dates, decimals and UUIDs become texts. Nothing in it can run."""

    def dumps(self, obj: Any) -> bytes:
        """Return a value as JSON.

        Raises:
            TypeError: JSON has no form for it.
        """
        return json.dumps(obj, cls=DjangoJSONEncoder, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value of JSON text."""
        return json.loads(data)


def load_serializer(given: Any, default: Any) -> Any:
    """Return the serializer that an option names.

    Args:
        given: A dotted path, a class, or an object that has `dumps` and `loads`.
        default: What to return if it is `None`.
    """
    if given is None:
        return default
    if isinstance(given, str):
        given = import_string(given)
    return given() if callable(given) else given
