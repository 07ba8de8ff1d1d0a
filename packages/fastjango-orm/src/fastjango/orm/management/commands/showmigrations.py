"""`showmigrations`: which migrations there are, and which are applied."""

from __future__ import annotations

import argparse
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import connections
from fastjango.orm.management.lookups import add_database_option, require_app
from fastjango.orm.migrations.graph import Node
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.recorder import MigrationRecorder

__all__ = ["Command"]


class Command(BaseCommand):
    """List migrations by app, or in the order in which they run."""

    help = "Shows all available migrations for the current project"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("app_label", nargs="*", help="App labels; all apps if none is given.")
        add_database_option(parser)
        formats = parser.add_mutually_exclusive_group()
        formats.add_argument(
            "--list",
            "-l",
            action="store_const",
            dest="format",
            const="list",
            help="By app; [X] marks what is applied, and at verbosity 2 says when.",
        )
        formats.add_argument(
            "--plan",
            "-p",
            action="store_const",
            dest="format",
            const="plan",
            help="In the order in which they run; at verbosity 2 with dependencies.",
        )
        parser.set_defaults(format="list")

    def handle(self, *args: str, **options: Any) -> None:
        self.verbosity: int = options["verbosity"]
        connection = connections[options["database"]]
        labels: list[str] = options["app_label"]
        if options["format"] == "plan":
            self.show_plan(connection, labels)
        else:
            self.show_list(connection, labels)

    def _validate(self, loader: MigrationLoader, labels: list[str]) -> None:
        broken = False
        for label in labels:
            try:
                require_app(label)
            except CommandError as error:
                self.stderr.write(str(error))
                broken = True
        if broken:
            raise SystemExit(2)

    def show_list(self, connection: Any, labels: list[str] | None = None) -> None:
        """Print each app with its migrations."""
        loader = MigrationLoader(connection, ignore_no_migrations=True)
        recorded = MigrationRecorder(connection).applied_migrations()
        if labels:
            self._validate(loader, labels)
        for label in labels or sorted(loader.migrated_apps):
            self.stdout.write(label, self.style.MIGRATE_LABEL)
            shown: set[tuple[str, str]] = set()
            for leaf in loader.graph.leaf_nodes(label):
                for key in loader.graph.forwards_plan(leaf):
                    if key not in shown and key[0] == label:
                        self._print_migration(loader, recorded, key)
                        shown.add(key)
            if not shown:
                self.stdout.write(" (no migrations)", self.style.ERROR)

    def _print_migration(
        self, loader: MigrationLoader, recorded: Any, key: tuple[str, str]
    ) -> None:
        migration = loader.get_migration(*key)
        title = key[1]
        if migration.replaces:
            title += f" ({len(migration.replaces)} squashed migrations)"
        if key not in loader.applied_migrations:
            self.stdout.write(f" [ ] {title}")
        elif key in recorded:
            self.stdout.write(f" [X] {title}")
        else:
            title += " Run 'manage.py migrate' to finish recording."
            self.stdout.write(f" [-] {title}")

    def show_plan(self, connection: Any, labels: list[str] | None = None) -> None:
        """Print the migrations in the order in which they run."""
        loader = MigrationLoader(connection)
        if labels:
            self._validate(loader, labels)
        targets = [key for key in loader.graph.leaf_nodes() if not labels or key[0] in labels]
        plan: list[Node] = []
        seen: set[tuple[str, str]] = set()
        for target in targets:
            for key in loader.graph.forwards_plan(target):
                if key not in seen:
                    plan.append(loader.graph.node_map[key])
                    seen.add(key)
        for node in plan:
            needs = ""
            if self.verbosity >= 2 and node.parents:
                names = ", ".join(str(parent) for parent in sorted(node.parents, key=str))
                needs = f" ... ({names})"
            mark = "X" if node.key in loader.applied_migrations else " "
            self.stdout.write(f"[{mark}]  {node}{needs}")
        if not plan:
            self.stdout.write("(no migrations)", self.style.ERROR)
