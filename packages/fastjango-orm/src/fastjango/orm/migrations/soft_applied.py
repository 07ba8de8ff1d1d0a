"""Tells whether a database has the tables of a migration that is not recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.router import router

from .exceptions import MigrationError
from .files import file_of
from .operations import AddField, CreateModel

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .migration import Migration
    from .state import ProjectState

__all__ = ["is_first_of_its_app", "is_made_already"]


def is_first_of_its_app(migration: Migration) -> bool:
    """What `initial` says; where it says nothing, whether it needs no other of its app."""
    if migration.initial is not None:
        return migration.initial
    return all(label != migration.app_label for label, _ in migration.dependencies)


def is_made_already(
    connection: BaseDatabaseWrapper, migration: Migration, after: ProjectState
) -> bool:
    """Whether every table and column that a migration makes is there, and it makes any.

    Args:
        after: The state after the migration.

    Raises:
        MigrationError: A table is there and lacks columns: it is another one, or an older one.
    """
    finder = _Finder(connection)
    found = False
    for operation in migration.operations:
        if isinstance(operation, CreateModel):
            model_name, field_name = operation.name, None
        elif isinstance(operation, AddField):
            model_name, field_name = operation.model_name, operation.name
        else:
            continue
        model = after.apps.get_model(migration.app_label, model_name)
        if _is_elsewhere(connection, model):
            continue
        if field_name is None:
            there = finder.has_table(model)
            if there:
                _refuse_another_table(migration, model, finder.missing_columns(model))
        else:
            there = finder.has_field(model, model._meta.get_field(field_name))
        if not there:
            return False
        found = True
    return found


def _refuse_another_table(migration: Migration, model: Any, missing: list[str]) -> None:
    if missing:
        table = model._meta.db_table
        raise MigrationError(
            f"Table {table!r} is there, but lacks columns that {file_of(migration)} makes:"
            f" {', '.join(missing)}. {migration} was neither run nor recorded. Add the columns by a"
            " migration of their own, whose initial one describes the table as it is; or record"
            f" what is true with 'python manage.py migrate --fake {migration.app_label}"
            f" {migration.name}'."
        )


def _is_elsewhere(connection: BaseDatabaseWrapper, model: Any) -> bool:
    """Whether migrations leave a model's table in this database alone."""
    meta = model._meta
    return bool(
        meta.proxy
        or not meta.managed
        or meta.swapped
        or not router.allow_migrate_model(connection.alias, model)
    )


class _Finder:
    """Asks a database for tables and columns."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        with connection.cursor() as cursor:
            self.tables = set(connection.introspection.table_names(cursor))

    def has_table(self, model: Any) -> bool:
        return model._meta.db_table in self.tables

    def has_field(self, model: Any, field: Any) -> bool:
        if field.many_to_many:
            return self.has_table(field.remote_field.through)
        return self.has_table(model) and field.column in self._columns(model)

    def missing_columns(self, model: Any) -> list[str]:
        columns = self._columns(model)
        wanted = [field.column for field in model._meta.local_concrete_fields]
        return [column for column in wanted if column not in columns]

    def _columns(self, model: Any) -> set[str]:
        table = model._meta.db_table
        with self.connection.cursor() as cursor:
            described = self.connection.introspection.get_table_description(cursor, table)
        return {column.name for column in described}
