"""`connections[alias]`: one database as this thread sees it, with Django's surface."""

from __future__ import annotations

import copy
import datetime
import threading
import time
import warnings
import zoneinfo
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from fastjango.core.aio import guard_sync, is_loop_running
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.orm.engine import environment, watchers
from fastjango.orm.engine.bridge import bridged, is_bridged
from fastjango.orm.engine.cursor import (
    CursorDebugWrapper,
    CursorWrapper,
    log_query,
    log_slow_query,
)
from fastjango.orm.engine.errors import DatabaseErrorWrapper
from fastjango.orm.engine.limits import StatementLimit
from fastjango.orm.engine.observe import run_observed
from fastjango.orm.engine.state import TransactionState
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.engine.sync_transaction import SyncTransactionMixin
from fastjango.orm.exceptions import (
    DatabaseError,
    Error,
    NotSupportedError,
    ProgrammingError,
)

if TYPE_CHECKING:
    from fastjango.orm.engine.aconnection import AsyncConnection
    from sqlalchemy.engine.interfaces import Dialect

__all__ = ["DEFAULT_DB_ALIAS", "NO_DB_ALIAS", "BaseDatabaseWrapper", "Edge"]

DEFAULT_DB_ALIAS = "default"
NO_DB_ALIAS = "__no_db__"

Edge: TypeAlias = Literal["sync", "async"]

blocked: dict[str, Callable[[str], BaseException]] = {}
"""Databases that a test forbids: alias to a function that makes the error for an operation
(``connections`` or ``queries``)."""

_OPENING = frozenset(("connect", "ensure_connection", "temporary_connection"))

_version_checked: set[str] = set()


class BaseDatabaseWrapper(SyncTransactionMixin):
    """A connection to one database, opened on first use, closed by its maximum age.

    Attributes:
        connection: The driver's connection, or None while closed.
        settings_dict: The entry of `DATABASES`, with defaults filled in.
        alias: The key of that entry.
        statement_limit: How long a statement may take.
        queries_log: The last queries, while `queries_logged`.
        force_debug_cursor: Log queries although `DEBUG` is off.
    """

    vendor: ClassVar[str] = "unknown"
    display_name: ClassVar[str] = "unknown"
    Database: ModuleType
    client_class: ClassVar[Any]
    creation_class: ClassVar[Any]
    features_class: ClassVar[Any]
    introspection_class: ClassVar[Any]
    ops_class: ClassVar[Any]
    data_types: ClassVar[dict[str, Any]] = {}
    data_types_suffix: ClassVar[dict[str, str]] = {}
    data_type_check_constraints: ClassVar[dict[str, str]] = {}
    operators: ClassVar[dict[str, str]] = {}
    queries_limit: int = 9000

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__()
        self.connection: Any = None
        self.settings_dict = settings_dict
        self.alias = alias
        self.queries_log: deque[dict[str, str]] = deque(maxlen=self.queries_limit)
        self.force_debug_cursor = False
        self.close_at: float | None = None
        self.errors_occurred = False
        self.health_check_enabled = False
        self.health_check_done = False
        self.lock: threading.RLock | None = None
        self.statement_limit = StatementLimit(alias, settings_dict.get("OPTIONS") or {})
        self._thread_sharing_lock = threading.Lock()
        self._thread_sharing_count = 0
        self._thread_ident = threading.get_ident()
        self.client = self.client_class(self)
        self.creation = self.creation_class(self)
        self.features = self.features_class(self)
        self.introspection = self.introspection_class(self)
        self.ops = self.ops_class(self)
        self.wrap_database_errors = DatabaseErrorWrapper(self)

    def __del__(self) -> None:
        # The thread that owned it has ended, or the settings were replaced.
        connection = self.__dict__.get("connection")
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} vendor={self.vendor!r} alias={self.alias!r}>"

    # -- what a vendor provides ------------------------------------------------------------

    def dialect(self, edge: Edge = "sync") -> Dialect:
        """Return SQLAlchemy's dialect for the driver of an edge, in its parameter style."""
        raise NotImplementedError

    @property
    def is_server_known(self) -> bool:
        """Whether features can be told without asking the server."""
        return True

    async def alearn_server(self) -> None:
        """Ask the server for its version by the asynchronous driver."""
        from fastjango.orm.engine.pools import pool_of

        pool = pool_of(self)
        pool.give_back(await pool.acquire())

    def get_database_version(self) -> tuple[int, ...]:
        """Return the version of the server."""
        raise NotImplementedError

    def get_connection_params(self) -> dict[str, Any]:
        """Return the driver's connect arguments."""
        raise NotImplementedError

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a driver connection."""
        raise NotImplementedError

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a driver cursor; a name asks for a server-side one."""
        raise NotImplementedError

    def is_usable(self) -> bool:
        """Ask the server whether the open connection works."""
        raise NotImplementedError

    def run_statement(self, statement: Statement) -> Result:
        """Run a statement on the open connection; errors are the driver's."""
        raise NotImplementedError

    def stream_statement(self, statement: Statement) -> Iterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows on the open connection; errors are the driver's."""
        raise NotImplementedError

    async def aconnect(self) -> AsyncConnection:
        """Open a connection of the asynchronous driver."""
        raise NotImplementedError

    def pool_defaults(self) -> dict[str, Any]:
        """Return pool options that differ for this database."""
        return {}

    def refine_error(self, kind: type[Error], error: BaseException) -> type[Error]:
        """Choose a more telling class for a driver's error."""
        return kind

    def is_dead(self) -> bool:
        """Whether the driver knows that the open connection is of no use any more."""
        return False

    def let_go_of_dead(self) -> None:
        """Forget a connection that is gone, so that the next statement opens another one.

        Inside a transaction it is kept: what follows must fail, not run outside of it.
        """
        if self.connection is None or self._tx.in_atomic_block or not self._tx.autocommit:
            return
        if self.is_dead():
            with suppress(Exception):
                self._close()
            self.connection = None

    # -- opening and closing ---------------------------------------------------------------

    def check_settings(self) -> None:
        """Refuse settings that contradict each other."""
        if self.settings_dict["TIME_ZONE"] is not None and not environment.is_using_tz():
            raise ImproperlyConfigured(
                f"Connection '{self.alias}' cannot set TIME_ZONE because USE_TZ is False."
            )

    def check_database_version_supported(self) -> None:
        """Raise `NotSupportedError` for a server that is too old."""
        minimum = self.features.minimum_database_version
        if minimum is None:
            return
        found = self.get_database_version()
        if found < minimum:
            needed = ".".join(map(str, minimum))
            has = ".".join(map(str, found))
            raise NotSupportedError(
                f"{self.display_name} {needed} or later is required (found {has})."
            )

    def init_connection_state(self) -> None:
        """Prepare a fresh connection; the first one of an alias checks the version."""
        if self.alias not in _version_checked:
            self.check_database_version_supported()
            _version_checked.add(self.alias)

    def connect(self) -> None:
        """Open the connection. Assumes that it is closed."""
        self.guard("connect")
        self.check_settings()
        self._tx.reset()
        self.health_check_enabled = self.settings_dict["CONN_HEALTH_CHECKS"]
        max_age = self.settings_dict["CONN_MAX_AGE"]
        self.close_at = None if max_age is None else time.monotonic() + max_age
        self.errors_occurred = False
        self.health_check_done = True  # a new connection is healthy
        self.connection = self.get_new_connection(self.get_connection_params())
        self.set_autocommit(self.settings_dict["AUTOCOMMIT"])
        self.init_connection_state()
        from fastjango.orm.engine.events import connection_created

        connection_created.send(sender=type(self), connection=self)
        self._tx.run_on_commit = []

    def ensure_connection(self) -> None:
        """Open the connection unless it is open."""
        self.guard("ensure_connection")
        if self.connection is not None:
            return
        if self._tx.in_atomic_block and self._tx.closed_in_transaction:
            raise ProgrammingError("Cannot open a new connection in an atomic block.")
        with self.wrap_database_errors:
            self.connect()

    def close(self) -> None:
        """Close the connection; inside a transaction it is rolled back by the server."""
        self.guard("close", block=False)
        self.validate_thread_sharing()
        self._tx.run_on_commit = []
        if self._tx.closed_in_transaction or self.connection is None:
            return
        try:
            with self.wrap_database_errors:
                self._close()
        finally:
            if self._tx.in_atomic_block:
                self._tx.closed_in_transaction = True
                self._tx.needs_rollback = True
            else:
                self.connection = None

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.close()

    def close_if_health_check_failed(self) -> None:
        """Close the connection when its due health check fails."""
        if self.connection is None or not self.health_check_enabled or self.health_check_done:
            return
        if not self.is_usable():
            self.close()
        self.health_check_done = True

    def close_if_unusable_or_obsolete(self) -> None:
        """Close the connection when it is broken or older than `CONN_MAX_AGE`.

        On a running loop a connection that may be broken is closed without asking the server.
        """
        if self.connection is None:
            return
        with bridged():
            self._close_if_unusable_or_obsolete()

    def _close_if_unusable_or_obsolete(self) -> None:
        self.health_check_done = False
        if self._tx.autocommit != self.settings_dict["AUTOCOMMIT"]:
            self.close()
            return
        if self.errors_occurred:
            if is_loop_running() or not self.is_usable():
                self.close()
                return
            self.errors_occurred = False
            self.health_check_done = True
        if self.close_at is not None and time.monotonic() >= self.close_at:
            self.close()

    def forget_time_zone(self) -> None:
        """Compute the time zone anew and set it on the open connection."""
        self.__dict__.pop("timezone", None)
        self.__dict__.pop("timezone_name", None)
        if self.connection is not None and self._thread_ident == threading.get_ident():
            with bridged():
                self.ensure_timezone()

    # -- cursors ---------------------------------------------------------------------------

    def cursor(self) -> CursorWrapper:
        """Return a cursor, opening the connection when needed."""
        self.guard("cursor")
        return self._cursor()

    def _cursor(self, name: str | None = None) -> CursorWrapper:
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(self.create_cursor(name))

    def _prepare_cursor(self, cursor: Any) -> CursorWrapper:
        self.validate_thread_sharing()
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """Wrap a driver cursor."""
        return CursorWrapper(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """Wrap a driver cursor so that it logs."""
        return CursorDebugWrapper(cursor, self)

    def chunked_cursor(self) -> CursorWrapper:
        """Return a cursor that leaves the rows on the server, where the driver can."""
        return self.cursor()

    @contextmanager
    def temporary_connection(self) -> Generator[CursorWrapper, None, None]:
        """Give a cursor, and close the connection afterwards if it was closed before."""
        self.guard("temporary_connection")
        must_close = self.connection is None
        try:
            with self.cursor() as cursor:
                yield cursor
        finally:
            if must_close:
                self.close()

    @contextmanager
    def _nodb_cursor(self) -> Generator[CursorWrapper, None, None]:
        """Give a cursor that is in no database, to create and drop databases."""
        other = type(self)({**self.settings_dict, "NAME": None}, alias=NO_DB_ALIAS)
        try:
            with other.cursor() as cursor:
                yield cursor
        finally:
            other.close()

    # -- statements of the query layer -----------------------------------------------------

    def execute_statement(self, statement: Statement) -> Result:
        """Run a statement on the synchronous edge, with log, wrappers and error mapping."""
        tx = self._tx
        if tx.needs_rollback:
            tx.validate_no_broken_transaction()
        if self.connection is None or blocked or self.health_check_enabled:
            self.guard("execute_statement")
            self.close_if_health_check_failed()
            self.ensure_connection()
        if self.lock is not None:
            with self.lock:
                return self._execute_observed(statement)
        return self._execute_observed(statement)

    def _execute_observed(self, statement: Statement) -> Result:
        if self.force_debug_cursor or watchers.installed or environment.is_watching():
            return run_observed(self, statement)
        try:
            return self.run_statement(statement)
        except self.Database.Error as raised:
            error = self.wrap_database_errors.convert(raised)
            if error is None:
                raise
            raise error from raised

    @contextmanager
    def logged(self, statement: Statement) -> Generator[None, None, None]:
        """Tell the observers, and log what runs inside the block when the query log is on."""
        watchers.notify(self.alias, statement.sql, statement.params)
        slow = environment.slow_query_seconds()
        is_logged = self.queries_logged
        if not is_logged and slow is None:
            yield
            return
        start = time.monotonic()
        try:
            yield
        finally:
            duration = time.monotonic() - start
            if slow is not None and duration >= slow:
                log_slow_query(self.alias, statement.sql, duration, slow)
            if not is_logged:
                pass
            elif statement.many:
                text = f"{len(statement.params)} times: {statement.sql}"
                log_query(self, text, statement.params, duration)
            else:
                text = self.ops.render_statement(statement.sql, statement.params)
                log_query(self, text, statement.params, duration)

    def execute_stream(self, statement: Statement) -> Iterator[list[tuple[Any, ...]]]:
        """Yield chunks of `statement.chunk_size` rows on the synchronous edge."""
        self.guard("iterator", twin="aiterator")
        self._tx.validate_no_broken_transaction()
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.logged(statement), self.wrap_database_errors:
            chunks = self.stream_statement(statement)
            first = next(chunks, None)
        if first is None:
            return
        yield first
        while True:
            with self.wrap_database_errors:
                following = next(chunks, None)
            if following is None:
                return
            yield following

    # -- query log and wrappers ------------------------------------------------------------

    @property
    def sync_state(self) -> TransactionState:
        """The transaction of the synchronous connection, whatever the running task has."""
        return self._tx

    @property
    def is_in_sync_transaction(self) -> bool:
        """Whether this thread has a synchronous transaction open here."""
        return self._tx.in_atomic_block

    @property
    def queries_logged(self) -> bool:
        """Whether queries go to `queries_log`."""
        return self.force_debug_cursor or environment.is_debug()

    @property
    def queries(self) -> list[dict[str, str]]:
        """The logged queries, oldest first, as ``{"sql": ..., "time": ...}``."""
        if len(self.queries_log) == self.queries_log.maxlen:
            warnings.warn(
                f"Limit for query logging exceeded, only the last {self.queries_log.maxlen} "
                "queries will be returned.",
                stacklevel=2,
            )
        return list(self.queries_log)

    @property
    def execute_wrappers(self) -> list[watchers.ExecuteWrapper]:
        """The wrappers installed in this context, outermost first."""
        return watchers.wrappers_of(self.alias)

    @contextmanager
    def execute_wrapper(self, wrapper: watchers.ExecuteWrapper) -> Generator[None, None, None]:
        """Call `wrapper(execute, sql, params, many, context)` around each query of the block.

        The wrapper is seen by this task or thread and by those it starts, on both edges. On the
        asynchronous edge a coroutine function is awaited, and gets an awaitable `execute`.
        """
        with watchers.wrapping(self.alias, wrapper):
            yield

    # -- time zone -------------------------------------------------------------------------

    @cached_property
    def timezone(self) -> datetime.tzinfo | None:
        """Time zone of datetimes in this database; None when `USE_TZ` is off."""
        if not environment.is_using_tz():
            return None
        name = self.settings_dict["TIME_ZONE"]
        return datetime.timezone.utc if name is None else zoneinfo.ZoneInfo(name)  # noqa: UP017 # one name for both spellings

    @cached_property
    def timezone_name(self) -> str:
        """Name of the connection's time zone."""
        if not environment.is_using_tz():
            return environment.time_zone()
        name: str | None = self.settings_dict["TIME_ZONE"]
        return "UTC" if name is None else name

    def ensure_timezone(self) -> bool:
        """Set the connection's time zone; return whether it changed."""
        return False

    # -- constraints -----------------------------------------------------------------------

    @contextmanager
    def constraint_checks_disabled(self) -> Generator[None, None, None]:
        """Switch foreign key checks off inside the block, where the database can."""
        disabled = self.disable_constraint_checking()
        try:
            yield
        finally:
            if disabled:
                self.enable_constraint_checking()

    def disable_constraint_checking(self) -> bool:
        """Switch foreign key checks off; return whether they must be switched on again."""
        return False

    def enable_constraint_checking(self) -> None:
        """Switch foreign key checks on again."""

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Raise `IntegrityError` for rows that refer to nothing."""

    # -- threads ---------------------------------------------------------------------------

    @property
    def allow_thread_sharing(self) -> bool:
        """Whether threads other than the creating one may use this object."""
        with self._thread_sharing_lock:
            return self._thread_sharing_count > 0

    def inc_thread_sharing(self) -> None:
        """Allow other threads to use this object, once more."""
        with self._thread_sharing_lock:
            self._thread_sharing_count += 1
            if self.lock is None:
                self.lock = threading.RLock()

    def dec_thread_sharing(self) -> None:
        """Take one `inc_thread_sharing` back."""
        with self._thread_sharing_lock:
            if self._thread_sharing_count <= 0:
                raise RuntimeError("Cannot decrement the thread sharing count below zero.")
            self._thread_sharing_count -= 1
            if self._thread_sharing_count == 0:
                self.lock = None

    def validate_thread_sharing(self) -> None:
        """Raise `DatabaseError` in a thread that may not use this object."""
        if self._thread_ident == threading.get_ident() or self.allow_thread_sharing:
            return
        raise DatabaseError(
            "DatabaseWrapper objects created in a thread can only be used in that same thread. "
            f"The object with alias '{self.alias}' was created in thread id "
            f"{self._thread_ident} and this is thread id {threading.get_ident()}."
        )

    def refuse_blocked(self, name: str) -> None:
        """Raise what a test wants raised when this database is used."""
        if (refuse := blocked.get(self.alias)) is not None:
            operation = "connections" if name in _OPENING else "queries"
            raise refuse(operation)

    def guard(self, name: str, *, twin: str | None = None, block: bool = True) -> None:
        """Refuse to block an event loop, or to run where a test forbids it."""
        if block and blocked:
            self.refuse_blocked(name)
        if not is_bridged():
            hint = f" Use `await {twin}()` instead." if twin else ""
            guard_sync(
                "You cannot call this from an async context - use a thread or sync_to_async."
                f" ({name}() on the connection {self.alias!r}.){hint}"
            )

    # -- miscellaneous ---------------------------------------------------------------------

    def prepare_database(self) -> None:
        """Hook called before migrations run."""

    def schema_editor(self, *args: Any, **kwargs: Any) -> Any:
        """Return an editor for this database's schema, a context manager."""
        from fastjango.orm.migrations.editor import SchemaEditor

        return SchemaEditor(self, *args, **kwargs)

    def copy(self, alias: str | None = None) -> BaseDatabaseWrapper:
        """Return a second, closed connection to the same database."""
        return type(self)(copy.deepcopy(self.settings_dict), alias or self.alias)
