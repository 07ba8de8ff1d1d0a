"""`squashmigrations`: many migrations as one."""

from __future__ import annotations

import argparse
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm.management.lookups import find_migration, require_app
from fastjango.orm.migrations.files import files_of
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.migration import Migration, SwappableTuple
from fastjango.orm.migrations.optimizer import MigrationOptimizer
from fastjango.orm.migrations.writer import MigrationWriter

__all__ = ["Command"]


class Command(BaseCommand):
    """Write one migration that stands for many; both may be in the code side by side."""

    help = (
        "Squashes an existing set of migrations (from first until specified) into a single new one."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("app_label", help="Label of the app.")
        add("start_migration_name", nargs="?", help="First migration; the app's first if left out.")
        add("migration_name", help="Last migration.")
        add("--no-optimize", action="store_true", help="Keep the operations as they are.")
        add(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing.",
        )
        add("--squashed-name", help="Name of the new migration.")
        add("--no-header", action="store_false", dest="include_header", help="No header comment.")

    def handle(self, **options: Any) -> None:
        self.verbosity: int = options["verbosity"]
        label: str = options["app_label"]
        require_app(label)
        loader = MigrationLoader(None)
        if label not in loader.migrated_apps:
            raise CommandError(
                f"App '{label}' does not have migrations (so squashmigrations on it makes no sense)"
            )
        last = self.find_migration(loader, label, options["migration_name"])
        chain = self._chain(loader, label, last, options["start_migration_name"])
        if self.verbosity > 0 or options["interactive"]:
            self.stdout.write(self.style.MIGRATE_HEADING("Will squash the following migrations:"))
            for migration in chain:
                self.stdout.write(f" - {migration.name}")
            if options["interactive"] and not self._agreed():
                return
        squashed = self._squash(label, chain, options, loader)
        writer = MigrationWriter(squashed, options["include_header"])
        if (label, squashed.name) in loader.disk_migrations:
            raise CommandError(
                f"Migration {squashed.name} already exists. Use a different name (--squashed-name)."
            )
        path = writer.write()
        if self.verbosity > 0:
            self._explain(path, writer)

    def _agreed(self) -> bool:
        answer = input("Do you wish to proceed? [y/N] ").strip().lower()
        return answer in ("y", "yes")

    def _chain(
        self, loader: MigrationLoader, label: str, last: Migration, first: str | None
    ) -> list[Migration]:
        """The app's migrations from the first to the last one asked for."""
        chain = [
            loader.get_migration(*key)
            for key in loader.graph.forwards_plan(last.key)
            if key[0] == label
        ]
        if first is None:
            return chain
        start = self.find_migration(loader, label, first)
        if start not in chain:
            raise CommandError(
                f"The migration '{start}' cannot be found. Maybe it comes after the migration"
                f" '{last}'?\nHave a look at:\n  python manage.py showmigrations {label}\n"
                "to debug this issue."
            )
        return chain[chain.index(start) :]

    def _squash(
        self, label: str, chain: list[Migration], options: dict[str, Any], loader: MigrationLoader
    ) -> Migration:
        operations: list[Any] = []
        dependencies: dict[Any, None] = {}
        replaces: list[tuple[str, str]] = []
        inside = {migration.key for migration in chain}
        for migration in chain:
            operations += migration.operations
            for dependency in migration.dependencies:
                outside = isinstance(dependency, SwappableTuple) or dependency not in inside
                if outside and (dependency[0] != label or migration is chain[0]):
                    dependencies[dependency] = None
                    self._refuse_circle(loader, chain, migration, dependency)
            replaces += migration.replaces or [migration.key]
        if options["no_optimize"]:
            if self.verbosity > 0:
                self.stdout.write(self.style.MIGRATE_HEADING("(Skipping optimization.)"))
            optimized = operations
        else:
            if self.verbosity > 0:
                self.stdout.write(self.style.MIGRATE_HEADING("Optimizing..."))
            optimized = MigrationOptimizer().optimize(operations, label)
            if self.verbosity > 0:
                self._say_optimized(len(operations), len(optimized))
        first = chain[0]
        name = options["squashed_name"]
        number = first.name.partition("_")[0]
        if name:
            name = f"{number}_{name}"
        elif options["start_migration_name"]:
            name = f"{first.name}_squashed_{chain[-1].name}"
        else:
            name = f"0001_squashed_{chain[-1].name}"
        squashed = Migration(name, label)
        squashed.operations = optimized
        squashed.dependencies = list(dependencies)
        squashed.replaces = replaces
        squashed.initial = True if first.initial or not options["start_migration_name"] else None
        return squashed

    @staticmethod
    def _refuse_circle(
        loader: MigrationLoader, chain: list[Migration], migration: Migration, needed: Any
    ) -> None:
        """Refuse to squash what another app's migration lies between."""
        key = loader.check_key(needed, migration.app_label)
        if key is None or key not in loader.graph:
            return
        before = loader.graph.forwards_plan(key)
        between = [member for member in chain if member.key in before]
        if between:
            first, last = chain[0], chain[-1]
            other = loader.get_migration(*key)
            raise CommandError(
                f"{first} to {last} cannot be one migration: {migration} needs {other}, which needs"
                f" {between[-1]}.\n{files_of([migration, other, between[-1]])}\nNothing was"
                f" written. Squash up to {between[-1].name}, or from there on: 'python manage.py"
                f" squashmigrations {last.app_label} {migration.name} {last.name}'."
            )

    def _say_optimized(self, before: int, after: int) -> None:
        if before == after:
            self.stdout.write("  No optimizations possible.")
        else:
            self.stdout.write(f"  Optimized from {before} operations to {after} operations.")

    def _explain(self, path: str, writer: MigrationWriter) -> None:
        self.stdout.write(
            self.style.MIGRATE_HEADING(f"Created new squashed migration {path}")
            + "\n  You should commit this migration but leave the old ones in place;\n"
            "  the new migration will be used for new installs. Once you are sure\n"
            "  all instances of the codebase have applied the migrations you squashed,\n"
            "  you can delete them."
        )
        if writer.needs_manual_porting:
            self.stdout.write(
                self.style.MIGRATE_HEADING("Manual porting required")
                + "\n  Your migrations contained functions that must be manually copied over,\n"
                "  as we could not safely copy their implementation.\n"
                "  See the comment at the top of the squashed migration for details."
            )

    def find_migration(self, loader: MigrationLoader, app_label: str, name: str) -> Migration:
        """The one migration whose name begins with `name`.

        Raises:
            CommandError: There is none, or more than one.
        """
        return find_migration(loader, app_label, name)
