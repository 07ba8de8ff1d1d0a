"""Remembers in the database which migrations it has applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastjango.core import timezone
from fastjango.orm.exceptions import DatabaseError
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table
from sqlalchemy.schema import CreateTable

from .exceptions import MigrationSchemaMissing

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["TABLE_NAME", "AppliedMigration", "MigrationRecorder"]

Key = tuple[str, str]

#: The table of applied migrations. It has the columns of Django's own `django_migrations` and one
#: more, under a name of its own, so that both frameworks can migrate one database.
TABLE_NAME = "fastjango_migrations"

_metadata = MetaData()
_table = Table(
    TABLE_NAME,
    _metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("app", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("applied", DateTime(timezone=True), nullable=False),
    Column("checksum", String(64), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """One row of the table of applied migrations.

    Attributes:
        app: App label.
        name: Migration name.
        checksum: Digest of what the migration did to the schema; empty when not known.
    """

    app: str
    name: str
    checksum: str = ""


class MigrationRecorder:
    """Reads and writes the table `fastjango_migrations` of one database.

    Args:
        connection: Connection to the database.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self._exists = False

    def has_table(self) -> bool:
        """Whether the table exists (one introspection query until it does)."""
        if not self._exists:
            with self.connection.cursor() as cursor:
                names = self.connection.introspection.table_names(cursor)
            self._exists = TABLE_NAME in names
        return self._exists

    def ensure_schema(self) -> None:
        """Create the table if it is not there.

        Raises:
            MigrationSchemaMissing: The database refuses to create it.
        """
        if self.has_table():
            return
        statement = str(CreateTable(_table).compile(dialect=self.connection.dialect("sync")))
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError as error:
            raise MigrationSchemaMissing(
                f"The table {TABLE_NAME!r} of applied migrations cannot be created on database"
                f" {self.connection.alias!r}: {error}. Let the database user create tables."
            ) from error
        self._exists = True

    def applied_migrations(self) -> dict[Key, AppliedMigration]:
        """Applied migrations by key, in the order in which they were applied."""
        if not self.has_table():
            return {}
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {self._name('app')}, {self._name('name')}, {self._name('checksum')}"
                f" FROM {self._name(TABLE_NAME)} ORDER BY {self._name('id')}"
            )
            rows = cursor.fetchall()
        return {(app, name): AppliedMigration(app, name, checksum) for app, name, checksum in rows}

    def record_applied(self, app: str, name: str, checksum: str = "") -> None:
        """Note that a migration is applied."""
        self.ensure_schema()
        columns = ", ".join(self._name(c) for c in ("app", "name", "applied", "checksum"))
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self._name(TABLE_NAME)} ({columns}) VALUES (%s, %s, %s, %s)",
                [app, name, self._now(), checksum],
            )

    def record_unapplied(self, app: str, name: str) -> None:
        """Note that a migration is no longer applied."""
        self.ensure_schema()
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._name(TABLE_NAME)} WHERE {self._name('app')} = %s"
                f" AND {self._name('name')} = %s",
                [app, name],
            )

    def flush(self) -> None:
        """Forget every applied migration."""
        if self.has_table():
            with self.connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {self._name(TABLE_NAME)}")

    def _name(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))

    def _now(self) -> datetime | str:
        now = timezone.now()
        if self.connection.vendor == "postgresql":
            return now if timezone.is_aware(now) else timezone.make_aware(now)
        naive = timezone.make_naive(now, UTC) if timezone.is_aware(now) else now
        return naive.isoformat(" ")
