"""What changing the schema of PostgreSQL and of MySQL and MariaDB has in common."""

from __future__ import annotations

from typing import Any

from .deferred import without_foreign_keys
from .editor import BaseSchemaEditor
from .specs import IndexSpec

__all__ = ["ServerSchemaEditor"]


class ServerSchemaEditor(BaseSchemaEditor):
    """What PostgreSQL and MySQL share: a column changes in steps, constraints are set aside."""

    #: Whether the check of a column comes and goes when the column is restated.
    checks_travel_with_columns = False

    def _drop_table(self, table: str) -> None:
        self.execute(f"DROP TABLE {self.quote_name(table)} CASCADE", params=None)

    def _alter_column(self, model: Any, old_field: Any, new_field: Any) -> None:
        table = model._meta.db_table
        type_changes = self._full_type(old_field) != self._full_type(new_field)
        drops_key = self._drop_own_key(model, old_field, new_field, type_changes)
        related = self._related_fields(old_field, new_field) if type_changes else []
        for old_relation, _ in related:
            self._drop_foreign_key(old_relation.model, old_relation)
        self._drop_old_constraints(model, old_field, new_field)
        if old_field.column != new_field.column:
            self._rename_column(table, old_field, new_field)
        self._change_column(model, old_field, new_field, type_changes)
        for _, new_relation in related:
            self._retype_relation(new_relation)
        self._create_new_constraints(model, old_field, new_field)
        if drops_key or self.describer.foreign_key(model, old_field) is None:
            self._create_key(model, new_field)
        for _, new_relation in related:
            self._create_key(new_relation.model, new_relation)
        self._change_comment(table, old_field, new_field)

    def _full_type(self, field: Any) -> tuple[str, str]:
        parameters = field.db_parameters(connection=self.connection)
        suffix = field.db_type_suffix(connection=self.connection) or ""
        return f"{parameters['type']} {suffix}".strip(), parameters.get("collation") or ""

    # -- foreign keys -----------------------------------------------------------------------

    def _drop_foreign_key(self, model: Any, field: Any) -> bool:
        key = self.describer.foreign_key(model, field)
        if key is None:
            return False
        table = model._meta.db_table
        if self._take_deferred_key(table, field.column):
            return True
        name = self._find_constraint(table, [field.column], fallback=key.name, foreign_key=True)
        self._drop_constraint(table, name, "foreignkey")
        return True

    def _take_deferred_key(self, table: str, column: str) -> bool:
        """Forget a foreign key that was to be made at the end; whether there was one."""
        kept = without_foreign_keys(
            self.deferred_sql, self.quote_name(table), self.quote_name(column)
        )
        found = len(kept) < len(self.deferred_sql)
        self.deferred_sql = kept
        return found

    def _drop_own_key(self, model: Any, old_field: Any, new_field: Any, type_changes: bool) -> bool:
        """Drop the field's own foreign key if anything of it changes."""
        old = self.describer.foreign_key(model, old_field)
        if old is None:
            return False
        new = self.describer.foreign_key(model, new_field)
        same = new is not None and (old.table, old.targets, old.on_delete, old.columns) == (
            new.table,
            new.targets,
            new.on_delete,
            new.columns,
        )
        if same and not type_changes:
            return False
        return self._drop_foreign_key(model, old_field)

    def _related_fields(self, old_field: Any, new_field: Any) -> list[tuple[Any, Any]]:
        """Foreign keys of other columns to a column whose type changes, old and new."""
        if not (old_field.unique and new_field.unique) or not hasattr(new_field, "model"):
            return []
        pairs: list[tuple[Any, Any]] = []
        old_by_name = {
            (rel.related_model._meta.label_lower, rel.field.name): rel.field
            for rel in self._pointing(old_field)
        }
        for relation in self._pointing(new_field):
            label = relation.related_model._meta.label_lower
            old = old_by_name.get((label, relation.field.name))
            if old is not None:
                pairs.append((old, relation.field))
        return pairs

    @staticmethod
    def _pointing(field: Any) -> list[Any]:
        """Relations whose column refers to a field."""
        meta = field.model._meta
        relations = [
            relation
            for relation in meta.get_fields(include_hidden=True)
            if relation.auto_created
            and not relation.concrete
            and (relation.one_to_many or relation.one_to_one)
        ]
        return [
            relation
            for relation in relations
            if relation.field.concrete
            and relation.field.target_field.name == field.name
            and relation.field.remote_field.get_related_field() == field
        ]

    def _retype_relation(self, field: Any) -> None:
        self._set_type(
            field.model._meta.db_table,
            field,
            field.db_parameters(connection=self.connection)["type"],
        )

    def _create_key(self, model: Any, field: Any) -> None:
        """Make a column's foreign key, if it has one."""
        key = self.describer.foreign_key(model, field)
        if key is not None:
            table = model._meta.db_table
            self.execute(
                self.writer.add_constraint(table, self.writer.foreign_key(key)), params=None
            )

    # -- unique, index, check ---------------------------------------------------------------

    def _drop_old_constraints(self, model: Any, old_field: Any, new_field: Any) -> None:
        table, column = model._meta.db_table, old_field.column
        if old_field.unique and not old_field.primary_key and not new_field.unique:
            taken = {constraint.name for constraint in model._meta.constraints}
            name = self._find_constraint(
                table,
                [column],
                fallback=self._inline_unique_name(table, column),
                unique=True,
                exclude=taken,
            )
            self._drop_unique(table, name)
        kept = set(self._own_indexes(model, new_field))
        for kind, index in self._own_indexes(model, old_field).items():
            if kind not in kept:
                self._drop_index(table, self._find_index(model, old_field, index.name))
        old_check, new_check = self._check(old_field), self._check(new_field)
        if (old_check and old_check != new_check and old_field.column == new_field.column) or (
            old_check and not new_check
        ):
            self._drop_check(model, old_field)

    def _own_indexes(self, model: Any, field: Any) -> dict[tuple[str, ...], IndexSpec]:
        """The indexes that a field asks for, by what they are: their names outlive renames."""
        indexes = self.describer.field_index(model, field)
        if field.unique:
            indexes = [*indexes, *self.describer.like_index(model, field)]
        column = self.quote_name(field.column)
        return {(*(p.removeprefix(column) for p in i.parts), i.suffix): i for i in indexes}

    def _find_index(self, model: Any, field: Any, name: str) -> str:
        """The name of a field's index, which tells of older names of the table and the column."""
        if self.runner.blind:
            return name
        declared = {index.name for index in model._meta.indexes}
        indexes = self._constraints_on(
            model._meta.db_table, [field.column], declared, index=True, unique=False
        )
        found = [other for other in indexes if other.endswith("_like") == name.endswith("_like")]
        return name if name in found or len(found) != 1 else found[0]

    def _inline_unique_name(self, table: str, column: str) -> str:
        """The name that the database itself gives to `UNIQUE` after a column."""
        raise NotImplementedError(f"{type(self).__name__} must define _inline_unique_name().")

    def _check(self, field: Any) -> str:
        return field.db_parameters(connection=self.connection).get("check") or ""

    def _drop_check(self, model: Any, field: Any) -> None:
        table = model._meta.db_table
        taken = {constraint.name for constraint in model._meta.constraints}
        name = self._find_constraint(
            table,
            [field.column],
            fallback=self._inline_check_name(table, field.column),
            check=True,
            exclude=taken,
        )
        self._drop_constraint(table, name, "check")

    def _inline_check_name(self, table: str, column: str) -> str:
        """The name that the database itself gives to `CHECK` after a column."""
        raise NotImplementedError(f"{type(self).__name__} must define _inline_check_name().")

    def _create_new_constraints(self, model: Any, old_field: Any, new_field: Any) -> None:
        table, column = model._meta.db_table, new_field.column
        if new_field.primary_key and not old_field.primary_key:
            self._change_primary_key(model, new_field)
        elif new_field.unique and not old_field.unique:
            name = self.describer.unique_name(model, [column])
            self.execute(
                self.writer.add_constraint(
                    table,
                    f"CONSTRAINT {self.quote_name(name)} UNIQUE ({self.quote_name(column)})",
                ),
                params=None,
            )
        there = set(self._own_indexes(model, old_field))
        for kind, index in self._own_indexes(model, new_field).items():
            if kind not in there:
                self.execute(self.writer.create_index(table, index), params=None)
        check = self._check(new_field)
        if (
            check
            and not self.checks_travel_with_columns
            and check != self._check(old_field)
            and old_field.column == new_field.column
        ):
            name = self.describer.index_name(table, [column], suffix="_check")
            self.execute(
                self.writer.add_constraint(
                    table, f"CONSTRAINT {self.quote_name(name)} CHECK ({check})"
                ),
                params=None,
            )

    def _change_primary_key(self, model: Any, new_field: Any) -> None:
        table = model._meta.db_table
        present = self._primary_key_name(table)
        if present is not None:
            self._drop_primary_key(table, present)
        name = self.describer.index_name(table, [new_field.column], suffix="_pk")
        column = self.quote_name(new_field.column)
        self.execute(
            self.writer.add_constraint(
                table, f"CONSTRAINT {self.quote_name(name)} PRIMARY KEY ({column})"
            ),
            params=None,
        )

    def _primary_key_name(self, table: str) -> str | None:
        """The name of a table's primary key, which goes with the last of its columns."""
        if self.runner.blind:
            return f"{table}_pkey"
        with self.connection.cursor() as cursor:
            constraints = self.connection.introspection.get_constraints(cursor, table)
        return next((name for name, info in constraints.items() if info["primary_key"]), None)

    def _drop_primary_key(self, table: str, name: str) -> None:
        self._drop_constraint(table, name, "primary")

    # -- the column itself ------------------------------------------------------------------

    def _rename_column(self, table: str, old_field: Any, new_field: Any) -> None:
        old, new = self.quote_name(old_field.column), self.quote_name(new_field.column)
        self.execute(
            f"ALTER TABLE {self.quote_name(table)} RENAME COLUMN {old} TO {new}", params=None
        )
        self._rename_in_deferred(table, old_field.column, new_field.column)

    def _change_column(
        self, model: Any, old_field: Any, new_field: Any, type_changes: bool
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _change_column().")

    def _set_type(self, table: str, field: Any, kind: str) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _set_type().")

    def _fill_nulls(self, model: Any, new_field: Any) -> None:
        """Give rows a value where a column may no longer be NULL."""
        column = self.quote_name(new_field.column)
        if new_field.has_db_default():
            value = self.describer.db_default(model, new_field)
        else:
            default = self.effective_default(new_field)
            if default is None:
                return
            value = self.quote_value(default)
        self.execute(
            f"UPDATE {self.quote_name(model._meta.db_table)} SET {column} = {value}"
            f" WHERE {column} IS NULL",
            params=None,
        )
        self._settle()

    def _settle(self) -> None:
        """Let deferred constraints of changed rows be checked before the table changes."""

    def _db_default_text(self, model: Any, field: Any) -> str | None:
        return self.describer.db_default(model, field) if field.has_db_default() else None

    def _change_comment(self, table: str, old_field: Any, new_field: Any) -> None:
        """Change a column's comment where it is a statement of its own."""
