"""Finds out what changed between two states of the models, and writes it as migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from .changes import ChangeFinder
from .dependencies import OperationDependency, Planned, resolve_setting, satisfies
from .migration import Migration, SwappableTuple
from .optimizer import MigrationOptimizer
from .questioner import MigrationQuestioner

if TYPE_CHECKING:
    from .graph import MigrationGraph
    from .state import ProjectState

__all__ = ["MigrationAutodetector"]

Key = tuple[str, str]
Changes = dict[str, list[Migration]]


class MigrationAutodetector:
    """Compares two states and gives the migrations that lead from one to the other.

    Nothing is read from a database: the states come from migration files and from models.

    Args:
        from_state: What the migrations say.
        to_state: What the models say.
        questioner: Answers what cannot be told from the two.
    """

    def __init__(
        self,
        from_state: ProjectState,
        to_state: ProjectState,
        questioner: MigrationQuestioner | None = None,
    ) -> None:
        self.from_state = from_state
        self.to_state = to_state
        self.questioner = questioner or MigrationQuestioner()
        self.existing_apps = {label for label, _ in from_state.models}

    def changes(
        self,
        graph: MigrationGraph,
        trim_to_apps: Iterable[str] | None = None,
        convert_apps: Iterable[str] | None = None,
        migration_name: str | None = None,
    ) -> Changes:
        """The migrations to write, by app, named and placed after those in `graph`.

        Args:
            graph: Present migrations.
            trim_to_apps: Only these apps, and those that they need.
            convert_apps: Apps without migrations that shall get some.
            migration_name: Name for every migration instead of a suggested one.
        """
        changes = self._detect_changes(convert_apps, graph)
        changes = self.arrange_for_graph(changes, graph, migration_name)
        if trim_to_apps:
            changes = self._trim_to_apps(changes, set(trim_to_apps))
        return changes

    def _detect_changes(
        self,
        convert_apps: Iterable[str] | None = None,
        graph: MigrationGraph | None = None,
    ) -> Changes:
        """The migrations by app, each app's operations in a workable order, unnamed."""
        finder = ChangeFinder(self.from_state, self.to_state, self.questioner)
        planned = finder.find(set(convert_apps or ()))
        for label, items in planned.items():
            planned[label] = _sorted_by_dependencies(label, items)
        changes = self._slice(planned, graph)
        return self._optimize(changes)

    # -- cutting lists of operations into migrations ----------------------------------------

    def _slice(self, planned: dict[str, list[Planned]], graph: MigrationGraph | None) -> Changes:
        """Cut each app's operations where they wait for another app, and link the pieces.

        Every round takes, for each app, the longest beginning whose dependencies on other apps are
        met. When a round takes nothing, the apps wait for each other: a piece is then cut off
        before the operation that waits (foreign keys are operations of their own for this).
        """
        migrations: Changes = {}
        waiting = {label: list(items) for label, items in planned.items()}
        cut = False
        remaining = sum(map(len, waiting.values()))
        while remaining:
            for label in sorted(waiting):
                taken: list[Planned] = []
                needs: set[Key] = set()
                blocked = False
                for item in list(waiting[label]):
                    found = self._outer_dependencies(label, item, waiting, migrations, graph, cut)
                    if found is None:
                        blocked = True
                        break
                    needs |= found
                    taken.append(item)
                    waiting[label].remove(item)
                if not taken or (blocked and not cut):
                    # Keep an app in one piece while that is possible.
                    waiting[label] = taken + waiting[label]
                    continue
                self._append_migration(migrations, label, taken, needs)
            left = sum(map(len, waiting.values()))
            if left == remaining:
                if cut:
                    stuck = {label: items for label, items in waiting.items() if items}
                    raise ValueError(f"Cannot resolve operation dependencies: {stuck!r}")
                cut = True
            remaining = left
            waiting = {label: items for label, items in waiting.items() if items}
        return migrations

    def _outer_dependencies(
        self,
        label: str,
        item: Planned,
        waiting: dict[str, list[Planned]],
        migrations: Changes,
        graph: MigrationGraph | None,
        cut: bool,
    ) -> set[Key] | None:
        """Migrations of other apps that an operation needs, or `None` if it must wait."""
        needs: set[Key] = set()
        for original in item.dependencies:
            dependency, swappable = self._resolved(original)
            if dependency.app_label == label:
                continue
            if any(satisfies(other, dependency) for other in waiting.get(dependency.app_label, ())):
                return None
            if swappable is not None:
                needs.add(swappable)
            elif dependency.app_label in migrations:
                needs.add(migrations[dependency.app_label][-1].key)
            elif cut:
                # Nothing of it is planned: it is in the graph, or in the app's first migration.
                if graph is not None and graph.leaf_nodes(dependency.app_label):
                    needs.add(graph.leaf_nodes(dependency.app_label)[0])
                else:
                    needs.add((dependency.app_label, "__first__"))
            elif graph is not None and graph.leaf_nodes(dependency.app_label):
                needs.add(graph.leaf_nodes(dependency.app_label)[0])
            else:
                needs.add((dependency.app_label, "__first__"))
        return needs

    @staticmethod
    def _resolved(
        dependency: OperationDependency,
    ) -> tuple[OperationDependency, SwappableTuple | None]:
        """A dependency on a setting as one on the model that it names now."""
        if dependency.app_label != "__setting__":
            return dependency, None
        label, name = resolve_setting(dependency.model_name)
        real = OperationDependency(label, name, dependency.field_name, dependency.type)
        return real, SwappableTuple((label, "__first__"), dependency.model_name)

    def _append_migration(
        self, migrations: Changes, label: str, taken: list[Planned], needs: set[Key]
    ) -> None:
        number = len(migrations.get(label, ())) + 1
        migration = Migration(f"auto_{number}", label)
        migration.operations = [item.operation for item in taken]
        migration.dependencies = sorted(needs, key=lambda key: (key[0], key[1]))
        if label in migrations:
            migration.dependencies.append(migrations[label][-1].key)
        migration.initial = label not in self.existing_apps and number == 1
        migrations.setdefault(label, []).append(migration)

    @staticmethod
    def _optimize(changes: Changes) -> Changes:
        """Shorten every migration; dependencies are unique."""
        for label, migrations in changes.items():
            for migration in migrations:
                migration.operations = MigrationOptimizer().optimize(migration.operations, label)
                migration.dependencies = list(dict.fromkeys(migration.dependencies))
        return changes

    # -- names and places -------------------------------------------------------------------

    def arrange_for_graph(
        self, changes: Changes, graph: MigrationGraph, migration_name: str | None = None
    ) -> Changes:
        """Name migrations and let the first of each app follow the app's last one in `graph`."""
        leaves = graph.leaf_nodes()
        new_names: dict[Key, Key | None] = {}
        for label in list(changes):
            leaf = next((key for key in leaves if key[0] == label), None)
            migrations = changes[label]
            if leaf is None and not self.questioner.ask_initial(label):
                for migration in migrations:
                    new_names[label, migration.name] = None
                del changes[label]
                continue
            number = 1 if leaf is None else (self.parse_number(leaf[1]) or 0) + 1
            for position, migration in enumerate(migrations):
                if position == 0 and leaf is not None:
                    migration.dependencies.append(leaf)
                base = migration_name or (
                    "initial" if position == 0 and leaf is None else migration.suggest_name()
                )
                new_names[label, migration.name] = (label, f"{number:04}_{base}")
                migration.name = f"{number:04}_{base}"
                number += 1
        for migrations in changes.values():
            for migration in migrations:
                migration.dependencies = [
                    renamed
                    for key in migration.dependencies
                    if (renamed := _renamed(key, new_names)) is not None
                ]
        return changes

    @staticmethod
    def _trim_to_apps(changes: Changes, wanted: set[str]) -> Changes:
        """Only the given apps and what they depend on."""
        grown = True
        while grown:
            needed = {
                key[0]
                for label in wanted
                for migration in changes.get(label, ())
                for key in migration.dependencies
            }
            grown = not needed <= wanted
            wanted |= needed
        return {label: migrations for label, migrations in changes.items() if label in wanted}

    @staticmethod
    def parse_number(name: str) -> int | None:
        """The number that a migration's name begins with; of a squashed one, the last it holds."""
        squashed = re.search(r".*_squashed_(\d+)", name)
        if squashed:
            return int(squashed[1])
        match = re.match(r"^\d+", name)
        return int(match[0]) if match else None


def _renamed(key: Key, names: dict[Key, Key | None]) -> Key | None:
    if isinstance(key, SwappableTuple) or key not in names:
        return key
    return names[key]


def _sorted_by_dependencies(label: str, items: list[Planned]) -> list[Planned]:
    """Order one app's operations so that each comes after those that it waits for."""
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, item in enumerate(items):
        sorter.add(index)
        for dependency in item.dependencies:
            resolved = dependency
            if dependency.app_label == "__setting__":
                target, name = resolve_setting(dependency.model_name)
                resolved = OperationDependency(target, name, dependency.field_name, dependency.type)
            if resolved.app_label != label:
                continue
            for other_index, other in enumerate(items):
                if other_index != index and satisfies(other, resolved):
                    sorter.add(index, other_index)
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[int] = error.args[1]
        names = ", ".join(items[index].operation.describe() for index in circle)
        raise ValueError(
            f"The changes to {label!r} depend on each other in a circle: {names}. Make them in two"
            " steps, with makemigrations after each."
        ) from error
    order: list[Planned] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(items[index] for index in ready)
        sorter.done(*ready)
    return order
