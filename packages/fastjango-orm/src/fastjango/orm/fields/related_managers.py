"""The manager of the many objects whose foreign key points to one."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.names import AltersData

from .prefetch_plan import (
    PrefetchedPattern,
    PrefetchPlan,
    check_one_queryset,
    filter_prefetch_queryset,
    planned_prefetch,
    prefetched_pattern,
)

__all__ = ["create_reverse_many_to_one_manager", "mark_alters_data"]


def mark_alters_data(*functions: Any) -> None:
    """Tell template engines not to call these methods."""
    for function in functions:
        function.alters_data = True


def create_reverse_many_to_one_manager(superclass: type[Any], rel: Any) -> type[Any]:
    """Make the manager class of one relation.

    Args:
        superclass: Manager class of the related model.
        rel: The relation.
    """

    class RelatedManager(_ReverseManager, superclass, AltersData):  # type: ignore[misc]  # dynamic base
        """Objects whose foreign key points to `instance`."""

        relation = rel
        manager_base = superclass

        if rel.field.null:
            remove = _remove
            aremove = _aremove
            clear = _clear
            aclear = _aclear

    return RelatedManager


class _ReverseManager:
    """What such a manager does; mixed in front of the related model's manager class."""

    relation: Any
    manager_base: Any
    instance: Any
    model: Any
    do_not_call_in_templates = True
    _db: Any

    def __init__(self, instance: Any) -> None:
        super().__init__()
        self.instance = instance
        self.model = self.relation.related_model
        self.field = self.relation.field
        self.core_filters = {self.field.name: instance}

    def __call__(self, *, manager: str) -> Any:
        """The same objects through another manager of the related model."""
        base = getattr(self.model, manager).__class__
        return create_reverse_many_to_one_manager(base, self.relation)(self.instance)

    def _check_fk_val(self) -> None:
        for field in self.field.foreign_related_fields:
            if getattr(self.instance, field.attname) is None:
                raise ValueError(
                    f'"{self.instance!r}" needs to have a value for field "{field.attname}" '
                    "before this relationship can be used."
                )

    def _db_for_write(self) -> str:
        from fastjango.orm import router

        return router.db_for_write(self.model, instance=self.instance)

    # Reading

    def _apply_rel_filters(self, queryset: Any) -> Any:
        """Narrow a queryset to the objects of this instance."""
        field = self.field
        queryset = queryset._chain()
        queryset._add_hints(instance=self.instance)
        if self._db:
            queryset = queryset.using(self._db)
        queryset._fetch_mode = self.instance._state.fetch_mode
        queryset._defer_next_filter = True
        queryset = queryset.filter(**self.core_filters)
        for there in field.foreign_related_fields:
            if getattr(self.instance, there.attname) is None:
                return queryset.none()
        if field.many_to_one:
            # Objects found need not fetch what they point to: it is this instance.
            try:
                key = getattr(self.instance, field.target_field.attname)
            except FieldError:
                targets = field.path_infos[-1].target_fields
                key = tuple(getattr(self.instance, target.attname) for target in targets)
            queryset._known_related_objects = {field: {key: self.instance}}
        return queryset

    def _remove_prefetched_objects(self) -> None:
        cache = getattr(self.instance, "_prefetched_objects_cache", {})
        cache.pop(self.field.remote_field.cache_name, None)

    def get_queryset(self) -> Any:
        """The objects of this instance; those prefetched, if they were.

        Raises:
            ValueError: The instance has no primary key yet.
        """
        if not self.instance._is_pk_set():
            raise ValueError(
                f"{type(self.instance).__name__!r} instance needs to have a primary key value "
                "before this relationship can be used."
            )
        cache = getattr(self.instance, "_prefetched_objects_cache", {})
        prefetched = cache.get(self.field.remote_field.cache_name)
        if prefetched is not None:
            return prefetched
        return self._apply_rel_filters(super().get_queryset())  # type: ignore[misc]  # manager's

    def _prefetched_pattern(self, given: Any) -> PrefetchedPattern:
        """See `prefetched_pattern`."""
        base = super().get_queryset() if given is None else given  # type: ignore[misc]  # manager's
        return prefetched_pattern(self, base)

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances with one query."""
        if querysets:
            check_one_queryset(querysets)
            rows = querysets[0]
        else:
            rows = super().get_queryset()  # type: ignore[misc]  # manager's
        rows._add_hints(instance=instances[0])
        rows = rows.using(rows._db or self._db)
        field = self.field
        value_of_related = field.get_local_related_value
        value_of_instance = field.get_foreign_related_value
        by_value = {value_of_instance(instance): instance for instance in instances}
        planned = planned_prefetch(rows, field.name, field, instances, {})
        if planned is None:
            planned = filter_prefetch_queryset(rows, field.name, instances)
        rows = planned

        def on_loaded(objects: list[Any]) -> None:
            for obj in objects:
                if not field.is_cached(obj):
                    field.set_cached_value(obj, by_value[value_of_related(obj)])

        name = field.remote_field.cache_name
        return PrefetchPlan(
            (rows, value_of_related, value_of_instance, False, name, False), on_loaded
        )

    # Adding

    def _check_and_point(self, obj: Any) -> None:
        if not isinstance(obj, self.model):
            raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
        setattr(obj, self.field.name, self.instance)

    def _add_steps(self, objs: tuple[Any, ...], bulk: bool) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._check_fk_val()
        self._remove_prefetched_objects()
        db = self._db_for_write()
        if not bulk:
            yield from with_atomic(self._save_each(objs), using=db, savepoint=False)
            return
        pks: list[Any] = []
        for obj in objs:
            self._check_and_point(obj)
            if obj._state.adding or obj._state.db != db:
                raise ValueError(
                    f"{obj!r} instance isn't saved. Use bulk=False or save the object first."
                )
            pks.append(obj.pk)
        rows = self.model._base_manager.using(db).filter(pk__in=pks)
        yield from rows._update_steps({self.field.name: self.instance})

    def _save_each(self, objs: Iterable[Any]) -> Any:
        from fastjango.orm.base import call_save

        for obj in objs:
            self._check_and_point(obj)
            yield from call_save(obj)

    def add(self, *objs: Any, bulk: bool = True) -> None:
        """Point objects to this instance.

        Args:
            bulk: With one `UPDATE`, without `save` and signals; else the objects are saved.
        """
        from fastjango.orm.engine.runner import run

        run(self._add_steps(objs, bulk), self._db_for_write(), name="add", twin="aadd")

    async def aadd(self, *objs: Any, bulk: bool = True) -> None:
        """Asynchronous twin of `add`."""
        from fastjango.orm.engine.runner import arun

        await arun(self._add_steps(objs, bulk), self._db_for_write())

    def _bound(self, kwargs: dict[str, Any]) -> Any:
        """The manager on the database to write to; `kwargs` get the relation."""
        self._check_fk_val()
        kwargs[self.field.name] = self.instance
        manager: Any = self
        return super(_ReverseManager, manager.db_manager(self._db_for_write()))

    def create(self, **kwargs: Any) -> Any:
        """Make and save an object that points to this instance."""
        self._remove_prefetched_objects()
        return self._bound(kwargs).create(**kwargs)

    async def acreate(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `create`."""
        self._remove_prefetched_objects()
        return await self._bound(kwargs).acreate(**kwargs)

    def get_or_create(self, **kwargs: Any) -> Any:
        """Find an object of this instance, or make it."""
        return self._bound(kwargs).get_or_create(**kwargs)

    async def aget_or_create(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `get_or_create`."""
        return await self._bound(kwargs).aget_or_create(**kwargs)

    def update_or_create(self, **kwargs: Any) -> Any:
        """Change an object of this instance, or make it."""
        return self._bound(kwargs).update_or_create(**kwargs)

    async def aupdate_or_create(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `update_or_create`."""
        return await self._bound(kwargs).aupdate_or_create(**kwargs)

    # Removing (public only where the foreign key may be empty)

    def _remove_steps(self, objs: tuple[Any, ...], bulk: bool) -> Any:
        if not objs:
            return
        self._check_fk_val()
        field = self.field
        mine = field.get_foreign_related_value(self.instance)
        pks: set[Any] = set()
        for obj in objs:
            if not isinstance(obj, self.model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            if field.get_local_related_value(obj) != mine:
                raise field.remote_field.model.DoesNotExist(
                    f"{obj!r} is not related to {self.instance!r}."
                )
            pks.add(obj.pk)
        manager: Any = self
        yield from self._unpoint_steps(manager.filter(pk__in=pks), bulk)

    def _clear_steps(self, bulk: bool) -> Any:
        self._check_fk_val()
        manager: Any = self
        yield from self._unpoint_steps(manager.all(), bulk)

    def _unpoint_steps(self, queryset: Any, bulk: bool) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._remove_prefetched_objects()
        db = self._db_for_write()
        queryset = queryset.using(db)
        if bulk:
            yield from queryset._update_steps({self.field.name: None})
        else:
            yield from with_atomic(self._unpoint_each(queryset), using=db, savepoint=False)

    def _unpoint_each(self, queryset: Any) -> Any:
        from fastjango.orm.base import call_save

        for obj in (yield from queryset._fetch_steps()):
            setattr(obj, self.field.name, None)
            yield from call_save(obj, update_fields=[self.field.name])

    # Setting

    def _set_steps(self, objs: Iterable[Any], bulk: bool, clear: bool) -> Any:
        from fastjango.orm.engine.statement import with_atomic

        self._check_fk_val()
        objs = tuple(objs)
        if not self.field.null:
            yield from self._add_steps(objs, bulk)
            return
        db = self._db_for_write()
        steps = self._replace_steps(objs, bulk, clear, db)
        yield from with_atomic(steps, using=db, savepoint=False)

    def _replace_steps(self, objs: tuple[Any, ...], bulk: bool, clear: bool, db: str) -> Any:
        if clear:
            yield from self._clear_steps(bulk)
            yield from self._add_steps(objs, bulk)
            return
        manager: Any = self
        old = set((yield from manager.using(db).all()._fetch_steps()))
        new: list[Any] = []
        for obj in objs:
            if obj in old:
                old.remove(obj)
            else:
                new.append(obj)
        yield from self._remove_steps(tuple(old), bulk)
        yield from self._add_steps(tuple(new), bulk)

    def set(self, objs: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Make these the objects of this instance.

        Args:
            bulk: See `add`.
            clear: Remove all first, instead of only those that are not among `objs`.
        """
        from fastjango.orm.engine.runner import run

        run(self._set_steps(objs, bulk, clear), self._db_for_write(), name="set", twin="aset")

    async def aset(self, objs: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Asynchronous twin of `set`; takes a queryset that was not evaluated as well."""
        from fastjango.orm.engine.runner import arun

        if isinstance(objs, AsyncIterable):
            objs = [obj async for obj in objs]
        await arun(self._set_steps(objs, bulk, clear), self._db_for_write())


def _remove(self: Any, *objs: Any, bulk: bool = True) -> None:
    """Let objects of this instance point nowhere.

    Raises:
        DoesNotExist: An object does not point to this instance.
    """
    from fastjango.orm.engine.runner import run

    run(self._remove_steps(objs, bulk), self._db_for_write(), name="remove", twin="aremove")


async def _aremove(self: Any, *objs: Any, bulk: bool = True) -> None:
    """Asynchronous twin of `remove`."""
    from fastjango.orm.engine.runner import arun

    await arun(self._remove_steps(objs, bulk), self._db_for_write())


def _clear(self: Any, *, bulk: bool = True) -> None:
    """Let all objects of this instance point nowhere."""
    from fastjango.orm.engine.runner import run

    run(self._clear_steps(bulk), self._db_for_write(), name="clear", twin="aclear")


async def _aclear(self: Any, *, bulk: bool = True) -> None:
    """Asynchronous twin of `clear`."""
    from fastjango.orm.engine.runner import arun

    await arun(self._clear_steps(bulk), self._db_for_write())


for _method, _name in (
    (_remove, "remove"),
    (_aremove, "aremove"),
    (_clear, "clear"),
    (_aclear, "aclear"),
):
    _method.__name__ = _name
mark_alters_data(_remove, _aremove, _clear, _aclear)
for _name in ("add", "create", "get_or_create", "update_or_create", "set"):
    mark_alters_data(getattr(_ReverseManager, _name), getattr(_ReverseManager, f"a{_name}"))
