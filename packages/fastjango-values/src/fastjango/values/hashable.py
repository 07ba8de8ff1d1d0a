"""Hashable forms of nested values, as in `django.utils.hashable`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from collections.abc import Hashable, Iterable
from typing import Any

__all__ = ["make_hashable"]


def make_hashable(value: Any) -> Hashable:
    """Return a hashable value; equal inputs give results with equal hashes.

    Dictionaries become tuples of sorted pairs, other unhashable iterables tuples.

    Raises:
        TypeError: A part of the value is neither hashable nor iterable.
    """
    if isinstance(value, dict):
        items: Iterable[tuple[Any, Any]] = value.items()
        return tuple((key, make_hashable(nested)) for key, nested in sorted(items))
    try:
        hash(value)
    except TypeError:
        if isinstance(value, Iterable):
            parts: Iterable[Any] = value
            return tuple(make_hashable(part) for part in parts)
        raise
    return value  # type: ignore[no-any-return]
