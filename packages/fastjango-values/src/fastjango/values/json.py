"""JSON for values that JSON does not know: dates, decimals, UUIDs and lazy text."""

import datetime
import decimal
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fastjango.core.functional import Promise
from fastjango.core.timezone import is_aware
from fastjango.values.duration import duration_iso_string

__all__ = ["DjangoJSONEncoder", "normalize_json"]


class DjangoJSONEncoder(json.JSONEncoder):
    """Encodes dates, times, durations, decimals, UUIDs and lazy text.

    Dates and times are written as ECMA-262 asks: three digits of a second, `Z` for UTC. Decimals
    and UUIDs become text.
    """

    def default(self, o: Any) -> Any:
        """Return what stands for an object in JSON.

        Raises:
            ValueError: A time of day with a time zone.
            TypeError: The object has no JSON form.
        """
        if isinstance(o, datetime.datetime):
            text = o.isoformat()
            if o.microsecond:
                text = text[:23] + text[26:]
            return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
        if isinstance(o, datetime.date):
            return o.isoformat()
        if isinstance(o, datetime.time):
            if is_aware(o):  # type: ignore[arg-type]  # times have utcoffset() too
                raise ValueError("JSON can't represent timezone-aware times.")
            text = o.isoformat()
            return text[:12] if o.microsecond else text
        if isinstance(o, datetime.timedelta):
            return duration_iso_string(o)
        if isinstance(o, (decimal.Decimal, uuid.UUID, Promise)):
            return str(o)
        return super().default(o)


def normalize_json(obj: Any) -> Any:
    """Return a copy made only of what JSON has: dictionaries, lists, text, numbers, booleans, None.

    Raises:
        ValueError: Bytes that are not UTF-8.
        TypeError: An object without a JSON form.
    """
    if isinstance(obj, Mapping):
        return {normalize_json(key): normalize_json(value) for key, value in obj.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(obj, bytes):
        try:
            return obj.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"Unsupported value: {type(obj)}") from None
    if obj is None or isinstance(obj, (str, int, float)):
        return obj
    if isinstance(obj, Sequence):
        return [normalize_json(value) for value in obj]  # pyright: ignore[reportUnknownVariableType]
    raise TypeError(f"Unsupported type: {type(obj)}")
