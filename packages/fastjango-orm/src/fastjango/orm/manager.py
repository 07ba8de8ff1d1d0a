"""Managers: where queries on a model begin."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportIncompatibleMethodOverride=false

# A manager gives querysets where a queryset gives itself.
# mypy: disable-error-code="no-any-return,override"

from __future__ import annotations

import copy
import inspect
from collections.abc import AsyncIterable, Callable, Iterable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self

from fastjango.orm.query.queryset import QuerySet
from typing_extensions import TypeVar

__all__ = [
    "BaseManager",
    "EmptyManager",
    "Manager",
    "ManagerDescriptor",
    "ManyRelatedManager",
    "RelatedManager",
]

ModelT = TypeVar("ModelT", bound=Any, default=Any)

if TYPE_CHECKING:
    _M = TypeVar("_M")

    class DefaultManager:
        """`objects` of a model that declares no manager.

        Every manager passes for one, so that a project's own may take its place.
        """

        def __get__(self, instance: None, owner: type[_M]) -> Manager[_M]: ...

else:

    class DefaultManager:
        """What every manager passes for."""


class BaseManager(Generic[ModelT], DefaultManager):
    """What managers have in common; `from_queryset` gives it query methods.

    Attributes:
        use_in_migrations: Whether historical models in migrations get this manager.
        auto_created: Made because the model declared none.
    """

    creation_counter: int = 0
    auto_created: bool = False
    use_in_migrations: bool = False
    _queryset_class: ClassVar[Any]
    _constructor_args: tuple[tuple[Any, ...], dict[str, Any]]

    if TYPE_CHECKING:

        def __get__(self, instance: None, owner: type[Any]) -> Self: ...

    else:

        def __class_getitem__(cls, params):
            # Parameters are for type checkers; subclasses made by `type()` have none to check.
            return cls

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Migrations write the arguments down.
        manager = super().__new__(cls)
        manager._constructor_args = (args, kwargs)
        return manager

    def __init__(self) -> None:
        super().__init__()
        self._set_creation_counter()
        self.model: Any = None
        self.name: Any = None
        self._db: str | None = None
        self._hints: dict[str, Any] = {}

    def _set_creation_counter(self) -> None:
        self.creation_counter = BaseManager.creation_counter
        BaseManager.creation_counter += 1

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__) and self._constructor_args == other._constructor_args
        )

    def __hash__(self) -> int:
        return id(self)

    def deconstruct(
        self,
    ) -> tuple[bool, str | None, str | None, tuple[Any, ...] | None, dict[str, Any] | None]:
        """What is needed to write the manager down in a migration.

        Returns:
            Whether it was made by `as_manager`, path of the manager class, path of the queryset
            class, positional and keyword arguments; what does not apply is `None`.

        Raises:
            ValueError: The class cannot be imported by its name.
        """
        if getattr(self, "_built_with_as_manager", False):
            queryset = self._queryset_class
            return True, None, f"{queryset.__module__}.{queryset.__name__}", None, None
        module, name = self.__module__, type(self).__name__
        if not hasattr(import_module(module), name):
            raise ValueError(
                f"Could not find manager {name} in {module}.\n"
                "Please note that you need to inherit from managers you dynamically generated "
                "with 'from_queryset()'."
            )
        return False, f"{module}.{name}", None, *self._constructor_args

    def check(self, **kwargs: Any) -> list[Any]:
        """Hook for system checks."""
        return []

    @classmethod
    def _get_queryset_methods(cls, queryset_class: type[Any]) -> dict[str, Any]:
        """Methods for a manager that pass calls on to a queryset."""

        def passing_on(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(method)
            def manager_method(self: Any, *args: Any, **kwargs: Any) -> Any:
                return getattr(self.get_queryset(), name)(*args, **kwargs)

            return manager_method

        methods: dict[str, Any] = {}
        for name, method in inspect.getmembers(queryset_class, predicate=inspect.isfunction):
            if hasattr(cls, name):
                continue
            queryset_only = getattr(method, "queryset_only", None)
            if queryset_only or (queryset_only is None and name.startswith("_")):
                continue
            methods[name] = passing_on(name, method)
        return methods

    @classmethod
    def from_queryset(cls, queryset_class: type[Any], class_name: str | None = None) -> type[Any]:
        """A manager class with the public methods of a queryset class.

        Methods with `queryset_only = True` are left out; private ones come along with
        `queryset_only = False`.
        """
        name = class_name or f"{cls.__name__}From{queryset_class.__name__}"
        methods = cls._get_queryset_methods(queryset_class)
        return type(name, (cls,), {"_queryset_class": queryset_class, **methods})

    def contribute_to_class(self, cls: Any, name: str) -> None:
        """Become the manager `name` of the model."""
        self.name = self.name or name
        self.model = cls
        setattr(cls, name, ManagerDescriptor(self))
        cls._meta.add_manager(self)

    def db_manager(self, using: str | None = None, hints: dict[str, Any] | None = None) -> Self:
        """This manager on another database."""
        manager = copy.copy(self)
        manager._db = using or self._db
        manager._hints = hints or self._hints
        return manager

    @property
    def db(self) -> str:
        """Alias of the database that queries go to."""
        from fastjango.orm import router

        return self._db or router.db_for_read(self.model, **self._hints)

    def get_queryset(self) -> QuerySet[ModelT]:
        """A new queryset; override it to narrow what the manager finds."""
        queryset_class = self._queryset_class
        if queryset_class.__init__ is not QuerySet.__init__:
            return queryset_class(model=self.model, using=self._db, hints=self._hints)
        return queryset_class._begun(self.model, self._db, self._hints)

    def all(self) -> QuerySet[ModelT]:
        """All rows."""
        # Not passed on to QuerySet.all(): the copy it makes would lose prefetched objects.
        return self.get_queryset()


if TYPE_CHECKING:

    class Manager(BaseManager[ModelT], QuerySet[ModelT]):
        """The default manager, with every method of `QuerySet`."""

        # Rows are asked of a queryset: `for book in Book.objects` raises.
        __iter__: None  # type: ignore[assignment]  # pyright: ignore
        __aiter__: None  # type: ignore[assignment]  # pyright: ignore
        __len__: None  # type: ignore[assignment]  # pyright: ignore
        __getitem__: None  # type: ignore[assignment]  # pyright: ignore

        def all(self) -> QuerySet[ModelT]: ...

        # What gives `Self` on a queryset gives a queryset on a manager.
        def none(self) -> QuerySet[ModelT]: ...
        def filter(self, *args: Any, **kwargs: Any) -> QuerySet[ModelT]: ...
        def exclude(self, *args: Any, **kwargs: Any) -> QuerySet[ModelT]: ...
        def complex_filter(self, filter_obj: Any) -> QuerySet[ModelT]: ...
        def order_by(self, *field_names: Any) -> QuerySet[ModelT]: ...
        def distinct(self, *field_names: str) -> QuerySet[ModelT]: ...
        def reverse(self) -> QuerySet[ModelT]: ...
        def using(self, alias: str | None) -> QuerySet[ModelT]: ...
        def select_related(self, *fields: Any) -> QuerySet[ModelT]: ...
        def prefetch_related(self, *lookups: Any) -> QuerySet[ModelT]: ...
        def select_for_update(
            self,
            nowait: bool = False,
            skip_locked: bool = False,
            of: Any = (),
            no_key: bool = False,
        ) -> QuerySet[ModelT]: ...
        def defer(self, *fields: Any) -> QuerySet[ModelT]: ...
        def only(self, *fields: str) -> QuerySet[ModelT]: ...
        def annotate(self, *args: Any, **kwargs: Any) -> QuerySet[ModelT]: ...
        def alias(self, *args: Any, **kwargs: Any) -> QuerySet[ModelT]: ...
        def fetch_mode(self, fetch_mode: Any) -> QuerySet[ModelT]: ...
        def union(self, *other_qs: Any, all: bool = False) -> QuerySet[ModelT]: ...
        def intersection(self, *other_qs: Any) -> QuerySet[ModelT]: ...
        def difference(self, *other_qs: Any) -> QuerySet[ModelT]: ...

    class RelatedManager(Manager[ModelT]):
        """Manager of the many objects whose foreign key points to one.

        `remove()` and `clear()` exist at run time where the foreign key may be null.
        """

        def add(self, *objs: ModelT, bulk: bool = True) -> None: ...
        async def aadd(self, *objs: ModelT, bulk: bool = True) -> None: ...
        def remove(self, *objs: ModelT, bulk: bool = True) -> None: ...
        async def aremove(self, *objs: ModelT, bulk: bool = True) -> None: ...
        def clear(self, *, bulk: bool = True) -> None: ...
        async def aclear(self, *, bulk: bool = True) -> None: ...
        def set(
            self, objs: Iterable[ModelT], *, bulk: bool = True, clear: bool = False
        ) -> None: ...
        async def aset(
            self,
            objs: Iterable[ModelT] | AsyncIterable[ModelT],
            *,
            bulk: bool = True,
            clear: bool = False,
        ) -> None: ...

    class ManyRelatedManager(Manager[ModelT]):
        """Manager of the objects on the other side of a many-to-many relation.

        Objects may also be given by their keys.
        """

        def add(self, *objs: ModelT | Any, through_defaults: Any = None) -> None: ...
        async def aadd(self, *objs: ModelT | Any, through_defaults: Any = None) -> None: ...
        def remove(self, *objs: ModelT | Any) -> None: ...
        async def aremove(self, *objs: ModelT | Any) -> None: ...
        def clear(self) -> None: ...
        async def aclear(self) -> None: ...
        def set(
            self, objs: Iterable[Any], *, clear: bool = False, through_defaults: Any = None
        ) -> None: ...
        async def aset(
            self,
            objs: Iterable[Any] | AsyncIterable[Any],
            *,
            clear: bool = False,
            through_defaults: Any = None,
        ) -> None: ...

else:

    class Manager(BaseManager.from_queryset(QuerySet)):
        """The default manager, with every method of `QuerySet`."""

    class RelatedManager(Manager):
        """Type of `author.articles`; the classes themselves are made for each relation."""

    class ManyRelatedManager(Manager):
        """Type of `article.tags`; the classes themselves are made for each relation."""


class ManagerDescriptor:
    """Gives the manager on the class and refuses it on instances."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        model: Any = owner
        if instance is not None:
            raise AttributeError(f"Manager isn't accessible via {model.__name__} instances")
        opts = model._meta
        if opts.abstract:
            raise AttributeError(f"Manager isn't available; {opts.object_name} is abstract")
        if opts.swapped:
            raise AttributeError(
                f"Manager isn't available; '{opts.label}' has been swapped for '{opts.swapped}'"
            )
        return opts.managers_map[self.manager.name]


class EmptyManager(Manager[ModelT]):
    """A manager that finds nothing."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def get_queryset(self) -> QuerySet[ModelT]:
        """No rows."""
        return super().get_queryset().none()
