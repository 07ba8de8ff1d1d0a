"""What is in a database: tables, columns, constraints; `connection.introspection`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["BaseDatabaseIntrospection", "FieldInfo", "TableInfo"]

Constraint = dict[str, Any]


class TableInfo(NamedTuple):
    """A table (``t``), view (``v``), or partition (``p``)."""

    name: str
    type: str


class FieldInfo(NamedTuple):
    """A column, in the shape of PEP 249's `cursor.description` and more."""

    name: str
    type_code: Any
    display_size: int | None
    internal_size: int | None
    precision: int | None
    scale: int | None
    null_ok: bool
    default: Any
    collation: str | None


class BaseDatabaseIntrospection:
    """Reads the catalog of a database."""

    data_types_reverse: ClassVar[Any] = {}

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    @property
    def on_delete_types(self) -> dict[str, Any]:
        """What an ON DELETE rule of the database is called in models."""
        from fastjango.orm import models

        return {
            "CASCADE": models.DB_CASCADE,
            "NO ACTION": models.DO_NOTHING,
            "SET DEFAULT": models.DB_SET_DEFAULT,
            "SET NULL": models.DB_SET_NULL,
        }

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Name the field class for a column type.

        Raises:
            KeyError: No field stands for the type.
        """
        return self.data_types_reverse[data_type]

    def identifier_converter(self, name: str) -> str:
        """Return `name` as the database compares it."""
        return name

    def table_names(self, cursor: Any = None, include_views: bool = False) -> list[str]:
        """Names of all tables, sorted."""
        if cursor is None:
            with self.connection.cursor() as own:
                return self.table_names(own, include_views)
        return sorted(
            info.name for info in self.get_table_list(cursor) if include_views or info.type == "t"
        )

    def get_table_list(self, cursor: Any) -> list[Any]:
        """All tables and views."""
        raise NotImplementedError

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        """The columns of a table."""
        raise NotImplementedError

    def get_sequences(
        self, cursor: Any, table_name: str, table_fields: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """The sequences of a table as ``{"table", "column"}`` and, where it has one, ``name``."""
        raise NotImplementedError

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, tuple[str, str, Any]]:
        """Foreign keys: ``{column: (other column, other table, on_delete)}``."""
        raise NotImplementedError

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, Constraint]:
        """Constraints and indexes by name, each with the keys ``columns``, ``primary_key``,
        ``unique``, ``foreign_key``, ``check``, ``index`` and, for indexes, ``orders``, ``type``.
        """
        raise NotImplementedError

    def get_primary_key_column(self, cursor: Any, table_name: str) -> str | None:
        """The first column of the primary key."""
        columns = self.get_primary_key_columns(cursor, table_name)
        return columns[0] if columns else None

    def get_primary_key_columns(self, cursor: Any, table_name: str) -> list[str] | None:
        """The columns of the primary key."""
        for constraint in self.get_constraints(cursor, table_name).values():
            if constraint["primary_key"]:
                columns: list[str] = constraint["columns"]
                return columns
        return None

    # -- models ----------------------------------------------------------------------------

    def get_migratable_models(self) -> Iterator[Any]:
        """Models of the installed applications that belong into this database."""
        from fastjango.core import apps
        from fastjango.orm.router import router

        alias = self.connection.alias
        for config in apps.get_app_configs():
            for model in router.get_migratable_models(config, alias):
                if model._meta.can_migrate(self.connection):
                    yield model

    def django_table_names(
        self, only_existing: bool = False, include_views: bool = True
    ) -> list[str]:
        """Tables of the installed models.

        Args:
            only_existing: Leave out tables that the database does not have.
            include_views: Count views as tables.
        """
        tables: set[str] = set()
        for model in self.get_migratable_models():
            if not model._meta.managed:
                continue
            tables.add(model._meta.db_table)
            tables.update(
                field.m2m_db_table()
                for field in model._meta.local_many_to_many
                if field.remote_field.through._meta.managed
            )
        if not only_existing:
            return list(tables)
        existing = set(self.table_names(include_views=include_views))
        return [table for table in tables if self.identifier_converter(table) in existing]

    def installed_models(self, tables: Iterable[str]) -> set[Any]:
        """Models whose table is among `tables`."""
        known = {self.identifier_converter(table) for table in tables}
        return {
            model
            for model in self.get_migratable_models()
            if self.identifier_converter(model._meta.db_table) in known
        }

    def sequence_list(self) -> list[dict[str, Any]]:
        """Sequences of all installed models."""
        found: list[dict[str, Any]] = []
        with self.connection.cursor() as cursor:
            for model in self.get_migratable_models():
                if not model._meta.managed or model._meta.swapped:
                    continue
                meta = model._meta
                found.extend(self.get_sequences(cursor, meta.db_table, meta.local_fields))
                for field in meta.local_many_to_many:
                    if field.remote_field.through._meta.auto_created:
                        table = field.m2m_db_table()
                        found.extend(
                            self.get_sequences(cursor, table) or [{"table": table, "column": None}]
                        )
        return found
