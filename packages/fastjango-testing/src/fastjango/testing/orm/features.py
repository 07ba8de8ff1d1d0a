"""Skipping tests by what the databases can do."""

import unittest
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from fastjango.orm import connection, connections

__all__ = [
    "connections_support_savepoints",
    "connections_support_transactions",
    "skipIfDBFeature",
    "skipUnlessAnyDBFeature",
    "skipUnlessDBFeature",
]

T = TypeVar("T")


class _Conditions:
    """`__unittest_skip__` of a class: asks the database when the tests are about to run."""

    def __init__(self, *conditions: tuple[Callable[[], bool], str]) -> None:
        self.conditions = conditions

    def add(self, condition: Callable[[], bool], reason: str) -> "_Conditions":
        """Return these conditions and one more."""
        return _Conditions(*self.conditions, (condition, reason))

    def __get__(self, instance: object, cls: Any = None) -> bool:
        if any(getattr(base, "__unittest_skip__", False) for base in cls.__bases__):
            return True
        for condition, reason in self.conditions:
            if condition():
                cls.__unittest_skip__ = True
                cls.__unittest_skip_why__ = reason
                return True
        return False


def _skip_when(condition: Callable[[], bool], reason: str, name: str) -> Callable[[T], T]:
    def decorate(test: Any) -> Any:
        if isinstance(test, type):
            if not issubclass(test, unittest.TestCase):
                raise ValueError(f"{name} cannot be used on {test!r}: it is no TestCase.")
            _refuse_foreign_database(test, test.__name__, name)
            before = test.__dict__.get("__unittest_skip__")
            known = before if isinstance(before, _Conditions) else _Conditions()
            test.__unittest_skip__ = known.add(condition, reason)  # type: ignore[attr-defined]  # unittest's mark
            return test
        return _skipping(test, condition, reason, name)

    return decorate


def _skipping(
    test: Callable[..., Any], condition: Callable[[], bool], reason: str, name: str
) -> Callable[..., Any]:
    def check(args: tuple[Any, ...]) -> None:
        if args and isinstance(args[0], unittest.TestCase):
            _refuse_foreign_database(args[0], f"{args[0]}", name)
        if condition():
            raise unittest.SkipTest(reason)

    if iscoroutinefunction(test):

        @wraps(test)
        async def ainner(*args: Any, **kwargs: Any) -> Any:
            check(args)
            return await test(*args, **kwargs)

        return ainner

    @wraps(test)
    def inner(*args: Any, **kwargs: Any) -> Any:
        check(args)
        return test(*args, **kwargs)

    return inner


def _refuse_foreign_database(test: Any, shown: str, name: str) -> None:
    """The conditions ask the default database, so the test must be allowed to use it."""
    databases = getattr(test, "databases", None)
    if databases is not None and databases != "__all__" and connection.alias not in databases:
        raise ValueError(
            f"{name} cannot be used on {shown} as {connection.alias!r} is not in its databases."
            if isinstance(test, type)
            else f"{name} cannot be used on {shown} as {type(test).__name__} doesn't allow "
            f"queries against the {connection.alias!r} database."
        )


def _has(feature: str) -> bool:
    return bool(getattr(connection.features, feature, False))


def skipIfDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test when the default database has any of the features."""
    return _skip_when(
        lambda: any(_has(feature) for feature in features),
        f"Database has feature(s) {', '.join(features)}",
        "skipIfDBFeature",
    )


def skipUnlessDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test unless the default database has all of the features."""
    return _skip_when(
        lambda: not all(_has(feature) for feature in features),
        f"Database doesn't support feature(s): {', '.join(features)}",
        "skipUnlessDBFeature",
    )


def skipUnlessAnyDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test unless the default database has one of the features."""
    return _skip_when(
        lambda: not any(_has(feature) for feature in features),
        f"Database doesn't support any of the feature(s): {', '.join(features)}",
        "skipUnlessAnyDBFeature",
    )


def connections_support_transactions(aliases: Iterable[str] | None = None) -> bool:
    """Tell whether all databases (or those named) can roll back."""
    chosen = connections if aliases is None else aliases
    return all(bool(connections[alias].features.supports_transactions) for alias in chosen)


def connections_support_savepoints(aliases: Iterable[str] | None = None) -> bool:
    """Tell whether all databases (or those named) have savepoints."""
    chosen = connections if aliases is None else aliases
    return all(connections[alias].features.uses_savepoints for alias in chosen)
