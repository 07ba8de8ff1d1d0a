"""Plans the addition, removal and alteration of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import operations
from .comparison import deconstruct_field
from .dependencies import DependencyType, OperationDependency
from .references import resolve_relation
from .renamed import names_in

if TYPE_CHECKING:
    from .changes import ChangeFinder

__all__ = ["plan_added_fields", "plan_altered_fields", "plan_removed_fields"]

_Kind = DependencyType


def plan_removed_fields(finder: ChangeFinder) -> None:
    """Plan a `RemoveField` for every field that is gone."""
    for label, model, name in sorted(finder.old_fields - finder.new_fields):
        _plan_removed(finder, label, model, name)


def _plan_removed(finder: ChangeFinder, label: str, model: str, name: str) -> None:
    state = finder.to_state.models[label, model]
    finder.plan(
        label,
        operations.RemoveField(state.name, name),
        [
            OperationDependency(label, model, name, _Kind.REMOVE_ORDER_WRT),
            OperationDependency(label, model, name, _Kind.ALTER_FOO_TOGETHER),
            OperationDependency(label, model, name, _Kind.REMOVE_INDEX_OR_CONSTRAINT),
        ],
    )


def plan_added_fields(finder: ChangeFinder) -> None:
    """Plan an `AddField` for every new field."""
    for label, model, name in sorted(finder.new_fields - finder.old_fields):
        _plan_added(finder, label, model, name)


def _has_value(field: Any) -> bool:
    """Whether existing rows of a new column get a value without anybody being asked."""
    from fastjango.orm.fields import NOT_PROVIDED

    return bool(
        field.null
        or field.has_default()
        or getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
        or field.many_to_many
        or getattr(field, "generated", False)
        or (field.blank and field.empty_strings_allowed)
    )


def _plan_added(finder: ChangeFinder, label: str, model: str, name: str) -> None:
    from fastjango.orm import models

    state = finder.to_state.models[label, model]
    field = state.get_field(name)
    dependencies = [OperationDependency(label, model, name, _Kind.REMOVE)]
    if field.remote_field and field.remote_field.model:
        dependencies += finder.relation_dependencies(label, model, field)
    if getattr(field, "generated", False):
        dependencies += _generated_dependencies(finder, label, model, field)
    preserve_default = _has_value(field)
    if not preserve_default:
        field = field.clone()
        temporal = isinstance(field, models.DateField | models.TimeField)
        if (temporal and field.auto_now_add) or (temporal and field.auto_now):
            field.default = finder.questioner.ask_auto_now_add_addition(name, state.name)
        else:
            field.default = finder.questioner.ask_not_null_addition(name, state.name)
    elif field.unique and field.has_default() and callable(field.default):
        finder.questioner.ask_unique_callable_default_addition(name, state.name)
    finder.plan(
        label,
        operations.AddField(state.name, name, field, preserve_default),
        list(dict.fromkeys(dependencies)),
    )


def _generated_dependencies(
    finder: ChangeFinder, label: str, model: str, field: Any
) -> list[OperationDependency]:
    """The fields of the same model that a generated one reads."""
    added = finder.new_fields - finder.old_fields
    return [
        OperationDependency(label, model, name, _Kind.CREATE)
        for name in sorted(names_in(field.expression))
        if (label, model, name) in added
    ]


def plan_altered_fields(finder: ChangeFinder) -> None:
    """Plan an `AlterField` for every field that means something else than before."""
    for label, model, name in sorted(finder.old_fields & finder.new_fields):
        _plan_altered(finder, label, model, name)


def _plan_altered(finder: ChangeFinder, label: str, model: str, name: str) -> None:
    from fastjango.orm.fields import NOT_PROVIDED

    old_state, state = finder.pair(label, model)
    old_name = finder.old_field_name(label, model, name)
    old, new = old_state.get_field(old_name), state.get_field(name)
    dependencies: list[OperationDependency] = []
    old_parts, new_parts = deconstruct_field(old), deconstruct_field(new)
    if old.remote_field and new.remote_field:
        new_parts = _with_renames_undone(finder, (label, model), new_parts)
        old_parts = _normalized(old_parts, (label, old_state.name_lower))
        dependencies += finder.relation_dependencies(label, model, new)
    if old_name != name and new.db_column == old_name:
        # A rename that keeps the column: the AlterField before it said so.
        old_parts[2]["db_column"] = old_name
    if old_parts == new_parts:
        return
    if old.many_to_many != new.many_to_many:
        # One has a column, the other a join table: neither can become the other.
        _plan_removed(finder, label, model, name)
        _plan_added(finder, label, model, name)
        return
    preserve_default = True
    field = new
    if old.null and not new.null and not new.many_to_many:
        has_value = new.has_default() or (
            getattr(new, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
        )
        if not has_value:
            value = finder.questioner.ask_not_null_alteration(name, state.name)
            if value is not NOT_PROVIDED:
                field = new.clone()
                field.default = value
                preserve_default = False
    finder.plan(
        label,
        operations.AlterField(state.name, name, field, preserve_default),
        list(dict.fromkeys(dependencies)),
    )


def _normalized(parts: Any, holder: tuple[str, str]) -> Any:
    """A broken-down relation with its targets as lower-case labels."""
    path, args, kwargs = parts
    kwargs = dict(kwargs)
    for key in ("to", "through"):
        value = kwargs.get(key)
        if isinstance(value, str):
            kwargs[key] = ".".join(resolve_relation(value, *holder))
    return path, args, kwargs


def _with_renames_undone(finder: ChangeFinder, holder: tuple[str, str], parts: Any) -> Any:
    """A broken-down relation as it was said before this run's renames."""
    path, args, kwargs = _normalized(parts, holder)
    old_labels = {new: old for old, new in finder.renamed_labels.items()}
    for key in ("to", "through"):
        if kwargs.get(key) in old_labels:
            target = tuple(kwargs[key].split("."))
            kwargs[key] = old_labels[kwargs[key]]
            if key == "to" and kwargs.get("to_field"):
                renamed = finder.renamed_fields.get((*target, kwargs["to_field"]))
                kwargs["to_field"] = renamed or kwargs["to_field"]
        elif key == "to" and kwargs.get("to_field"):
            target = tuple(kwargs["to"].split("."))
            renamed = finder.renamed_fields.get((*target, kwargs["to_field"]))
            kwargs["to_field"] = renamed or kwargs["to_field"]
    return path, args, kwargs
