"""`GenericRelation`: the objects whose generic foreign key points to an object."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core.functional import cached_property
from fastjango.orm import DEFAULT_DB_ALIAS, models
from fastjango.orm.fields.descriptors import ReverseManyToOneDescriptor
from fastjango.orm.fields.related import lazy_related_operation
from fastjango.orm.metaclass import make_foreign_order_accessors
from fastjango.orm.paths import PathInfo

from .generic_foreign_key import GenericForeignKey
from .generic_manager import create_generic_related_manager
from .models import ContentType

__all__ = ["GenericRel", "GenericRelation", "ReverseGenericManyToOneDescriptor"]

_TYPES: Any = ContentType.objects


class GenericRel(models.ForeignObjectRel):
    """The relation of a `GenericRelation`."""

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
    ) -> None:
        super().__init__(
            field,
            to,
            related_name=related_query_name or "+",
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            on_delete=models.DO_NOTHING,
        )


class GenericRelation(models.ForeignObject[Any, Any]):
    """The other side of a `GenericForeignKey`; deleting the object deletes the rows.

    Args:
        to: Model with the `GenericForeignKey`.
        object_id_field: Name of its field that holds the key.
        content_type_field: Name of its foreign key to `ContentType`.
        for_concrete_model: Take a proxy's objects for those of the model behind it.
        related_query_name: Name for queries from the other model to this one.
        limit_choices_to: Filter on what forms offer.
    """

    auto_created: Any = False
    empty_strings_allowed = False
    many_to_one: Any = False
    one_to_many: Any = True
    rel_class: ClassVar[type[Any]] = GenericRel
    mti_inherited = False

    def __init__(
        self,
        to: Any,
        object_id_field: str = "object_id",
        content_type_field: str = "content_type",
        for_concrete_model: bool = True,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs["rel"] = self.rel_class(
            self, to, related_query_name=related_query_name, limit_choices_to=limit_choices_to
        )
        kwargs.update(
            null=True, blank=True, on_delete=models.CASCADE, editable=False, serialize=False
        )
        super().__init__(to, from_fields=[object_id_field], to_fields=[], **kwargs)
        self.object_id_field_name = object_id_field
        self.content_type_field_name = content_type_field
        self.for_concrete_model = for_concrete_model

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the other model must have the generic foreign key."""
        errors = super().check(**kwargs)
        target = self.remote_field.model
        if hasattr(target, "_meta") and not any(
            self._is_matching_generic_foreign_key(field) for field in target._meta.private_fields
        ):
            errors += self._error(
                f"The GenericRelation defines a relation with the model '{target._meta.label}', "
                "but that model does not have a GenericForeignKey.",
                "contenttypes.E004",
            )
        return errors

    def _is_matching_generic_foreign_key(self, field: Any) -> bool:
        return (
            isinstance(field, GenericForeignKey)
            and field.ct_field == self.content_type_field_name
            and field.fk_field == self.object_id_field_name
        )

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """The pair of the field that holds the key, and the key."""
        pk = self.model._meta.pk
        self.to_fields = [pk.name]
        return [(self.remote_field.model._meta.get_field(self.object_id_field_name), pk)]

    def get_local_related_value(self, instance: Any) -> tuple[Any, ...]:
        """The key of an instance."""
        return self.get_instance_value_for_fields(instance, self.foreign_related_fields)

    def get_foreign_related_value(self, instance: Any) -> tuple[Any, ...]:
        """The key that an object of the other model holds, converted."""
        values = self.get_instance_value_for_fields(instance, self.local_related_fields)
        pairs = zip(self.foreign_related_fields, values, strict=True)
        return tuple(field.to_python(value) for field, value in pairs)

    def _hop(
        self, from_opts: Any, to_opts: Any, target: Any, join: Any, **options: Any
    ) -> PathInfo:
        return PathInfo(
            from_opts=from_opts,
            to_opts=to_opts,
            target_fields=(target,),
            join_field=join,
            direct=False,
            **options,
        )

    def get_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hops to the other model, over its parent if that has the generic foreign key."""
        opts = self.remote_field.model._meta
        options = {"m2m": True, "filtered_relation": filtered_relation}
        owner = opts.get_field(self.object_id_field_name).model
        here = self.model._meta
        if owner == opts.model:
            return [self._hop(here, opts, opts.pk, self.remote_field, **options)]
        opts = opts.concrete_model._meta
        parent = opts.get_field(self.object_id_field_name).model._meta
        path = [self._hop(here, parent, parent.pk, self.remote_field, **options)]
        links: list[Any] = []
        while parent != opts:
            link = opts.get_ancestor_link(parent.model)
            links.append(link)
            opts = link.remote_field.model._meta
        for link in reversed(links):
            path.extend(link.remote_field.path_infos)
        return path

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Hop from the other model to this one."""
        opts = self.model._meta
        options = {"m2m": False, "filtered_relation": filtered_relation}
        return [self._hop(self.remote_field.model._meta, opts, opts.pk, self, **options)]

    def value_to_string(self, obj: Any) -> str:
        """Keys of the related objects."""
        return str([related.pk for related in getattr(obj, self.name).all()])

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = True, **kwargs: Any
    ) -> None:
        """Become the relation `name` of the model."""
        super().contribute_to_class(cls, name, private_only=True, **kwargs)
        self.model = cls
        if self.mti_inherited:
            self.remote_field.related_name = "+"
            self.remote_field.related_query_name = None
        setattr(cls, self.name, ReverseGenericManyToOneDescriptor(self.remote_field))
        if cls._meta.abstract:
            return

        def add_order_accessors(related_model: Any, model: Any) -> None:
            if self._is_matching_generic_foreign_key(model._meta.order_with_respect_to):
                make_foreign_order_accessors(model, related_model)

        lazy_related_operation(add_order_accessors, self.model, self.remote_field.model)

    def set_attributes_from_rel(self) -> None:
        """Nothing depends on the other model."""

    def get_internal_type(self) -> str:
        """No column, like many-to-many."""
        return "ManyToManyField"

    def get_content_type(self) -> Any:
        """Content type of this field's model."""
        return _TYPES.get_for_model(self.model, for_concrete_model=self.for_concrete_model)

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """The content type must be this model's."""
        from fastjango.orm.query.sql.where import AND, WhereNode

        field = self.remote_field.model._meta.get_field(self.content_type_field_name)
        name, value = _TYPES.condition(self.model, self.for_concrete_model)
        if name == "in":
            value = value.query
            value.subquery = True
        lookup: Any = field.get_lookup(name)
        return WhereNode([lookup(field.get_col(related_alias), value)], connector=AND)

    def bulk_related_objects(self, objs: Any, using: str = DEFAULT_DB_ALIAS) -> Any:
        """Objects that point to any of `objs`."""
        lookup, ct = _TYPES.db_manager(using).condition(self.model, self.for_concrete_model)
        condition = {
            f"{self.content_type_field_name}__{lookup}": ct,
            f"{self.object_id_field_name}__in": [obj.pk for obj in objs],
        }
        return self.remote_field.model._base_manager.db_manager(using).filter(**condition)


class ReverseGenericManyToOneDescriptor(ReverseManyToOneDescriptor):
    """`post.comments`: a manager of the objects that point here."""

    @cached_property
    def related_manager_cls(self) -> Any:
        """Class of the managers, on top of the other model's default manager class."""
        base = self.rel.model._default_manager.__class__
        return create_generic_related_manager(base, self.rel)
