"""The manager of the objects on the other side of a many-to-many relation."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from typing import Any

from fastjango.core.functional import cached_property
from fastjango.orm.manager import BaseManager
from fastjango.orm.names import AltersData, resolve_callables
from fastjango.orm.query.prefetch_keys import KeyReader

from .descriptors import _traverse_ancestors  # pyright: ignore[reportPrivateUsage]  # same package
from .numbers import IntegerField
from .prefetch_plan import (
    PrefetchedPattern,
    PrefetchPlan,
    check_one_queryset,
    filter_prefetch_queryset,
    planned_prefetch,
    prefetched_pattern,
)
from .related_managers import mark_alters_data

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

    while field.is_relation:
        field = field.target_field
    adapt = type(connection.ops).adapt_integerfield_value
    return (
        type(field).get_db_prep_value is IntegerField.get_db_prep_value
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


class _ManyManager:
    """What such a manager does; mixed in front of the other model's manager class."""

    relation: Any
    is_reverse: bool
    manager_base: Any
    do_not_call_in_templates = True
    # The attribute of the instance's own key, if that is what the join table holds, and its model.
    _plain_key: str | None
    _key_model: Any
    # Whether nothing but `__init__` below makes a manager.
    _is_plain: bool
    _db: Any
    instance: Any
    model: Any
    query_field_name: str
    prefetch_cache_name: str
    source_field_name: str
    target_field_name: str
    symmetrical: bool
    through: Any
    reverse: bool
    source_field: Any
    target_field: Any
    pk_field_names: dict[str, str]
    related_val: tuple[Any, ...]

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
        if type(self).manager_base.__init__ is not BaseManager.__init__:
            super().__init__()
        cls = type(self)
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

    def _db_for_write(self) -> str:
        from fastjango.orm import router

        return router.db_for_write(self.through, instance=self.instance)

    def _through_rows(self, db: str) -> Any:
        return self.through._default_manager.using(db)

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

    def _owners(self) -> Iterable[Any]:
        """The instance and its loaded parent objects."""
        return (one for one, _ in _traverse_ancestors(self.relation.field.model, self.instance))

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

    def _remove_prefetched_objects(self) -> None:
        for owner in self._owners():
            getattr(owner, "_prefetched_objects_cache", {}).pop(self.prefetch_cache_name, None)

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

    # Signals

    def _signal(self, action: str, pk_set: Any, db: str, raw: bool) -> Any:
        """Step that sends `m2m_changed`."""
        from fastjango.orm.base import signal_step
        from fastjango.orm.signals import m2m_changed

        return signal_step(
            m2m_changed,
            self.through,
            action=action,
            instance=self.instance,
            reverse=self.reverse,
            model=self.model,
            pk_set=pk_set,
            using=db,
            raw=raw,
        )

    # Adding

    def _target_ids(self, target_field_name: str, objs: Iterable[Any]) -> set[Any]:
        """Keys of `objs`, which may be objects or keys."""
        from fastjango.orm import router
        from fastjango.orm.base import Model

        target_field = self.through._meta.get_field(target_field_name)
        ids: set[Any] = set()
        for obj in objs:
            if isinstance(obj, self.model):
                if not router.allow_relation(obj, self.instance):
                    raise ValueError(
                        f'Cannot add "{obj!r}": instance is on database '
                        f'"{self.instance._state.db}", value is on database "{obj._state.db}"'
                    )
                key = target_field.get_foreign_related_value(obj)[0]
                if key is None:
                    raise ValueError(
                        f'Cannot add "{obj!r}": the value for field "{target_field_name}" is None'
                    )
                ids.add(key)
            elif isinstance(obj, Model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            else:
                ids.add(target_field.get_prep_value(obj))
        return ids

    def _new_links(
        self, source: str, target: str, ids: Iterable[Any], defaults: dict[str, Any]
    ) -> list[Any]:
        return [
            self.through(
                **defaults, **{f"{source}_id": self.related_val[0], f"{target}_id": target_id}
            )
            for target_id in ids
        ]

    def _add_items_steps(
        self, source: str, target: str, objs: Any, through_defaults: Any, db: str, raw: bool
    ) -> Any:
        from fastjango.orm import connections
        from fastjango.orm.engine.statement import with_atomic
        from fastjango.orm.signals import m2m_changed

        if not objs:
            return
        defaults = dict(resolve_callables(through_defaults or {}))
        ids = self._target_ids(target, objs)
        can_ignore = (
            self.through._meta.auto_created is not False
            and connections[db].features.supports_ignore_conflicts
        )
        signals = (self.reverse or source == self.source_field_name) and m2m_changed.has_listeners(
            self.through
        )
        rows = self._through_rows(db)
        if can_ignore and not signals:
            links = self._new_links(source, target, ids, {})
            yield from rows._bulk_create_steps(links, ignore_conflicts=True)
            return
        there = rows.values_list(target, flat=True).filter(
            **{source: self.related_val[0], f"{target}__in": ids}
        )
        missing = ids.difference((yield from there._fetch_steps()))

        def insert() -> Any:
            if signals:
                yield from self._signal("pre_add", missing, db, raw)
            links = self._new_links(source, target, missing, defaults)
            yield from rows._bulk_create_steps(links, ignore_conflicts=can_ignore)
            if signals:
                yield from self._signal("post_add", missing, db, raw)

        yield from with_atomic(insert(), using=db, savepoint=False)

    def _add_steps(self, objs: Any, through_defaults: Any, db: str, raw: bool = False) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._remove_prefetched_objects()

        def both_ways() -> Any:
            here, there = self.source_field_name, self.target_field_name
            yield from self._add_items_steps(here, there, objs, through_defaults, db, raw)
            if self.symmetrical:
                yield from self._add_items_steps(there, here, objs, through_defaults, db, raw)

        yield from with_atomic(both_ways(), using=db, savepoint=False)

    def add(self, *objs: Any, through_defaults: Any = None) -> None:
        """Relate objects (or keys) to this instance; those related already stay.

        Args:
            through_defaults: Other values of new rows of the join table.
        """
        from fastjango.orm.engine.runner import run

        db = self._db_for_write()
        run(self._add_steps(objs, through_defaults, db), db, name="add", twin="aadd")

    async def aadd(self, *objs: Any, through_defaults: Any = None) -> None:
        """Asynchronous twin of `add`."""
        from fastjango.orm.engine.runner import arun

        db = self._db_for_write()
        await arun(self._add_steps(objs, through_defaults, db), db)

    # Removing

    def _build_remove_filters(self, removed: Any) -> Any:
        """Condition on the join table for the rows to delete."""
        from fastjango.orm.query.q import Q
        from fastjango.orm.query.queryset import QuerySet

        here, there = self.source_field_name, self.target_field_name
        # A queryset of everything narrows nothing.
        narrows = not isinstance(removed, QuerySet) or removed._has_filters()
        filters: Any = Q.create([(here, self.related_val[0])])
        if narrows:
            filters &= Q.create([(f"{there}__in", removed)])
        if self.symmetrical:
            mirrored: Any = Q.create([(there, self.related_val[0])])
            if narrows:
                mirrored &= Q.create([(f"{here}__in", removed)])
            filters |= mirrored
        return filters

    def _remove_steps(self, objs: Any, db: str, raw: bool = False) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._remove_prefetched_objects()
        if not objs:
            return
        ids: set[Any] = set()
        for obj in objs:
            if isinstance(obj, self.model):
                ids.add(self.target_field.get_foreign_related_value(obj)[0])
            else:
                ids.add(obj)
        objects = super().get_queryset()  # type: ignore[misc]  # manager's
        removed: Any = ids
        if objects._has_filters():
            name = self.target_field.target_field.attname
            removed = objects.using(db).filter(**{f"{name}__in": ids})
        filters = self._build_remove_filters(removed)

        def delete() -> Any:
            yield from self._signal("pre_remove", ids, db, raw)
            yield from self._through_rows(db).filter(filters)._delete_steps()
            yield from self._signal("post_remove", ids, db, raw)

        yield from with_atomic(delete(), using=db, savepoint=False)

    def remove(self, *objs: Any) -> None:
        """Unrelate objects (or keys) from this instance."""
        from fastjango.orm.engine.runner import run

        db = self._db_for_write()
        run(self._remove_steps(objs, db), db, name="remove", twin="aremove")

    async def aremove(self, *objs: Any) -> None:
        """Asynchronous twin of `remove`."""
        from fastjango.orm.engine.runner import arun

        db = self._db_for_write()
        await arun(self._remove_steps(objs, db), db)

    def _clear_steps(self, db: str, raw: bool = False) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._remove_prefetched_objects()
        filters = self._build_remove_filters(super().get_queryset().using(db))  # type: ignore[misc]  # manager's

        def delete() -> Any:
            yield from self._signal("pre_clear", None, db, raw)
            yield from self._through_rows(db).filter(filters)._delete_steps()
            yield from self._signal("post_clear", None, db, raw)

        yield from with_atomic(delete(), using=db, savepoint=False)

    def clear(self) -> None:
        """Unrelate everything from this instance."""
        from fastjango.orm.engine.runner import run

        db = self._db_for_write()
        run(self._clear_steps(db), db, name="clear", twin="aclear")

    async def aclear(self) -> None:
        """Asynchronous twin of `clear`."""
        from fastjango.orm.engine.runner import arun

        db = self._db_for_write()
        await arun(self._clear_steps(db), db)

    # Setting

    def _set_steps(
        self, objs: Iterable[Any], clear: bool, through_defaults: Any, db: str, raw: bool = False
    ) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        steps = self._replace_steps(tuple(objs), clear, through_defaults, db, raw)
        yield from with_atomic(steps, using=db, savepoint=False)

    def _replace_steps(
        self, objs: tuple[Any, ...], clear: bool, through_defaults: Any, db: str, raw: bool
    ) -> Any:
        self._remove_prefetched_objects()
        if clear:
            yield from self._clear_steps(db, raw)
            yield from self._add_steps(objs, through_defaults, db, raw)
            return
        manager: Any = self
        name = self.target_field.target_field.attname
        old = set((yield from manager.using(db).values_list(name, flat=True)._fetch_steps()))
        new: list[Any] = []
        for obj in objs:
            if isinstance(obj, self.model):
                key = self.target_field.get_foreign_related_value(obj)[0]
            else:
                key = self.target_field.get_prep_value(obj)
            if key in old:
                old.remove(key)
            else:
                new.append(obj)
        yield from self._remove_steps(old, db, raw)
        yield from self._add_steps(new, through_defaults, db, raw)

    def set_base(
        self,
        objs: Iterable[Any],
        *,
        clear: bool = False,
        through_defaults: Any = None,
        raw: bool = False,
    ) -> None:
        """`set`, telling receivers of `m2m_changed` whether a fixture is being loaded."""
        from fastjango.orm.engine.runner import run

        db = self._db_for_write()
        run(self._set_steps(objs, clear, through_defaults, db, raw), db, name="set", twin="aset")

    def set(
        self, objs: Iterable[Any], *, clear: bool = False, through_defaults: Any = None
    ) -> None:
        """Make these (objects or keys) the related objects.

        Args:
            clear: Unrelate all first, instead of only those that are not among `objs`.
            through_defaults: Other values of new rows of the join table.
        """
        self.set_base(objs, clear=clear, through_defaults=through_defaults)

    async def aset(
        self, objs: Iterable[Any], *, clear: bool = False, through_defaults: Any = None
    ) -> None:
        """Asynchronous twin of `set`; takes a queryset that was not evaluated as well."""
        from fastjango.orm.engine.runner import arun

        if isinstance(objs, AsyncIterable):
            objs = [obj async for obj in objs]
        db = self._db_for_write()
        await arun(self._set_steps(objs, clear, through_defaults, db), db)

    # Creating

    def _bound(self) -> Any:
        from fastjango.orm import router

        db = router.db_for_write(self.instance.__class__, instance=self.instance)
        manager: Any = self
        return super(_ManyManager, manager.db_manager(db))

    def create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Make and save an object related to this instance."""
        obj = self._bound().create(**kwargs)
        self.add(obj, through_defaults=through_defaults)
        return obj

    async def acreate(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Asynchronous twin of `create`."""
        obj = await self._bound().acreate(**kwargs)
        await self.aadd(obj, through_defaults=through_defaults)
        return obj

    def get_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Find a related object, or make it."""
        obj, created = self._bound().get_or_create(**kwargs)
        # Only a new one is not related yet.
        if created:
            self.add(obj, through_defaults=through_defaults)
        return obj, created

    async def aget_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Asynchronous twin of `get_or_create`."""
        obj, created = await self._bound().aget_or_create(**kwargs)
        if created:
            await self.aadd(obj, through_defaults=through_defaults)
        return obj, created

    def update_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Change a related object, or make it."""
        obj, created = self._bound().update_or_create(**kwargs)
        if created:
            self.add(obj, through_defaults=through_defaults)
        return obj, created

    async def aupdate_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Asynchronous twin of `update_or_create`."""
        obj, created = await self._bound().aupdate_or_create(**kwargs)
        if created:
            await self.aadd(obj, through_defaults=through_defaults)
        return obj, created


for _name in ("add", "remove", "clear", "set", "create", "get_or_create", "update_or_create"):
    mark_alters_data(getattr(_ManyManager, _name), getattr(_ManyManager, f"a{_name}"))
