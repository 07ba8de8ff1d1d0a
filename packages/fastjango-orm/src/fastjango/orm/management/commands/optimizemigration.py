"""`optimizemigration`: join the operations of one migration."""

from __future__ import annotations

import argparse
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm.management.lookups import find_migration, require_migrated_app
from fastjango.orm.migrations.loader import MigrationLoader
from fastjango.orm.migrations.migration import Migration
from fastjango.orm.migrations.optimizer import MigrationOptimizer
from fastjango.orm.migrations.writer import MigrationWriter

__all__ = ["Command"]


class Command(BaseCommand):
    """Rewrite a migration file with fewer operations."""

    help = "Optimizes the operations for the named migration."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("app_label", help="Label of the app.")
        parser.add_argument("migration_name", help="Name of the migration, or its beginning.")
        parser.add_argument(
            "--check",
            action="store_true",
            help="Exit with 1 if the migration can be optimized, and write nothing.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verbosity: int = options["verbosity"]
        label, name = options["app_label"], options["migration_name"]
        loader = MigrationLoader(None)
        require_migrated_app(loader, label)
        migration = find_migration(loader, label, name)
        optimized = MigrationOptimizer().optimize(migration.operations, label)
        if len(optimized) == len(migration.operations):
            if verbosity > 0:
                self.stdout.write("No optimizations possible.")
            return
        if verbosity > 0:
            self.stdout.write(
                f"Optimizing from {len(migration.operations)} operations to"
                f" {len(optimized)} operations."
            )
        if options["check"]:
            raise SystemExit(1)
        self._rewrite(migration, optimized, label, verbosity)

    def _rewrite(
        self, migration: Migration, optimized: list[Any], label: str, verbosity: int
    ) -> None:
        rewritten = Migration(migration.name, label)
        rewritten.operations = optimized
        rewritten.dependencies = migration.dependencies
        rewritten.run_before = migration.run_before
        rewritten.replaces = migration.replaces
        rewritten.initial = migration.initial
        rewritten.atomic = migration.atomic
        writer = MigrationWriter(rewritten)
        writer.as_string()
        if writer.needs_manual_porting:
            raise CommandError(
                f"{migration} runs functions that are defined in its own file, which rewriting"
                " would lose; nothing was written. Optimize it by hand."
            )
        path = writer.write()
        if verbosity > 0:
            self.stdout.write(self.style.MIGRATE_HEADING(f"Optimized migration {path}"))
