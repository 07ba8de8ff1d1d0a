"""Relating and unrelating the objects of a many-to-many relation: rows of the join table."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Any

from fastjango.orm.names import resolve_callables

from .descriptors import _traverse_ancestors  # pyright: ignore[reportPrivateUsage]  # same package
from .related_managers import mark_alters_data

__all__ = ["ManyChanges"]


class ManyChanges:
    """What the manager of a many-to-many relation changes, and the signals of it.

    Attributes:
        relation: The relation.
        instance: The object whose relation it is.
        model: The model on the other side.
        through: The model of the join table.
        source_field_name: Its foreign key to the instance.
        target_field_name: Its foreign key to the other side.
        target_field: That foreign key.
        symmetrical: Whether a row runs both ways, so that each needs its mirror image.
        reverse: Whether the instance is on the side without the field.
        related_val: The value of the instance that the join table holds.
        prefetch_cache_name: Where an instance keeps prefetched objects of the relation.
    """

    relation: Any
    instance: Any
    model: Any
    through: Any
    source_field_name: str
    target_field_name: str
    target_field: Any
    symmetrical: bool
    reverse: bool
    related_val: tuple[Any, ...]
    prefetch_cache_name: str

    def _owners(self) -> Iterable[Any]:
        """The instance and its loaded parent objects."""
        return (one for one, _ in _traverse_ancestors(self.relation.field.model, self.instance))

    def _remove_prefetched_objects(self) -> None:
        for owner in self._owners():
            getattr(owner, "_prefetched_objects_cache", {}).pop(self.prefetch_cache_name, None)

    def _db_for_write(self) -> str:
        from fastjango.orm import router

        return router.db_for_write(self.through, instance=self.instance)

    def _through_rows(self, db: str) -> Any:
        return self.through._default_manager.using(db)

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
        return super(ManyChanges, manager.db_manager(db))

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
    mark_alters_data(getattr(ManyChanges, _name), getattr(ManyChanges, f"a{_name}"))
