"""MySQL and MariaDB: PyMySQL on the synchronous edge, asyncmy on the asynchronous one."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured

try:
    import pymysql  # type: ignore[import-untyped] # no stubs of its own
except ImportError as error:
    raise ImproperlyConfigured(
        "The MySQL backend needs PyMySQL and asyncmy. Install them: "
        "pip install 'fastjango-orm[mysql]'."
    ) from error
from fastjango.core.functional import cached_property
from fastjango.orm.backends.mysql.client import DatabaseClient
from fastjango.orm.backends.mysql.connection import LimitedConnection, StatementTimeout
from fastjango.orm.backends.mysql.creation import DatabaseCreation
from fastjango.orm.backends.mysql.features import DatabaseFeatures
from fastjango.orm.backends.mysql.introspection import DatabaseIntrospection
from fastjango.orm.backends.mysql.operations import DatabaseOperations
from fastjango.orm.engine import servers
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.cursor import debug_transaction
from fastjango.orm.engine.limits import CONNECT_TIMEOUT
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import BaseDatabaseWrapper, Edge
from fastjango.orm.exceptions import (
    ConnectionLost,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    QueryTimeout,
    SerializationFailure,
)
from pymysql.constants import CLIENT, FIELD_TYPE  # type: ignore[import-untyped] # no stubs of its own
from pymysql.converters import conversions  # type: ignore[import-untyped] # no stubs of its own

__all__ = ["DatabaseWrapper", "refine"]

OURS = frozenset(("isolation_level", "pool", "query_timeout"))
"""Keys of ``OPTIONS`` that the drivers do not get."""

ISOLATION_LEVELS = frozenset(
    ("read committed", "read uncommitted", "repeatable read", "serializable")
)

SERVER_FACTS = """
    SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null,
           @@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL
"""

_INTEGRITY = frozenset((1048, 1062, 1216, 1217, 1451, 1452, 1690, 3819, 4025))
_CONFLICT = frozenset((1020, 1205, 1213))  # record changed, lock wait timeout, deadlock
# 1040 and 1203: too many connections of the server, of the user
_LOST = frozenset((1040, 1053, 1203, 1927, 2002, 2003, 2006, 2013, 2055))
_TIMEOUT = frozenset((1969, 3024))
_VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})")


def read_time(text: str | bytes) -> datetime.time | datetime.timedelta | None:
    """Read a TIME column; what is no time of day stays a duration."""
    value = text.decode() if isinstance(text, bytes) else text
    try:
        return datetime.time.fromisoformat(value)
    except ValueError:
        found: Any = pymysql.converters.convert_timedelta(value)
        return found if isinstance(found, datetime.timedelta) else None


def _write_uuid(value: uuid.UUID, mapping: Any = None) -> str:
    return f"'{value}'"


CONVERSIONS: dict[Any, Any] = {
    **conversions,
    FIELD_TYPE.TIME: read_time,
    uuid.UUID: _write_uuid,
}


def read_facts(row: tuple[Any, ...]) -> dict[str, Any]:
    """Name the columns of `SERVER_FACTS`."""
    return {
        "version": row[0],
        "sql_mode": row[1],
        "default_storage_engine": row[2],
        "sql_auto_is_null": bool(row[3]),
        "lower_case_table_names": bool(row[4]),
        "has_zoneinfo_database": bool(row[5]),
    }


def refine(kind: type[Error], code: Any, text: str) -> type[Error]:
    """Choose the class of an error by the server's number."""
    if code in _INTEGRITY:
        return IntegrityError
    if code in _CONFLICT:
        return SerializationFailure
    if code in _TIMEOUT or (code == 2013 and "timed out" in text):
        return QueryTimeout
    if code in _LOST or (kind is InterfaceError and code == 0):
        return ConnectionLost
    if kind is InternalError and isinstance(code, int) and code in (1049, 1045):
        return OperationalError
    return kind


class DatabaseWrapper(BaseDatabaseWrapper):
    """A MySQL or MariaDB database.

    ``OPTIONS`` on top of the driver's connect arguments: ``isolation_level`` (``read
    committed``), ``connect_timeout`` (5 s), ``query_timeout`` (30 s in tasks and
    requests, None for no limit), ``pool``.
    """

    vendor: ClassVar[str] = "mysql"
    Database: ModuleType = pymysql
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    features: DatabaseFeatures
    _data_types: ClassVar[dict[str, Any]] = {
        "AutoField": "integer AUTO_INCREMENT",
        "BigAutoField": "bigint AUTO_INCREMENT",
        "BigIntegerField": "bigint",
        "BinaryField": "longblob",
        "BooleanField": "bool",
        "CharField": "varchar(%(max_length)s)",
        "DateField": "date",
        "DateTimeField": "datetime(6)",
        "DecimalField": "numeric(%(max_digits)s, %(decimal_places)s)",
        "DurationField": "bigint",
        "FileField": "varchar(%(max_length)s)",
        "FilePathField": "varchar(%(max_length)s)",
        "FloatField": "double precision",
        "GenericIPAddressField": "char(39)",
        "IPAddressField": "char(15)",
        "IntegerField": "integer",
        "JSONField": "json",
        "PositiveBigIntegerField": "bigint UNSIGNED",
        "PositiveIntegerField": "integer UNSIGNED",
        "PositiveSmallIntegerField": "smallint UNSIGNED",
        "SlugField": "varchar(%(max_length)s)",
        "SmallAutoField": "smallint AUTO_INCREMENT",
        "SmallIntegerField": "smallint",
        "TextField": "longtext",
        "TimeField": "time(6)",
        "UUIDField": "char(32)",
    }
    data_type_check_constraints: ClassVar[dict[str, str]] = dict.fromkeys(
        ("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"),
        "`%(column)s` >= 0",
    )
    _limited_data_types: ClassVar[tuple[str, ...]] = (
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "json",
    )
    operators: ClassVar[dict[str, str]] = {
        "contains": "LIKE BINARY %s",
        "endswith": "LIKE BINARY %s",
        "exact": "= %s",
        "gt": "> %s",
        "gte": ">= %s",
        "icontains": "LIKE %s",
        "iendswith": "LIKE %s",
        "iexact": "LIKE %s",
        "istartswith": "LIKE %s",
        "lt": "< %s",
        "lte": "<= %s",
        "startswith": "LIKE BINARY %s",
    }
    pattern_esc: ClassVar[str] = (
        r"REPLACE(REPLACE(REPLACE({}, '\\', '\\\\'), '%%', '\%%'), '_', '\_')"
    )
    pattern_ops: ClassVar[dict[str, str]] = {
        "contains": "LIKE BINARY CONCAT('%%', {}, '%%')",
        "endswith": "LIKE BINARY CONCAT('%%', {})",
        "icontains": "LIKE CONCAT('%%', {}, '%%')",
        "iendswith": "LIKE CONCAT('%%', {})",
        "istartswith": "LIKE CONCAT({}, '%%')",
        "startswith": "LIKE BINARY CONCAT({}, '%%')",
    }
    isolation_levels = ISOLATION_LEVELS
    isolation_level: str | None = "read committed"
    _plan_cursor: Any = None

    @cached_property
    def validation(self) -> Any:
        """System checks that this database adds to those of fields."""
        from fastjango.orm.backends.mysql.validation import DatabaseValidation

        return DatabaseValidation(self)

    def dialect(self, edge: Edge = "sync") -> Any:
        """SQLAlchemy's dialect of the edge's driver."""
        from fastjango.orm.engine.dialects import dialect_of

        driver = "asyncmy" if edge == "async" else "pymysql"
        is_mariadb = self.is_server_known and self.mysql_is_mariadb
        return dialect_of(f"{driver}+mariadb" if is_mariadb else driver)

    # -- the server ------------------------------------------------------------------------

    @property
    def display_name(self) -> str:  # type: ignore[override] # by server
        """MariaDB or MySQL."""
        return "MariaDB" if self.mysql_is_mariadb else "MySQL"

    @cached_property
    def data_types(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride,reportIncompatibleUnannotatedOverride] # by server
        """Column types by field class."""
        if self.features.has_native_uuid_field:
            return {**self._data_types, "UUIDField": "uuid"}
        return self._data_types

    @property
    def is_server_known(self) -> bool:
        """Whether the server's version and modes are known without asking it."""
        return servers.known_server(self.vendor, self.settings_dict) is not None

    @property
    def mysql_server_data(self) -> dict[str, Any]:
        """Version and modes. Asks the server once per process."""
        facts = servers.known_server(self.vendor, self.settings_dict)
        if facts is None:
            with self.temporary_connection():
                facts = servers.known_server(self.vendor, self.settings_dict)
        assert facts is not None  # every new connection notes them
        return facts

    @property
    def mysql_server_info(self) -> str:
        """The server's version text."""
        return str(self.mysql_server_data["version"])

    @property
    def mysql_version(self) -> tuple[int, ...]:
        """The version as numbers."""
        found = _VERSION.search(self.mysql_server_info)
        if found is None:
            raise OperationalError(
                f"The server's version {self.mysql_server_info!r} is not a version."
            )
        return tuple(int(part) for part in found.groups())

    @property
    def mysql_is_mariadb(self) -> bool:
        """Whether the server is MariaDB."""
        return "mariadb" in self.mysql_server_info.lower()

    @property
    def sql_mode(self) -> set[str]:
        """The server's SQL modes."""
        return set(str(self.mysql_server_data["sql_mode"] or "").split(","))

    def get_database_version(self) -> tuple[int, ...]:
        """The version as numbers."""
        return self.mysql_version

    # -- opening ---------------------------------------------------------------------------

    def get_connection_params(self) -> dict[str, Any]:
        """Return the connect arguments that both drivers take."""
        entry = self.settings_dict
        options = {key: value for key, value in entry["OPTIONS"].items() if key not in OURS}
        level = entry["OPTIONS"].get("isolation_level", "read committed")
        if level and level.lower() not in ISOLATION_LEVELS:
            choices = ", ".join(f"'{name}'" for name in sorted(ISOLATION_LEVELS))
            raise ImproperlyConfigured(
                f"Invalid transaction isolation level '{level}' specified.\n"
                f"Use one of {choices}, or None."
            )
        self.isolation_level = level.lower() if level else None
        params: dict[str, Any] = {
            "charset": "utf8mb4",
            "client_flag": CLIENT.FOUND_ROWS,
            "connect_timeout": int(options.pop("connect_timeout", CONNECT_TIMEOUT)),
        }
        for key, setting in (("user", "USER"), ("database", "NAME"), ("password", "PASSWORD")):
            if entry[setting]:
                params[key] = entry[setting]
        host = entry["HOST"]
        if host.startswith("/"):
            params["unix_socket"] = host
        elif host:
            params["host"] = host
        if entry["PORT"]:
            params["port"] = int(entry["PORT"])
        return {**params, **options}

    def start_commands(self) -> list[str]:
        """Statements that prepare a session."""
        commands = ["SET SQL_AUTO_IS_NULL = 0"]
        if self.isolation_level:
            level = self.isolation_level.upper()
            commands.append(f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")
        return commands

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection in autocommit mode."""
        params: dict[str, Any] = {"conv": CONVERSIONS, **conn_params, "autocommit": True}
        connection: Any = LimitedConnection(**params)
        connection.limit = self.statement_limit
        self._plan_cursor = None
        if not self.is_server_known:
            with connection.cursor() as cursor:
                cursor.execute(SERVER_FACTS)
                facts = read_facts(cursor.fetchone())
            servers.remember_server(self.vendor, self.settings_dict, facts)
        return connection

    def init_connection_state(self) -> None:
        """Set the isolation level."""
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            for command in self.start_commands():
                cursor.execute(command)

    async def aconnect(self) -> AsyncConnection:
        """Open a connection of asyncmy."""
        from fastjango.orm.backends.mysql.aconnection import AsyncmyConnection

        return await AsyncmyConnection.open(self)

    def _close(self) -> None:
        self._plan_cursor = None
        super()._close()

    def is_dead(self) -> bool:
        """Whether the driver knows that the connection is closed."""
        return not self.connection.open

    def is_usable(self) -> bool:
        """Ping the server."""
        try:
            with self.statement_limit.checking():
                self.connection.ping(reconnect=False)
        except pymysql.Error:
            return False
        return True

    # -- statements ------------------------------------------------------------------------

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor."""
        return self.connection.cursor()

    def run_statement(self, statement: Statement) -> Result:
        """Run a statement on one cursor that is kept for all of them."""
        cursor = self._plan_cursor
        if cursor is None:
            cursor = self._plan_cursor = self.connection.cursor()
        if statement.many:
            cursor.executemany(statement.sql, statement.params)
            return Result([], cursor.rowcount, cursor.lastrowid)
        cursor.execute(statement.sql, statement.params)
        rows = list(cursor.fetchall()) if cursor.description is not None else []
        result = Result(rows, cursor.rowcount, cursor.lastrowid)
        if statement.describe:
            result.columns = tuple(entry[0] for entry in cursor.description or ())
        return result

    def stream_statement(self, statement: Statement) -> Iterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows, which the driver has read in one go, as Django's backend does."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(statement.sql, statement.params)
            while rows := cursor.fetchmany(statement.chunk_size or 2000):
                yield list(rows)
        finally:
            cursor.close()

    def refine_error(self, kind: type[Error], error: BaseException) -> type[Error]:
        """Choose by the server's error number."""
        if isinstance(error, StatementTimeout):
            return QueryTimeout
        code = error.args[0] if error.args else None
        return refine(kind, code, str(error))

    # -- transactions ----------------------------------------------------------------------

    def _set_autocommit(self, autocommit: bool) -> None:
        with self.wrap_database_errors:
            if self.connection.get_autocommit() != autocommit:
                self.connection.autocommit(autocommit)

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.begin()

    # -- constraints -----------------------------------------------------------------------

    def disable_constraint_checking(self) -> bool:
        """Switch foreign keys off."""
        with self.cursor() as cursor:
            cursor.execute("SET foreign_key_checks=0")
        return True

    def enable_constraint_checking(self) -> None:
        """Switch foreign keys on, even where the block can only be rolled back."""
        state = self._tx
        state.needs_rollback, before = False, state.needs_rollback
        try:
            with self.cursor() as cursor:
                cursor.execute("SET foreign_key_checks=1")
        finally:
            state.needs_rollback = before

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Raise `IntegrityError` for the first row that refers to nothing."""
        quote = self.ops.quote_name
        with self.cursor() as cursor:
            names = self.introspection.table_names(cursor) if table_names is None else table_names
            for table in names:
                key = self.introspection.get_primary_key_column(cursor, table)
                if not key:
                    continue
                relations = self.introspection.get_relations(cursor, table)
                for column, (other_column, other_table, _) in relations.items():
                    cursor.execute(
                        f"SELECT t.{quote(key)}, t.{quote(column)} FROM {quote(table)} AS t "
                        f"LEFT JOIN {quote(other_table)} AS o "
                        f"ON t.{quote(column)} = o.{quote(other_column)} "
                        f"WHERE t.{quote(column)} IS NOT NULL AND o.{quote(other_column)} IS NULL "
                        "LIMIT 1"
                    )
                    if bad := cursor.fetchone():
                        raise IntegrityError(
                            f"The row in table '{table}' with primary key '{bad[0]}' has an "
                            f"invalid foreign key: {table}.{column} contains a value '{bad[1]}' "
                            f"that does not have a corresponding value in "
                            f"{other_table}.{other_column}."
                        )
