"""`makemigrations`: write down what changed in the models."""

from __future__ import annotations

import argparse
from itertools import takewhile
from pathlib import Path
from typing import Any

from fastjango.core import apps, settings
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm.management.lookups import require_app
from fastjango.orm.migrations.autodetector import MigrationAutodetector
from fastjango.orm.migrations.files import shown_path
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.migration import Migration, name_timestamp
from fastjango.orm.migrations.optimizer import MigrationOptimizer
from fastjango.orm.migrations.questioner import (
    InteractiveMigrationQuestioner,
    MigrationQuestioner,
    NonInteractiveMigrationQuestioner,
    Renames,
)
from fastjango.orm.migrations.state import ProjectState
from fastjango.orm.migrations.writer import MigrationWriter

__all__ = ["Command"]


class Command(BaseCommand):
    """Write migrations for the changes of the models; asks no database."""

    autodetector = MigrationAutodetector
    help = "Creates new migration(s) for apps."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("args", metavar="app_label", nargs="*", help="App labels; all apps if none is given.")
        add("--dry-run", action="store_true", help="Show what would be made; write nothing.")
        add("--merge", action="store_true", help="Join conflicting migrations of an app.")
        add("--empty", action="store_true", help="Make an empty migration.")
        add(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing; refuse what would have to be asked.",
        )
        add("-n", "--name", help="Name of the migration file(s), without the number.")
        add(
            "--no-header",
            action="store_false",
            dest="include_header",
            help="Leave out the comment on who made the file.",
        )
        add(
            "--check",
            action="store_true",
            dest="check_changes",
            help="Exit with 1 if the models changed, and write nothing.",
        )
        add("--scriptable", action="store_true", help="Paths on stdout, everything else on stderr.")
        add("--update", action="store_true", help="Put the changes into the last migration.")
        add(
            "--rename",
            action="append",
            default=[],
            metavar="OLD:NEW",
            help="A rename: app.OldModel:NewModel or app.Model.old:new. May be repeated.",
        )
        add(
            "--not-renamed",
            action="append",
            default=[],
            metavar="OLD",
            help="app.Model or app.Model.field that is gone and was not renamed. May be repeated.",
        )

    @property
    def log_output(self) -> Any:
        """Where messages go: stderr when stdout is for paths."""
        return self.stderr if self.scriptable else self.stdout

    def log(self, message: str) -> None:
        """Print a message."""
        self.log_output.write(message)

    def handle(self, *app_labels: str, **options: Any) -> None:
        self.verbosity: int = options["verbosity"]
        self.interactive: bool = options["interactive"]
        self.dry_run: bool = options["dry_run"]
        self.name: str | None = options["name"]
        self.check_changes: bool = options["check_changes"]
        self.scriptable: bool = options["scriptable"]
        self.include_header: bool = options["include_header"]
        if self.name and not self.name.isidentifier():
            raise CommandError(
                f"The migration name must be a valid Python identifier, not {self.name!r}."
            )
        labels = set(app_labels)
        self._refuse_unknown(labels)
        loader = MigrationLoader(None, ignore_no_migrations=True)
        conflicts = loader.detect_conflicts()
        if labels:
            conflicts = {label: names for label, names in conflicts.items() if label in labels}
        if conflicts and not options["merge"]:
            raise CommandError(loader.conflict_message(conflicts))
        renames = Renames(options["rename"], options["not_renamed"])
        if options["merge"]:
            if not conflicts:
                self.log("No conflicts detected to merge.")
            else:
                self.handle_merge(loader, conflicts)
            return
        detector = self.autodetector(
            loader.project_state(), ProjectState.from_apps(apps), self._questioner(labels, renames)
        )
        if options["empty"]:
            self._write_empty(loader, detector, labels)
            return
        changes = detector.changes(
            graph=loader.graph,
            trim_to_apps=labels or None,
            convert_apps=labels or None,
            migration_name=self.name,
        )
        renames.refuse_unused()
        if not changes:
            self._say_no_changes(labels)
        elif self.check_changes:
            self.write_migration_files(changes)
            raise SystemExit(1)
        elif options["update"]:
            self.write_to_last_migration(changes, loader, labels)
        else:
            self.write_migration_files(changes)

    # -- asking and refusing ----------------------------------------------------------------

    def _questioner(self, labels: set[str], renames: Renames) -> MigrationQuestioner:
        if self.interactive:
            return InteractiveMigrationQuestioner(
                specified_apps=labels,
                dry_run=self.dry_run,
                renames=renames,
                prompt_output=self.log_output,
            )
        return NonInteractiveMigrationQuestioner(
            specified_apps=labels,
            dry_run=self.dry_run,
            renames=renames,
            verbosity=self.verbosity,
            log=self.log,
        )

    def _refuse_unknown(self, labels: set[str]) -> None:
        broken = False
        for label in sorted(labels):
            try:
                require_app(label)
            except CommandError as error:
                self.stderr.write(str(error))
                broken = True
        if broken:
            raise SystemExit(2)

    def _say_no_changes(self, labels: set[str]) -> None:
        if self.verbosity < 1:
            return
        if len(labels) == 1:
            self.log(f"No changes detected in app '{labels.pop()}'")
        elif labels:
            self.log("No changes detected in apps '{}'".format("', '".join(sorted(labels))))
        else:
            self.log("No changes detected")

    # -- writing ----------------------------------------------------------------------------

    def _write_empty(
        self, loader: MigrationLoader, detector: MigrationAutodetector, labels: set[str]
    ) -> None:
        if not labels:
            raise CommandError("You must supply at least one app label when using --empty.")
        changes = {label: [Migration("custom", label)] for label in sorted(labels)}
        arranged = detector.arrange_for_graph(
            changes=changes, graph=loader.graph, migration_name=self.name
        )
        self.write_migration_files(arranged)

    def write_migration_files(
        self,
        changes: dict[str, list[Migration]],
        update_previous_migration_paths: dict[str, str] | None = None,
    ) -> None:
        """Write the files and say what is in them; with `--dry-run` and `--check` only say it."""
        for label, migrations in changes.items():
            if self.verbosity >= 1:
                self.log(self.style.MIGRATE_HEADING(f"Migrations for '{label}':"))
            for migration in migrations:
                writer = MigrationWriter(migration, self.include_header)
                if self.verbosity >= 1:
                    self.log(f"  {self.style.MIGRATE_LABEL(shown_path(writer.path))}")
                    for operation in migration.operations:
                        self.log(f"    {operation.formatted_description()}")
                if self.dry_run or self.check_changes:
                    if self.dry_run and self.verbosity == 3:
                        self.log(
                            self.style.MIGRATE_HEADING(f"Full migrations file '{writer.filename}':")
                        )
                        self.log(writer.as_string())
                    continue
                if self.scriptable:
                    self.stdout.write(shown_path(writer.path))
                writer.write()
                previous = (update_previous_migration_paths or {}).get(label)
                if previous and Path(previous) != Path(writer.path):
                    Path(previous).unlink()
                    if self.verbosity >= 1:
                        self.log(f"Deleted {shown_path(previous)}")

    def write_to_last_migration(
        self, changes: dict[str, list[Migration]], loader: MigrationLoader, labels: set[str]
    ) -> None:
        """Join the changes with each app's last migration."""
        updated: dict[str, list[Migration]] = {}
        paths: dict[str, str] = {}
        for label, (change, *rest) in changes.items():
            leaves = loader.graph.leaf_nodes(label)
            if not leaves:
                raise CommandError(f"App {label} has no migration, cannot update last migration.")
            last = loader.get_migration(*leaves[0])
            self._refuse_update(loader, last, rest)
            operations = MigrationOptimizer().optimize(
                [*last.operations, *change.operations], label
            )
            joined = Migration(last.name, label)
            joined.atomic = last.atomic
            joined.operations = operations
            joined.initial = last.initial
            joined.replaces = last.replaces
            joined.run_before = last.run_before
            joined.dependencies = list(
                dict.fromkeys(
                    key for key in [*last.dependencies, *change.dependencies] if key != last.key
                )
            )
            paths[label] = MigrationWriter(last).path
            if self.name:
                number = last.name.partition("_")[0]
                joined.name = f"{number}_{self.name}"
            updated[label] = [joined]
        self.write_migration_files(updated, paths)

    def _refuse_update(
        self, loader: MigrationLoader, last: Migration, rest: list[Migration]
    ) -> None:
        if last.replaces:
            raise CommandError(f"Cannot update squash migration '{last}'.")
        if rest:
            raise CommandError(
                f"The changes to {last.app_label!r} need more than one migration and cannot be put"
                f" into '{last}'. Run makemigrations without --update."
            )
        dependants = [
            child.key
            for child in loader.graph.node_map[last.key].children
            if child.key[0] != last.app_label
        ]
        if dependants:
            names = ", ".join(f"'{label}.{name}'" for label, name in dependants)
            raise CommandError(
                f"Cannot update migration '{last}' that migrations {names} depend on."
            )
        if settings.DATABASES and _is_applied(last):
            raise CommandError(f"Cannot update applied migration '{last}'.")

    # -- merging ----------------------------------------------------------------------------

    def handle_merge(self, loader: MigrationLoader, conflicts: dict[str, list[str]]) -> None:
        """Make a migration that depends on every leaf of an app."""
        if self.interactive:
            questioner: MigrationQuestioner = InteractiveMigrationQuestioner(
                prompt_output=self.log_output
            )
        else:
            questioner = MigrationQuestioner(defaults={"ask_merge": True})
        for label, names in conflicts.items():
            branches = self._branches(loader, label, names)
            if self.verbosity > 0:
                self.log(self.style.MIGRATE_HEADING(f"Merging {label}"))
                for leaf, migrations in branches:
                    self.log(self.style.MIGRATE_LABEL(f"  Branch {leaf}"))
                    for migration in migrations:
                        for operation in migration.operations:
                            self.log(f"    {operation.formatted_description()}")
            if questioner.ask_merge(label):
                self._write_merge(label, [leaf for leaf, _ in branches])

    @staticmethod
    def _branches(
        loader: MigrationLoader, label: str, names: list[str]
    ) -> list[tuple[str, list[Migration]]]:
        """Each leaf with the migrations that only it has."""
        plans = {name: loader.graph.forwards_plan((label, name)) for name in names}
        own = {name: [key for key in plan if key[0] == label] for name, plan in plans.items()}
        common = [
            keys[0]
            for keys in takewhile(
                lambda group: all(key == group[0] for key in group),
                zip(*own.values(), strict=False),
            )
        ]
        if not common:
            raise ValueError(f"Could not find common ancestor of {', '.join(sorted(names))}")
        return [
            (name, [loader.get_migration(*key) for key in keys if key not in common])
            for name, keys in own.items()
        ]

    def _write_merge(self, label: str, leaves: list[str]) -> None:
        numbers = [MigrationAutodetector.parse_number(name) or 0 for name in leaves]
        name = self.name or f"merge_{'_'.join(sorted(leaves))}"
        if len(name) > 47:
            name = f"merge_{name_timestamp()}"
        migration = Migration(f"{max(numbers) + 1:04}_{name}", label)
        migration.dependencies = [(label, leaf) for leaf in sorted(leaves)]
        writer = MigrationWriter(migration, self.include_header)
        if self.dry_run:
            if self.verbosity == 3:
                self.log(f"Full merge migrations file '{writer.filename}':")
                self.log(writer.as_string())
            return
        writer.write()
        if self.verbosity > 0:
            self.log(f"\nCreated new merge migration {writer.path}")
        if self.scriptable:
            self.stdout.write(writer.path)


def _is_applied(migration: Migration) -> bool:
    """Whether the default database has applied a migration; `False` when it cannot be asked."""
    from fastjango.orm import DEFAULT_DB_ALIAS, connections
    from fastjango.orm.exceptions import Error
    from fastjango.orm.migrations.recorder import MigrationRecorder

    try:
        applied = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations()
    except Error:
        return False
    return migration.key in applied
