"""Forms of models."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Models and their rows are known at run time only.

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import chain
from typing import Any, Self

from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import (
    NON_FIELD_ERRORS,
    FieldError,
    ImproperlyConfigured,
    SynchronousOnlyOperation,
    ValidationError,
)
from fastjango.core.twins import overrides_without_twin
from fastjango.forms._twins import require_twins
from fastjango.forms.forms import BaseForm, DeclarativeFieldsMetaclass
from fastjango.forms.models.derive import (
    ALL_FIELDS,
    apply_limit_choices_to_to_formfield,
    construct_instance,
    fields_for_model,
    model_to_dict,
    relations_to_read,
)
from fastjango.forms.utils import ErrorList
from fastjango.http.aio import run_in_thread
from fastjango.orm.names import AltersData

__all__ = [
    "BaseModelForm",
    "ModelForm",
    "ModelFormMetaclass",
    "ModelFormOptions",
    "modelform_defines_fields",
    "modelform_factory",
]


class ModelFormOptions:
    """What the class `Meta` of a model form says.

    Args:
        options: The class `Meta`.
    """

    def __init__(self, options: Any = None) -> None:
        self.model: Any = getattr(options, "model", None)
        self.fields: Any = getattr(options, "fields", None)
        self.exclude: Any = getattr(options, "exclude", None)
        self.widgets: Any = getattr(options, "widgets", None)
        self.localized_fields: Any = getattr(options, "localized_fields", None)
        self.labels: Any = getattr(options, "labels", None)
        self.help_texts: Any = getattr(options, "help_texts", None)
        self.error_messages: Any = getattr(options, "error_messages", None)
        self.field_classes: Any = getattr(options, "field_classes", None)
        self.formfield_callback: Any = getattr(options, "formfield_callback", None)


class ModelFormMetaclass(DeclarativeFieldsMetaclass):
    """Makes the fields of a model form from its model."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        new_class: Any = super().__new__(mcs, name, bases, attrs)
        if bases == (BaseModelForm,):
            return new_class
        options = new_class._meta = ModelFormOptions(getattr(new_class, "Meta", None))
        for option in ("fields", "exclude", "localized_fields"):
            value = getattr(options, option)
            if isinstance(value, str) and value != ALL_FIELDS:
                raise TypeError(
                    f"{name}.Meta.{option} cannot be a string. Did you mean to type: ('{value}',)?"
                )
        declared: dict[str, Any] = new_class.declared_fields
        new_class.base_fields = _fields(name, options, declared) if options.model else declared
        return new_class


def _fields(name: str, options: ModelFormOptions, declared: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a form: those of its model, and those it declares."""
    if options.fields is None and options.exclude is None:
        raise ImproperlyConfigured(
            "Creating a ModelForm without either the 'fields' attribute or the 'exclude' attribute "
            f"is prohibited; form {name} needs updating."
        )
    if options.fields == ALL_FIELDS:
        options.fields = None
    fields = fields_for_model(
        options.model,
        options.fields,
        options.exclude,
        options.widgets,
        options.formfield_callback,
        options.localized_fields,
        options.labels,
        options.help_texts,
        options.error_messages,
        options.field_classes,
        # Each form narrows its own choices.
        apply_limit_choices_to=False,
        form_declared_fields=declared,
    )
    missing = [field for field, made in fields.items() if not made and field not in declared]
    if missing:
        raise FieldError(
            f"Unknown field(s) ({', '.join(missing)}) specified for {options.model.__name__}"
        )
    return {**fields, **declared}


class BaseModelForm(BaseForm, AltersData):
    """A form that fills an instance of a model.

    Args:
        data: The submitted data; `None` for a form that is shown first.
        files: The uploaded files.
        auto_id: How ids are made.
        prefix: What the names of all fields begin with.
        initial: Initial values, over those of the instance.
        error_class: The class of error lists.
        label_suffix: What follows labels.
        empty_permitted: Whether a form without changes is valid whatever is missing.
        instance: The instance; a new one if `None`.
        use_required_attribute: Whether inputs say that they are required.
        renderer: The renderer.

    Raises:
        ValueError: The class has no model.
        SynchronousOnlyOperation: The instance has many-to-many fields to read, and an event loop
            is running: `await amake(...)` instead.
    """

    _meta: Any

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: Mapping[str, Any] | None = None,
        error_class: Any = ErrorList,
        label_suffix: Any = None,
        empty_permitted: bool = False,
        instance: Any = None,
        use_required_attribute: bool | None = None,
        renderer: Any = None,
    ) -> None:
        options = self._meta
        if options.model is None:
            raise ValueError("ModelForm has no model class specified.")
        self.instance: Any = options.model() if instance is None else instance
        values = {} if instance is None else self._values(instance)
        values.update(initial or {})
        # clean() sets them, so that overriding it without calling it switches the checks off.
        self._validate_unique = False
        self._validate_constraints = False
        super().__init__(
            data,
            files,
            auto_id,
            prefix,
            values,
            error_class,
            label_suffix,
            empty_permitted,
            use_required_attribute=use_required_attribute,
            renderer=renderer,
        )
        for field in self.fields.values():
            apply_limit_choices_to_to_formfield(field)

    @classmethod
    async def amake(cls, *args: Any, **kwargs: Any) -> Self:
        """Make a form as the constructor does, fetching what it reads first.

        That is the related objects of an instance in many-to-many fields that `Meta` names or does
        not exclude; a form without them may be made by the constructor as well.

        Args:
            args: Arguments of the constructor.
            kwargs: Keyword arguments of the constructor.
        """
        instance = kwargs.get("instance")
        if instance is not None and instance._is_pk_set():
            names = relations_to_read(instance._meta, cls._meta.fields, cls._meta.exclude)
            cached = getattr(instance, "_prefetched_objects_cache", {})
            wanted = [name for name in names if name not in cached]
            if wanted:
                from fastjango.orm.models import aprefetch_related_objects

                await aprefetch_related_objects([instance], *wanted)
        return cls(*args, **kwargs)

    def _values(self, instance: Any) -> dict[str, Any]:
        """Return the values of the instance for the fields of the form."""
        options = self._meta
        try:
            return model_to_dict(instance, options.fields, options.exclude)
        except SynchronousOnlyOperation as error:
            name = type(self).__qualname__
            raise SynchronousOnlyOperation(
                f"{name}(instance=...) reads many-to-many fields, which would block the event "
                f"loop. Use `await {name}.amake(instance=...)` instead."
            ) from error

    # Validation

    def _get_validation_exclusions(self) -> set[str]:
        """Return the names of fields that the model does not check again."""
        excluded: set[str] = set()
        for field in self.instance._meta.fields:
            name = field.name
            # What is not on the form may get its value later; what failed is known already.
            if name not in self.fields or name in self._errors or not self._is_meant(name):
                excluded.add(name)
            else:
                # Empty where the form allows it and the model does not: the form's word counts.
                shown = self.fields[name]
                is_empty = self.cleaned_data.get(name) in shown.empty_values
                if not field.blank and not shown.required and is_empty:
                    excluded.add(name)
        return excluded

    def _is_meant(self, name: str) -> bool:
        """Whether `Meta` gives the form a field of the model, and not the form itself alone."""
        fields, exclude = self._meta.fields, self._meta.exclude
        return not (fields and name not in fields) and not (exclude and name in exclude)

    def _full_clean_exclusions(self) -> set[str]:
        from fastjango.forms.models.inlines import InlineForeignKeyField

        # The parent of an inline form may not be saved yet; only uniqueness looks at it.
        inline = {
            name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)
        }
        return self._get_validation_exclusions() | inline

    def clean(self) -> Any:
        """Have uniqueness and constraints checked, and return the cleaned data."""
        self._validate_unique = True
        self._validate_constraints = True
        return self.cleaned_data

    def _update_errors(self, errors: ValidationError) -> None:
        """Add errors of the model, with the form's messages for their codes."""
        messages = self._meta.error_messages
        by_field: dict[str, Any] = getattr(errors, "error_dict", None) or {NON_FIELD_ERRORS: errors}
        for field, found in by_field.items():
            if field == NON_FIELD_ERRORS and messages and NON_FIELD_ERRORS in messages:
                known = messages[NON_FIELD_ERRORS]
            elif field in self.fields:
                known = self.fields[field].error_messages
            else:
                continue
            for error in found:
                if isinstance(error, ValidationError) and error.code in known:
                    error.message = known[error.code]
        self.add_error(None, errors)

    def _construct(self) -> set[str]:
        """Fill the instance, and return the names of fields it shall not check."""
        excluded = self._full_clean_exclusions()
        options = self._meta
        try:
            self.instance = construct_instance(self, self.instance, options.fields, options.exclude)
        except ValidationError as error:
            self._update_errors(error)
        return excluded

    def _post_clean(self) -> None:
        excluded = self._construct()
        try:
            self.instance.full_clean(
                exclude=excluded, validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            self._update_errors(error)
        if self._validate_unique:
            self.validate_unique()
        if self._validate_constraints:
            self.validate_constraints()

    async def _apost_clean(self) -> None:
        require_twins(type(self), "validate_unique", "validate_constraints")
        excluded = self._construct()
        try:
            await self.instance.afull_clean(
                exclude=excluded, validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            self._update_errors(error)
        if self._validate_unique:
            await self.avalidate_unique()
        if self._validate_constraints:
            await self.avalidate_constraints()

    def validate_unique(self) -> None:
        """Add errors where another row has values that must be unique.

        Side effects: one query for each unique field or group.
        """
        try:
            self.instance.validate_unique(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    async def avalidate_unique(self) -> None:
        """Do what `validate_unique()` does."""
        try:
            await self.instance.avalidate_unique(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    def validate_constraints(self) -> None:
        """Add errors where the instance violates constraints of the model.

        Side effects: one query for most constraints.
        """
        try:
            self.instance.validate_constraints(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    async def avalidate_constraints(self) -> None:
        """Do what `validate_constraints()` does."""
        try:
            await self.instance.avalidate_constraints(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            self._update_errors(error)

    # Saving

    def _check_savable(self) -> None:
        if self.errors:
            done = "created" if self.instance._state.adding else "changed"
            raise ValueError(
                f"The {self.instance._meta.object_name} could not be {done} because the data "
                "didn't validate."
            )

    def _m2m_fields(self) -> list[Any]:
        """Return the fields that are saved after the instance."""
        meta = self.instance._meta
        return [
            field
            for field in chain(meta.many_to_many, meta.private_fields)
            if hasattr(field, "save_form_data")
            and self._is_meant(field.name)
            and field.name in self.cleaned_data
        ]

    def _save_m2m(self) -> None:
        for field in self._m2m_fields():
            field.save_form_data(self.instance, self.cleaned_data[field.name])

    async def _asave_m2m(self) -> None:
        for field in self._m2m_fields():
            data = self.cleaned_data[field.name]
            asave = getattr(field, "asave_form_data", None)
            if asave is None or overrides_without_twin(
                type(field), "save_form_data", "asave_form_data"
            ):
                await run_in_thread(field.save_form_data, self.instance, data)
            else:
                await asave(self.instance, data)

    def save(self, commit: bool = True) -> Any:
        """Save the instance and its many-to-many relations, and return it.

        Args:
            commit: Whether to write at once. Otherwise the form has a method `save_m2m()` (and
                `asave_m2m()`) to call after the instance was saved.

        Raises:
            ValueError: The form is not valid.
        """
        self._check_savable()
        if commit:
            self.instance.save()
            self._save_m2m()
        else:
            self._offer_m2m()
        return self.instance

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save()` does, after `ais_valid()`.

        A many-to-many field of another kind, whose class has no `asave_form_data()`, is saved in
        a worker thread.

        Raises:
            ValueError: The form is not valid.
            MissingAsyncTwin: The class overrides a step of saving without its async twin.
        """
        require_twins(type(self), "save", "_save_m2m")
        if self._errors is None and is_loop_running():
            await self.afull_clean()
        self._check_savable()
        if commit:
            await self.instance.asave()
            await self._asave_m2m()
        else:
            self._offer_m2m()
        return self.instance

    def _offer_m2m(self) -> None:
        self.save_m2m = self._save_m2m
        self.asave_m2m = self._asave_m2m

    save.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore
    asave.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore


class ModelForm(BaseModelForm, metaclass=ModelFormMetaclass):
    """A form of a model; its class `Meta` says of which, and with which fields."""


def modelform_defines_fields(form_class: Any) -> bool:
    """Tell whether a class of model forms says which fields it has."""
    options = getattr(form_class, "_meta", None)
    return options is not None and (options.fields is not None or options.exclude is not None)


def modelform_factory(
    model: Any,
    form: Any = ModelForm,
    fields: Any = None,
    exclude: Collection[str] | None = None,
    formfield_callback: Callable[..., Any] | None = None,
    widgets: Mapping[str, Any] | None = None,
    localized_fields: Any = None,
    labels: Mapping[str, Any] | None = None,
    help_texts: Mapping[str, Any] | None = None,
    error_messages: Mapping[str, Any] | None = None,
    field_classes: Mapping[str, Any] | None = None,
) -> Any:
    """Return a class of forms of a model.

    Args:
        model: The model.
        form: The class to derive it from.
        fields: Names of the fields, or `"__all__"`.
        exclude: Names of fields to leave out.
        formfield_callback: Makes the form field of a model field.
        widgets: Widgets by name.
        localized_fields: Names of fields in the formats of the language, or `"__all__"`.
        labels: Labels by name.
        help_texts: Help texts by name.
        error_messages: Messages by code, by name.
        field_classes: Classes of form fields by name.

    Raises:
        ImproperlyConfigured: Neither `fields` nor `exclude` is given, and `form` has none.
    """
    said = {
        "fields": fields,
        "exclude": exclude,
        "widgets": widgets,
        "localized_fields": localized_fields,
        "labels": labels,
        "help_texts": help_texts,
        "error_messages": error_messages,
        "field_classes": field_classes,
    }
    attrs = {"model": model, **{name: value for name, value in said.items() if value is not None}}
    if formfield_callback:
        attrs["formfield_callback"] = staticmethod(formfield_callback)
    bases: tuple[Any, ...] = (form.Meta,) if hasattr(form, "Meta") else ()
    meta = type("Meta", bases, attrs)
    if getattr(meta, "fields", None) is None and getattr(meta, "exclude", None) is None:
        raise ImproperlyConfigured(
            "Calling modelform_factory without defining 'fields' or 'exclude' explicitly is "
            "prohibited."
        )
    # By the class of the given form's class, which may be another than ModelFormMetaclass.
    make: Any = type(form)
    return make(f"{model.__name__}Form", (form,), {"Meta": meta})
