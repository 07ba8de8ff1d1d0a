"""Models as SQLModel classes: SQLAlchemy's mapping and pydantic's schema, made when asked for.

A model class inherits from SQLModel, but neither is built at class creation. SQLAlchemy asks for
the mapping when it inspects the class or an instance; pydantic and FastAPI ask for the schema.
"""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportDeprecated=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, inspection
from sqlalchemy.orm import Mapper, attributes, make_transient_to_detached, registry
from sqlalchemy.orm.base import opt_manager_of_class

from .metaclass import ModelBase
from .pydantic_schema import PydanticModel
from .sqlmodel_fields import adopt_sqlmodel_fields
from .state import ModelState

__all__ = [
    "SQLModelInterop",
    "adopt_sqlmodel_fields",
    "mapped_attribute",
    "mapper_of",
    "state_for",
    "tracked_setattr",
]

_lock = threading.RLock()
_STATE = "_sa_instance_state"


def mapper_of(model: Any) -> Mapper[Any]:
    """SQLAlchemy's mapper of a model, made when it is first asked for.

    A child of multi-table inheritance inherits from its parent's mapper; a proxy is mapped to the
    same table by itself. Relations are not mapped: their columns are (`author_id`).

    Raises:
        TypeError: The model is abstract.
    """
    mapper = _mapper(model)
    if mapper is not None:
        return mapper
    with _lock:
        mapper = _mapper(model)
        return _map(model) if mapper is None else mapper


def _mapper(model: Any) -> Mapper[Any] | None:
    manager = opt_manager_of_class(model)
    return manager.mapper if manager is not None and manager.is_mapped else None


def _map(model: Any) -> Mapper[Any]:
    opts = model._meta
    if opts.abstract:
        raise TypeError(f"{model.__name__} is abstract, so it has no table to map.")
    parents = [parent for parent in opts.parents if not opts.proxy]
    options: dict[str, Any] = {}
    if parents:
        options["inherits"] = mapper_of(parents[0])
        link = opts.parents[parents[0]]
        target = link.target_field
        options["inherit_condition"] = (
            model.__table__.c[link.column] == target.model.__table__.c[target.column]
        )
    table = opts.concrete_model.__table__
    fields = opts.concrete_model._meta.local_concrete_fields
    properties = {field.attname: table.c[field.column] for field in fields}
    own = {name: model.__dict__[name] for name in properties if name in model.__dict__}
    had_init = "__init__" in model.__dict__
    init = model.__init__
    with _mapped_parents(opts):
        mapper = registry(metadata=table.metadata).map_imperatively(
            model, table, properties=properties, **options
        )
    # SQLAlchemy has put its own attributes and `__init__` on the class; ours go back, since
    # reading a value must stay reading a dictionary. The mapped attributes stay in the manager.
    for name in properties:
        if name in own:
            setattr(model, name, own[name])
        elif name in model.__dict__:
            delattr(model, name)
    if had_init:
        model.__init__ = init
    elif "__init__" in model.__dict__:
        del model.__init__
    if "__table__" in model.__dict__:
        # Children would inherit it; the lazy attribute gives each class its own.
        del model.__table__
    model.__setattr__ = _tracked(model.__setattr__)
    event.listen(mapper, "after_insert", _saved_by_session)
    return mapper


def _saved_by_session(mapper: Any, connection: Any, target: Any) -> None:
    """The instance has a row now."""
    from fastjango.orm import DEFAULT_DB_ALIAS

    target._state.adding = False
    target._state.db = DEFAULT_DB_ALIAS


@contextmanager
def _mapped_parents(opts: Any) -> Iterator[None]:
    """Let SQLAlchemy find its own attributes on the parents, so that it inherits them."""
    hidden: list[tuple[Any, str, Any]] = []
    for parent in opts.all_parents:
        for name, attribute in mapper_of(parent).class_manager.items():
            if name in parent.__dict__:
                hidden.append((parent, name, parent.__dict__[name]))
                setattr(parent, name, attribute)
    try:
        yield
    finally:
        for parent, name, attribute in hidden:
            setattr(parent, name, attribute)


def tracked_setattr(self: Any, name: str, value: Any) -> None:
    """Set an attribute, telling SQLAlchemy if a Session knows the instance."""
    _tell_session(self, name, value)
    object.__setattr__(self, name, value)


def _tracked(setter: Any) -> Any:
    """The way in which a class sets attributes, and SQLAlchemy told before."""
    if setter in {object.__setattr__, tracked_setattr}:
        return tracked_setattr

    def tracked(self: Any, name: str, value: Any) -> None:
        _tell_session(self, name, value)
        setter(self, name, value)

    return tracked


def _tell_session(instance: Any, name: str, value: Any) -> None:
    state = instance.__dict__.get(_STATE)
    if state is not None and name in state.manager:
        attributes.set_attribute(instance, name, value)


def mapped_attribute(model: Any, name: str) -> Any:
    """SQLAlchemy's attribute for a column of a model (`Article.title` in `select`)."""
    mapper_of(model)
    return opt_manager_of_class(model)[name]  # pyright: ignore  # mapped just now


def load_by_session(instance: Any, name: str) -> bool:
    """Let the Session that the instance belongs to load a value; tells whether it could."""
    state = instance.__dict__.get(_STATE)
    if state is None or state.session is None or name not in state.manager:
        return False
    # The attribute's own method: the class attribute is ours.
    value = state.manager[name].impl.get(state, instance.__dict__)
    instance.__dict__[name] = value
    return True


def state_for(instance: Any) -> ModelState:
    """State of an instance that was made without `__init__`, as a Session makes them."""
    state = instance.__dict__.get(_STATE)
    if state is None or state.key is None:
        return ModelState()
    from fastjango.orm import DEFAULT_DB_ALIAS

    return ModelState.loaded(DEFAULT_DB_ALIAS)


@inspection._inspects(ModelBase)
def _inspect_model(model: Any) -> Mapper[Any] | None:
    if getattr(model, "_meta", None) is None or model._meta.abstract:
        return None
    return mapper_of(model)


class _LazyInstanceState:
    """SQLAlchemy's state of an instance, made when SQLAlchemy asks.

    The instance is what the database holds if the ORM read or saved it, and new otherwise.
    """

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            raise AttributeError(_STATE)
        mapper_of(type(instance))
        manager: Any = opt_manager_of_class(type(instance))
        saved = not instance._state.adding and instance._is_pk_set()
        instance.__dict__[_STATE] = manager._state_constructor(instance, manager)
        if saved:
            make_transient_to_detached(instance)
        return instance.__dict__[_STATE]


class _LazyTable:
    """Builds the class's `Table` when it is first asked for."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        opts = getattr(owner, "_meta", None)
        if opts is None or opts.abstract:
            raise AttributeError("__table__")
        from .schema import table_for

        return table_for(owner)


class SQLModelInterop(PydanticModel):
    """The part of `Model` that SQLAlchemy and pydantic see."""

    __table__: Any = _LazyTable()
    _sa_instance_state: Any = _LazyInstanceState()
