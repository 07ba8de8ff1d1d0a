"""Writing an instance to its tables, as steps that both edges run."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["call_save", "save_base_steps", "save_steps", "signal_step", "validate_force_insert"]


def signal_step(signal: Any, sender: Any, **kwargs: Any) -> Any:
    """Send a signal between statements, if anybody listens."""
    if signal.has_listeners(sender):
        from .engine.statement import Call

        yield Call(
            lambda: signal.send(sender=sender, **kwargs),
            lambda: signal.asend(sender=sender, **kwargs),
        )


def call_save(obj: Any, **kwargs: Any) -> Any:
    """Save an object as its class does, overridden `save` and `asave` included."""
    from .base import Model

    cls = type(obj)
    if cls.save is Model.save and cls.asave is Model.asave and cls.save_base is Model.save_base:
        yield from save_steps(obj, **kwargs)
        return
    from .engine.statement import Call

    yield Call(lambda: obj.save(**kwargs), lambda: obj.asave(**kwargs))


def prepare_related_fields(obj: Any, operation_name: str, fields: Any = None) -> None:
    """Refuse unsaved related objects, and take over keys of those saved since they were assigned.

    Raises:
        ValueError: A related object has no row, so the relation would be lost.
    """
    for field in obj._meta.concrete_fields:
        if (fields and field not in fields) or not field.is_relation or not field.is_cached(obj):
            continue
        related = getattr(obj, field.name, None)
        if not related:
            continue
        if not related._is_pk_set():
            if not field.remote_field.multiple:
                field.remote_field.delete_cached_value(related)
            raise ValueError(
                f"{operation_name}() prohibited to prevent data loss due to unsaved related object "
                f"'{field.name}'."
            )
        if getattr(obj, field.attname) in field.empty_values:
            setattr(obj, field.name, related)
        # The key was changed since the object was assigned.
        if getattr(related, field.target_field.attname) != getattr(obj, field.attname):
            field.delete_cached_value(obj)
    for field in obj._meta.private_fields:
        if (fields and field not in fields) or not field.is_relation:
            continue
        if not hasattr(field, "fk_field") or not field.is_cached(obj):
            continue
        related = field.get_cached_value(obj, default=None)
        if related and not related._is_pk_set():
            raise ValueError(
                f"{operation_name}() prohibited to prevent data loss due to unsaved related object "
                f"'{field.name}'."
            )


def validate_force_insert(cls: Any, force_insert: Any) -> tuple[Any, ...]:
    """The classes whose rows `force_insert` demands to be new."""
    from .metaclass import ModelBase

    if force_insert is False:
        return ()
    if force_insert is True:
        return (cls,)
    if not isinstance(force_insert, tuple):
        raise TypeError("force_insert must be a bool or tuple.")
    members: tuple[Any, ...] = force_insert
    for member in members:
        if not isinstance(member, ModelBase):
            raise TypeError(f"Invalid force_insert member. {member!r} must be a model subclass.")
        if not issubclass(cls, member):
            raise TypeError(
                f"Invalid force_insert member. {member.__qualname__} must be a base of "
                f"{cls.__qualname__}."
            )
    return members


def save_arguments(
    obj: Any, force_insert: Any, force_update: bool, using: str | None, update_fields: Any
) -> dict[str, Any] | None:
    """Check the arguments of `save` and settle them; `None` means there is nothing to do.

    Raises:
        ValueError: The arguments contradict each other or name what cannot be updated.
    """
    from fastjango.orm import router

    prepare_related_fields(obj, "save")
    using = using or router.db_for_write(obj.__class__, instance=obj)
    if force_insert and (force_update or update_fields):
        raise ValueError("Cannot force both insert and updating in model saving.")
    opts = obj._meta
    present = obj.__dict__
    if update_fields is not None:
        if not update_fields:
            return None
        update_fields = frozenset(update_fields)
        unknown = update_fields.difference(opts._non_pk_concrete_field_names)
        if unknown:
            raise ValueError(
                "The following fields do not exist in this model, are m2m fields, primary keys, or "
                f"are non-concrete fields: {', '.join(unknown)}"
            )
    elif not force_insert and using == obj._state.db and obj._is_pk_set():
        # Columns that were not fetched must not be written.
        columns = [field for field in opts.concrete_fields if not field.generated]
        if any(field.attname not in present for field in columns):
            keys = opts.pk_fields
            loaded = {
                field.attname
                for field in opts.concrete_fields
                if field not in keys and (field.generated or field.attname in present)
            }
            if loaded:
                update_fields = frozenset(loaded)
    return {
        "using": using,
        "force_insert": force_insert,
        "force_update": force_update,
        "update_fields": update_fields,
    }


def save_steps(
    obj: Any,
    *,
    force_insert: Any = False,
    force_update: bool = False,
    using: str | None = None,
    update_fields: Any = None,
) -> Any:
    """Steps of `Model.save`."""
    arguments = save_arguments(obj, force_insert, force_update, using, update_fields)
    if arguments is not None:
        yield from save_base_steps(obj, **arguments)


def save_base_steps(
    obj: Any,
    raw: bool = False,
    force_insert: Any = False,
    force_update: bool = False,
    using: str | None = None,
    update_fields: Any = None,
    missed: bool = False,
) -> Any:
    """Steps of `Model.save_base`: signals around the writing of every table.

    Args:
        raw: Write the values as they are, and only this model's own table (fixtures).
        missed: The UPDATE was tried just now and found no row.
    """
    from fastjango.orm import router

    from .engine.statement import with_atomic
    from .signals import post_save, pre_save

    using = using or router.db_for_write(obj.__class__, instance=obj)
    assert not (force_insert and (force_update or update_fields))
    assert update_fields is None or update_fields
    origin = obj.__class__
    cls = origin._meta.concrete_model if origin._meta.proxy else origin
    opts = cls._meta
    send = not opts.auto_created
    sent: dict[str, Any] = {
        "instance": obj,
        "raw": raw,
        "using": using,
        "update_fields": update_fields,
    }
    if send:
        yield from signal_step(pre_save, origin, **sent)
    if update_fields is None:
        yield from _load_rest(obj)
    writer = _Writer(obj, raw, using, update_fields, missed)
    steps = writer.write(cls, force_insert, force_update)
    if opts.parents:
        updated = yield from with_atomic(steps, using=using, savepoint=False)
    else:
        updated = yield from marking_for_rollback(steps, using)
    obj._state.db = using
    obj._state.adding = False
    if send:
        yield from signal_step(post_save, origin, created=not updated, **sent)


def _load_rest(obj: Any) -> Any:
    """Await the columns that were not fetched, where all are written; else they load when read."""
    from .engine.statement import Call

    missing = [
        field.attname
        for field in obj._meta.concrete_fields
        if field.attname not in obj.__dict__ and not field.generated
    ]
    if missing and obj._is_pk_set():
        yield Call(lambda: None, lambda: obj.arefresh_from_db(fields=missing))


def marking_for_rollback(steps: Any, using: str) -> Any:
    """Run one statement's steps; an error dooms the transaction around them, if there is one."""
    try:
        return (yield from steps)
    except Exception as raised:
        from .engine.atomic import mark_for_rollback

        mark_for_rollback(using, raised)
        raise


class _Writer:
    """Writes one instance to the tables of its classes."""

    def __init__(
        self, obj: Any, raw: bool, using: str, update_fields: Any, missed: bool = False
    ) -> None:
        self.obj = obj
        self.raw = raw
        self.using = using
        self.update_fields = update_fields
        self.missed = missed

    def write(self, cls: Any, force_insert: Any, force_update: bool) -> Any:
        """Parents first, then the table of `cls`; tells whether that was an update."""
        parent_inserted = False
        if not self.raw:
            force_insert = validate_force_insert(type(self.obj), force_insert)
            parent_inserted = yield from self._parents(cls, force_insert, {})
        return (yield from self._table(cls, bool(force_insert) or parent_inserted, force_update))

    def _parents(self, cls: Any, force_insert: tuple[Any, ...], done: dict[Any, bool]) -> Any:
        obj = self.obj
        inserted = False
        for parent, link in cls._meta.parents.items():
            key = parent._meta.pk.attname
            if link and getattr(obj, key) is None and getattr(obj, link.attname) is not None:
                setattr(obj, key, getattr(obj, link.attname))
            if parent not in done:
                above = yield from self._parents(parent, force_insert, done)
                forced = above or issubclass(parent, force_insert)
                done[parent] = yield from self._table(parent, forced, False, parent_table=True)
            if not done[parent]:
                inserted = True
            if link:
                setattr(obj, link.attname, obj._get_pk_val(parent._meta))
                if link.is_cached(obj):
                    link.delete_cached_value(obj)
        return inserted

    def _table(
        self, cls: Any, force_insert: bool, force_update: bool, parent_table: bool = False
    ) -> Any:
        """Write one table; tells whether a row was updated (else one was inserted)."""
        obj, opts = self.obj, cls._meta
        raw = self.raw and not parent_table
        if not obj._is_pk_set(opts) and not _by_database(getattr(obj, opts.pk.attname)):
            setattr(obj, opts.pk.attname, opts.pk.get_pk_value_on_save(obj))
        pk_set = obj._is_pk_set(opts)
        if not pk_set and (force_update or self.update_fields):
            raise ValueError("Cannot force an update in save() with no primary key.")
        # A new object whose key was made here has no row yet: no update need be tried.
        if (
            not raw
            and not force_insert
            and not force_update
            and obj._state.adding
            and all(field.has_default() or field.has_db_default() for field in opts.pk_fields)
        ):
            force_insert = True
        if pk_set and not force_insert:
            updated = not self.missed and (yield from self._update(cls, raw, force_update))
            if updated:
                return True
            if force_update:
                raise obj.NotUpdated("Forced update did not affect any rows.")
            if self.update_fields:
                raise obj.NotUpdated("Save with update_fields did not affect any rows.")
        yield from self._insert(cls, raw, pk_set)
        return False

    def _update(self, cls: Any, raw: bool, force_update: bool) -> Any:
        from .query.dml import update_pk_steps

        obj, opts, names = self.obj, cls._meta, self.update_fields
        keys = opts.pk_fields
        fields = [f for f in opts.local_concrete_fields if f not in keys and not f.generated]
        if names:
            fields = [f for f in fields if f.name in names or f.attname in names]
        values: list[tuple[Any, None, Any]] = [
            (f, None, getattr(obj, f.attname) if raw else f.pre_save(obj, False)) for f in fields
        ]
        if not values:
            # Nothing of this table is to be written; without `update_fields`, is the row there?
            return names is not None or (yield from self._row_exists_steps(cls))
        returning = [
            f
            for f in opts.local_concrete_fields
            if f.generated and f.referenced_fields.intersection(fields)
        ]
        for field, _model, value in values:
            if hasattr(value, "resolve_expression"):
                returning.append(field)
        # The class of the object decides: a proxy may ask for it where its base does not.
        if obj._meta.select_on_save and not (names or force_update):
            if not (yield from self._row_exists_steps(cls)):
                return False
            results = yield from update_pk_steps(
                cls, obj._get_pk_val(opts), values, using=self.using, returning_fields=returning
            )
            if not results and not (yield from self._row_exists_steps(cls)):
                return False
        else:
            results = yield from update_pk_steps(
                cls, obj._get_pk_val(opts), values, using=self.using, returning_fields=returning
            )
            if not results:
                return False
        self._assign(results[0] if results else (), returning)
        return True

    def _row_exists_steps(self, cls: Any) -> Any:
        rows = cls._base_manager.using(self.using).filter(pk=self.obj._get_pk_val(cls._meta))
        return (yield from rows._exists_steps())

    def _insert(self, cls: Any, raw: bool, pk_set: bool) -> Any:
        from fastjango.orm import connections

        from .query.dml import insert_steps

        obj, opts = self.obj, cls._meta
        if opts.order_with_respect_to:
            yield from self._next_order(cls)
        fields = [
            f
            for f in opts.local_concrete_fields
            if not f.generated and (pk_set or f is not opts.auto_field)
        ]
        returning = list(opts.db_returning_fields)
        can_return = connections[self.using].features.can_return_columns_from_insert
        for field in fields:
            value = getattr(obj, field.attname) if raw else field.pre_save(obj, add=True)
            if hasattr(value, "resolve_expression"):
                if field not in returning:
                    returning.append(field)
            elif (
                field.db_returning
                and not can_return
                and not (pk_set and field is opts.auto_field)
                and field in returning
            ):
                returning.remove(field)
        results = yield from insert_steps(
            cls, [obj], fields=fields, returning_fields=returning, using=self.using, raw=raw
        )
        if results:
            self._assign(results[0], returning)

    def _next_order(self, cls: Any) -> Any:
        from .fields.numbers import IntegerField
        from .query.aggregates import Max
        from .query.expressions import ExpressionWrapper, Value
        from .query.functions import Coalesce

        condition = cls._meta.order_with_respect_to.get_filter_kwargs_for_object(self.obj)
        following: Any = ExpressionWrapper(Max("_order") + Value(1), output_field=IntegerField())
        rows = cls._base_manager.using(self.using).filter(**condition)
        found = yield from rows._aggregate_steps(_order__max=Coalesce(following, Value(0)))
        self.obj._order = found["_order__max"]

    def _assign(self, values: Iterable[Any], fields: Iterable[Any]) -> None:
        """Take over values from the database; those it did not return are forgotten as stale."""
        rest = iter(fields)
        for value, field in zip(values, rest, strict=False):
            setattr(self.obj, field.attname, value)
        for field in rest:
            self.obj.__dict__.pop(field.attname, None)


def _by_database(value: object) -> bool:
    from .query.expressions import DatabaseDefault

    return isinstance(value, DatabaseDefault)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a blocking function in a worker thread, or in a test client's thread of the test."""
    import asyncio
    from functools import partial

    from fastjango.core.aio import thread_runner

    call = partial(function, *args, **kwargs)
    runner = thread_runner.get()
    return await (asyncio.to_thread(call) if runner is None else runner(call))
