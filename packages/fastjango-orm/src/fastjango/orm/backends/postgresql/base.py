"""PostgreSQL: psycopg 3 on the synchronous edge, asyncpg on the asynchronous one."""

from __future__ import annotations

import datetime
import itertools
import threading
import warnings
import zoneinfo
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured

try:
    import psycopg
    from psycopg import ClientCursor, IsolationLevel
    from psycopg.types.datetime import TimestamptzLoader
    from psycopg.types.string import TextLoader
except ImportError as error:
    raise ImproperlyConfigured(
        "The PostgreSQL backend needs psycopg 3 and asyncpg. Install them: "
        "pip install 'fastjango-orm[postgres]'."
    ) from error
from fastjango.orm.backends.postgresql.client import DatabaseClient
from fastjango.orm.backends.postgresql.connection import LimitedConnection, StatementTimeout
from fastjango.orm.backends.postgresql.creation import DatabaseCreation
from fastjango.orm.backends.postgresql.features import DatabaseFeatures
from fastjango.orm.backends.postgresql.introspection import DatabaseIntrospection
from fastjango.orm.backends.postgresql.operations import DatabaseOperations
from fastjango.orm.engine import servers
from fastjango.orm.engine.aconnection import AsyncConnection
from fastjango.orm.engine.cursor import CursorWrapper, debug_transaction
from fastjango.orm.engine.limits import CONNECT_TIMEOUT
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.wrapper import NO_DB_ALIAS, BaseDatabaseWrapper, Edge
from fastjango.orm.exceptions import (
    ConnectionLost,
    Error,
    InterfaceError,
    OperationalError,
    QueryTimeout,
    SerializationFailure,
)
from psycopg import ClientCursor, IsolationLevel
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.string import TextLoader

__all__ = ["DatabaseWrapper"]

OURS = frozenset(
    (
        "assume_role",
        "isolation_level",
        "pool",
        "query_timeout",
        "server_side_binding",
        "statement_cache_size",
    )
)
"""Keys of ``OPTIONS`` that psycopg does not get."""

_RETRY_STATES = frozenset(("40001", "40P01"))  # serialization_failure, deadlock_detected
# admin_shutdown, crash, cannot_connect_now, idle_session_timeout,
# idle_in_transaction_session_timeout, too_many_connections
_LOST_STATES = frozenset(("57P01", "57P02", "57P03", "57P05", "25P03", "53300"))

_names = itertools.count(1)


class _NaiveTimestamptzLoader(TimestamptzLoader):
    """Reads a timestamp as a naive one in the session's time zone, for ``USE_TZ = False``."""

    def load(self, data: Any) -> datetime.datetime:
        """Read one value."""
        return super().load(data).replace(tzinfo=None)


def _varchar(data: Mapping[str, Any]) -> str:
    return "varchar" if data["max_length"] is None else f"varchar({data['max_length']})"


def _numeric(data: Mapping[str, Any]) -> str:
    if data["max_digits"] is None and data["decimal_places"] is None:
        return "numeric"
    return f"numeric({data['max_digits']}, {data['decimal_places']})"


class DatabaseWrapper(BaseDatabaseWrapper):
    """A PostgreSQL database.

    ``OPTIONS`` on top of libpq's connection parameters: ``isolation_level``, ``assume_role``,
    ``server_side_binding``, ``prepare_threshold``, ``connect_timeout`` (5 s), ``query_timeout``
    (30 s in tasks and requests, None for no limit), ``statement_cache_size``, ``pool``.
    """

    vendor: ClassVar[str] = "postgresql"
    display_name: ClassVar[str] = "PostgreSQL"
    Database: ModuleType = psycopg
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    data_types: ClassVar[dict[str, Any]] = {
        "AutoField": "integer",
        "BigAutoField": "bigint",
        "BigIntegerField": "bigint",
        "BinaryField": "bytea",
        "BooleanField": "boolean",
        "CharField": _varchar,
        "DateField": "date",
        "DateTimeField": "timestamp with time zone",
        "DecimalField": _numeric,
        "DurationField": "interval",
        "FileField": "varchar(%(max_length)s)",
        "FilePathField": "varchar(%(max_length)s)",
        "FloatField": "double precision",
        "GenericIPAddressField": "inet",
        "IPAddressField": "inet",
        "IntegerField": "integer",
        "JSONField": "jsonb",
        "PositiveBigIntegerField": "bigint",
        "PositiveIntegerField": "integer",
        "PositiveSmallIntegerField": "smallint",
        "SlugField": "varchar(%(max_length)s)",
        "SmallAutoField": "smallint",
        "SmallIntegerField": "smallint",
        "TextField": "text",
        "TimeField": "time",
        "UUIDField": "uuid",
    }
    data_types_suffix: ClassVar[dict[str, str]] = dict.fromkeys(
        ("AutoField", "BigAutoField", "SmallAutoField"), "GENERATED BY DEFAULT AS IDENTITY"
    )
    data_type_check_constraints: ClassVar[dict[str, str]] = dict.fromkeys(
        ("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"),
        '"%(column)s" >= 0',
    )
    operators: ClassVar[dict[str, str]] = {
        "contains": "LIKE %s",
        "endswith": "LIKE %s",
        "exact": "= %s",
        "gt": "> %s",
        "gte": ">= %s",
        "icontains": "LIKE UPPER(%s)",
        "iendswith": "LIKE UPPER(%s)",
        "iexact": "= UPPER(%s)",
        "iregex": "~* %s",
        "istartswith": "LIKE UPPER(%s)",
        "lt": "< %s",
        "lte": "<= %s",
        "regex": "~ %s",
        "startswith": "LIKE %s",
    }
    pattern_esc: ClassVar[str] = (
        r"REPLACE(REPLACE(REPLACE({}, E'\\', E'\\\\'), E'%%', E'\\%%'), E'_', E'\\_')"
    )
    pattern_ops: ClassVar[dict[str, str]] = {
        "contains": "LIKE '%%' || {} || '%%'",
        "endswith": "LIKE '%%' || {}",
        "icontains": "LIKE '%%' || UPPER({}) || '%%'",
        "iendswith": "LIKE '%%' || UPPER({})",
        "istartswith": "LIKE UPPER({}) || '%%'",
        "startswith": "LIKE {} || '%%'",
    }

    isolation_level: IsolationLevel | None = None
    _plan_cursor: Any = None

    def dialect(self, edge: Edge = "sync") -> Any:
        """SQLAlchemy's dialect of the edge's driver."""
        from fastjango.orm.engine.dialects import dialect_of

        return dialect_of("asyncpg" if edge == "async" else "psycopg")

    # -- the server ------------------------------------------------------------------------

    @property
    def is_server_known(self) -> bool:
        """Whether the server's version is known without asking it."""
        return servers.known_server(self.vendor, self.settings_dict) is not None

    @property
    def pg_version(self) -> int:
        """Version as a number: 150004 for 15.4. Asks the server once per process."""
        facts = servers.known_server(self.vendor, self.settings_dict)
        if facts is None:
            with self.temporary_connection():
                facts = {"version": self.connection.info.server_version}
            servers.remember_server(self.vendor, self.settings_dict, facts)
        return int(facts["version"])

    def get_database_version(self) -> tuple[int, ...]:
        """Major and minor version."""
        return divmod(self.pg_version, 10000)

    # -- opening ---------------------------------------------------------------------------

    def _isolation_level(self) -> IsolationLevel | None:
        given = self.settings_dict["OPTIONS"].get("isolation_level")
        if given is None:
            return None
        try:
            return IsolationLevel(given)
        except ValueError:
            raise ImproperlyConfigured(
                f"Invalid transaction isolation level {given} specified. Use one of the "
                "psycopg.IsolationLevel values."
            ) from None

    def _database_name(self) -> str | None:
        """Return NAME, or None when a service file names the database."""
        name: str | None = self.settings_dict["NAME"]
        if name is None:
            return "postgres"
        if name == "":
            if self.settings_dict["OPTIONS"].get("service"):
                return None
            raise ImproperlyConfigured(
                "settings.DATABASES is improperly configured. "
                "Please supply the NAME or OPTIONS['service'] value."
            )
        limit = self.ops.max_name_length()
        if len(name) > limit:
            raise ImproperlyConfigured(
                f"The database name '{name}' ({len(name)} characters) is longer than PostgreSQL's "
                f"limit of {limit} characters. Supply a shorter NAME in settings.DATABASES."
            )
        return name

    def get_connection_params(self) -> dict[str, Any]:
        """Return `psycopg.connect`'s arguments."""
        entry = self.settings_dict
        options = {key: value for key, value in entry["OPTIONS"].items() if key not in OURS}
        params: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT,
            **options,
            "client_encoding": "UTF8",
        }
        if name := self._database_name():
            params["dbname"] = name
        if entry["NAME"] is None:
            params.pop("service", None)
        for key, setting in (
            ("user", "USER"),
            ("password", "PASSWORD"),
            ("host", "HOST"),
            ("port", "PORT"),
        ):
            if entry[setting]:
                params[key] = entry[setting]
        params.setdefault("prepare_threshold", None)  # poolers between us and the server
        if not self.features.uses_server_side_binding:
            params.setdefault("cursor_factory", ClientCursor)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection, in autocommit mode."""
        self.isolation_level = self._isolation_level()
        connect: Any = LimitedConnection.connect  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] # overloaded by row factory
        connection: Any = connect(**{**conn_params, "autocommit": True})
        connection.limit = self.statement_limit
        if self.isolation_level is not None:
            connection.isolation_level = self.isolation_level
        for type_name in ("json", "jsonb", "inet", "cidr"):
            connection.adapters.register_loader(type_name, TextLoader)
        if self.timezone is None:
            connection.adapters.register_loader("timestamptz", _NaiveTimestamptzLoader)
        self._plan_cursor = None
        return connection

    def init_connection_state(self) -> None:
        """Set time zone and role."""
        super().init_connection_state()
        if self.connection is None:
            return
        servers.remember_server(
            self.vendor, self.settings_dict, {"version": self.connection.info.server_version}
        )
        self._configure_timezone(self.connection)
        if role := self.settings_dict["OPTIONS"].get("assume_role"):
            with self.connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {self.ops.quote_name(role)}")

    def _configure_timezone(self, connection: Any) -> bool:
        name = self.timezone_name
        if not name or connection.info.parameter_status("TimeZone") == name:
            return False
        with connection.cursor() as cursor:
            cursor.execute(self.ops.set_time_zone_sql(), [name])
        return True

    def ensure_timezone(self) -> bool:
        """Set the session's time zone when it differs; return whether it did."""
        return self.connection is not None and self._configure_timezone(self.connection)

    async def aconnect(self) -> AsyncConnection:
        """Open a connection of asyncpg."""
        from fastjango.orm.backends.postgresql.aconnection import AsyncpgConnection

        return await AsyncpgConnection.open(self)

    def _close(self) -> None:
        self._plan_cursor = None
        super()._close()

    def is_dead(self) -> bool:
        """Whether the driver knows that the connection is closed."""
        return bool(self.connection.closed)

    def is_usable(self) -> bool:
        """Ask the server for 1."""
        if self.connection is None:
            return False
        try:
            with self.statement_limit.checking(), self.connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    # -- cursors ---------------------------------------------------------------------------

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor; a named one leaves its rows on the server."""
        if name is None:
            return self.connection.cursor()
        return self._server_cursor(name)

    def _server_cursor(self, name: str) -> Any:
        factory = psycopg.ServerCursor
        if not self.features.uses_server_side_binding:
            factory = _ClientBindingServerCursor
        return factory(
            self.connection,
            name=name,
            scrollable=False,
            withhold=not self._tx.in_atomic_block and self._tx.autocommit,
        )

    def chunked_cursor(self) -> CursorWrapper:
        """Return a cursor whose rows stay on the server."""
        self.guard("chunked_cursor")
        return self._cursor(name=self._cursor_name())

    @staticmethod
    def _cursor_name() -> str:
        return f"_fastjango_curs_{threading.get_ident()}_sync_{next(_names)}"

    # -- statements ------------------------------------------------------------------------

    def run_statement(self, statement: Statement) -> Result:
        """Run a statement on one cursor that is kept for all of them."""
        cursor: Any = self._plan_cursor
        if cursor is None or cursor.closed:
            cursor = self._plan_cursor = self.connection.cursor()
        if statement.many:
            cursor.executemany(statement.sql, statement.params)
            return Result([], cursor.rowcount)
        cursor.execute(statement.sql, statement.params)
        rows: list[Any] = cursor.fetchall() if cursor.description is not None else []
        result = Result(rows, cursor.rowcount)
        if statement.describe:
            result.columns = tuple(entry[0] for entry in cursor.description or ())
        return result

    def stream_statement(self, statement: Statement) -> Iterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows, which stay on the server unless that is switched off."""
        if self.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            cursor: Any = self.connection.cursor()
        else:
            cursor = self._server_cursor(self._cursor_name())
        try:
            cursor.execute(statement.sql, statement.params)
            while rows := cursor.fetchmany(statement.chunk_size or 2000):
                yield rows
        finally:
            if not self.connection or not self.connection.closed:
                try:
                    cursor.close()
                except psycopg.Error:
                    pass  # the transaction that held the cursor is gone

    def refine_error(self, kind: type[Error], error: BaseException) -> type[Error]:
        """Choose by SQLSTATE."""
        if isinstance(error, StatementTimeout):
            return QueryTimeout
        return refine(kind, getattr(error, "sqlstate", None), str(error))

    # -- transactions ----------------------------------------------------------------------

    def _set_autocommit(self, autocommit: bool) -> None:
        with self.wrap_database_errors:
            self.connection.autocommit = autocommit

    def _start_transaction_under_autocommit(self) -> None:
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            if self.isolation_level is None:
                self.connection.execute("BEGIN")
            else:
                level = self.isolation_level.name.replace("_", " ")
                self.connection.execute(f"BEGIN ISOLATION LEVEL {level}")

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Check deferred constraints now; the transaction defers them again."""
        with self.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    @contextmanager
    def _nodb_cursor(self) -> Generator[CursorWrapper, None, None]:
        """Give a cursor in ``postgres``, or in this database where that one may not be used."""
        other = type(self)({**self.settings_dict, "NAME": None}, alias=NO_DB_ALIAS)
        try:
            cursor = other.cursor()
        except Error as error:
            other.close()
            warnings.warn(
                f"The database 'postgres' cannot be used ({error}); creating and dropping "
                f"databases from {self.settings_dict['NAME']!r} instead.",
                RuntimeWarning,
                stacklevel=3,
            )
            other = type(self)(dict(self.settings_dict), alias=NO_DB_ALIAS)
            cursor = other.cursor()
        try:
            with cursor:
                yield cursor
        finally:
            other.close()


class _ClientBindingServerCursor(
    psycopg.client_cursor.ClientCursorMixin[Any], psycopg.ServerCursor[Any]
):
    """A server-side cursor that writes its parameters into the SQL, as ordinary cursors do."""


def refine(kind: type[Error], state: str | None, text: str) -> type[Error]:
    """Choose the class of an error by its SQLSTATE."""
    if state is not None:
        if state in _RETRY_STATES:
            return SerializationFailure
        if state in _LOST_STATES or state.startswith("08"):
            return ConnectionLost
        if state == "57014" and "timeout" in text:
            return QueryTimeout
        return kind
    if kind is OperationalError or kind is InterfaceError:
        lowered = text.lower()
        if "connection" in lowered or "server closed" in lowered:
            return ConnectionLost
    return kind


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the time zone object of a session."""
    return zoneinfo.ZoneInfo(name)
