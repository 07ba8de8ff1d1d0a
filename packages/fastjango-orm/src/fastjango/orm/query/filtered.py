"""`FilteredRelation`: a join with conditions of its own."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.q import Q
from fastjango.values.tree import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FilteredRelation", "rename_prefix"]

_NO_CONDITION = Q()


def rename_prefix(prefix: str, replacement: str, condition: Q) -> Q:
    """Return the condition with paths below `prefix` moved below `replacement`."""
    return Q.create(
        [_renamed(prefix, replacement, child) for child in condition.children],
        condition.connector,
        condition.negated,
    )


def _renamed(prefix: str, replacement: str, child: Any) -> Any:
    from fastjango.orm.query.expressions import F
    from fastjango.orm.query.queryset import QuerySet

    start = prefix + LOOKUP_SEP
    if isinstance(child, Q):
        return rename_prefix(prefix, replacement, child)
    if isinstance(child, Node):
        return child
    if isinstance(child, tuple):
        path, value = child
        if path.startswith(start):
            path = path.replace(prefix, replacement, 1)
        if hasattr(value, "resolve_expression"):
            value = _renamed(prefix, replacement, value)
        return path, value
    if isinstance(child, F):
        clone = child.copy()
        if clone.name.startswith(start):
            clone.name = clone.name.replace(prefix, replacement, 1)
        return clone
    if isinstance(child, QuerySet):
        raise ValueError("Passing a QuerySet within a FilteredRelation is not supported.")
    if hasattr(child, "resolve_expression"):
        copied = child.copy()
        copied.set_source_expressions(
            [_renamed(prefix, replacement, part) for part in copied.get_source_expressions()]
        )
        return copied
    return child


class FilteredRelation:
    """A relation of which only some rows are joined.

    Args:
        relation_name: The relation's name.
        condition: What the related rows must fulfil.
    """

    def __init__(self, relation_name: str, *, condition: Q = _NO_CONDITION) -> None:
        if not relation_name:
            raise ValueError("relation_name cannot be empty.")
        if not isinstance(condition, Q):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError("condition argument must be a Q() instance.")
        self.relation_name = relation_name
        self.alias: str | None = None
        # The condition as given stays: it decides which joins are equal.
        self.condition: Any = condition
        self.resolved_condition: Any = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return (
            self.relation_name == other.relation_name
            and self.alias == other.alias
            and bool(self.condition == other.condition)
        )

    def __hash__(self) -> int:
        return hash((self.relation_name, self.alias))

    def clone(self) -> FilteredRelation:
        """Return a copy."""
        clone = FilteredRelation(self.relation_name, condition=self.condition)
        clone.alias = self.alias
        if self.resolved_condition is not None:
            clone.resolved_condition = self.resolved_condition.clone()
        return clone

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> FilteredRelation:
        """Return a copy with table aliases renamed."""
        clone = self.clone()
        if clone.resolved_condition:
            clone.resolved_condition = clone.resolved_condition.relabeled_clone(change_map)
        return clone

    def resolve_expression(self, query: Any, reuse: Any, *args: Any, **kwargs: Any) -> Any:
        """Return a copy whose condition is bound to the query."""
        clone = self.clone()
        clone.resolved_condition = query.build_filter(
            self.condition,
            can_reuse=reuse,
            allow_joins=True,
            split_subq=False,
            update_join_types=False,
        )[0]
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the condition."""
        compiled: tuple[str, Sequence[Any]] = compiler.compile(self.resolved_condition)
        return compiled
