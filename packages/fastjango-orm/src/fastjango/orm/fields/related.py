"""`RelatedField` and `ForeignObject`: what all relations share."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportIncompatibleMethodOverride=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ClassVar, cast

from fastjango.core import apps as default_apps
from fastjango.core.exceptions import FieldError
from fastjango.core.functional import cached_property
from fastjango.orm.names import SettingsReference, make_model_tuple
from fastjango.orm.paths import PathInfo

from .base import Field
from .cache import FieldCacheMixin
from .descriptors import ForwardManyToOneDescriptor, ReverseManyToOneDescriptor
from .related_checks import ForeignObjectChecks, RelatedFieldChecks
from .reverse import ForeignObjectRel
from .typing import GetT, SetT

__all__ = [
    "RECURSIVE_RELATIONSHIP_CONSTANT",
    "ForeignObject",
    "RelatedField",
    "lazy_related_operation",
    "resolve_relation",
]

#: Names the model itself as the other side of a relation.
RECURSIVE_RELATIONSHIP_CONSTANT = "self"


def resolve_relation(scope_model: Any, relation: Any) -> Any:
    """Turn `"self"` into the model and `"Model"` into `"app.Model"`, relative to `scope_model`."""
    if relation == RECURSIVE_RELATIONSHIP_CONSTANT:
        relation = scope_model
    if isinstance(relation, str) and "." not in relation:
        relation = f"{scope_model._meta.app_label}.{relation}"
    return relation


def lazy_related_operation(
    function: Callable[..., Any], model: Any, *related_models: Any, **kwargs: Any
) -> None:
    """Call `function` with the model classes as soon as all of them exist.

    Args:
        model: A model class; names are looked up in its registry and relative to it.
        related_models: Classes or names.
        kwargs: Passed on to `function`.
    """
    models = [model, *(resolve_relation(model, related) for related in related_models)]
    keys = (make_model_tuple(m) for m in models)
    model._meta.apps.lazy_model_operation(partial(function, **kwargs), *keys)


def deconstructed_target(field: Any) -> Any:
    """How a migration names the model that a relation points to."""
    model = field.remote_field.model
    if not isinstance(model, str):
        to = model._meta.label_lower
    elif "." in model:
        app_label, name = model.split(".")
        to = f"{app_label}.{name.lower()}"
    else:
        to = model.lower()
    setting = field.swappable_setting
    if setting is None:
        return to
    already = getattr(model, "setting_name", None)
    if already is not None and already != setting:
        raise ValueError(
            f"Cannot deconstruct a {type(field).__name__} pointing to a model that is swapped in "
            f"place of more than one model ({already} and {setting})"
        )
    return SettingsReference(to, setting)


class RelatedField(RelatedFieldChecks, FieldCacheMixin, Field[SetT, GetT]):
    """A field that points to another model.

    Args:
        related_name: Attribute on the other model; ends in `+` for none.
        related_query_name: Name in queries on the other model.
        limit_choices_to: Filter (or function giving it) on what forms offer.
    """

    one_to_many: Any = False
    one_to_one: Any = False
    many_to_many: Any = False
    many_to_one: Any = False
    opts: Any
    swappable: bool

    def __init__(
        self,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        **kwargs: Any,
    ) -> None:
        self._related_name = related_name
        self._related_query_name = related_query_name
        self._limit_choices_to = limit_choices_to
        super().__init__(**kwargs)

    @cached_property
    def related_model(self) -> Any:
        """Model on the other side; only once all models are loaded."""
        default_apps.check_models_ready()
        return self.remote_field.model

    def db_type(self, connection: Any) -> str | None:
        """No column, unless a subclass has one."""
        return None

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the relation `name` of the model, and of the other one when that exists."""
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)
        self.opts = cls._meta
        if cls._meta.abstract:
            return
        rel = self.remote_field
        parts = {
            "class": cls.__name__.lower(),
            "model_name": cls._meta.model_name.lower(),
            "app_label": cls._meta.app_label.lower(),
        }
        related_name = rel.related_name or self.opts.default_related_name
        if related_name:
            rel.related_name = related_name % parts
        if rel.related_query_name:
            rel.related_query_name = rel.related_query_name % parts

        def resolve_related_class(model: Any, related: Any, field: Any) -> None:
            field.remote_field.model = related
            field.do_related_class(related, model)

        lazy_related_operation(resolve_related_class, cls, rel.model, field=self)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self._limit_choices_to:
            kwargs["limit_choices_to"] = self._limit_choices_to
        if self._related_name is not None:
            kwargs["related_name"] = self._related_name
        if self._related_query_name is not None:
            kwargs["related_query_name"] = self._related_query_name
        return name, path, args, kwargs

    def get_forward_related_filter(self, obj: Any) -> dict[str, Any]:
        """Filter on this field's model for the rows that point to `obj`."""
        pairs = cast("Any", self).related_fields
        return {f"{self.name}__{there.name}": getattr(obj, there.attname) for _, there in pairs}

    def get_reverse_related_filter(self, obj: Any) -> Any:
        """Filter on the other model for the rows that `obj` points to."""
        from fastjango.orm.query.q import Q

        me = cast("Any", self)
        pairs = [(there.attname, getattr(obj, here.attname)) for here, there in me.related_fields]
        condition = Q.create(pairs)
        extra = me.get_extra_descriptor_filter(obj)
        if isinstance(extra, dict):
            return condition & Q(**cast("dict[str, Any]", extra))
        return condition & extra if extra else condition

    @property
    def swappable_setting(self) -> str | None:
        """Name of the setting that chooses the model pointed to, if there is one."""
        if not self.swappable:
            return None
        model = self.remote_field.model
        label = model if isinstance(model, str) else model._meta.label
        return default_apps.get_swappable_settings_name(label)

    def set_attributes_from_rel(self) -> None:
        """Fill in names that depend on the other model."""
        rel = self.remote_field
        opts = rel.model._meta
        self.name = self.name or f"{opts.model_name}_{opts.pk.name}"
        if self.verbose_name is None:
            self.verbose_name = opts.verbose_name
        rel.set_field_name()

    def do_related_class(self, other: Any, cls: Any) -> None:
        """Finish the relation now that both classes exist."""
        self.set_attributes_from_rel()
        cast("Any", self).contribute_to_related_class(other, self.remote_field)

    def get_limit_choices_to(self) -> Any:
        """`limit_choices_to`, called if it is a function."""
        limit = self.remote_field.limit_choices_to
        return limit() if callable(limit) else limit

    def formfield(self, **kwargs: Any) -> Any:
        """A form field that knows `limit_choices_to`."""
        defaults: dict[str, Any] = {}
        if hasattr(self.remote_field, "get_related_field"):
            defaults["limit_choices_to"] = self.remote_field.limit_choices_to
        return super().formfield(**{**defaults, **kwargs})

    def related_query_name(self) -> Any:
        """Name of the relation in queries on the other model."""
        rel = self.remote_field
        return rel.related_query_name or rel.related_name or self.opts.model_name

    @property
    def target_field(self) -> Any:
        """Field on the other model that queries compare with.

        Raises:
            FieldError: The relation runs over several columns.
        """
        targets = cast("Any", self).path_infos[-1].target_fields
        if len(targets) > 1:
            raise FieldError(
                "The relation has multiple target fields, but only single target field was asked "
                "for"
            )
        return targets[0]

    @cached_property
    def cache_name(self) -> Any:
        """Entry of the state under which the related object is kept."""
        return self.name


class ForeignObject(ForeignObjectChecks, RelatedField[SetT, GetT]):
    """A relation over one or more pairs of columns that other fields own.

    Args:
        to: Model pointed to, by class or name.
        on_delete: What happens here when the row there is deleted.
        from_fields: Names of the fields here.
        to_fields: Names of the fields there, `None` for the primary key.
        parent_link: Links to the parent of multi-table inheritance.
        swappable: Follows the setting if the model pointed to is swapped.
    """

    many_to_one: Any = True

    requires_unique_target = True
    related_accessor_class: ClassVar[type[Any]] = ReverseManyToOneDescriptor
    forward_related_accessor_class: ClassVar[type[Any]] = ForwardManyToOneDescriptor
    rel_class: ClassVar[type[Any]] = ForeignObjectRel

    def __init__(
        self,
        to: Any,
        on_delete: Any,
        from_fields: Any,
        to_fields: Any,
        rel: Any = None,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        swappable: bool = True,
        **kwargs: Any,
    ) -> None:
        if rel is None:
            rel = self.rel_class(
                self,
                to,
                related_name=related_name,
                related_query_name=related_query_name,
                limit_choices_to=limit_choices_to,
                parent_link=parent_link,
                on_delete=on_delete,
            )
        super().__init__(
            rel=rel,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            **kwargs,
        )
        self.from_fields = from_fields
        self.to_fields = to_fields
        self.swappable = swappable

    def __copy__(self) -> Any:
        new = super().__copy__()
        new.__dict__.pop("path_infos", None)
        new.__dict__.pop("reverse_path_infos", None)
        return new

    @property
    def non_db_attrs(self) -> Any:
        """Options whose change leaves the column as it is."""
        from fastjango.orm.deletion import DatabaseOnDelete

        attrs = Field.non_db_attrs
        if isinstance(self.remote_field.on_delete, DatabaseOnDelete):
            return attrs
        return (*attrs, "on_delete")

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["on_delete"] = self.remote_field.on_delete
        kwargs["from_fields"] = self.from_fields
        kwargs["to_fields"] = self.to_fields
        if self.remote_field.parent_link:
            kwargs["parent_link"] = self.remote_field.parent_link
        kwargs["to"] = deconstructed_target(self)
        return name, path, args, kwargs

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """Pairs of the field here and the field there.

        Raises:
            ValueError: The model pointed to is not known yet, or the names do not pair up.
        """
        if not self.from_fields or len(self.from_fields) != len(self.to_fields):
            raise ValueError("Foreign Object from and to fields must be the same non-zero length")
        model = self.remote_field.model
        if isinstance(model, str):
            raise ValueError(f"Related model {model!r} cannot be resolved")
        opts = model._meta
        return [
            (
                self if here == RECURSIVE_RELATIONSHIP_CONSTANT else self.opts.get_field(here),
                opts.pk if there is None else opts.get_field(there),
            )
            for here, there in zip(self.from_fields, self.to_fields, strict=True)
        ]

    @cached_property
    def related_fields(self) -> list[tuple[Any, Any]]:
        """Pairs of the field here and the field there."""
        return self.resolve_related_fields()

    @cached_property
    def reverse_related_fields(self) -> list[tuple[Any, Any]]:
        """Pairs of the field there and the field here."""
        return [(there, here) for here, there in self.related_fields]

    @cached_property
    def local_related_fields(self) -> tuple[Any, ...]:
        """Fields here."""
        return tuple(here for here, _ in self.related_fields)

    @cached_property
    def foreign_related_fields(self) -> tuple[Any, ...]:
        """Fields there."""
        return tuple(there for _, there in self.related_fields if there)

    def get_local_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Values of the fields here, of an instance of this model."""
        return self.get_instance_value_for_fields(instance, self.local_related_fields)

    def get_foreign_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Values of the fields there, of an instance of the other model."""
        return self.get_instance_value_for_fields(instance, self.foreign_related_fields)

    @staticmethod
    def get_instance_value_for_fields(instance: Any, fields: Any) -> tuple[Any, ...]:
        """Values of `fields`, reading a primary key through the parent link of inheritance."""
        values: list[Any] = []
        opts = instance._meta
        for field in fields:
            if field.primary_key:
                link = opts.get_ancestor_link(field.model)
                if not link or link.primary_key or link.model._meta.abstract:
                    values.append(instance.pk)
                    continue
            values.append(getattr(instance, field.attname))
        return tuple(values)

    def get_attname_column(self) -> tuple[str, str | None]:
        """There is no column of its own."""
        attname, _column = super().get_attname_column()
        return attname, None

    def get_joining_fields(self, reverse_join: bool = False) -> tuple[Any, ...]:
        """Pairs of fields whose columns are joined."""
        return tuple(self.reverse_related_fields if reverse_join else self.related_fields)

    def get_reverse_joining_fields(self) -> tuple[Any, ...]:
        """`get_joining_fields` from the other side."""
        return self.get_joining_fields(reverse_join=True)

    def get_extra_descriptor_filter(self, instance: Any) -> Any:
        """Hook: more conditions for loading the related object, as a dictionary or `Q`."""
        return {}

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """Hook: a condition that goes with the join, or `None`."""
        return None

    def get_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hops from this model to the other one."""
        return [
            PathInfo(
                from_opts=self.model._meta,
                to_opts=self.remote_field.model._meta,
                target_fields=self.foreign_related_fields,
                join_field=self,
                m2m=False,
                direct=True,
                filtered_relation=filtered_relation,
            )
        ]

    @cached_property
    def path_infos(self) -> list[PathInfo]:
        """`get_path_info()` without a filter."""
        return self.get_path_info()

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hops from the other model to this one."""
        opts = self.model._meta
        return [
            PathInfo(
                from_opts=self.remote_field.model._meta,
                to_opts=opts,
                target_fields=(opts.pk,),
                join_field=self.remote_field,
                m2m=not self.unique,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]

    @cached_property
    def reverse_path_infos(self) -> list[PathInfo]:
        """`get_reverse_path_info()` without a filter."""
        return self.get_reverse_path_info()

    @classmethod
    @cache
    def get_class_lookups(cls) -> Any:
        """Lookups registered on relations; those of plain columns do not apply."""
        bases = inspect.getmro(cls)
        bases = bases[: bases.index(ForeignObject) + 1]
        return cls.merge_dicts([base.__dict__.get("class_lookups", {}) for base in bases])

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the relation `name` of the model."""
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)
        setattr(cls, self.name, self.forward_related_accessor_class(self))

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the reverse attribute on the other model."""
        rel = self.remote_field
        # Hidden relations and swapped models have none.
        if rel.hidden or related.related_model._meta.swapped:
            return
        descriptor = self.related_accessor_class(related)
        setattr(cls._meta.concrete_model, related.accessor_name, descriptor)
        if rel.limit_choices_to:
            cls._meta.related_fkey_lookups.append(rel.limit_choices_to)
