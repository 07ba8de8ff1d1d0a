"""Rows as text and back: JSON, JSON lines, XML and YAML."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastjango.core import apps, settings

from .base import (
    DeserializationError,
    DeserializedObject,
    Deserializer,
    M2MDeserializationError,
    SerializationError,
    Serializer,
    SerializerDoesNotExist,
)

__all__ = [
    "BUILTIN_SERIALIZERS",
    "DeserializationError",
    "DeserializedObject",
    "Deserializer",
    "M2MDeserializationError",
    "SerializationError",
    "Serializer",
    "SerializerDoesNotExist",
    "deserialize",
    "get_deserializer",
    "get_public_serializer_formats",
    "get_serializer",
    "get_serializer_formats",
    "register_serializer",
    "serialize",
    "sort_dependencies",
    "unregister_serializer",
]

#: Module of each format; `SERIALIZATION_MODULES` adds others.
BUILTIN_SERIALIZERS = {
    "xml": "fastjango.orm.serializers.xml_serializer",
    "python": "fastjango.orm.serializers.python",
    "json": "fastjango.orm.serializers.json",
    "yaml": "fastjango.orm.serializers.pyyaml",
    "jsonl": "fastjango.orm.serializers.jsonl",
}

_serializers: dict[str, Any] = {}


class BadSerializer:
    """Stands for a format whose module cannot be imported; using it raises the reason."""

    internal_use_only = False

    def __init__(self, exception: BaseException) -> None:
        self.exception = exception

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise why the module cannot be imported."""
        raise self.exception


class _BadModule:
    def __init__(self, exception: BaseException) -> None:
        self.Serializer = self.Deserializer = BadSerializer(exception)


def register_serializer(
    format: str, serializer_module: str, serializers: dict[str, Any] | None = None
) -> None:
    """Make a format known.

    Args:
        serializer_module: Path of a module with `Serializer` and `Deserializer`.
        serializers: Where to register; everywhere by default.
    """
    if serializers is None and not _serializers:
        _load_serializers()
    try:
        module: Any = import_module(serializer_module)
    except ImportError as error:
        module = _BadModule(error)
    (_serializers if serializers is None else serializers)[format] = module


def unregister_serializer(format: str) -> None:
    """Forget a format.

    Raises:
        SerializerDoesNotExist: It is not known.
    """
    _find(format)
    del _serializers[format]


def _find(format: str) -> Any:
    if not _serializers:
        _load_serializers()
    if format not in _serializers:
        raise SerializerDoesNotExist(format)
    return _serializers[format]


def get_serializer(format: str) -> Any:
    """Class that writes a format."""
    return _find(format).Serializer


def get_deserializer(format: str) -> Any:
    """Class that reads a format."""
    return _find(format).Deserializer


def get_serializer_formats() -> list[str]:
    """Names of all formats."""
    if not _serializers:
        _load_serializers()
    return list(_serializers)


def get_public_serializer_formats() -> list[str]:
    """Names of the formats that are text."""
    formats = get_serializer_formats()
    return [name for name in formats if not _serializers[name].Serializer.internal_use_only]


def serialize(format: str, queryset: Any, **options: Any) -> Any:
    """Write objects in a format.

    Args:
        queryset: Objects, of one model or several.
        options: `stream`, `fields`, `use_natural_foreign_keys`, `use_natural_primary_keys`, and
            those of the format, such as `indent`.

    Returns:
        The text, or `None` if the stream cannot tell it.
    """
    serializer = get_serializer(format)()
    serializer.serialize(queryset, **options)
    return serializer.getvalue()


def deserialize(format: str, stream_or_string: Any, **options: Any) -> Any:
    """Read objects, which are not saved yet, from a format.

    Args:
        options: `using`, `ignorenonexistent`, `handle_forward_references`.

    Returns:
        An iterator of `DeserializedObject`.
    """
    return get_deserializer(format)(stream_or_string, **options)


def _load_serializers() -> None:
    found: dict[str, Any] = {}
    for format, module in BUILTIN_SERIALIZERS.items():
        register_serializer(format, module, found)
    for format, module in settings.SERIALIZATION_MODULES.items():
        register_serializer(format, module, found)
    _serializers.update(found)


def sort_dependencies(app_list: Any, allow_cycles: bool = False) -> list[Any]:
    """Models in an order in which natural keys refer backwards only.

    Args:
        app_list: Pairs of app configuration and models (or `None` for all of the app).
        allow_cycles: Append models that depend on each other, instead of refusing them.

    Raises:
        RuntimeError: Models depend on each other.
    """
    waiting: list[tuple[Any, list[Any]]] = []
    models: set[Any] = set()
    for config, chosen in app_list:
        for model in config.get_models() if chosen is None else chosen:
            models.add(model)
            waiting.append((model, _dependencies(model)))
    waiting.reverse()
    order: list[Any] = []
    while waiting:
        skipped: list[tuple[Any, list[Any]]] = []
        progress = False
        while waiting:
            model, needed = waiting.pop()
            if all(other not in models or other in order for other in needed):
                order.append(model)
                progress = True
            else:
                skipped.append((model, needed))
        if not progress:
            if not allow_cycles:
                names = ", ".join(
                    model._meta.label
                    for model, _ in sorted(skipped, key=lambda entry: entry[0].__name__)
                )
                raise RuntimeError(
                    f"Can't resolve dependencies for {names} in serialized app list."
                )
            # The last one breaks the cycle.
            order.append(skipped.pop()[0])
        waiting = skipped
    return order


def _dependencies(model: Any) -> list[Any]:
    needed: list[Any] = []
    if hasattr(model, "natural_key"):
        declared = getattr(model.natural_key, "dependencies", [])
        needed = [apps.get_model(name) for name in declared]
    for field in model._meta.fields:
        if field.remote_field:
            related = field.remote_field.model
            if hasattr(related, "natural_key") and related != model:
                needed.append(related)
    for field in model._meta.many_to_many:
        if field.remote_field.through._meta.auto_created:
            related = field.remote_field.model
            if hasattr(related, "natural_key") and related != model:
                needed.append(related)
    return needed
