"""`Reverse` and `ReverseOne`: declare for type checkers what a relation adds to the other model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, overload

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from fastjango.orm.manager import RelatedManager

__all__ = ["Reverse", "ReverseOne"]

_M = TypeVar("_M")


class _Declared(Generic[_M]):
    """An attribute that a relation of another model will replace."""

    if not TYPE_CHECKING:

        def __class_getitem__(cls, params):
            return cls

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    if not TYPE_CHECKING:

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            raise AttributeError(
                f"{owner.__name__}.{self.name} was declared, but no relation is called so. Give "
                f'the foreign key of the other model related_name="{self.name}".'
            )


class Reverse(_Declared[_M]):
    """`articles = Reverse["Article"]()`: the objects whose foreign key points here.

    The relation itself makes the attribute, under its `related_name`; this only tells its type.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, instance: Any, owner: type[Any]) -> RelatedManager[_M]: ...
        def __get__(self, instance: Any, owner: type[Any]) -> Any: ...


class ReverseOne(_Declared[_M]):
    """`passport = ReverseOne["Passport"]()`: the object whose one-to-one field points here."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Self: ...
        @overload
        def __get__(self, instance: Any, owner: type[Any]) -> _M: ...
        def __get__(self, instance: Any, owner: type[Any]) -> Any: ...
        def __set__(self, instance: Any, value: _M | None) -> None: ...
