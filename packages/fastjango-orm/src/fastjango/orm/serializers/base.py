"""What the formats share."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from io import StringIO
from typing import Any, ClassVar, Self

from fastjango.core.exceptions import ObjectDoesNotExist

__all__ = [
    "DEFER_FIELD",
    "DeserializationError",
    "DeserializedObject",
    "Deserializer",
    "M2MDeserializationError",
    "ProgressBar",
    "SerializationError",
    "Serializer",
    "SerializerDoesNotExist",
    "build_instance",
    "deserialize_fk_value",
    "deserialize_m2m_values",
]

#: Stands for a reference to an object that is not there yet.
DEFER_FIELD: Any = object()


class SerializerDoesNotExist(KeyError):
    """No serializer is known for the format."""


class SerializationError(Exception):
    """An object cannot be written."""


class DeserializationError(Exception):
    """Something cannot be read."""

    @classmethod
    def WithData(  # noqa: N802 - Django's name
        cls, original_exc: object, model: str, fk: Any, field_value: Any = None
    ) -> Self:
        """The error with the model, key and value it happened at."""
        return cls(f"{original_exc}: ({model}:pk={fk}) field_value was '{field_value}'")


class M2MDeserializationError(Exception):
    """A key of a many-to-many relation cannot be read.

    Attributes:
        original_exc: Why.
        pk: The key.
    """

    def __init__(self, original_exc: BaseException, pk: Any) -> None:
        self.original_exc = original_exc
        self.pk = pk


class ProgressBar:
    """Draws how far the work is, in 75 dots.

    Args:
        output: Stream to draw on, `None` for not at all.
        total_count: How much work there is.
    """

    progress_width = 75

    def __init__(self, output: Any, total_count: int) -> None:
        self.output = output
        self.total_count = total_count
        self.prev_done = 0

    def update(self, count: int) -> None:
        """Draw the state after `count` pieces of work."""
        if not self.output:
            return
        done = count * 100 // self.total_count * self.progress_width // 100
        if self.prev_done >= done:
            return
        self.prev_done = done
        start = "" if self.total_count == 1 else "\r"
        self.output.write(f"{start}[{'.' * done}{' ' * (self.progress_width - done)}]")
        if done == self.progress_width:
            self.output.write("\n")
        self.output.flush()


class Serializer:
    """Writes objects; a format says how.

    Attributes:
        internal_use_only: The format is no text.
    """

    internal_use_only: ClassVar[bool] = False
    progress_class: ClassVar[type[Any]] = ProgressBar
    stream_class: ClassVar[Callable[[], Any]] = StringIO

    def serialize(
        self,
        queryset: Iterable[Any],
        *,
        stream: Any = None,
        fields: Collection[str] | None = None,
        use_natural_foreign_keys: bool = False,
        use_natural_primary_keys: bool = False,
        progress_output: Any = None,
        object_count: int = 0,
        **options: Any,
    ) -> Any:
        """Write the objects.

        Args:
            stream: Where to; a text in memory by default.
            fields: Names of the only fields to write.
            use_natural_foreign_keys: Write natural keys of related objects.
            use_natural_primary_keys: Leave keys out where there is a natural one.
            progress_output: Where to draw progress.
            object_count: How many objects there are.
            options: Those of the format.
        """
        self.options = options
        self.stream = stream if stream is not None else type(self).stream_class()
        self.selected_fields = fields
        self.use_natural_foreign_keys = use_natural_foreign_keys
        self.use_natural_primary_keys = use_natural_primary_keys
        progress = self.progress_class(progress_output, object_count)
        self.start_serialization()
        self.first = True
        for count, obj in enumerate(queryset, start=1):
            self.start_object(obj)
            self._write_fields(obj)
            self.end_object(obj)
            progress.update(count)
            self.first = False
        self.end_serialization()
        return self.getvalue()

    def _write_fields(self, obj: Any) -> None:
        # A proxy has no fields of its own.
        opts = obj._meta.concrete_model._meta
        link = None
        if self.use_natural_primary_keys:
            # The link to the parent must be written, or the child could not be read.
            pk = opts.pk
            link = pk if pk.remote_field and pk.remote_field.parent_link else None
        chosen = self.selected_fields
        for field in opts.local_fields:
            if not field.serialize and field is not link:
                continue
            if field.remote_field is None:
                if chosen is None or field.attname in chosen:
                    self.handle_field(obj, field)
            elif chosen is None or field.attname[:-3] in chosen:
                self.handle_fk_field(obj, field)
        for field in opts.local_many_to_many:
            if field.serialize and (chosen is None or field.attname in chosen):
                self.handle_m2m_field(obj, field)

    def start_serialization(self) -> None:
        """Begin."""
        raise NotImplementedError(
            "subclasses of Serializer must provide a start_serialization() method"
        )

    def end_serialization(self) -> None:
        """Finish."""

    def start_object(self, obj: Any) -> None:
        """Begin an object."""
        raise NotImplementedError("subclasses of Serializer must provide a start_object() method")

    def end_object(self, obj: Any) -> None:
        """Finish an object."""

    def handle_field(self, obj: Any, field: Any) -> None:
        """Write a plain field."""
        raise NotImplementedError("subclasses of Serializer must provide a handle_field() method")

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        """Write a foreign key."""
        raise NotImplementedError(
            "subclasses of Serializer must provide a handle_fk_field() method"
        )

    def handle_m2m_field(self, obj: Any, field: Any) -> None:
        """Write a many-to-many relation."""
        raise NotImplementedError(
            "subclasses of Serializer must provide a handle_m2m_field() method"
        )

    def getvalue(self) -> Any:
        """The text written, `None` if the stream cannot tell."""
        getvalue = getattr(self.stream, "getvalue", None)
        return getvalue() if callable(getvalue) else None

    # Natural keys

    def _resolve_natural_key(self, obj: Any) -> Any:
        natural_key = getattr(obj, "natural_key", None)
        return natural_key() if natural_key is not None else None

    def _resolve_fk_natural_key(self, obj: Any, field: Any) -> Any:
        if not hasattr(field.remote_field.model, "natural_key"):
            return None
        related = getattr(obj, field.name, None)
        return None if related is None else self._resolve_natural_key(related)

    def _related_objects(self, obj: Any, field: Any) -> Iterable[Any]:
        """Objects of a many-to-many relation, in a fixed order."""
        prefetched = getattr(obj, "_prefetched_objects_cache", {}).get(field.name)
        if prefetched is not None:
            return prefetched
        rows = getattr(obj, field.name).all()
        natural = self.use_natural_foreign_keys and hasattr(field.remote_field.model, "natural_key")
        if not natural:
            rows = rows.select_related(None).only("pk")
        if not rows.totally_ordered:
            order = rows.query.order_by or rows.model._meta.ordering or []
            rows = rows.order_by(*order, "pk")
        return rows.iterator(chunk_size=2000)


class Deserializer:
    """Reads objects: an iterator of `DeserializedObject`.

    Args:
        stream_or_string: Text, or a stream of it.
    """

    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        self.options = options
        text = isinstance(stream_or_string, str)
        self.stream = StringIO(stream_or_string) if text else stream_or_string

    def __iter__(self) -> Iterator[DeserializedObject]:
        return self

    def __next__(self) -> DeserializedObject:
        """The next object."""
        raise NotImplementedError("subclasses of Deserializer must provide a __next__() method")


class DeserializedObject:
    """An object that was read and is not saved yet.

    Attributes:
        object: The instance.
        m2m_data: Keys of many-to-many relations, by name.
        deferred_fields: References that could not be resolved yet, by field.
    """

    def __init__(self, obj: Any, m2m_data: Any = None, deferred_fields: Any = None) -> None:
        self.object = obj
        self.m2m_data = m2m_data
        self.deferred_fields = deferred_fields

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.object._meta.label}(pk={self.object.pk})>"

    def save(self, save_m2m: bool = True, using: str | None = None, **kwargs: Any) -> None:
        """Save as it is: without the model's own `save`, telling signals `raw=True`."""
        from fastjango.orm.base import Model

        Model.save_base(self.object, using=using, raw=True, **kwargs)
        if self.m2m_data and save_m2m:
            for name, objects in self.m2m_data.items():
                getattr(self.object, name).set_base(objects, raw=True)
        # A second call must not write the relations again.
        self.m2m_data = None

    def save_deferred_fields(self, using: str | None = None) -> None:
        """Resolve the references that had to wait, and save."""
        self.m2m_data = {}
        label = self.object._meta.label_lower
        for field, value in self.deferred_fields.items():
            if field.many_to_many:
                try:
                    self.m2m_data[field.name] = deserialize_m2m_values(field, value, using, False)
                except M2MDeserializationError as error:
                    raise DeserializationError.WithData(
                        error.original_exc, label, self.object.pk, error.pk
                    ) from error
            else:
                try:
                    key = deserialize_fk_value(field, value, using, False)
                except Exception as error:
                    raise DeserializationError.WithData(
                        error, label, self.object.pk, value
                    ) from error
                setattr(self.object, field.attname, key)
        self.save(using=using)


def build_instance(model: Any, data: dict[str, Any], db: str | None) -> Any:
    """An instance of the values; one with a natural key gets the key of its row, if there is one.

    Side effects: a query, for objects with natural keys and without primary key.
    """
    opts = model._meta
    manager = opts.default_manager
    key = opts.pk.attname
    if (
        data.get(key) is None
        and hasattr(manager, "get_by_natural_key")
        and hasattr(model, "natural_key")
    ):
        obj = model(**data)
        obj._state.db = db
        try:
            found = manager.db_manager(db).get_by_natural_key(*obj.natural_key())
        except model.DoesNotExist:
            pass
        else:
            data[key] = opts.pk.to_python(found.pk)
    return model(**data)


def _is_natural(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str)


def deserialize_m2m_values(
    field: Any, field_value: Any, using: str | None, handle_forward_references: bool
) -> Any:
    """Keys of a many-to-many relation, `DEFER_FIELD` if an object is not there yet.

    Raises:
        M2MDeserializationError: A key means nothing.
    """
    model = field.remote_field.model
    natural = hasattr(model._default_manager, "get_by_natural_key")
    try:
        keys = iter(field_value)
    except TypeError as error:
        raise M2MDeserializationError(error, field_value) from error
    values: list[Any] = []
    for key in keys:
        try:
            if natural and _is_natural(key):
                values.append(model._default_manager.db_manager(using).get_by_natural_key(*key).pk)
            else:
                values.append(model._meta.pk.to_python(key))
        except Exception as error:
            if isinstance(error, ObjectDoesNotExist) and handle_forward_references:
                return DEFER_FIELD
            raise M2MDeserializationError(error, key) from error
    return values


def deserialize_fk_value(
    field: Any, field_value: Any, using: str | None, handle_forward_references: bool
) -> Any:
    """Key of a related object, `DEFER_FIELD` if it is not there yet."""
    if field_value is None:
        return None
    model = field.remote_field.model
    manager = model._default_manager
    name = field.remote_field.field_name
    if hasattr(manager, "get_by_natural_key") and _is_natural(field_value):
        try:
            obj = manager.db_manager(using).get_by_natural_key(*field_value)
        except ObjectDoesNotExist:
            if handle_forward_references:
                return DEFER_FIELD
            raise
        value = getattr(obj, name)
        # The natural key may belong to an object whose key is a reference itself.
        return value.pk if model._meta.pk.remote_field else value
    return model._meta.get_field(name).to_python(field_value)
