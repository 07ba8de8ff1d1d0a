"""Saving an instance by one prepared statement, where that is all it takes."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from .engine.atomic import mark_for_rollback
from .engine.runner import arun, arun_planned, run, run_planned
from .query.savers import inserted, planned_insert, planned_update
from .saving import save_base_steps

__all__ = ["aquick_save", "define_plain", "quick_save", "saves_plainly"]

_plain: dict[str, Any] = {}
"""The methods of `Model` that save, as it defines them itself."""


def define_plain(model: Any) -> None:
    """Take over the methods that save: `Model` calls this once."""
    _plain.update(save=model.save, asave=model.asave, save_base=model.save_base)


def saves_plainly(model: Any) -> bool:
    """Whether saving an object calls no code but `Model`'s."""
    return (
        model.save is _plain["save"]
        and model.asave is _plain["asave"]
        and model.save_base is _plain["save_base"]
    )


def planned_save(
    obj: Any, force_insert: Any, force_update: bool, using: str, update_fields: Any
) -> Any:
    """The one statement that saves an instance, and whether it inserts; see `query.savers`.

    Returns:
        Statement and flag, `None` if the instance must be saved step by step.
    """
    state = obj._state
    key = obj._meta.pk
    if force_insert or (
        state.adding and (key.has_default() or obj.__dict__.get(key.attname) is None)
    ):
        if force_update or update_fields is not None or type(force_insert) is not bool:
            return None
        statement = planned_insert(obj, using)
        return None if statement is None else (statement, True)
    if state.adding or (state.db != using and update_fields is None):
        return None
    if update_fields is not None and not update_fields:
        return None
    statement = planned_update(obj, using, update_fields)
    return None if statement is None else (statement, False)


def quick_save(
    obj: Any, force_insert: Any, force_update: bool, using: str, update_fields: Any
) -> bool:
    """Save an instance by one statement, if that is all it takes; tells whether it was."""
    planned = planned_save(obj, force_insert, force_update, using, update_fields)
    if planned is None:
        return False
    statement, inserts = planned
    try:
        result = run_planned(statement, using)
    except Exception as error:
        mark_for_rollback(using, error)
        raise
    if not _saved(obj, using, result, inserts):
        steps = save_base_steps(obj, False, False, force_update, using, update_fields, missed=True)
        run(steps, using, name="save", twin="asave")
    return True


async def aquick_save(
    obj: Any, force_insert: Any, force_update: bool, using: str, update_fields: Any
) -> bool:
    """Asynchronous twin of `quick_save`."""
    planned = planned_save(obj, force_insert, force_update, using, update_fields)
    if planned is None:
        return False
    statement, inserts = planned
    try:
        result = await arun_planned(statement, using)
    except Exception as error:
        mark_for_rollback(using, error)
        raise
    if not _saved(obj, using, result, inserts):
        steps = save_base_steps(obj, False, False, force_update, using, update_fields, missed=True)
        await arun(steps, using)
    return True


def _saved(obj: Any, using: str, result: Any, inserts: bool) -> bool:
    """Tell an instance that it was saved; false if there was no row to update."""
    if inserts:
        inserted(obj, using, result)
        return True
    if not result.rowcount:
        return False
    obj._state.db = using
    return True
