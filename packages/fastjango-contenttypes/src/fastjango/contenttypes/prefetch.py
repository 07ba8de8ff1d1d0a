"""`GenericPrefetch`: prefetching a generic relation with querysets of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.orm.models import Prefetch
from fastjango.orm.query.iterables import ModelIterable
from fastjango.orm.query.raw import RawQuerySet

__all__ = ["GenericPrefetch"]


class GenericPrefetch(Prefetch):
    """Which querysets a generic foreign key is prefetched with, one for each model at most.

    Args:
        lookup: Name of the relation.
        querysets: Querysets that give instances.
        to_attr: Attribute that receives the result instead of the relation.

    Raises:
        ValueError: A queryset gives something else than instances.
    """

    def __init__(self, lookup: str, querysets: Sequence[Any], to_attr: str | None = None) -> None:
        for queryset in querysets:
            kind = getattr(queryset, "_iterable_class", ModelIterable)
            if isinstance(queryset, RawQuerySet) or not issubclass(kind, ModelIterable):
                raise ValueError(
                    "Prefetch querysets cannot use raw(), values(), and values_list()."
                )
        self.querysets = querysets
        super().__init__(lookup, to_attr=to_attr)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        copies: list[Any] = []
        for queryset in self.querysets:
            if queryset is not None:
                new = queryset._chain()
                # Pickling must not query.
                new._result_cache = []
                new._prefetch_done = True
                copies.append(new)
        state["querysets"] = copies
        return state

    def get_current_querysets(self, level: int) -> Any:
        """The querysets, at the level they are for."""
        if self.get_current_prefetch_to(level) == self.prefetch_to:
            return self.querysets
        return None
