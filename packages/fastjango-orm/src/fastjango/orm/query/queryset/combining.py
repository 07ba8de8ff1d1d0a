"""Querysets made of querysets: `&`, `|`, `^`, and the set operations of SQL."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import Any, Generic, Self, cast

from fastjango.orm.query.constants import AND, OR, XOR
from fastjango.orm.query.queryset.core import EmptyQuerySet, QuerySetCore
from typing_extensions import TypeVar

__all__ = ["Combining"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


class Combining(QuerySetCore[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that takes others in."""

    # -- conditions joined -------------------------------------------------------------

    def _as_mergeable(self) -> Any:
        if self.query.can_filter():
            return self
        inner = cast("Any", self).values("pk")
        return self.model._base_manager.filter(pk__in=inner)

    def _combined(self, other: Any, connector: str) -> Self:
        combined: Self = self._as_mergeable()._chain()
        combined._merge_known_related_objects(other)
        combined.query.combine(other._as_mergeable().query, connector)
        return combined

    def __and__(self, other: Any) -> Self:
        self._check_operator_queryset(other, "&")
        self._merge_sanity_check(other)
        if isinstance(other, EmptyQuerySet):
            return cast("Self", other)
        if isinstance(self, EmptyQuerySet):
            return self
        combined = self._chain()
        combined._merge_known_related_objects(other)
        combined.query.combine(other.query, AND)
        return combined

    def __or__(self, other: Any) -> Self:
        self._check_operator_queryset(other, "|")
        self._merge_sanity_check(other)
        if isinstance(self, EmptyQuerySet):
            return other
        if isinstance(other, EmptyQuerySet):
            return self
        return self._combined(other, OR)

    def __xor__(self, other: Any) -> Self:
        self._check_operator_queryset(other, "^")
        self._merge_sanity_check(other)
        if isinstance(self, EmptyQuerySet):
            return other
        if isinstance(other, EmptyQuerySet):
            return self
        return self._combined(other, XOR)

    def _merge_sanity_check(self, other: Any) -> None:
        if self._fields is not None and any(
            set(getattr(self.query, name)) != set(getattr(other.query, name))
            for name in ("values_select", "extra_select", "annotation_select")
        ):
            raise TypeError(
                f"Merging '{self.__class__.__name__}' classes must involve the same values "
                "in each case."
            )

    def _merge_known_related_objects(self, other: Any) -> None:
        merged = {field: dict(objects) for field, objects in self._known_related_objects.items()}
        for field, objects in other._known_related_objects.items():
            merged.setdefault(field, {}).update(objects)
        self._known_related_objects = merged

    def _check_operator_queryset(self, other: Any, operator: str) -> None:
        if self.query.combinator or other.query.combinator:
            raise TypeError(f"Cannot use {operator} operator with combined queryset.")

    # -- set operations ----------------------------------------------------------------

    def _combinator_query(self, combinator: str, *other_qs: Any, all: bool = False) -> Self:
        clone = self._chain()
        query = clone.query
        query.clear_ordering(force=True)
        query.default_ordering = True
        parts = [self.query]
        for other in other_qs:
            part = other.query.clone()
            part.clear_ordering(force=False, clear_default=False)
            parts.append(part)
        query.combined_queries = tuple(parts)
        query.clear_limits()
        query.combinator = combinator
        query.combinator_all = all
        return clone

    def union(self, *other_qs: Any, all: bool = False) -> Self:
        """Return the rows of this and of other querysets.

        Args:
            *other_qs: Querysets that select the same columns.
            all: Keep duplicates.
        """
        if isinstance(self, EmptyQuerySet):
            rest = [other for other in other_qs if not isinstance(other, EmptyQuerySet)]
            if not rest:
                return self
            if len(rest) == 1:
                return rest[0]
            return rest[0]._combinator_query("union", *rest[1:], all=all)
        if not other_qs:
            return self
        return self._combinator_query("union", *other_qs, all=all)

    def intersection(self, *other_qs: Any) -> Self:
        """Return the rows that every queryset has."""
        if isinstance(self, EmptyQuerySet):
            return self
        for other in other_qs:
            if isinstance(other, EmptyQuerySet):
                return cast("Self", other)
        return self._combinator_query("intersection", *other_qs)

    def difference(self, *other_qs: Any) -> Self:
        """Return the rows that none of the other querysets has."""
        if isinstance(self, EmptyQuerySet):
            return self
        return self._combinator_query("difference", *other_qs)
