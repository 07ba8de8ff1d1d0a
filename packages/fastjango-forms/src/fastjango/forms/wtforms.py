"""WTForms and starlette-wtf forms where forms of this distribution are expected.

`adapt(MyForm)` gives a class for the views, `render()` and the admin. Nothing is patched: the
form of the project does the reading and checking, this does the waiting, the limits and the
markup around it.
"""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# The forms of WTForms are known at run time only; it has no types of its own.

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from fastjango.core.exceptions import NON_FIELD_ERRORS
from fastjango.forms._wtform_data import FormData, get_form_data, is_for_files
from fastjango.forms.exceptions import AsyncCleaningRequired
from fastjango.forms.utils import ErrorDict, ErrorList
from fastjango.values.html import format_html, format_html_join
from fastjango.values.safestring import SafeString, mark_safe
from starlette_wtf import StarletteForm  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # has no types
from wtforms import FieldList, FormField  # type: ignore[import-untyped] # has no types
from wtforms import Form as WTForm
from wtforms import ValidationError as WTValidationError
from wtforms.fields.core import UnboundField  # type: ignore[import-untyped] # has no types

__all__ = ["FormData", "WTFormAdapter", "adapt", "get_form_data"]


def _without_request(form_class: Any) -> Any:
    """Return a form class that is made without a request, with those nested in it likewise."""
    attributes: dict[str, Any] = {"Meta": _Meta}
    for name in dir(form_class):
        field = inspect.getattr_static(form_class, name, None)
        if isinstance(field, UnboundField):
            changed = _nested(field)
            if changed is not field:
                attributes[name] = changed
    if issubclass(form_class, StarletteForm):

        def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
            request: Any = kwargs.pop("request", None)
            request = request or SimpleNamespace(state=SimpleNamespace())
            form_class.__init__(self, request, *args, **kwargs)

        attributes["__init__"] = initialize
        if form_class.validate is StarletteForm.validate:
            # Otherwise nested forms would hand a coroutine to WTForms, which takes it for true.
            attributes["validate"] = WTForm.validate
    return type(form_class.__name__, (form_class,), attributes)


class _Meta:
    """What the changed forms say of themselves beside what the project's do."""

    def wrap_formdata(self, form: Any, formdata: Any) -> Any:
        """Give a form the data as it may see it."""
        project: Any = super()  # WTForms puts the Meta of the form and its bases behind this one
        seen = formdata.seen_by(form) if isinstance(formdata, FormData) else formdata
        return project.wrap_formdata(form, seen)


def _nested(field: Any) -> Any:
    """Return a declared field, with the forms it nests made without a request."""
    args = [_replaced(arg) for arg in field.args]
    kwargs = {name: _replaced(arg) for name, arg in field.kwargs.items()}
    same = all(a is b for a, b in zip(args, field.args, strict=True)) and all(
        kwargs[name] is field.kwargs[name] for name in kwargs
    )
    if same:
        return field
    changed = UnboundField(field.field_class, *args, name=field.name, **kwargs)
    changed.creation_counter = field.creation_counter
    return changed


def _replaced(argument: Any) -> Any:
    if isinstance(argument, UnboundField):
        return _nested(argument)
    if isinstance(argument, type) and issubclass(argument, WTForm):
        return _without_request(argument)
    return argument


class WTFormAdapter:
    """A form of WTForms with the interface of a form of this distribution; see `adapt()`.

    Args:
        data: The submitted values; `None` for a form that is shown first.
        files: The submitted files.
        initial: Initial values by name.
        prefix: What the names of all fields begin with.
        instance: An object whose attributes are initial values; `save()` fills and saves it.
        kwargs: What else the form of the project takes.
    """

    form_class: Any
    cleaned_data: dict[str, Any]

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        initial: Any = None,
        prefix: str | None = None,
        instance: Any = None,
        **kwargs: Any,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data, self.files, self.initial, self.prefix = data, files, initial or {}, prefix
        self.instance = instance
        formdata = FormData(data, files) if self.is_bound else None
        self.form: Any = self.form_class(
            formdata=formdata, obj=instance, prefix=prefix or "", data=self.initial, **kwargs
        )
        self._errors: Any = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the project's form, by name."""
        fields: dict[str, Any] = self.form._fields
        return fields

    def __iter__(self) -> Iterator[Any]:
        return iter(self.form)

    def __getitem__(self, name: str) -> Any:
        return self.form[name]

    # Validation

    def is_valid(self) -> bool:
        """Tell whether the form is bound and its data has no errors.

        Raises:
            AsyncCleaningRequired: It, or a form nested in it, has asynchronous validators.
        """
        if not self.is_bound:
            return False
        if self._errors is None:
            waiting = next(_async_validators(self.form), None)
            if waiting is not None:
                raise AsyncCleaningRequired(
                    self.form_class.__name__, f"{waiting[0].__name__}()", "form.ais_valid()"
                )
            self.form.validate()
            self._collect()
        return not self._errors

    async def ais_valid(self) -> bool:
        """Do what `is_valid()` does; asynchronous validators, nested ones too, run one by one.

        As with synchronous ones, a field that has an error already is not asked again.
        """
        if not self.is_bound:
            return False
        if self._errors is None:
            self.form.validate()
            for validator, form, field in list(_async_validators(self.form)):
                if field.errors:
                    continue
                try:
                    await validator(form, field)
                except WTValidationError as error:
                    field.errors = [*field.errors, error.args[0] if error.args else ""]
            self._collect()
        return not self._errors

    def _collect(self) -> None:
        for field in self.form:
            _refresh(field)
        self._errors = ErrorDict()
        for name, found in self.form.errors.items():
            key = NON_FIELD_ERRORS if name in (None, "") else name
            self._errors[key] = ErrorList(list(_flat(found)))
        self.cleaned_data = {
            name: value for name, value in self.form.data.items() if name not in self._errors
        }

    @property
    def errors(self) -> Any:
        """The errors by field; those of nested forms say where they are."""
        if self._errors is None:
            if not self.is_bound:
                return ErrorDict()
            self.is_valid()
        return self._errors

    def non_field_errors(self) -> Any:
        """Return the errors that belong to no field."""
        return self.errors.get(NON_FIELD_ERRORS, ErrorList())

    def save(self, commit: bool = True) -> Any:
        """Fill the instance with the data, save it if it can be saved, and return it.

        Args:
            commit: Whether to call the instance's `save()`, which those of models have.

        Raises:
            ValueError: The form is not valid, or was made without an instance.
        """
        self._fill()
        if commit and hasattr(self.instance, "save"):
            self.instance.save()
        return self.instance

    async def asave(self, commit: bool = True) -> Any:
        """Do what `save()` does, with the instance's `asave()`."""
        await self.ais_valid()
        self._fill()
        if commit and hasattr(self.instance, "asave"):
            await self.instance.asave()
        return self.instance

    def _fill(self) -> None:
        if self.errors or self.instance is None:
            raise ValueError(
                f"{self.form_class.__name__} cannot fill an object: it "
                + ("is not valid." if self.errors else "was made without an instance.")
            )
        self.form.populate_obj(self.instance)

    # Rendering

    def is_multipart(self) -> bool:
        """Tell whether the page has to send the form as multipart, for its files."""
        return any(map(is_for_files, self.form))

    def as_div(self) -> SafeString:
        """Return the fields with labels and errors, each in a `div`."""
        hidden = [
            field for field in self.form if getattr(field.widget, "input_type", "") == "hidden"
        ]
        shown = [field for field in self.form if field not in hidden]
        top = _error_list(self.errors.get(NON_FIELD_ERRORS, ())) if self.is_bound else ""
        rows = [_row(field, self.errors.get(field.short_name, ())) for field in shown]
        return SafeString(top + "".join(rows) + "".join(str(field()) for field in hidden))

    render = as_div
    __html__ = __str__ = as_div


def _row(field: Any, errors: Any) -> SafeString:
    attributes: dict[str, Any] = {}
    if errors:
        attributes = {"aria-invalid": "true", "aria-describedby": f"{field.id}_error"}
    return format_html(
        "<div>{}{}{}</div>",
        mark_safe(str(field.label())),
        _error_list(errors, f"{field.id}_error"),
        mark_safe(str(field(**attributes))),
    )


def _error_list(errors: Any, id: str = "") -> SafeString:
    if not errors:
        return SafeString("")
    items = format_html_join("", "<li>{}</li>", ((error,) for error in errors))
    named = format_html(' id="{}"', id) if id else ""
    return format_html('<ul class="errorlist"{}>{}</ul>', named, items)


def _flat(found: Any, where: str = "") -> Iterator[str]:
    """Yield errors as texts; in front of nested ones stands where they are."""
    if isinstance(found, dict):
        members: dict[Any, Any] = found
        for name, inner in members.items():
            yield from _flat(inner, f"{where}.{name}".lstrip(".") if name else where)
    elif isinstance(found, list | tuple):
        parts: list[Any] = list(found)
        for index, inner in enumerate(parts):
            is_nested = isinstance(inner, dict | list | tuple)
            yield from _flat(inner, f"{where}[{index}]" if is_nested else where)
    else:
        yield f"{where}: {found}" if where else str(found)


def _refresh(field: Any) -> None:
    """Let a list of forms know the errors that asynchronous validators have found in them."""
    if isinstance(field, FormField):
        for inner in field.form:
            _refresh(inner)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            _refresh(entry)
        errors = [entry.errors for entry in field.entries]
        if any(errors):
            field.errors = errors


def _async_validators(form: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield function, form and field of each asynchronous validator, nested ones included."""
    for name, field in form._fields.items():
        validator = getattr(type(form), f"async_validate_{name}", None)
        if validator is not None:
            yield validator, form, field
        yield from _nested_validators(field)


def _nested_validators(field: Any) -> Iterator[tuple[Any, Any, Any]]:
    if isinstance(field, FormField):
        yield from _async_validators(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _nested_validators(entry)


@cache  # one entry for each form class
def adapt(form_class: Any) -> Any:
    """Return a class that shows and checks a WTForms form as the views expect it.

    Args:
        form_class: A class of WTForms or starlette-wtf; with those nested in it, it needs no
            request any more.

    Raises:
        TypeError: It overrides `validate()` by a coroutine function.
    """
    validate: Any = form_class.validate
    if inspect.iscoroutinefunction(validate) and validate is not getattr(
        StarletteForm, "validate", None
    ):
        raise TypeError(
            f"{form_class.__name__} overrides validate() by a coroutine function, which WTForms "
            "does not await in nested forms. Write async_validate_<field>() for what waits."
        )
    attributes = {"form_class": _without_request(form_class), "__doc__": form_class.__doc__}
    return type(f"{form_class.__name__}Adapter", (WTFormAdapter,), attributes)
