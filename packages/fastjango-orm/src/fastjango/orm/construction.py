"""Making instances: what is known of a class, found out once."""

# Model classes hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from .fetch_modes import FETCH_ONE
from .fields.attributes import ForeignKeyDeferredAttribute
from .fields.base import Field
from .fields.files import FileDescriptor
from .fields.reverse import ForeignObjectRel
from .interop import tracked_setattr
from .state import ModelState

__all__ = [
    "DEFERRED",
    "Construction",
    "Deferred",
    "construction_of",
    "sets_plainly",
    "stores_plainly",
]


class Deferred:
    """Stands for a value that was not fetched."""

    def __repr__(self) -> str:
        return "<Deferred field>"


DEFERRED = Deferred()

_new = object.__new__

# Ways to set an attribute that do nothing else to an instance that no Session knows.
_SETTERS: Final = frozenset({object.__setattr__, tracked_setattr})

# Descriptors' ways to take the first value of an attribute that do nothing but store it.
_STORING: Final = frozenset({None, ForeignKeyDeferredAttribute.__set__, FileDescriptor.__set__})


class Construction:
    """How the attributes of a new instance are filled.

    Attributes:
        fields: The model's columns when this was made.
        names: Attributes that take a value by being stored in the instance's dictionary.
        constants: Values of all of them, in the order of the columns.
        makers: Functions that make a fresh default, by attribute.
        relations: By name of a relation, the attribute that holds its key.
        unsaved: The dictionary of an instance made without arguments.
    """

    __slots__ = ("constants", "fields", "makers", "names", "relations", "unsaved")

    def __init__(self, fields: Any) -> None:
        self.fields = fields
        self.constants: dict[str, Any] = {}
        self.makers: list[tuple[str, Callable[[], Any]]] = []
        self.relations: dict[str, str] = {}
        for field in fields:
            if field.column is None or field.generated:
                continue
            name = field.attname
            is_made = _makes_default(field)
            self.constants[name] = None if is_made else field.get_default()
            if is_made:
                self.makers.append((name, field.get_default))
            if isinstance(field.remote_field, ForeignObjectRel):
                self.relations[field.name] = name
        self.names = frozenset(self.constants)
        self.unsaved: dict[str, Any] = {"_state": None, **self.constants}

    def fill(self, instance: Any, kwargs: dict[str, Any]) -> bool:
        """Fill a new instance; false, and nothing done, if the arguments need a closer look."""
        for value in kwargs.values():
            if value is DEFERRED:
                return False
        if not self.makers:
            unsaved = self.unsaved
            data = unsaved.copy()
            data.update(kwargs)
            # No more than before: every argument is a column's.
            if len(data) == len(unsaved) and "_state" not in kwargs:
                state = data["_state"] = _new(ModelState)
                state.db, state.adding, state.fetch_mode = None, True, FETCH_ONE
                if instance.__dict__:
                    instance.__dict__.update(data)  # the class has set attributes of its own
                else:
                    instance.__dict__ = data
                return True
        related: list[tuple[str, Any]] = []
        if not kwargs.keys() <= self.names:
            for name in kwargs.keys() - self.names:
                if self.relations.get(name, name) in kwargs:
                    return False  # no relation, or its key is given as well
                related.append((name, kwargs[name]))
        data = instance.__dict__
        data["_state"] = ModelState()
        data.update(self.constants)
        given = {self.relations[name] for name, _ in related} if related else ()
        for name, make in self.makers:
            if name not in kwargs and name not in given:
                data[name] = make()
        if related:
            for name, value in kwargs.items():
                if name in self.names:
                    data[name] = value
            for name, value in related:
                setattr(instance, name, value)  # through the descriptor, which keeps the object
        else:
            data.update(kwargs)
        return True


def _makes_default(field: Any) -> bool:
    """Whether each new instance needs a default of its own."""
    if not type(field).__module__.startswith("fastjango.orm.fields"):
        return type(field).get_default is not Field.get_default or callable(field.default)
    if not field.has_default():
        return False
    return type(field).get_default is not Field.get_default or callable(field.default)


def construction_of(model: Any) -> Construction | None:
    """Return how instances of a class are filled; `None` if its attributes do more than store."""
    meta = model._meta
    fields = meta.concrete_fields
    known: tuple[Any, Construction | None] | None = meta.__dict__.get("_construction")
    if known is not None and known[0] is fields:
        return known[1]
    made = Construction(fields) if _only_stores(model, fields) else None
    meta._construction = (fields, made)
    return made


def _only_stores(model: Any, fields: Any) -> bool:
    """Whether columns are kept in the dictionary, and no class behind `Model` has an `__init__`."""
    return (
        not model._meta.abstract
        and sets_plainly(model)
        and model.__mro__[-2] is BaseModel
        and all(
            stores_plainly(model, field.attname) for field in fields if field.column is not None
        )
    )


def sets_plainly(model: Any) -> bool:
    """Whether no `__setattr__` of the model's own sees the values of a new instance."""
    return model.__setattr__ in _SETTERS


def stores_plainly(model: Any, name: str) -> bool:
    """Whether an attribute's first value is but stored in the instance's dictionary.

    That is so for columns, and for names that the class does not know, as those of annotations;
    not for properties, nor for columns whose descriptor does more. What `__setattr__` does is
    another question, see `sets_plainly`.
    """
    for cls in model.__mro__:
        if name in cls.__dict__:
            return getattr(type(cls.__dict__[name]), "__set__", None) in _STORING
    return True
