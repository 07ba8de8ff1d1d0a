"""Skipping tests that a database has not got the features for."""

import unittest
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from fastjango.orm.engine.handler import connection, connections

T = TypeVar("T")


def connections_support_transactions(aliases: Iterable[str] | None = None) -> bool:
    """Tell whether all (or the given) databases have transactions."""
    found = connections if aliases is None else aliases
    return all(connections[alias].features.supports_transactions for alias in found)


def connections_support_savepoints(aliases: Iterable[str] | None = None) -> bool:
    """Tell whether all (or the given) databases have savepoints."""
    found = connections if aliases is None else aliases
    return all(connections[alias].features.uses_savepoints for alias in found)


class CheckCondition:
    """Answers `__unittest_skip__` of a class when the tests run, not when they are imported."""

    def __init__(self, *conditions: tuple[Callable[[], bool], str]) -> None:
        self.conditions = conditions

    def add_condition(self, condition: Callable[[], bool], reason: str) -> "CheckCondition":
        """Return a new check with one more condition."""
        return type(self)(*self.conditions, (condition, reason))

    def __get__(self, instance: Any, cls: Any = None) -> bool:
        if any(getattr(base, "__unittest_skip__", False) for base in cls.__bases__):
            return True
        for condition, reason in self.conditions:
            if condition():
                cls.__unittest_skip__ = True
                cls.__unittest_skip_why__ = reason
                return True
        return False


def _deferred(condition: Callable[[], bool], reason: str, name: str) -> Callable[[T], T]:
    def refuse(test: Any, where: str) -> None:
        raise ValueError(
            f"{name} cannot be used on {test} as {where} doesn't allow queries against the "
            f"{connection.alias!r} database."
        )

    def decorate(test_item: Any) -> Any:
        if isinstance(test_item, type) and issubclass(test_item, unittest.TestCase):
            cls: Any = test_item
            check = condition
            databases = getattr(cls, "databases", None)
            if not databases or connection.alias not in databases:
                # Raised when the tests run, so that the module can be imported.
                check = lambda: bool(refuse(cls, cls.__qualname__))  # noqa: E731
            known = cls.__dict__.get("__unittest_skip__", CheckCondition())
            if not isinstance(known, CheckCondition):
                return cls
            cls.__unittest_skip__ = known.add_condition(check, reason)
            return cls

        @wraps(test_item)
        def skipping(*args: Any, **kwargs: Any) -> Any:
            test = args[0] if args else None
            databases = getattr(test, "databases", ())
            if isinstance(test, unittest.TestCase) and connection.alias not in databases:
                refuse(test, type(test).__qualname__)
            if condition():
                raise unittest.SkipTest(reason)
            return test_item(*args, **kwargs)

        return skipping

    return decorate


def _has(feature: str) -> bool:
    return bool(getattr(connection.features, feature, False))


def skipIfDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test, or a class of tests, if the database has one of the features."""
    return _deferred(
        lambda: any(_has(feature) for feature in features),
        f"Database has feature(s) {', '.join(features)}",
        "skipIfDBFeature",
    )


def skipUnlessDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test, or a class of tests, unless the database has all of the features."""
    return _deferred(
        lambda: not all(_has(feature) for feature in features),
        f"Database doesn't support feature(s): {', '.join(features)}",
        "skipUnlessDBFeature",
    )


def skipUnlessAnyDBFeature(*features: str) -> Callable[[T], T]:  # noqa: N802  # Django's name
    """Skip a test, or a class of tests, unless the database has one of the features."""
    return _deferred(
        lambda: not any(_has(feature) for feature in features),
        f"Database doesn't support any of the feature(s): {', '.join(features)}",
        "skipUnlessAnyDBFeature",
    )
