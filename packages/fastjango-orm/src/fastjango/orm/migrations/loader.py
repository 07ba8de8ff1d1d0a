"""Reads migration files from disk and, where a database is given, what it has applied."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module, reload
from types import ModuleType
from typing import TYPE_CHECKING

from fastjango.core import apps, settings

from .exceptions import (
    AmbiguityError,
    BadMigrationError,
    BadMigrationModuleError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from .files import file_of, files_of
from .graph import MigrationGraph
from .migration import Migration

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .recorder import AppliedMigration
    from .state import ProjectState

__all__ = ["MIGRATIONS_MODULE_NAME", "MigrationLoader"]

Key = tuple[str, str]

MIGRATIONS_MODULE_NAME = "migrations"


class MigrationLoader:
    """The migrations on disk, as a graph, with those that a database has applied.

    Args:
        connection: Database to ask for the applied migrations; `None` asks none.
        load: Whether to build the graph at once.
        ignore_no_migrations: Treat an app with an empty `migrations` package as migrated.
        replace_migrations: Whether squashed migrations take the place of what they replace.

    Attributes:
        disk_migrations: Every migration found, by key.
        applied_migrations: What the database has applied, by key.
        graph: The migration graph, squashed migrations resolved.
        unmigrated_apps: Labels of apps without migrations.
        migrated_apps: Labels of apps with migrations.
    """

    def __init__(
        self,
        connection: BaseDatabaseWrapper | None,
        load: bool = True,
        ignore_no_migrations: bool = False,
        replace_migrations: bool = True,
    ) -> None:
        self.connection = connection
        self.ignore_no_migrations = ignore_no_migrations
        self.replace_migrations = replace_migrations
        self.disk_migrations: dict[Key, Migration] = {}
        self.applied_migrations: Mapping[Key, AppliedMigration] = {}
        self.replacements: dict[Key, Migration] = {}
        self.unmigrated_apps: set[str] = set()
        self.migrated_apps: set[str] = set()
        self.graph = MigrationGraph()
        if load:
            self.build_graph()

    # -- reading files ----------------------------------------------------------------------

    @classmethod
    def migrations_module(cls, app_label: str) -> tuple[str | None, bool]:
        """The dotted path of an app's migrations and whether a setting names it.

        `MIGRATION_MODULES = {"blog": None}` says that `blog` has no migrations.
        """
        modules: Mapping[str, str | None] = getattr(settings, "MIGRATION_MODULES", None) or {}
        if app_label in modules:
            return modules[app_label], True
        return f"{apps.get_app_config(app_label).name}.{MIGRATIONS_MODULE_NAME}", False

    def load_disk(self) -> None:
        """Import every migration module of every installed app.

        Raises:
            BadMigrationError: A file in a migrations folder has no `Migration` class.
            BadMigrationModuleError: `MIGRATION_MODULES` names a module that does not exist.
        """
        self.disk_migrations = {}
        self.unmigrated_apps, self.migrated_apps = set(), set()
        for app_config in apps.get_app_configs():
            module = self._import_package(app_config.label)
            if module is None:
                self.unmigrated_apps.add(app_config.label)
                continue
            names = {
                name
                for _, name, is_package in pkgutil.iter_modules(module.__path__)
                if not is_package and name[0] not in "_~"
            }
            if names or self.ignore_no_migrations:
                self.migrated_apps.add(app_config.label)
            else:
                self.unmigrated_apps.add(app_config.label)
            for name in names:
                self._load_file(app_config.label, f"{module.__name__}.{name}", name)

    def _import_package(self, label: str) -> ModuleType | None:
        """The migrations package of an app, freshly read, or `None` when it has none."""
        path, explicit = self.migrations_module(label)
        if path is None:
            return None
        was_loaded = path in sys.modules
        try:
            module = import_module(path)
        except ModuleNotFoundError as error:
            missing_itself = error.name is not None and (
                path == error.name or path.startswith(f"{error.name}.")
            )
            if not missing_itself:
                raise
            if explicit:
                raise BadMigrationModuleError(
                    f"MIGRATION_MODULES[{label!r}] names {path!r}, which cannot be imported:"
                    f" {error}. Correct the path, or set it to None if the app has no migrations."
                ) from error
            return None
        # A single file or a folder without __init__.py would be read by accident.
        if not hasattr(module, "__path__"):
            return None
        if module.__name__ == __package__:
            return None  # the ORM's own app: this framework, not migrations
        if getattr(module, "__file__", None) is None and not isinstance(module.__path__, list):
            return None
        if was_loaded:
            reload(module)
        return module

    def _load_file(self, label: str, path: str, name: str) -> None:
        try:
            module = import_module(path)
        except ImportError as error:
            if "bad magic number" in str(error):
                raise ImportError(
                    f"Couldn't import {path!r} as it appears to be a stale .pyc file."
                    " Delete the file, or its whole __pycache__ folder."
                ) from error
            raise
        found = getattr(module, "Migration", None)
        if found is None:
            raise BadMigrationError(
                f"Migration {name} in app {label} has no Migration class"
                f" ({getattr(module, '__file__', path)}). Add"
                " `class Migration(migrations.Migration)`, or move the file out of the folder."
            )
        self.disk_migrations[label, name] = found(name, label)

    # -- finding migrations -----------------------------------------------------------------

    def get_migration(self, app_label: str, name: str) -> Migration:
        """The migration with exactly this name.

        Raises:
            KeyError: There is none.
        """
        migration = self.graph.nodes[app_label, name]
        if migration is None:
            raise KeyError((app_label, name))
        return migration

    def get_migration_by_prefix(self, app_label: str, prefix: str) -> Migration:
        """The one migration of an app whose name begins with `prefix`.

        Raises:
            AmbiguityError: Several do.
            KeyError: None does; the text names the nearest.
        """
        names = [name for label, name in self.disk_migrations if label == app_label]
        hits = [name for name in names if name.startswith(prefix)]
        if len(hits) > 1 and prefix in hits:
            hits = [prefix]
        if len(hits) > 1:
            listed = ", ".join(sorted(hits))
            raise AmbiguityError(
                f"There is more than one migration for {app_label!r} with the prefix"
                f" {prefix!r}: {listed}. Give more of the name.",
                listed,
            )
        if not hits:
            near = get_close_matches(prefix, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            hint += f" 'python manage.py showmigrations {app_label}' lists what there is."
            raise KeyError(
                f"There is no migration for {app_label!r} with the prefix {prefix!r}.{hint}"
            )
        return self.disk_migrations[app_label, hits[0]]

    def check_key(self, key: Key, current_app: str) -> Key | None:
        """Resolve `__first__` and `__latest__` in a dependency.

        Returns:
            The real key, or `None` when the app has no migrations and nothing is to be waited for.

        Raises:
            NodeNotFoundError: The app is not installed.
        """
        label, name = key
        if name not in ("__first__", "__latest__") or key in self.graph:
            return key
        if label == current_app or label in self.unmigrated_apps:
            return None
        if label in self.migrated_apps:
            ends = (
                self.graph.root_nodes(label)
                if name == "__first__"
                else self.graph.leaf_nodes(label)
            )
            if ends:
                return ends[0]
            if self.ignore_no_migrations:
                return None
            raise NodeNotFoundError(f"Dependency on app with no migrations: {label}", key)
        raise NodeNotFoundError(
            f"Dependency on unknown app: {label}. {self._unknown_app(label)}", key
        )

    # -- building the graph -----------------------------------------------------------------

    def build_graph(self) -> None:
        """Read the files (and the database, if there is one) and build the graph.

        Raises:
            NodeNotFoundError: A migration depends on one that does not exist.
            CircularDependencyError: Migrations depend on each other in a circle.
        """
        self.load_disk()
        if self.connection is None:
            self.applied_migrations = {}
        else:
            from .recorder import MigrationRecorder

            self.applied_migrations = MigrationRecorder(self.connection).applied_migrations()
        self.graph = MigrationGraph()
        self.replacements = {}
        for key, migration in self.disk_migrations.items():
            self.graph.add_node(key, migration)
            if migration.replaces:
                self.replacements[key] = migration
        for key, migration in self.disk_migrations.items():
            self._add_inner_dependencies(key, migration)
        for key, migration in self.disk_migrations.items():
            self._add_outer_dependencies(key, migration)
        if self.replace_migrations:
            self._replace_squashed()
        try:
            self.graph.validate_consistency()
        except NodeNotFoundError as error:
            raise self._explained(error) from error
        self.graph.ensure_not_cyclic()

    def _add_inner_dependencies(self, key: Key, migration: Migration) -> None:
        for parent in migration.dependencies:
            if parent[0] == key[0] and parent[1] != "__first__":
                self.graph.add_dependency(migration, key, parent, skip_validation=True)

    def _add_outer_dependencies(self, key: Key, migration: Migration) -> None:
        for parent in migration.dependencies:
            if parent[0] == key[0]:
                continue
            found = self._resolved(parent, migration)
            if found is not None:
                self.graph.add_dependency(migration, key, found, skip_validation=True)
        for child in migration.run_before:
            found = self._resolved(child, migration)
            if found is not None:
                self.graph.add_dependency(migration, found, key, skip_validation=True)

    def _resolved(self, key: Key, migration: Migration) -> Key | None:
        try:
            return self.check_key(key, migration.app_label)
        except NodeNotFoundError as error:
            raise NodeNotFoundError(
                f"{file_of(migration)}: {error.message}", error.node, migration
            ) from error

    def _flatten(self, keys: list[Key], seen: tuple[Key, ...] = ()) -> list[Key]:
        """Replace squashed migrations in a list of replaced ones by what they stand for."""
        flat: list[Key] = []
        for key in keys:
            inner = self.replacements.get(key)
            if inner is None or key in seen:
                flat.append(key)
            else:
                flat.extend(self._flatten(inner.replaces, (*seen, key)))
        return flat

    def _replace_squashed(self) -> None:
        applied = set(self.applied_migrations)
        for key, migration in self.replacements.items():
            replaced = self._flatten(migration.replaces)
            done = [target in applied for target in replaced]
            if all(done):
                applied.add(key)
            else:
                applied.discard(key)
            if all(done) or not any(done):
                self.graph.remove_replaced_nodes(key, migration.replaces)
            else:
                self.graph.remove_replacement_node(key, migration.replaces)
        if self.connection is not None:
            known = dict(self.applied_migrations)
            for key, migration in self.replacements.items():
                if key in applied and key not in known:
                    known[key] = known[self._flatten(migration.replaces)[-1]]
                elif key not in applied:
                    known.pop(key, None)
            self.applied_migrations = known

    def _explained(self, error: NodeNotFoundError) -> NodeNotFoundError:
        """The error, with the file at fault, the nearest name there is, and what to do."""
        squashed = [
            migration
            for migration in self.replacements.values()
            if error.node in self._flatten(migration.replaces)
        ]
        origin = error.origin
        if squashed and error.node not in self.disk_migrations:
            names = ", ".join(str(migration) for migration in squashed)
            return NodeNotFoundError(
                f"Migration {origin} depends on nonexistent node {error.node!r}. It was replaced by"
                f" [{names}], which cannot take its place because only some of the replaced"
                f" migrations are applied:\n{files_of(squashed)}\nRestore the files of the replaced"
                " migrations, run 'python manage.py migrate', and remove them again.",
                error.node,
                origin,
            )
        place = file_of(origin) if isinstance(origin, Migration) else "its file"
        return NodeNotFoundError(
            f"{error.message}. {self._nearest(error.node)} Restore the missing file, or correct"
            f" `dependencies` in {place}, and run the command again.",
            error.node,
            origin,
        )

    def _nearest(self, key: Key) -> str:
        label, name = key
        names = sorted(known for app, known in self.disk_migrations if app == label)
        if not names:
            return self._unknown_app(label)
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        if near:
            return f"Did you mean ({label!r}, {near[0]!r})?"
        return f"The last migration of {label!r} is {names[-1]!r}."

    @staticmethod
    def _unknown_app(label: str) -> str:
        labels = [config.label for config in apps.get_app_configs()]
        if label in labels:
            return (
                f"App {label!r} has no migrations: run 'python manage.py makemigrations {label}'."
            )
        near = get_close_matches(label, labels, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"App {label!r} is not installed: add it to INSTALLED_APPS.{hint}"

    # -- checking ---------------------------------------------------------------------------

    def check_consistent_history(self, connection: BaseDatabaseWrapper) -> None:
        """Refuse a database where a migration is applied and one that it needs is not.

        Raises:
            InconsistentMigrationHistory: Names both migrations and the database.
        """
        from .recorder import MigrationRecorder

        applied = MigrationRecorder(connection).applied_migrations()
        for key in applied:
            if key not in self.graph.nodes:
                continue
            for parent in sorted(self.graph.node_map[key].parents, key=lambda node: node.key):
                if parent.key in applied:
                    continue
                replacing = self.replacements.get(parent.key)
                if replacing and all(item in applied for item in self._flatten(replacing.replaces)):
                    continue
                raise InconsistentMigrationHistory(self._gap_message(connection, key, parent.key))

    def _gap_message(self, connection: BaseDatabaseWrapper, key: Key, parent: Key) -> str:
        both = [m for k in (key, parent) if (m := self.graph.nodes[k]) is not None]
        return (
            f"Migration {key[0]}.{key[1]} is applied before its dependency {parent[0]}.{parent[1]}"
            f" on database {connection.alias!r}.\n{files_of(both)}\nNothing was changed. If the"
            " database already is as the dependency says, record it with 'python manage.py migrate"
            f" --fake {parent[0]} {parent[1]}'; if not, restore the `dependencies` that were edited."
        )

    def detect_conflicts(self) -> dict[str, list[str]]:
        """Apps with more than one leaf migration, and the names of the leaves."""
        leaves: dict[str, list[str]] = {}
        for label, name in self.graph.leaf_nodes():
            leaves.setdefault(label, []).append(name)
        return {label: names for label, names in leaves.items() if len(names) > 1}

    def conflict_message(self, conflicts: Mapping[str, list[str]]) -> str:
        """What to say of apps with more than one leaf migration: names, files and the command."""
        listed = "; ".join(f"{', '.join(names)} in {label}" for label, names in conflicts.items())
        leaves = [
            self.disk_migrations[label, name]
            for label, names in conflicts.items()
            for name in names
        ]
        return (
            "Conflicting migrations detected; multiple leaf nodes in the migration graph:"
            f" ({listed}).\n{files_of(leaves)}\n"
            "To fix them run 'python manage.py makemigrations --merge'"
        )

    def project_state(
        self, nodes: Key | list[Key] | None = None, at_end: bool = True
    ) -> ProjectState:
        """The models as the migrations leave them; see `MigrationGraph.make_state`."""
        return self.graph.make_state(
            nodes=nodes, at_end=at_end, real_apps=set(self.unmigrated_apps)
        )

    def collect_sql(self, plan: list[tuple[Migration, bool]]) -> list[str]:
        """The statements of a plan of `(migration, backwards)`, run by nobody."""
        from .editor import SchemaEditor

        if self.connection is None:
            raise ValueError("collect_sql() needs a connection for the dialect of its SQL.")
        statements: list[str] = []
        state: ProjectState | None = None
        for migration, backwards in plan:
            with SchemaEditor(self.connection, collect_sql=True, atomic=migration.atomic) as editor:
                if state is None:
                    state = self.project_state(migration.key, at_end=False)
                if backwards:
                    state = migration.unapply(state, editor, collect_sql=True)
                else:
                    state = migration.apply(state, editor, collect_sql=True)
            statements.extend(editor.collected_sql)
        return statements
