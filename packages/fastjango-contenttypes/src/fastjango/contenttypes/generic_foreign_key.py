"""`GenericForeignKey`: a relation to an object of any model."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import (
    FieldDoesNotExist,
    ObjectDoesNotExist,
    SynchronousOnlyOperation,
)
from fastjango.core.functional import cached_property
from fastjango.orm import models
from fastjango.orm.deletion import DatabaseOnDelete
from fastjango.orm.fields.cache import FieldCacheMixin
from fastjango.orm.fields.prefetch_plan import PrefetchPlan

from .models import ContentType

__all__ = ["GenericForeignKey", "GenericForeignKeyDescriptor"]

_TYPES: Any = ContentType.objects
_HINT = (
    "GenericForeignKeys must use a ForeignKey to 'contenttypes.ContentType' as the 'content_type' "
    "field."
)


class GenericForeignKey(FieldCacheMixin, models.Field[Any, Any]):
    """A relation that two columns make: the content type and the key of the object.

    Args:
        ct_field: Name of the foreign key to `ContentType`.
        fk_field: Name of the field that holds the key.
        for_concrete_model: Take a proxy's objects for those of the model behind it.
    """

    many_to_many: Any = False
    many_to_one: Any = True
    one_to_many: Any = False
    one_to_one: Any = False

    def __init__(
        self,
        ct_field: str = "content_type",
        fk_field: str = "object_id",
        for_concrete_model: bool = True,
    ) -> None:
        super().__init__(editable=False)
        self.ct_field = ct_field
        self.fk_field = fk_field
        self.for_concrete_model = for_concrete_model
        self.is_relation = True

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = True, **kwargs: Any
    ) -> None:
        """Become the relation `name` of the model."""
        super().contribute_to_class(cls, name, private_only=True)
        setattr(cls, self.attname, GenericForeignKeyDescriptor(self))

    def get_attname_column(self) -> tuple[str, str | None]:
        """There is no column of its own."""
        return self.get_attname(), None

    @cached_property
    def ct_field_attname(self) -> str:
        """Attribute that holds the id of the content type."""
        return str(self.model._meta.get_field(self.ct_field).attname)

    @cached_property
    def cache_name(self) -> Any:
        """Entry of the state under which the object is kept."""
        return self.name

    def get_filter_kwargs_for_object(self, obj: Any) -> dict[str, Any]:
        """Filter that selects the rows with the same object as `obj`."""
        return {
            self.fk_field: getattr(obj, self.fk_field),
            self.ct_field_attname: getattr(obj, self.ct_field_attname),
        }

    def get_forward_related_filter(self, obj: Any) -> dict[str, Any]:
        """Filter that selects the rows that point to `obj`."""
        return {self.fk_field: obj.pk, self.ct_field: _TYPES.get_for_model(obj).pk}

    def get_content_type(
        self, obj: Any = None, id: Any = None, using: str | None = None, model: Any = None
    ) -> Any:
        """Content type of an object or model, or with an id.

        Raises:
            TypeError: None of the three was given.
        """
        if obj is not None:
            manager = _TYPES.db_manager(obj._state.db)
            return manager.get_for_model(obj, for_concrete_model=self.for_concrete_model)
        if id is not None:
            return _TYPES.db_manager(using).get_for_id(id)
        if model is not None:
            manager = _TYPES.db_manager(using)
            return manager.get_for_model(model, for_concrete_model=self.for_concrete_model)
        raise TypeError("get_content_type() takes an object, an id or a model.")

    # Checks

    def check(self, **kwargs: Any) -> list[Any]:
        """Look for mistakes: the two fields must exist and be of the right kind."""
        return [
            *self._check_field_name(),
            *self._check_object_id_field(),
            *self._check_content_type_field(),
        ]

    def _check_object_id_field(self) -> list[Any]:
        try:
            self.model._meta.get_field(self.fk_field)
        except FieldDoesNotExist:
            return self._error(
                "The GenericForeignKey object ID references the nonexistent field "
                f"'{self.fk_field}'.",
                "contenttypes.E001",
            )
        return []

    def _check_content_type_field(self) -> list[Any]:
        name = f"{self.model._meta.object_name}.{self.ct_field}"
        try:
            field = self.model._meta.get_field(self.ct_field)
        except FieldDoesNotExist:
            return self._error(
                f"The GenericForeignKey content type references the nonexistent field '{name}'.",
                "contenttypes.E002",
            )
        if not isinstance(field, models.ForeignKey):
            return self._error(f"'{name}' is not a ForeignKey.", "contenttypes.E003", _HINT)
        if field.remote_field.model != ContentType:
            return self._error(
                f"'{name}' is not a ForeignKey to 'contenttypes.ContentType'.",
                "contenttypes.E004",
                _HINT,
            )
        if isinstance(field.remote_field.on_delete, DatabaseOnDelete):
            return [
                checks.Error(
                    f"'{name}' cannot use the database-level on_delete variant.",
                    hint="Change the on_delete rule to the non-database variant.",
                    obj=self,
                    id="contenttypes.E006",
                )
            ]
        return []


class _Several:
    """The objects of several models, fetched with one query for each; steps of either edge.

    Args:
        wanted: Keys by id of the content type.
        using: Database by id of the content type.
        custom: Querysets given for some of the models.
    """

    def __init__(
        self,
        field: Any,
        wanted: dict[Any, set[Any]],
        using: dict[Any, str | None],
        custom: list[Any],
        mode: Any,
    ) -> None:
        self.field = field
        self.wanted = wanted
        self.using = using
        self.custom = custom
        self.mode = mode

    def _fetch_steps(self) -> Any:
        concrete = self.field.for_concrete_model
        custom: dict[Any, Any] = {}
        for queryset in self.custom:
            types = _TYPES.db_manager(queryset.db)
            ct = yield from types._model_steps(queryset.query.model, concrete)
            if ct.pk in custom:
                raise ValueError("Only one queryset is allowed for each content type.")
            custom[ct.pk] = queryset
        found: list[Any] = []
        for ct_id, keys in self.wanted.items():
            types = _TYPES.db_manager(self.using[ct_id])
            ct = yield from types._key_steps(ct_id, pk=ct_id)
            if ct_id in custom:
                rows = custom[ct_id].filter(pk__in=keys)
            else:
                rows = ct.get_all_objects_for_this_type(pk__in=keys)
            found.extend((yield from rows.fetch_mode(self.mode)._fetch_steps()))
        return found


class GenericForeignKeyDescriptor:
    """`tag.content_object`: the object, of whatever model."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def is_cached(self, instance: Any) -> bool:
        """Whether the object is loaded."""
        return bool(self.field.is_cached(instance))

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances, with one query for each model.

        Raises:
            ValueError: Two querysets are for one model.
        """
        field = self.field
        ct_attname = field.ct_field_attname
        wanted: defaultdict[Any, set[Any]] = defaultdict(set)
        using: dict[Any, str | None] = {}
        for instance in instances:
            ct_id, key = getattr(instance, ct_attname), getattr(instance, field.fk_field)
            if ct_id is not None and key is not None:
                wanted[ct_id].add(key)
                using[ct_id] = instance._state.db
        mode = instances[0]._state.fetch_mode
        rows = _Several(field, wanted, using, list(querysets or ()), mode)

        def value_of_instance(obj: Any) -> Any:
            ct_id = getattr(obj, ct_attname)
            if ct_id is None:
                return None
            model = field.get_content_type(id=ct_id, using=obj._state.db).model_class()
            return str(getattr(obj, field.fk_field)), model

        def value_of_related(obj: Any) -> Any:
            return obj._meta.pk.value_to_string(obj), obj.__class__

        items = (rows, value_of_related, value_of_instance, True, field.name, False)
        return PrefetchPlan(items, lambda objects: None)

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        field = self.field
        ct_id = getattr(instance, field.ct_field_attname, None)
        key = getattr(instance, field.fk_field)
        obj = field.get_cached_value(instance, default=None)
        if obj is None and field.is_cached(instance):
            return None
        if obj is not None:
            ct = field.get_content_type(obj=obj, using=instance._state.db)
            if ct_id == ct.id and obj._meta.pk.to_python(key) == obj.pk:
                return obj
        try:
            instance._state.fetch_mode.fetch(self, instance)
        except SynchronousOnlyOperation as error:
            raise SynchronousOnlyOperation(
                f"{type(instance).__name__}.{field.name} is not loaded, and loading it here would "
                f'block the event loop. Fetch it with the query: .prefetch_related("{field.name}").'
            ) from error
        return field.get_cached_value(instance)

    def fetch_one(self, instance: Any) -> None:
        """Load the object of one instance; it may be gone."""
        field = self.field
        ct_id = getattr(instance, field.ct_field_attname, None)
        obj = None
        if ct_id is not None:
            using = instance._state.db
            ct = field.get_content_type(id=ct_id, using=using)
            try:
                obj = ct.get_object_for_this_type(using=using, pk=getattr(instance, field.fk_field))
            except ObjectDoesNotExist:
                pass
            else:
                obj._state.fetch_mode = instance._state.fetch_mode
        field.set_cached_value(instance, obj)

    def fetch_many(self, instances: list[Any]) -> None:
        """Load the objects of instances that were fetched together."""
        missing = [instance for instance in instances if not self.field.is_cached(instance)]
        models.prefetch_related_objects(missing, self.field.name)

    def _type_of(self, value: Any) -> Any:
        try:
            return self.field.get_content_type(obj=value)
        except SynchronousOnlyOperation as error:
            name = type(value).__name__
            raise SynchronousOnlyOperation(
                f"The content type of {name} is not known yet, and reading it here would block the "
                f"event loop. Call `await ContentType.objects.aget_for_model({name})` before "
                f"setting {self.field.model.__name__}.{self.field.name}; it is kept from then on."
            ) from error

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        ct = key = None
        if value is not None:
            ct, key = self._type_of(value), value.pk
        setattr(instance, field.ct_field, ct)
        setattr(instance, field.fk_field, key)
        field.set_cached_value(instance, value)
