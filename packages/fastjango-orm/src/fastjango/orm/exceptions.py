"""Every error of the database layer, under one root.

The PEP 249 family carries Django's names. Errors that mean "the database cannot answer now"
additionally derive from `DatabaseUnavailable` and carry ``http_status = 503``, so that a web
edge can answer with it without knowing this package.
"""

from __future__ import annotations

__all__ = [
    "ConnectionDoesNotExist",
    "ConnectionLost",
    "DataError",
    "DatabaseError",
    "DatabaseUnavailable",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PoolTimeout",
    "ProgrammingError",
    "QueryTimeout",
    "SerializationFailure",
    "TransactionManagementError",
    "TransactionNotShared",
]


class Error(Exception):
    """Root of all database errors (PEP 249)."""


class InterfaceError(Error):
    """The driver was used wrongly, or its connection object is closed."""


class DatabaseError(Error):
    """Something went wrong in the database."""


class DataError(DatabaseError):
    """A value does not fit: out of range, malformed, division by zero."""


class OperationalError(DatabaseError):
    """The database could not do its work: disconnect, memory, lock, configuration."""


class IntegrityError(DatabaseError):
    """A constraint of the database was violated."""


class InternalError(DatabaseError):
    """The database reports an internal inconsistency."""


class ProgrammingError(DatabaseError):
    """The SQL is wrong: unknown table, syntax error, wrong number of parameters."""


class NotSupportedError(DatabaseError):
    """The database does not offer what was asked of it."""


class ConnectionDoesNotExist(Exception):
    """An alias was used that `DATABASES` does not define."""


class TransactionManagementError(ProgrammingError):
    """Transactions were used in an order that has no meaning."""


class TransactionNotShared(TransactionManagementError):
    """A task or thread spawned inside a transaction tried to query the same database.

    The transaction belongs to the task that opened it. Its connection can carry only one query
    at a time, and a query on another connection would silently run outside the transaction.
    """


class DatabaseUnavailable(OperationalError):
    """The database cannot answer now; trying again later may succeed.

    Attributes:
        http_status: The status a web edge should answer with.
    """

    http_status = 503


class PoolTimeout(DatabaseUnavailable):
    """No connection of the pool became free within the bounded wait."""


class QueryTimeout(DatabaseUnavailable):
    """A statement did not finish within its limit; its connection was dropped."""


class ConnectionLost(DatabaseUnavailable):
    """The server closed the connection, or could not be reached."""


class SerializationFailure(OperationalError):
    """Concurrent transactions conflicted (serialization failure, deadlock, or lock timeout).

    The transaction was rolled back as a whole and can be run again: ``atomic(retry=3)``.
    """
