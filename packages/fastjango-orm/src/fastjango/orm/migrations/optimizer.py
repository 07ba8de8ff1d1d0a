"""Joins operations that can be one."""

from __future__ import annotations

from collections.abc import Iterable

from .operations.base import Operation

__all__ = ["MigrationOptimizer"]


class MigrationOptimizer:
    """Reduces a list of operations to a shorter one with the same outcome.

    Attributes:
        iterations: Passes that the last `optimize` took.
    """

    def __init__(self) -> None:
        self.iterations = 0

    def optimize(self, operations: Iterable[Operation], app_label: str) -> list[Operation]:
        """Reduce until nothing changes; each pass joins what stands next to each other, or what
        can be moved next to each other.

        Raises:
            TypeError: `app_label` is no text.
        """
        if app_label is None:  # pyright: ignore[reportUnnecessaryComparison]  # callers from Django's days
            raise TypeError("app_label must be a str.")
        current = list(operations)
        self.iterations = 0
        while True:
            result = self.optimize_inner(current, app_label)
            self.iterations += 1
            if result == current:
                return result
            current = result

    def optimize_inner(self, operations: list[Operation], app_label: str) -> list[Operation]:
        """One pass."""
        for i, operation in enumerate(operations):
            movable_right = True  # whether `operation` can move to the right, past what follows
            for j, other in enumerate(operations[i + 1 :]):
                outcome = operation.reduce(other, app_label)
                if isinstance(outcome, list):
                    between = operations[i + 1 : i + 1 + j]
                    rest = operations[i + j + 2 :]
                    if movable_right:
                        return [*operations[:i], *between, *outcome, *rest]
                    if all(op.reduce(other, app_label) is True for op in between):
                        return [*operations[:i], *outcome, *between, *rest]
                    break
                if not outcome:
                    movable_right = False
        return operations
