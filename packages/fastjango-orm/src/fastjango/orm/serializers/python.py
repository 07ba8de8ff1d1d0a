"""Rows as dictionaries, on which the text formats rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastjango.core import apps
from fastjango.orm.fields.composite import CompositePrimaryKey
from fastjango.values.encoding import is_protected_type

from . import base

__all__ = ["Deserializer", "ParsedDeserializer", "Serializer"]


class Serializer(base.Serializer):
    """Writes `{"model": "app.model", "pk": ..., "fields": {...}}`."""

    internal_use_only = True

    def start_serialization(self) -> None:
        """Begin with no objects."""
        self._current: Any = None
        self.objects: list[Any] = []

    def start_object(self, obj: Any) -> None:
        """Begin with no fields."""
        self._current = {}

    def end_object(self, obj: Any) -> None:
        """Keep the object."""
        self.objects.append(self.get_dump_object(obj))
        self._current = None

    def get_dump_object(self, obj: Any) -> dict[str, Any]:
        """The object with what was written of it."""
        data: dict[str, Any] = {"model": str(obj._meta)}
        if not self.use_natural_primary_keys or not self._resolve_natural_key(obj):
            data["pk"] = self._value_from_field(obj, obj._meta.pk)
        data["fields"] = self._current
        return data

    def _value_from_field(self, obj: Any, field: Any) -> Any:
        if isinstance(field, CompositePrimaryKey):
            return [self._value_from_field(obj, part) for part in field]
        value = field.value_from_object(obj)
        # What every format can write stays as it is.
        return value if is_protected_type(value) else field.value_to_string(obj)

    def handle_field(self, obj: Any, field: Any) -> None:
        """Keep the value."""
        self._current[field.name] = self._value_from_field(obj, field)

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        """Keep the key, or the natural key."""
        natural = self.use_natural_foreign_keys and self._resolve_fk_natural_key(obj, field)
        self._current[field.name] = natural or self._value_from_field(obj, field)

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        """Keep the keys, or the natural keys."""
        if not field.remote_field.through._meta.auto_created:
            return

        def key(related: Any) -> Any:
            natural = self.use_natural_foreign_keys and self._resolve_natural_key(related)
            return natural or self._value_from_field(related, related._meta.pk)

        self._current[field.name] = [key(one) for one in self._related_objects(obj, field)]

    def getvalue(self) -> Any:
        """The dictionaries."""
        return self.objects


class Deserializer(base.Deserializer):
    """Reads dictionaries.

    Args:
        using: Database in which natural keys are looked up.
        ignorenonexistent: Pass over models and fields that are gone.
    """

    def __init__(
        self,
        object_list: Any,
        *,
        using: str = "default",
        ignorenonexistent: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(object_list, **options)
        self.handle_forward_references = options.pop("handle_forward_references", False)
        self.using = using
        self.ignorenonexistent = ignorenonexistent
        self._names: dict[Any, set[str]] = {}
        self._iterator: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        for obj in self.stream:
            yield from self._handle_object(obj)

    def __next__(self) -> Any:
        """The next object."""
        if self._iterator is None:
            self._iterator = iter(self)
        return next(self._iterator)

    def _handle_object(self, obj: Any) -> Iterator[Any]:
        try:
            model = self._get_model_from_node(obj["model"])
        except base.DeserializationError:
            if self.ignorenonexistent:
                return
            raise
        opts = model._meta
        label, pk = obj["model"], obj.get("pk")
        data: dict[str, Any] = {}
        m2m: dict[str, Any] = {}
        deferred: dict[Any, Any] = {}
        if "pk" in obj:
            try:
                data[opts.pk.attname] = opts.pk.to_python(pk)
            except Exception as error:
                raise base.DeserializationError.WithData(error, label, pk, None) from error
        if model not in self._names:
            self._names[model] = {field.name for field in opts.get_fields()}
        for name, value in obj["fields"].items():
            if self.ignorenonexistent and name not in self._names[model]:
                continue
            field = opts.get_field(name)
            try:
                self._read(field, value, data, m2m, deferred)
            except base.M2MDeserializationError as error:
                raise base.DeserializationError.WithData(
                    error.original_exc, label, pk, error.pk
                ) from error
            except Exception as error:
                raise base.DeserializationError.WithData(error, label, pk, value) from error
        instance = base.build_instance(model, data, self.using)
        yield base.DeserializedObject(instance, m2m, deferred)

    def _read(
        self,
        field: Any,
        value: Any,
        data: dict[str, Any],
        m2m: dict[str, Any],
        deferred: dict[Any, Any],
    ) -> None:
        forward = self.handle_forward_references
        if field.is_relation and field.many_to_many:
            keys = base.deserialize_m2m_values(field, value, self.using, forward)
            if keys is base.DEFER_FIELD:
                deferred[field] = value
            else:
                m2m[field.name] = keys
        elif field.is_relation and hasattr(field.remote_field, "field_name"):
            key = base.deserialize_fk_value(field, value, self.using, forward)
            if key is base.DEFER_FIELD:
                deferred[field] = value
            else:
                data[field.attname] = key
        else:
            data[field.name] = field.to_python(value)

    @staticmethod
    def _get_model_from_node(model_identifier: str) -> Any:
        try:
            return apps.get_model(model_identifier)
        except (LookupError, TypeError):
            raise base.DeserializationError(
                f"Invalid model identifier: {model_identifier}"
            ) from None


class ParsedDeserializer(Deserializer):
    """Reads what a parser made of a text, where anything may be wrong."""

    def _handle_object(self, obj: Any) -> Iterator[Any]:
        try:
            yield from super()._handle_object(obj)
        except (GeneratorExit, base.DeserializationError):
            raise
        except Exception as error:
            raise base.DeserializationError(f"Error deserializing object: {error}") from error
