"""SQLite by the standard library's driver, on both edges."""

from __future__ import annotations

import atexit
import datetime
import decimal
import os
import re
import sqlite3
import threading
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import tee
from types import ModuleType
from typing import Any, ClassVar, cast

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm.backends.sqlite3.client import DatabaseClient
from fastjango.orm.backends.sqlite3.creation import DatabaseCreation
from fastjango.orm.backends.sqlite3.driver import open_connection, run_on, stream_from
from fastjango.orm.backends.sqlite3.features import DatabaseFeatures
from fastjango.orm.backends.sqlite3.introspection import DatabaseIntrospection
from fastjango.orm.backends.sqlite3.operations import DatabaseOperations
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.cursor import debug_transaction
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper, Edge
from fastjango.orm.exceptions import (
    DatabaseUnavailable,
    Error,
    IntegrityError,
    OperationalError,
    SerializationFailure,
)

__all__ = ["DatabaseWrapper", "SQLiteCursor"]

DEFAULT_TIMEOUT = 10.0
"""Seconds a writer waits for another one."""

_TRANSACTION_MODES = ("DEFERRED", "EXCLUSIVE", "IMMEDIATE")
_FORMAT = re.compile(r"(?<!%)%s")


def _write_datetime(value: datetime.datetime) -> str:
    return value.isoformat(" ")


def _write_uuid(value: uuid.UUID) -> str:
    return value.hex


_ADAPT: dict[type, Any] = {
    decimal.Decimal: str,
    datetime.date: datetime.date.isoformat,
    datetime.datetime: _write_datetime,
    datetime.time: str,
    uuid.UUID: _write_uuid,
}

_anchors: dict[str, sqlite3.Connection] = {}
_anchor_lock = threading.Lock()


def _close_anchors() -> None:
    for anchor in _anchors.values():
        anchor.close()
    _anchors.clear()


def _memory_uri(name: str) -> str:
    """Return the address of a named in-memory database that lives until the process ends.

    SQLite drops an in-memory database with its last connection, so one is kept open.
    """
    uri = f"file:/{name}?vfs=memdb"
    with _anchor_lock:
        if name not in _anchors:
            if not _anchors:
                atexit.register(_close_anchors)
            _anchors[name] = sqlite3.connect(uri, uri=True, check_same_thread=False)
    return uri


def memory_key(name: str) -> str:
    """Take the bare name from ``file:memorydb_default?mode=memory&cache=shared``."""
    return name.removeprefix("file:").partition("?")[0].lstrip("/")


def forget_memory(name: str) -> None:
    """Let an in-memory database go when its last user closes it."""
    with _anchor_lock:
        anchor = _anchors.pop(name, None)
    if anchor is not None:
        anchor.close()


def _names(params: Any) -> list[str] | None:
    """Return the parameters' names, or None when they are positional."""
    if not isinstance(params, Mapping):
        return None
    return list(cast("Mapping[str, Any]", params))


def _adapted(params: Any) -> Any:
    if isinstance(params, Mapping):
        named = cast("Mapping[str, Any]", params)
        return {key: _adapt(value) for key, value in named.items()}
    return [_adapt(value) for value in cast("Iterable[Any]", params)]


def _adapt(value: Any) -> Any:
    adapter = _ADAPT.get(type(value))  # pyright: ignore[reportUnknownArgumentType] # of any value
    return value if adapter is None else adapter(value)


class SQLiteCursor(sqlite3.Cursor):
    """A cursor that takes ``%s`` and ``%(name)s``; a literal percent sign is ``%%``."""

    def execute(self, sql: str, parameters: Any = None, /) -> SQLiteCursor:
        """Run one statement."""
        if parameters is None:
            return super().execute(sql)
        names = _names(parameters)
        return super().execute(self.convert_query(sql, param_names=names), _adapted(parameters))

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> SQLiteCursor:
        """Run one statement for each parameter set."""
        peek, rest = tee(iter(parameters))
        first = next(peek, None)
        names = _names(first) or None
        return super().executemany(
            self.convert_query(sql, param_names=names), (_adapted(entry) for entry in rest)
        )

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        """Write a query with SQLite's own placeholders."""
        if param_names is None:
            return _FORMAT.sub("?", query).replace("%%", "%")
        return query % {name: f":{name}" for name in param_names}


def _varchar(data: Mapping[str, Any]) -> str:
    return "varchar" if data["max_length"] is None else f"varchar({data['max_length']})"


class DatabaseWrapper(BaseDatabaseWrapper):
    """A SQLite database.

    ``OPTIONS`` on top of `sqlite3.connect`'s arguments: ``transaction_mode`` (IMMEDIATE),
    ``journal_mode`` (WAL), ``synchronous`` (NORMAL), ``init_command`` (statements separated by
    semicolons), ``async_mode`` (``auto``, ``loop`` or ``thread``), ``pool``.
    """

    vendor: ClassVar[str] = "sqlite"
    display_name: ClassVar[str] = "SQLite"
    Database: ModuleType = sqlite3
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    data_types: ClassVar[dict[str, Any]] = {
        "AutoField": "integer",
        "BigAutoField": "integer",
        "BigIntegerField": "bigint",
        "BinaryField": "BLOB",
        "BooleanField": "bool",
        "CharField": _varchar,
        "DateField": "date",
        "DateTimeField": "datetime",
        "DecimalField": "decimal",
        "DurationField": "bigint",
        "FileField": "varchar(%(max_length)s)",
        "FilePathField": "varchar(%(max_length)s)",
        "FloatField": "real",
        "GenericIPAddressField": "char(39)",
        "IPAddressField": "char(15)",
        "IntegerField": "integer",
        "JSONField": "text",
        "PositiveBigIntegerField": "bigint unsigned",
        "PositiveIntegerField": "integer unsigned",
        "PositiveSmallIntegerField": "smallint unsigned",
        "SlugField": "varchar(%(max_length)s)",
        "SmallAutoField": "integer",
        "SmallIntegerField": "smallint",
        "TextField": "text",
        "TimeField": "time",
        "UUIDField": "char(32)",
    }
    data_types_suffix: ClassVar[dict[str, str]] = dict.fromkeys(
        ("AutoField", "BigAutoField", "SmallAutoField"), "AUTOINCREMENT"
    )
    data_type_check_constraints: ClassVar[dict[str, str]] = {
        "JSONField": '(JSON_VALID("%(column)s") OR "%(column)s" IS NULL)',
        "PositiveBigIntegerField": '"%(column)s" >= 0',
        "PositiveIntegerField": '"%(column)s" >= 0',
        "PositiveSmallIntegerField": '"%(column)s" >= 0',
    }
    operators: ClassVar[dict[str, str]] = {
        "exact": "= %s",
        "gt": "> %s",
        "gte": ">= %s",
        "lt": "< %s",
        "lte": "<= %s",
        "regex": "REGEXP %s",
        "iregex": "REGEXP '(?i)' || %s",
        **dict.fromkeys(
            (
                "contains",
                "endswith",
                "icontains",
                "iendswith",
                "iexact",
                "istartswith",
                "startswith",
            ),
            "LIKE %s ESCAPE '\\'",
        ),
    }
    pattern_esc: ClassVar[str] = r"REPLACE(REPLACE(REPLACE({}, '\', '\\'), '%%', '\%%'), '_', '\_')"
    pattern_ops: ClassVar[dict[str, str]] = {
        "contains": r"LIKE '%%' || {} || '%%' ESCAPE '\'",
        "icontains": r"LIKE '%%' || UPPER({}) || '%%' ESCAPE '\'",
        "startswith": r"LIKE {} || '%%' ESCAPE '\'",
        "istartswith": r"LIKE UPPER({}) || '%%' ESCAPE '\'",
        "endswith": r"LIKE '%%' || {} ESCAPE '\'",
        "iendswith": r"LIKE '%%' || UPPER({}) ESCAPE '\'",
    }

    transaction_modes = frozenset(_TRANSACTION_MODES)
    transaction_mode: str | None = "IMMEDIATE"
    async_mode: str = "auto"
    timeout: float = DEFAULT_TIMEOUT
    _commands: tuple[str, ...] = ()

    def dialect(self, edge: Edge = "sync") -> Any:
        """SQLAlchemy's dialect; both edges use the same driver."""
        from fastjango.orm.engine.dialects import dialect_of

        return dialect_of("sqlite")

    def get_database_version(self) -> tuple[int, ...]:
        """Version of the SQLite library."""
        return sqlite3.sqlite_version_info

    # -- opening ---------------------------------------------------------------------------

    def is_in_memory_db(self) -> bool:
        """Whether the database lives in memory."""
        return bool(self.creation.is_in_memory_db(self.settings_dict["NAME"]))

    def _address(self) -> str:
        name = self.settings_dict["NAME"]
        if not name:
            raise ImproperlyConfigured(
                "settings.DATABASES is improperly configured. Please supply the NAME value."
            )
        if not self.is_in_memory_db():
            return str(name)
        if name == ":memory:":
            key = self.settings_dict.setdefault(
                "MEMORY_KEY", f"{self.alias}-{os.getpid()}-{uuid.uuid4().hex}"
            )
            return _memory_uri(key)
        return _memory_uri(memory_key(name))

    def get_connection_params(self) -> dict[str, Any]:
        """Return `sqlite3.connect`'s arguments; ours are noted on the wrapper."""
        options = dict(self.settings_dict["OPTIONS"])
        options.pop("pool", None)
        if options.pop("check_same_thread", False):
            warnings.warn(
                "The `check_same_thread` option was provided and set to True. It will be "
                "overridden with False. Use the `DatabaseWrapper.allow_thread_sharing` property "
                "instead for controlling thread shareability.",
                RuntimeWarning,
                stacklevel=2,
            )
        mode = options.pop("transaction_mode", "IMMEDIATE")
        if mode is not None and str(mode).upper() not in _TRANSACTION_MODES:
            choices = ", ".join(repr(choice) for choice in _TRANSACTION_MODES)
            raise ImproperlyConfigured(
                f"settings.DATABASES[{self.alias!r}]['OPTIONS']['transaction_mode'] is "
                f"improperly configured to '{mode}'. Use one of {choices}, or None."
            )
        self.transaction_mode = None if mode is None else str(mode).upper()
        self.async_mode = options.pop("async_mode", "auto")
        if self.async_mode not in ("auto", "loop", "thread"):
            raise ImproperlyConfigured(
                f"settings.DATABASES[{self.alias!r}]['OPTIONS']['async_mode'] is "
                f"{self.async_mode!r}. Use one of 'auto', 'loop', 'thread'."
            )
        self.timeout = float(options.setdefault("timeout", DEFAULT_TIMEOUT))
        self._commands = tuple(self._start_commands(options))
        return {
            "cached_statements": 512,
            "isolation_level": None,
            **options,
            "database": self._address(),
            "check_same_thread": False,
            "uri": True,
        }

    def _start_commands(self, options: dict[str, Any]) -> Iterator[str]:
        journal = options.pop("journal_mode", "WAL")
        synchronous = options.pop("synchronous", "NORMAL")
        script = options.pop("init_command", "")
        yield "PRAGMA foreign_keys = ON"
        yield "PRAGMA legacy_alter_table = OFF"  # ON in macOS's build, where renaming breaks
        if journal and not self.is_in_memory_db():
            yield f"PRAGMA journal_mode = {_word(journal)}"
        if synchronous:
            yield f"PRAGMA synchronous = {_word(synchronous)}"
        for command in script.split(";"):
            if command.strip():
                yield command.strip()

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Open a connection."""
        return open_connection(conn_params, self._commands)

    async def aconnect(self) -> AsyncConnection:
        """Open a connection for the asynchronous edge."""
        from fastjango.orm.backends.sqlite3.aconnection import SQLiteAsyncConnection

        params = self.get_connection_params()
        with self.wrap_database_errors:
            return await SQLiteAsyncConnection.open(params, self._commands, self)

    def create_cursor(self, name: str | None = None) -> SQLiteCursor:
        """Make a cursor."""
        cursor: SQLiteCursor = self.connection.cursor(factory=SQLiteCursor)
        return cursor

    def close(self) -> None:
        """Close the connection; one to an in-memory database stays, as in Django."""
        self.guard("close", block=False)
        self.validate_thread_sharing()
        if not self.is_in_memory_db():
            super().close()

    def is_usable(self) -> bool:
        """True: there is no server to lose."""
        return True

    # -- statements ------------------------------------------------------------------------

    def run_statement(self, statement: Statement) -> Result:
        """Run a statement."""
        return run_on(self.connection, statement)

    def stream_statement(self, statement: Statement) -> Iterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows."""
        return stream_from(self.connection, statement)

    def refine_error(self, kind: type[Error], error: BaseException) -> type[Error]:
        """Tell a busy database from a conflict."""
        if kind is not OperationalError:
            return kind
        code = getattr(error, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
            return SerializationFailure
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return DatabaseUnavailable
        return kind

    # -- transactions ----------------------------------------------------------------------

    def _savepoint_allowed(self) -> bool:
        return self._tx.in_atomic_block

    def _set_autocommit(self, autocommit: bool) -> None:
        with self.wrap_database_errors:
            self.connection.isolation_level = None if autocommit else ""

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, self.ops.begin_sql()), self.wrap_database_errors:
            self.connection.execute(self.ops.begin_sql())

    # -- constraints -----------------------------------------------------------------------

    def disable_constraint_checking(self) -> bool:
        """Switch foreign keys off, which works outside transactions only."""
        with self.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA foreign_keys")
            return not cursor.fetchone()[0]

    def enable_constraint_checking(self) -> None:
        """Switch foreign keys on."""
        with self.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = ON")

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Raise `IntegrityError` for the first row that refers to nothing."""
        quote = self.ops.quote_name
        with self.cursor() as cursor:
            if table_names is None:
                cursor.execute("PRAGMA foreign_key_check")
                violations: list[Any] = list(cursor.fetchall())
            else:
                violations = []
                for name in table_names:
                    cursor.execute(f"PRAGMA foreign_key_check({quote(name)})")
                    violations += cursor.fetchall()
            for table, rowid, other_table, index in violations:
                cursor.execute(f"PRAGMA foreign_key_list({quote(table)})")
                column, other_column = cursor.fetchall()[index][3:5]
                key = self.introspection.get_primary_key_column(cursor, table)
                cursor.execute(
                    f"SELECT {quote(key)}, {quote(column)} FROM {quote(table)} WHERE rowid = %s",
                    (rowid,),
                )
                pk, bad = cursor.fetchone()
                raise IntegrityError(
                    f"The row in table '{table}' with primary key '{pk}' has an invalid foreign "
                    f"key: {table}.{column} contains a value '{bad}' that does not have a "
                    f"corresponding value in {other_table}.{other_column}."
                )


def _word(value: str) -> str:
    if not re.fullmatch(r"\w+", value):
        raise ImproperlyConfigured(f"{value!r} cannot be the value of a PRAGMA.")
    return value
