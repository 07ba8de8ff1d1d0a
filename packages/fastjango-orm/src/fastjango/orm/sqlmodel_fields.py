"""SQLModel's way of writing fields, turned into model fields."""

from __future__ import annotations

import datetime
import decimal
import types
import typing
import uuid
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

__all__ = ["adopt_sqlmodel_fields", "field_from_annotation"]


def adopt_sqlmodel_fields(attrs: dict[str, Any]) -> None:
    """Replace `name: type = Field(...)` in a class body by fields.

    Bare annotations (`author_id: int`) tell type checkers something and stay as they are.

    Raises:
        TypeError: The type has no field, or the options mean nothing here.
    """
    infos = {name: value for name, value in attrs.items() if isinstance(value, FieldInfo)}
    if not infos:
        return
    annotations = attrs.get("__annotations__", {})
    for name, info in infos.items():
        if name not in annotations:
            raise TypeError(f"{name!r} is a pydantic field without an annotation.")
        annotation = annotations[name]
        if isinstance(annotation, str):
            annotation = _evaluate(annotation, attrs)
        attrs[name] = field_from_annotation(name, annotation, info)


def _evaluate(annotation: str, attrs: dict[str, Any]) -> Any:
    import sys

    module = sys.modules.get(attrs.get("__module__", ""))
    names = {**vars(typing), **(vars(module) if module is not None else {})}
    return eval(annotation, names)


def field_from_annotation(name: str, annotation: Any, info: FieldInfo) -> Any:
    """The field for a type and SQLModel's options of it.

    Raises:
        TypeError: There is no field for the type, or an option has no counterpart.
    """
    from . import fields as f

    null = False
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [arg for arg in get_args(annotation) if arg is not type(None)]
        null = len(inner) < len(get_args(annotation))
        if len(inner) != 1:
            raise TypeError(f"{name!r} may be of several types; a column has one.")
        annotation = inner[0]
    options = _options(name, info, null)
    primary = options.get("primary_key", False)
    table: list[tuple[type, Any]] = [
        (bool, f.BooleanField),
        (int, f.BigAutoField if primary else f.IntegerField),
        (float, f.FloatField),
        (decimal.Decimal, f.DecimalField),
        (datetime.datetime, f.DateTimeField),
        (datetime.date, f.DateField),
        (datetime.time, f.TimeField),
        (datetime.timedelta, f.DurationField),
        (uuid.UUID, f.UUIDField),
        (bytes, f.BinaryField),
        (str, f.CharField if options.get("max_length") else f.TextField),
        (dict, f.JSONField),
        (list, f.JSONField),
    ]
    kind = get_origin(annotation) or annotation
    for python, field_class in table:
        if isinstance(kind, type) and issubclass(kind, python):
            if primary:
                options.pop("null", None)
            return field_class(**options)
    raise TypeError(
        f"{name!r}: there is no field for {annotation!r}. Declare one, such as "
        "models.CharField(...)."
    )


def _options(name: str, info: FieldInfo, null: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"null": True, "blank": True} if null else {}
    if info.default_factory is not None:
        options["default"] = info.default_factory
    elif info.default is not PydanticUndefined and not (null and info.default is None):
        options["default"] = info.default
    for entry in info.metadata:
        for source, target in (
            ("primary_key", "primary_key"),
            ("index", "db_index"),
            ("unique", "unique"),
            ("max_length", "max_length"),
            ("max_digits", "max_digits"),
            ("decimal_places", "decimal_places"),
        ):
            value = getattr(entry, source, None)
            if isinstance(value, (bool, int)) and value:
                options[target] = value
        foreign = getattr(entry, "foreign_key", None)
        if isinstance(foreign, str):
            raise TypeError(
                f"{name!r}: foreign_key={foreign!r} names a column. Declare "
                "models.ForeignKey(...), which names a model."
            )
    if info.title:
        options["verbose_name"] = info.title
    if info.description:
        options["help_text"] = info.description
    return options
