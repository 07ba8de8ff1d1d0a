"""Attributes of model classes that stand for columns."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import SynchronousOnlyOperation

if TYPE_CHECKING:
    from .base import Field

__all__ = ["CompositeAttribute", "DeferredAttribute", "ForeignKeyDeferredAttribute"]


class DeferredAttribute:
    """Loads a column's value when an instance was fetched without it.

    It has no `__set__`: a loaded value lives in the instance's dictionary, where reading it costs
    nothing extra. On the class it answers SQLAlchemy's questions too (`select(Article.title)`,
    `Article.title == "x"`): everything it does not know itself is asked of the mapped attribute,
    which is made at that moment.
    """

    def __init__(self, field: Field[Any, Any]) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        data = instance.__dict__
        name = self.field.attname
        if name not in data:
            self._load(instance, name)
            if name not in data:
                # Peers were fetched, but this instance's row is gone.
                raise instance._meta.model.DoesNotExist(
                    f"{instance._meta.object_name} matching query does not exist."
                )
        return data[name]

    def _load(self, instance: Any, name: str) -> None:
        """Put the value into the instance's dictionary."""
        if "_sa_instance_state" in instance.__dict__:
            from fastjango.orm.interop import load_by_session

            if load_by_session(instance, name):
                return
        opts = instance._meta
        link = opts.get_ancestor_link(self.field.model)
        if self.field.primary_key and link is not None and self.field != link:
            # A parent's key is known through the link to it.
            instance.__dict__[name] = getattr(instance, link.attname)
            return
        if self.field in opts.pk_fields or not instance._is_pk_set():
            raise AttributeError(f"Cannot retrieve deferred field {name!r} from an unsaved model.")
        try:
            instance._state.fetch_mode.fetch(self, instance)
        except SynchronousOnlyOperation as error:
            owner = type(instance).__name__
            raise SynchronousOnlyOperation(
                f"{owner}.{name} was not fetched, and fetching it here would block the event "
                "loop. Fetch it with the query, or await "
                f'instance.arefresh_from_db(fields=["{name}"]).'
            ) from error

    def fetch_one(self, instance: Any) -> None:
        """Load the value for one instance, by one query."""
        instance.refresh_from_db(fields=[self.field.attname])

    def fetch_many(self, instances: list[Any]) -> None:
        """Load the value for instances fetched together, by one query."""
        attname = self.field.attname
        missing = [i for i in instances if attname not in i.__dict__ and i._is_pk_set()]
        if not missing:
            return
        rows = self.field.model._base_manager.using(instances[0]._state.db)
        values = rows.values_list(attname, flat=True).in_bulk([i.pk for i in missing])
        for instance in missing:
            if instance.pk in values:
                setattr(instance, attname, values[instance.pk])

    # SQLAlchemy's view of the attribute

    def _mapped(self) -> Any:
        from fastjango.orm.interop import mapped_attribute

        return mapped_attribute(self.field.model, self.field.attname)

    def __clause_element__(self) -> Any:
        return self._mapped().__clause_element__()

    def __getattr__(self, name: str) -> Any:
        unknown = name.startswith("__") or name == "contribute_to_class"
        if unknown or "field" not in self.__dict__ or self.field.model._meta.abstract:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._mapped(), name)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, DeferredAttribute):
            return self is other
        return self._mapped() == other

    def __ne__(self, other: object) -> Any:
        if isinstance(other, DeferredAttribute):
            return self is not other
        return self._mapped() != other

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: object) -> Any:
        return self._mapped() < other

    def __le__(self, other: object) -> Any:
        return self._mapped() <= other

    def __gt__(self, other: object) -> Any:
        return self._mapped() > other

    def __ge__(self, other: object) -> Any:
        return self._mapped() >= other

    def __add__(self, other: object) -> Any:
        return self._mapped() + other

    def __sub__(self, other: object) -> Any:
        return self._mapped() - other

    def __mul__(self, other: object) -> Any:
        return self._mapped() * other

    def __truediv__(self, other: object) -> Any:
        return self._mapped() / other


class ForeignKeyDeferredAttribute(DeferredAttribute):
    """The `author_id` beside `author`: a new value forgets the loaded object."""

    def __set__(self, instance: Any, value: Any) -> None:
        field: Any = self.field
        if instance.__dict__.get(field.attname) != value and field.is_cached(instance):
            field.delete_cached_value(instance)
        instance.__dict__[field.attname] = value


class CompositeAttribute:
    """The `pk` of a model with a composite primary key: a tuple of the parts."""

    def __init__(self, field: Any) -> None:
        self.field = field

    @property
    def attnames(self) -> list[str]:
        """Attribute names of the parts, in order."""
        return [field.attname for field in self.field.fields]

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        return tuple(getattr(instance, name) for name in self.attnames)

    def __set__(self, instance: Any, values: Any) -> None:
        names = self.attnames
        if values is None:
            values = (None,) * len(names)
        if not isinstance(values, (list, tuple)):
            raise ValueError(f"{self.field.name!r} must be a list or a tuple.")
        if len(values) != len(names):
            raise ValueError(f"{self.field.name!r} must have {len(names)} elements.")
        for name, value in zip(names, values, strict=True):
            setattr(instance, name, value)
