"""The manager of the objects on the other side of a many-to-many relation."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fastjango.core.functional import cached_property
from fastjango.orm.manager import BaseManager
from fastjango.orm.names import AltersData
from fastjango.orm.query.prefetch_keys import KeyReader

from .columns import column_field
from .many_related_changes import ManyChanges
from .numbers import IntegerField
from .prefetch_plan import (
    PrefetchedPattern,
    PrefetchPlan,
    check_one_queryset,
    filter_prefetch_queryset,
    planned_prefetch,
    prefetched_pattern,
)

__all__ = ["create_forward_many_to_many_manager"]


def create_forward_many_to_many_manager(
    superclass: type[Any], rel: Any, reverse: bool
) -> type[Any]:
    """Make the manager class of one side of a relation.

    Args:
        superclass: Manager class of the model on the other side.
        rel: The relation.
        reverse: Whether `instance` is on the side without the field.
    """

    class ManyRelatedManager(_ManyManager, superclass, AltersData):  # type: ignore[misc]  # dynamic base
        """Objects on the other side of the relation from `instance`."""

        relation = rel
        is_reverse = reverse
        manager_base = superclass

    return ManyRelatedManager


def _keeps_integers(field: Any, connection: Any) -> bool:
    """Whether integers are compared as they are."""
    from fastjango.orm.backends.base.operations import BaseDatabaseOperations

    adapt = type(connection.ops).adapt_integerfield_value
    return (
        type(column_field(field)).get_db_prep_value is IntegerField.get_db_prep_value
        and adapt is BaseDatabaseOperations.adapt_integerfield_value
    )


def _reader(fields: Iterable[Any], names: list[str], db: str) -> Callable[[Any], Any]:
    """Return what reads attributes of an object as the database would compare them."""
    from fastjango.orm import connections

    connection = connections[db]
    prepare = [field.get_db_prep_value for field in fields]
    if len(names) > 1:
        return lambda obj: tuple(
            prep(getattr(obj, name), connection) for prep, name in zip(prepare, names, strict=True)
        )
    (name,), (prep,), (field,) = names, prepare, fields
    return KeyReader(
        name, lambda value: prep(value, connection), _keeps_integers(field, connection)
    )


class _ManyManager(ManyChanges):
    """What such a manager does; mixed in front of the other model's manager class."""

    is_reverse: bool
    manager_base: Any
    do_not_call_in_templates = True
    # The attribute of the instance's own key, if that is what the join table holds, and its model.
    _plain_key: str | None
    _key_model: Any
    # Whether nothing but `__init__` below makes a manager.
    _is_plain: bool
    _db: Any
    query_field_name: str
    source_field: Any
    pk_field_names: dict[str, str]

    @classmethod
    def of(cls, instance: Any) -> Any:
        """Return the manager of an instance: what calling the class does, in one step if it can."""
        constants = cls.__dict__
        if "_is_plain" not in constants:
            return cls(instance)
        if constants["_is_plain"] and instance._meta.concrete_model is constants["_key_model"]:
            value = instance.__dict__.get(constants["_plain_key"])
            if type(value) is int or type(value) is str:
                manager = object.__new__(cls)
                manager.__dict__ = {
                    "_constructor_args": ((instance,), {}),
                    "instance": instance,
                    "_hints": {},
                    "related_val": (value,),
                }
                return manager
        return cls(instance)

    def __init__(self, instance: Any = None) -> None:
        cls = type(self)
        if cls.manager_base.__init__ is not BaseManager.__init__:
            super().__init__()
            # It would hide the model that all managers of the relation share.
            self.__dict__.pop("model", None)
        if "_plain_key" not in cls.__dict__:
            cls._set_constants()
        self.instance = instance
        self._hints: dict[str, Any] = {}
        if cls._plain_key is not None and instance._meta.concrete_model is cls._key_model:
            value = instance.__dict__.get(cls._plain_key)
            if type(value) is int or type(value) is str:
                self.related_val = (value,)
                return
        values = self.source_field.get_foreign_related_value(instance)
        if None in values:
            raise ValueError(
                f'"{instance!r}" needs to have a value for field '
                f'"{self.pk_field_names[self.source_field_name]}" before this many-to-many '
                "relationship can be used."
            )
        if not instance._is_pk_set():
            raise ValueError(
                f"{type(instance).__name__!r} instance needs to have a primary key value before a "
                "many-to-many relationship can be used."
            )
        self.related_val = values

    @classmethod
    def _set_constants(cls) -> None:
        """Give the class the attributes that all managers of the relation share."""
        for name, value in cls._find_constants().items():
            setattr(cls, name, value)
        targets = cls.source_field.foreign_related_fields
        cls._key_model = targets[0].model
        is_key = len(targets) == 1 and targets[0].primary_key
        cls._plain_key = targets[0].attname if is_key else None
        base = cls.manager_base
        cls._is_plain = (
            is_key and base.__init__ is BaseManager.__init__ and base.__new__ is BaseManager.__new__
        )

    @classmethod
    def _find_constants(cls) -> dict[str, Any]:
        rel, field = cls.relation, cls.relation.field
        here, there = field.m2m_field_name(), field.m2m_reverse_field_name()
        if cls.is_reverse:
            here, there = there, here
        names = (field.related_query_name(), field.name)
        query_name, cache_name = reversed(names) if cls.is_reverse else names
        source_field = rel.through._meta.get_field(here)
        return {
            "_db": None,
            "name": None,
            "model": rel.related_model if cls.is_reverse else rel.model,
            "query_field_name": query_name,
            "prefetch_cache_name": cache_name,
            "source_field_name": here,
            "target_field_name": there,
            "symmetrical": not cls.is_reverse and rel.symmetrical,
            "through": rel.through,
            "reverse": cls.is_reverse,
            "source_field": source_field,
            "target_field": rel.through._meta.get_field(there),
            "pk_field_names": {
                mine.name: yours.name for mine, yours in source_field.related_fields
            },
        }

    @cached_property
    def core_filters(self) -> dict[str, Any]:
        """The condition that an object belongs to the instance."""
        return {
            f"{self.query_field_name}__{there.name}": getattr(self.instance, there.attname)
            for _, there in self.source_field.related_fields
        }

    def __call__(self, *, manager: str) -> Any:
        """The same objects through another manager of the other model."""
        base = getattr(self.model, manager).__class__
        made = create_forward_many_to_many_manager(base, self.relation, self.is_reverse)
        return made(instance=self.instance)

    # Reading

    def _apply_rel_filters(self, queryset: Any) -> Any:
        """Narrow a queryset to the objects related to this instance."""
        queryset = queryset._chain()
        queryset._add_hints(instance=self.instance)
        if self._db:
            queryset = queryset.using(self._db)
        queryset._fetch_mode = self.instance._state.fetch_mode
        queryset._defer_next_filter = True
        return queryset._next_is_sticky().filter(**self.core_filters)

    def get_prefetch_cache(self) -> Any:
        """Prefetched objects of the instance or of a loaded parent object, `None` if none."""
        own = self.instance.__dict__.get("_prefetched_objects_cache")
        if own is not None and self.prefetch_cache_name in own:
            return own[self.prefetch_cache_name]
        for owner in self._owners():
            cache = getattr(owner, "_prefetched_objects_cache", {})
            if self.prefetch_cache_name in cache:
                return cache[self.prefetch_cache_name]
        return None

    def get_queryset(self) -> Any:
        """The related objects; those prefetched, if they were."""
        prefetched = self.get_prefetch_cache()
        if prefetched is not None:
            return prefetched
        return self._apply_rel_filters(super().get_queryset())  # type: ignore[misc]  # manager's

    def _prefetched_pattern(self, given: Any) -> PrefetchedPattern:
        """See `prefetched_pattern`."""
        base = super().get_queryset() if given is None else given  # type: ignore[misc]  # manager's
        is_own = self.instance._meta.concrete_model is self._key_model
        return prefetched_pattern(self, base, self._plain_key if is_own else None)

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances with one query."""
        from fastjango.orm import connections

        if querysets:
            check_one_queryset(querysets)
            rows = querysets[0]
        else:
            rows = super().get_queryset()  # type: ignore[misc]  # manager's
        rows._add_hints(instance=instances[0])
        rows = rows.using(rows._db or self._db)
        # Each row must also tell which instance it belongs to: the join table's column does.
        link = self.through._meta.get_field(self.source_field_name)
        connection = connections[rows.db]
        quote = connection.ops.quote_name
        table = quote(link.model._meta.db_table)
        here = link.local_related_fields
        select = {f"_prefetch_related_val_{f.attname}": f"{table}.{quote(f.column)}" for f in here}
        planned = planned_prefetch(rows, self.query_field_name, link, instances, select)
        if planned is None:
            rows = filter_prefetch_queryset(rows, self.query_field_name, instances)
            planned = rows.extra(select=select)
        rows = planned
        value_of_related = _reader(here, list(select), rows.db)
        targets = link.foreign_related_fields
        value_of_instance = _reader(targets, [f.attname for f in targets], rows.db)
        items = (rows, value_of_related, value_of_instance, False, self.prefetch_cache_name, False)
        return PrefetchPlan(items, lambda objects: None)

    @property
    def constrained_target(self) -> Any:
        """Rows of the join table that can stand for the objects in counts, `None` if they cannot.

        They can where the database guarantees that each refers to an object.
        """
        from fastjango.orm import connections, router

        if not self.target_field.db_constraint:
            return None
        db = router.db_for_read(self.through, instance=self.instance)
        if not connections[db].features.supports_foreign_keys:
            return None
        filters = {self.source_field_name: self.related_val[0]}
        if self.target_field.null:
            filters[f"{self.target_field_name}__isnull"] = False
        hints = {"instance": self.instance}
        return self.through._base_manager.db_manager(db, hints=hints).filter(**filters)

    def _shortcut(self) -> Any:
        from fastjango.orm.manager import Manager

        # A custom manager may hide some of the objects.
        if self.manager_base is not Manager or self.get_prefetch_cache() is not None:
            return None
        return self.constrained_target

    def exists(self) -> bool:
        """Whether there are related objects."""
        rows = self._shortcut()
        return rows.exists() if rows is not None else super().exists()  # type: ignore[misc]  # manager's

    async def aexists(self) -> bool:
        """Asynchronous twin of `exists`."""
        rows = self._shortcut()
        return await (rows.aexists() if rows is not None else super().aexists())  # type: ignore[misc]  # manager's

    def count(self) -> int:
        """Number of related objects."""
        rows = self._shortcut()
        return rows.count() if rows is not None else super().count()  # type: ignore[misc]  # manager's

    async def acount(self) -> int:
        """Asynchronous twin of `count`."""
        rows = self._shortcut()
        return await (rows.acount() if rows is not None else super().acount())  # type: ignore[misc]  # manager's
