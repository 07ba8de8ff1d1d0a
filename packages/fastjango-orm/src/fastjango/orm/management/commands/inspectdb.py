"""`inspectdb`: models for tables that exist."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any

from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS
from fastjango.orm.engine.handler import connections

__all__ = ["Command"]


class Command(BaseCommand):
    """Prints model classes that fit the tables of a database."""

    help = "Introspects the database tables in the given database and outputs a model module."
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
        """Print the module."""
        for line in self.handle_inspection(options):
            self.stdout.write(line)

    def handle_inspection(self, options: dict[str, Any]) -> Iterator[str]:
        """Lines of the module.

        Raises:
            CommandError: The database cannot be looked at.
        """
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
            chosen = options["table"] or sorted(i.name for i in tables if i.type in kinds)
            keep = options.get("table_name_filter")
            known: list[str] = []
            for table in chosen:
                if keep is not None and callable(keep) and not keep(table):
                    continue
                try:
                    yield from self._model(connection, cursor, table, known)
                except CommandError:
                    raise
                except Exception as error:
                    yield f"# Unable to inspect table '{table}'"
                    yield f"# The error was: {error}"

    def _model(self, connection: Any, cursor: Any, table: str, known: list[str]) -> Iterator[str]:
        introspection = connection.introspection
        relations = introspection.get_relations(cursor, table)
        constraints = introspection.get_constraints(cursor, table)
        keys: list[str] = introspection.get_primary_key_columns(cursor, table) or []
        unique = {
            c["columns"][0] for c in constraints.values() if c["unique"] and len(c["columns"]) == 1
        }
        columns = introspection.get_table_description(cursor, table)
        name = self.normalize_table_name(table)
        yield ""
        yield ""
        yield f"class {name}(models.Model):"
        known.append(name)
        used: list[str] = []
        names: dict[str, str] = {}
        if len(keys) > 1:
            parts = ", ".join(repr(self.normalize_col_name(k, [], False)[0]) for k in keys)
            yield f"    pk = models.CompositePrimaryKey({parts})"
        for column in columns:
            attname, params, notes = self.normalize_col_name(
                column.name, used, column.name in relations
            )
            used.append(attname)
            names[column.name] = attname
            field, extra, comments = self._field(
                connection, table, column, relations.get(column.name), known, name
            )
            params = {**extra, **params}
            notes += comments
            if keys == [column.name]:
                params["primary_key"] = True
            elif column.name in unique:
                if field.startswith("ForeignKey("):
                    field = field.replace("ForeignKey(", "OneToOneField(", 1)
                else:
                    params["unique"] = True
            if field == "AutoField(" and params.get("primary_key") and attname == "id":
                continue
            if column.null_ok:
                params["blank"] = params["null"] = True
            text = ", ".join(f"{key}={value!r}" for key, value in params.items())
            if text and not field.endswith("("):
                text = f", {text}"
            note = f"  # {' '.join(notes)}" if notes else ""
            yield f"    {attname} = models.{field}{text}){note}"
        yield from self._meta_lines(table, constraints, names)

    def _field(
        self,
        connection: Any,
        table: str,
        column: Any,
        relation: Any,
        known: list[str],
        name: str,
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Call of a field up to its options, options and comments."""
        if relation:
            target = self.normalize_table_name(relation[1])
            if relation[1] == table:
                to = "'self'"
            else:
                to = target if target in known else f"'{target}'"
            return f"ForeignKey({to}, models.DO_NOTHING", {}, []
        introspection = connection.introspection
        try:
            found = introspection.get_field_type(column.type_code, column)
        except KeyError:
            return "TextField(", {}, ["This field type is a guess."]
        pair: Any = (found, {}) if isinstance(found, str) else found
        kind = str(pair[0])
        params: dict[str, Any] = dict(pair[1])
        if kind in ("CharField", "TextField") and getattr(column, "collation", None):
            params["db_collation"] = column.collation
        if kind == "CharField" and column.display_size and column.display_size > 0:
            params["max_length"] = int(column.display_size)
        notes: list[str] = []
        if kind == "DecimalField":
            params["max_digits"] = column.precision or 10
            params["decimal_places"] = column.scale or 5
            if column.precision is None or column.scale is None:
                notes.append(
                    "max_digits and decimal_places have been guessed, as this database handles "
                    "decimal fields as float"
                )
        if getattr(column, "comment", None):
            params["db_comment"] = column.comment
        return f"{kind}(", params, notes

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

    @staticmethod
    def _meta_lines(
        table: str, constraints: dict[str, Any], names: dict[str, str]
    ) -> Iterator[str]:
        groups = [
            tuple(names[column] for column in c["columns"])
            for c in constraints.values()
            if c["unique"] and not c["primary_key"] and len(c["columns"]) > 1
        ]
        yield ""
        yield "    class Meta:"
        yield "        managed = False"
        yield f"        db_table = {table!r}"
        if groups:
            yield f"        unique_together = {tuple(groups)!r}"
