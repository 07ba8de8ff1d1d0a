"""How a `ModelSerializer` makes its fields of the model's."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models are dynamic.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.orm import models
from fastjango.rest.field_mapping import (
    ClassLookupDict,
    get_field_kwargs,
    get_nested_relation_kwargs,
    get_relation_kwargs,
    get_url_kwargs,
)
from fastjango.rest.fields import (
    BigIntegerField,
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    Field,
    FileField,
    FilePathField,
    FloatField,
    ImageField,
    IntegerField,
    IPAddressField,
    JSONField,
    ModelField,
    ReadOnlyField,
    SlugField,
    TimeField,
    URLField,
    UUIDField,
)
from fastjango.rest.model_info import FieldInfo, RelationInfo
from fastjango.rest.relations import (
    HyperlinkedIdentityField,
    HyperlinkedRelatedField,
    PrimaryKeyRelatedField,
    SlugRelatedField,
)

__all__ = ["ALL_FIELDS", "FieldBuilder"]

ALL_FIELDS = "__all__"

# Options that a field with choices knows; the others belong to the field it replaces.
_CHOICE_OPTIONS = frozenset({
    "read_only", "write_only", "required", "default", "initial", "source", "label", "help_text",
    "style", "error_messages", "validators", "allow_null", "allow_blank", "choices",
})  # fmt: skip
_READ_ONLY_DROPS = (
    "required", "default", "allow_blank", "min_length", "max_length", "min_value", "max_value",
    "validators", "queryset",
)  # fmt: skip


def _pair(field_class: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    return field_class, kwargs


class FieldBuilder:
    """The part of `ModelSerializer` that chooses fields; each method may be overridden."""

    Meta: Any
    url_field_name: str | None
    _declared_fields: Any

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        models.AutoField: IntegerField,
        models.BigAutoField: BigIntegerField,
        models.BigIntegerField: BigIntegerField,
        models.BooleanField: BooleanField,
        models.CharField: CharField,
        models.CommaSeparatedIntegerField: CharField,
        models.DateField: DateField,
        models.DateTimeField: DateTimeField,
        models.DecimalField: DecimalField,
        models.DurationField: DurationField,
        models.EmailField: EmailField,
        models.Field: ModelField,
        models.FileField: FileField,
        models.FilePathField: FilePathField,
        models.FloatField: FloatField,
        models.GenericIPAddressField: IPAddressField,
        models.ImageField: ImageField,
        models.IntegerField: IntegerField,
        models.JSONField: JSONField,
        models.NullBooleanField: BooleanField,
        models.PositiveIntegerField: IntegerField,
        models.PositiveSmallIntegerField: IntegerField,
        models.SlugField: SlugField,
        models.SmallIntegerField: IntegerField,
        models.TextField: CharField,
        models.TimeField: TimeField,
        models.URLField: URLField,
        models.UUIDField: UUIDField,
    }
    serializer_related_field: ClassVar[Any] = PrimaryKeyRelatedField
    serializer_related_to_field: ClassVar[Any] = SlugRelatedField
    serializer_url_field: ClassVar[Any] = HyperlinkedIdentityField
    serializer_choice_field: ClassVar[Any] = ChoiceField

    # -- names --------------------------------------------------------------------------------

    def get_field_names(self, declared_fields: Mapping[str, Field], info: FieldInfo) -> Any:
        """Return the names of the fields, as `Meta.fields` or `Meta.exclude` say.

        Args:
            declared_fields: Fields declared on the class.
            info: The model's fields.
        """
        fields = getattr(self.Meta, "fields", None)
        exclude = getattr(self.Meta, "exclude", None)
        name = self.__class__.__name__
        if fields and fields != ALL_FIELDS and not isinstance(fields, (list, tuple)):
            raise TypeError(
                'The `fields` option must be a list or tuple or "__all__". '
                f"Got {type(fields).__name__}."
            )
        if exclude and not isinstance(exclude, (list, tuple)):
            raise TypeError(
                f"The `exclude` option must be a list or tuple. Got {type(exclude).__name__}."
            )
        if fields and exclude:
            raise AssertionError(
                f"Cannot set both 'fields' and 'exclude' options on serializer {name}."
            )
        if fields is None and exclude is None:
            raise AssertionError(
                "Creating a ModelSerializer without either the 'fields' attribute or the "
                "'exclude' attribute has been deprecated since 3.3.0, and is now disallowed. Add "
                f"an explicit fields = '__all__' to the {name} serializer."
            )
        if fields is not None and fields != ALL_FIELDS:
            self._check_included(fields, declared_fields)
            return fields
        names = self.get_default_field_names(declared_fields, info)
        self._exclude(names, exclude or ())
        return names

    def _check_included(self, fields: Sequence[str], declared_fields: Mapping[str, Field]) -> None:
        # A subclass may leave out what its bases declare.
        required = set(declared_fields)
        for base in self.__class__.__bases__:
            required -= set(getattr(base, "_declared_fields", ()))
        for field_name in required:
            if field_name not in fields:
                raise AssertionError(
                    f"The field '{field_name}' was declared on serializer "
                    f"{self.__class__.__name__}, but has not been included in the 'fields' option."
                )

    def _exclude(self, names: list[str], exclude: Sequence[str]) -> None:
        serializer = self.__class__.__name__
        for field_name in exclude:
            if field_name in self._declared_fields:
                raise AssertionError(
                    f"Cannot both declare the field '{field_name}' and include it in the "
                    f"{serializer} 'exclude' option. Remove the field or, if inherited from a "
                    f"parent serializer, disable with `{field_name} = None`."
                )
            if field_name not in names:
                raise AssertionError(
                    f"The field '{field_name}' was included on serializer {serializer} in the "
                    "'exclude' option, but does not match any model field."
                )
            names.remove(field_name)

    def get_default_field_names(
        self, declared_fields: Mapping[str, Field], model_info: FieldInfo
    ) -> list[str]:
        """Return the names of all fields: the key, the declared, the model's."""
        return [
            model_info.pk.name,
            *declared_fields,
            *model_info.fields,
            *model_info.forward_relations,
        ]

    # -- classes and options ------------------------------------------------------------------

    def build_field(
        self, field_name: str, info: FieldInfo, model_class: Any, nested_depth: int | None
    ) -> tuple[Any, dict[str, Any]]:
        """Return the class and options of a field.

        Args:
            field_name: The field's source.
            info: The model's fields.
            model_class: The model.
            nested_depth: Levels of nested objects left.
        """
        if field_name in info.fields_and_pk:
            return self.build_standard_field(field_name, info.fields_and_pk[field_name])
        if field_name in info.relations:
            relation = info.relations[field_name]
            if not nested_depth:
                return self.build_relational_field(field_name, relation)
            return self.build_nested_field(field_name, relation, nested_depth)
        if hasattr(model_class, field_name):
            return self.build_property_field(field_name, model_class)
        if field_name == self.url_field_name:
            return self.build_url_field(field_name, model_class)
        return self.build_unknown_field(field_name, model_class)

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        """Return the class and options for a model field without a relation."""
        field_class = ClassLookupDict(self.serializer_field_mapping)[model_field]
        kwargs = get_field_kwargs(field_name, model_field)
        if model_field.one_to_one and model_field.primary_key:
            field_class = self.serializer_related_field
            kwargs["queryset"] = model_field.related_model.objects
        if "choices" in kwargs:
            field_class = self.serializer_choice_field
            kwargs = {name: kwargs[name] for name in kwargs if name in _CHOICE_OPTIONS}
        if not issubclass(field_class, ModelField):
            kwargs.pop("model_field", None)
        if not issubclass(field_class, (CharField, ChoiceField)):
            kwargs.pop("allow_blank", None)
        if isinstance(model_field, models.JSONField):
            kwargs["encoder"] = getattr(model_field, "encoder", None)
            kwargs["decoder"] = getattr(model_field, "decoder", None)
        return field_class, kwargs

    def build_relational_field(
        self, field_name: str, relation_info: RelationInfo
    ) -> tuple[Any, dict[str, Any]]:
        """Return the class and options for a relation."""
        field_class = self.serializer_related_field
        kwargs = get_relation_kwargs(field_name, relation_info)
        to_field = kwargs.pop("to_field", None)
        if (
            to_field
            and not relation_info.reverse
            and not relation_info.related_model._meta.get_field(to_field).primary_key
        ):
            kwargs["slug_field"] = to_field
            field_class = self.serializer_related_to_field
        if not issubclass(field_class, HyperlinkedRelatedField):
            kwargs.pop("view_name", None)
        return field_class, kwargs

    def build_nested_field(
        self, field_name: str, relation_info: RelationInfo, nested_depth: int
    ) -> tuple[Any, dict[str, Any]]:
        """Return a serializer of the related model, for `Meta.depth`."""
        return _pair(
            self._nested_class(relation_info.related_model, nested_depth - 1),
            get_nested_relation_kwargs(relation_info),
        )

    def _nested_class(self, model: Any, depth: int) -> Any:
        from fastjango.rest.serializers.models import HyperlinkedModelSerializer, ModelSerializer

        is_linked = isinstance(self, HyperlinkedModelSerializer)
        base: Any = HyperlinkedModelSerializer if is_linked else ModelSerializer
        meta = type("Meta", (), {"model": model, "depth": depth, "fields": ALL_FIELDS})
        return type(base)("NestedSerializer", (base,), {"Meta": meta, "__module__": __name__})

    def build_property_field(self, field_name: str, model_class: Any) -> tuple[Any, dict[str, Any]]:
        """Return the class and options for a property or method of the model."""
        return _pair(ReadOnlyField, {})

    def build_url_field(self, field_name: str, model_class: Any) -> tuple[Any, dict[str, Any]]:
        """Return the class and options for the object's own URL."""
        return _pair(self.serializer_url_field, get_url_kwargs(model_class))

    def build_unknown_field(self, field_name: str, model_class: Any) -> tuple[Any, dict[str, Any]]:
        """Refuse a name that the model does not know."""
        raise ImproperlyConfigured(
            f"Field name `{field_name}` is not valid for model `{model_class.__name__}` in "
            f"`{self.__class__.__module__}.{self.__class__.__name__}`."
        )

    def include_extra_kwargs(
        self, kwargs: dict[str, Any], extra_kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        """Return options with those of `Meta.extra_kwargs`, without what these rule out."""
        if extra_kwargs.get("read_only", False):
            for name in _READ_ONLY_DROPS:
                kwargs.pop(name, None)
        if extra_kwargs.get("default") and kwargs.get("required") is False:
            kwargs.pop("required")
        if extra_kwargs.get("read_only", kwargs.get("read_only", False)):
            extra_kwargs.pop("required", None)
        kwargs.update(extra_kwargs)
        return kwargs
