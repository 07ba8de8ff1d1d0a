"""Which databases a test class may use: the others refuse it."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Test classes may be anybody's, which leaves the types of their attributes unknown.

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import connections
from fastjango.orm.engine.wrapper import blocked

__all__ = [
    "DatabaseOperationForbidden",
    "allow_queries",
    "forbid_queries",
    "named_databases",
    "validate_databases",
]

__unittest = True

ALL_DATABASES = "__all__"


class DatabaseOperationForbidden(AssertionError):
    """A test used a database that its class does not allow."""


def named_databases(databases: Any) -> frozenset[str]:
    """Return aliases as a set; `"__all__"` stands for every database."""
    return frozenset(connections if databases == ALL_DATABASES else databases)


def validate_databases(cls: Any) -> frozenset[str]:
    """Return the aliases that a test class allows.

    Raises:
        ImproperlyConfigured: One of them is not in `DATABASES`.
    """
    databases = named_databases(cls.databases)
    for alias in databases:
        if alias not in connections:
            near = get_close_matches(alias, list(connections))
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ImproperlyConfigured(
                f"{cls.__module__}.{cls.__qualname__}.databases refers to {alias!r} which is not "
                f"defined in settings.DATABASES.{hint}"
            )
    return databases


def forbid_queries(cls: Any) -> None:
    """Refuse the databases that a test class does not list, until the class is done."""
    cls.databases = validate_databases(cls)
    mine = [alias for alias in connections if alias not in cls.databases]
    before = {alias: blocked.get(alias) for alias in connections}
    for alias in connections:
        blocked.pop(alias, None)
    for alias in mine:
        blocked[alias] = _refusal(cls, alias)
    cls.addClassCleanup(_restore, before)


def _restore(before: dict[str, Any]) -> None:
    for alias, refuse in before.items():
        blocked.pop(alias, None)
        if refuse is not None:
            blocked[alias] = refuse


def allow_queries(cls: Any) -> None:
    """Allow every database again."""
    for alias in connections:
        blocked.pop(alias, None)


def _refusal(cls: Any, alias: str) -> Callable[[str], DatabaseOperationForbidden]:
    def refuse(operation: str) -> DatabaseOperationForbidden:
        return DatabaseOperationForbidden(
            cls._disallowed_database_msg
            % {
                "test": f"{cls.__module__}.{cls.__qualname__}",
                "alias": alias,
                "operation": operation,
            }
        )

    return refuse
