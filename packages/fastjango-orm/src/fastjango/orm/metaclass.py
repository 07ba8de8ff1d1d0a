"""`ModelBase`: makes model classes.

The class is a real SQLModel class, but SQLAlchemy's mapping and pydantic's schema are only built
when somebody asks for them (see `interop`), so that declaring a model costs a fraction of what a
mapped class costs.
"""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import copy
import inspect
from abc import ABCMeta
from functools import partialmethod
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from fastjango.core import apps as default_apps
from fastjango.core import settings
from fastjango.core.exceptions import (
    FieldError,
    MultipleObjectsReturned,
    ObjectDoesNotExist,
    ObjectNotUpdated,
)

from .exceptions import DatabaseError
from .fields.foreign_key import OneToOneField
from .fields.related import lazy_related_operation, resolve_relation
from .names import make_model_tuple
from .options import Options
from .signals import class_prepared

if TYPE_CHECKING:

    class _Metaclass(type): ...
else:
    from sqlmodel.main import SQLModelMetaclass as _Metaclass

__all__ = ["ModelBase"]


def _has_contribute_to_class(value: object) -> bool:
    # A class with such a method is not meant to be bound here.
    return not inspect.isclass(value) and hasattr(value, "contribute_to_class")


def _exception(name: str, bases: tuple[type, ...], owner: Any) -> type:
    """An exception class of a model, importable through it by pickle."""
    return type(
        name,
        bases,
        {"__module__": owner.__module__, "__qualname__": f"{owner.__qualname__}.{name}"},
    )


class ModelBase(_Metaclass):
    """Metaclass of models."""

    _meta: Any

    def __new__(
        mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any
    ) -> Any:
        parents = [base for base in bases if isinstance(base, ModelBase)]
        if not parents:
            return ABCMeta.__new__(cast("Any", mcs), name, bases, attrs, **kwargs)
        from .interop import adopt_sqlmodel_fields

        contributable: dict[str, Any] = {}
        plain: dict[str, Any] = {}
        meta_class = attrs.pop("Meta", None)
        adopt_sqlmodel_fields(attrs)
        for key, value in attrs.items():
            target = contributable if _has_contribute_to_class(value) else plain
            target[key] = value
        new_class: Any = ABCMeta.__new__(cast("Any", mcs), name, bases, plain, **kwargs)
        builder = _ModelBuilder(new_class, parents, meta_class, contributable)
        builder.build()
        return new_class

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: Any, **kwargs: Any) -> None:
        # Neither pydantic nor SQLAlchemy may look at the class yet.
        type.__init__(cls, name, bases, attrs)

    # Attributes are set as on any class; SQLAlchemy's hooks would map them.
    __setattr__ = type.__setattr__  # pyright: ignore  # slot wrapper
    __delattr__ = type.__delattr__  # pyright: ignore  # slot wrapper
    # Those of `abc` are many times dearer and answer the same here.
    __instancecheck__ = type.__instancecheck__  # pyright: ignore  # slot wrapper
    __subclasscheck__ = type.__subclasscheck__  # pyright: ignore  # slot wrapper

    if not TYPE_CHECKING:

        def __getattr__(cls, name):
            # pydantic's would look for private attributes, of which models have none. Python also
            # comes here when a descriptor raises: its error says more than this one.
            for base in cls.__mro__:
                found = base.__dict__.get(name)
                if found is not None and hasattr(found, "__get__"):
                    return found.__get__(None, cls)
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def add_to_class(cls, name: str, value: Any) -> None:
        """Set an attribute, letting fields and managers join the model."""
        if _has_contribute_to_class(value):
            value.contribute_to_class(cls, name)
        else:
            setattr(cls, name, value)

    @property
    def _base_manager(cls) -> Any:
        return cls._meta.base_manager

    @property
    def _default_manager(cls) -> Any:
        return cls._meta.default_manager


class _ModelBuilder:
    """Turns a bare class into a model: options, inheritance, fields, managers."""

    def __init__(
        self, cls: Any, parents: list[Any], meta_class: Any, contributable: dict[str, Any]
    ) -> None:
        self.cls = cls
        self.parents = parents
        self.model_parents = [parent for parent in parents if hasattr(parent, "_meta")]
        self.meta_class = meta_class
        self.contributable = contributable
        self.abstract = getattr(meta_class, "abstract", False)

    def build(self) -> None:
        """Do everything, in the order in which the parts depend on each other."""
        cls = self.cls
        base_meta = getattr(cls, "_meta", None)
        self._add_options(base_meta)
        opts = cls._meta
        if not self.abstract:
            self._add_exceptions()
            if base_meta and not base_meta.abstract:
                self._inherit_options(base_meta)
        if opts.proxy and base_meta and base_meta.swapped:
            raise TypeError(f"{cls.__name__} cannot proxy the swapped model '{base_meta.swapped}'.")
        for name, value in self.contributable.items():
            cls.add_to_class(name, value)
        fields = chain(opts.local_fields, opts.local_many_to_many, opts.private_fields)
        self.field_names = {field.name for field in fields}
        opts.concrete_model = self._proxied_model() if opts.proxy else cls
        self._inherit_fields()
        opts.indexes = [copy.deepcopy(index) for index in opts.indexes]
        if self.abstract:
            # A child must not become abstract by inheriting this `Meta`.
            self.meta_class.abstract = False
            cls.Meta = self.meta_class
            return
        prepare_class(cls)
        opts.apps.register_model(opts.app_label, cls)

    def _add_options(self, base_meta: Any) -> None:
        cls = self.cls
        meta = self.meta_class or getattr(cls, "Meta", None)
        app_label = None
        if getattr(meta, "app_label", None) is None:
            config = default_apps.get_containing_app_config(cls.__module__)
            if config is not None:
                app_label = config.label
            elif not self.abstract:
                raise RuntimeError(
                    f"Model class {cls.__module__}.{cls.__name__} doesn't declare an explicit "
                    "app_label and isn't in an application in INSTALLED_APPS."
                )
        self.meta = meta
        cls.add_to_class("_meta", Options(meta, app_label))

    def _add_exceptions(self) -> None:
        concrete = [parent for parent in self.model_parents if not parent._meta.abstract]
        for name, bases in (
            ("DoesNotExist", (ObjectDoesNotExist,)),
            ("MultipleObjectsReturned", (MultipleObjectsReturned,)),
            ("NotUpdated", (ObjectNotUpdated, DatabaseError)),
        ):
            inherited = tuple(getattr(parent, name) for parent in concrete)
            setattr(self.cls, name, _exception(name, inherited or bases, self.cls))

    def _inherit_options(self, base_meta: Any) -> None:
        opts = self.cls._meta
        if not hasattr(self.meta, "ordering"):
            opts.ordering = base_meta.ordering
        if not hasattr(self.meta, "get_latest_by"):
            opts.get_latest_by = base_meta.get_latest_by

    def _proxied_model(self) -> Any:
        """Set up a proxy and give the concrete model behind it."""
        cls = self.cls
        base: Any = None
        for parent in self.model_parents:
            if parent._meta.abstract:
                if parent._meta.fields:
                    raise TypeError(
                        "Abstract base class containing model fields not permitted for proxy "
                        f"model '{cls.__name__}'."
                    )
            elif base is None:
                base = parent
            elif parent._meta.concrete_model is not base._meta.concrete_model:
                raise TypeError(
                    f"Proxy model '{cls.__name__}' has more than one non-abstract model base class."
                )
        if base is None:
            raise TypeError(f"Proxy model '{cls.__name__}' has no non-abstract model base class.")
        cls._meta.setup_proxy(base)
        return base._meta.concrete_model

    def _parent_links(self) -> dict[tuple[str, str], Any]:
        """Parent links declared here or on abstract parents, by the model they point to."""
        links: dict[tuple[str, str], Any] = {}
        for base in reversed([self.cls, *self.model_parents]):
            if base != self.cls and not base._meta.abstract:
                continue
            for field in base._meta.local_fields:
                if isinstance(field, OneToOneField) and field.remote_field.parent_link:
                    related = resolve_relation(self.cls, field.remote_field.model)
                    links[make_model_tuple(related)] = field
        return links

    def _inherit_fields(self) -> None:
        links = self._parent_links()
        # Names that something nearer in the method resolution order has taken.
        self.inherited: set[str] = set()
        for base in self.cls.mro():
            if base not in self.parents or not hasattr(base, "_meta"):
                self.inherited.update(base.__dict__)
            elif base._meta.abstract:
                self._inherit_abstract(base)
                self._inherit_private(base)
            else:
                self._inherit_concrete(base, links)
                # A proxy parent stands for the concrete model behind it.
                self._inherit_private(base._meta.concrete_model)

    def _clash(self, field: Any, base: Any) -> FieldError:
        return FieldError(
            f"Local field {field.name!r} in class {self.cls.__name__!r} clashes with field of the "
            f"same name from base class {base.__name__!r}."
        )

    def _inherit_concrete(self, base: Any, links: dict[tuple[str, str], Any]) -> None:
        cls = self.cls
        for field in (*base._meta.local_fields, *base._meta.local_many_to_many):
            if field.name in self.field_names:
                raise self._clash(field, base)
            self.inherited.add(field.name)
        concrete = base._meta.concrete_model
        key = make_model_tuple(concrete)
        link: Any = None
        if key in links:
            link = links[key]
        elif not cls._meta.proxy:
            name = f"{concrete._meta.model_name}_ptr"
            from .deletion import CASCADE

            one_to_one: Any = OneToOneField
            link = one_to_one(
                concrete, on_delete=CASCADE, name=name, auto_created=True, parent_link=True
            )
            if name in self.field_names:
                raise FieldError(
                    f"Auto-generated field '{name}' in class {cls.__name__!r} for parent_link to "
                    f"base class {concrete.__name__!r} clashes with declared field of the same "
                    "name."
                )
            if not hasattr(cls, name):
                cls.add_to_class(name, link)
        cls._meta.parents[concrete] = link

    def _inherit_abstract(self, base: Any) -> None:
        cls = self.cls
        base_parents = base._meta.parents.copy()
        for field in (*base._meta.local_fields, *base._meta.local_many_to_many):
            name = field.name
            if name in self.field_names or name in cls.__dict__ or name in self.inherited:
                continue
            new_field = copy.deepcopy(field)
            cls.add_to_class(name, new_field)
            if field.one_to_one:
                for parent, link in base_parents.items():
                    if field == link:
                        base_parents[parent] = new_field
        cls._meta.parents.update(base_parents)

    def _inherit_private(self, base: Any) -> None:
        cls = self.cls
        for field in base._meta.private_fields:
            if field.name in self.field_names:
                if not base._meta.abstract:
                    raise self._clash(field, base)
            elif field.name not in cls.__dict__ and field.name not in self.inherited:
                field = copy.deepcopy(field)
                if not base._meta.abstract:
                    field.mti_inherited = True
                cls.add_to_class(field.name, field)


def prepare_class(cls: Any) -> None:
    """Finish a model whose fields are all there: key, accessors, managers, indexes, signal."""
    opts = cls._meta
    opts._prepare(cls)
    if opts.order_with_respect_to:
        step = cls._get_next_or_previous_in_order
        cls.get_next_in_order = partialmethod(step, is_next=True)
        cls.get_previous_in_order = partialmethod(step, is_next=False)
        # A generic relation makes its accessors itself.
        if opts.order_with_respect_to.remote_field:
            remote = opts.order_with_respect_to.remote_field.model
            lazy_related_operation(make_foreign_order_accessors, cls, remote)
    if cls.__dict__.get("__doc__") is None:
        cls.__doc__ = f"{cls.__name__}({', '.join(field.name for field in opts.fields)})"
    overrides = settings.ABSOLUTE_URL_OVERRIDES if settings.configured else {}
    if opts.label_lower in overrides:
        cls.get_absolute_url = overrides[opts.label_lower]
    if not opts.managers:
        if any(field.name == "objects" for field in opts.fields):
            raise ValueError(
                f"Model {cls.__name__} must specify a custom Manager, because it has a field named "
                "'objects'."
            )
        from .manager import Manager

        manager: Any = Manager()
        manager.auto_created = True
        cls.add_to_class("objects", manager)
    for index in opts.indexes:
        if not index.name:
            index.set_name_with_model(cls)
    class_prepared.send(sender=cls)


def _set_order(ordered: Any, self: Any, id_list: Any, using: str | None = None) -> None:
    """Store the order of `ordered` objects of `self`, given by their keys."""
    condition = ordered._meta.order_with_respect_to.get_forward_related_filter(self)
    objects = [ordered(pk=pk, _order=position) for position, pk in enumerate(id_list)]
    ordered.objects.db_manager(using).filter(**condition).bulk_update(objects, ["_order"])


def _get_order(ordered: Any, self: Any) -> Any:
    """Keys of the `ordered` objects of `self`, in order."""
    condition = ordered._meta.order_with_respect_to.get_forward_related_filter(self)
    return ordered.objects.filter(**condition).values_list(ordered._meta.pk.name, flat=True)


def _bound_to(function: Any, model: Any) -> Any:
    """A method that passes `model` before `self`."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(model, self, *args, **kwargs)

    return method


def make_foreign_order_accessors(model: Any, related_model: Any) -> None:
    """Add `get_MODEL_order` and `set_MODEL_order` to the model that orders the rows of `model`."""
    name = model.__name__.lower()
    for verb, function in (("get", _get_order), ("set", _set_order)):
        setattr(related_model, f"{verb}_{name}_order", _bound_to(function, model))
