"""Forms, as in `django.forms.forms`."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastjango.core.exceptions import NON_FIELD_ERRORS, ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext
from fastjango.values.datastructures import MultiValueDict

from ._field import Field
from ._twins import require_twins
from .exceptions import AsyncCleaningRequired
from .renderers import get_default_renderer
from .utils import ErrorDict, ErrorList, RenderableFormMixin
from .widgets import Media, MediaDefiningClass

__all__ = ["BaseForm", "DeclarativeFieldsMetaclass", "Form"]

# The steps of cleaning that a class may override, with the twins that async cleaning takes.
_STEPS = ("full_clean", "is_valid", "_clean_fields", "_clean_form", "_post_clean")


class DeclarativeFieldsMetaclass(MediaDefiningClass):
    """Collects the fields that a class and its bases declare."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any
    ) -> Any:
        attrs["declared_fields"] = {
            key: attrs.pop(key) for key, value in list(attrs.items()) if isinstance(value, Field)
        }
        new_class: Any = super().__new__(mcs, name, bases, attrs, **kwargs)
        declared: dict[str, Field] = {}
        for base in reversed(new_class.__mro__):
            declared.update(getattr(base, "declared_fields", {}))
            for attr, value in base.__dict__.items():
                if value is None and attr in declared:  # set to None, a field is taken out
                    del declared[attr]
        new_class.base_fields = declared
        new_class.declared_fields = declared
        return new_class


class BaseForm(RenderableFormMixin):
    """All of a form's behaviour; subclasses say where the fields come from (see `Form`).

    Args:
        data: Submitted values; with data or files the form is bound.
        files: Submitted files.
        auto_id: How ids are made of names: a text with `%s`, `True` for the names, or `False`.
        prefix: Put before the names of all fields.
        initial: Initial values by field, before those of the fields.
        error_class: The class of lists of errors.
        label_suffix: What follows each label, a colon by default.
        empty_permitted: Accept the form unchanged, whatever is required.
        field_order: Names of fields in the order to show them; the others follow.
        use_required_attribute: Whether required fields get the attribute `required`.
        renderer: What renders the form, by default `default_renderer` or `settings.FORM_RENDERER`.
        bound_field_class: The class of bound fields.

    Raises:
        ValueError: `empty_permitted` is given while `use_required_attribute` is on.
    """

    default_renderer: Any = None
    field_order: Iterable[str] | None = None
    prefix: str | None = None
    use_required_attribute = True
    template_name_div = "django/forms/div.html"
    template_name_p = "django/forms/p.html"
    template_name_table = "django/forms/table.html"
    template_name_ul = "django/forms/ul.html"
    template_name_label = "django/forms/label.html"
    bound_field_class: Any = None
    base_fields: dict[str, Any]
    declared_fields: dict[str, Any]
    cleaned_data: dict[str, Any]

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: Any = None,
        error_class: Any = ErrorList,
        label_suffix: Any = None,
        empty_permitted: bool = False,
        field_order: Iterable[str] | None = None,
        use_required_attribute: bool | None = None,
        renderer: Any = None,
        bound_field_class: Any = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data: Any = MultiValueDict() if data is None else data
        self.files: Any = MultiValueDict() if files is None else files
        self.auto_id = auto_id
        if prefix is not None:
            self.prefix = prefix
        self.initial: Any = initial or {}
        self.error_class = error_class
        # Translators: the suffix that labels get by default.
        self.label_suffix: Any = gettext(":") if label_suffix is None else label_suffix
        self.empty_permitted = empty_permitted
        self._errors: Any = None  # an ErrorDict once the data has been cleaned
        memo: dict[int, Any] = {}
        # Each form has fields of its own, which it may change.
        self.fields: dict[str, Any] = {
            name: field.__deepcopy__(memo) for name, field in self.base_fields.items()
        }
        self._bound_fields_cache: dict[str, Any] = {}
        self.order_fields(self.field_order if field_order is None else field_order)
        if use_required_attribute is not None:
            self.use_required_attribute = use_required_attribute
        if self.empty_permitted and self.use_required_attribute:
            raise ValueError(
                "The empty_permitted and use_required_attribute arguments may not both be True."
            )
        if renderer is None:
            renderer = self.default_renderer
            if renderer is None:
                renderer = get_default_renderer()
            elif isinstance(renderer, type):
                renderer = renderer()
        self.renderer = renderer
        self.bound_field_class = (
            bound_field_class
            or self.bound_field_class
            or getattr(renderer, "bound_field_class", None)
        )

    def order_fields(self, field_order: Iterable[str] | None) -> None:
        """Put the named fields first, in that order; unknown names are passed over.

        Args:
            field_order: The names; `None` leaves the fields as they were declared.
        """
        if field_order is None:
            return
        first = {name: self.fields[name] for name in field_order if name in self.fields}
        self.fields = first | {n: f for n, f in self.fields.items() if n not in first}

    def __repr__(self) -> str:
        if self._errors is None:
            is_valid: Any = "Unknown"
        else:
            is_valid = self.is_bound and not self._errors
        fields = ";".join(self.fields)
        name = self.__class__.__name__
        return f"<{name} bound={self.is_bound}, valid={is_valid}, fields=({fields})>"

    def _bound_items(self) -> Iterator[tuple[str, Any]]:
        for name in self.fields:
            yield name, self[name]

    def __iter__(self) -> Iterator[Any]:
        for name in self.fields:
            yield self[name]

    def __getitem__(self, name: str) -> Any:
        """Return the bound field of a name.

        Raises:
            KeyError: The form has no such field.
        """
        try:
            field = self.fields[name]
        except KeyError:
            choices = ", ".join(sorted(self.fields))
            raise KeyError(
                f"Key '{name}' not found in '{self.__class__.__name__}'. Choices are: {choices}."
            ) from None
        bound = self._bound_fields_cache.get(name)
        if bound is None:
            bound = self._bound_fields_cache[name] = field.get_bound_field(self, name)
        return bound

    @property
    def errors(self) -> Any:
        """The errors by field; the data is cleaned at the first access.

        Raises:
            AsyncCleaningRequired: The form has async cleaners, and was not cleaned yet.
        """
        if self._errors is None:
            self.full_clean()
        return self._errors

    def is_valid(self) -> bool:
        """Tell whether the form is bound and its data has no errors.

        Raises:
            AsyncCleaningRequired: The form has async cleaners: use `await form.ais_valid()`.
        """
        return self.is_bound and not self.errors

    async def ais_valid(self) -> bool:
        """Tell whether the form is bound and its data has no errors; await what is async."""
        if self.is_bound and self._errors is None:
            await self.afull_clean()
        return self.is_bound and not self._errors

    async def aload_choices(self) -> None:
        """Fetch the rows that fields offer as choices, so that rendering waits for nothing."""
        for field in self.fields.values():
            load = getattr(field, "aload_choices", None)
            if load is not None and not field.widget.is_hidden:
                await load()

    @classmethod
    def from_pydantic(cls, model: Any, **options: Any) -> Any:
        """Return a form class made of a pydantic model; see `form_from_pydantic`.

        Args:
            model: The model.
            options: Keyword arguments of `form_from_pydantic`.
        """
        from .pydantic import form_from_pydantic

        return form_from_pydantic(model, base=cls, **options)

    def to_pydantic(self, model: Any = None) -> Any:
        """Return the data of this valid form as an instance of a pydantic model.

        Args:
            model: The model; that which the form was made of, or one made of its fields, if `None`.
        """
        from .pydantic import to_pydantic

        return to_pydantic(self, model)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of what this form cleans to."""
        from .pydantic import json_schema

        return json_schema(cls)

    def add_prefix(self, field_name: str) -> str:
        """Return the HTML name of a field."""
        return f"{self.prefix}-{field_name}" if self.prefix else field_name

    def add_initial_prefix(self, field_name: str) -> str:
        """Return the HTML name of the input that holds a field's initial value."""
        return f"initial-{self.add_prefix(field_name)}"

    def _widget_data_value(self, widget: Any, html_name: str) -> Any:
        return widget.value_from_datadict(self.data, self.files, html_name)

    @property
    def template_name(self) -> str:  # computed here
        """The template of the form."""
        name: str = self.renderer.form_template_name
        return name

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the template: form, fields, hidden_fields and errors.

        The errors of hidden fields stand with those of the form, where users see them.
        """
        fields: list[Any] = []
        hidden_fields: list[Any] = []
        top_errors = self.non_field_errors().copy()
        for name, bound in self._bound_items():
            errors = bound.errors
            if not bound.is_hidden:
                fields.append((bound, errors))
                continue
            hidden_fields.append(bound)
            if errors:
                text = gettext("(Hidden field %(name)s) %(error)s")
                top_errors += [text % {"name": name, "error": str(error)} for error in errors]
        return {
            "form": self,
            "fields": fields,
            "hidden_fields": hidden_fields,
            "errors": top_errors,
        }

    def non_field_errors(self) -> Any:
        """Return the errors that belong to no field, an empty list if there are none."""
        found = self.errors.get(NON_FIELD_ERRORS)
        if found is None:
            return self.error_class(error_class="nonfield", renderer=self.renderer)
        return found

    def add_error(self, field: str | None, error: Any) -> None:
        """Add errors, and take the fields they belong to out of `cleaned_data`.

        Args:
            field: The field's name; `None` for the form itself, and for errors by field.
            error: A message, a `ValidationError`, a list of these, or a mapping by field.

        Raises:
            TypeError: A field is named, and the errors come by field.
            ValueError: The form has no such field.
        """
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        if not hasattr(error, "error_dict"):
            by_field: Mapping[str, Any] = {field or NON_FIELD_ERRORS: error.error_list}
        elif field is None:
            by_field = error.error_dict
        else:
            raise TypeError(
                "The argument `field` must be `None` when the `error` argument is a dictionary."
            )
        for name, error_list in by_field.items():
            if name not in self.errors:
                self._errors[name] = self._new_error_list(name)
            self._errors[name].extend(error_list)
            self.cleaned_data.pop(name, None)

    def _new_error_list(self, name: str) -> Any:
        if name == NON_FIELD_ERRORS:
            return self.error_class(error_class="nonfield", renderer=self.renderer)
        if name not in self.fields:
            raise ValueError(f"'{self.__class__.__name__}' has no field named '{name}'.")
        return self.error_class(renderer=self.renderer, field_id=self[name].auto_id)

    def has_error(self, field: str, code: str | None = None) -> bool:
        """Tell whether a field has an error, of a code if one is given."""
        return field in self.errors and (
            code is None or any(error.code == code for error in self.errors.as_data()[field])
        )

    def _begin_clean(self) -> bool:
        """Reset the results, and tell whether there is anything to clean."""
        self._errors = ErrorDict(renderer=self.renderer)
        if not self.is_bound:
            return False
        self.cleaned_data = {}
        return not (self.empty_permitted and not self.has_changed())

    def full_clean(self) -> None:
        """Clean all data anew, and fill `errors` and `cleaned_data`.

        Raises:
            AsyncCleaningRequired: The form has async cleaners: use `await form.afull_clean()`.
        """
        if self.is_bound and (cause := self._async_cleaner()):
            raise AsyncCleaningRequired(type(self).__name__, cause, "form.ais_valid()")
        try:
            if self._begin_clean():
                self._clean_fields()
                self._clean_form()
                self._post_clean()
        except BaseException:
            self._errors = None  # what was not checked to the end has not been checked
            raise

    async def afull_clean(self) -> None:
        """Clean all data anew: each step, sync or async, after the one before.

        Raises:
            MissingAsyncTwin: The class overrides a step without its async twin.
        """
        require_twins(type(self), *_STEPS)
        try:
            await self._afind_changes()
            if self._begin_clean():
                await self._aclean_fields()
                await self._aclean_form()
                await self._apost_clean()
        except BaseException:  # a task that was cancelled too
            self._errors = None
            raise

    def _async_cleaner(self) -> str | None:
        """Return the name of an async cleaner of the form, `None` if it has none."""
        cls = type(self)
        if cls.aclean is not BaseForm.aclean:
            return "aclean()"
        return next(
            (f"aclean_{name}()" for name in self.fields if hasattr(cls, f"aclean_{name}")), None
        )

    def _clean_fields(self) -> None:
        for name, bound in self._bound_items():
            try:
                self.cleaned_data[name] = bound.field._clean_bound_field(bound)
                self._run_cleaner(name)
            except ValidationError as error:
                self.add_error(name, error)

    async def _aclean_fields(self) -> None:
        for name, bound in self._bound_items():
            try:
                self.cleaned_data[name] = await bound.field.aclean_bound_field(bound)
                self._run_cleaner(name)
                cleaner = getattr(self, f"aclean_{name}", None)
                if cleaner is not None:
                    self.cleaned_data[name] = await cleaner()
            except ValidationError as error:
                self.add_error(name, error)

    def _run_cleaner(self, name: str) -> None:
        cleaner = getattr(self, f"clean_{name}", None)
        if cleaner is not None:
            self.cleaned_data[name] = self._plain(cleaner(), f"clean_{name}")

    def _plain(self, result: Any, name: str) -> Any:
        """Refuse the coroutine of a cleaner that was written under the sync name."""
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(
                f"{type(self).__name__}.{name}() is async; name it a{name}(), which "
                "`await form.ais_valid()` awaits."
            )
        return result

    def _clean_form(self) -> None:
        try:
            self._keep(self._plain(self.clean(), "clean"))
        except ValidationError as error:
            self.add_error(None, error)

    async def _aclean_form(self) -> None:
        try:
            self._keep(self._plain(self.clean(), "clean"))
            self._keep(await self.aclean())
        except ValidationError as error:
            self.add_error(None, error)

    def _keep(self, cleaned_data: Any) -> None:
        if cleaned_data is not None:
            self.cleaned_data = cleaned_data

    def _post_clean(self) -> None:
        """Do what follows cleaning; model forms check their instance here."""

    async def _apost_clean(self) -> None:
        """Do what follows async cleaning."""
        self._post_clean()

    def clean(self) -> Any:
        """Check the fields together, once each has been cleaned.

        Returns:
            The cleaned data; `None` keeps what is there.

        Raises:
            ValidationError: The values do not go together.
        """
        return self.cleaned_data

    async def aclean(self) -> Any:
        """Check the fields together after `clean`, where the check has to wait.

        Overriding it makes the form one that only async calls can clean.

        Returns:
            The cleaned data; `None` keeps what is there.

        Raises:
            ValidationError: The values do not go together.
        """
        return self.cleaned_data

    def has_changed(self) -> bool:
        """Tell whether a field differs from its initial value."""
        return bool(self.changed_data)

    @cached_property
    def changed_data(self) -> list[str]:
        """The names of the fields that differ from their initial values."""
        return [name for name, bound in self._bound_items() if bound._has_changed()]

    async def _afind_changes(self) -> None:
        """Work `changed_data` out by waiting, if a field has to wait for what it is compared to."""
        fields = self.fields.values()
        waits = any(field.show_hidden_initial and field._reads_rows for field in fields)
        if waits and self.is_bound:
            changed = [name for name, bound in self._bound_items() if await bound._ahas_changed()]
            vars(self).setdefault("changed_data", changed)

    @property
    def media(self) -> Any:
        """The files that the widgets need."""
        media = Media()
        for field in self.fields.values():
            media += field.widget.media
        return media

    def is_multipart(self) -> bool:
        """Tell whether a widget takes files, for which the form must be sent as multipart."""
        return any(field.widget.needs_multipart_form for field in self.fields.values())

    def hidden_fields(self) -> list[Any]:
        """Return the bound fields that users do not see."""
        return [bound for bound in self if bound.is_hidden]

    def visible_fields(self) -> list[Any]:
        """Return the bound fields that users see."""
        return [bound for bound in self if not bound.is_hidden]

    def get_initial_for_field(self, field: Any, field_name: str) -> Any:
        """Return the initial value of a field: the form's, else the field's; called if callable."""
        value = self.initial.get(field_name, field.initial)
        if callable(value):
            value = value()
        # Widgets that show no microseconds would otherwise find the value changed.
        if (
            isinstance(value, (datetime.datetime, datetime.time))
            and not field.widget.supports_microseconds
        ):
            value = value.replace(microsecond=0)
        return value


class Form(BaseForm, metaclass=DeclarativeFieldsMetaclass):
    """A form whose fields are declared as attributes of its class."""
