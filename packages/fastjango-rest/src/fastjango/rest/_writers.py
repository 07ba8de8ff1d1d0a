"""The code that is generated for a shape: a loop that writes each object as JSON text.

Texts are what `json.dumps` writes for the data of the serializer, byte for byte. No dictionary is
made on the way, so that a long list leaves nothing to the garbage collector.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values are dynamic.

from __future__ import annotations

import datetime
import functools
import json
import uuid
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

from fastjango.rest._shapes import SKIPPED, Shape, one_of, rows_of
from fastjango.rest.encoders import JSONEncoder

__all__ = ["Writer", "compiled", "text_of", "writer_of"]

# What a value must be to be written by itself, and how; {v} is the value.
_TESTS = {
    "bool": ("{v} is True or {v} is False", "(true if {v} else false)"),
    "date": ("{v}.__class__ is date", "f'\"{{{v}.isoformat()}}\"'"),
    "float": ("{v}.__class__ is float and {v} - {v} == 0.0", "{v}.__repr__()"),
    "int": ("{v}.__class__ is int", "{v}"),
    "str": ("{v}.__class__ is str", "quote({v})"),
    "time": (
        "{v}.__class__ is time and {v}.tzinfo is None",
        "f'\"{{{v}.isoformat()}}\"'",
    ),
    "utc": (
        "{v}.__class__ is datetime and {v}.tzinfo is utc",
        "f'\"{{{v}.isoformat()[:-6]}}Z\"'",
    ),
    "uuid": ("{v}.__class__ is UUID", "f'\"{{{v}}}\"'"),
    "other": ("{v} is None", "null"),
}


def text_of(value: Any) -> str:
    """Return a value as JSON; raises `ValueError` for floats that are infinite or NaN."""
    return json.dumps(
        value, cls=JSONEncoder, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def _literal(text: str) -> str:
    """Return a text as it stands within `f'...'`."""
    # The quote makes `repr()` choose single ones around it.
    return repr(text + '"')[1:-2].replace("{", "{{").replace("}", "}}")


class Writer:
    """Writes the loop for a shape.

    Every expression it returns is a text, or an integer that becomes one within an f-string.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0
        self.slot = 0
        # Dictionaries that the function begins with.
        self.memos: list[str] = []

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def take_slot(self) -> str:
        self.slot += 1
        return f"f{self.slot - 1}"

    def read(self, obj: str, attribute: str) -> str:
        """Return the expression of an attribute."""
        return f"{obj}.{attribute}"

    def value(self, depth: int, text: str, test: str) -> str:
        """Write the lines that make a column's value a text; return its name."""
        v = self.name("v")
        self.line(depth, f"{v} = {text}")
        show = f"text({self.take_slot()}({v}))"
        if test == "key":
            self.line(depth, f"if {v}.__class__ is str: {v} = quote({v})")
            self.line(depth, f"elif {v}.__class__ is not int: {v} = {show}")
            return v
        condition, written = (each.format(v=v) for each in _TESTS[test])
        if test == "int":
            self.line(depth, f"if {v}.__class__ is not int: {v} = {show}")
        else:
            self.line(depth, f"{v} = {written} if {condition} else {show}")
        return v

    def level(self, depth: int, obj: str, parts: Shape, target: str) -> None:
        """Write the lines that make the text of one object."""
        # One that may be left out brings its own comma along.
        skips = any(kind == "call" for kind, *_ in parts)
        pieces: list[str] = []
        for kind, name, *rest in parts:
            key = _literal(json.dumps(name, ensure_ascii=False) + ":")
            if kind == "call":
                v = self.name("x")
                self.line(depth, f"{v} = {self.take_slot()}({obj})")
                self.line(depth, f"{v} = '' if {v} is SKIPPED else f'{key}{{text({v})}},'")
                pieces.append(f"{{{v}}}")
                continue
            if kind == "column":
                v = self.value(depth, self.read(obj, rest[0]), rest[1])
            else:
                v = self.name("x")
                getattr(self, f"_{kind}")(depth, obj, v, *rest)
            pieces.append(f"{key}{{{v}}}{',' if skips else ''}")
        if skips:
            self.line(depth, f"{target} = '{{' + f'{''.join(pieces)}'[:-1] + '}}'")
        else:
            self.line(depth, f"{target} = f'{{{{{','.join(pieces)}}}}}'")

    def _object(self, depth: int, obj: str, attribute: str) -> str:
        """Write the lines that fetch a single related object."""
        cache, found = self.name("c"), self.name("o")
        self.line(depth, f"{cache} = {obj}._state.fields_cache")
        self.line(
            depth,
            f"{found} = {cache}[{attribute!r}] if {attribute!r} in {cache} "
            f"else one_of({obj}, {attribute!r})",
        )
        self.line(depth, f"if {found} is not None:")
        return found

    def _one(self, depth: int, obj: str, v: str, attribute: str, parts: Shape) -> None:
        self.line(depth, f"{v} = null")
        found = self._object(depth, obj, attribute)
        self._related(depth + 1, found, parts, v)

    def _related(self, depth: int, obj: str, parts: Shape, target: str) -> None:
        """Write the text of one related object."""
        self.level(depth, obj, parts, target)

    def _value(self, depth: int, obj: str, v: str, attribute: str, name: str) -> None:
        self.line(depth, f"{v} = null")
        found = self._object(depth, obj, attribute)
        self.line(depth + 1, f"{v} = {self.value(depth + 1, self.read(found, name), 'key')}")

    def _each(self, depth: int, obj: str, attribute: str, cache_name: str) -> str:
        """Write the head of the loop over several related objects; return the name of one."""
        each = self.name("o")
        self.line(depth, f"for {each} in rows_of({obj}, {attribute!r}, {cache_name!r}):")
        return each

    def _many(
        self, depth: int, obj: str, v: str, attribute: str, parts: Shape, cache_name: str
    ) -> None:
        found, item = self.name("l"), self.name("d")
        self.line(depth, f"{found} = []")
        each = self._each(depth, obj, attribute, cache_name)
        self._related(depth + 1, each, parts, item)
        self.line(depth + 1, f"{found}.append({item})")
        self.line(depth, f"{v} = f'[{{comma({found})}}]'")

    def _keys(
        self, depth: int, obj: str, v: str, attribute: str, name: str, cache_name: str
    ) -> None:
        found = self.name("l")
        self.line(depth, f"{found} = []")
        each = self._each(depth, obj, attribute, cache_name)
        item = self.value(depth + 1, self.read(each, name), "key")
        self.line(depth + 1, f"{found}.append(f'{{{item}}}')")
        self.line(depth, f"{v} = f'[{{comma({found})}}]'")


def compiled(writer: Writer, parameters: str) -> Callable[..., list[str]]:
    """Return the function that a writer's lines make: from rows to the text of each.

    Args:
        writer: The writer, after it has written a level two deep, from `row` to `made`.
        parameters: The function's parameters; the last are the shape's slots.
    """
    slots = "".join(f"f{index}, " for index in range(writer.slot))
    lines = [f"def build({parameters}):", "    out = []"]
    lines += [f"    {memo} = {{}}" for memo in writer.memos]
    if slots:
        lines.append(f"    {slots}= slots")
    lines += ["    for row in rows:", *writer.lines, "        out.append(made)", "    return out"]
    names: dict[str, Any] = {
        "SKIPPED": SKIPPED,
        "UUID": uuid.UUID,
        "comma": ",".join,
        "date": datetime.date,
        "datetime": datetime.datetime,
        "false": "false",
        "null": "null",
        "one_of": one_of,
        "quote": encode_basestring,
        "rows_of": rows_of,
        "text": text_of,
        "time": datetime.time,
        "true": "true",
        "utc": datetime.UTC,
    }
    exec(compile("\n".join(lines), "<serializer>", "exec"), names)  # our own text
    build: Callable[..., list[str]] = names["build"]
    return build


@functools.lru_cache(maxsize=512)
def writer_of(shape: Shape) -> Callable[[Any, Any], list[str]]:
    """Return the function that makes texts of instances, and of the shape's slots."""
    writer = Writer()
    writer.level(2, "row", shape, "made")
    return compiled(writer, "rows, slots")
