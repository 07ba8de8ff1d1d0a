"""Plans the operations that lead from one state of the models to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import operations
from .dependencies import OperationDependency, Planned, dependencies_of_relation
from .field_changes import plan_added_fields, plan_altered_fields, plan_removed_fields
from .model_changes import plan_created_models, plan_deleted_models
from .option_changes import (
    IndexChanges,
    plan_managers,
    plan_options,
    plan_order_with_respect_to,
    plan_tables,
    plan_together,
)
from .renames import find_renamed_fields, find_renamed_models

if TYPE_CHECKING:
    from .questioner import MigrationQuestioner
    from .state import ModelState, ProjectState

__all__ = ["ChangeFinder"]

Key = tuple[str, str]
FieldKey = tuple[str, str, str]


class ChangeFinder:
    """Collects operations, by app, in the order in which their kinds must come.

    Args:
        from_state: What the migrations say.
        to_state: What the models say.
        questioner: Answers what cannot be told from the two.

    Attributes:
        old_models: Managed models of the old state; a renamed one is under its new name.
        new_models: Managed models of the new state.
        old_fields: `(app, model, field)` of models in both states; renamed ones under new names.
        new_fields: The same of the new state.
        renamed_models: Old lower-case name of each renamed model.
        renamed_fields: Old name of each renamed field.
        renamed_labels: New `"app.model"` by old.
    """

    def __init__(
        self, from_state: ProjectState, to_state: ProjectState, questioner: MigrationQuestioner
    ) -> None:
        self.from_state = from_state
        self.to_state = to_state
        self.questioner = questioner
        self.planned: dict[str, list[Planned]] = {}
        self.renamed_models: dict[Key, str] = {}
        self.renamed_labels: dict[str, str] = {}
        self.renamed_fields: dict[FieldKey, str] = {}
        self.old_models: set[Key] = set()
        self.new_models: set[Key] = set()
        self.old_proxies: set[Key] = set()
        self.new_proxies: set[Key] = set()
        self.old_unmanaged: set[Key] = set()
        self.new_unmanaged: set[Key] = set()
        self.old_fields: set[FieldKey] = set()
        self.new_fields: set[FieldKey] = set()

    def find(self, convert_apps: set[str]) -> dict[str, list[Planned]]:
        """Plan everything and return it by app."""
        self._split_models(convert_apps)
        find_renamed_models(self)
        self._collect_fields()
        find_renamed_fields(self)
        plan_deleted_models(self)
        plan_created_models(self)
        plan_options(self)
        plan_managers(self)
        indexes = IndexChanges(self)
        indexes.plan_removals()
        indexes.plan_renames()
        plan_together(self, removing=True)
        plan_removed_fields(self)
        plan_added_fields(self)
        plan_altered_fields(self)
        plan_order_with_respect_to(self)
        plan_together(self, removing=False)
        indexes.plan_additions()
        plan_tables(self)
        return {label: items for label, items in self.planned.items() if items}

    # -- what there is ----------------------------------------------------------------------

    def _split_models(self, convert_apps: set[str]) -> None:
        for key, state in self.from_state.models.items():
            if not state.options.get("managed", True):
                self.old_unmanaged.add(key)
            elif key[0] not in self.from_state.real_apps:
                (self.old_proxies if state.options.get("proxy") else self.old_models).add(key)
        for key, state in self.to_state.models.items():
            if not state.options.get("managed", True):
                self.new_unmanaged.add(key)
            elif key[0] not in self.from_state.real_apps or key[0] in convert_apps:
                (self.new_proxies if state.options.get("proxy") else self.new_models).add(key)

    def _collect_fields(self) -> None:
        for label, model in self.kept_models():
            old = self.from_state.models[self.old_key(label, model)]
            self.old_fields.update((label, model, name) for name in old.fields)
            new = self.to_state.models[label, model]
            self.new_fields.update((label, model, name) for name in new.fields)

    def kept_models(self) -> list[Key]:
        """Managed models of both states, by their new names, sorted."""
        return sorted(self.old_models & self.new_models)

    def kept_of_any_kind(self) -> list[Key]:
        """Models of both states, proxies and unmanaged ones too, and those that became either."""
        return sorted(
            (self.old_models & self.new_models)
            | (self.old_proxies & self.new_proxies)
            | (self.old_unmanaged & self.new_unmanaged)
            | (self.old_unmanaged & self.new_models)
            | (self.old_models & self.new_unmanaged)
        )

    def old_key(self, label: str, model: str) -> Key:
        """The key of a model in the old state."""
        return label, self.renamed_models.get((label, model), model)

    def pair(self, label: str, model: str) -> tuple[ModelState, ModelState]:
        """The old and the new state of a model."""
        return (
            self.from_state.models[self.old_key(label, model)],
            self.to_state.models[label, model],
        )

    def old_field_name(self, label: str, model: str, name: str) -> str:
        """The name of a field in the old state."""
        return self.renamed_fields.get((label, model, name), name)

    # -- planning ---------------------------------------------------------------------------

    def plan(
        self,
        label: str,
        operation: operations.Operation,
        dependencies: Iterable[OperationDependency] = (),
        first: bool = False,
    ) -> None:
        """Add an operation to an app's plan."""
        items = self.planned.setdefault(label, [])
        item = Planned(operation, list(dependencies))
        items.insert(0, item) if first else items.append(item)

    def relation_dependencies(
        self, label: str, model: str, field: Any
    ) -> list[OperationDependency]:
        """What a relation of the new state waits for."""
        return dependencies_of_relation(label, model, field)
