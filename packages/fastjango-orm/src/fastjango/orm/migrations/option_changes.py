"""Plans changes to a model's options, managers, tables, indexes and constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import operations
from .comparison import deep_deconstruct
from .dependencies import DependencyType, OperationDependency
from .operations.models import AlterModelOptions
from .renamed import names_in, renamed_item

if TYPE_CHECKING:
    from .changes import ChangeFinder

__all__ = [
    "IndexChanges",
    "plan_managers",
    "plan_options",
    "plan_order_with_respect_to",
    "plan_tables",
    "plan_together",
]

Key = tuple[str, str]
_Kind = DependencyType


def plan_options(finder: ChangeFinder) -> None:
    """Plan an `AlterModelOptions` where an option changed that only Python knows."""
    for label, model in finder.kept_of_any_kind():
        old, new = finder.pair(label, model)
        keys = AlterModelOptions.ALTER_OPTION_KEYS
        before = {key: value for key, value in old.options.items() if key in keys}
        after = {key: value for key, value in new.options.items() if key in keys}
        if deep_deconstruct(before) != deep_deconstruct(after):
            finder.plan(label, operations.AlterModelOptions(new.name, after))


def plan_managers(finder: ChangeFinder) -> None:
    """Plan an `AlterModelManagers` where the managers for migrations changed."""
    for label, model in finder.kept_models():
        old, new = finder.pair(label, model)
        if old.managers != new.managers:
            finder.plan(label, operations.AlterModelManagers(new.name, new.managers))


def plan_tables(finder: ChangeFinder) -> None:
    """Plan changes of table names and comments."""
    for label, model in finder.kept_of_any_kind():
        old, new = finder.pair(label, model)
        before, after = old.options.get("db_table"), new.options.get("db_table")
        if before != after:
            finder.plan(label, operations.AlterModelTable(new.name, after))
    for label, model in finder.kept_models():
        old, new = finder.pair(label, model)
        before, after = old.options.get("db_table_comment"), new.options.get("db_table_comment")
        if before != after:
            finder.plan(label, operations.AlterModelTableComment(new.name, after))


def plan_order_with_respect_to(finder: ChangeFinder) -> None:
    """Plan an `AlterOrderWithRespectTo` where the option changed."""
    for label, model in finder.kept_models():
        old, new = finder.pair(label, model)
        before = old.options.get("order_with_respect_to")
        after = new.options.get("order_with_respect_to")
        if before != after:
            dependencies = [OperationDependency(label, model, after, _Kind.CREATE)] if after else []
            finder.plan(label, operations.AlterOrderWithRespectTo(new.name, after), dependencies)


def plan_together(finder: ChangeFinder, removing: bool) -> None:
    """Plan changes of `unique_together`.

    Args:
        removing: Plan what takes groups away (to come before fields are removed), or what adds them
            (to come after fields are added).
    """
    for label, model in finder.kept_models():
        old, new = finder.pair(label, model)
        before = {
            tuple(_new_name(finder, label, model, name) for name in group)
            for group in old.options.get("unique_together") or ()
        }
        after = {tuple(group) for group in new.options.get("unique_together") or ()}
        if before == after:
            continue
        kept = before & after
        if removing:
            if kept != before:
                finder.plan(label, operations.AlterUniqueTogether(new.name, kept))
            continue
        if kept == after:
            continue
        dependencies: list[OperationDependency] = []
        for name in sorted({name for group in after for name in group}):
            dependencies.append(OperationDependency(label, model, name, _Kind.CREATE))
            field = new.get_field(name)
            if field.remote_field and field.remote_field.model:
                dependencies += finder.relation_dependencies(label, model, field)
        finder.plan(
            label,
            operations.AlterUniqueTogether(new.name, after),
            list(dict.fromkeys(dependencies)),
        )


def _new_name(finder: ChangeFinder, label: str, model: str, old_name: str) -> str:
    for (renamed_label, renamed_model, new_name), old in finder.renamed_fields.items():
        if (renamed_label, renamed_model, old) == (label, model, old_name):
            return new_name
    return old_name


def _with_new_names(finder: ChangeFinder, label: str, model: str, item: Any) -> Any:
    """An index or constraint of the old state with renamed fields under their new names."""
    for (renamed_label, renamed_model, new_name), old_name in finder.renamed_fields.items():
        if (renamed_label, renamed_model) == (label, model):
            item = renamed_item(item, old_name, new_name)
    return item


class IndexChanges:
    """What is to be done to the indexes and constraints of the models of both states."""

    def __init__(self, finder: ChangeFinder) -> None:
        self.finder = finder
        self.added: list[tuple[Key, Any]] = []
        self.removed: list[tuple[Key, Any]] = []
        self.renamed: list[tuple[Key, str, str]] = []
        self.added_constraints: list[tuple[Key, Any]] = []
        self.removed_constraints: list[tuple[Key, Any]] = []
        self.altered_constraints: list[tuple[Key, Any]] = []
        for key in sorted(
            (finder.old_models & finder.new_models) | (finder.old_unmanaged & finder.new_unmanaged)
        ):
            self._compare_indexes(key)
            self._compare_constraints(key)

    def _compare_indexes(self, key: Key) -> None:
        old_state, new_state = self.finder.pair(*key)

        def meaning(index: Any) -> Any:
            return deep_deconstruct(_with_new_names(self.finder, *key, index))

        old = [(index, meaning(index)) for index in old_state.options["indexes"]]
        new = [(index, deep_deconstruct(index)) for index in new_state.options["indexes"]]
        gone = [(i, parts) for i, parts in old if parts not in [p for _, p in new]]
        come = [(i, parts) for i, parts in new if parts not in [p for _, p in old]]
        for index, parts in come:
            twin = next((item for item in gone if _nameless(item[1]) == _nameless(parts)), None)
            if twin is None:
                self.added.append((key, index))
            else:
                gone.remove(twin)
                self.renamed.append((key, twin[0].name, index.name))
        self.removed += [(key, index) for index, _ in gone]

    def _compare_constraints(self, key: Key) -> None:
        old_state, new_state = self.finder.pair(*key)
        old = {item.name: item for item in old_state.options["constraints"]}
        new = {item.name: item for item in new_state.options["constraints"]}
        for name, constraint in new.items():
            before = old.get(name)
            if before is None:
                self.added_constraints.append((key, constraint))
                continue
            before_parts = deep_deconstruct(_with_new_names(self.finder, *key, before))
            after_parts = deep_deconstruct(constraint)
            if before_parts == after_parts:
                continue
            if _only_texts_differ(constraint, before_parts, after_parts):
                self.altered_constraints.append((key, constraint))
            else:
                self.removed_constraints.append((key, before))
                self.added_constraints.append((key, constraint))
        self.removed_constraints += [
            (key, constraint) for name, constraint in old.items() if name not in new
        ]

    def _name(self, key: Key) -> str:
        return self.finder.to_state.models[key].name

    def plan_removals(self) -> None:
        """Plan what goes, before the fields that it is on."""
        for key, constraint in self.removed_constraints:
            self.finder.plan(key[0], operations.RemoveConstraint(self._name(key), constraint.name))
        for key, index in self.removed:
            self.finder.plan(key[0], operations.RemoveIndex(self._name(key), index.name))

    def plan_renames(self) -> None:
        """Plan indexes that only have another name."""
        for key, old_name, new_name in self.renamed:
            self.finder.plan(
                key[0],
                operations.RenameIndex(self._name(key), new_name=new_name, old_name=old_name),
            )

    def plan_additions(self) -> None:
        """Plan what comes, after the fields that it is on."""
        for key, index in self.added:
            self.finder.plan(
                key[0], operations.AddIndex(self._name(key), index), self._waits(key, index)
            )
        for key, constraint in self.added_constraints:
            self.finder.plan(
                key[0],
                operations.AddConstraint(self._name(key), constraint),
                self._waits(key, constraint),
            )
        for key, constraint in self.altered_constraints:
            self.finder.plan(
                key[0],
                operations.AlterConstraint(self._name(key), constraint.name, constraint),
            )

    def _waits(self, key: Key, item: Any) -> list[OperationDependency]:
        """The models that relations under an index point at, and fields that come with it."""
        state = self.finder.to_state.models[key]
        found: list[OperationDependency] = []
        for bare in sorted(names_in(item)):
            found.append(OperationDependency(*key, bare, _Kind.CREATE))
            field = state.fields.get(bare)
            if field is not None and field.remote_field and field.remote_field.model:
                found += self.finder.relation_dependencies(*key, field)
        found.append(OperationDependency(*key, None, _Kind.CREATE))
        return list(dict.fromkeys(found))


def _nameless(parts: Any) -> Any:
    path, args, kwargs = parts
    return path, args, {key: value for key, value in kwargs.items() if key != "name"}


def _only_texts_differ(constraint: Any, before: Any, after: Any) -> bool:
    """Whether two constraints are the same for the database."""
    python_only = set(
        getattr(constraint, "non_db_attrs", ("violation_error_code", "violation_error_message"))
    )

    def stripped(parts: Any) -> Any:
        path, args, kwargs = parts
        return path, args, {k: v for k, v in kwargs.items() if k not in python_only}

    return bool(stripped(before) == stripped(after))
