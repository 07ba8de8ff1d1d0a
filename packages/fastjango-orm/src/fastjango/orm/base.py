"""`Model`: the base class of models."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportArgumentType=false
# pyright: reportAttributeAccessIssue=false
# pyright: reportIncompatibleVariableOverride=false
# pyright: reportIndexIssue=false
# pyright: reportPrivateUsage=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Self

from fastjango.core import apps as default_apps
from fastjango.core.aio import is_loop_running
from fastjango.core.checks import Tags
from fastjango.core.checks import register as register_check
from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.values.encoding import force_str
from fastjango.values.hashable import make_hashable

from .checks import check_all_models, check_database_backends, check_lazy_references
from .construction import DEFERRED, Deferred, construction_of
from .engine.runner import arun, run
from .fetch_modes import takes_fetch_mode
from .fields.not_provided import NOT_PROVIDED
from .fields.reverse import ForeignObjectRel
from .interop import SQLModelInterop
from .metaclass import ModelBase
from .model_checks import ModelChecks
from .names import AltersData
from .neighbours import next_or_previous_by_date, next_or_previous_in_order
from .quicksave import aquick_save, define_plain, quick_save
from .refreshing import refresh_steps
from .router import router
from .saving import (
    call_save,
    in_thread,
    prepare_related_fields,
    save_base_steps,
    save_steps,
    signal_step,
)
from .signals import post_init, pre_init
from .state import ModelState
from .validation import ModelValidation

if TYPE_CHECKING:
    from fastjango.core.exceptions import (
        MultipleObjectsReturned as _MultipleObjectsReturned,
    )
    from fastjango.core.exceptions import ObjectDoesNotExist as _ObjectDoesNotExist

    from .exceptions import DatabaseError as _DatabaseError
    from .manager import DefaultManager, Manager
    from .options import Options

    class _SQLModel:
        """Static face of SQLModel: without its synthesised `__init__`."""

    _BaseModel = _SQLModel
else:
    from pydantic import BaseModel as _BaseModel
    from sqlmodel import SQLModel as _SQLModel

__all__ = ["DEFERRED", "Deferred", "Model", "ModelBase", "call_save", "signal_step"]

#: Key under which a pickled instance carries the version it was pickled with.
VERSION_PICKLE_KEY = "_fastjango_version"


def _inits_listened(cls: Any) -> bool:
    """Whether somebody listens to the creation of instances of a class."""
    return bool(
        (pre_init.receivers and pre_init.has_listeners(cls))
        or (post_init.receivers and post_init.has_listeners(cls))
    )


class _LazyState:
    """Gives an instance that nobody initialised (as a Session's) its state."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        from .interop import state_for

        state = instance.__dict__["_state"] = state_for(instance)
        return state


def _only_sync_is_overridden(cls: type[Any]) -> bool:
    """Tell whether the class that has the last word on `save` leaves `asave` to others."""
    owner = next(base for base in cls.__mro__ if "save" in vars(base))
    return "asave" not in vars(owner)


def model_unpickle(model_id: tuple[str, str] | Any) -> Any:
    """An empty instance for unpickling to fill."""
    model: Any = default_apps.get_model(*model_id) if isinstance(model_id, tuple) else model_id
    return model.__new__(model)


class Model(
    AltersData, ModelValidation, ModelChecks, SQLModelInterop, _SQLModel, metaclass=ModelBase
):
    """Base of models: a class is a table, an instance a row.

    Positional arguments fill the fields in order, keywords by name; the rest get their defaults.
    Nothing is validated: see `full_clean`.
    """

    if TYPE_CHECKING:
        _meta: ClassVar[Options]
        _base_manager: ClassVar[Manager[Self]]
        _default_manager: ClassVar[Manager[Self]]
        # Without an annotation: a project's manager of that name keeps its own type.
        objects = DefaultManager()
        pk: Any

        class DoesNotExist(_ObjectDoesNotExist): ...

        class MultipleObjectsReturned(_MultipleObjectsReturned): ...

        class NotUpdated(_DatabaseError): ...

    else:

        def __new__(cls, /, *args, **kwargs):
            # Not SQLModel's, which prepares what pydantic and a Session may never ask for.
            return object.__new__(cls)

        __setattr__ = object.__setattr__
        __delattr__ = object.__delattr__

    _state: Any = _LazyState()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        if not args and not ((pre_init.receivers or post_init.receivers) and _inits_listened(cls)):
            made = construction_of(cls)
            if made is not None and made.fill(self, kwargs):
                return
        opts = cls._meta
        if opts.abstract:
            raise TypeError("Abstract models cannot be instantiated.")
        if pre_init.receivers:
            pre_init.send(sender=cls, args=args, kwargs=kwargs)
        self._state = ModelState()
        concrete = opts.concrete_fields
        if len(args) > len(concrete):
            raise IndexError("Number of args exceeds number of fields")
        for field in self._set_positional(args, kwargs) if args else concrete:
            if field.column is None or field.generated:
                continue
            name = field.attname
            if kwargs:
                if isinstance(field.remote_field, ForeignObjectRel) and field.name in kwargs:
                    related = kwargs.pop(field.name)
                    if related is not DEFERRED:
                        # Through the descriptor, which keeps the object.
                        setattr(self, field.name, related)
                    continue
                value = kwargs.pop(name) if name in kwargs else field.get_default()
            else:
                value = field.get_default()
            if value is not DEFERRED:
                setattr(self, name, value)
        if kwargs:
            self._set_extra(kwargs)
        if cls.__mro__[-2] is not _BaseModel:
            # Mixins behind `Model`; SQLModel and pydantic have nothing to initialise.
            super(_BaseModel, self).__init__()
        if post_init.receivers:
            post_init.send(sender=cls, instance=self)

    def _set_positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Set the first fields in order; the others are returned."""
        opts = self._meta
        # Keywords may name fields without a column; positions count columns only without.
        fields = iter(opts.fields if kwargs else opts.concrete_fields)
        for value, field in zip(args, fields, strict=False):
            if value is not DEFERRED:
                setattr(self, field.attname, value)
                if kwargs and kwargs.pop(field.name, NOT_PROVIDED) is not NOT_PROVIDED:
                    raise TypeError(
                        f"{type(self).__qualname__}() got both positional and keyword arguments "
                        f"for field '{field.name}'."
                    )
        return list(fields)

    def _set_extra(self, kwargs: dict[str, Any]) -> None:
        """Set what is no column: properties, and relations without one."""
        opts = self._meta
        unexpected: list[str] = []
        for name, value in kwargs.items():
            if name not in opts._property_names:
                try:
                    opts.get_field(name)
                except FieldDoesNotExist:
                    unexpected.append(repr(name))
                    continue
            if value is not DEFERRED:
                setattr(self, name, value)
        if unexpected:
            raise TypeError(
                f"{type(self).__name__}() got unexpected keyword arguments: {', '.join(unexpected)}"
            )

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Iterable[str], values: Any, *, fetch_mode: Any = None
    ) -> Self:
        """Make the instance of a row.

        Args:
            db: Alias of the database the row comes from.
            field_names: Attribute names of the columns fetched.
            values: Their values, in order of the model's columns.
        """
        opts: Any = cls._meta
        if len(values) != len(opts.concrete_fields):
            rest = iter(values)
            values = [
                next(rest) if field.attname in field_names else DEFERRED
                for field in opts.concrete_fields
            ]
        new = cls(*values)
        new._state.adding = False
        new._state.db = db
        if fetch_mode is not None:
            new._state.fetch_mode = fetch_mode
        return new

    @classmethod
    def _from_row(
        cls, db: str | None, field_names: Iterable[str], values: Any, *, fetch_mode: Any
    ) -> Self:
        """Call `from_db`, which an older class may define without `fetch_mode`."""
        if not takes_fetch_mode(cls.from_db):
            new = cls.from_db(db, field_names, values)
            new._state.fetch_mode = fetch_mode
            return new
        return cls.from_db(db, field_names, values, fetch_mode=fetch_mode)

    # Identity

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} object ({self.pk})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model):
            return NotImplemented
        if self._meta.concrete_model != other._meta.concrete_model:
            return False
        mine = self.pk
        return self is other if mine is None else mine == other.pk

    def __hash__(self) -> int:
        if not self._is_pk_set():
            raise TypeError("Model instances without primary key value are unhashable")
        return hash(self.pk)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            # Asked once more, so that a descriptor's own error comes out. (pydantic's method would
            # look for private attributes, of which models have none.)
            return object.__getattribute__(self, name)

    # Copying and pickling

    def __reduce__(self) -> Any:
        data = self.__getstate__()
        data[VERSION_PICKLE_KEY] = version("fastjango-orm")
        return model_unpickle, ((self._meta.app_label, self._meta.object_name),), data

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: everything, with memory views as bytes."""
        state = self.__dict__.copy()
        state.pop("_sa_instance_state", None)
        own = state["_state"] = copy.copy(self._state)
        own.fields_cache = own.fields_cache.copy()
        views = [(name, bytes(v)) for name, v in state.items() if isinstance(v, memoryview)]
        if views:
            state["_memoryview_attrs"] = views
            for name, _ in views:
                del state[name]
        return state

    def __setstate__(self, state: dict[Any, Any]) -> None:
        here = version("fastjango-orm")
        pickled = state.pop(VERSION_PICKLE_KEY, None)
        if pickled is None:
            warnings.warn(
                "Pickled model instance's FastJango version is not specified.",
                RuntimeWarning,
                stacklevel=2,
            )
        elif pickled != here:
            warnings.warn(
                f"Pickled model instance's FastJango version {pickled} does not match the current "
                f"version {here}.",
                RuntimeWarning,
                stacklevel=2,
            )
        for name, value in state.pop("_memoryview_attrs", ()):
            state[name] = memoryview(value)
        self.__dict__.update(state)

    def __copy__(self) -> Self:
        # pydantic's would copy fields only.
        new: Any = type(self).__new__(type(self))
        new.__dict__.update(self.__getstate__())
        views = new.__dict__.pop("_memoryview_attrs", ())
        new.__dict__.update((name, memoryview(value)) for name, value in views)
        return new

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        new: Any = type(self).__new__(type(self))
        memo[id(self)] = new
        state = self.__getstate__()
        views = state.pop("_memoryview_attrs", ())
        new.__dict__.update(copy.deepcopy(state, memo))
        new.__dict__.update((name, memoryview(value)) for name, value in views)
        return new

    # Primary key

    def _get_pk_val(self, meta: Any = None) -> Any:
        return getattr(self, (meta or self._meta).pk.attname)

    def _set_pk_val(self, value: Any) -> None:
        opts: Any = self._meta
        for link in opts.parents.values():
            if link and link != opts.pk:
                setattr(self, link.target_field.attname, value)
        setattr(self, opts.pk.attname, value)

    if not TYPE_CHECKING:
        pk = property(_get_pk_val, _set_pk_val)

    def _is_pk_set(self, meta: Any = None) -> bool:
        """Whether the key is known, all parts of it."""
        value = self._get_pk_val(meta)
        if value is None:
            return False
        if isinstance(value, (int, str)):
            return True
        from .query.expressions import DatabaseDefault

        parts: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
        return not any(part is None or isinstance(part, DatabaseDefault) for part in parts)

    # Loading

    def get_deferred_fields(self) -> set[str]:
        """Attribute names of the columns that were not fetched."""
        present = self.__dict__
        return {f.attname for f in self._meta.concrete_fields if f.attname not in present}

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: Any = None,
    ) -> None:
        """Read the values again.

        Args:
            using: Database to read from; the one the instance came from by default.
            fields: Names to read; all that were fetched by default.
            from_queryset: Where to look for the row.

        Raises:
            DoesNotExist: There is no such row any more.
        """
        alias = using or self._state.db
        steps = refresh_steps(self, using, fields, from_queryset)
        run(steps, alias, name="refresh_from_db", twin="arefresh_from_db")

    async def arefresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: Any = None,
    ) -> None:
        """Asynchronous twin of `refresh_from_db`; relations among `fields` are loaded too."""
        await arun(refresh_steps(self, using, fields, from_queryset), using or self._state.db)

    # Values

    def serializable_value(self, field_name: str) -> Any:
        """The value of a field, of a relation its key; else the attribute of that name."""
        try:
            field = self._meta.get_field(field_name)
        except FieldDoesNotExist:
            return getattr(self, field_name)
        return getattr(self, field.attname)

    def _get_FIELD_display(self, field: Any) -> Any:  # noqa: N802 - the name users override
        value = getattr(self, field.attname)
        flat: Any = make_hashable(field.flatchoices)
        labels: dict[Any, Any] = dict(flat)
        return force_str(labels.get(make_hashable(value), value), strings_only=True)

    def prepare_database_save(self, field: Any) -> Any:
        """The value that stands for the instance in a query.

        Raises:
            ValueError: The instance has no key yet.
        """
        if not self._is_pk_set():
            raise ValueError(f"Unsaved model instance {self!r} cannot be used in an ORM query.")
        return getattr(self, field.remote_field.get_related_field().attname)

    # Saving

    def save(
        self,
        *,
        force_insert: bool | tuple[type[Any], ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the instance: update its row, or insert it if there is none.

        Args:
            force_insert: Insert, whatever there is; a tuple names the parent classes to insert.
            force_update: Update; no row is an error.
            using: Database to write to; the routers decide by default.
            update_fields: Names of the only fields to update.

        Raises:
            NotUpdated: There was no row to update.
            ValueError: The arguments contradict each other, or a related object is unsaved.
        """
        options: dict[str, Any] = {
            "force_insert": force_insert,
            "force_update": force_update,
            "using": using,
            "update_fields": update_fields,
        }
        if type(self).save_base is not Model.save_base:
            from .saving import save_arguments

            arguments = save_arguments(self, **options)
            if arguments is not None:
                self.save_base(**arguments)
            return
        alias = self._write_db(using)
        if is_loop_running() or not quick_save(
            self, force_insert, force_update, alias, update_fields
        ):
            run(save_steps(self, **options), alias, name="save", twin="asave")

    async def asave(
        self,
        *,
        force_insert: bool | tuple[type[Any], ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Asynchronous twin of `save`.

        If a subclass overrides `save` without its twin, that is called in a worker thread.
        """
        options: dict[str, Any] = {
            "force_insert": force_insert,
            "force_update": force_update,
            "using": using,
            "update_fields": update_fields,
        }
        cls = type(self)
        if _only_sync_is_overridden(cls) or cls.save_base is not Model.save_base:
            await in_thread(self.save, **options)
            return
        alias = self._write_db(using)
        if not await aquick_save(self, force_insert, force_update, alias, update_fields):
            await arun(save_steps(self, **options), alias)

    def _write_db(self, using: str | None) -> str:
        return using or router.db_for_write(self.__class__, instance=self)

    def save_base(
        self,
        raw: bool = False,
        force_insert: bool | tuple[type[Any], ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the instance without the checks of `save`; fixtures do so with `raw=True`."""
        steps = save_base_steps(self, raw, force_insert, force_update, using, update_fields)
        run(steps, self._write_db(using), name="save_base", twin="asave")

    def save_steps(self, **options: Any) -> Any:
        """Steps of `save`, for code that runs on either edge."""
        return save_steps(self, **options)

    def save_base_steps(self, **options: Any) -> Any:
        """Steps of `save_base`, for code that runs on either edge."""
        return save_base_steps(self, **options)

    def _prepare_related_fields_for_save(self, operation_name: str, fields: Any = None) -> None:
        prepare_related_fields(self, operation_name, fields)

    # Deleting

    def delete_steps(self, using: str | None = None, keep_parents: bool = False) -> Any:
        """Steps of `delete`, for code that runs on either edge."""
        from .deletion import Collector

        if not self._is_pk_set():
            raise ValueError(
                f"{self._meta.object_name} object can't be deleted because its "
                f"{self._meta.pk.attname} attribute is set to None."
            )
        collector = Collector(using=self._write_db(using), origin=self)
        yield from collector.collect_steps([self], keep_parents=keep_parents)
        return (yield from collector.delete_steps())

    def delete(
        self, using: str | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Delete the row, and what `on_delete` says to delete with it.

        Args:
            using: Database to delete from; the routers decide by default.
            keep_parents: Leave the rows of the parent models.

        Returns:
            Number of rows deleted, and that number by model label.

        Raises:
            ProtectedError: Another row protects this one.
            RestrictedError: Another row restricts the deletion.
        """
        steps = self.delete_steps(using, keep_parents)
        return run(steps, self._write_db(using), name="delete", twin="adelete")

    async def adelete(
        self, using: str | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Asynchronous twin of `delete`.

        If a subclass overrides `delete` alone, that is called in a worker thread.
        """
        if type(self).delete is not Model.delete:
            return await in_thread(self.delete, using=using, keep_parents=keep_parents)
        return await arun(self.delete_steps(using, keep_parents), self._write_db(using))

    # Neighbours

    def _get_next_or_previous_by_FIELD(  # noqa: N802 - the name Django has
        self, field: Any, is_next: bool, **kwargs: Any
    ) -> Self:
        return next_or_previous_by_date(self, field, is_next, kwargs)

    def _get_next_or_previous_in_order(self, is_next: bool) -> Self:
        return next_or_previous_in_order(self, is_next)


define_plain(Model)
if not TYPE_CHECKING:
    for _method in (
        Model.save, Model.asave, Model.save_base, Model.delete, Model.adelete,
    ):  # fmt: skip
        _method.alters_data = True

# Whoever has models wants them checked; the ORM itself need not be among the installed apps.
register_check(check_all_models, Tags.models)
register_check(check_lazy_references, Tags.models)
register_check(check_database_backends, Tags.database)
