"""Attributes that are computed when they are first read, and may be assigned instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fastjango.core.functional import cached_property

__all__ = ["lazy_attribute"]

T = TypeVar("T")


class lazy_attribute(cached_property[T]):  # noqa: N801 - used like `property`
    """A cached property that type checkers allow to be assigned and deleted.

    Both work on any cached property: the value lives in the instance's `__dict__`.
    """

    if TYPE_CHECKING:

        def __set__(self, instance: object, value: T) -> None: ...
        def __delete__(self, instance: object) -> None: ...
