"""Formsets of the rows that belong to one other row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.forms.fields import Field
from fastjango.forms.models.forms import ModelForm
from fastjango.forms.models.formsets import BaseModelFormSet, modelformset_factory
from fastjango.forms.widgets import HiddenInput
from fastjango.orm import models
from fastjango.values.text import capfirst

__all__ = ["BaseInlineFormSet", "InlineForeignKeyField", "inlineformset_factory"]


class BaseInlineFormSet(BaseModelFormSet):
    """Forms for the rows that point to one instance.

    Args:
        data: The submitted data; `None` for a formset that is shown first.
        files: The uploaded files.
        instance: The instance that the rows point to; a new one if `None`.
        save_as_new: Whether all rows are made anew, as copies.
        prefix: What the names of all fields begin with.
        queryset: Rows to take those that point to the instance from; all of the model if `None`.
        kwargs: What else a formset of a model takes.
    """

    fk: Any

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Any = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        **kwargs: Any,
    ) -> None:
        self.instance: Any = self.fk.remote_field.model() if instance is None else instance
        self.save_as_new = save_as_new
        rows = self.model._default_manager if queryset is None else queryset
        is_saved = self.instance._is_pk_set()
        rows = rows.filter(**{self.fk.name: self.instance}) if is_saved else rows.none()
        self.unique_fields = {self.fk.name}
        super().__init__(data, files, prefix=prefix, queryset=rows, **kwargs)
        options = self.form._meta
        if options.fields and self.fk.name not in options.fields:
            # Otherwise the field would not be validated.
            options.fields = [*options.fields, self.fk.name]

    def initial_form_count(self) -> int:
        """Return the number of forms for rows that exist; none of them counts as a copy."""
        return 0 if self.save_as_new else super().initial_form_count()

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if self.save_as_new:
            self._forget_keys(form)
        remote = self.fk.remote_field
        value = self.instance.pk
        if remote.field_name != remote.model._meta.pk.name:
            value = getattr(self.instance, remote.field_name)
            value = getattr(value, "pk", value)
        # The form validates with it.
        setattr(form.instance, self.fk.attname, value)
        return form

    def _forget_keys(self, form: Any) -> None:
        """Take the keys of the row and of its parent out of the submitted data."""
        mutable = getattr(form.data, "_mutable", None)
        if mutable is not None:
            form.data._mutable = True
        form.data[form.add_prefix(self._pk_field.name)] = None
        form.data[form.add_prefix(self.fk.name)] = None
        if mutable is not None:
            form.data._mutable = mutable

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the name by which the instance knows its rows."""
        name: str = cls.fk.remote_field.get_accessor_name(model=cls.model)
        return name.replace("+", "")

    def save_new(self, form: Any, commit: bool = True) -> Any:
        """Save a new row that points to the instance, which may have been saved just now."""
        setattr(form.instance, self.fk.name, self.instance)
        return super().save_new(form, commit=commit)

    async def asave_new(self, form: Any, commit: bool = True) -> Any:
        """Do what `save_new()` does."""
        setattr(form.instance, self.fk.name, self.instance)
        return await super().asave_new(form, commit=commit)

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add a hidden field with the key of the instance, beside those of any formset."""
        super().add_fields(form, index)
        name = self.fk.name
        options: dict[str, Any]
        if self._pk_field == self.fk:
            options = {"pk_field": True}
        else:
            # Errors name it, though forms need not have the field.
            label = getattr(form.fields.get(name), "label", capfirst(self.fk.verbose_name))
            options = {"label": label}
        remote = self.fk.remote_field
        if remote.field_name != remote.model._meta.pk.name:
            options["to_field"] = remote.field_name
        if self.instance._state.adding:
            self._forget_default(form, options.get("to_field"))
        form.fields[name] = InlineForeignKeyField(self.instance, **options)

    def _forget_default(self, form: Any, to_field: str | None) -> None:
        """Drop the key that a default has given to an unsaved instance: saving makes another."""
        meta = self.instance._meta
        key = meta.pk if to_field is None else meta.get_field(to_field)
        is_own_key = key.attname == self.fk.remote_field.model._meta.pk.name
        if key.has_default() and (is_own_key or not form.data):
            setattr(self.instance, key.attname, None)

    def get_unique_error_message(self, unique_check: Any) -> str:
        """Return the error of a group of fields that must be unique; all rows have one parent."""
        return super().get_unique_error_message(
            [name for name in unique_check if name != self.fk.name]
        )


class InlineForeignKeyField(Field):
    """The hidden key of the instance that the rows of an inline formset point to.

    Args:
        parent_instance: The instance.
        pk_field: Whether the key is the row's own key as well.
        to_field: The field of the instance that is pointed to; its primary key if `None`.
        kwargs: What else a field takes.
    """

    widget: Any = HiddenInput
    default_error_messages: dict[str, Any] = {
        "invalid_choice": _("The inline value did not match the parent instance."),
    }

    def __init__(
        self,
        parent_instance: Any,
        *args: Any,
        pk_field: bool = False,
        to_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.parent_instance: Any = parent_instance
        self.pk_field, self.to_field = pk_field, to_field
        if parent_instance is not None:
            kwargs["initial"] = self._key()
        kwargs["required"] = False
        super().__init__(*args, **kwargs)

    def _key(self) -> Any:
        if self.to_field:
            return getattr(self.parent_instance, self.to_field)
        return self.parent_instance.pk

    def clean(self, value: Any) -> Any:
        """Return the instance.

        Raises:
            ValidationError: Another key was submitted.
        """
        if value in self.empty_values:
            return None if self.pk_field else self.parent_instance
        if str(value) != str(self._key()):
            raise self._error("invalid_choice")
        return self.parent_instance

    async def aclean(self, value: Any) -> Any:
        """Do what `clean()` does, which waits for nothing."""
        return self.clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell that it has not: users cannot change it."""
        return False


def _get_foreign_key(
    parent_model: Any, model: Any, fk_name: str | None = None, can_fail: bool = False
) -> Any:
    """Return the foreign key by which rows of a model point to rows of another.

    Args:
        parent_model: The model pointed to.
        model: The model that points.
        fk_name: The name of the foreign key, needed if there are several.
        can_fail: Whether to return `None` if there is none.

    Raises:
        ValueError: There is none, it is no such foreign key, or there are several.
    """
    label, parent_label = model._meta.label, parent_model._meta.label
    parents = (*parent_model._meta.all_parents, parent_model)
    if fk_name:
        named = next((field for field in model._meta.fields if field.name == fk_name), None)
        if named is None:
            raise ValueError(f"'{label}' has no field named '{fk_name}'.")
        if not _points_to(named, parents):
            raise ValueError(f"fk_name '{fk_name}' is not a ForeignKey to '{parent_label}'.")
        return named
    found = [field for field in model._meta.fields if _points_to(field, parents)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"'{label}' has more than one ForeignKey to '{parent_label}'. You must specify a "
            "'fk_name' attribute."
        )
    if can_fail:
        return None
    raise ValueError(f"'{label}' has no ForeignKey to '{parent_label}'.")


def _points_to(field: Any, parents: tuple[Any, ...]) -> bool:
    """Whether a field is a foreign key to one of the models, or to a proxy of one."""
    if not isinstance(field, models.ForeignKey):
        return False
    target: Any = field.remote_field.model
    meta = target._meta
    return target in parents or bool(meta.proxy and meta.proxy_for_model in parents)


def inlineformset_factory(
    parent_model: Any,
    model: Any,
    form: Any = ModelForm,
    formset: Any = BaseInlineFormSet,
    fk_name: str | None = None,
    fields: Any = None,
    exclude: Collection[str] | None = None,
    extra: int = 3,
    can_order: bool = False,
    can_delete: bool = True,
    max_num: int | None = None,
    formfield_callback: Callable[..., Any] | None = None,
    widgets: Mapping[str, Any] | None = None,
    validate_max: bool = False,
    localized_fields: Any = None,
    labels: Mapping[str, Any] | None = None,
    help_texts: Mapping[str, Any] | None = None,
    error_messages: Mapping[str, Any] | None = None,
    min_num: int | None = None,
    validate_min: bool = False,
    field_classes: Mapping[str, Any] | None = None,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: Any = None,
    edit_only: bool = False,
) -> Any:
    """Return a class of formsets of the rows that point to an instance of another model.

    Args:
        parent_model: The model of the instance.
        model: The model of the rows.
        form: The class of forms to derive from.
        formset: The class of formsets to derive from.
        fk_name: The name of the foreign key, needed if there are several.
        fields: Names of the fields, or `"__all__"`.
        exclude: Names of fields to leave out.
        extra: Empty forms after those of rows.
        can_order: Whether forms can be put in order.
        can_delete: Whether forms can be marked to delete their rows.
        max_num: As many forms there are at most; 1 if the foreign key is unique.
        formfield_callback: Makes the form field of a model field.
        widgets: Widgets by name.
        validate_max: Whether more than `max_num` forms are an error.
        localized_fields: Names of fields in the formats of the language, or `"__all__"`.
        labels: Labels by name.
        help_texts: Help texts by name.
        error_messages: Messages by code, by name.
        min_num: As many forms there are at least.
        validate_min: Whether fewer than `min_num` forms are an error.
        field_classes: Classes of form fields by name.
        absolute_max: As many forms are read at most, whatever is submitted.
        can_delete_extra: Whether the empty forms can be marked for deletion too.
        renderer: The renderer.
        edit_only: Whether no new rows are made.

    Raises:
        ValueError: There is no foreign key, or more than one.
        ImproperlyConfigured: Neither `fields` nor `exclude` is given, and `form` has none.
    """
    fk = _get_foreign_key(parent_model, model, fk_name=fk_name)
    formset_class = modelformset_factory(
        model,
        form=form,
        formfield_callback=formfield_callback,
        formset=formset,
        extra=extra,
        can_delete=can_delete,
        can_order=can_order,
        max_num=1 if fk.unique else max_num,
        fields=fields,
        exclude=exclude,
        widgets=widgets,
        validate_max=validate_max,
        localized_fields=localized_fields,
        labels=labels,
        help_texts=help_texts,
        error_messages=error_messages,
        min_num=min_num,
        validate_min=validate_min,
        field_classes=field_classes,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
        renderer=renderer,
        edit_only=edit_only,
    )
    formset_class.fk = fk
    return formset_class
