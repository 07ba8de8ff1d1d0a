"""SQL functions that SQLite lacks, registered on every connection.

Names, arguments and results are those of Django's SQLite backend, so that expressions written
for it (and generated columns and indexes stored in a database file) mean the same here.
Every function answers NULL to a NULL argument.
"""

from __future__ import annotations

import functools
import hashlib
import math
import random
import re
import sqlite3
import statistics
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from fastjango.orm.backends.sqlite3 import moments

__all__ = ["register"]

Value = Any


def _strict(func: Callable[..., Value]) -> Callable[..., Value]:
    """Answer None when any argument is None."""

    @functools.wraps(func)
    def inner(*args: Value) -> Value:
        return None if None in args else func(*args)

    return inner


@_strict
def _regexp(pattern: Value, text: Value) -> bool:
    # Numbers on either side count as their text: a decimal comes as a float.
    pattern = pattern if isinstance(pattern, str) else str(pattern)
    return re.search(pattern, text if isinstance(text, str) else str(text)) is not None


@_strict
def _lpad(text: str, length: int, fill: str) -> str:
    missing = length - len(text)
    return text[:length] if missing <= 0 else (fill * length)[:missing] + text


@_strict
def _rpad(text: str, length: int, fill: str) -> str:
    return (text + fill * length)[:length]


def _digest(name: str) -> Callable[[Value], str | None]:
    def compute(text: Value) -> str:
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return _strict(compute)


def _xor(x: Any, y: Any) -> Any:
    return x ^ y


def _and(x: Any, y: Any) -> Any:
    return x & y


def _or(x: Any, y: Any) -> Any:
    return x | y


def _cot(x: float) -> float:
    return 1 / math.tan(x)


def _reverse(text: str) -> str:
    return text[::-1]


def _repeat(text: str, count: int) -> str:
    return text * count


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _log(base: float, x: float) -> float:
    return math.log(x, base)


def _power(x: Any, y: Any) -> Any:
    return x**y


# Each entry is the SQL name, the number of arguments, and the function.
_DETERMINISTIC: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("django_date_extract", 2, moments.datetime_extract),
    ("django_date_trunc", 4, moments.date_trunc),
    ("django_datetime_cast_date", 3, moments.cast_date),
    ("django_datetime_cast_time", 3, moments.cast_time),
    ("django_datetime_extract", 4, moments.datetime_extract),
    ("django_datetime_trunc", 4, moments.datetime_trunc),
    ("django_time_extract", 2, moments.time_extract),
    ("django_time_trunc", 4, moments.time_trunc),
    ("django_time_diff", 2, _strict(moments.time_diff)),
    ("django_timestamp_diff", 2, _strict(moments.timestamp_diff)),
    ("django_format_dtdelta", 3, _strict(moments.format_dtdelta)),
    ("regexp", 2, _regexp),
    ("BITXOR", 2, _strict(_xor)),
    ("COT", 1, _strict(_cot)),
    ("LPAD", 3, _lpad),
    ("RPAD", 3, _rpad),
    ("REPEAT", 2, _strict(_repeat)),
    ("REVERSE", 1, _strict(_reverse)),
    ("SIGN", 1, _strict(_sign)),
    ("MD5", 1, _digest("md5")),
    ("SHA1", 1, _digest("sha1")),
    ("SHA224", 1, _digest("sha224")),
    ("SHA256", 1, _digest("sha256")),
    ("SHA384", 1, _digest("sha384")),
    ("SHA512", 1, _digest("sha512")),
)

# Part of SQLite when it was built with ENABLE_MATH_FUNCTIONS.
_MATH: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("ACOS", 1, _strict(math.acos)),
    ("ASIN", 1, _strict(math.asin)),
    ("ATAN", 1, _strict(math.atan)),
    ("ATAN2", 2, _strict(math.atan2)),
    ("CEILING", 1, _strict(math.ceil)),
    ("COS", 1, _strict(math.cos)),
    ("DEGREES", 1, _strict(math.degrees)),
    ("EXP", 1, _strict(math.exp)),
    ("FLOOR", 1, _strict(math.floor)),
    ("LN", 1, _strict(math.log)),
    ("LOG", 2, _strict(_log)),
    ("MOD", 2, _strict(math.fmod)),
    ("PI", 0, lambda: math.pi),
    ("POWER", 2, _strict(_power)),
    ("RADIANS", 1, _strict(math.radians)),
    ("SIN", 1, _strict(math.sin)),
    ("SQRT", 1, _strict(math.sqrt)),
    ("TAN", 1, _strict(math.tan)),
)


class _Aggregate:
    """Collects values and computes one from them at the end."""

    compute: Callable[[list[Any]], Any]

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Any) -> None:
        """Take one row's value."""
        self.values.append(value)

    def finalize(self) -> Any:
        """Answer."""
        return type(self).compute(self.values)


def _aggregate(compute: Callable[[list[Any]], Any]) -> type[_Aggregate]:
    return type("Aggregate", (_Aggregate,), {"compute": staticmethod(compute)})


def _without_nulls(compute: Callable[[list[Any]], Any], least: int) -> Callable[[list[Any]], Any]:
    def inner(values: list[Any]) -> Any:
        known = [value for value in values if value is not None]
        return compute(known) if len(known) >= least else None

    return inner


def _fold(function: Callable[[Any, Any], Any]) -> Callable[[list[Any]], Any]:
    def inner(values: Iterable[Any]) -> Any:
        return functools.reduce(function, values)

    return _without_nulls(inner, 1)


_AGGREGATES: dict[str, type[_Aggregate]] = {
    "STDDEV_POP": _aggregate(_without_nulls(statistics.pstdev, 1)),
    "STDDEV_SAMP": _aggregate(_without_nulls(statistics.stdev, 2)),
    "VAR_POP": _aggregate(_without_nulls(statistics.pvariance, 1)),
    "VAR_SAMP": _aggregate(_without_nulls(statistics.variance, 2)),
    "ANY_VALUE": _aggregate(lambda values: values[0] if values else None),
    "BIT_AND": _aggregate(_fold(_and)),
    "BIT_OR": _aggregate(_fold(_or)),
    "BIT_XOR": _aggregate(_fold(_xor)),
}


@functools.cache
def _has_math_functions() -> bool:
    probe = sqlite3.connect(":memory:")
    try:
        sql = "SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')"
        return bool(probe.execute(sql).fetchone()[0])
    finally:
        probe.close()


def register(connection: sqlite3.Connection) -> None:
    """Register every function on a connection."""
    for name, arguments, function in _DETERMINISTIC:
        connection.create_function(name, arguments, function, deterministic=True)
    if not _has_math_functions():
        for name, arguments, function in _MATH:
            connection.create_function(name, arguments, function, deterministic=True)
    # SQLite's own RANDOM() is a 64-bit integer, not a number in [0, 1).
    connection.create_function("RAND", 0, random.random)
    connection.create_function("UUIDV4", 0, lambda: uuid.uuid4().hex)
    if hasattr(uuid, "uuid7"):
        connection.create_function("UUIDV7", 0, lambda: uuid.uuid7().hex)  # type: ignore[attr-defined] # Python 3.14
    for name, aggregate in _AGGREGATES.items():
        connection.create_aggregate(name, 1, aggregate)
