"""`migrate`: bring a database to where the migrations want it."""

from __future__ import annotations

import argparse
import time
from typing import Any

from fastjango.core import apps, settings
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import connections, router
from fastjango.orm.management.lookups import add_database_option, find_migration, require_app
from fastjango.orm.management.migrate_signals import import_receivers, send_to_apps
from fastjango.orm.migrations.adoption import DJANGO_TABLE, adopt, adoptable_migrations
from fastjango.orm.migrations.autodetector import MigrationAutodetector
from fastjango.orm.migrations.exceptions import (
    AppliedMigrationEditedError,
    DatabaseAheadError,
    DestructiveMigrationError,
)
from fastjango.orm.migrations.executor import MigrationExecutor, Plan
from fastjango.orm.migrations.files import files_of
from fastjango.orm.migrations.journal import Journal
from fastjango.orm.migrations.lock import DEFAULT_WAIT, migration_lock
from fastjango.orm.migrations.questioner import MigrationQuestioner
from fastjango.orm.migrations.risks import find_risks
from fastjango.orm.migrations.state import ProjectState
from fastjango.orm.signals import post_migrate, pre_migrate

__all__ = ["Command"]

Target = tuple[str, str | None]


class Command(BaseCommand):
    """Run the migrations that a database lacks; several processes may do so at once."""

    autodetector = MigrationAutodetector
    help = "Updates database schema. Manages both apps with migrations and those without."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("app_label", nargs="?", help="Label of an app; all apps if left out.")
        add("migration_name", nargs="?", help="Where to be: a name, its beginning, or `zero`.")
        add(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing.",
        )
        add_database_option(parser)
        add("--fake", action="store_true", help="Record only; change no table.")
        add(
            "--fake-initial",
            action="store_true",
            help="Record initial migrations all of whose tables and columns are there.",
        )
        add("--plan", action="store_true", help="Show what would be done.")
        add("--run-syncdb", action="store_true", help="Make the tables of apps without migrations.")
        add(
            "--check",
            action="store_true",
            dest="check_unapplied",
            help="Exit with 1 if something is unapplied; change nothing.",
        )
        add("--skip-checks", action="store_true", help="Skip system checks.")
        add("--prune", action="store_true", help="Forget migrations whose files are gone.")
        add(
            "--allow-destructive",
            action="store_true",
            help="Let steps run that destroy rows or columns with data (needed when DEBUG is off).",
        )
        add(
            "--accept-edited",
            action="store_true",
            help="Take edited files of applied migrations as what was applied.",
        )
        add(
            "--from-django",
            action="store_true",
            help="Take what Django's own table has as applied, if it is there.",
        )
        add(
            "--lock-timeout",
            type=float,
            default=DEFAULT_WAIT,
            metavar="SECONDS",
            help="Longest wait for another process that migrates.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity: int = options["verbosity"]
        self.interactive: bool = options["interactive"]
        if not options["skip_checks"]:
            self.check(databases=[options["database"]])
        import_receivers()
        connection = connections[options["database"]]
        connection.prepare_database()
        if options["plan"] or options["check_unapplied"]:
            self._run(connection, options)
        else:
            with migration_lock(connection, options["lock_timeout"], self._say):
                self._run(connection, options)

    def _say(self, message: str) -> None:
        if self.verbosity >= 1:
            self.stdout.write(message)
            self.stdout.flush()

    def _run(self, connection: Any, options: dict[str, Any]) -> None:
        executor = MigrationExecutor(connection, self.migration_progress_callback)
        if not options["fake"]:  # recording is how a gap is closed
            executor.loader.check_consistent_history(connection)
        self._refuse_conflicts(executor)
        if options["from_django"]:
            self._adopt(executor, options)
        targets = self._targets(executor, options)
        if options["prune"]:
            self._prune(executor, options)
            return
        plan = executor.migration_plan(targets)
        if options["plan"]:
            self._show_plan(plan)
            if options["check_unapplied"] and plan:
                raise SystemExit(1)
            return
        if options["check_unapplied"]:
            if plan:
                raise SystemExit(1)
            return
        run_syncdb = options["run_syncdb"] and bool(executor.loader.unmigrated_apps)
        self._refuse_bad_history(executor, options)
        before = executor.applied_state()
        if not options["fake"]:
            if not options["fake_initial"]:
                self._refuse_djangos(executor, plan)
            executor.check_reversible(plan)
            self._refuse_destruction(connection, plan, before, options)
        self._say_operations(executor, targets, options)
        self._say_interrupted(connection, executor.loader.applied_migrations)
        self._emit(pre_migrate, before, connection, plan)
        if run_syncdb:
            self._say(self.style.MIGRATE_HEADING("Synchronizing apps without migrations:"))
            label = options["app_label"]
            self.sync_apps(connection, [label] if label else executor.loader.unmigrated_apps)
        self._say(self.style.MIGRATE_HEADING("Running migrations:"))
        if not plan:
            self._say("  No migrations to apply.")
            self._say_unwritten_changes(executor)
        after = executor.migrate(
            targets,
            plan=plan,
            state=before.clone(),
            fake=options["fake"],
            fake_initial=options["fake_initial"],
        )
        self._emit(post_migrate, after, connection, plan)

    # -- refusing ---------------------------------------------------------------------------

    def _refuse_conflicts(self, executor: MigrationExecutor) -> None:
        conflicts = executor.loader.detect_conflicts()
        if conflicts:
            raise CommandError(executor.loader.conflict_message(conflicts))

    def _refuse_bad_history(self, executor: MigrationExecutor, options: dict[str, Any]) -> None:
        unknown = executor.unknown_migrations()
        if unknown:
            names = ", ".join(f"{label}.{name}" for label, name in unknown)
            label = unknown[0][0]
            raise DatabaseAheadError(
                f"Database {options['database']!r} has applied migrations that this code does not"
                f" have: {names}. Deploy the code that has them; or, if their files were removed on"
                f" purpose, forget them with 'migrate {label} --prune'."
            )
        edited = executor.edited_migrations()
        if not edited:
            return
        if options["accept_edited"]:
            for migration in edited:
                executor.recorder.record_unapplied(*migration.key)
                executor.record_migration(migration)
            return
        names = ", ".join(str(migration) for migration in edited)
        raise AppliedMigrationEditedError(
            f"The file of an applied migration says something else than what was applied: {names}."
            f"\n{files_of(edited)}\nNothing was changed. Undo the edit and write a new migration"
            " with makemigrations; or, if the database already is as the file says, run migrate"
            " with --accept-edited."
        )

    def _adopt(self, executor: MigrationExecutor, options: dict[str, Any]) -> None:
        found = adoptable_migrations(executor)
        if options["plan"] or options["check_unapplied"]:
            raise CommandError("--from-django records; it cannot go with --plan or --check.")
        self._say(self.style.MIGRATE_HEADING(f"Migrations that {DJANGO_TABLE} has:"))
        adopt(executor, found)
        for migration in found:
            self._say(f"  {migration} recorded")
        if not found:
            self._say("  None that is not recorded here already.")

    @staticmethod
    def _refuse_djangos(executor: MigrationExecutor, plan: Plan) -> None:
        """Refuse to make again what Django's migrations of the same name have made."""
        waiting = {migration for migration, backwards in plan if not backwards}
        found = [item for item in adoptable_migrations(executor) if item in waiting] if plan else []
        if found:
            names = ", ".join(str(migration) for migration in found)
            raise CommandError(
                f"Django has applied migrations of these names to database"
                f" {executor.connection.alias!r}: {names}. Nothing was changed. Take them as"
                " applied with 'python manage.py migrate --from-django'; or, where the files say"
                " something else here, record those whose tables are there with"
                " 'migrate --fake-initial'."
            )

    def _refuse_destruction(
        self, connection: Any, plan: Plan, state: ProjectState, options: dict[str, Any]
    ) -> None:
        risks = find_risks(connection, plan, state) if plan else []
        if not risks:
            return
        listed = "\n".join(f"  {risk}" for risk in risks)
        if not settings.DEBUG and not options["allow_destructive"]:
            raise DestructiveMigrationError(
                f"These steps would destroy data of database {connection.alias!r}:\n{listed}\n"
                "Nothing was changed. Take a backup, and run migrate with --allow-destructive."
            )
        self._say(self.style.WARNING("These steps destroy data:"))
        self._say(listed)

    # -- targets ----------------------------------------------------------------------------

    def _targets(self, executor: MigrationExecutor, options: dict[str, Any]) -> list[Target]:
        label, name = options["app_label"], options["migration_name"]
        loader = executor.loader
        if not label:
            return [(app, leaf) for app, leaf in loader.graph.leaf_nodes()]
        require_app(label)
        if options["run_syncdb"]:
            if label in loader.migrated_apps:
                raise CommandError(f"Can't use run_syncdb with app '{label}' as it has migrations.")
            return []
        if label not in loader.migrated_apps:
            raise CommandError(f"App '{label}' does not have migrations.")
        if not name:
            return [key for key in loader.graph.leaf_nodes() if key[0] == label]
        if name == "zero":
            return [(label, None)]
        return [self._named_target(executor, label, name)]

    @staticmethod
    def _named_target(executor: MigrationExecutor, label: str, name: str) -> Target:
        loader = executor.loader
        target = find_migration(loader, label, name).key
        if target not in loader.graph.nodes and target in loader.replacements:
            incomplete = loader.replacements[target]
            return incomplete.replaces[-1]
        return target

    def _prune(self, executor: MigrationExecutor, options: dict[str, Any]) -> None:
        label = options["app_label"]
        if not label:
            raise CommandError("Migrations can be pruned only when an app is specified.")
        self._say(self.style.MIGRATE_HEADING("Pruning migrations:"))
        loader = executor.loader
        gone = sorted(
            key
            for key in set(loader.applied_migrations) - set(loader.disk_migrations)
            if key[0] == label
        )
        squashed = sorted(
            str(migration)
            for migration in loader.replacements.values()
            if any(key in gone for key in migration.replaces)
        )
        if squashed:
            listed = "\n".join(f"  {name}" for name in squashed)
            self._say(
                self.style.NOTICE(
                    "  Cannot use --prune because the following squashed migrations have their"
                    " 'replaces' attributes and may not be recorded as applied:"
                )
            )
            self._say(listed)
            self._say(
                "  Re-run 'manage.py migrate' if they are not marked as applied, and remove"
                " 'replaces' attributes in their Migration classes."
            )
        elif not gone:
            self._say("  No migrations to prune.")
        else:
            for key in gone:
                self._say(f"  Pruning {key[0]}.{key[1]} OK")
                executor.recorder.record_unapplied(*key)

    # -- telling ----------------------------------------------------------------------------

    def _show_plan(self, plan: Plan) -> None:
        self.stdout.write("Planned operations:", self.style.MIGRATE_LABEL)
        if not plan:
            self.stdout.write("  No planned migration operations.")
        for migration, backwards in plan:
            self.stdout.write(str(migration), self.style.MIGRATE_HEADING)
            operations = reversed(migration.operations) if backwards else migration.operations
            for operation in operations:
                undo = "Undo " if backwards else ""
                mark = " -> IRREVERSIBLE" if backwards and not operation.reversible else ""
                style = self.style.WARNING if mark else None
                self.stdout.write(f"    {undo}{operation.describe()}{mark}", style)

    def _say_operations(
        self, executor: MigrationExecutor, targets: list[Target], options: dict[str, Any]
    ) -> None:
        self._say(self.style.MIGRATE_HEADING("Operations to perform:"))
        label = options["app_label"]
        if options["run_syncdb"] and executor.loader.unmigrated_apps:
            names = label or ", ".join(sorted(executor.loader.unmigrated_apps))
            self._say(f"{self.style.MIGRATE_LABEL('  Synchronize unmigrated apps: ')}{names}")
        if options["migration_name"] and targets:
            target = targets[0]
            where = (
                f"Unapply all migrations: {target[0]}"
                if target[1] is None
                else (f"Target specific migration: {target[1]}, from {target[0]}")
            )
            self._say(self.style.MIGRATE_LABEL(f"  {where}"))
        else:
            names = ", ".join(sorted({key[0] for key in targets})) or "(none)"
            self._say(f"{self.style.MIGRATE_LABEL('  Apply all migrations: ')}{names}")

    def _say_interrupted(self, connection: Any, applied: Any) -> None:
        for app, name, direction, operation in Journal.pending(connection, applied):
            self._say(
                self.style.WARNING(
                    f"  {app}.{name} was interrupted going {direction} at operation"
                    f" {operation + 1}; it goes on from there."
                )
            )

    def _say_unwritten_changes(self, executor: MigrationExecutor) -> None:
        """Say that models changed since the last makemigrations."""
        if self.verbosity < 1:
            return
        detector = self.autodetector(
            executor.loader.project_state(), ProjectState.from_apps(apps), MigrationQuestioner()
        )
        changes = detector.changes(graph=executor.loader.graph)
        if changes:
            labels = ", ".join(repr(label) for label in sorted(changes))
            self._say(
                self.style.NOTICE(
                    f"  Your models in app(s): {labels} have changes that are not yet reflected in"
                    " a migration, and so won't be applied."
                )
            )
            self._say(
                self.style.NOTICE(
                    "  Run 'manage.py makemigrations' to make new migrations, and then re-run"
                    " 'manage.py migrate' to apply them."
                )
            )

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        """Print each migration with the time it took."""
        if self.verbosity < 1:
            return
        if action in ("apply_start", "unapply_start"):
            self._started = time.monotonic()
            verb = "Applying" if action == "apply_start" else "Unapplying"
            self.stdout.write(f"  {verb} {migration}...", ending="")
            self.stdout.flush()
        elif action in ("apply_success", "unapply_success"):
            seconds = time.monotonic() - self._started
            self.stdout.write(self.style.SUCCESS(f" {'FAKED' if fake else 'OK'} ({seconds:.3f}s)"))

    def _emit(self, signal: Any, state: ProjectState, connection: Any, plan: Plan) -> None:
        send_to_apps(
            signal,
            verbosity=self.verbosity,
            interactive=self.interactive,
            using=connection.alias,
            stdout=self.stdout,
            apps=state.apps,
            plan=plan,
        )

    # -- apps without migrations ------------------------------------------------------------

    def sync_apps(self, connection: Any, app_labels: Any) -> None:
        """Make the tables of apps without migrations."""
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
        self._say("  Creating tables...")
        with connection.schema_editor() as editor:
            for app_config in apps.get_app_configs():
                if app_config.label not in app_labels or app_config.models_module is None:
                    continue
                for model in router.get_migratable_models(
                    app_config, connection.alias, include_auto_created=False
                ):
                    name = connection.introspection.identifier_converter(model._meta.db_table)
                    if not model._meta.can_migrate(connection) or name in tables:
                        continue
                    self._say(f"    Creating table {model._meta.db_table}")
                    editor.create_model(model)
            self._say("    Running deferred SQL...")
