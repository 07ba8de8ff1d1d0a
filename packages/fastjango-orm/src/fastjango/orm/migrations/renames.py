"""Finds models and fields that were renamed, by asking; never by guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import operations
from .comparison import deconstruct_field, without_targets
from .references import resolve_relation

if TYPE_CHECKING:
    from .changes import ChangeFinder

__all__ = ["find_renamed_fields", "find_renamed_models"]

Key = tuple[str, str]


def _said(finder: ChangeFinder, old: tuple[str, ...], new_name: str) -> bool | None:
    return finder.questioner.renames.answer(old, new_name)


def find_renamed_models(finder: ChangeFinder) -> None:
    """Plan a `RenameModel` for each model that was renamed.

    A model that is gone and one that is new in the same app are asked about when their fields are
    the same; a rename given on the command line needs no likeness.
    """
    added = sorted(finder.new_models - finder.old_models)
    for label, name in added:
        state = finder.to_state.models[label, name]
        removed = sorted(key for key in finder.old_models - finder.new_models if key[0] == label)
        for old_key in removed:
            old_state = finder.from_state.models[old_key]
            said = _said(finder, (label, old_state.name), state.name)
            if said is False:
                continue
            alike = without_targets(old_state.fields.items()) == without_targets(
                state.fields.items()
            )
            if not said and not (alike and finder.questioner.ask_rename_model(old_state, state)):
                continue
            dependencies = [
                dependency
                for field in state.fields.values()
                if field.is_relation and field.remote_field
                for dependency in finder.relation_dependencies(label, name, field)
            ]
            finder.plan(label, operations.RenameModel(old_state.name, state.name), dependencies)
            finder.renamed_models[label, name] = old_key[1]
            finder.renamed_labels[f"{label}.{old_key[1]}"] = f"{label}.{name}"
            finder.old_models.discard(old_key)
            finder.old_models.add((label, name))
            break


def find_renamed_fields(finder: ChangeFinder) -> None:
    """Plan a `RenameField` for each field that was renamed."""
    for label, model, name in sorted(finder.new_fields - finder.old_fields):
        old_key = finder.old_key(label, model)
        old_state = finder.from_state.models[old_key]
        state = finder.to_state.models[label, model]
        field = state.get_field(name)
        meaning = _meaning(finder, field, (label, model))
        candidates = sorted(
            other
            for other_label, other_model, other in finder.old_fields - finder.new_fields
            if (other_label, other_model) == (label, model)
        )
        for old_name in candidates:
            said = _said(finder, (label, state.name, old_name), name)
            if said is False:
                continue
            old_field = old_state.get_field(old_name)
            alike = _alike(finder, old_field, meaning, old_name, (label, old_key[1]))
            if not said and not (
                alike
                and (
                    (old_field.db_column is not None and old_field.db_column == field.db_column)
                    or finder.questioner.ask_rename(state.name, old_name, name, field)
                )
            ):
                continue
            _plan_field_rename(finder, (label, model, old_name, name), old_field, field)
            break


def _meaning(finder: ChangeFinder, field: Any, holder: Key) -> Any:
    """A field broken down, with its target said as in the old state."""
    path, args, kwargs = deconstruct_field(field)
    return path, args, _old_targets(finder, dict(kwargs), holder)


def _old_targets(finder: ChangeFinder, kwargs: dict[str, Any], holder: Key) -> dict[str, Any]:
    target = kwargs.get("to")
    if isinstance(target, str) and target != "self" and "." in target:
        label, name = resolve_relation(target, *holder)
        old = finder.renamed_models.get((label, name))
        kwargs["to"] = f"{label}.{old}" if old else f"{label}.{name}"
    return kwargs


def _alike(finder: ChangeFinder, old_field: Any, meaning: Any, old_name: str, holder: Key) -> bool:
    path, args, kwargs = deconstruct_field(old_field)
    old_kwargs = dict(kwargs)
    target = old_kwargs.get("to")
    if isinstance(target, str) and target != "self" and "." in target:
        old_kwargs["to"] = ".".join(resolve_relation(target, *holder))
    if (path, args, old_kwargs) == tuple(meaning):
        return True
    # A column kept under its old name by db_column is the same column.
    new_kwargs = dict(meaning[2])
    kept = new_kwargs.pop("db_column", None)
    return kept == old_name and (path, args, old_kwargs) == (meaning[0], meaning[1], new_kwargs)


def _plan_field_rename(
    finder: ChangeFinder, names: tuple[str, str, str, str], old_field: Any, field: Any
) -> None:
    label, model, old_name, new_name = names
    state = finder.to_state.models[label, model]
    if old_field.db_column != field.db_column and field.db_column == old_name:
        # Say first that the column keeps its name, so that the rename touches no column.
        altered = old_field.clone()
        altered.name = altered.db_column = field.db_column
        finder.plan(label, operations.AlterField(state.name, old_name, altered))
    finder.plan(label, operations.RenameField(state.name, old_name, new_name))
    finder.renamed_fields[label, model, new_name] = old_name
    finder.old_fields.discard((label, model, old_name))
    finder.old_fields.add((label, model, new_name))
