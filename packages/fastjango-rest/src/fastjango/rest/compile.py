"""Rows to JSON bytes in one pass, by code generated for the shape of a serializer.

For each shape one loop is written out. It reads columns straight off the instances, follows loaded
relations, and builds what pydantic's encoder writes; a value of an unusual type goes through its
field. Whatever overrides how a serializer or field shows itself is called instead of compiled.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models and values are dynamic; querysets and serializers are siblings.

from __future__ import annotations

import json
from typing import Any

from fastjango.orm.manager import BaseManager
from fastjango.rest._known_shapes import known_shape
from fastjango.rest._shapes import Shape
from fastjango.rest._steps import arun_steps, run_steps
from fastjango.rest._tables import tables_of
from fastjango.rest._writers import writer_of
from fastjango.rest.encoders import JSONEncoder
from fastjango.rest.planning import plan_queryset
from fastjango.rest.serializers.base import BaseSerializer
from fastjango.rest.serializers.lists import ListSerializer
from fastjango.rest.serializers.plain import Serializer
from fastjango.rest.settings import api_settings

__all__ = ["ato_json", "encoded", "plan_queryset", "to_json"]

# Line separators are white space in JSON, but end a line of JavaScript.
_SEPARATORS = (("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def encoded(data: Any) -> bytes:
    """Return primitive data as JSON, as `UNICODE_JSON`, `COMPACT_JSON`, `STRICT_JSON` say.

    Raises:
        ValueError: A float is infinite or NaN, with `STRICT_JSON`.
    """
    separators = (",", ":") if api_settings.COMPACT_JSON else (", ", ": ")
    text = json.dumps(
        data,
        cls=JSONEncoder,
        ensure_ascii=not api_settings.UNICODE_JSON,
        allow_nan=not api_settings.STRICT_JSON,
        separators=separators,
    )
    return _escaped(text)


def _escaped(text: str) -> bytes:
    for separator, escape in _SEPARATORS:
        if separator in text:
            text = text.replace(separator, escape)
    return text.encode()


def _is_standard() -> bool:
    """Whether the settings ask for the JSON that is written row by row."""
    return bool(
        api_settings.UNICODE_JSON and api_settings.COMPACT_JSON and api_settings.STRICT_JSON
    )


class _Plan:
    """What compiling a serializer came to."""

    def __init__(self, serializer: Any, shape: Shape, slots: list[Any]) -> None:
        self.child = serializer.child if isinstance(serializer, ListSerializer) else serializer
        self.is_list = self.child is not serializer
        self.model = self.child.Meta.model
        self.shape = shape
        self.slots = slots

    def written(self, rows: Any) -> bytes | None:
        """Return the rows as JSON; `None` if some are not instances of the model."""
        model = self.model
        for cls in {row.__class__ for row in rows}:
            if not issubclass(cls, model):
                return None
        return self.encoded(writer_of(self.shape)(rows, self.slots))

    def encoded(self, texts: list[str]) -> bytes:
        """Return the texts of objects as JSON."""
        return _escaped(f"[{','.join(texts)}]" if self.is_list else texts[0])


def _plan(serializer: Any) -> _Plan | None:
    """Compile a serializer; `None` if it has to be run as it is."""
    if (
        not isinstance(serializer, BaseSerializer)
        or serializer.instance is None
        or hasattr(serializer, "_data")
        or getattr(serializer, "_errors", None)
        or (hasattr(serializer, "initial_data") and not hasattr(serializer, "_validated_data"))
        or not _is_standard()
    ):
        return None
    child = serializer
    if isinstance(serializer, ListSerializer):
        cls = type(serializer)
        if cls.to_representation is not ListSerializer.to_representation or (
            cls.ato_representation is not ListSerializer.ato_representation
            or not _has_usual_data(cls, ListSerializer)
        ):
            return None
        child = serializer.child
    elif not _has_usual_data(type(serializer), Serializer):
        return None
    known = known_shape(child)
    return None if known is None else _Plan(serializer, *known)


def _has_usual_data(cls: Any, base: Any) -> bool:
    return cls.data is base.data and cls.adata is base.adata


def to_json(serializer: Any) -> bytes | None:
    """Return a serializer's data as JSON, in one pass.

    Args:
        serializer: A model serializer, or a list of one, with its instance or queryset. A queryset
            that was not read is planned first (`plan_queryset`).

    Returns:
        The JSON; `None` if the serializer does something that cannot be compiled. Then nothing was
        read, or what was read stays in the queryset.
    """
    plan = _plan(serializer)
    if plan is None:
        return None
    instance = serializer.instance
    if not plan.is_list:
        return plan.written([instance])
    rows = instance.all() if isinstance(instance, BaseManager) else instance
    if hasattr(rows, "_result_cache"):
        tables = tables_of(rows, plan.model, plan.shape)
        if tables is not None:
            return plan.encoded(run_steps(tables.build_steps(rows, plan.slots)))
        rows = serializer.instance = plan_queryset(rows, serializer)
    return plan.written(list(rows)) if hasattr(rows, "__iter__") else None


async def ato_json(serializer: Any) -> bytes | None:
    """`to_json` for asynchronous code; relations that are not loaded are loaded first."""
    plan = _plan(serializer)
    if plan is None:
        return None
    instance = serializer.instance
    if not plan.is_list:
        await serializer.aload_relations(instance)
        return plan.written([instance])
    rows = instance.all() if isinstance(instance, BaseManager) else instance
    if hasattr(rows, "_result_cache"):
        tables = tables_of(rows, plan.model, plan.shape)
        if tables is not None:
            return plan.encoded(await arun_steps(tables.build_steps(rows, plan.slots)))
        rows = serializer.instance = plan_queryset(rows, serializer)
        return plan.written([row async for row in rows])
    if not isinstance(rows, (list, tuple)):
        return None
    await serializer.aload_relations(rows)
    return plan.written(rows)
