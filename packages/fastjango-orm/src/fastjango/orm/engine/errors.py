"""Turn a driver's exceptions into the family of `fastjango.orm.exceptions`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Protocol, TypeVar

from fastjango.orm.exceptions import (
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

__all__ = ["DatabaseErrorWrapper", "translate"]

R = TypeVar("R")

# Most specific first: a driver's DataError is also its DatabaseError.
FAMILY: tuple[type[Error], ...] = (
    DataError,
    OperationalError,
    IntegrityError,
    InternalError,
    ProgrammingError,
    NotSupportedError,
    DatabaseError,
    InterfaceError,
    Error,
)

_known: dict[tuple[str, type[BaseException]], type[Error] | None] = {}


class ErrorOwner(Protocol):
    """What the wrapper must know of its connection."""

    Database: ModuleType
    errors_occurred: bool

    def refine_error(self, kind: type[Error], error: BaseException) -> type[Error]:
        """Choose a more telling class from the driver's error code."""
        ...

    def let_go_of_dead(self) -> None:
        """Forget a connection that is gone."""
        ...


def translate(database: ModuleType, raised: type[BaseException]) -> type[Error] | None:
    """Find the class of the family for a driver's exception class.

    Returns:
        The class, or None for an exception that is not the driver's.
    """
    key = (database.__name__, raised)
    try:
        return _known[key]
    except KeyError:
        pass
    found: type[Error] | None = None
    for kind in FAMILY:
        theirs = getattr(database, kind.__name__, None)
        if theirs is not None and issubclass(raised, theirs):
            found = kind
            break
    _known[key] = found
    return found


class DatabaseErrorWrapper:
    """Context manager and decorator that reraises driver errors as ours, the cause chained."""

    def __init__(self, wrapper: ErrorOwner) -> None:
        self.wrapper = wrapper

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None or exc_value is None:
            return
        error = self.convert(exc_value)
        if error is not None:
            raise error.with_traceback(traceback) from exc_value

    def convert(self, raised: BaseException) -> Error | None:
        """Return our error for a driver's error, or None when it is not the driver's."""
        kind = translate(self.wrapper.Database, type(raised))
        if kind is None:
            return None
        if kind not in (DataError, IntegrityError):
            self.wrapper.errors_occurred = True
            self.wrapper.let_go_of_dead()
        return self.wrapper.refine_error(kind, raised)(*raised.args)

    def __call__(self, func: Callable[..., R]) -> Callable[..., R]:
        def inner(*args: object, **kwargs: object) -> R:
            with self:
                return func(*args, **kwargs)

        return inner
