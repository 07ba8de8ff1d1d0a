"""Values of Python in JSON, as APIs write them."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# What a view answers with is of any type.

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

from fastjango.core.functional import Promise
from fastjango.core.timezone import is_aware

__all__ = ["JSONEncoder"]


class JSONEncoder(json.JSONEncoder):
    """Writes dates, times, decimals, UUIDs, bytes, lazy texts, querysets and other iterables."""

    def default(self, o: Any) -> Any:
        """Return something JSON knows for a value it does not know.

        Raises:
            ValueError: A time has a time zone, which ECMA-262 cannot write.
            TypeError: There is nothing to be made of it.
        """
        if isinstance(o, Promise):
            return str(o)
        if isinstance(o, datetime.datetime):
            text = o.isoformat()
            return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
        if isinstance(o, datetime.date):
            return o.isoformat()
        if isinstance(o, datetime.time):
            if is_aware(o):  # type: ignore[arg-type]  # it asks for utcoffset() only
                raise ValueError("JSON can't represent timezone-aware times.")
            return o.isoformat()
        if isinstance(o, datetime.timedelta):
            return str(o.total_seconds())
        if isinstance(o, decimal.Decimal):
            # Serializers make texts of decimals; what comes by itself is a number.
            return float(o)
        if isinstance(o, uuid.UUID):
            return str(o)
        if isinstance(o, bytes):
            return o.decode()
        if hasattr(o, "tolist"):
            return o.tolist()
        if hasattr(o, "__getitem__"):
            kind: Any = list if isinstance(o, (list, tuple)) else dict
            try:
                return kind(o)
            except Exception:
                pass
        if hasattr(o, "__iter__"):
            return tuple(o)
        return super().default(o)
