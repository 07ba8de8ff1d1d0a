"""`ModelSerializer`: a serializer that its model describes."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models are dynamic.

from __future__ import annotations

import copy
import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

from fastjango.core.functional import cached_property
from fastjango.orm import models, router, transaction
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.fields.base import Field
from fastjango.rest.model_info import FieldInfo, get_field_info, is_abstract_model
from fastjango.rest.relations.links import HyperlinkedRelatedField
from fastjango.rest.serializers.building import FieldBuilder
from fastjango.rest.serializers.plain import Serializer
from fastjango.rest.serializers.prototypes import fields_of
from fastjango.rest.serializers.uniqueness import UniquenessMixin
from fastjango.rest.serializers.writes import (
    NestedWrite,
    after_steps,
    before_steps,
    nested_writes,
    prepare_steps,
    raise_errors_on_nested_writes,
    taken_out,
)
from fastjango.rest.settings import api_settings

__all__ = ["HyperlinkedModelSerializer", "ModelSerializer"]


class ModelSerializer(FieldBuilder, UniquenessMixin, Serializer):
    """A serializer whose fields, validators, `create()` and `update()` come from a model.

    `Meta` has `model`, and `fields` (names, or `"__all__"`) or `exclude`; further
    `read_only_fields`, `extra_kwargs` (options by field), `depth` (levels of nested objects, 0 to
    10), `validators`, `list_serializer_class`, `extra` and `nested_writes` (True, or names of
    nested serializers that are saved along).
    """

    url_field_name: str | None = None

    # -- saving -------------------------------------------------------------------------------

    def create(self, validated_data: Any) -> Any:
        """Create an object, then set its many-to-many relations.

        Args:
            validated_data: The values by source.
        """
        if not self._nested_writes:
            return run_steps(self._create_steps(validated_data))
        with transaction.atomic(using=self._alias()):
            return run_steps(self._create_steps(validated_data))

    async def acreate(self, validated_data: Any) -> Any:
        """`create` for asynchronous code."""
        if not self._nested_writes:
            return await arun_steps(self._create_steps(validated_data))
        async with transaction.atomic(using=self._alias()):
            return await arun_steps(self._create_steps(validated_data))

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Set attributes, save, then set many-to-many relations.

        Args:
            instance: The object.
            validated_data: The values by source.
        """
        if not self._nested_writes:
            return run_steps(self._update_steps(instance, validated_data))
        with transaction.atomic(using=self._alias()):
            return run_steps(self._update_steps(instance, validated_data))

    async def aupdate(self, instance: Any, validated_data: Any) -> Any:
        """`update` for asynchronous code."""
        if not self._nested_writes:
            return await arun_steps(self._update_steps(instance, validated_data))
        async with transaction.atomic(using=self._alias()):
            return await arun_steps(self._update_steps(instance, validated_data))

    def _alias(self) -> str:
        return router.db_for_write(self.Meta.model)

    @cached_property
    def _nested_writes(self) -> list[NestedWrite]:
        return nested_writes(self)

    def _internal_steps(self, data: Any) -> Steps:
        if self._nested_writes and isinstance(data, Mapping):
            yield from prepare_steps(self, self._nested_writes)
        return (yield from super()._internal_steps(data))

    def _create_steps(self, validated_data: Any) -> Steps:
        values = dict(validated_data)
        nested = taken_out(self._nested_writes, values)
        raise_errors_on_nested_writes("create", self, values)
        yield from before_steps(nested, values)
        model = self.Meta.model
        relations = get_field_info(model).relations
        many = {
            name: values.pop(name)
            for name, relation in relations.items()
            if relation.to_many and name in values
        }
        manager = model._default_manager

        def create() -> Any:
            return manager.create(**values)

        async def acreate() -> Any:
            return await manager.acreate(**values)

        try:
            instance = yield create, acreate, ()
        except TypeError as error:
            raise TypeError(_create_failed(self, model, manager.name)) from error
        yield from _set_many(instance, many)
        yield from after_steps(nested, instance)
        return instance

    def _update_steps(self, instance: Any, validated_data: Any) -> Steps:
        values = dict(validated_data)
        nested = taken_out(self._nested_writes, values)
        raise_errors_on_nested_writes("update", self, values)
        yield from before_steps(nested, values)
        relations = get_field_info(instance).relations
        many: dict[str, Any] = {}
        for name, value in values.items():
            if name in relations and relations[name].to_many:
                many[name] = value
            else:
                setattr(instance, name, value)
        yield instance.save, instance.asave, ()
        # After saving: the signals of these may change the instance again.
        yield from _set_many(instance, many)
        yield from after_steps(nested, instance)
        return instance

    # -- fields -------------------------------------------------------------------------------

    def get_fields(self) -> dict[str, Any]:
        """Return the fields by name, declared and made of the model's.

        Raises:
            ValueError: The model is abstract, or a many-to-many field has None as default.
        """
        if self.url_field_name is None:
            self.url_field_name = api_settings.URL_FIELD_NAME
        return fields_of(self, self._make_fields)

    def _make_fields(self) -> dict[str, Any]:
        name = self.__class__.__name__
        if not hasattr(self, "Meta"):
            raise AssertionError(f'Class {name} missing "Meta" attribute')
        if not hasattr(self.Meta, "model"):
            raise AssertionError(f'Class {name} missing "Meta.model" attribute')
        if is_abstract_model(self.Meta.model):
            raise ValueError("Cannot use ModelSerializer with Abstract Models.")
        declared = copy.deepcopy(self._declared_fields)
        depth = getattr(self.Meta, "depth", 0)
        if depth is not None:
            if depth < 0:
                raise AssertionError("'depth' may not be negative.")
            if depth > 10:
                raise AssertionError("'depth' may not be greater than 10.")
        info = get_field_info(self.Meta.model)
        names = self.get_field_names(declared, info)
        extra_kwargs, hidden = self.get_uniqueness_extra_kwargs(
            names, declared, self.get_extra_kwargs()
        )
        self._check_declared(declared, info)
        fields: dict[str, Any] = {}
        for field_name in names:
            if field_name in declared:
                fields[field_name] = declared[field_name]
                continue
            options = extra_kwargs.get(field_name, {})
            source = options.get("source", "*")
            field_class, kwargs = self.build_field(
                field_name if source == "*" else source, info, self.Meta.model, depth
            )
            fields[field_name] = field_class(**self.include_extra_kwargs(kwargs, options))
        fields.update(hidden)
        return fields

    def _check_declared(self, declared: Mapping[str, Field], info: FieldInfo) -> None:
        for name, field in declared.items():
            if name in info.relations and info.relations[name].to_many and field.default is None:
                raise ValueError(
                    f"The field '{name}' on serializer '{self.__class__.__name__}' is a ManyToMany "
                    "field and cannot have a default value of None."
                )

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Return options by field: `Meta.extra_kwargs` and `Meta.read_only_fields`."""
        extra_kwargs = copy.deepcopy(getattr(self.Meta, "extra_kwargs", {}))
        read_only_fields = getattr(self.Meta, "read_only_fields", None)
        if read_only_fields is None:
            if hasattr(self.Meta, "readonly_fields"):
                raise AssertionError(
                    f"Serializer `{self.__class__.__module__}.{self.__class__.__name__}` has field "
                    "`readonly_fields`; the correct spelling for the option is `read_only_fields`."
                )
            return extra_kwargs
        if not isinstance(read_only_fields, (list, tuple)):
            raise TypeError(
                "The `read_only_fields` option must be a list or tuple. "
                f"Got {type(read_only_fields).__name__}."
            )
        for name in read_only_fields:
            extra_kwargs.setdefault(name, {})["read_only"] = True
        return extra_kwargs

    def get_validators(self) -> list[Any]:
        """Return `Meta.validators`, or what the model's constraints make."""
        validators = getattr(getattr(self, "Meta", None), "validators", None)
        if validators is not None:
            return list(validators)
        return self.get_unique_together_validators() + self.get_unique_for_date_validators()

    async def aload_relations(self, instance: Any) -> None:
        """Load the relations of instances that showing them needs, one query for each."""
        from fastjango.rest.planning import relation_paths

        items = instance if isinstance(instance, (list, tuple)) else [instance]
        if items and all(isinstance(item, models.Model) and item.pk is not None for item in items):
            paths = relation_paths(self)
            if paths:
                await models.aprefetch_related_objects(list(items), *paths)


def _set_many(instance: Any, many: Mapping[str, Any]) -> Steps:
    for name, value in many.items():
        manager = getattr(instance, name)
        yield manager.set, manager.aset, (value,)


def _create_failed(serializer: Any, model: Any, manager: str) -> str:
    call = f"{model.__name__}.{manager}.create()"
    return (
        f"Got a `TypeError` when calling `{call}`. This may be because you have a writable field "
        f"on the serializer class that is not a valid argument to `{call}`. You may need to make "
        f"the field read-only, or override the {serializer.__class__.__name__}.create() method to "
        f"handle this correctly.\nOriginal exception was:\n {traceback.format_exc()}"
    )


class HyperlinkedModelSerializer(ModelSerializer):
    """A model serializer with URLs in the place of keys.

    It has a `url` field instead of `id`, and relations are hyperlinks.
    """

    serializer_related_field: ClassVar[Any] = HyperlinkedRelatedField

    def get_default_field_names(
        self, declared_fields: Mapping[str, Field], model_info: FieldInfo
    ) -> list[str]:
        """Return the names of all fields, the URL first."""
        return [
            str(self.url_field_name),
            *declared_fields,
            *model_info.fields,
            *model_info.forward_relations,
        ]
