"""One connection of asyncpg."""

from __future__ import annotations

import contextlib
import datetime
import re
import shlex
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastjango.core.exceptions import ImproperlyConfigured

try:
    import asyncpg  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # no marker
except ImportError as error:
    raise ImproperlyConfigured(
        "The asynchronous edge of PostgreSQL needs asyncpg. Install it: "
        "pip install 'fastjango-orm[postgres]'."
    ) from error

from fastjango.orm.backends.postgresql.base import OURS, refine
from fastjango.orm.engine import servers
from fastjango.orm.engine.aconnection import GIVE_UP_TIMEOUT, ServerConnection
from fastjango.orm.engine.limits import CONNECT_TIMEOUT, query_timeout
from fastjango.orm.engine.statement import Result, Statement
from fastjango.orm.exceptions import (
    ConnectionLost,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

if TYPE_CHECKING:
    from fastjango.orm.backends.postgresql.base import DatabaseWrapper

__all__ = ["AsyncpgConnection"]

STATEMENT_CACHE = 512
"""Prepared statements kept per connection (``OPTIONS["statement_cache_size"]``)."""

# PEP 249 classes by the first two characters of SQLSTATE; more exact codes come first.
_BY_STATE: dict[str, type[Error]] = {
    "08": OperationalError,
    "0A": NotSupportedError,
    "20": ProgrammingError,
    "21": ProgrammingError,
    "22": DataError,
    "23": IntegrityError,
    "24": InternalError,
    "25": InternalError,
    "26": ProgrammingError,
    "27": OperationalError,
    "28": OperationalError,
    "2B": InternalError,
    "2D": InternalError,
    "2F": OperationalError,
    "34": ProgrammingError,
    "38": OperationalError,
    "39": OperationalError,
    "3B": OperationalError,
    "3D": ProgrammingError,
    "3F": ProgrammingError,
    "40": OperationalError,
    "42": ProgrammingError,
    "44": ProgrammingError,
    "53": OperationalError,
    "54": OperationalError,
    "55": OperationalError,
    "57": OperationalError,
    "58": OperationalError,
    "F0": InternalError,
    "P0": ProgrammingError,
    "XX": InternalError,
}
_LIBPQ_FILES = ("service", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile", "sslcrl")
_DRIVER_ONLY = frozenset(
    ("client_encoding", "connect_timeout", "context", "cursor_factory", "prepare_threshold")
)
_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_EPOCH_DAY = _EPOCH.toordinal()


def _map_error(error: BaseException) -> Error | None:
    """Describe an asyncpg error; None for an exception that is not the driver's."""
    state = getattr(error, "sqlstate", None)
    if isinstance(error, asyncpg.PostgresError):
        kind = _BY_STATE.get(state[:2] if state else "", DatabaseError)
        if state is None and isinstance(error, asyncpg.PostgresConnectionError):
            kind = ConnectionLost
        message = str(error)
        found = refine(kind, state, message)(message)
        found.sqlstate = state  # type: ignore[attr-defined] # as psycopg's errors have it
        return found
    if isinstance(error, asyncpg.DataError | asyncpg.exceptions.DataError):
        return DataError(str(error))
    if isinstance(error, asyncpg.InterfaceError):
        lost = "closed" in str(error) or "connection" in str(error)
        return (ConnectionLost if lost else InterfaceError)(str(error))
    return None


class AsyncpgConnection(ServerConnection):
    """A connection of asyncpg, which prepares and caches every statement."""

    def __init__(self, wrapper: DatabaseWrapper, driver: Any, timeout: float | None) -> None:
        super().__init__(wrapper, driver, timeout)
        self._transaction: Any = None

    # -- opening ---------------------------------------------------------------------------

    @classmethod
    async def open(cls, wrapper: DatabaseWrapper) -> AsyncpgConnection:
        """Open a connection with the settings of a database."""
        params = connect_arguments(wrapper)
        limit = params["timeout"]
        try:
            connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] # partly annotated
            driver: Any = await connect(**params)
        except (OSError, TimeoutError) as error:
            where = f"{params.get('host', 'localhost')}:{params.get('port', 5432)}"
            raise ConnectionLost(
                f"PostgreSQL at {where} could not be reached within {limit:g} s: "
                f"{error or type(error).__name__}."
            ) from error
        except Exception as error:
            if (ours := _map_error(error)) is None:
                raise
            raise ours from error
        try:
            await _prepare(driver, wrapper)
        except BaseException:
            driver.terminate()
            raise
        return cls(wrapper, driver, query_timeout(wrapper.settings_dict["OPTIONS"]))

    # -- statements ------------------------------------------------------------------------

    async def run(self, statement: Statement) -> Result:
        """Run a statement."""
        try:
            return await self._run(statement)
        except asyncpg.DataError as error:
            if "invalid input for query argument" not in str(error):
                raise self._described(error) from error
        except BaseException as error:
            await self._raise(error)
        try:
            return await self._run(await self._with_fitting_types(statement))
        except BaseException as error:
            await self._raise(error)

    async def _run(self, statement: Statement) -> Result:
        driver: Any = self.driver
        sql, params = statement.sql, statement.params
        rows: list[tuple[Any, ...]]
        if statement.many:
            await driver.executemany(sql, params, timeout=self._timeout)
            return Result([], -1)
        if statement.describe:
            prepared = await driver.prepare(sql, timeout=self._timeout)
            rows = list(map(tuple, await prepared.fetch(*params, timeout=self._timeout)))
            columns = tuple(entry.name for entry in prepared.get_attributes())
            return Result(rows, len(rows), columns=columns)
        if statement.kind == "read" or "RETURNING" in sql:
            rows = list(map(tuple, await driver.fetch(sql, *params, timeout=self._timeout)))
            return Result(rows, len(rows))
        status: str = await driver.execute(sql, *params, timeout=self._timeout)
        count = status.rpartition(" ")[2]
        return Result([], int(count) if count.isdigit() else -1)

    async def _with_fitting_types(self, statement: Statement) -> Statement:
        """Convert arguments that asyncpg refused to the types the server expects.

        The other drivers send text and let the server convert; asyncpg encodes by the
        parameter's type and refuses, say, an integer where text is compared.
        """
        prepared = await self.driver.prepare(statement.sql, timeout=self._timeout)
        types = prepared.get_parameters()
        params = [
            _fit(value, kind.name) for value, kind in zip(statement.params, types, strict=True)
        ]
        return Statement(
            statement.sql, params, statement.fetch, statement.chunk_size, False, statement.kind
        )

    async def command(self, sql: str) -> None:
        """Run a statement without rows."""
        try:
            await self.driver.execute(sql, timeout=self._timeout)
        except BaseException as error:
            await self._raise(error)

    async def begin_stream(self) -> None:
        """Open the transaction a cursor lives in."""
        await self.command("BEGIN READ ONLY")

    async def end_stream(self) -> None:
        """Close it."""
        await self.command("COMMIT")

    async def stream(self, statement: Statement) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield chunks of rows from a server-side cursor."""
        try:
            cursor = await self.driver.cursor(
                statement.sql, *statement.params, timeout=self._timeout
            )
            while rows := await cursor.fetch(statement.chunk_size or 2000):
                yield list(map(tuple, rows))
        except GeneratorExit:
            raise
        except BaseException as error:
            await self._raise(error)

    # -- errors ----------------------------------------------------------------------------

    def _described(self, error: BaseException) -> BaseException:
        ours = _map_error(error)
        if isinstance(ours, ConnectionLost):
            return self.lost(error)
        return ours or error

    # -- life ------------------------------------------------------------------------------

    def is_closed(self) -> bool:
        """Whether asyncpg knows that the connection is gone."""
        return bool(self.driver.is_closed())

    async def ping(self) -> None:
        """Ask for 1."""
        await self.command("SELECT 1")

    async def close(self) -> None:
        """Close, giving the server a moment to answer."""
        try:
            await self.driver.close(timeout=GIVE_UP_TIMEOUT)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.terminate()

    async def _close_busy(self) -> None:
        """Close: asyncpg has asked the server to cancel, and waits for the answer first."""
        await self.close()

    def terminate(self) -> None:
        """Close at once."""
        with contextlib.suppress(RuntimeError):  # its event loop is closed
            self.driver.terminate()


# -- arguments -----------------------------------------------------------------------------


def connect_arguments(wrapper: DatabaseWrapper) -> dict[str, Any]:
    """Translate a `DATABASES` entry from libpq's names to asyncpg's."""
    entry = wrapper.settings_dict
    options: dict[str, Any] = dict(entry["OPTIONS"])
    server = {"TimeZone": wrapper.timezone_name}
    files = {key: options.pop(key) for key in _LIBPQ_FILES if options.get(key)}
    server.update(_command_line(options.pop("options", "")))
    level = wrapper._isolation_level()  # pyright: ignore[reportPrivateUsage] # the same backend
    if level is not None:
        server["default_transaction_isolation"] = level.name.replace("_", " ").lower()
    if role := options.get("assume_role"):
        server["role"] = str(role)
    arguments: dict[str, Any] = {
        "timeout": float(options.get("connect_timeout", CONNECT_TIMEOUT)),
        "statement_cache_size": int(options.get("statement_cache_size", STATEMENT_CACHE)),
    }
    for name, value in options.items():
        if name not in OURS and name not in _DRIVER_ONLY:
            server[name] = str(value)
    if database := wrapper._database_name():  # pyright: ignore[reportPrivateUsage] # the same backend
        arguments["database"] = database
    for key, setting in (("user", "USER"), ("password", "PASSWORD"), ("host", "HOST")):
        if entry[setting]:
            arguments[key] = entry[setting]
    if entry["PORT"]:
        arguments["port"] = int(entry["PORT"])
    if files:
        arguments["dsn"] = f"postgresql://?{urlencode(files)}"
    return {**arguments, "server_settings": server}


def _command_line(options: str) -> list[tuple[str, str]]:
    """Read ``-c search_path=a -cstatement_timeout=5s``."""
    words = shlex.split(options)
    text = " ".join(words)
    return re.findall(r"(?:-c\s*|--)(\w[\w.]*)=(\S+)", text)


async def _prepare(driver: Any, wrapper: DatabaseWrapper) -> None:
    """Make asyncpg read what psycopg is told to read, and note the version."""
    version = driver.get_server_version()
    if not wrapper.is_server_known:
        number = version.major * 10000 + version.minor
        servers.remember_server(wrapper.vendor, wrapper.settings_dict, {"version": number})
    for name in ("inet", "cidr"):
        await driver.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
    # The driver's own codec takes the first and the last day of the calendar for infinities.
    await driver.set_type_codec(
        "date", schema="pg_catalog", encoder=_date_days, decoder=_date_of, format="tuple"
    )
    if wrapper.timezone is None:
        zone = ZoneInfo(wrapper.timezone_name)
        await driver.set_type_codec(
            "timestamptz",
            schema="pg_catalog",
            encoder=_naive_encoder(zone),
            decoder=_naive_decoder(zone),
            format="tuple",
        )


def _date_days(value: datetime.date) -> tuple[int]:
    return (value.toordinal() - _EPOCH_DAY,)


def _date_of(value: tuple[int]) -> datetime.date:
    try:
        return datetime.date.fromordinal(value[0] + _EPOCH_DAY)
    except (ValueError, OverflowError) as error:
        raise DataError("The database holds a date that is outside the years 1 to 9999.") from error


def _naive_decoder(zone: ZoneInfo) -> Callable[[tuple[int]], datetime.datetime]:
    def decode(value: tuple[int]) -> datetime.datetime:
        moment = _EPOCH + datetime.timedelta(microseconds=value[0])
        return moment.astimezone(zone).replace(tzinfo=None)

    return decode


def _naive_encoder(zone: ZoneInfo) -> Callable[[datetime.datetime], tuple[int]]:
    def encode(value: datetime.datetime) -> tuple[int]:
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        return ((aware - _EPOCH) // datetime.timedelta(microseconds=1),)

    return encode


_INTEGERS = frozenset(("int2", "int4", "int8", "oid"))
_TEXTS = frozenset(("bpchar", "name", "text", "varchar"))


def _fit(value: Any, kind: str) -> Any:
    """Convert an argument to the type of its parameter, as the server would convert text."""
    if value is None:
        return None
    if kind in _TEXTS:
        return value if isinstance(value, str) else _text(value)
    if kind in _INTEGERS:
        if isinstance(value, str) or (value == int(value)):
            return int(value)
        return value
    if kind in ("float4", "float8"):
        return float(value)
    if kind == "bool" and isinstance(value, str | int):
        return value in (1, "1", "t", "true", "True", True)
    if isinstance(value, str):
        return _from_text(value, kind)
    if kind == "date" and isinstance(value, datetime.datetime):
        return value.date()
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def _from_text(value: str, kind: str) -> Any:
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind in ("timestamp", "timestamptz"):
        return datetime.datetime.fromisoformat(value)
    if kind in ("time", "timetz"):
        return datetime.time.fromisoformat(value)
    if kind == "bytea":
        return value.encode()
    return value
