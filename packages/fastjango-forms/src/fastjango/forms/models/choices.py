"""Fields whose choices are rows of a model."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# Models and their rows are known at run time only.

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Self

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, overrides_without_twin, twin
from fastjango.forms._field import Field
from fastjango.forms.fields import ChoiceField
from fastjango.forms.widgets import MultipleHiddenInput, RadioSelect, SelectMultiple
from fastjango.http.aio import run_in_thread
from fastjango.values.choices import BaseChoiceIterator, get_blank_choice_label
from fastjango.values.validators import ProhibitNullCharactersValidator

__all__ = [
    "ModelChoiceField",
    "ModelChoiceIterator",
    "ModelChoiceIteratorValue",
    "ModelMultipleChoiceField",
]


class ModelChoiceIteratorValue:
    """The value of a choice that knows its row; equal to the value itself.

    Args:
        value: What the form submits.
        instance: The row.
    """

    def __init__(self, value: Any, instance: Any) -> None:
        self.value, self.instance = value, instance

    def __str__(self) -> str:
        return str(self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ModelChoiceIteratorValue):
            other = other.value
        return bool(self.value == other)


class ModelChoiceIterator(BaseChoiceIterator):
    """The choices of a field: an empty one if there shall be, and one for each row.

    Each iteration asks the database, unless `aload_choices()` has.
    """

    def __init__(self, field: Any) -> None:
        self.field: Any = field
        self.queryset: Any = field.queryset

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        rows = self.queryset
        # What is prefetched needs all rows at once; otherwise they are not kept.
        if rows._result_cache is None and not rows._prefetch_related_lookups:
            rows = rows.iterator()
        for row in rows:
            yield self.choice(row)

    def __len__(self) -> int:
        count: int = self.queryset.count()
        return count + (self.field.empty_label is not None)

    def __bool__(self) -> bool:
        return self.field.empty_label is not None or self.queryset.exists()

    def choice(self, obj: Any) -> tuple[Any, Any]:
        """Return value and label of a row."""
        return (
            ModelChoiceIteratorValue(self.field.prepare_value(obj), obj),
            self.field.label_from_instance(obj),
        )


class ModelChoiceField(ChoiceField):
    """One row of a queryset.

    Args:
        queryset: The rows to choose from; asked anew each time the choices are shown.
        empty_label: The label of no choice; `None` for no such choice. Left out as well when the
            field is required and has an initial value.
        required: Refuse no choice.
        widget: The widget, or its class.
        label: The label.
        initial: The key of the row that an unbound form shows.
        help_text: A text beside the field.
        to_field_name: The field whose values are submitted; the primary key if `None`.
        limit_choices_to: Further conditions, or a function that gives them.
        blank: Whether radio buttons have one for no choice.
        kwargs: What else a field takes.
    """

    default_error_messages: dict[str, Any] = {
        "invalid_choice": _(
            "Select a valid choice. That choice is not one of the available choices."
        ),
    }
    iterator: Any = ModelChoiceIterator
    _reads_rows = True

    def __init__(
        self,
        queryset: Any,
        *,
        empty_label: Any = "",
        required: bool = True,
        widget: Any = None,
        label: Any = None,
        initial: Any = None,
        help_text: Any = "",
        to_field_name: str | None = None,
        limit_choices_to: Any = None,
        blank: bool = False,
        **kwargs: Any,
    ) -> None:
        # The choices of `ChoiceField` are of no use here.
        Field.__init__(
            self,
            required=required,
            widget=widget,
            label=label,
            initial=initial,
            help_text=help_text,
            **kwargs,
        )
        is_chosen = required and initial is not None
        if is_chosen or (isinstance(self.widget, RadioSelect) and not blank):
            self.empty_label: Any = None
        else:
            self.empty_label = get_blank_choice_label() if empty_label == "" else empty_label
        self.queryset = queryset
        self.limit_choices_to = limit_choices_to
        self.to_field_name = to_field_name

    def validate_no_null_characters(self, value: Any) -> None:
        """Refuse texts with NUL.

        Raises:
            ValidationError: There is one.
        """
        ProhibitNullCharactersValidator()(value)

    def get_limit_choices_to(self) -> Any:
        """Return the further conditions, from the function if there is one."""
        return self.limit_choices_to() if callable(self.limit_choices_to) else self.limit_choices_to

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result: Any = super(ChoiceField, self).__deepcopy__(memo)
        if self.queryset is not None:
            # The widget of the copy gets an iterator of its own with it.
            result.queryset = self.queryset.all()
        return result  # type: ignore[no-any-return]  # a copy has the same class

    @property
    def queryset(self) -> Any:
        """The rows to choose from; setting them sets the choices of the widget too."""
        return self._queryset

    @queryset.setter
    def queryset(self, queryset: Any) -> None:
        self._queryset = None if queryset is None else queryset.all()
        self.widget.choices = self.choices

    def label_from_instance(self, obj: Any) -> Any:
        """Return the label of a row; override it for another text than `str()`."""
        return str(obj)

    @property
    def choices(self) -> Any:
        """The choices: those that were set, else an iterator over the rows."""
        known = self.__dict__.get("_choices")
        return self.iterator(self) if known is None else known

    @choices.setter
    def choices(self, value: Any) -> None:
        # As the base class does it; pyright does not know the setter of a base.
        ChoiceField.choices.fset(self, value)  # type: ignore[attr-defined]  # pyright: ignore

    async def aload_choices(self) -> None:
        """Fetch the rows, so that showing the choices waits for nothing."""
        if self.__dict__.get("_choices") is None and self.queryset is not None:
            async for _row in self.queryset:
                pass

    def prepare_value(self, value: Any) -> Any:
        """Return the key of a row; other values as they are."""
        if not hasattr(value, "_meta"):
            return super().prepare_value(value)
        return value.serializable_value(self.to_field_name) if self.to_field_name else value.pk

    def to_python(self, value: Any) -> Any:
        """Return the row with a key, `None` for no choice.

        Raises:
            ValidationError: There is none.
        """
        return follow(self._row_plan(value))

    async def ato_python(self, value: Any) -> Any:
        """Do what `to_python()` does."""
        return await afollow(self._row_plan(value))

    async def _aread(self, value: Any) -> Any:
        if overrides_without_twin(type(self), "to_python", "ato_python"):
            return await run_in_thread(self.to_python, value)
        return await self.ato_python(value)

    def _row_plan(self, value: Any) -> Generator[Step, Any, Any]:
        if value in self.empty_values:
            return None
        self.validate_no_null_characters(value)
        key = self.to_field_name or "pk"
        try:
            if isinstance(value, self.queryset.model):
                value = getattr(value, key)
            row = yield twin(self.queryset, "get", **{key: value})
        except (ValueError, TypeError, self.queryset.model.DoesNotExist, ValidationError):
            raise self._error("invalid_choice", value=value) from None
        return row

    def validate(self, value: Any) -> None:
        """Refuse no choice when one is required; a row is a choice already."""
        Field.validate(self, value)

    async def aclean(self, value: Any) -> Any:
        """Do what `clean()` does, asking the database asynchronously.

        A subclass with a `to_python()` of its own and no `ato_python()` has that called in a
        worker thread.
        """
        row = await self._aread(value)
        self.validate(row)
        await self.arun_validators(row)
        return row

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether another row was chosen."""
        if self.disabled:
            return False
        before = "" if initial is None else initial
        return str(self.prepare_value(before)) != str("" if data is None else data)


class ModelMultipleChoiceField(ModelChoiceField):
    """Any number of rows of a queryset.

    Args:
        queryset: The rows to choose from.
        kwargs: What else `ModelChoiceField` takes.
    """

    widget: Any = SelectMultiple
    hidden_widget: Any = MultipleHiddenInput
    default_error_messages: dict[str, Any] = {
        "invalid_list": _("Enter a list of values."),
        "invalid_choice": _(
            "Select a valid choice. %(value)s is not one of the available choices."
        ),
        "invalid_pk_value": _("“%(pk)s” is not a valid value."),
    }

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=None, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the rows with the keys, as a list.

        Raises:
            ValidationError: One of them does not exist.
        """
        return list(follow(self._rows_plan(value))) if value else []

    async def ato_python(self, value: Any) -> Any:
        """Do what `to_python()` does."""
        return list(await afollow(self._rows_plan(value))) if value else []

    def clean(self, value: Any) -> Any:
        """Return a queryset of the rows with the keys, evaluated.

        Raises:
            ValidationError: One of them does not exist, or there are none and some are required.
        """
        value = self._checked(value)
        if not value:
            return self.queryset.none()
        rows = self._check_values(value)
        self.run_validators(value)
        return rows

    async def aclean(self, value: Any) -> Any:
        """Do what `clean()` does, asking the database asynchronously."""
        if hasattr(value, "__aiter__"):  # rows that are the initial value of a disabled field
            await _aread(value)
        value = self._checked(value)
        if not value:
            none = self.queryset.none()
            await _aread(none)  # asks nothing; whoever uses it need not wait
            return none
        rows = await afollow(self._rows_plan(value))
        await self.arun_validators(value)
        return rows

    def _checked(self, value: Any) -> Any:
        """Return the keys; nothing if there are none and none are required."""
        value = self.prepare_value(value)
        if not value:
            if self.required:
                raise self._error("required")
        elif not isinstance(value, list | tuple):
            raise self._error("invalid_list")
        return value

    def _check_values(self, value: Any) -> Any:
        return follow(self._rows_plan(value))

    def _rows_plan(self, value: Any) -> Generator[Step, Any, Any]:
        """Find the rows; each key is tried, so that the error names the one that is wrong."""
        key = self.to_field_name or "pk"
        try:
            keys = list(dict.fromkeys(value))
        except TypeError:  # lists of lists, forged
            raise self._error("invalid_list") from None
        for pk in keys:
            self.validate_no_null_characters(pk)
            try:
                self.queryset.filter(**{key: pk})
            except (ValueError, TypeError, ValidationError):
                raise self._error("invalid_pk_value", pk=pk) from None
        rows = self.queryset.filter(**{f"{key}__in": keys})
        found = yield Step(lambda: list(rows), lambda: _aread(rows))
        known = {str(getattr(row, key)) for row in found}
        for pk in keys:
            if str(pk) not in known:
                raise self._error("invalid_choice", value=pk)
        return rows

    def prepare_value(self, value: Any) -> Any:
        """Return the keys of rows; other values as they are."""
        is_many = hasattr(value, "__iter__") and not isinstance(value, str)
        if is_many and not hasattr(value, "_meta"):
            prepare = super().prepare_value
            return [prepare(one) for one in value]
        return super().prepare_value(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other rows were chosen, in whatever order."""
        if self.disabled:
            return False
        before, after = initial or [], data or []
        try:
            if len(before) != len(after):
                return True
            return {str(one) for one in self.prepare_value(before)} != {str(one) for one in after}
        except TypeError:  # what came is no list
            return True


async def _aread(rows: Any) -> list[Any]:
    return [row async for row in rows]
