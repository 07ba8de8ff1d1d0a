"""Cursors of `connection.cursor()`: ``%s`` parameters on every database, logged when asked."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from fastjango.orm.engine import environment, watchers
from fastjango.orm.exceptions import NotSupportedError

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = [
    "CursorDebugWrapper",
    "CursorWrapper",
    "debug_transaction",
    "log_query",
    "log_slow_query",
    "timing_slow_query",
]

logger = logging.getLogger("fastjango.orm.engine")
slow_logger = logging.getLogger("fastjango.orm.slow")

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
Row: TypeAlias = tuple[Any, ...]

_WRAPPED = frozenset(["fetchall", "fetchmany", "fetchone", "nextset"])


class CursorWrapper:
    """A driver's cursor with our exceptions, transaction checks and execute wrappers.

    Attributes not listed here are the driver cursor's own.
    """

    def __init__(self, cursor: Any, db: BaseDatabaseWrapper) -> None:
        self.cursor = cursor
        self.db = db

    def __getattr__(self, attr: str) -> Any:
        value = getattr(self.cursor, attr)
        return self.db.wrap_database_errors(value) if attr in _WRAPPED else value

    def __iter__(self) -> Iterator[Row]:
        with self.db.wrap_database_errors:
            yield from self.cursor

    def __enter__(self) -> CursorWrapper:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except self.db.Database.Error:
            pass  # an error while closing says nothing the caller can use

    def close(self) -> None:
        """Close the driver's cursor."""
        self.cursor.close()

    def callproc(
        self, procname: str, params: Sequence[Any] | None = None, kparams: Params = None
    ) -> Any:
        """Call a stored procedure by the driver's `callproc`."""
        if kparams is not None and not self.db.features.supports_callproc_kwargs:
            raise NotSupportedError(
                "Keyword parameters for callproc are not supported on this database backend."
            )
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            if params is None and kparams is None:
                return self.cursor.callproc(procname)
            if kparams is None:
                return self.cursor.callproc(procname, params)
            return self.cursor.callproc(procname, params or (), kparams)

    def execute(self, sql: str, params: Params = None) -> Any:
        """Run one statement; `params` fill ``%s`` or ``%(name)s``."""
        return self._execute_with_wrappers(sql, params, many=False, executor=self._execute)

    def executemany(self, sql: str, param_list: Iterable[Params]) -> Any:
        """Run one statement once per entry of `param_list`."""
        return self._execute_with_wrappers(sql, param_list, many=True, executor=self._executemany)

    def _execute_with_wrappers(
        self, sql: str, params: Any, many: bool, executor: Callable[..., Any]
    ) -> Any:
        context = {"connection": self.db, "cursor": self}
        watchers.notify(self.db.alias, sql, params)
        for wrapper in reversed(self.db.execute_wrappers):
            executor = functools.partial(wrapper, executor)
        return executor(sql, params, many, context)

    def _execute(self, sql: str, params: Params, *ignored: object) -> Any:
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors, timing_slow_query(self.db.alias, sql):
            if params is None:
                return self.cursor.execute(sql)
            return self.cursor.execute(sql, params)

    def _executemany(self, sql: str, param_list: Iterable[Params], *ignored: object) -> Any:
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors:
            return self.cursor.executemany(sql, param_list)


class CursorDebugWrapper(CursorWrapper):
    """A cursor that writes each statement to `connection.queries_log`."""

    def execute(self, sql: str, params: Params = None) -> Any:
        """Run and log one statement."""
        with self.debug_sql(sql, params, use_last_executed_query=True):
            return super().execute(sql, params)

    def executemany(self, sql: str, param_list: Iterable[Params]) -> Any:
        """Run and log one statement for many parameter sets."""
        with self.debug_sql(sql, param_list, many=True):
            return super().executemany(sql, param_list)

    @contextmanager
    def debug_sql(
        self,
        sql: str | None = None,
        params: Any = None,
        use_last_executed_query: bool = False,
        many: bool = False,
    ) -> Generator[None, None, None]:
        """Log what runs inside the block, errors included."""
        start = time.monotonic()
        try:
            yield
        finally:
            duration = time.monotonic() - start
            if use_last_executed_query:
                sql = self.db.ops.last_executed_query(self.cursor, sql, params)
            if many:
                times = len(params) if hasattr(params, "__len__") else "?"
                log_query(self.db, f"{times} times: {sql}", params, duration, sql=sql)
            else:
                log_query(self.db, sql or "", params, duration)


def log_query(
    db: BaseDatabaseWrapper,
    text: str,
    params: Any,
    duration: float,
    *,
    sql: str | None = None,
) -> None:
    """Append one entry to the query log and to the logger ``fastjango.orm.engine``.

    Args:
        db: Whose log.
        text: What to show, parameters filled in.
        params: The parameters as given.
        duration: Seconds.
        sql: The SQL for the logger when it differs from `text`.
    """
    db.queries_log.append({"sql": text, "time": f"{duration:.3f}"})
    shown = text if sql is None else sql
    logger.debug(
        "(%.3f) %s; args=%s; alias=%s",
        duration,
        shown,
        params,
        db.alias,
        extra={"duration": duration, "sql": shown, "params": params, "alias": db.alias},
    )


def log_slow_query(alias: str, sql: str, duration: float, limit: float) -> None:
    """Warn about a query that took longer than `ORM_SLOW_QUERY_SECONDS`, without parameters."""
    slow_logger.warning(
        "A query on %r took %.3f s (ORM_SLOW_QUERY_SECONDS = %g): %s",
        alias,
        duration,
        limit,
        sql,
        extra={"alias": alias, "duration": duration, "sql": sql},
    )


@contextmanager
def timing_slow_query(alias: str, sql: str) -> Generator[None, None, None]:
    """Warn when the block takes longer than `ORM_SLOW_QUERY_SECONDS`."""
    limit = environment.slow_query_seconds()
    if limit is None:
        yield
        return
    start = time.monotonic()
    try:
        yield
    finally:
        duration = time.monotonic() - start
        if duration >= limit:
            log_slow_query(alias, sql, duration, limit)


@contextmanager
def debug_transaction(db: BaseDatabaseWrapper, sql: str) -> Generator[None, None, None]:
    """Log BEGIN, COMMIT and ROLLBACK as queries while the query log is on."""
    start = time.monotonic()
    try:
        yield
    finally:
        if db.queries_logged:
            log_query(db, sql, None, time.monotonic() - start)
