"""Changes the schema of SQLite, which can add, rename and drop columns and little else.

Everything else is done by building the table anew under another name, copying its rows, and putting
it in the place of the old one, with foreign keys switched off meanwhile and checked afterwards.

Source: https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Self

from fastjango.orm.exceptions import NotSupportedError

from .editor import BaseSchemaEditor
from .exceptions import MigrationError
from .specs import ColumnSpec, IndexSpec, TableSpec

__all__ = ["SQLiteSchemaEditor"]


class SQLiteSchemaEditor(BaseSchemaEditor):
    """The editor for SQLite."""

    _checks_were_on = False

    def __enter__(self) -> Self:
        if self.collect_sql:
            return super().__enter__()
        self._checks_were_on = self.connection.disable_constraint_checking()
        if not self._checks_were_on and self._keys_enforced():
            raise NotSupportedError(
                "SQLite schema editor cannot be used while foreign key constraint checks are"
                " enabled. Make sure to disable them before entering a transaction.atomic() context"
                " because SQLite does not support disabling them in the middle of a multi-statement"
                " transaction."
            )
        return super().__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            if self._checks_were_on:
                self.connection.enable_constraint_checking()

    def _finish(self) -> None:
        super()._finish()
        if self._rebuilt and not self.collect_sql:
            self.connection.check_constraints()

    _rebuilt = False

    def _keys_enforced(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys")
            return bool(cursor.fetchone()[0])

    # -- tables -----------------------------------------------------------------------------

    def create_model(self, model: Any) -> None:
        table = self.describer.table(model)
        self.execute(self.writer.create_table(table, inline_keys=True), params=None)
        self.deferred_sql.extend(self.writer.create_index(table.name, i) for i in table.indexes)
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str) -> None:
        if old_db_table.lower() == new_db_table.lower() and old_db_table != new_db_table:
            # SQLite sees one name where the case differs: go over a third.
            middle = f"{new_db_table}__case"
            super().alter_db_table(model, old_db_table, middle)
            super().alter_db_table(model, middle, new_db_table)
            return
        super().alter_db_table(model, old_db_table, new_db_table)

    def _rebuild(
        self,
        before: TableSpec,
        after: TableSpec,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """Put a table of another shape in the place of one, with its rows.

        Args:
            before: The table as it is.
            after: The table as it shall be, under the same name.
            sources: SQL for the values of columns that are not copied as they are, by name.
        """
        self._refuse_unknown_columns(before)
        self._rebuilt = True
        table, fresh = after.name, f"new__{after.name}"
        self._forget_deferred(table)
        self.execute(self.writer.create_table(after, inline_keys=True, name=fresh), params=None)
        old_names = {column.name for column in before.columns}
        pairs: list[tuple[str, str]] = []
        for column in after.columns:
            if column.generated:
                continue
            if sources and column.name in sources:
                pairs.append((column.name, sources[column.name]))
            elif column.name in old_names:
                pairs.append((column.name, self.quote_name(column.name)))
        names = ", ".join(self.quote_name(name) for name, _ in pairs)
        values = ", ".join(sql for _, sql in pairs)
        self.execute(
            f"INSERT INTO {self.quote_name(fresh)} ({names}) SELECT {values}"
            f" FROM {self.quote_name(table)}",
            params=None,
        )
        self._drop_table(table)
        self.op.rename_table(fresh, table)
        for index in after.indexes:
            self.execute(self.writer.create_index(table, index), params=None)

    def _refuse_unknown_columns(self, before: TableSpec) -> None:
        """Refuse to copy a table that has more columns than it should, as they would be lost."""
        if self.collect_sql:
            return
        with self.connection.cursor() as cursor:
            described = self.connection.introspection.get_table_description(cursor, before.name)
        known = {column.name.lower() for column in before.columns}
        unknown = [column.name for column in described if column.name.lower() not in known]
        if unknown:
            raise MigrationError(
                f"Table {before.name!r} of database {self.connection.alias!r} has columns that the"
                f" migrations so far do not know: {', '.join(unknown)}. This step makes the table"
                " anew and would lose them. If a migration that is not recorded has made them,"
                " record it with 'python manage.py migrate --fake APP NAME'; if something else has,"
                " add them to the model, or drop them."
            )

    def _after(self, model: Any, field: Any) -> TableSpec | None:
        """The table of the model that a changed field belongs to, if that is `model` changed."""
        owner = getattr(field, "model", None)
        meta = getattr(owner, "_meta", None)
        if meta is None or meta.db_table != model._meta.db_table:
            return None
        if field.name not in {own.name for own in meta.local_fields}:
            return None
        return self.describer.table(owner)

    # -- columns ----------------------------------------------------------------------------

    def add_field(self, model: Any, field: Any) -> None:
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.create_model(field.remote_field.through)
            return
        column = self.describer.column(model, field, include_default=True)
        if column is None:
            return
        if self._can_append(field, column):
            text = column.text
            key = self.describer.foreign_key(model, field)
            if key is not None:
                constraint = self.writer.foreign_key(key, named=False)
                text += f" {constraint[constraint.index('REFERENCES') :]}"
            self.execute(
                f"ALTER TABLE {self.quote_name(model._meta.db_table)} ADD COLUMN"
                f" {self.quote_name(column.name)} {text}",
                params=None,
            )
            self.deferred_sql.extend(
                self.writer.create_index(model._meta.db_table, index)
                for index in self.describer.field_index(model, field)
            )
            return
        before = self.describer.table(model)
        after = self._after(model, field) or self._with_column(before, model, field)
        # Other fields of the same migration may not be in the database yet.
        known = {item.name for item in before.columns} | {field.column}
        after = replace(after, columns=tuple(item for item in after.columns if item.name in known))
        value = self.effective_default(field)
        sources: dict[str, str] = {}
        if field.has_db_default():
            sources[field.column] = self.describer.db_default(model, field)
        elif value is not None:
            sources[field.column] = self.quote_value(value)
        self._rebuild(before, after, sources)

    def _can_append(self, field: Any, column: ColumnSpec) -> bool:
        """Whether `ADD COLUMN` can do it: NULL for the rows that are there, and no index."""
        return bool(
            field.null
            and not field.primary_key
            and not field.unique
            and not field.has_db_default()
            and not getattr(field, "generated", False)
            and " DEFAULT " not in f" {column.text} "
        )

    def _with_column(self, table: TableSpec, model: Any, field: Any) -> TableSpec:
        column = self.describer.column(model, field)
        key = self.describer.foreign_key(model, field)
        return replace(
            table,
            columns=(*table.columns, *((column,) if column else ())),
            foreign_keys=(*table.foreign_keys, *((key,) if key else ())),
            indexes=(*table.indexes, *self.describer.field_index(model, field)),
        )

    def _remove_column(self, model: Any, field: Any) -> None:
        before = self.describer.table(model)
        after = self._without_column(before, field.column)
        simple = not (
            field.primary_key
            or field.unique
            or field.db_index
            or field.remote_field
            or len(after.constraints) != len(before.constraints)
            or "CHECK" in next(c.text for c in before.columns if c.name == field.column)
        )
        if simple:
            self.op.drop_column(model._meta.db_table, field.column)
        else:
            self._rebuild(before, after)

    def _without_column(self, table: TableSpec, name: str) -> TableSpec:
        quoted = self.quote_name(name)
        return replace(
            table,
            columns=tuple(column for column in table.columns if column.name != name),
            foreign_keys=tuple(key for key in table.foreign_keys if name not in key.columns),
            constraints=tuple(item for item in table.constraints if quoted not in item[1]),
            indexes=tuple(
                index
                for index in table.indexes
                if name not in index.columns
                and not any(quoted in part for part in (*index.parts, index.where, *index.include))
            ),
        )

    def _alter_column(self, model: Any, old_field: Any, new_field: Any) -> None:
        before = self.describer.table(model)
        old_column, new_column = old_field.column, new_field.column
        if old_column != new_column:
            before = self._rename_column(before, old_column, new_column)
        after = self._after(model, new_field)
        if after is not None:
            before = self._without_implied_key(before, model, after)
        if after is None or {c.name for c in after.columns} != {c.name for c in before.columns}:
            after = self._replaced(before, model, old_field, new_field)
        after = replace(after, name=before.name)
        if self._same(before, after):
            return
        sources: dict[str, str] = {}
        if old_field.null and not new_field.null:
            quoted = self.quote_name(new_column)
            if new_field.has_db_default():
                default = self.describer.db_default(model, new_field)
                sources[new_column] = f"coalesce({quoted}, {default})"
            else:
                value = self.effective_default(new_field)
                if value is not None:
                    sources[new_column] = f"coalesce({quoted}, {self.quote_value(value)})"
        self._rebuild(before, after, sources)
        types = [
            field.db_parameters(connection=self.connection)["type"]
            for field in (old_field, new_field)
        ]
        if new_field.unique and types[0] != types[1]:
            self._rebuild_relations(new_field)

    def _without_implied_key(self, before: TableSpec, model: Any, after: TableSpec) -> TableSpec:
        """The table without the key that Python gives to a model whose key was removed."""
        key = model._meta.pk
        implied = key.auto_created and key.column not in {column.name for column in after.columns}
        return self._without_column(before, key.column) if implied else before

    @staticmethod
    def _same(before: TableSpec, after: TableSpec) -> bool:
        return (
            sorted(before.columns, key=lambda c: c.name)
            == sorted(after.columns, key=lambda c: c.name)
            and sorted(before.constraints) == sorted(after.constraints)
            and {k.columns: (k.table, k.targets, k.on_delete) for k in before.foreign_keys}
            == {k.columns: (k.table, k.targets, k.on_delete) for k in after.foreign_keys}
            and {index.name for index in before.indexes} == {index.name for index in after.indexes}
        )

    def _rename_column(self, table: TableSpec, old: str, new: str) -> TableSpec:
        """Rename a column in place; SQLite rewrites what names it."""
        self.execute(
            f"ALTER TABLE {self.quote_name(table.name)} RENAME COLUMN {self.quote_name(old)}"
            f" TO {self.quote_name(new)}",
            params=None,
        )
        self._rename_in_deferred(table.name, old, new)
        return _with_renamed_column(table, old, new, self.quote_name)

    def _replaced(self, table: TableSpec, model: Any, old_field: Any, new_field: Any) -> TableSpec:
        """The table with one column, and what the field asks for, replaced."""
        column = self.describer.column(model, new_field)
        key = self.describer.foreign_key(model, new_field)
        own = {index.name for index in self.describer.field_index(model, old_field)}
        return replace(
            table,
            columns=tuple(
                column if column is not None and item.name == new_field.column else item
                for item in table.columns
            ),
            foreign_keys=(
                *(item for item in table.foreign_keys if new_field.column not in item.columns),
                *((key,) if key else ()),
            ),
            indexes=(
                *(item for item in table.indexes if item.name not in own),
                *self.describer.field_index(model, new_field),
            ),
        )

    def _rebuild_relations(self, field: Any) -> None:
        """Give columns that refer to a changed key its new type."""
        owner = getattr(field, "model", None)
        if owner is None:
            return
        for relation in owner._meta.related_objects:
            related = relation.related_model
            if relation.many_to_many:
                related = relation.through
                if related is None or not related._meta.auto_created:
                    continue
            elif related is owner or not relation.field.concrete:
                continue
            table = self.describer.table(related)
            self._rebuild(table, table)

    # -- constraints ------------------------------------------------------------------------

    def add_constraint(self, model: Any, constraint: Any) -> None:
        described = self.describer.constraint(model, constraint)
        if isinstance(described, IndexSpec):
            super().add_constraint(model, constraint)
        elif described is not None:
            table = self.describer.table(model).without(constraint.name)
            after = replace(table, constraints=(*table.constraints, (constraint.name, described)))
            self._rebuild(table, after)

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        described = self.describer.constraint(model, constraint)
        if isinstance(described, IndexSpec):
            super().remove_constraint(model, constraint)
        elif described is not None:
            table = self.describer.table(model)
            self._rebuild(table, table.without(constraint.name))

    def _drop_unique(self, table: str, name: str) -> None:
        self._drop_index(table, name)

    def _create_comments(self, table: TableSpec) -> None:
        """SQLite has no comments."""

    def alter_db_table_comment(
        self, model: Any, old_db_table_comment: str | None, new_db_table_comment: str | None
    ) -> None:
        """SQLite has no comments."""


def _renamed(sql: str, old: str, new: str) -> str:
    return re.sub(re.escape(old), lambda match: new, sql)


def _with_renamed_column(table: TableSpec, old: str, new: str, quote: Any) -> TableSpec:
    quoted_old, quoted_new = quote(old), quote(new)

    def text(sql: str) -> str:
        return _renamed(sql, quoted_old, quoted_new)

    def names(items: Iterable[str]) -> tuple[str, ...]:
        return tuple(new if item == old else item for item in items)

    return replace(
        table,
        columns=tuple(
            replace(column, name=new if column.name == old else column.name, text=text(column.text))
            for column in table.columns
        ),
        constraints=tuple((name, text(sql)) for name, sql in table.constraints),
        foreign_keys=tuple(
            replace(
                key,
                columns=names(key.columns),
                targets=names(key.targets) if key.table == table.name else key.targets,
            )
            for key in table.foreign_keys
        ),
        indexes=tuple(
            replace(
                index,
                parts=tuple(text(part) for part in index.parts),
                where=text(index.where),
                include=tuple(text(part) for part in index.include),
                columns=names(index.columns),
            )
            for index in table.indexes
        ),
        comments={new if name == old else name: value for name, value in table.comments.items()},
    )
