"""`QuerySet`: a lazy query over a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from fastjango.orm.query.queryset.bulk import BulkWriting
from fastjango.orm.query.queryset.core import EmptyQuerySet, marked
from fastjango.orm.query.queryset.creating import Creating
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from fastjango.orm.manager import Manager

__all__ = ["EmptyQuerySet", "QuerySet"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)


class QuerySet(Creating[_Model, _Row], BulkWriting[_Model, _Row], Generic[_Model, _Row]):
    """A lazy query over a model.

    Building it asks nothing of the database; iterating over it, or calling one of the
    methods that return results, does. Every such method has an asynchronous twin with an `a`
    before its name, and `async for` iterates.
    """

    @classmethod
    @marked(queryset_only=True)
    def as_manager(cls) -> Manager[_Model]:
        """Return a manager with the methods of this class."""
        from fastjango.orm.manager import Manager

        manager: Any = Manager.from_queryset(cls)()
        manager._built_with_as_manager = True
        return manager  # type: ignore[no-any-return]  # the class is made on the fly
