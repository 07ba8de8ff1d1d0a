"""Brings a database to where the migrations want it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .checksum import checksum
from .exceptions import InvalidMigrationPlan, IrreversibleError
from .files import files_of
from .journal import Journal
from .loader import MigrationLoader
from .migration import Migration
from .recorder import MigrationRecorder
from .soft_applied import is_first_of_its_app, is_made_already
from .state import ProjectState

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["MigrationExecutor", "Plan", "checksum"]

Key = tuple[str, str]
Plan = list[tuple[Migration, bool]]
ProgressCallback = Callable[..., None]


class MigrationExecutor:
    """Plans and runs migrations on one database.

    Args:
        connection: Connection to the database.
        progress_callback: Called as `callback(action, migration, fake)` before and after each
            migration; actions are Django's.
    """

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        progress_callback: ProgressCallback | None = None,
    ) -> None:
        self.connection = connection
        self.loader = MigrationLoader(connection)
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = progress_callback

    # -- planning ---------------------------------------------------------------------------

    def migration_plan(
        self, targets: Iterable[tuple[str, str | None]], clean_start: bool = False
    ) -> Plan:
        """What is to be run to reach the targets.

        Args:
            targets: Migrations to be at; a name of `None` means before an app's first one.
            clean_start: Plan as if nothing were applied.

        Returns:
            `(migration, backwards)` pairs in the order to run them.
        """
        graph = self.loader.graph
        applied: dict[Key, Any] = {} if clean_start else dict(self.loader.applied_migrations)
        plan: Plan = []

        def undo(key: Key) -> None:
            for node in graph.backwards_plan(key):
                if node in applied:
                    plan.append((self._migration(node), True))
                    del applied[node]

        for label, name in targets:
            if name is None:
                for root in graph.root_nodes(label):
                    undo(root)
                continue
            target = (label, name)
            replaced = self.loader.replacements.get(target)
            if replaced and target not in graph.node_map:
                target = replaced.replaces[-1]
            if target in applied:
                # Undo what comes after the target in its own app, and what depends on that.
                children = sorted(
                    child.key for child in graph.node_map[target].children if child.key[0] == label
                )
                for child in children:
                    undo(child)
            else:
                for node in graph.forwards_plan(target):
                    if node not in applied:
                        plan.append((self._migration(node), False))
                        applied[node] = True
        return plan

    def _migration(self, key: Key) -> Migration:
        migration = self.loader.graph.nodes[key]
        assert migration is not None  # placeholders are refused when the graph is built
        return migration

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        """The state of nothing, or of what the database has applied."""
        state = ProjectState(real_apps=set(self.loader.unmigrated_apps))
        if with_applied_migrations:
            full_plan = self.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True)
            applied = {
                self._migration(key)
                for key in self.loader.applied_migrations
                if key in self.loader.graph.nodes
            }
            for migration, _ in full_plan:
                if migration in applied:
                    migration.mutate_state(state, preserve=False)
        return state

    def applied_state(self) -> ProjectState:
        """The models as the applied migrations leave them."""
        return self._create_project_state(with_applied_migrations=True)

    # -- running ----------------------------------------------------------------------------

    def migrate(
        self,
        targets: Sequence[tuple[str, str | None]],
        plan: Plan | None = None,
        state: ProjectState | None = None,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        """Run a plan.

        Args:
            targets: Where to be afterwards.
            plan: What to run; planned from the targets if not given.
            state: State before the plan.
            fake: Record only; change nothing else.
            fake_initial: Record initial migrations whose tables are there already.

        Returns:
            The state after the plan.

        Raises:
            InvalidMigrationPlan: The plan goes both ways.
        """
        self.recorder.ensure_schema()
        if plan is None:
            plan = self.migration_plan(targets)
        full_plan = self.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True)
        directions = {backwards for _, backwards in plan}
        if not plan:
            if state is None:
                state = self._create_project_state(with_applied_migrations=True)
        elif directions == {False}:
            if state is None:
                state = self._create_project_state(with_applied_migrations=True)
            state = self._forwards(state, plan, full_plan, fake, fake_initial)
        elif directions == {True}:
            if not fake:
                self.check_reversible(plan)
            state = self._backwards(plan, full_plan, fake)
        else:
            raise InvalidMigrationPlan(
                "Migration plans with both forwards and backwards migrations are not supported."
                " Please split your migration process into separate plans of only forwards OR"
                " backwards migrations.",
                plan,
            )
        self.check_replacements()
        return state

    @staticmethod
    def check_reversible(plan: Plan) -> None:
        """Refuse a plan of which a step cannot be undone, before its first step.

        Raises:
            IrreversibleError: Names the operations, their files and the way out.
        """
        stuck = [
            (migration, operation)
            for migration, backwards in plan
            if backwards
            for operation in migration.operations
            if not operation.reversible
        ]
        if not stuck:
            return
        steps = "; ".join(
            f"Operation {item.describe()!r} in {at} is not reversible" for at, item in stuck
        )
        files = files_of(dict.fromkeys(migration for migration, _ in stuck))
        last = stuck[-1][0]
        raise IrreversibleError(
            f"{steps}.\n{files}\nNothing was changed. Give each its way back (`reverse_code`,"
            f" `reverse_sql`), or go back no further than 'python manage.py migrate"
            f" {stuck[0][0].app_label} {stuck[0][0].name}'; --fake forgets {last} without undoing it."
        )

    def _forwards(
        self, state: ProjectState, plan: Plan, full_plan: Plan, fake: bool, fake_initial: bool
    ) -> ProjectState:
        to_run = {migration for migration, _ in plan}
        for migration, _ in full_plan:
            if not to_run:
                break
            if migration in to_run:
                state = self.apply_migration(state, migration, fake, fake_initial)
                to_run.remove(migration)
        return state

    def _backwards(self, plan: Plan, full_plan: Plan, fake: bool) -> ProjectState:
        to_run = {migration for migration, _ in plan}
        applied = {
            self._migration(key)
            for key in self.loader.applied_migrations
            if key in self.loader.graph.nodes
        }
        states: dict[Migration, ProjectState] = {}
        state = self._create_project_state()
        for migration, _ in full_plan:
            if migration in to_run:
                states[migration] = state.clone()
            if migration in applied:
                state = migration.mutate_state(state, preserve=False)
        for migration, _ in plan:
            self.unapply_migration(states[migration], migration, fake)
            applied.discard(migration)
        final = self._create_project_state()
        for migration, _ in full_plan:
            if migration in applied:
                final = migration.mutate_state(final, preserve=False)
        return final

    def _tell(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if self.progress_callback is not None:
            if migration is None:
                self.progress_callback(action)
            else:
                self.progress_callback(action, migration, fake)

    def apply_migration(
        self,
        state: ProjectState,
        migration: Migration,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        """Run one migration forwards and record it, in one transaction where that is possible."""
        self._tell("apply_start", migration, fake)
        if fake:
            state = migration.mutate_state(state, preserve=False)
        elif fake_initial:
            fake, state = self.detect_soft_applied(state, migration)
        if fake:
            self.record_migration(migration)
        else:
            state = self._run_forwards(state, migration)
        self._tell("apply_success", migration, fake)
        return state

    def _run_forwards(self, state: ProjectState, migration: Migration) -> ProjectState:
        with self._editor(migration, "forwards") as editor:
            state = migration.apply(state, editor)
            # First what comes last, so that the record is part of the transaction.
            editor.run_deferred()
            self.record_migration(migration)
        editor.forget_journal()
        return state

    def unapply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False
    ) -> ProjectState:
        """Run one migration backwards and forget it."""
        self._tell("unapply_start", migration, fake)
        if not fake:
            with self._editor(migration, "backwards") as editor:
                state = migration.unapply(state, editor)
                editor.run_deferred()
                self._forget(migration)
            editor.forget_journal()
        else:
            self._forget(migration)
        self._tell("unapply_success", migration, fake)
        return state

    def _editor(self, migration: Migration, direction: str) -> Any:
        from .editor import SchemaEditor

        transactional = migration.atomic and self.connection.features.can_rollback_ddl
        journal = None
        if not transactional:
            journal = Journal(self.connection, migration.app_label, migration.name, direction)
        return SchemaEditor(self.connection, atomic=migration.atomic, journal=journal)

    def _forget(self, migration: Migration) -> None:
        for key in migration.replaces or [migration.key]:
            self.recorder.record_unapplied(*key)
        if migration.replaces:
            self.recorder.record_unapplied(*migration.key)

    def record_migration(self, migration: Migration) -> None:
        """Note that a migration (and what it replaces) is applied."""
        digest = checksum(migration)
        for key in migration.replaces:
            self.recorder.record_applied(*key)
        if not migration.replaces:
            self.recorder.record_applied(*migration.key, digest)

    def check_replacements(self) -> None:
        """Record squashed migrations all of whose parts are applied."""
        applied = self.recorder.applied_migrations()
        for key, migration in self.loader.replacements.items():
            if key not in applied and all(part in applied for part in migration.replaces):
                self.recorder.record_applied(*key, checksum(migration))

    def edited_migrations(self) -> list[Migration]:
        """Applied migrations whose files no longer say what was applied."""
        edited: list[Migration] = []
        for key, row in self.loader.applied_migrations.items():
            migration = self.loader.disk_migrations.get(key)
            if migration is not None and row.checksum and row.checksum != checksum(migration):
                edited.append(migration)
        return edited

    def unknown_migrations(self) -> list[Key]:
        """Migrations that the database has and the code does not, of apps that have migrations."""
        known = set(self.loader.disk_migrations)
        for migration in self.loader.disk_migrations.values():
            known.update(migration.replaces)
        return sorted(
            key
            for key in self.loader.applied_migrations
            if key not in known and key[0] in self.loader.migrated_apps
        )

    def detect_soft_applied(
        self, project_state: ProjectState | None, migration: Migration
    ) -> tuple[bool, ProjectState]:
        """Whether the tables and columns of an initial migration are there already.

        Returns:
            The answer, and the state to go on with: that after the migration if it is.
        """
        before = project_state or self.loader.project_state(migration.key, at_end=False)
        if not is_first_of_its_app(migration):
            return False, before
        after = migration.mutate_state(before)
        applied = is_made_already(self.connection, migration, after)
        return applied, after if applied else before
