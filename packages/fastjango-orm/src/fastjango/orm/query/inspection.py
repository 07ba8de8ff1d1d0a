"""Looking at what a queryset asks for without taking it out of the plan cache."""

# pyright: reportPrivateUsage=false
# Querysets are of this package.

from __future__ import annotations

from typing import Any

__all__ = ["described"]


def described(queryset: Any) -> Any:
    """Return the query of a queryset, to be looked at only.

    `queryset.query` hands out a query that may be changed, and so leaves the plan behind. This one
    may be shared: it tells what is selected, joined, ordered and grouped, but of conditions and
    limits only their places, and must not be changed.

    Args:
        queryset: The queryset.
    """
    if queryset._shape is not None and queryset._narrow_later is None:
        return queryset._shape.template
    return queryset.query
