"""Changes the schema of a database; statements are written by alembic and SQLAlchemy."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self, cast

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from fastjango.orm.exceptions import DatabaseError
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import UserDefinedType

from .ddl import ColumnSpec, Describer, ForeignKeySpec, IndexSpec, TableSpec

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    from .journal import Journal
    from .operations.base import Operation

__all__ = ["BaseSchemaEditor", "SchemaEditor"]


class RawType(UserDefinedType[Any]):
    """A column definition that is written as it is."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **kwargs: Any) -> str:
        """The text after the column's name."""
        return self.text


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
        self.collect_sql = collect_sql
        self.collected_sql: list[str] = []
        self.deferred_sql: list[str] = []
        self.atomic_migration = connection.features.can_rollback_ddl and atomic
        self.journal = None if collect_sql else journal
        self.describer = Describer(connection)
        self._operation_index = -1
        self._atomic: Any = None
        self._in_operation = False
        self._unlimited = ExitStack()
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect=_DIALECTS[connection.vendor](), opts={"as_sql": True, "output_buffer": buffer}
        )
        cast("Any", context.impl).static_output = self._take
        self.op = Operations(context)

    # -- running ----------------------------------------------------------------------------

    def _take(self, statement: str) -> None:
        """Run a statement that alembic has written."""
        self.execute(statement.strip().removesuffix(";").strip(), params=None)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.connection.statement_limit.lifted())
            if self.journal is not None:
                self.journal.open()
            if self.atomic_migration and not self.collect_sql:
                from fastjango.orm.transaction import atomic

                self._atomic = atomic(self.connection.alias)
                self._atomic.__enter__()
            self._unlimited = stack.pop_all()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        with self._unlimited.pop_all():
            self._leave(kind, error, trace)

    def _leave(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            try:
                self.run_deferred()
            except BaseException as failure:
                if self._atomic is not None:
                    self._atomic.__exit__(type(failure), failure, failure.__traceback__)
                raise
        if self._atomic is not None:
            self._atomic.__exit__(kind, error, trace)

    def run_deferred(self) -> None:
        """Run what was put off to the end of the migration; a second call finds nothing to do."""
        if self._deferred_ran and not self.deferred_sql:
            return
        self._deferred_ran = True
        if self.journal is None:
            for statement in self.deferred_sql:
                self.execute(statement, params=None)
        elif self.journal.begin_operation(self._operation_index + 1):
            for statement in self.deferred_sql:
                self._journalled(statement, None)
            self.journal.end_operation()
        self.deferred_sql = []

    def forget_journal(self) -> None:
        """Close the journal, when the migration is recorded."""
        if self.journal is not None:
            self.journal.close()

    @contextmanager
    def operation_scope(self, operation: Operation, migration_atomic: bool) -> Generator[None]:
        """Surround one operation of a migration: its transaction, and its place in the journal."""
        self._operation_index += 1
        own = operation.atomic or (migration_atomic and operation.atomic is not False)
        if self.journal is None:
            if own and not self.atomic_migration and not self.collect_sql:
                from fastjango.orm.transaction import atomic

                with atomic(self.connection.alias):
                    yield
            else:
                yield
            return
        if not self.journal.begin_operation(self._operation_index):
            # Done before an interruption: only what it puts off to the end is to be known again.
            with self._silenced():
                yield
            return
        self._in_operation = True
        try:
            if own and not operation.reduces_to_sql:
                # Data: the work and the note of it are one transaction.
                from fastjango.orm.transaction import atomic

                with atomic(self.connection.alias):
                    yield
                    self.journal.end_operation()
            else:
                yield
                self.journal.end_operation()
        finally:
            self._in_operation = False

    @contextmanager
    def _silenced(self) -> Generator[None]:
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    _deferred_ran = False
    _silent = False  # the present operation was done before an interruption

    def execute(self, sql: object, params: Sequence[object] | None = ()) -> None:
        """Run, or gather, a statement.

        Args:
            sql: The statement.
            params: Parameters; `None` leaves percent signs alone.
        """
        statement = str(sql)
        if self.collect_sql:
            filled = self.describer.fill(statement, params) if params else statement
            self.collected_sql.append(filled if filled.endswith(";") else f"{filled};")
            return
        if self._silent:
            return
        if self.journal is not None and self._in_operation:
            self._journalled(statement, params)
        else:
            self._execute(statement, params)

    def _execute(self, statement: str, params: Sequence[object] | None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, list(params) if params else None)

    def _journalled(self, statement: str, params: Sequence[object] | None) -> None:
        journal = cast("Journal", self.journal)
        if journal.skip(statement):
            return
        uncertain = journal.before(statement)
        try:
            self._execute(statement, params)
        except DatabaseError as error:
            if not (uncertain and journal.says_already_done(error)):
                raise
        journal.after(statement)

    def quote_name(self, name: str) -> str:
        """A quoted identifier."""
        return self.describer.quote(name)

    def quote_value(self, value: Any) -> str:
        """A value as an SQL literal."""
        return self.describer.literal(value)

    def effective_default(self, field: Any) -> Any:
        """The value that existing rows get for a new field."""
        return self.describer.effective_default(field)

    # -- statements -------------------------------------------------------------------------

    def _table_element(self, table: TableSpec, inline_keys: bool, name: str | None = None) -> Table:
        """A SQLAlchemy table that is written just as described."""
        items: list[Any] = [
            Column(column.name, RawType(column.text), nullable=True) for column in table.columns
        ]
        element = Table(name or table.name, MetaData(), *items)
        extra = [sql for _, sql in table.constraints]
        if inline_keys:
            extra += [self.foreign_key_sql(key, named=False) for key in table.foreign_keys]
        element.info["extra"] = extra
        return element

    def table_sql(
        self, table: TableSpec, inline_keys: bool = False, name: str | None = None
    ) -> str:
        """The `CREATE TABLE` of a table."""
        from sqlalchemy.schema import CreateTable

        element = self._table_element(table, inline_keys, name)
        dialect = self.op.get_context().dialect
        sql = str(CreateTable(element).compile(dialect=dialect)).strip()
        extra: list[str] = element.info["extra"]
        if extra:
            body, _, tail = sql.rpartition("\n)")
            sql = body + ", \n\t" + ", \n\t".join(extra) + "\n)" + tail
        return sql.replace("\t", "    ")

    def foreign_key_sql(self, key: ForeignKeySpec, named: bool = True) -> str:
        """A foreign key as a table constraint."""
        columns = ", ".join(self.quote_name(column) for column in key.columns)
        targets = ", ".join(self.quote_name(column) for column in key.targets)
        name = f"CONSTRAINT {self.quote_name(key.name)} " if named else ""
        action = f" {key.on_delete.strip()}" if key.on_delete else ""
        return (
            f"{name}FOREIGN KEY ({columns}) REFERENCES {self.quote_name(key.table)} ({targets})"
            f"{action}{self.connection.ops.deferrable_sql()}"
        )

    def create_index_sql(self, table: str, index: IndexSpec, concurrently: bool = False) -> str:
        """The `CREATE INDEX` of an index."""
        unique = "UNIQUE " if index.unique else ""
        sql = (
            f"CREATE {unique}INDEX {'CONCURRENTLY ' if concurrently else ''}"
            f"{self.quote_name(index.name)} ON {self.quote_name(table)}"
            f"{f' USING {index.using}' if index.using else ''} ({', '.join(index.parts)})"
        )
        if index.include:
            sql += f" INCLUDE ({', '.join(index.include)})"
        if index.suffix:
            sql += f" {index.suffix.strip()}"
        if index.where:
            sql += f" WHERE {index.where}"
        return sql

    def index_sql(self, model: Any, index: Any) -> str | None:
        """The `CREATE INDEX` of an index of `Meta.indexes`, `None` if the database has none."""
        described = self.describer.index(model, index)
        return None if described is None else self.create_index_sql(model._meta.db_table, described)

    def constraint_sql(self, model: Any, constraint: Any) -> str | None:
        """The SQL of a constraint of `Meta.constraints`, `None` if the database has none."""
        described = self.describer.constraint(model, constraint)
        if isinstance(described, IndexSpec):
            return self.create_index_sql(model._meta.db_table, described)
        return described

    def index_name_on(self, model: Any, names: Iterable[str]) -> str:
        """The name of the index of an old `index_together`."""
        columns = [model._meta.get_field(name).column for name in names]
        return self.describer.index_name(model._meta.db_table, columns, suffix="_idx")

    # -- tables -----------------------------------------------------------------------------

    def create_model(self, model: Any) -> None:
        """Create a model's table, and the join tables that it makes."""
        table = self.describer.table(model)
        self.execute(self.table_sql(table), params=None)
        self._create_comments(table)
        self.deferred_sql.extend(
            self._add_constraint_sql(table.name, self.foreign_key_sql(key))
            for key in table.foreign_keys
        )
        self.deferred_sql.extend(self.create_index_sql(table.name, i) for i in table.indexes)
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
        quoted = self.quote_name(table)
        needle = "" if column is None else self.quote_name(column)

        def concerns(statement: str) -> bool:
            made, _, target = statement.partition(" REFERENCES ")
            mine = made.startswith(f"ALTER TABLE {quoted} ") or f" ON {quoted} " in made
            return (mine and needle in made) or (
                target.startswith(f"{quoted} ") and needle in target
            )

        self.deferred_sql = [sql for sql in self.deferred_sql if not concerns(sql)]

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str) -> None:
        """Rename a table."""
        if old_db_table == new_db_table or (
            self.connection.features.ignores_table_name_case
            and old_db_table.lower() == new_db_table.lower()
        ):
            return
        self.op.rename_table(old_db_table, new_db_table)
        old, new = self.quote_name(old_db_table), self.quote_name(new_db_table)
        self.deferred_sql = [statement.replace(old, new) for statement in self.deferred_sql]

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

    def _add_constraint_sql(self, table: str, constraint: str) -> str:
        return f"ALTER TABLE {self.quote_name(table)} ADD {constraint}"

    def _drop_constraint(self, table: str, name: str, kind: str) -> None:
        self.op.drop_constraint(name, table, type_=cast("Any", kind))

    def _drop_index(self, table: str, name: str) -> None:
        self.op.drop_index(name, table_name=table)

    def add_index(self, model: Any, index: Any) -> None:
        """Create an index of `Meta.indexes`."""
        sql = self.index_sql(model, index)
        if sql is not None:
            self.execute(sql, params=None)

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
            self.execute(self.create_index_sql(table, described), params=None)
        elif described is not None:
            self.execute(self._add_constraint_sql(table, described), params=None)

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        """Drop a constraint of `Meta.constraints`."""
        described = self.describer.constraint(model, constraint)
        table = model._meta.db_table
        if isinstance(described, IndexSpec):
            self._drop_index(table, constraint.name)
        elif described is not None:
            kind = "unique" if " UNIQUE" in described.partition(" CHECK ")[0] else "check"
            self._drop_constraint(table, constraint.name, kind)

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
            self.execute(self.create_index_sql(table, together), params=None)
        else:
            self.execute(self._add_constraint_sql(table, together[1]), params=None)

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
            self._drop_index(table, self.index_name_on(model, group))
        for group in sorted(new - old):
            columns = tuple(model._meta.get_field(name).column for name in group)
            spec = IndexSpec(self.index_name_on(model, group), tuple(map(self.quote_name, columns)))
            self.execute(self.create_index_sql(table, spec), params=None)

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
        if self.collect_sql or self._silent:
            return fallback
        found = self._constraints_on(table, columns, exclude, **kinds)
        if fallback in found or (not found and self.journal is not None and self.journal.resumed):
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
            self.deferred_sql.append(self._add_constraint_sql(table, self.foreign_key_sql(key)))
        self.deferred_sql.extend(
            self.create_index_sql(table, index)
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
        old_type = old_field.db_parameters(connection=self.connection)["type"]
        new_type = new_field.db_parameters(connection=self.connection)["type"]
        if not self._field_should_be_altered(old_field, new_field):
            return
        if old_type is None and new_type is None:
            both_joined = (
                old_field.many_to_many
                and new_field.many_to_many
                and old_field.remote_field.through._meta.auto_created
                and new_field.remote_field.through._meta.auto_created
            )
            if both_joined:
                self._alter_many_to_many(model, old_field, new_field)
                return
            explicit = (
                old_field.many_to_many
                and new_field.many_to_many
                and not old_field.remote_field.through._meta.auto_created
                and not new_field.remote_field.through._meta.auto_created
            )
            if explicit:
                return
        if old_type is None or new_type is None:
            raise ValueError(
                f"Cannot alter field {old_field} into {new_field} - they are not compatible types"
                " (you cannot alter to or from M2M fields, or add or remove through= on M2M fields)"
            )
        if getattr(old_field, "generated", False) != getattr(new_field, "generated", False) or (
            getattr(new_field, "generated", False)
            and (
                old_field.generated_sql(self.connection) != new_field.generated_sql(self.connection)
                or old_field.db_persist != new_field.db_persist
            )
        ):
            raise ValueError(
                "Modifying GeneratedFields is not supported - the field"
                f" {new_field} must be removed and re-added with the new definition."
            )
        self._alter_column(model, old_field, new_field, old_type, new_type)

    def _field_should_be_altered(self, old_field: Any, new_field: Any) -> bool:
        """Whether two fields differ for the database."""
        if not (old_field.concrete or old_field.many_to_many):
            return False
        _, old_path, old_args, old_kwargs = old_field.deconstruct()
        _, new_path, new_args, new_kwargs = new_field.deconstruct()
        for kwargs, field in ((old_kwargs, old_field), (new_kwargs, new_field)):
            for name in field.non_db_attrs:
                kwargs.pop(name, None)
        for kwargs in (old_kwargs, new_kwargs):
            target = kwargs.get("to")
            if isinstance(target, str):
                kwargs["to"] = target.lower()
        if (
            not new_field.many_to_many
            and old_field.remote_field
            and new_field.remote_field
            and old_field.remote_field.model._meta.db_table
            == new_field.remote_field.model._meta.db_table
        ):
            # A renamed model whose table kept its name.
            old_kwargs.pop("to", None)
            new_kwargs.pop("to", None)
        same_column = old_field.column == new_field.column
        if old_field.many_to_many and new_field.many_to_many:
            old_through, new_through = (
                old_field.remote_field.through,
                new_field.remote_field.through,
            )
            if not old_through._meta.auto_created:
                return False
            # The join table is called after the field.
            same_column = old_through._meta.db_table == new_through._meta.db_table
        return not same_column or (old_path, old_args, old_kwargs) != (
            new_path,
            new_args,
            new_kwargs,
        )

    def _alter_many_to_many(self, model: Any, old_field: Any, new_field: Any) -> None:
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

    def _alter_column(
        self, model: Any, old_field: Any, new_field: Any, old_type: str, new_type: str
    ) -> None:
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
    from .editor_server import MySQLSchemaEditor, PostgreSQLSchemaEditor
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
