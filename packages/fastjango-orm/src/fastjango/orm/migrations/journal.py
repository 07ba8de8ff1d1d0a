"""Remembers how far a migration got, where the database cannot undo it as a whole.

MySQL and MariaDB commit every change of the schema at once, and a migration with `atomic = False`
does so anywhere. A process that is killed in the middle leaves such a migration half done. The
journal notes each statement before and after it runs; the next run begins where the last one ended.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Integer, MetaData, String, Table, Text
from sqlalchemy.schema import CreateTable

if TYPE_CHECKING:
    from collections.abc import Container

    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["TABLE_NAME", "Journal"]

TABLE_NAME = "fastjango_migration_journal"

_table = Table(
    TABLE_NAME,
    MetaData(),
    Column("app", String(255), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("direction", String(10), nullable=False),
    Column("operation", Integer, nullable=False),
    Column("done", Text, nullable=False),
    Column("running", String(16), nullable=False),
)

#: Errors that say a statement was carried out before its success could be noted: driver error
#: numbers (MySQL) and SQLSTATEs (PostgreSQL).
_ALREADY_DONE: frozenset[Any] = frozenset(
    {
        1050,
        1051,
        1054,
        1060,
        1061,
        1091,
        1826,
        1022,
        "42P07",
        "42701",
        "42710",
        "42P01",
        "42703",
        "42704",
    }
)

#: What MariaDB's error 1005, which stands for many causes, says of a foreign key that exists.
_DUPLICATE_KEY = "errno: 121"


class Journal:
    """The progress of one migration in one direction.

    Args:
        connection: Connection to the database.
        app: App label.
        name: Migration name.
        direction: `"forwards"` or `"backwards"`.

    Attributes:
        operation: Index of the operation that is (or was) under way.
        done: Digests of its statements that ran.
        running: Digest of the statement that was under way when the process ended, or empty.
        resumed: Whether an earlier run was interrupted.
    """

    def __init__(
        self, connection: BaseDatabaseWrapper, app: str, name: str, direction: str
    ) -> None:
        self.connection = connection
        self.app = app
        self.name = name
        self.direction = direction
        self.operation = 0
        self.done: list[str] = []
        self.running = ""
        self.resumed = False
        self._skippable: list[str] = []
        self._resumed_operation = -1

    # -- the table --------------------------------------------------------------------------

    def _quoted(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))

    @classmethod
    def exists(cls, connection: BaseDatabaseWrapper) -> bool:
        """Whether the database has a journal."""
        with connection.cursor() as cursor:
            return TABLE_NAME in connection.introspection.table_names(cursor)

    @classmethod
    def pending(
        cls, connection: BaseDatabaseWrapper, applied: Container[tuple[str, str]]
    ) -> list[tuple[str, str, str, int]]:
        """Migrations that were interrupted: app, name, direction, and the operation's index.

        Args:
            applied: Keys of the migrations that are recorded; what is recorded has arrived.
        """
        if not cls.exists(connection):
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT app, name, direction, operation FROM"
                f" {connection.ops.quote_name(TABLE_NAME)} ORDER BY app, name"
            )
            return [
                (app, name, direction, operation)
                for app, name, direction, operation in cursor.fetchall()
                if ((app, name) in applied) == (direction == "backwards")
            ]

    def open(self) -> None:
        """Begin, or take up, the progress of the migration."""
        with self.connection.cursor() as cursor:
            if not self.exists(self.connection):
                dialect = self.connection.dialect("sync")
                cursor.execute(str(CreateTable(_table).compile(dialect=dialect)))
            # The other direction is over, or this one would not begin: its process ended between
            # recording the migration and forgetting its progress.
            cursor.execute(
                f"DELETE FROM {self._quoted(TABLE_NAME)}"
                " WHERE app = %s AND name = %s AND direction <> %s",
                [self.app, self.name, self.direction],
            )
            cursor.execute(
                f"SELECT operation, done, running FROM {self._quoted(TABLE_NAME)}"
                " WHERE app = %s AND name = %s AND direction = %s",
                [self.app, self.name, self.direction],
            )
            row = cursor.fetchone()
            if row is None:
                cursor.execute(
                    f"INSERT INTO {self._quoted(TABLE_NAME)}"
                    " (app, name, direction, operation, done, running)"
                    " VALUES (%s, %s, %s, 0, '', '')",
                    [self.app, self.name, self.direction],
                )
            else:
                self.operation, self.running = row[0], row[2]
                self.done = row[1].split()
                self.resumed = True
                self._resumed_operation = self.operation
        self._skippable = list(self.done)

    def close(self) -> None:
        """Forget the progress: the migration is done and recorded."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._quoted(TABLE_NAME)} WHERE app = %s AND name = %s",
                [self.app, self.name],
            )

    def _note(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self._quoted(TABLE_NAME)} SET operation = %s, done = %s,"
                " running = %s WHERE app = %s AND name = %s AND direction = %s",
                [
                    self.operation,
                    " ".join(self.done),
                    self.running,
                    self.app,
                    self.name,
                    self.direction,
                ],
            )

    # -- what the editor calls --------------------------------------------------------------

    def begin_operation(self, index: int) -> bool:
        """Whether the operation still has something to do."""
        if index < self.operation:
            return False
        if index > self.operation:
            self.operation, self.done, self.running, self._skippable = index, [], "", []
        return True

    def end_operation(self) -> None:
        """Note that the whole operation is done."""
        self.operation += 1
        self.done, self.running, self._skippable = [], "", []
        self._note()

    def skip(self, sql: str) -> bool:
        """Whether a statement ran before the interruption."""
        digest = _digest(sql)
        if digest in self._skippable:
            self._skippable.remove(digest)
            return True
        return False

    def before(self, sql: str) -> bool:
        """Note that a statement is about to run.

        Returns:
            Whether it may have run already: the process ended while it was under way.
        """
        digest = _digest(sql)
        uncertain = self.running == digest or self._resumed_operation == self.operation
        self.running = digest
        self._note()
        return uncertain

    def after(self, sql: str) -> None:
        """Note that the statement ran."""
        self.done.append(_digest(sql))
        self.running = ""
        self._note()

    @staticmethod
    def says_already_done(error: BaseException) -> bool:
        """Whether an error means that the statement had its effect before."""
        seen: BaseException | None = error
        while seen is not None:
            code = getattr(seen, "sqlstate", None) or (seen.args[0] if seen.args else None)
            if code in _ALREADY_DONE or (code == 1005 and _DUPLICATE_KEY in str(seen)):
                return True
            seen = seen.__cause__
        return False


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()[:16]
