"""Formsets of the rows of a queryset."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Models and their rows are known at run time only.

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Self

from fastjango.core.exceptions import (
    NON_FIELD_ERRORS,
    ImproperlyConfigured,
    ValidationError,
)
from fastjango.core.translation import gettext
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.forms._twins import require_twins
from fastjango.forms.formsets import BaseFormSet, formset_factory
from fastjango.forms.models._repeats import (
    collect_checks,
    date_values,
    find_repeats,
    unique_values,
)
from fastjango.forms.models.choices import ModelChoiceField
from fastjango.forms.models.derive import relations_to_read
from fastjango.forms.models.forms import ModelForm, modelform_factory
from fastjango.forms.widgets import HiddenInput
from fastjango.orm import models
from fastjango.orm.names import AltersData
from fastjango.values.text import get_text_list

__all__ = ["BaseModelFormSet", "modelformset_factory"]

_SAVING = (
    "save",
    "save_existing_objects",
    "save_new_objects",
    "save_new",
    "save_existing",
    "delete_existing",
)


class BaseModelFormSet(BaseFormSet, AltersData):
    """Forms for the rows of a queryset, and extra ones for new rows.

    Args:
        data: The submitted data; `None` for a formset that is shown first.
        files: The uploaded files.
        auto_id: How ids are made.
        prefix: What the names of all fields begin with.
        queryset: The rows; all of the model if `None`.
        initial: Initial values of the extra forms.
        kwargs: What else a formset takes.
    """

    model: Any = None
    edit_only: bool = False
    #: Names of fields whose values are the same in all forms.
    unique_fields: set[str] = set()
    saved_forms: list[Any]
    new_objects: list[Any]
    changed_objects: list[tuple[Any, list[str]]]
    deleted_objects: list[Any]
    save_m2m: Callable[[], None]
    asave_m2m: Callable[[], Any]

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        queryset: Any = None,
        *,
        initial: Any = None,
        **kwargs: Any,
    ) -> None:
        self.queryset: Any = queryset
        self.initial_extra: Any = initial
        super().__init__(data=data, files=files, auto_id=auto_id, prefix=prefix, **kwargs)

    @classmethod
    async def amake(cls, *args: Any, **kwargs: Any) -> Self:
        """Make a formset as the constructor does, and fetch its rows.

        Args:
            args: Arguments of the constructor.
            kwargs: Keyword arguments of the constructor.
        """
        formset = cls(*args, **kwargs)
        await formset._aprepare()
        return formset

    async def _aprepare(self) -> None:
        """Fetch the rows, with the related objects that forms show, so that nothing waits later."""
        said = self.form._meta
        names = relations_to_read(self.model._meta, said.fields, said.exclude)
        rows = self.get_queryset()
        if names and rows._result_cache is None:
            self._queryset = rows = rows.prefetch_related(*names)
        async for _row in rows:
            pass

    async def afull_clean(self) -> None:
        """Do what `full_clean()` does; the rows are fetched first."""
        await self._aprepare()
        await super().afull_clean()

    def initial_form_count(self) -> int:
        """Return the number of forms for rows that exist."""
        return super().initial_form_count() if self.is_bound else len(self.get_queryset())

    def _existing_object(self, pk: Any) -> Any:
        if not hasattr(self, "_object_dict"):
            self._object_dict = {row.pk: row for row in self.get_queryset()}
        return self._object_dict.get(pk)

    def _read_pk(self, value: Any) -> Any:
        """Return a primary key of the type that the rows have.

        Raises:
            ValidationError: It cannot be one.
        """
        field = self.model._meta.pk
        while field.remote_field is not None:
            field = field.remote_field.get_related_field()
        return field.to_python(value)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        pk_name = self.model._meta.pk.name
        is_initial = i < self.initial_form_count()
        if not is_initial:
            extra = i - self.initial_form_count()
            if self.initial_extra and extra < len(self.initial_extra):
                kwargs["initial"] = self.initial_extra[extra]
        elif not self.is_bound:
            kwargs["instance"] = self.get_queryset()[i]
        else:
            # A key that is missing or wrong was tampered with: its form finds no instance.
            try:
                pk = self._read_pk(self.data[f"{self.add_prefix(i)}-{pk_name}"])
            except (KeyError, ValidationError):
                pass
            else:
                kwargs["instance"] = self._existing_object(pk)
        form = super()._construct_form(i, **kwargs)
        if is_initial:
            form.fields[pk_name].required = True
        return form

    def get_queryset(self) -> Any:
        """Return the rows, in an order in which each row has its place."""
        if not hasattr(self, "_queryset"):
            rows = self.queryset
            if rows is None:
                rows = self.model._default_manager.get_queryset()
            if not rows.totally_ordered:
                ordering = rows.query.order_by or rows.model._meta.ordering or []
                rows = rows.order_by(*ordering, "pk")
            self._queryset = rows
        return self._queryset

    # Saving

    def save_new(self, form: Any, commit: bool = True) -> Any:
        """Save the new instance of a form, and return it."""
        return form.save(commit=commit)

    async def asave_new(self, form: Any, commit: bool = True) -> Any:
        """Do what `save_new()` does."""
        return await form.asave(commit=commit)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        """Save the changed instance of a form, and return it."""
        return form.save(commit=commit)

    async def asave_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        """Do what `save_existing()` does."""
        return await form.asave(commit=commit)

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        """Delete an instance."""
        if commit:
            obj.delete()

    async def adelete_existing(self, obj: Any, commit: bool = True) -> None:
        """Do what `delete_existing()` does."""
        if commit:
            await obj.adelete()

    def save(self, commit: bool = True) -> list[Any]:
        """Save the instance of every form that was changed, delete those marked so.

        Args:
            commit: Whether to write at once. Otherwise nothing is, `deleted_objects` has what is
                to be deleted, and there is a method `save_m2m()` (and `asave_m2m()`) to call after
                the instances were saved.

        Returns:
            The instances that were saved: existing ones, then new ones.
        """
        self._begin_saving(commit)
        existing = self.save_existing_objects(commit)
        return existing if self.edit_only else existing + self.save_new_objects(commit)

    async def asave(self, commit: bool = True) -> list[Any]:
        """Do what `save()` does, after `ais_valid()`.

        Raises:
            MissingAsyncTwin: The class overrides a step of saving without its async twin.
        """
        require_twins(type(self), *_SAVING)
        self._begin_saving(commit)
        existing = await self.asave_existing_objects(commit)
        return existing if self.edit_only else existing + await self.asave_new_objects(commit)

    save.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore
    asave.alters_data = True  # type: ignore[attr-defined]  # pyright: ignore

    def _begin_saving(self, commit: bool) -> None:
        if commit:
            return
        self.saved_forms = []

        def save_m2m() -> None:
            for form in self.saved_forms:
                form.save_m2m()

        async def asave_m2m() -> None:
            for form in self.saved_forms:
                await form.asave_m2m()

        self.save_m2m, self.asave_m2m = save_m2m, asave_m2m

    def save_existing_objects(self, commit: bool = True) -> list[Any]:
        """Save and delete the rows that exist, and return those saved."""
        return follow(self._existing_plan(commit))

    async def asave_existing_objects(self, commit: bool = True) -> list[Any]:
        """Do what `save_existing_objects()` does."""
        return await afollow(self._existing_plan(commit))

    def _existing_plan(self, commit: bool) -> Any:
        self.changed_objects = []
        self.deleted_objects = []
        if not self.initial_forms:
            return []
        saved: list[Any] = []
        to_delete = self.deleted_forms
        for form in self.initial_forms:
            row = form.instance
            # Without a key it was never one of the rows, or it is deleted already.
            if not row._is_pk_set() or row._state.adding:
                continue
            if form in to_delete:
                self.deleted_objects.append(row)
                yield twin(self, "delete_existing", row, commit=commit)
            elif form.has_changed():
                self.changed_objects.append((row, form.changed_data))
                saved.append((yield twin(self, "save_existing", form, row, commit=commit)))
                if not commit:
                    self.saved_forms.append(form)
        return saved

    def save_new_objects(self, commit: bool = True) -> list[Any]:
        """Save the extra forms that were filled in, and return their instances."""
        return follow(self._new_plan(commit))

    async def asave_new_objects(self, commit: bool = True) -> list[Any]:
        """Do what `save_new_objects()` does."""
        return await afollow(self._new_plan(commit))

    def _new_plan(self, commit: bool) -> Any:
        self.new_objects = []
        for form in self.extra_forms:
            if not form.has_changed() or (self.can_delete and self._should_delete_form(form)):
                continue
            step: Step = twin(self, "save_new", form, commit=commit)
            self.new_objects.append((yield step))
            if not commit:
                self.saved_forms.append(form)
        return self.new_objects

    # Validation

    def clean(self) -> Any:
        """Check that the forms do not have the same values where they must be unique."""
        self.validate_unique()

    def validate_unique(self) -> None:
        """Check the values of the forms against each other.

        Raises:
            ValidationError: Two forms have the same values where they must be unique.
        """
        dropped = self.deleted_forms
        valid = [form for form in self.forms if form.is_valid() and form not in dropped]
        unique_checks, date_checks = collect_checks(valid)
        errors: list[Any] = []
        for names in unique_checks:
            values = partial(unique_values, names=names, shared=self.unique_fields)
            for form in find_repeats(valid, values):
                errors.append(self.get_unique_error_message(names))
                self._mark_repeated(form, names)
        for check in date_checks:
            for form in find_repeats(valid, partial(date_values, check=check)):
                errors.append(self.get_date_error_message(check))
                self._mark_repeated(form, [check[2]])
        if errors:
            raise ValidationError(errors)

    def _mark_repeated(self, form: Any, names: Collection[str]) -> None:
        form._errors[NON_FIELD_ERRORS] = self.error_class(
            [self.get_form_error()], renderer=self.renderer
        )
        for name in names:
            form.cleaned_data.pop(name, None)

    def get_unique_error_message(self, unique_check: Any) -> str:
        """Return the error of a group of fields that must be unique."""
        if len(unique_check) == 1:
            return gettext("Please correct the duplicate data for %(field)s.") % {
                "field": unique_check[0]
            }
        return gettext("Please correct the duplicate data for %(field)s, which must be unique.") % {
            "field": get_text_list(list(unique_check), _("and"))
        }

    def get_date_error_message(self, date_check: Any) -> str:
        """Return the error of a field that must be unique within a day, month or year."""
        return gettext(
            "Please correct the duplicate data for %(field_name)s which must be unique for the "
            "%(lookup)s in %(date_field)s."
        ) % {
            "field_name": date_check[2],
            "date_field": date_check[3],
            "lookup": str(date_check[1]),
        }

    def get_form_error(self) -> str:
        """Return the error of the second of two forms with the same values."""
        return gettext("Please correct the duplicate values below.")

    # Fields

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add a hidden field with the key of the row, beside those of any formset."""
        self._pk_field = pk = self.model._meta.pk
        if _is_hidden_key(pk) or pk.name not in form.fields:
            if isinstance(pk, models.ForeignKey):
                rows = pk.remote_field.model._default_manager.get_queryset()
            else:
                rows = self.model._default_manager.get_queryset()
            widgets: Mapping[str, Any] = form._meta.widgets or {}
            form.fields[pk.name] = ModelChoiceField(
                rows.using(form.instance._state.db),
                initial=self._initial_key(form, index),
                required=False,
                widget=widgets.get(pk.name, HiddenInput),
            )
        super().add_fields(form, index)

    def _initial_key(self, form: Any, index: int | None) -> Any:
        """Return the key of a form's row; none for what is not in the database."""
        if form.is_bound:
            return None if form.instance._state.adding else form.instance.pk
        if index is None or index >= self.initial_form_count():
            return None
        return self.get_queryset()[index].pk


def _is_hidden_key(pk: Any) -> bool:
    """Whether a form has no field for a primary key: it is made up, or a parent's."""
    if not pk.editable or pk.auto_created or isinstance(pk, models.AutoField):
        return True
    parent = pk.remote_field
    return bool(parent and parent.parent_link and _is_hidden_key(parent.model._meta.pk))


def modelformset_factory(
    model: Any,
    form: Any = ModelForm,
    formfield_callback: Callable[..., Any] | None = None,
    formset: Any = BaseModelFormSet,
    extra: int = 1,
    can_delete: bool = False,
    can_order: bool = False,
    max_num: int | None = None,
    fields: Any = None,
    exclude: Collection[str] | None = None,
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
    """Return a class of formsets of a model.

    Args:
        model: The model.
        form: The class of forms to derive from.
        formfield_callback: Makes the form field of a model field.
        formset: The class of formsets to derive from.
        extra: Empty forms after those of rows.
        can_delete: Whether forms can be marked to delete their rows.
        can_order: Whether forms can be put in order.
        max_num: As many forms there are at most; more rows are shown all the same.
        fields: Names of the fields, or `"__all__"`.
        exclude: Names of fields to leave out.
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
        ImproperlyConfigured: Neither `fields` nor `exclude` is given, and `form` has none.
    """
    meta = getattr(form, "Meta", None)
    if getattr(meta, "fields", fields) is None and getattr(meta, "exclude", exclude) is None:
        raise ImproperlyConfigured(
            "Calling modelformset_factory without defining 'fields' or 'exclude' explicitly is "
            "prohibited."
        )
    form_class = modelform_factory(
        model,
        form=form,
        fields=fields,
        exclude=exclude,
        formfield_callback=formfield_callback,
        widgets=widgets,
        localized_fields=localized_fields,
        labels=labels,
        help_texts=help_texts,
        error_messages=error_messages,
        field_classes=field_classes,
    )
    formset_class = formset_factory(
        form_class,
        formset,
        extra=extra,
        min_num=min_num,
        max_num=max_num,
        can_order=can_order,
        can_delete=can_delete,
        validate_min=validate_min,
        validate_max=validate_max,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
        renderer=renderer,
    )
    formset_class.model = model
    formset_class.edit_only = edit_only
    return formset_class
