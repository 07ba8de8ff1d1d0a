"""`inspectdb`: models for tables that exist."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS
from fastjango.orm.deletion import DatabaseOnDelete
from fastjango.orm.engine.handler import connections

__all__ = ["Command"]


@dataclass(frozen=True, slots=True)
class _Table:
    """What a database says of a table.

    Attributes:
        name: Its name.
        columns: Its columns, as introspection describes them.
        keys: Columns of the primary key.
        unique: Columns that are unique by themselves.
        relations: Target column, target table and rule of deletion, by column.
        constraints: Constraints by name.
    """

    name: str
    columns: list[Any]
    keys: list[str]
    unique: set[str]
    relations: dict[str, tuple[str, str, Any]]
    constraints: dict[str, Any]

    @classmethod
    def read(cls, connection: Any, cursor: Any, name: str) -> _Table:
        """Ask the database."""
        introspection = connection.introspection
        relations = introspection.get_relations(cursor, name)
        constraints = introspection.get_constraints(cursor, name)
        return cls(
            name,
            introspection.get_table_description(cursor, name),
            introspection.get_primary_key_columns(cursor, name) or [],
            {
                constraint["columns"][0]
                for constraint in constraints.values()
                if constraint["unique"] and len(constraint["columns"]) == 1
            },
            relations,
            constraints,
        )


class Command(BaseCommand):
    """Prints model classes that fit the tables of a database."""

    help = "Introspects the database tables in the given database and outputs a model module."
    requires_system_checks: Any = []
    stealth_options = ("table_name_filter",)
    db_module = "fastjango.orm"

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument("table", nargs="*", type=str, help="Tables or views to look at.")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections),
            help="Database to look at.",
        )  # fmt: skip
        parser.add_argument(
            "--include-partitions", action="store_true", help="Partition tables, too."
        )
        parser.add_argument("--include-views", action="store_true", help="Database views, too.")

    def handle(self, **options: Any) -> None:
        """Print the module.

        Raises:
            CommandError: The backend cannot be looked at.
        """
        if not connections[options["database"]].features.supports_inspectdb:
            raise CommandError(
                "Database inspection isn't supported for the currently selected database backend."
            )
        for line in self.handle_inspection(options):
            self.stdout.write(line)

    def handle_inspection(self, options: dict[str, Any]) -> Iterator[str]:
        """Lines of the module."""
        connection = connections[options["database"]]
        yield "# This is an auto-generated model module."
        yield "# Rearrange the models' order, make sure each has one field with primary_key=True,"
        yield "# and remove `managed = False` where migrations are to manage the table."
        yield f"from {self.db_module} import models"
        with connection.cursor() as cursor:
            tables = connection.introspection.get_table_list(cursor)
            kinds = {"t"}
            if options["include_partitions"]:
                kinds.add("p")
            if options["include_views"]:
                kinds.add("v")
            found = {info.name: info for info in tables if info.type in kinds}
            chosen = options["table"] or sorted(found)
            keep = options.get("table_name_filter")
            known: list[str] = []
            for table in chosen:
                if keep is not None and callable(keep) and not keep(table):
                    continue
                try:
                    described = _Table.read(connection, cursor, table)
                except Exception as error:
                    yield f"# Unable to inspect table '{table}'"
                    text = str(error).replace("\n", "\n# ")
                    yield f"# The error was: {text}"
                else:
                    yield from self._model(connection, cursor, described, known, found.get(table))

    def _model(
        self, connection: Any, cursor: Any, table: _Table, known: list[str], info: Any
    ) -> Iterator[str]:
        """Lines of one model, whose name is added to those that are known."""
        name = self.normalize_table_name(table.name)
        yield ""
        yield ""
        yield f"class {name}(models.Model):"
        known.append(name)
        if len(table.keys) > 1:
            parts = ", ".join(repr(self.normalize_col_name(k, [], False)[0]) for k in table.keys)
            yield f"    pk = models.CompositePrimaryKey({parts})"
        names: dict[str, str] = {}
        pointed_to: set[str] = set()
        for column in table.columns:
            relation = table.relations.get(column.name)
            attname, params, notes = self.normalize_col_name(
                column.name, list(names.values()), relation is not None
            )
            names[column.name] = attname
            if table.keys == [column.name]:
                params["primary_key"] = True
            elif column.name in table.unique:
                params["unique"] = True
            if relation:
                field = self._relation(connection, cursor, table.name, relation, known, params)
                to = str(relation[1])
                if to in pointed_to:
                    params["related_name"] = f"{name.lower()}_{attname}_set"
                pointed_to.add(to)
            else:
                kind, more, comments = self.get_field_type(connection, table.name, column)
                params |= more
                notes += comments
                # Fields of a project's own come with the path of their module.
                field = f"{kind}(" if "." in kind else f"models.{kind}("
            if field == "models.AutoField(" and attname == "id" and params == {"primary_key": True}:
                continue
            if column.null_ok:
                params["blank"] = params["null"] = True
            if connection.features.supports_comments and column.comment:
                params["db_comment"] = column.comment
            yield f"    {attname} = {_call(field, params, notes)}"
        kind = "" if info is None else info.type
        has_comments = connection.features.supports_comments
        comment = info.comment if info is not None and has_comments else None
        yield from self.get_meta(
            table.name, table.constraints, names, kind == "v", kind == "p", comment
        )

    def _relation(
        self,
        connection: Any,
        cursor: Any,
        table: str,
        relation: tuple[str, str, Any],
        known: list[str],
        params: dict[str, Any],
    ) -> str:
        """Call of a relation up to its options, some of which are added to `params`."""
        to_column, to_table, on_delete = relation
        is_one = params.pop("unique", False) or "primary_key" in params
        target = "self" if to_table == table else self.normalize_table_name(to_table)
        key = connection.introspection.get_primary_key_column(cursor, to_table)
        if to_column and key and key != to_column:
            params["to_field"] = self.normalize_col_name(to_column, [], False)[0]
        to = target if target in known else repr(target)
        kind = "OneToOneField" if is_one else "ForeignKey"
        rule = on_delete if isinstance(on_delete, DatabaseOnDelete) else "DO_NOTHING"
        return f"models.{kind}({to}, models.{rule}"

    def get_field_type(
        self, connection: Any, table_name: str, row: Any
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Name of a column's field class, options and comments."""
        try:
            found = connection.introspection.get_field_type(row.type_code, row)
        except KeyError:
            return "TextField", {}, ["This field type is a guess."]
        pair: Any = (found, {}) if isinstance(found, str) else found
        kind = str(pair[0])
        params: dict[str, Any] = dict(pair[1])
        if kind == "CharField" and row.display_size and row.display_size > 0:
            params["max_length"] = int(row.display_size)
        if kind in ("CharField", "TextField") and row.collation:
            params["db_collation"] = row.collation
        if kind == "DecimalField" and (row.precision is not None or row.scale is not None):
            params["max_digits"] = row.precision
            params["decimal_places"] = row.scale
        return kind, params, []

    @staticmethod
    def normalize_table_name(table_name: str) -> str:
        """Class name for a table."""
        return re.sub(r"[^a-zA-Z0-9]", "", table_name.title())

    @staticmethod
    def normalize_col_name(
        col_name: str, used_column_names: list[str], is_relation: bool
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Attribute name for a column, options that keep the column's name, and comments."""
        params: dict[str, Any] = {}
        notes: list[str] = []
        name = col_name.lower()
        if name != col_name:
            notes.append("Field name made lowercase.")
        if is_relation:
            if name.endswith("_id"):
                name = name.removesuffix("_id")
            else:
                params["db_column"] = col_name
        name, changed = re.subn(r"\W", "_", name)
        if changed:
            notes.append("Field renamed to remove unsuitable characters.")
        if "__" in name:
            name = re.sub("__+", "_", name)
            notes.append("Field renamed because it contained more than one '_' in a row.")
        if name.startswith("_"):
            name = f"field{name}"
            notes.append("Field renamed because it started with '_'.")
        if name.endswith("_"):
            name = f"{name}field"
            notes.append("Field renamed because it ended with '_'.")
        if keyword.iskeyword(name):
            name += "_field"
            notes.append("Field renamed because it was a Python reserved word.")
        if name[0].isdigit():
            name = f"number_{name}"
            notes.append("Field renamed because it wasn't a valid Python identifier.")
        if name in used_column_names:
            number = 0
            while f"{name}_{number}" in used_column_names:
                number += 1
            name = f"{name}_{number}"
            notes.append("Field renamed because of name conflict.")
        if col_name != name and notes:
            params["db_column"] = col_name
        return name, params, notes

    def get_meta(
        self,
        table_name: str,
        constraints: dict[str, Any],
        column_to_field_name: dict[str, str],
        is_view: bool,
        is_partition: bool,
        comment: str | None,
    ) -> list[str]:
        """Lines of the class `Meta`."""
        groups: list[str] = []
        lines = [""]
        for constraint in constraints.values():
            if not constraint["unique"] or constraint["primary_key"]:
                continue
            columns = constraint["columns"]
            if None in columns:
                lines[1:] = ["    # A unique constraint could not be introspected."]
            names = [column_to_field_name[c] for c in columns if c in column_to_field_name]
            if len(names) > 1:
                groups.append(repr(tuple(names)))
        kind = "view" if is_view else "partition" if is_partition else ""
        note = f"  # Created from a {kind}. Don't remove." if kind else ""
        lines += [
            "    class Meta:",
            f"        managed = False{note}",
            f"        db_table = {table_name!r}",
        ]
        if groups:
            lines.append(f"        unique_together = ({', '.join(groups)},)")
        if comment:
            lines.append(f"        db_table_comment = {comment!r}")
        return lines


def _call(start: str, params: dict[str, Any], notes: list[str]) -> str:
    """The text of a field, from the start of its call."""
    options = ", ".join(f"{key}={value!r}" for key, value in params.items())
    if options and not start.endswith("("):
        options = f", {options}"
    note = f"  # {' '.join(notes)}" if notes else ""
    return f"{start}{options}){note}"
