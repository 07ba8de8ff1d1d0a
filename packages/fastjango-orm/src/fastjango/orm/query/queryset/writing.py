"""Operations that change rows."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any, Generic

from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.orm.constants import LOOKUP_SEP, OnConflict
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import with_atomic
from fastjango.orm.exceptions import IntegrityError, NotSupportedError
from fastjango.orm.names import resolve_callables
from fastjango.orm.query.aggregates import Max
from fastjango.orm.query.constants import ROW_COUNT
from fastjango.orm.query.expressions import Case, DatabaseDefault, Value, When
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.functions.comparison import Cast
from fastjango.orm.query.operations import (
    apply_order,
    apply_update,
    become_update,
    update_key,
    update_static,
)
from fastjango.orm.query.q import Q
from fastjango.orm.query.queryset.core import marked
from fastjango.orm.query.queryset.reading import Reading
from fastjango.orm.query.sql import DeleteQuery, InsertQuery, UpdateQuery
from fastjango.orm.quicksave import aquick_save, quick_save, saves_plainly
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastjango.orm.engine.statement import Statement, Steps

__all__ = ["Writing"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


def _changing_steps(statement: Statement) -> Steps[int]:
    """Run one statement; gives how many rows it changed."""
    result = yield statement
    return int(result.rowcount)


def _inserted(
    objs: Sequence[Any], returning: Sequence[Any], rows: Sequence[Any], using: str
) -> None:
    """Tell objects that their rows were inserted, and what the database gave back for them."""
    names = [field.attname for field in returning]
    for obj, values in zip(objs, rows, strict=False):
        for name, value in zip(names, values, strict=False):
            setattr(obj, name, value)
    for obj in objs:
        state = obj._state
        state.adding = False
        state.db = using


class Writing(Reading[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that writes."""

    # -- one object --------------------------------------------------------------------

    def _new(self, kwargs: Mapping[str, Any]) -> Any:
        """Return an unsaved object."""
        reverse = self.model._meta._reverse_one_to_one_field_names
        if reverse and not reverse.isdisjoint(kwargs):
            names = ", ".join(reverse.intersection(kwargs))
            raise ValueError(f"The following fields do not exist in this model: {names}")
        self._for_write = True
        return self.model(**kwargs)

    def _create_steps(self, **kwargs: Any) -> Steps[Any]:
        obj = self._new(kwargs)
        yield from self._save_new_steps(obj)
        return obj

    def _save_new_steps(self, obj: Any) -> Steps[None]:
        from fastjango.orm.base import call_save

        yield from call_save(obj, force_insert=True, using=self.db)
        obj._state.fetch_mode = self._fetch_mode

    @marked(alters_data=True)
    def create(self, **kwargs: Any) -> _Model:
        """Save a new object and return it."""
        self._for_write = True
        if is_loop_running():
            return run(self._create_steps(**kwargs), self.db, name="create", twin="acreate")  # type: ignore[no-any-return]  # operands are dynamic
        obj, alias = self._new(kwargs), self.db
        if saves_plainly(self.model) and quick_save(obj, True, False, alias, None):
            obj._state.fetch_mode = self._fetch_mode
        else:
            run(self._save_new_steps(obj), alias, name="create", twin="acreate")
        return obj  # type: ignore[no-any-return]  # operands are dynamic

    @marked(alters_data=True)
    async def acreate(self, **kwargs: Any) -> _Model:
        """Save a new object and return it."""
        self._for_write = True
        obj, alias = self._new(kwargs), self.db
        if saves_plainly(self.model) and await aquick_save(obj, True, False, alias, None):
            obj._state.fetch_mode = self._fetch_mode
        else:
            await arun(self._save_new_steps(obj), alias)
        return obj  # type: ignore[no-any-return]  # operands are dynamic

    def _extract_model_params(
        self, defaults: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, Any]:
        params = {name: value for name, value in kwargs.items() if LOOKUP_SEP not in name}
        params.update(defaults or {})
        meta = self.model._meta
        invalid: list[str] = []
        for name in params:
            try:
                meta.get_field(name)
            except FieldDoesNotExist:
                settable = name in meta._property_names and getattr(self.model, name).fset
                if not settable:
                    invalid.append(name)
        if invalid:
            names = "', '".join(sorted(invalid))
            raise FieldError(f"Invalid field name(s) for model {meta.object_name}: '{names}'.")
        return params

    def _get_or_create_steps(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Steps[tuple[Any, bool]]:
        self._for_write = True
        try:
            return (yield from self._get_steps(**kwargs)), False
        except self.model.DoesNotExist:
            params = self._extract_model_params(defaults, **kwargs)
        try:
            obj = yield from with_atomic(self._create_called_steps(params), using=self.db)
        except IntegrityError:
            # Somebody else may have created it in between.
            try:
                return (yield from self._get_steps(**kwargs)), False
            except self.model.DoesNotExist:
                pass
            raise
        return obj, True

    def _create_called_steps(self, params: dict[str, Any]) -> Steps[Any]:
        return (yield from self._create_steps(**dict(resolve_callables(params))))

    @marked(alters_data=True)
    def get_or_create(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[_Model, bool]:
        """Return the object that fulfils the lookups, or create it.

        Args:
            defaults: Further values of a new object; callables are called.
            **kwargs: The lookups.

        Returns:
            The object, and whether it was created.
        """
        self._for_write = True
        steps = self._get_or_create_steps(defaults, **kwargs)
        return run(steps, self.db, name="get_or_create", twin="aget_or_create")

    @marked(alters_data=True)
    async def aget_or_create(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[_Model, bool]:
        """Return the object that fulfils the lookups, or create it; see `get_or_create`."""
        self._for_write = True
        return await arun(self._get_or_create_steps(defaults, **kwargs), self.db)

    def _update_or_create_steps(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Steps[tuple[Any, bool]]:
        update_defaults = defaults or {}
        new = update_defaults if create_defaults is None else create_defaults
        self._for_write = True
        steps = self._update_found_steps(update_defaults, new, kwargs)
        return (yield from with_atomic(steps, using=self.db))

    def _update_found_steps(
        self,
        defaults: Mapping[str, Any],
        create_defaults: Mapping[str, Any],
        kwargs: dict[str, Any],
    ) -> Steps[tuple[Any, bool]]:
        from fastjango.orm.base import call_save

        locked = self.select_for_update()
        obj, created = yield from locked._get_or_create_steps(create_defaults, **kwargs)
        if created:
            return obj, created
        for name, value in resolve_callables(defaults):
            setattr(obj, name, value)
        meta = self.model._meta
        names = set(defaults)
        if not meta._non_pk_concrete_field_names.issuperset(names):
            yield from call_save(obj, using=self.db)
            return obj, False
        # Fields that set themselves on saving, such as auto_now, belong to the update.
        plain = field_classes.Field.pre_save
        for field in meta.local_concrete_fields:
            if field not in meta.pk_fields and field.__class__.pre_save is not plain:
                names.update((field.name, field.attname))
        yield from call_save(obj, using=self.db, update_fields=names)
        return obj, False

    @marked(alters_data=True)
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Model, bool]:
        """Update the object that fulfils the lookups, or create it, in one transaction.

        Args:
            defaults: Values to set; callables are called.
            create_defaults: Values of a new object, if they differ.
            **kwargs: The lookups.

        Returns:
            The object, and whether it was created.
        """
        self._for_write = True
        steps = self._update_or_create_steps(defaults, create_defaults, **kwargs)
        return run(steps, self.db, name="update_or_create", twin="aupdate_or_create")

    @marked(alters_data=True)
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Model, bool]:
        """Update the object that fulfils the lookups, or create it; see `update_or_create`."""
        self._for_write = True
        steps = self._update_or_create_steps(defaults, create_defaults, **kwargs)
        return await arun(steps, self.db)

    # -- many objects ------------------------------------------------------------------

    def _prepare_for_bulk_create(self, objs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Split the objects by whether their key is known."""
        meta = self.model._meta
        related = bool(meta.private_fields) or any(
            field.is_relation for field in meta.concrete_fields
        )
        pk = meta.pk
        name = None if meta.is_composite_pk else pk.attname
        makes_key = name is None or pk.has_default() or pk.has_db_default()
        with_pk: list[Any] = []
        without_pk: list[Any] = []
        for obj in objs:
            if related:
                obj._prepare_related_fields_for_save(operation_name="bulk_create")
            if not makes_key and obj.__dict__.get(name, name) is None:
                without_pk.append(obj)
                continue
            if isinstance(obj.pk, DatabaseDefault):
                without_pk.append(obj)
                continue
            if not obj._is_pk_set():
                obj.pk = obj._meta.pk.get_pk_value_on_save(obj)
            (with_pk if obj._is_pk_set() else without_pk).append(obj)
        return with_pk, without_pk

    def _check_bulk_create_options(
        self,
        ignore_conflicts: bool,
        update_conflicts: bool,
        update_fields: Sequence[Any] | None,
        unique_fields: Sequence[Any] | None,
    ) -> OnConflict | None:
        if ignore_conflicts and update_conflicts:
            raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
        features = connections[self.db].features
        if ignore_conflicts:
            if not features.supports_ignore_conflicts:
                raise NotSupportedError(
                    "This database backend does not support ignoring conflicts."
                )
            return OnConflict.IGNORE
        if not update_conflicts:
            return None
        if not features.supports_update_conflicts:
            raise NotSupportedError("This database backend does not support updating conflicts.")
        if not update_fields:
            raise ValueError(
                "Fields that will be updated when a row insertion fails "
                "on conflicts must be provided."
            )
        if unique_fields and not features.supports_update_conflicts_with_target:
            raise NotSupportedError(
                "This database backend does not support updating "
                "conflicts with specifying unique fields that can trigger the upsert."
            )
        if not unique_fields and features.supports_update_conflicts_with_target:
            raise ValueError("Unique fields that can trigger the upsert must be provided.")
        if any(not field.concrete for field in update_fields):
            raise ValueError(
                "bulk_create() can only be used with concrete fields in update_fields."
            )
        if any(field in self.model._meta.pk_fields for field in update_fields):
            raise ValueError("bulk_create() cannot be used with primary keys in update_fields.")
        if any(not field.concrete for field in unique_fields or ()):
            raise ValueError(
                "bulk_create() can only be used with concrete fields in unique_fields."
            )
        return OnConflict.UPDATE

    def _bulk_create_steps(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
    ) -> Steps[list[Any]]:
        if batch_size is not None and batch_size <= 0:
            raise ValueError("Batch size must be a positive integer.")
        meta = self.model._meta
        for parent in meta.all_parents:
            if parent._meta.concrete_model is not meta.concrete_model:
                raise ValueError("Can't bulk create a multi-table inherited model")
        objects = objs if isinstance(objs, list) else list(objs)
        if not objects:
            return objects
        self._for_write = True
        unique = [
            meta.get_field(meta.pk.name if name == "pk" else name) for name in unique_fields or ()
        ]
        update = [meta.get_field(name) for name in update_fields or ()]
        on_conflict = self._check_bulk_create_options(
            ignore_conflicts, update_conflicts, update, unique
        )
        objects = list(objects)
        with_pk, without_pk = self._prepare_for_bulk_create(objects)
        options = {
            "batch_size": batch_size,
            "on_conflict": on_conflict,
            "update_fields": update,
            "unique_fields": unique,
        }
        steps = self._insert_split_steps(objects, with_pk, without_pk, options)
        if with_pk and without_pk:
            steps = with_atomic(steps, using=self.db, savepoint=False)
        yield from steps
        return objects

    def _insert_split_steps(
        self,
        objects: list[Any],
        with_pk: list[Any],
        without_pk: list[Any],
        options: dict[str, Any],
    ) -> Steps[None]:
        meta = self.model._meta
        yield from self._order_with_respect_to_steps(objects)
        fields = [field for field in meta.concrete_fields if not field.generated]
        returning = meta.db_returning_fields
        using = self.db
        if with_pk:
            rows = yield from self._batched_insert_steps(with_pk, fields, **options)
            _inserted(with_pk, returning, rows, using)
        if without_pk:
            auto = field_classes.AutoField
            fields = [field for field in fields if not isinstance(field, auto)]
            rows = yield from self._batched_insert_steps(without_pk, fields, **options)
            # Where no keys come back nobody knows which of them are rows now.
            _inserted(without_pk[: len(rows)], returning, rows, using)

    def _order_with_respect_to_steps(self, objs: list[Any]) -> Steps[None]:
        """Give new objects the next places in their groups."""
        field = self.model._meta.order_with_respect_to
        if not objs or not field:
            return
        group_of = field.get_filter_kwargs_for_object
        names = list(group_of(objs[0]))
        groups = {id(obj): tuple(group_of(obj).values()) for obj in objs}
        conditions = [
            Q.create(list(zip(names, group, strict=True))) for group in set(groups.values())
        ]
        taken = (
            self.model._base_manager.using(self.db)
            .filter(reduce(operator.or_, conditions))
            .values_list(*names)
            .annotate(_order__max=Max("_order") + 1)
        )
        following: dict[Any, Any] = dict.fromkeys(groups.values(), 0)
        for *group, number in (yield from taken._fetch_steps()):
            following[tuple(group)] = number
        for obj in objs:
            if getattr(obj, "_order", None) is None:
                group = groups[id(obj)]
                obj._order = following[group]
                following[group] += 1

    def _insert_steps(
        self,
        objs: Sequence[Any],
        fields: Sequence[Any],
        returning_fields: Sequence[Any] | None = None,
        raw: bool = False,
        using: str | None = None,
        on_conflict: OnConflict | None = None,
        update_fields: Sequence[Any] | None = None,
        unique_fields: Sequence[Any] | None = None,
    ) -> Steps[list[Any]]:
        self._for_write = True
        query = InsertQuery(
            self.model,
            on_conflict=on_conflict,
            update_fields=update_fields,
            unique_fields=unique_fields,
        )
        query.insert_values(fields, objs, raw=raw)
        compiler = query.get_compiler(using=using or self.db)
        return (yield from compiler.insert_steps(returning_fields))  # type: ignore[no-any-return]  # operands are dynamic

    def _batched_insert_steps(
        self,
        objs: list[Any],
        fields: list[Any],
        batch_size: int | None,
        on_conflict: OnConflict | None = None,
        update_fields: Sequence[Any] | None = None,
        unique_fields: Sequence[Any] | None = None,
    ) -> Steps[list[Any]]:
        connection = connections[self.db]
        largest = max(connection.ops.bulk_batch_size(fields, objs), 1)
        size = min(batch_size, largest) if batch_size else largest
        returning = None
        if (
            connection.features.can_return_rows_from_bulk_insert
            and on_conflict is not OnConflict.IGNORE
        ):
            returning = self.model._meta.db_returning_fields
        batches = [objs[offset : offset + size] for offset in range(0, len(objs), size)]

        def insert() -> Steps[list[Any]]:
            rows: list[Any] = []
            for batch in batches:
                rows.extend(
                    (
                        yield from self._insert_steps(
                            batch,
                            fields,
                            returning_fields=returning,
                            using=self.db,
                            on_conflict=on_conflict,
                            update_fields=update_fields,
                            unique_fields=unique_fields,
                        )
                    )
                )
            return rows

        if len(batches) == 1:
            return (yield from insert())
        return (yield from with_atomic(insert(), using=self.db, savepoint=False))

    @marked(alters_data=True)
    def bulk_create(
        self,
        objs: Iterable[_Model],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
    ) -> list[_Model]:
        """Insert many objects with few statements; `save()` and signals are passed by.

        Args:
            objs: The objects.
            batch_size: Most objects per statement.
            ignore_conflicts: Skip rows that break a constraint; keys are not set then.
            update_conflicts: Update the row in the way instead.
            update_fields: The fields that such an update sets.
            unique_fields: The fields of the constraint, where the database asks for them.

        Returns:
            The objects as a list, with their keys where the database returns them.
        """
        self._for_write = True
        steps = self._bulk_create_steps(
            objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
        )
        return run(steps, self.db, name="bulk_create", twin="abulk_create")

    @marked(alters_data=True)
    async def abulk_create(
        self,
        objs: Iterable[_Model],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
    ) -> list[_Model]:
        """Insert many objects with few statements; see `bulk_create`."""
        self._for_write = True
        steps = self._bulk_create_steps(
            objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
        )
        return await arun(steps, self.db)

    def _bulk_update_fields(self, names: Iterable[str]) -> list[Any]:
        meta = self.model._meta
        fields = [meta.get_field(name) for name in names]
        if any(not field.concrete for field in fields):
            raise ValueError("bulk_update() can only be used with concrete fields.")
        keys = set(meta.pk_fields)
        for parent in meta.all_parents:
            keys.update(parent._meta.pk_fields)
        if any(field in keys for field in fields):
            raise ValueError("bulk_update() cannot be used with primary key fields.")
        return fields

    def _bulk_update_steps(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> Steps[int]:
        if batch_size is not None and batch_size <= 0:
            raise ValueError("Batch size must be a positive integer.")
        names = list(fields)
        if not names:
            raise ValueError("Field names must be given to bulk_update().")
        objects = tuple(objs)
        if not all(obj._is_pk_set() for obj in objects):
            raise ValueError("All bulk_update() objects must have a primary key set.")
        update = self._bulk_update_fields(names)
        if not objects:
            return 0
        for obj in objects:
            obj._prepare_related_fields_for_save(operation_name="bulk_update", fields=update)
        self._for_write = True
        connection = connections[self.db]
        pk = self.model._meta.pk
        largest = connection.ops.bulk_batch_size([pk, pk, *update], objects)
        size = min(batch_size, largest) if batch_size else largest
        casting = connection.features.requires_casted_case_in_updates
        batches = [objects[start : start + size] for start in range(0, len(objects), size)]
        queryset = self.using(self.db)

        def update_all() -> Steps[int]:
            total = 0
            for batch in batches:
                values = {field.attname: _case(batch, field, casting) for field in update}
                rows = queryset.filter(pk__in=[obj.pk for obj in batch])
                total += yield from rows._update_steps(values)
            return total

        return (yield from with_atomic(update_all(), using=self.db, savepoint=False))

    @marked(alters_data=True)
    def bulk_update(
        self, objs: Iterable[_Model], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Write the given fields of many objects with few statements.

        Returns:
            How many rows were matched.
        """
        self._for_write = True
        steps = self._bulk_update_steps(objs, fields, batch_size)
        return run(steps, self.db, name="bulk_update", twin="abulk_update")

    @marked(alters_data=True)
    async def abulk_update(
        self, objs: Iterable[_Model], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Write the given fields of many objects with few statements; see `bulk_update`."""
        self._for_write = True
        return await arun(self._bulk_update_steps(objs, fields, batch_size), self.db)

    # -- all rows of the query ---------------------------------------------------------

    def _update_steps(self, kwargs: Mapping[str, Any]) -> Steps[int]:
        self._not_support_combined_queries("update")
        if self._shape is not None and not self._shape.sliced:
            self._for_write = True
            planned = self._planned_update(kwargs)
            if planned is not None:
                result = yield planned
                self._result_cache = None
                return int(result.rowcount)
        if self.query.is_sliced:
            raise TypeError("Cannot update a query once a slice has been taken.")
        if self.query.distinct_fields:
            raise TypeError("Cannot call update() after .distinct(*fields).")
        self._for_write = True
        query = self.query.chain()
        become_update(query, kwargs)
        steps = query.get_compiler(self.db).execute_steps(ROW_COUNT)
        if query.related_updates:
            steps = with_atomic(steps, using=self.db, savepoint=False)
        rows = yield from steps
        self._result_cache = None
        return int(rows or 0)

    def _planned_update(self, kwargs: Mapping[str, Any]) -> Statement | None:
        found = update_key(kwargs)
        if found is None:
            return None
        following = self._shape.after(found, apply_update, lambda: update_static(kwargs))
        if following is None:
            return None
        planned = self._shape_statement(following, "update", self._plan_values + tuple(found[1]))
        return None if planned is None else planned[1]

    @marked(alters_data=True)
    def update(self, **kwargs: Any) -> int:
        """Set fields on all rows; `save()` and signals are passed by.

        Returns:
            How many rows were matched.
        """
        self._for_write = True
        return run(self._update_steps(kwargs), self.db, name="update", twin="aupdate")

    @marked(alters_data=True)
    async def aupdate(self, **kwargs: Any) -> int:
        """Set fields on all rows; see `update`."""
        self._for_write = True
        return await arun(self._update_steps(kwargs), self.db)

    @marked(alters_data=True, queryset_only=False)
    def _update(self, values: Any, returning_fields: Any = None) -> Any:
        """Set fields given as (field, model, value), for subclasses that save by themselves."""
        self._check_update_slice()
        self._for_write = True
        return run(self._update_fields_steps(values, returning_fields), self.db, name="_update")

    def _check_update_slice(self) -> None:
        if self.query.is_sliced:
            raise TypeError("Cannot update a query once a slice has been taken.")

    def _update_fields_steps(self, values: Any, returning_fields: Any = None) -> Steps[Any]:
        query = self.query.chain(UpdateQuery)
        query.add_update_fields(values)
        query.annotations = {}
        self._result_cache = None
        compiler = query.get_compiler(self.db)
        if returning_fields is None:
            return (yield from compiler.execute_steps(ROW_COUNT))
        return (yield from compiler.execute_returning_steps(returning_fields))

    def _delete_steps(self) -> Steps[tuple[int, dict[str, int]]]:
        from fastjango.orm.deletion import Collector

        planned = self._planned_delete()
        if planned is not None:
            count = yield from with_atomic(_changing_steps(planned), using=self.db, savepoint=False)
            self._result_cache = None
            return count, {self.model._meta.label: count} if count else {}
        self._not_support_combined_queries("delete")
        if self.query.is_sliced:
            raise TypeError("Cannot use 'limit' or 'offset' with delete().")
        if self.query.distinct_fields:
            raise TypeError("Cannot call delete() after .distinct(*fields).")
        if self._fields is not None:
            raise TypeError("Cannot call delete() after .values() or .values_list()")
        rows = self._chain()
        rows._for_write = True
        rows.query.select_for_update = False
        rows.query.select_related = False
        rows.query.clear_ordering(force=True)
        collector: Any = Collector(using=rows.db, origin=self)
        yield from collector.collect_steps(rows)
        deleted: tuple[int, dict[str, int]] = yield from collector.delete_steps()
        self._result_cache = None
        return deleted

    def _planned_delete(self) -> Statement | None:
        """Return the one DELETE that this takes, if nothing else depends on the rows."""
        from fastjango.orm.deletion import Collector

        if self._shape is None:
            return None
        self._for_write = True
        collector: Any = Collector(using=self.db, origin=self)
        return self._planned_raw_delete() if collector.can_fast_delete(self) else None

    def _planned_raw_delete(self) -> Statement | None:
        """Return the DELETE of all rows from its plan, if there is one."""
        shape = self._shape
        if shape is None or shape.sliced or self._fields is not None:
            return None
        unordered = shape.step(("order_by",), apply_order, ())
        if unordered is None:
            return None
        planned = self._shape_statement(unordered, "delete", self._plan_values)
        return None if planned is None else planned[1]

    @marked(alters_data=True, queryset_only=True)
    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete all rows, and what depends on them.

        Returns:
            How many rows were deleted, in all and by model.
        """
        self._for_write = True
        return run(self._delete_steps(), self.db, name="delete", twin="adelete")

    @marked(alters_data=True, queryset_only=True)
    async def adelete(self) -> tuple[int, dict[str, int]]:
        """Delete all rows, and what depends on them; see `delete`."""
        self._for_write = True
        return await arun(self._delete_steps(), self.db)

    def _raw_delete_steps(self, using: str) -> Steps[int]:
        planned = self._planned_raw_delete() if self.db == using else None
        if planned is not None:
            return int((yield planned).rowcount)
        query = self.query.clone()
        query.__class__ = DeleteQuery
        rows = yield from query.get_compiler(using).execute_steps(ROW_COUNT)
        return int(rows or 0)

    @marked(alters_data=True)
    def _raw_delete(self, using: str) -> int:
        """Delete all rows with one statement, passing cascades and signals by."""
        return run(self._raw_delete_steps(using), using, name="_raw_delete")


def _case(batch: Sequence[Any], field: Any, casting: bool) -> Any:
    """Return CASE WHEN pk = … THEN the object's value."""
    cases: list[When] = []
    for obj in batch:
        value = getattr(obj, field.attname)
        if not hasattr(value, "resolve_expression"):
            value = Value(value, output_field=field)
        cases.append(When(pk=obj.pk, then=value))
    case = Case(*cases, output_field=field)
    return Cast(case, output_field=field) if casting else case
