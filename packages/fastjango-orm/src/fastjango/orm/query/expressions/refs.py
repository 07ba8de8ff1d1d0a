"""References to fields and annotations: `F`, `OuterRef`, slices of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NoReturn, Self

from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions.combinable import Combinable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastjango.orm.query.expressions.ordering import OrderBy

__all__ = ["F", "OuterRef", "ResolvedOuterRef", "Sliced"]


class F(Combinable):
    """A reference to a field, a related field, a transform or an annotation.

    Args:
        name: The path, as in a lookup: `"author__name"`.
    """

    allowed_default = False

    def __init__(self, name: str) -> None:
        self.name: Any = name

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.name})"

    def __getitem__(self, subscript: int | slice) -> Sliced:
        return Sliced(self, subscript)

    def __contains__(self, other: object) -> NoReturn:
        # Without this, `in` would try F("x")[0], F("x")[1], ... for ever.
        raise TypeError(f"argument of type '{self.__class__.__name__}' is not iterable")

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Return the column or annotation that the name stands for."""
        return query.resolve_ref(self.name, allow_joins, reuse, summarize)

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> Any:
        """Return the replacement of this reference, with its transforms applied."""
        if (found := replacements.get(self)) is not None:
            return found
        name, *transforms = self.name.split(LOOKUP_SEP)
        if not transforms:
            return self
        found = replacements.get(F(name))
        if found is None or found._output_field_or_none is None:
            return self
        for transform in transforms:
            transform_class = found.get_transform(transform)
            if transform_class is None:
                return self
            found = transform_class(found)
        return found

    def asc(self, **kwargs: Any) -> OrderBy:
        """Return an ascending ordering; `nulls_first` and `nulls_last` place NULLs."""
        from fastjango.orm.query.expressions.ordering import OrderBy

        return OrderBy(self, **kwargs)

    def desc(self, **kwargs: Any) -> OrderBy:
        """Return a descending ordering; `nulls_first` and `nulls_last` place NULLs."""
        from fastjango.orm.query.expressions.ordering import OrderBy

        return OrderBy(self, descending=True, **kwargs)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes."""
        return f"fastjango.orm.models.{self.__class__.__name__}", (self.name,), {}

    def copy(self) -> Self:
        """Return a shallow copy."""
        return copy.copy(self)

    def __eq__(self, other: object) -> bool:
        return self.__class__ == other.__class__ and self.name == getattr(other, "name", None)

    def __hash__(self) -> int:
        return hash(self.name)


class ResolvedOuterRef(F):
    """A reference that waits for the query around its own."""

    contains_aggregate = False
    contains_over_clause = False

    def as_sql(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: the outer query is missing."""
        raise ValueError(
            "This queryset contains a reference to an outer query and may "
            "only be used in a subquery."
        )

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Return the outer query's column."""
        column = super().resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if column.contains_over_clause:
            raise NotSupportedError(
                f"Referencing outer query window expression is not supported: {self.name}."
            )
        column.possibly_multivalued = LOOKUP_SEP in self.name
        return column

    def relabeled_clone(self, relabels: Mapping[str | None, str]) -> Self:
        """Return this object: it names no alias yet."""
        return self

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing: the outer query's row is constant here."""
        return []


class OuterRef(F):
    """A reference, inside a subquery, to a field of the query around it."""

    contains_aggregate = False
    contains_over_clause = False

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Step one level outwards."""
        if isinstance(self.name, self.__class__):
            return self.name
        return ResolvedOuterRef(self.name)

    def relabeled_clone(self, relabels: Mapping[str | None, str]) -> Self:
        """Return this object: it names no alias yet."""
        return self


class Sliced(F):
    """Part of a text or array column: `F("name")[:3]`.

    Args:
        obj: The reference that is sliced.
        subscript: A non-negative index, or a slice without step.
    """

    def __init__(self, obj: F, subscript: int | slice) -> None:
        super().__init__(obj.name)
        self.obj = obj
        self.start: int
        self.length: int | None
        if isinstance(subscript, int):
            if subscript < 0:
                raise ValueError("Negative indexing is not supported.")
            self.start, self.length = subscript + 1, 1
        elif isinstance(subscript, slice):  # pyright: ignore[reportUnnecessaryIsInstance]
            self.start, self.length = self._bounds(subscript)
        else:
            raise TypeError("Argument to slice must be either int or slice instance.")

    @staticmethod
    def _bounds(part: slice) -> tuple[int, int | None]:
        start: int | None = part.start
        stop: int | None = part.stop
        if (start is not None and start < 0) or (stop is not None and stop < 0):
            raise ValueError("Negative indexing is not supported.")
        if part.step is not None:
            raise ValueError("Step argument is not supported.")
        if stop and start and stop < start:
            raise ValueError("Slice stop must be greater than slice start.")
        return (start or 0) + 1, None if stop is None else stop - (start or 0)

    def __repr__(self) -> str:
        start = self.start - 1
        stop = None if self.length is None else start + self.length
        return f"{self.__class__.__qualname__}({self.obj!r}, {slice(start, stop)!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sliced)
            and self.obj == other.obj
            and (self.start, self.length) == (other.start, other.length)
        )

    def __hash__(self) -> int:
        return hash((self.obj, self.start, self.length))

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Let the output field build the slice."""
        resolved = query.resolve_ref(self.name, allow_joins, reuse, summarize)
        inner = resolved
        if isinstance(self.obj, (OuterRef, Sliced)):
            inner = self.obj.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        return resolved.output_field.slice_expression(inner, self.start, self.length)
