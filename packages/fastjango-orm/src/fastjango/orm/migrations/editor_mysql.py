"""Changes the schema of MySQL and MariaDB."""

from __future__ import annotations

from typing import Any

from .editor_server import ServerSchemaEditor
from .specs import ColumnSpec, TableSpec

__all__ = ["MySQLSchemaEditor"]


class MySQLSchemaEditor(ServerSchemaEditor):
    """The editor for MySQL and MariaDB, which restate a whole column to change it."""

    checks_travel_with_columns = True

    def _create_comments(self, table: TableSpec) -> None:
        """`CREATE TABLE` has the comments."""

    def _inline_unique_name(self, table: str, column: str) -> str:
        return column

    def _inline_check_name(self, table: str, column: str) -> str:
        return column

    def _drop_constraint(self, table: str, name: str, kind: str) -> None:
        if kind == "unique":
            self._drop_index(table, name)
        elif kind == "check":
            self.execute(
                f"ALTER TABLE {self.quote_name(table)} DROP CONSTRAINT {self.quote_name(name)}",
                params=None,
            )
        else:
            super()._drop_constraint(table, name, kind)

    def _drop_primary_key(self, table: str, name: str) -> None:
        self.execute(f"ALTER TABLE {self.quote_name(table)} DROP PRIMARY KEY", params=None)

    def _drop_check(self, model: Any, field: Any) -> None:
        """A check after a column goes when the column is restated."""
        if not self.connection.mysql_is_mariadb:  # type: ignore[attr-defined]  # MySQL's wrapper
            super()._drop_check(model, field)

    def _rename_index(self, table: str, old_name: str, new_name: str) -> None:
        old, new = self.quote_name(old_name), self.quote_name(new_name)
        self.execute(
            f"ALTER TABLE {self.quote_name(table)} RENAME INDEX {old} TO {new}", params=None
        )

    def _drop_default(self, table: str, column: str) -> None:
        self.execute(
            f"ALTER TABLE {self.quote_name(table)} ALTER COLUMN {self.quote_name(column)}"
            " DROP DEFAULT",
            params=None,
        )

    def _modify(self, model: Any, field: Any) -> None:
        """Restate a column, without `UNIQUE` and `PRIMARY KEY`, which it has already."""
        column = self._restated(model, field)
        self.execute(
            f"ALTER TABLE {self.quote_name(model._meta.db_table)} MODIFY"
            f" {self.quote_name(column.name)} {column.text}",
            params=None,
        )

    def _restated(self, model: Any, field: Any) -> ColumnSpec:
        column = self.describer.column(model, field, keys=False)
        assert column is not None  # what has no column is refused before
        return column

    def _set_type(self, table: str, field: Any, kind: str) -> None:
        self._modify(field.model, field)

    def _change_column(
        self, model: Any, old_field: Any, new_field: Any, type_changes: bool
    ) -> None:
        if old_field.null and not new_field.null:
            self._fill_nulls(model, new_field)
        texts = {self._restated(model, field).text for field in (old_field, new_field)}
        if type_changes or len(texts) > 1:
            self._modify(model, new_field)

    def _remove_together(self, model: Any, group: tuple[str, ...]) -> None:
        self._keep_key_index(model, group)
        super()._remove_together(model, group)

    def _keep_key_index(self, model: Any, group: tuple[str, ...]) -> None:
        """InnoDB refuses to drop the last index that a foreign key can use: make it another."""
        first = model._meta.get_field(group[0])
        if self.describer.foreign_key(model, first) is None:
            return
        table = model._meta.db_table
        name = self.describer.index_name(table, [first.column], suffix="")
        if not self.runner.blind:
            with self.connection.cursor() as cursor:
                constraints = self.connection.introspection.get_constraints(cursor, table)
            others = [
                info
                for info in constraints.values()
                if info["index"] and list(info["columns"])[:1] == [first.column]
            ]
            if len(others) > 1:
                return
        column = self.quote_name(first.column)
        self.execute(
            f"CREATE INDEX {self.quote_name(name)} ON {self.quote_name(table)} ({column})",
            params=None,
        )
