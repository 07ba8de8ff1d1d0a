"""Takes over a database that Django has migrated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .exceptions import MigrationError

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .executor import MigrationExecutor
    from .migration import Migration
    from .state import ProjectState

__all__ = ["DJANGO_TABLE", "adopt", "adoptable_migrations", "missing_parts"]

#: The table of migrations that Django has applied. It is read, and never written.
DJANGO_TABLE = "django_migrations"


def adoptable_migrations(executor: MigrationExecutor) -> list[Migration]:
    """Migrations of the code that Django's table has and ours has not, in the order to run them."""
    connection = executor.connection
    with connection.cursor() as cursor:
        if DJANGO_TABLE not in connection.introspection.table_names(cursor):
            return []
        quote = connection.ops.quote_name
        cursor.execute(f"SELECT {quote('app')}, {quote('name')} FROM {quote(DJANGO_TABLE)}")
        known: set[tuple[str, str]] = {(app, name) for app, name in cursor.fetchall()}
    loader = executor.loader
    plan = executor.migration_plan(loader.graph.leaf_nodes())
    return [
        migration
        for migration, _ in plan
        if migration.key in known
        or (bool(migration.replaces) and known.issuperset(migration.replaces))
    ]


def adopt(executor: MigrationExecutor, migrations: Iterable[Migration]) -> None:
    """Record migrations that Django has applied, once the database is as they say.

    Raises:
        MigrationError: A table or a column of them is not there; nothing was recorded.
    """
    adopted = list(migrations)
    state = executor.applied_state()
    for migration in adopted:
        state = migration.mutate_state(state, preserve=False)
    missing = missing_parts(
        executor.connection, state, {migration.app_label for migration in adopted}
    )
    if missing:
        raise MigrationError(
            f"Django's table {DJANGO_TABLE!r} has {', '.join(map(str, adopted))}, but the database"
            f" {executor.connection.alias!r} lacks what these files make: {', '.join(missing)}."
            " Nothing was recorded. The files of the same name say something else here: record one"
            " by one what is there with 'python manage.py migrate --fake APP NAME'."
        )
    for migration in adopted:
        executor.record_migration(migration)
    executor.loader.build_graph()


def missing_parts(
    connection: BaseDatabaseWrapper, state: ProjectState, labels: set[str]
) -> list[str]:
    """Tables and columns of a state's apps that a database lacks."""
    from fastjango.orm.router import router

    missing: list[str] = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in state.apps.get_models(include_auto_created=True):
            meta: Any = model._meta
            if (
                meta.app_label not in labels
                or not meta.can_migrate(connection.alias)
                or not router.allow_migrate_model(connection.alias, model)
            ):
                continue
            if meta.db_table not in tables:
                missing.append(f"table {meta.db_table}")
                continue
            described = connection.introspection.get_table_description(cursor, meta.db_table)
            columns = {column.name for column in described}
            missing += [
                f"column {meta.db_table}.{field.column}"
                for field in meta.local_concrete_fields
                if field.column not in columns
            ]
    return missing
