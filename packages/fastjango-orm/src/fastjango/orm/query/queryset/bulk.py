"""Inserting and updating many objects with few statements."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any, Generic

from fastjango.orm.constants import OnConflict
from fastjango.orm.construction import stores_plainly
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import with_atomic
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.aggregates import Max
from fastjango.orm.query.expressions import Case, DatabaseDefault, Value, When
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.functions.comparison import Cast
from fastjango.orm.query.q import Q
from fastjango.orm.query.queryset.core import marked
from fastjango.orm.query.queryset.writing import Writing
from fastjango.orm.query.sql import InsertQuery
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["BulkWriting"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


def _inserted(
    objs: Sequence[Any], returning: Sequence[Any], rows: Sequence[Any], using: str
) -> None:
    """Tell objects that their rows were inserted, and what the database gave back for them."""
    names = [field.attname for field in returning]
    if not objs:
        return
    model: Any = type(objs[0])
    if (
        len(names) == 1
        and model.__setattr__ is object.__setattr__
        and stores_plainly(model, names[0])
    ):
        (name,) = names
        for obj, values in zip(objs, rows, strict=False):
            obj.__dict__[name] = values[0]
    else:
        for obj, values in zip(objs, rows, strict=False):
            for name, value in zip(names, values, strict=False):
                setattr(obj, name, value)
    for obj in objs:
        state = obj._state
        state.adding = False
        state.db = using


class BulkWriting(Writing[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that writes many objects at once."""

    # -- inserting ---------------------------------------------------------------------

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

    # -- updating ----------------------------------------------------------------------

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
