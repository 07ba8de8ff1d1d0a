"""Changing and deleting all rows of a query."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from fastjango.orm.engine.atomic import mark_for_rollback
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import with_atomic
from fastjango.orm.query.constants import ROW_COUNT
from fastjango.orm.query.operations import (
    apply_order,
    apply_update,
    become_update,
    update_key,
    update_static,
)
from fastjango.orm.query.queryset.core import marked
from fastjango.orm.query.queryset.reading import Reading
from fastjango.orm.query.sql import DeleteQuery, UpdateQuery
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastjango.orm.engine.statement import Statement, Steps

__all__ = ["Writing"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


def _changing_steps(statement: Statement) -> Steps[int]:
    """Run one statement; gives how many rows it changed."""
    result = yield statement
    return int(result.rowcount)


class Writing(Reading[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that changes and deletes the rows it describes."""

    # -- updating ----------------------------------------------------------------------

    def _update_steps(self, kwargs: Mapping[str, Any]) -> Steps[int]:
        self._not_support_combined_queries("update")
        if self._shape is not None and not self._shape.sliced:
            self._for_write = True
            planned = self._planned_update(kwargs)
            if planned is not None:
                try:
                    result = yield planned
                except Exception as error:
                    mark_for_rollback(self.db, error)
                    raise
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
        try:
            rows = yield from steps
        except Exception as error:
            mark_for_rollback(self.db, error)
            raise
        self._result_cache = None
        return int(rows or 0)

    def _planned_update(self, kwargs: Mapping[str, Any]) -> Statement | None:
        found = update_key(kwargs)
        if found is None:
            return None
        following = self._shape.after(found, apply_update, lambda: update_static(kwargs))
        if following is None:
            return None
        try:
            planned = self._shape_statement(following, "update", found[1])
        except Exception as error:
            mark_for_rollback(self.db, error)
            raise
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

    # -- deleting ----------------------------------------------------------------------

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
        planned = self._shape_statement(unordered, "delete")
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
