"""Models as SQLAlchemy tables, and making and dropping those tables on either edge.

Names of tables, columns, indexes and constraints are Django's.
"""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from fastjango.core import apps as default_apps

from .fields.composite import CompositePrimaryKey
from .names import split_identifier

if TYPE_CHECKING:
    from .engine.statement import Steps

__all__ = [
    "acreate_model",
    "adelete_model",
    "create_model",
    "create_model_sql",
    "delete_model",
    "delete_model_sql",
    "metadata_for",
    "table_for",
]

_metadata: WeakKeyDictionary[Any, sa.MetaData] = WeakKeyDictionary()


def metadata_for(registry: Any = None, *, complete: bool = True) -> sa.MetaData:
    """The `MetaData` of a registry's models, as alembic's `target_metadata` for example.

    Args:
        registry: Registry of the models, the default one by default.
        complete: Put in the tables of all its models first; else only those asked for so far.
    """
    registry = default_apps if registry is None else registry
    metadata = _metadata.get(registry)
    if metadata is None:
        metadata = _metadata[registry] = sa.MetaData()
    if complete:
        for model in registry.get_models(include_auto_created=True, include_swapped=False):
            table_for(model)
    return metadata


def table_for(model: Any) -> sa.Table:
    """The `Table` of a model, built when it is first asked for.

    A second model on the same table (an unmanaged one, say) has a `Table` of its own, outside the
    registry's `MetaData`.
    """
    concrete = model._meta.concrete_model
    table = concrete.__dict__.get("__fastjango_table__")
    if table is None:
        table = _build(concrete)
        concrete.__fastjango_table__ = table
    return table


def _build(model: Any) -> sa.Table:
    opts = model._meta
    schema, name = split_identifier(opts.db_table)
    metadata = metadata_for(opts.apps, complete=False)
    quoted = sa.sql.quoted_name(name, quote=True)
    key = f"{schema}.{name}" if schema else name
    if key in metadata.tables:
        metadata = sa.MetaData()
    columns = [_column(field) for field in opts.local_concrete_fields]
    table = sa.Table(
        quoted,
        metadata,
        *columns,
        schema=schema or None,
        comment=opts.db_table_comment or None,
        sqlite_autoincrement=True,
    )
    # Set before following foreign keys, which may lead back here.
    model.__fastjango_table__ = table
    if isinstance(opts.pk, CompositePrimaryKey):
        primary_key = sa.PrimaryKeyConstraint(*(table.c[c] for c in opts.pk.columns))
        table.append_constraint(primary_key)
    _Constraints(model, table).add()
    return table


def _column(field: Any) -> sa.Column[Any]:
    options: dict[str, Any] = {}
    if field.generated:
        options["nullable"] = True
    else:
        options["nullable"] = field.null and not field.primary_key
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        # What `pre_save` does, for rows written through a Session.
        options["default"] = field._now
        if field.auto_now:
            options["onupdate"] = options["default"]
    auto = field.get_internal_type() in ("AutoField", "BigAutoField", "SmallAutoField")
    return sa.Column(
        sa.sql.quoted_name(field.column, quote=True),
        field.sa_type(),
        primary_key=field.primary_key,
        autoincrement=auto,
        comment=field.db_comment,
        **options,
    )


class _Constraints:
    """Adds keys, indexes and constraints to a table, under Django's names."""

    def __init__(self, model: Any, table: sa.Table) -> None:
        from fastjango.orm import connection

        self.model = model
        self.opts = model._meta
        self.table = table
        self.limit: int | None = connection.ops.max_name_length()

    def _name(self, columns: Iterable[str], suffix: str = "") -> str:
        from .migrations.ddl import index_name

        return index_name(self.opts.db_table, list(columns), suffix, self.limit)

    def add(self) -> None:
        """Add everything that plain columns can tell."""
        for field in self.opts.local_concrete_fields:
            relation = field.remote_field if getattr(field, "db_constraint", False) else None
            if relation is not None and not isinstance(relation.model, str):
                self._add_foreign_key(field)
            if field.unique and not field.primary_key:
                self._add_unique([field.column], self._name([field.column], "_uniq"))
            elif field.db_index and not field.unique:
                name = self._name([field.column])
                sa.Index(name, self.table.c[field.column])
        for names in self.opts.unique_together:
            columns = [self.opts.get_field(name).column for name in names]
            self._add_unique(columns, self._name(columns, "_uniq"))
        for index in self.opts.indexes:
            self._add_index(index)
        for constraint in self.opts.total_unique_constraints:
            columns = [self.opts.get_field(name).column for name in constraint.fields]
            self._add_unique(columns, constraint.name)

    def _add_foreign_key(self, field: Any) -> None:
        target = field.target_field
        there = self.table if target.model is self.model else table_for(target.model)
        _, to_table = split_identifier(target.model._meta.db_table)
        name = self._name([field.column], f"_fk_{to_table}_{target.column}")
        on_delete = getattr(field.remote_field.on_delete, "operation", None)
        self.table.append_constraint(
            sa.ForeignKeyConstraint(
                [self.table.c[field.column]],
                [there.c[target.column]],
                name=name,
                ondelete=on_delete,
                deferrable=True,
                initially="DEFERRED",
                use_alter=target.model is not self.model,
                link_to_name=True,
            )
        )

    def _add_unique(self, columns: list[str], name: str) -> None:
        self.table.append_constraint(
            sa.UniqueConstraint(*(self.table.c[column] for column in columns), name=name)
        )

    def _add_index(self, index: Any) -> None:
        # Conditions and expressions are the schema editor's: Core would need them in its terms.
        if index.expressions or index.condition is not None:
            return
        columns: list[Any] = []
        for name, order in index.fields_orders:
            column = self.table.c[self.opts.get_field(name).column]
            columns.append(column.desc() if order else column)
        sa.Index(index.name, *columns)


# Statements


def _collected(connection: Any, action: str, model: Any) -> list[str]:
    from .migrations.editor import SchemaEditor

    editor: Any = SchemaEditor(connection, collect_sql=True)
    with editor:
        getattr(editor, action)(model)
    return [str(statement).rstrip().removesuffix(";") for statement in editor.collected_sql]


def create_model_sql(model: Any, using: str | None = None) -> list[str]:
    """Statements that make the model's table, its join tables, indexes and constraints.

    Args:
        using: Alias of the database in whose dialect they are.
    """
    from fastjango.orm import DEFAULT_DB_ALIAS, connections

    return _collected(connections[using or DEFAULT_DB_ALIAS], "create_model", model)


def delete_model_sql(model: Any, using: str | None = None) -> list[str]:
    """Statements that drop the model's table and its join tables."""
    from fastjango.orm import DEFAULT_DB_ALIAS, connections

    return _collected(connections[using or DEFAULT_DB_ALIAS], "delete_model", model)


def _run(statements: list[str]) -> Steps[None]:
    from .engine.statement import Statement

    for statement in statements:
        yield Statement(statement, (), fetch="none", kind="write")


def create_model(model: Any, using: str | None = None) -> None:
    """Make the tables of a model.

    Raises:
        DatabaseError: A table is there already.
    """
    from .engine.runner import run

    run(_run(create_model_sql(model, using)), using, name="create_model", twin="acreate_model")


async def acreate_model(model: Any, using: str | None = None) -> None:
    """Asynchronous twin of `create_model`."""
    from .engine.runner import arun

    await arun(_run(create_model_sql(model, using)), using)


def delete_model(model: Any, using: str | None = None) -> None:
    """Drop the tables of a model.

    Raises:
        DatabaseError: There is no such table.
    """
    from .engine.runner import run

    run(_run(delete_model_sql(model, using)), using, name="delete_model", twin="adelete_model")


async def adelete_model(model: Any, using: str | None = None) -> None:
    """Asynchronous twin of `delete_model`."""
    from .engine.runner import arun

    await arun(_run(delete_model_sql(model, using)), using)
