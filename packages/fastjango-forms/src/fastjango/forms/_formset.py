"""The base of all formsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.translation import ngettext_lazy

from ._management import (
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    MAX_NUM_FORM_COUNT,
    MIN_NUM_FORM_COUNT,
    ORDERING_FIELD_NAME,
    TOTAL_FORM_COUNT,
    ManagementForm,
)
from ._twins import require_twins
from .exceptions import AsyncCleaningRequired
from .fields import BooleanField, IntegerField
from .renderers import get_default_renderer
from .utils import ErrorList, RenderableFormMixin
from .widgets import CheckboxInput, NumberInput

__all__ = ["BaseFormSet"]


class BaseFormSet(RenderableFormMixin):
    """Forms of one class; `formset_factory` makes the subclass for a form.

    Args:
        data: Submitted values; with data or files the formset is bound.
        files: Submitted files.
        auto_id: How ids are made of names; see `BaseForm`.
        prefix: Put before the names of all fields, `"form"` by default.
        initial: Initial values, one mapping for each of the first forms.
        error_class: The class of lists of errors.
        form_kwargs: Further arguments of each form.
        error_messages: Messages by code that replace the default ones.
    """

    deletion_widget: Any = CheckboxInput
    ordering_widget: Any = NumberInput
    default_error_messages: dict[str, Any] = {
        "missing_management_form": _(
            "ManagementForm data is missing or has been tampered with. Missing fields: "
            "%(field_names)s. You may need to file a bug report if the issue persists."
        ),
        "too_many_forms": ngettext_lazy(
            "Please submit at most %(num)d form.", "Please submit at most %(num)d forms.", "num"
        ),
        "too_few_forms": ngettext_lazy(
            "Please submit at least %(num)d form.", "Please submit at least %(num)d forms.", "num"
        ),
    }
    template_name_div = "django/forms/formsets/div.html"
    template_name_p = "django/forms/formsets/p.html"
    template_name_table = "django/forms/formsets/table.html"
    template_name_ul = "django/forms/formsets/ul.html"

    # Given by the factory.
    form: Any
    extra: int
    can_order: bool
    can_delete: bool
    can_delete_extra: bool
    min_num: int
    max_num: int
    absolute_max: int
    validate_min: bool
    validate_max: bool
    renderer: Any

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        auto_id: Any = "id_%s",
        prefix: str | None = None,
        initial: Any = None,
        error_class: Any = ErrorList,
        form_kwargs: Any = None,
        error_messages: Any = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.prefix: str = prefix or self.get_default_prefix()
        self.auto_id = auto_id
        self.data: Any = data or {}
        self.files: Any = files or {}
        self.initial = initial
        self.form_kwargs: dict[str, Any] = form_kwargs or {}
        self.error_class = error_class
        self._errors: Any = None
        self._non_form_errors: Any = None
        self._loaded_form: Any = None
        self.form_renderer = self.renderer
        self.renderer = self.renderer or get_default_renderer()
        messages: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            messages.update(getattr(cls, "default_error_messages", {}))
        messages.update(error_messages or {})
        self.error_messages = messages

    def __iter__(self) -> Iterator[Any]:
        """Yield the forms in the order to show them."""
        return iter(self.forms)

    def __getitem__(self, index: Any) -> Any:
        return self.forms[index]

    def __len__(self) -> int:
        return len(self.forms)

    def __bool__(self) -> bool:
        return True  # there is always the management form

    def __repr__(self) -> str:
        if self._errors is None:
            is_valid: Any = "Unknown"
        else:
            is_valid = self.is_bound and not self._non_form_errors and not any(self._errors)
        name = self.__class__.__qualname__
        total = self.total_form_count()
        return f"<{name}: bound={self.is_bound} valid={is_valid} total_forms={total}>"

    @cached_property
    def management_form(self) -> Any:
        """The form that says how many forms were shown and sent."""
        options: Any = {
            "auto_id": self.auto_id,
            "prefix": self.prefix,
            "renderer": self.renderer,
        }
        if self.is_bound:
            form = ManagementForm(self.data, **options)
            form.full_clean()
            return form
        initial = {
            TOTAL_FORM_COUNT: self.total_form_count(),
            INITIAL_FORM_COUNT: self.initial_form_count(),
            MIN_NUM_FORM_COUNT: self.min_num,
            MAX_NUM_FORM_COUNT: self.max_num,
        }
        return ManagementForm(initial=initial, **options)

    def total_form_count(self) -> int:
        """Return how many forms there are; of submitted ones at most `absolute_max` are made."""
        if self.is_bound:
            submitted: int = self.management_form.cleaned_data[TOTAL_FORM_COUNT]
            return min(submitted, self.absolute_max)
        initial = self.initial_form_count()
        total = max(initial, self.min_num) + self.extra
        # Everything that exists is shown; only extra forms end at the limit.
        if self.max_num >= 0:
            if initial > self.max_num:
                return initial
            return min(total, self.max_num)
        return total

    def initial_form_count(self) -> int:
        """Return how many of the forms have initial values."""
        if self.is_bound:
            count: int = self.management_form.cleaned_data[INITIAL_FORM_COUNT]
            return count
        return len(self.initial) if self.initial else 0

    @cached_property
    def forms(self) -> list[Any]:
        """The forms, made at the first access."""
        return [
            self._construct_form(index, **self.get_form_kwargs(index))
            for index in range(self.total_form_count())
        ]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return further arguments of a form.

        Args:
            index: Its position; `None` for the empty form.
        """
        return self.form_kwargs.copy()

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        defaults: dict[str, Any] = {
            "auto_id": self.auto_id,
            "prefix": self.add_prefix(i),
            "error_class": self.error_class,
            # Browsers must not ask for values in extra forms and those to delete.
            "use_required_attribute": False,
            "renderer": self.form_renderer,
        }
        if self.is_bound:
            defaults["data"] = self.data
            defaults["files"] = self.files
        if self.initial and "initial" not in kwargs and i < len(self.initial):
            defaults["initial"] = self.initial[i]
        if i >= self.initial_form_count() and i >= self.min_num:
            defaults["empty_permitted"] = True
        form = self.form(**{**defaults, **kwargs})
        self.add_fields(form, i)
        return form

    @property
    def initial_forms(self) -> list[Any]:
        """The forms with initial values."""
        return self.forms[: self.initial_form_count()]

    @property
    def extra_forms(self) -> list[Any]:
        """The forms without initial values."""
        return self.forms[self.initial_form_count() :]

    @property
    def empty_form(self) -> Any:
        """A form with `__prefix__` in place of its number, for scripts to copy."""
        return self._make_empty_form() if self._loaded_form is None else self._loaded_form

    async def aload_choices(self) -> None:
        """Fetch what the forms, the empty one too, offer as choices, so that rendering waits not.

        Forms that the formset does not have yet are made, and the rows that they show fetched.
        From now on `empty_form` is the same form each time.
        """
        await self._aprepare()
        empty_form = self.empty_form
        for form in (*self.forms, empty_form):
            await form.aload_choices()
        self._loaded_form = empty_form

    def _make_empty_form(self) -> Any:
        form = self.form(
            **{
                **self.get_form_kwargs(None),
                "auto_id": self.auto_id,
                "prefix": self.add_prefix("__prefix__"),
                "empty_permitted": True,
                "use_required_attribute": False,
                "renderer": self.form_renderer,
            }
        )
        self.add_fields(form, None)
        return form

    def _refuse(self, name: str) -> AttributeError:
        return AttributeError(f"'{self.__class__.__name__}' object has no attribute '{name}'")

    @property
    def cleaned_data(self) -> list[Any]:
        """The cleaned data of each form; an `AttributeError` unless the formset is valid."""
        if not self.is_valid():
            raise self._refuse("cleaned_data")
        return [form.cleaned_data for form in self.forms]

    def _changed(self) -> Iterator[tuple[int, Any]]:
        """Yield the forms with their positions, without extra ones that nobody touched."""
        initial = self.initial_form_count()
        for index, form in enumerate(self.forms):
            if index < initial or form.has_changed():
                yield index, form

    @property
    def deleted_forms(self) -> list[Any]:
        """The forms marked for deletion; none unless the formset is valid."""
        if not self.is_valid() or not self.can_delete:
            return []
        if not hasattr(self, "_deleted_form_indexes"):
            self._deleted_form_indexes = [
                index for index, form in self._changed() if self._should_delete_form(form)
            ]
        return [self.forms[index] for index in self._deleted_form_indexes]

    @property
    def ordered_forms(self) -> list[Any]:
        """The forms in the order that was submitted, those without a number last.

        An `AttributeError` unless the formset is valid and can be ordered.
        """
        if not self.is_valid() or not self.can_order:
            raise self._refuse("ordered_forms")
        if not hasattr(self, "_ordering"):
            numbers = [
                (index, form.cleaned_data[ORDERING_FIELD_NAME])
                for index, form in self._changed()
                if not (self.can_delete and self._should_delete_form(form))
            ]
            self._ordering = sorted(numbers, key=lambda item: (item[1] is None, item[1] or 0))
        return [self.forms[index] for index, _number in self._ordering]

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the prefix of a formset that is given none."""
        return "form"

    @classmethod
    def get_deletion_widget(cls) -> Any:
        """Return the class of the widget that marks forms for deletion."""
        return cls.deletion_widget

    @classmethod
    def get_ordering_widget(cls) -> Any:
        """Return the class of the widget that numbers forms."""
        return cls.ordering_widget

    def non_form_errors(self) -> Any:
        """Return the errors that belong to no form, an empty list if there are none."""
        if self._non_form_errors is None:
            self.full_clean()
        return self._non_form_errors

    @property
    def errors(self) -> Any:
        """The errors of each form; the data is cleaned at the first access."""
        if self._errors is None:
            self.full_clean()
        return self._errors

    def total_error_count(self) -> int:
        """Return the number of errors of all forms and the formset itself."""
        return len(self.non_form_errors()) + sum(len(errors) for errors in self.errors)

    def _should_delete_form(self, form: Any) -> Any:
        return form.cleaned_data.get(DELETION_FIELD_NAME, False)

    def _is_dropped(self, form: Any) -> bool:
        return bool(self.can_delete and self._should_delete_form(form))

    def is_valid(self) -> bool:
        """Tell whether every form is valid that is not marked for deletion.

        Raises:
            AsyncCleaningRequired: There are async cleaners: use `await formset.ais_valid()`.
        """
        if not self.is_bound:
            return False
        _errors = self.errors  # cleans all forms
        valid = [form.is_valid() for form in self.forms if not self._is_dropped(form)]
        return all(valid) and not self.non_form_errors()

    async def ais_valid(self) -> bool:
        """Tell whether every form is valid that is not marked for deletion; await what is async."""
        if not self.is_bound:
            return False
        await self._aprepare()
        if self._errors is None:
            await self.afull_clean()
        valid = [await form.ais_valid() for form in self.forms if not self._is_dropped(form)]
        return all(valid) and not self._non_form_errors

    async def _aprepare(self) -> None:
        """Get what the forms need before async code touches them; model formsets fetch rows."""

    def _error_list(self, errors: Any = None) -> Any:
        return self.error_class(errors, error_class="nonform", renderer=self.renderer)

    def _begin_clean(self) -> bool:
        """Reset the results, check the management form, and tell whether there is data."""
        self._errors = []
        self._non_form_errors = self._error_list()
        if not self.is_bound:
            return False
        form = self.management_form
        if not form.is_valid():
            names = ", ".join(form.add_prefix(name) for name in form.errors)
            error = ValidationError(
                self.error_messages["missing_management_form"],
                code="missing_management_form",
                params={"field_names": names},
            )
            self._non_form_errors.append(error)
        return True

    def _collect(self, index: int, form: Any) -> bool:
        """Keep the errors of a cleaned form, and tell whether it is an extra one left empty."""
        if not self._is_dropped(form):
            self._errors.append(form.errors)
        return index >= self.initial_form_count() and not form.has_changed()

    def _check_number(self, empty_forms: int) -> None:
        """Refuse too many or too few forms."""
        kept = self.total_form_count() - len(self.deleted_forms)
        submitted = self.management_form.cleaned_data[TOTAL_FORM_COUNT]
        if (self.validate_max and kept > self.max_num) or submitted > self.absolute_max:
            raise self._number_error("too_many_forms", self.max_num)
        if self.validate_min and kept - empty_forms < self.min_num:
            raise self._number_error("too_few_forms", self.min_num)

    def _number_error(self, code: str, number: int) -> ValidationError:
        return ValidationError(self.error_messages[code] % {"num": number}, code=code)

    def full_clean(self) -> None:
        """Clean all data anew, and fill `errors` and `non_form_errors()`.

        Raises:
            AsyncCleaningRequired: There are async cleaners: use `await formset.afull_clean()`.
        """
        if self.is_bound and type(self).aclean is not BaseFormSet.aclean:
            raise AsyncCleaningRequired(type(self).__name__, "aclean()", "formset.ais_valid()")
        try:
            self._clean_all()
        except BaseException:
            self._forget_results()
            raise

    def _clean_all(self) -> None:
        if not self._begin_clean():
            return
        empty = 0
        for index, form in enumerate(self.forms):
            _errors = form.errors  # cleans it
            empty += self._collect(index, form)
        try:
            self._check_number(empty)
            self.clean()
        except ValidationError as error:
            self._non_form_errors = self._error_list(error.error_list)

    async def afull_clean(self) -> None:
        """Clean all data anew: each form after the one before, then the formset.

        Raises:
            MissingAsyncTwin: The class overrides a step without its async twin.
        """
        require_twins(type(self), "full_clean", "is_valid")
        await self._aprepare()
        try:
            await self._aclean_all()
        except BaseException:  # a task that was cancelled too
            self._forget_results()
            raise

    async def _aclean_all(self) -> None:
        if not self._begin_clean():
            return
        empty = 0
        for index, form in enumerate(self.forms):
            await form.ais_valid()
            empty += self._collect(index, form)
        try:
            self._check_number(empty)
            self.clean()
            await self.aclean()
        except ValidationError as error:
            self._non_form_errors = self._error_list(error.error_list)

    def _forget_results(self) -> None:
        """Forget what was found: what was not checked to the end has not been checked."""
        self._errors = self._non_form_errors = None
        vars(self).pop("_deleted_form_indexes", None)

    def clean(self) -> Any:
        """Check the forms together, once each has been cleaned.

        Raises:
            ValidationError: They do not go together; see `non_form_errors`.
        """

    async def aclean(self) -> Any:
        """Check the forms together after `clean`, where the check has to wait.

        Overriding it makes the formset one that only async calls can clean.

        Raises:
            ValidationError: They do not go together; see `non_form_errors`.
        """

    def has_changed(self) -> bool:
        """Tell whether a form differs from its initial values."""
        return any(form.has_changed() for form in self)

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the fields for order and deletion to a form; override it to add others.

        Args:
            index: The form's position; `None` for the empty form.
        """
        is_initial = index is not None and index < self.initial_form_count()
        if self.can_order:
            form.fields[ORDERING_FIELD_NAME] = IntegerField(
                label=_("Order"),
                initial=index + 1 if is_initial and index is not None else None,
                required=False,
                widget=self.get_ordering_widget(),
            )
        if self.can_delete and (self.can_delete_extra or is_initial):
            form.fields[DELETION_FIELD_NAME] = BooleanField(
                label=_("Delete"), required=False, widget=self.get_deletion_widget()
            )

    def add_prefix(self, index: int | str) -> str:
        """Return the prefix of a form."""
        return f"{self.prefix}-{index}"

    def _sample(self) -> Any:
        """Return one form; in what does not depend on data all are the same."""
        return self.forms[0] if self.forms else self.empty_form

    def is_multipart(self) -> bool:
        """Tell whether a widget takes files, for which the page must be sent as multipart."""
        multipart: bool = self._sample().is_multipart()
        return multipart

    @property
    def media(self) -> Any:
        """The files that the widgets of a form need."""
        return self._sample().media

    @property
    def template_name(self) -> str:  # computed here
        """The template of the formset."""
        name: str = self.renderer.formset_template_name
        return name

    def get_context(self) -> dict[str, Any]:
        """Return the variables of the template."""
        return {"formset": self}
