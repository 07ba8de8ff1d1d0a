"""The manager of the objects whose generic foreign key points to one object."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastjango.core.functional import cached_property
from fastjango.orm import models
from fastjango.orm.base import call_save
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Call, with_atomic
from fastjango.orm.fields.prefetch_plan import PrefetchPlan, check_one_queryset
from fastjango.orm.fields.related_managers import mark_alters_data
from fastjango.orm.names import AltersData

from .models import ContentType

__all__ = ["create_generic_related_manager"]

_TYPES: Any = ContentType.objects


def create_generic_related_manager(superclass: type[Any], rel: Any) -> type[Any]:
    """Make the manager class of one relation.

    Args:
        superclass: Manager class of the model with the generic foreign key.
        rel: The relation.
    """

    class GenericRelatedObjectManager(_GenericManager, superclass, AltersData):  # type: ignore[misc]  # dynamic base
        """Objects that point to `instance`."""

        relation = rel

    return GenericRelatedObjectManager


class _GenericManager:
    """What such a manager does; mixed in front of the other model's manager class."""

    relation: Any
    do_not_call_in_templates = True
    _db: Any

    def __init__(self, instance: Any = None) -> None:
        super().__init__()
        rel = self.relation
        self.instance = instance
        self.model: Any = rel.model
        self.content_type_field_name = rel.field.content_type_field_name
        self.object_id_field_name = rel.field.object_id_field_name
        self.prefetch_cache_name = rel.field.attname
        self.pk_val = instance.pk

    def get_content_type(self, model: Any) -> Any:
        """Content type of an instance."""
        types = _TYPES.db_manager(self.instance._state.db)
        return types.get_for_model(model, for_concrete_model=self.relation.field.for_concrete_model)

    @cached_property
    def content_type(self) -> Any:
        """Content type of the instance."""
        return self.get_content_type(self.instance)

    def _type_steps(self) -> Any:
        """The content type, queried for on the edge that runs."""
        types = _TYPES.db_manager(self.instance._state.db)
        concrete = self.relation.field.for_concrete_model
        self.__dict__["content_type"] = yield from types._model_steps(self.instance, concrete)

    @property
    def core_filters(self) -> dict[str, Any]:
        """Filter that selects the objects."""
        types = _TYPES.db_manager(self.instance._state.db)
        concrete = self.relation.field.for_concrete_model
        lookup, ct = types.condition(self.instance, concrete)
        return {
            f"{self.content_type_field_name}__{lookup}": ct,
            self.object_id_field_name: self.pk_val,
        }

    def __call__(self, *, manager: str) -> Any:
        """The same objects through another manager of the other model."""
        base = getattr(self.model, manager).__class__
        return create_generic_related_manager(base, self.relation)(instance=self.instance)

    def __str__(self) -> str:
        return repr(self)

    def _db_for_write(self) -> str:
        from fastjango.orm import router

        return router.db_for_write(self.model, instance=self.instance)

    # Reading

    def _apply_rel_filters(self, queryset: Any) -> Any:
        from fastjango.orm import router

        db = self._db or router.db_for_read(self.model, instance=self.instance)
        mode = self.instance._state.fetch_mode
        return queryset.using(db).fetch_mode(mode).filter(**self.core_filters)

    def _remove_prefetched_objects(self) -> None:
        getattr(self.instance, "_prefetched_objects_cache", {}).pop(self.prefetch_cache_name, None)

    def get_queryset(self) -> Any:
        """The objects of this instance; those prefetched, if they were."""
        cache = getattr(self.instance, "_prefetched_objects_cache", {})
        if self.prefetch_cache_name in cache:
            return cache[self.prefetch_cache_name]
        return self._apply_rel_filters(super().get_queryset())  # type: ignore[misc]  # manager's

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances with one query."""
        if querysets:
            check_one_queryset(querysets)
            rows = querysets[0]
        else:
            rows = super().get_queryset()  # type: ignore[misc]  # manager's
        rows._add_hints(instance=instances[0])
        rows = rows.using(rows._db or self._db)

        concrete = self.relation.field.for_concrete_model
        convert = instances[0]._meta.pk.to_python
        by_type: defaultdict[Any, list[Any]] = defaultdict(list)
        for obj in instances:
            by_type[_TYPES._get_opts(obj, concrete)].append(obj)
        types = _TYPES.db_manager(self.instance._state.db)
        conditions: list[Any] = []
        for objs in by_type.values():
            lookup, ct = types.condition(objs[0], concrete)
            of_type = (f"{self.content_type_field_name}__{lookup}", ct)
            keys = (f"{self.object_id_field_name}__in", {obj.pk for obj in objs})
            conditions.append(models.Q.create([of_type, keys]))
        rows = rows.filter(models.Q.create(conditions, connector=models.Q.OR))
        type_name = f"{self.content_type_field_name}_id"
        is_one_type = len(by_type) == 1  # the rows' type is known then without asking for its id

        def value_of_related(obj: Any) -> Any:
            key = convert(getattr(obj, self.object_id_field_name))
            return key if is_one_type else (key, getattr(obj, type_name))

        def value_of_instance(obj: Any) -> Any:
            return obj.pk if is_one_type else (obj.pk, self.get_content_type(obj).pk)

        items = (rows, value_of_related, value_of_instance, False, self.prefetch_cache_name, False)
        return PrefetchPlan(items, lambda objects: None)

    # Adding

    def _check_and_point(self, obj: Any) -> None:
        if not isinstance(obj, self.model):
            raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
        setattr(obj, self.content_type_field_name, self.content_type)
        setattr(obj, self.object_id_field_name, self.pk_val)

    def _add_steps(self, objs: tuple[Any, ...], bulk: bool) -> Any:
        self._remove_prefetched_objects()
        yield from self._type_steps()
        db = self._db_for_write()
        if not bulk:
            yield from with_atomic(self._save_each(objs), using=db, savepoint=False)
            return
        pks: list[Any] = []
        for obj in objs:
            if obj._state.adding or obj._state.db != db:
                raise ValueError(
                    f"{obj!r} instance isn't saved. Use bulk=False or save the object first."
                )
            self._check_and_point(obj)
            pks.append(obj.pk)
        rows = self.model._base_manager.using(db).filter(pk__in=pks)
        yield from rows._update_steps(
            {
                self.content_type_field_name: self.content_type,
                self.object_id_field_name: self.pk_val,
            }
        )

    def _save_each(self, objs: Iterable[Any]) -> Any:
        for obj in objs:
            self._check_and_point(obj)
            yield from call_save(obj)

    def add(self, *objs: Any, bulk: bool = True) -> None:
        """Point objects to this instance.

        Args:
            bulk: With one `UPDATE`, without `save` and signals; else the objects are saved.
        """
        run(self._add_steps(objs, bulk), self._db_for_write(), name="add", twin="aadd")

    async def aadd(self, *objs: Any, bulk: bool = True) -> None:
        """Asynchronous twin of `add`."""
        await arun(self._add_steps(objs, bulk), self._db_for_write())

    # Removing

    def _remove_steps(self, objs: Iterable[Any], bulk: bool) -> Any:
        keys = [obj.pk for obj in objs]
        if keys:
            manager: Any = self
            yield from self._delete_steps_of(manager.filter(pk__in=keys), bulk)

    def _clear_steps(self, bulk: bool) -> Any:
        manager: Any = self
        yield from self._delete_steps_of(manager.all(), bulk)

    def _delete_steps_of(self, queryset: Any, bulk: bool) -> Any:
        self._remove_prefetched_objects()
        db = self._db_for_write()
        queryset = queryset.using(db)
        if bulk:
            yield from queryset._delete_steps()
            return

        def each() -> Any:
            for obj in (yield from queryset._fetch_steps()):
                yield Call(obj.delete, obj.adelete)

        yield from with_atomic(each(), using=db, savepoint=False)

    def remove(self, *objs: Any, bulk: bool = True) -> None:
        """Delete objects of this instance."""
        run(self._remove_steps(objs, bulk), self._db_for_write(), name="remove", twin="aremove")

    async def aremove(self, *objs: Any, bulk: bool = True) -> None:
        """Asynchronous twin of `remove`."""
        await arun(self._remove_steps(objs, bulk), self._db_for_write())

    def clear(self, *, bulk: bool = True) -> None:
        """Delete all objects of this instance."""
        run(self._clear_steps(bulk), self._db_for_write(), name="clear", twin="aclear")

    async def aclear(self, *, bulk: bool = True) -> None:
        """Asynchronous twin of `clear`."""
        await arun(self._clear_steps(bulk), self._db_for_write())

    # Setting

    def _set_steps(self, objs: tuple[Any, ...], bulk: bool, clear: bool) -> Any:
        steps = self._replace_steps(objs, bulk, clear)
        yield from with_atomic(steps, using=self._db_for_write(), savepoint=False)

    def _replace_steps(self, objs: tuple[Any, ...], bulk: bool, clear: bool) -> Any:
        if clear:
            yield from self._clear_steps(True)
            yield from self._add_steps(objs, bulk)
            return
        manager: Any = self
        rows = manager.using(self._db_for_write()).all()
        old = set((yield from rows._fetch_steps()))
        new: list[Any] = []
        for obj in objs:
            if obj in old:
                old.remove(obj)
            else:
                new.append(obj)
        yield from self._remove_steps(old, True)
        yield from self._add_steps(tuple(new), bulk)

    def set(self, objs: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Make these the objects of this instance; others are deleted.

        Args:
            bulk: See `add`.
            clear: Delete all first, instead of only those that are not among `objs`.
        """
        steps = self._set_steps(tuple(objs), bulk, clear)
        run(steps, self._db_for_write(), name="set", twin="aset")

    async def aset(self, objs: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Asynchronous twin of `set`."""
        await arun(self._set_steps(tuple(objs), bulk, clear), self._db_for_write())

    # Creating

    def _creating(self, kwargs: dict[str, Any]) -> Any:
        self._remove_prefetched_objects()
        kwargs[self.content_type_field_name] = self.content_type
        kwargs[self.object_id_field_name] = self.pk_val
        manager: Any = self
        return super(_GenericManager, manager.db_manager(self._db_for_write()))

    async def _acreating(self, kwargs: dict[str, Any]) -> Any:
        await arun(self._type_steps(), self._db_for_write())
        return self._creating(kwargs)

    def create(self, **kwargs: Any) -> Any:
        """Make and save an object that points to this instance."""
        return self._creating(kwargs).create(**kwargs)

    async def acreate(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `create`."""
        return await (await self._acreating(kwargs)).acreate(**kwargs)

    def get_or_create(self, **kwargs: Any) -> Any:
        """Find an object of this instance, or make it."""
        return self._creating(kwargs).get_or_create(**kwargs)

    async def aget_or_create(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `get_or_create`."""
        return await (await self._acreating(kwargs)).aget_or_create(**kwargs)

    def update_or_create(self, **kwargs: Any) -> Any:
        """Change an object of this instance, or make it."""
        return self._creating(kwargs).update_or_create(**kwargs)

    async def aupdate_or_create(self, **kwargs: Any) -> Any:
        """Asynchronous twin of `update_or_create`."""
        return await (await self._acreating(kwargs)).aupdate_or_create(**kwargs)


for _name in ("add", "remove", "clear", "set", "create", "get_or_create", "update_or_create"):
    mark_alters_data(getattr(_GenericManager, _name), getattr(_GenericManager, f"a{_name}"))
