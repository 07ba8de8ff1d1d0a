"""Places for values in a query that is compiled once and run with many values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["OutOfPlan", "Param", "Slot", "Unplannable", "identity"]


class Unplannable(Exception):  # a signal within the plan cache, not an error
    """The operation cannot be part of a plan; it is compiled each time."""


class OutOfPlan(Exception):  # a signal within the plan cache, not an error
    """A value changes the SQL that the plan was made for."""


class Param:
    """A parameter of a compiled statement that a slot's value gives.

    Args:
        slot: The slot.
        bind: Makes the driver's value of the prepared one, `None` to take it as it is.
        many: Whether `bind` gives several parameters.
        sample: A driver's value, for drivers that must know the type.
    """

    __slots__ = ("bind", "many", "sample", "slot")

    def __init__(
        self, slot: Slot, bind: Callable[[Any], Any] | None, sample: Any, many: bool = False
    ) -> None:
        self.slot = slot
        self.bind = bind
        self.sample = sample
        self.many = many


def identity(value: Any) -> Any:
    """Return the value as it is."""
    return value


class Slot:
    """The right side of a lookup whose value is not fixed.

    Args:
        index: The place of the value among those of the query.
        sample: A value of the kind that the slot takes.
        size: For lists: how many parameters the statement has room for.
    """

    __slots__ = ("binder", "index", "prepare", "sample", "size")

    def __init__(self, index: int, sample: Any, size: int = 0) -> None:
        self.index = index
        self.sample = sample
        self.size = size
        self.prepare: Callable[[Any], Any] = identity
        self.binder: Any = None

    def __repr__(self) -> str:
        # In the text of an error: the values differ from one query to the next.
        return f"<{type(self.sample).__name__}>"

    def attach(self, lookup: Any) -> None:
        """Learn from the lookup how values are prepared and bound.

        Raises:
            Unplannable: The lookup, its field or its left side does something of its own.
        """
        from fastjango.orm.query.slotlookups import attach

        attach(self, lookup)

    def compile(self, lookup: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Param]]:
        """Return the placeholders and parameters of the lookup's right side."""
        compiled: tuple[Any, Sequence[Param]] = self.binder(self, lookup, connection)
        return compiled
