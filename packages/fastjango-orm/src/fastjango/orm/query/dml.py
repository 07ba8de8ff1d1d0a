"""Single INSERT, UPDATE and DELETE statements, as steps for saving and deleting."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.runner import current_edge
from fastjango.orm.engine.statement import Statement
from fastjango.orm.query.constants import GET_ITERATOR_CHUNK_SIZE, ROW_COUNT
from fastjango.orm.query.operations import (
    apply_filter,
    apply_update,
    filter_key,
    filter_static,
    update_key,
    update_static,
)
from fastjango.orm.query.plans import root_shape
from fastjango.orm.query.slots import OutOfPlan
from fastjango.orm.query.sql import DeleteQuery, InsertQuery, UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["delete_in_steps", "insert_steps", "update_in_steps", "update_pk_steps"]


def insert_steps(
    model: Any,
    objs: Sequence[Any],
    *,
    fields: Sequence[Any],
    returning_fields: Sequence[Any] = (),
    using: str,
    raw: bool = False,
    on_conflict: Any = None,
    update_fields: Sequence[Any] | None = None,
    unique_fields: Sequence[Any] | None = None,
) -> Steps[list[Any]]:
    """Insert objects into the model's own table.

    Args:
        model: The model.
        objs: The objects.
        fields: The fields to write.
        returning_fields: The fields whose stored values are wanted.
        using: The database alias.
        raw: Whether to take the attributes as they are, without `pre_save`.
        on_conflict: What to do with rows that break a unique constraint.
        update_fields: The fields that such a row updates.
        unique_fields: The fields of that constraint.

    Returns:
        One row of returned values per object; nothing if the database returns none.
    """
    query = InsertQuery(
        model, on_conflict=on_conflict, update_fields=update_fields, unique_fields=unique_fields
    )
    query.insert_values(fields, objs, raw=raw)
    compiler = query.get_compiler(using=using)
    return (yield from compiler.insert_steps(list(returning_fields) or None))  # type: ignore[no-any-return]  # operands are dynamic


def update_pk_steps(
    model: Any,
    pk: Any,
    values: Sequence[tuple[Any, Any, Any]],
    *,
    using: str,
    returning_fields: Sequence[Any] = (),
) -> Steps[list[Any]]:
    """Update one row of the model's own table.

    Args:
        model: The model.
        pk: The row's key.
        values: What to set, as (field, None, value).
        using: The database alias.
        returning_fields: The fields whose stored values are wanted.

    Returns:
        One row of returned values if the row exists, else nothing.
    """
    if not returning_fields:
        planned = _planned_update(model, pk, values, using)
        if planned is not None:
            result = yield planned
            return [()] * int(result.rowcount)
    query = UpdateQuery(model)
    query.add_filter("pk", pk)
    query.add_update_fields(values)
    compiler = query.get_compiler(using)
    if returning_fields:
        return (yield from compiler.execute_returning_steps(list(returning_fields)))  # type: ignore[no-any-return]  # operands are dynamic
    count = yield from compiler.execute_steps(ROW_COUNT)
    return [()] * int(count or 0)


def _planned_update(
    model: Any, pk: Any, values: Sequence[tuple[Any, Any, Any]], using: str
) -> Statement | None:
    """Return the statement of an update by key from its plan, if there is one."""
    rows = filter_key(False, (), {"pk": pk})
    changes = update_key({field.name: value for field, _, value in values})
    if rows is None or changes is None:
        return None
    shape = root_shape(model).after(
        rows, apply_filter, lambda: filter_static(False, (), {"pk": pk})
    )
    if shape is None:
        return None
    following = shape.after(
        changes,
        apply_update,
        lambda: update_static({field.name: value for field, _, value in values}),
    )
    if following is None:
        return None
    try:
        bound = (*shape.prepared(rows[1]), *changes[1])
        plan = following.plan("update", using, current_edge(using), bound)
        params = None if plan is None else plan.bind(bound)
    except OutOfPlan:
        return None
    if plan is None or params is None:
        return None
    return Statement(plan.sql, params, "none", kind="write", using=using)


def delete_in_steps(model: Any, field: Any, values: Sequence[Any], *, using: str) -> Steps[int]:
    """Delete the rows in which a field has one of the values.

    Returns:
        How many rows were deleted.
    """
    deleted = 0
    for offset in range(0, len(values), GET_ITERATOR_CHUNK_SIZE):
        keys = list(values[offset : offset + GET_ITERATOR_CHUNK_SIZE])
        planned = _planned_delete(model, field, keys, using)
        if planned is not None:
            deleted += int((yield planned).rowcount)
        else:
            deleted += yield from DeleteQuery(model).delete_batch_steps(keys, using, field)
    return deleted


def _planned_delete(model: Any, field: Any, keys: list[Any], using: str) -> Statement | None:
    """Return the statement of a deletion by keys from its plan, if there is one."""
    if model._meta.parents or model._meta.is_composite_pk:
        return None
    condition = {f"{field.attname}__in": keys}
    rows = filter_key(False, (), condition)
    if rows is None:
        return None
    shape = root_shape(model).after(rows, apply_filter, lambda: filter_static(False, (), condition))
    if shape is None:
        return None
    try:
        bound = shape.prepared(rows[1])
        plan = shape.plan("delete", using, current_edge(using), bound)
        params = None if plan is None else plan.bind(bound)
    except OutOfPlan:
        return None
    if plan is None or params is None:
        return None
    return Statement(plan.sql, params, "none", kind="write", using=using)


def update_in_steps(
    model: Any, field: Any, pk_list: Sequence[Any], values: Mapping[str, Any], *, using: str
) -> Steps[int]:
    """Set fields on the rows in which a field has one of the values.

    Returns:
        How many rows were matched.
    """
    updated = 0
    keys = list(pk_list)
    for offset in range(0, len(keys), GET_ITERATOR_CHUNK_SIZE):
        query = UpdateQuery(model)
        query.add_update_values(values)
        query.add_filter(f"{field.name}__in", keys[offset : offset + GET_ITERATOR_CHUNK_SIZE])
        updated += int((yield from query.get_compiler(using).execute_steps(ROW_COUNT)) or 0)
    return updated
