"""Changes the schema of a database; statements are written by alembic and SQLAlchemy."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Self, cast

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column
from sqlalchemy.dialects import mysql, postgresql, sqlite

from .alterations import differs, has_join_tables, refuse_impossible
from .ddl import Describer
from .deferred import with_renamed_column, with_renamed_table, without_table
from .running import StatementRunner
from .specs import ColumnSpec, IndexSpec, TableSpec
from .statements import RawType, StatementWriter

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .journal import Journal
    from .operations.base import Operation

__all__ = ["BaseSchemaEditor", "SchemaEditor"]


_DIALECTS: dict[str, Callable[[], Any]] = {
    # "named" parameters: with any other style SQLAlchemy would double the percent signs.
    "sqlite": lambda: sqlite.dialect(paramstyle="named"),
    "postgresql": lambda: postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
    "mysql": lambda: mysql.dialect(paramstyle="named"),
}


class BaseSchemaEditor:
    """What the editors of all databases share.

    Used as a context manager: statements that must wait (foreign keys, mostly) run at its end, and
    where the database can undo changes of its schema, all of it is one transaction.

    Args:
        connection: Connection to the database.
        collect_sql: Gather statements in `collected_sql` instead of running them.
        atomic: Whether to open a transaction, where the database can.
        journal: Progress of a migration that cannot be undone as a whole.

    Attributes:
        collected_sql: Statements gathered.
        deferred_sql: Statements that run at the end.

    Source: https://docs.djangoproject.com/en/6.1/ref/schema-editor/
    """

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        collect_sql: bool = False,
        atomic: bool = True,
        journal: Journal | None = None,
    ) -> None:
        self.connection = connection
        self.deferred_sql: list[str] = []
        self.describer = Describer(connection)
        self.runner = StatementRunner(
            connection,
            gathers=collect_sql,
            atomic=atomic,
            journal=journal,
            fill=self.describer.fill,
        )
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect=_DIALECTS[connection.vendor](), opts={"as_sql": True, "output_buffer": buffer}
        )
        cast("Any", context.impl).static_output = self._take
        self.op = Operations(context)
        self.writer = StatementWriter(self.describer, context.dialect)

    # -- running ----------------------------------------------------------------------------

    @property
    def collect_sql(self) -> bool:
        """Whether statements are gathered, not run."""
        return self.runner.gathers

    @property
    def collected_sql(self) -> list[str]:
        """Statements gathered."""
        return self.runner.gathered

    @property
    def atomic_migration(self) -> bool:
        """Whether everything is one transaction."""
        return self.runner.atomic

    def _take(self, statement: str) -> None:
        """Run a statement that alembic has written."""
        self.execute(statement.strip().removesuffix(";").strip(), params=None)

    def __enter__(self) -> Self:
        self.runner.open()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException as failure:
            self.runner.close(type(failure), failure, failure.__traceback__)
            raise
        self.runner.close(kind, error, trace)

    def _finish(self) -> None:
        """Take the last steps, in the transaction if there is one."""
        self.run_deferred()

    def run_deferred(self) -> None:
        """Run what was put off to the end of the migration; a second call finds nothing to do."""
        self.runner.run_last(self.deferred_sql)
        self.deferred_sql = []

    def forget_journal(self) -> None:
        """Close the journal, when the migration is recorded."""
        self.runner.forget_journal()

    def operation_scope(
        self, operation: Operation, migration_atomic: bool
    ) -> AbstractContextManager[None]:
        """Surround one operation of a migration: its transaction, and its place in the journal."""
        return self.runner.operation_scope(operation, migration_atomic)

    def execute(self, sql: object, params: Sequence[object] | None = ()) -> None:
        """Run, or gather, a statement.

        Args:
            sql: The statement.
            params: Parameters; `None` leaves percent signs alone.
        """
        self.runner.execute(str(sql), params)

    def quote_name(self, name: str) -> str:
        """A quoted identifier."""
        return self.describer.quote(name)

    def quote_value(self, value: Any) -> str:
        """A value as an SQL literal."""
        return self.describer.literal(value)

    def effective_default(self, field: Any) -> Any:
        """The value that existing rows get for a new field."""
        return self.describer.effective_default(field)

    def index_on(self, model: Any, names: Iterable[str]) -> str:
        """The name of the index of an old `index_together`, which outlives renames of the table.

        Raises:
            ValueError: There is none, or more than one.
        """
        columns = [model._meta.get_field(name).column for name in names]
        return self._find_constraint(
            model._meta.db_table,
            columns,
            fallback=self._together_name(model, columns),
            exclude={index.name for index in model._meta.indexes},
            index=True,
            unique=False,
        )

    def _together_name(self, model: Any, columns: Sequence[str]) -> str:
        return self.describer.index_name(model._meta.db_table, columns, suffix="_idx")

    # -- tables -----------------------------------------------------------------------------

    def create_model(self, model: Any) -> None:
        """Create a model's table, and the join tables that it makes."""
        table = self.describer.table(model)
        self.execute(self.writer.create_table(table), params=None)
        self._create_comments(table)
        self.deferred_sql.extend(
            self.writer.add_constraint(table.name, self.writer.foreign_key(key))
            for key in table.foreign_keys
        )
        self.deferred_sql.extend(self.writer.create_index(table.name, i) for i in table.indexes)
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)

    def _create_comments(self, table: TableSpec) -> None:
        """Set comments where `CREATE TABLE` cannot."""
        if table.comment:
            self.op.create_table_comment(table.name, table.comment)

    def delete_model(self, model: Any) -> None:
        """Drop a model's table, and the join tables that it made."""
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
        self._drop_table(model._meta.db_table)
        self._forget_deferred(model._meta.db_table)

    def _drop_table(self, table: str) -> None:
        self.op.drop_table(table)

    def _forget_deferred(self, table: str, column: str | None = None) -> None:
        """Drop statements for the end that are about a table, or a column of it, that is gone."""
        quoted = "" if column is None else self.quote_name(column)
        self.deferred_sql = without_table(self.deferred_sql, self.quote_name(table), quoted)

    def _rename_in_deferred(self, table: str, old_column: str, new_column: str) -> None:
        """Give a renamed column its new name in the statements for the end."""
        self.deferred_sql = with_renamed_column(
            self.deferred_sql,
            self.quote_name(table),
            self.quote_name(old_column),
            self.quote_name(new_column),
        )

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str) -> None:
        """Rename a table."""
        if old_db_table == new_db_table or (
            self.connection.features.ignores_table_name_case
            and old_db_table.lower() == new_db_table.lower()
        ):
            return
        self.op.rename_table(old_db_table, new_db_table)
        old, new = self.quote_name(old_db_table), self.quote_name(new_db_table)
        self.deferred_sql = with_renamed_table(self.deferred_sql, old, new)

    def alter_db_table_comment(
        self, model: Any, old_db_table_comment: str | None, new_db_table_comment: str | None
    ) -> None:
        """Change a table's comment."""
        if (old_db_table_comment or "") == (new_db_table_comment or ""):
            return
        if self.connection.features.supports_comments:
            self.op.create_table_comment(model._meta.db_table, new_db_table_comment or "")

    def alter_db_tablespace(self, model: Any, old: str, new: str) -> None:
        """Move a table to another tablespace."""
        if old != new and self.connection.features.supports_tablespaces:
            table, space = self.quote_name(model._meta.db_table), self.quote_name(new)
            self.execute(f"ALTER TABLE {table} SET TABLESPACE {space}", params=None)

    # -- constraints and indexes ------------------------------------------------------------

    def _drop_constraint(self, table: str, name: str, kind: str) -> None:
        self.op.drop_constraint(name, table, type_=cast("Any", kind))

    def _drop_index(self, table: str, name: str) -> None:
        self.op.drop_index(name, table_name=table)

    def add_index(self, model: Any, index: Any) -> None:
        """Create an index of `Meta.indexes`."""
        described = self.describer.index(model, index)
        if described is not None:
            self.execute(self.writer.create_index(model._meta.db_table, described), params=None)

    def remove_index(self, model: Any, index: Any) -> None:
        """Drop an index of `Meta.indexes`."""
        if self.describer.index(model, index) is not None:
            self._drop_index(model._meta.db_table, index.name)

    def rename_index(self, model: Any, old_index: Any, new_index: Any) -> None:
        """Rename an index."""
        if self.connection.features.can_rename_index:
            self._rename_index(model._meta.db_table, old_index.name, new_index.name)
        else:
            self.remove_index(model, old_index)
            self.add_index(model, new_index)

    def _rename_index(self, table: str, old_name: str, new_name: str) -> None:
        old, new = self.quote_name(old_name), self.quote_name(new_name)
        self.execute(f"ALTER INDEX {old} RENAME TO {new}", params=None)

    def add_constraint(self, model: Any, constraint: Any) -> None:
        """Add a constraint of `Meta.constraints`."""
        described = self.describer.constraint(model, constraint)
        table = model._meta.db_table
        if isinstance(described, IndexSpec):
            self.execute(self.writer.create_index(table, described), params=None)
        elif described is not None:
            self.execute(self.writer.add_constraint(table, described), params=None)

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        """Drop a constraint of `Meta.constraints`."""
        described = self.describer.constraint(model, constraint)
        table = model._meta.db_table
        if isinstance(described, IndexSpec):
            self._drop_index(table, constraint.name)
        elif described is not None:
            is_unique = described.startswith(
                f"CONSTRAINT {self.quote_name(constraint.name)} UNIQUE"
            )
            self._drop_constraint(table, constraint.name, "unique" if is_unique else "check")

    def alter_unique_together(
        self, model: Any, old_unique_together: Iterable[Any], new_unique_together: Iterable[Any]
    ) -> None:
        """Change `unique_together`."""
        old = {tuple(group) for group in old_unique_together}
        new = {tuple(group) for group in new_unique_together}
        for group in sorted(old - new):
            self._remove_together(model, group)
        for group in sorted(new - old):
            self._add_together(model, group)

    def _add_together(self, model: Any, group: tuple[str, ...]) -> None:
        together = self.describer.together(model, group)
        table = model._meta.db_table
        if isinstance(together, IndexSpec):
            self.execute(self.writer.create_index(table, together), params=None)
        else:
            self.execute(self.writer.add_constraint(table, together[1]), params=None)

    def _remove_together(self, model: Any, group: tuple[str, ...]) -> None:
        columns = [model._meta.get_field(name).column for name in group]
        named = {constraint.name for constraint in model._meta.constraints}
        name = self._find_constraint(
            model._meta.db_table,
            columns,
            fallback=self.describer.unique_name(model, columns),
            unique=True,
            exclude=named,
        )
        self._drop_unique(model._meta.db_table, name)

    def _drop_unique(self, table: str, name: str) -> None:
        self._drop_constraint(table, name, "unique")

    def alter_index_together(
        self, model: Any, old_index_together: Iterable[Any], new_index_together: Iterable[Any]
    ) -> None:
        """Change the `index_together` of an old migration."""
        old = {tuple(group) for group in old_index_together}
        new = {tuple(group) for group in new_index_together}
        table = model._meta.db_table
        for group in sorted(old - new):
            self._drop_index(table, self.index_on(model, group))
        for group in sorted(new - old):
            columns = tuple(model._meta.get_field(name).column for name in group)
            name = self._together_name(model, columns)
            spec = IndexSpec(name, tuple(map(self.quote_name, columns)))
            self.execute(self.writer.create_index(table, spec), params=None)

    def _find_constraint(
        self,
        table: str,
        columns: Sequence[str],
        fallback: str,
        exclude: Iterable[str] = (),
        **kinds: bool,
    ) -> str:
        """The name of a constraint in the database; where nobody can be asked, the default name.

        Args:
            columns: Columns that it is on, in order.
            fallback: The name that it has by default.
            exclude: Names that are not meant.
            kinds: Flags of introspection that must hold, such as `unique=True`.

        Raises:
            ValueError: There is none, or more than one.
        """
        if self.runner.blind:
            return fallback
        found = self._constraints_on(table, columns, exclude, **kinds)
        if fallback in found or (not found and self.runner.resumed):
            return fallback
        if len(found) != 1:
            raise ValueError(
                f"Found wrong number ({len(found)}) of constraints for"
                f" {table}({', '.join(columns)})"
            )
        return found[0]

    def _constraints_on(
        self, table: str, columns: Sequence[str], exclude: Iterable[str] = (), **kinds: bool
    ) -> list[str]:
        """The names of a table's constraints and indexes on just these columns, as it is now."""
        with self.connection.cursor() as cursor:
            constraints = self.connection.introspection.get_constraints(cursor, table)
        unwanted = set(exclude)
        return [
            str(name)
            for name, info in constraints.items()
            if list(info["columns"]) == list(columns)
            and all(bool(info[kind]) == wanted for kind, wanted in kinds.items())
            and not info.get("primary_key")
            and name not in unwanted
        ]

    # -- columns ----------------------------------------------------------------------------

    def add_field(self, model: Any, field: Any) -> None:
        """Add a field's column, or its join table."""
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.create_model(field.remote_field.through)
            return
        column = self.describer.column(model, field, include_default=True)
        if column is None:
            return
        self._add_column(model, field, column)
        key = self.describer.foreign_key(model, field)
        table = model._meta.db_table
        if key is not None:
            self.deferred_sql.append(
                self.writer.add_constraint(table, self.writer.foreign_key(key))
            )
        self.deferred_sql.extend(
            self.writer.create_index(table, index)
            for index in [
                *self.describer.field_index(model, field),
                *(self.describer.like_index(model, field) if field.unique else ()),
            ]
        )

    def _add_column(self, model: Any, field: Any, column: ColumnSpec) -> None:
        table = model._meta.db_table
        self.op.add_column(table, Column(column.name, RawType(column.text)))
        drops_default = (
            " DEFAULT " in f" {column.text} "
            and not field.has_db_default()
            and not getattr(field, "generated", False)
        )
        if drops_default:
            # Python gives the default; the database had it for the rows that were there.
            self._drop_default(table, field.column)

    def _drop_default(self, table: str, column: str) -> None:
        self.op.alter_column(table, column, server_default=None)

    def remove_field(self, model: Any, field: Any) -> None:
        """Drop a field's column, or its join table."""
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.delete_model(field.remote_field.through)
            return
        if field.db_parameters(connection=self.connection)["type"] is None:
            return
        self._remove_column(model, field)
        self._forget_deferred(model._meta.db_table, field.column)

    def _remove_column(self, model: Any, field: Any) -> None:
        table = model._meta.db_table
        key = self.describer.foreign_key(model, field)
        if key is not None:
            name = self._find_constraint(table, [field.column], fallback=key.name, foreign_key=True)
            self._drop_constraint(table, name, "foreignkey")
        self.op.drop_column(table, field.column)

    def alter_field(self, model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        """Change a field's column from what `old_field` is to what `new_field` is.

        Args:
            strict: Ignored; differences between the database and `old_field` raise anyway.

        Raises:
            ValueError: One of the fields has no column and the other has, or the change is one that
                the database cannot make, such as from or to a generated column.
        """
        if not differs(old_field, new_field):
            return
        if has_join_tables(old_field, new_field):
            self._alter_many_to_many(old_field, new_field)
            return
        refuse_impossible(self.connection, old_field, new_field)
        self._alter_column(model, old_field, new_field)

    def _alter_many_to_many(self, old_field: Any, new_field: Any) -> None:
        """Rename a join table and let its columns point at the right models."""
        old_through = old_field.remote_field.through
        new_through = new_field.remote_field.through
        if old_through._meta.db_table != new_through._meta.db_table:
            self.alter_db_table(old_through, old_through._meta.db_table, new_through._meta.db_table)
        for name in ("m2m_reverse_field_name", "m2m_field_name"):
            self.alter_field(
                new_through,
                old_through._meta.get_field(getattr(old_field, name)()),
                new_through._meta.get_field(getattr(new_field, name)()),
            )

    def _alter_column(self, model: Any, old_field: Any, new_field: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _alter_column().")


def SchemaEditor(  # noqa: N802  # reads as the class that it picks
    connection: BaseDatabaseWrapper,
    collect_sql: bool = False,
    atomic: bool = True,
    journal: Journal | None = None,
) -> BaseSchemaEditor:
    """The editor for a connection's database; see `BaseSchemaEditor`.

    Raises:
        NotImplementedError: There is none for this vendor.
    """
    from .editor_mysql import MySQLSchemaEditor
    from .editor_postgresql import PostgreSQLSchemaEditor
    from .editor_sqlite import SQLiteSchemaEditor

    editors: dict[str, type[BaseSchemaEditor]] = {
        "mysql": MySQLSchemaEditor,
        "postgresql": PostgreSQLSchemaEditor,
        "sqlite": SQLiteSchemaEditor,
    }
    vendor = connection.vendor
    if vendor not in editors:
        raise NotImplementedError(
            f"There is no schema editor for {vendor!r}. Vendors: 'mysql', 'postgresql', 'sqlite'."
        )
    return editors[vendor](connection, collect_sql, atomic, journal)
