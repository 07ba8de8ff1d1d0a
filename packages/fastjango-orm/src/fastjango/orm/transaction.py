"""Transactions: `atomic` and its relatives, for functions and coroutines alike."""

from __future__ import annotations

from fastjango.orm.engine.atomic import (
    Atomic,
    aon_commit,
    asavepoint,
    asavepoint_commit,
    asavepoint_rollback,
    atomic,
    clean_savepoints,
    commit,
    get_autocommit,
    get_connection,
    get_rollback,
    mark_for_rollback_on_error,
    non_atomic_requests,
    on_commit,
    rollback,
    savepoint,
    savepoint_commit,
    savepoint_create,
    savepoint_rollback,
    set_autocommit,
    set_rollback,
)
from fastjango.orm.exceptions import (
    SerializationFailure,
    TransactionManagementError,
    TransactionNotShared,
)

__all__ = [
    "Atomic",
    "SerializationFailure",
    "TransactionManagementError",
    "TransactionNotShared",
    "aon_commit",
    "asavepoint",
    "asavepoint_commit",
    "asavepoint_rollback",
    "atomic",
    "clean_savepoints",
    "commit",
    "get_autocommit",
    "get_connection",
    "get_rollback",
    "mark_for_rollback_on_error",
    "non_atomic_requests",
    "on_commit",
    "rollback",
    "savepoint",
    "savepoint_commit",
    "savepoint_create",
    "savepoint_rollback",
    "set_autocommit",
    "set_rollback",
]
