"""Validators of uniqueness, and of text that no database can hold.

Each asks the database once; on the asynchronous edge (`ais_valid()`) without a thread.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Querysets and values may be anything.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.core.exceptions import FieldError
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.exceptions import DatabaseError
from fastjango.rest._races import constraint_error
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest._unfit import UNFIT
from fastjango.rest.exceptions import APIException, ValidationError
from fastjango.values.encoding import has_surrogates

__all__ = [
    "BaseUniqueForValidator",
    "ProhibitSurrogateCharactersValidator",
    "UniqueForDateValidator",
    "UniqueForMonthValidator",
    "UniqueForYearValidator",
    "UniqueTogetherValidator",
    "UniqueValidator",
    "conflict_of",
    "qs_exists",
    "qs_filter",
]


def qs_exists(queryset: Any) -> bool:
    """Whether there is a row; False also where the values do not fit the columns."""
    return run_steps(_exists_steps(queryset))  # type: ignore[no-any-return]


def qs_filter(queryset: Any, **kwargs: Any) -> Any:
    """Filter; nothing is found where the values do not fit the columns."""
    try:
        return queryset.filter(**kwargs)
    except UNFIT:
        return queryset.none()


def conflict_of(error: DatabaseError, model: Any) -> APIException | None:
    """Return the answer for an error of the database that validation cannot foresee.

    Two requests may both find a value free, or a row may vanish between checking and saving.

    Args:
        error: What saving raised.
        model: The model that was saved.

    Returns:
        `Conflict` (409) for a unique value that is taken and for a row that is gone,
        `ValidationError` (400) for a check constraint and for a value that its column cannot hold;
        `None` for everything else, which is no fault of the request.
    """
    return constraint_error(error, model)


def _exists_steps(queryset: Any, condition: Any = None, against: Any = None) -> Steps:
    try:
        if condition is None:
            return (yield queryset.exists, queryset.aexists, ())
        from fastjango.orm.models import Exists

        # The same question that the model's own constraint asks.
        whole = condition & Exists(queryset.filter(condition))
        return (yield whole.check, whole.acheck, (against,))
    except UNFIT:
        return False
    except FieldError:
        if condition is None:
            raise
        return False


def _require_single(serializer: Any, instance: Any, validator: Any) -> None:
    """Refuse to guess which of many instances is being updated."""
    if (
        instance is not None
        and getattr(serializer.parent, "many", False)
        and not hasattr(instance, "pk")
    ):
        raise RuntimeError(
            f"`{type(validator).__name__}` cannot determine the current instance during a "
            "multiple update. Override `ListSerializer.run_child_validation()` to set "
            "`child.instance` before validation."
        )


def _shown(value: Any) -> str:
    from fastjango.rest._repr import smart_repr

    return smart_repr(value)


class _Validator:
    """Runs `_steps` on either edge."""

    requires_context = True

    def __call__(self, value: Any, serializer_field: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: Another row has it.
        """
        run_steps(self._steps(value, serializer_field))

    async def acall(self, value: Any, serializer_field: Any) -> None:
        """Check a value in asynchronous code."""
        await arun_steps(self._steps(value, serializer_field))

    def _steps(self, value: Any, serializer_field: Any) -> Steps:
        raise NotImplementedError

    def _compared(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # compared by settings


class UniqueValidator(_Validator):
    """No other row has the value: `unique=True` of a model field.

    Args:
        queryset: The rows that count.
        message: The error's text.
        lookup: How values are compared.
    """

    message: Any = _("This field must be unique.")

    def __init__(self, queryset: Any, message: Any = None, lookup: str = "exact") -> None:
        self.queryset = queryset
        self.message = message or self.message
        self.lookup = lookup

    def filter_queryset(self, value: Any, queryset: Any, field_name: str) -> Any:
        """Return the rows that have the value."""
        return qs_filter(queryset, **{f"{field_name}__{self.lookup}": value})

    def exclude_current_instance(self, queryset: Any, instance: Any) -> Any:
        """Return the rows without the one being updated."""
        return queryset if instance is None else queryset.exclude(pk=instance.pk)

    def _steps(self, value: Any, serializer_field: Any) -> Steps:
        serializer = serializer_field.parent
        instance = getattr(serializer, "instance", None)
        _require_single(serializer, instance, self)
        field_name = serializer_field.source_attrs[-1]
        queryset = self.filter_queryset(value, self.queryset, field_name)
        queryset = self.exclude_current_instance(queryset, instance)
        if (yield from _exists_steps(queryset)):
            raise ValidationError(self.message, code="unique")

    def _compared(self) -> tuple[Any, ...]:
        return self.message, self.requires_context, self.queryset, self.lookup

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(queryset={_shown(self.queryset)})>"


class UniqueTogetherValidator(_Validator):
    """No other row has the same values in some fields: `unique_together`, `UniqueConstraint`.

    Args:
        queryset: The rows that count.
        fields: Names of the serializer's fields.
        message: The error's text, with `{field_names}` in it.
        condition_fields: Names of the fields that the condition reads.
        condition: Which rows the constraint is about.
        code: The error's code.
        nulls_distinct: `False` if `NULL` equals `NULL`.
    """

    message: Any = _("The fields {field_names} must make a unique set.")
    missing_message: Any = _("This field is required.")
    code: str = "unique"

    def __init__(
        self,
        queryset: Any,
        fields: Sequence[str],
        message: Any = None,
        condition_fields: Sequence[str] | None = None,
        condition: Any = None,
        code: str | None = None,
        nulls_distinct: bool | None = None,
    ) -> None:
        self.queryset = queryset
        self.fields = fields
        self.message = message or self.message
        self.condition_fields: Sequence[str] = [] if condition_fields is None else condition_fields
        self.condition = condition
        self.code = code or self.code
        self.nulls_distinct = nulls_distinct

    def enforce_required_fields(self, attrs: Any, serializer: Any) -> None:
        """Refuse to create without the fields, whatever their own options say."""
        if serializer.instance is not None:
            return
        missing = {
            name: self.missing_message
            for name in (*self.fields, *self.condition_fields)
            if serializer.fields[name].source not in attrs
        }
        if missing:
            raise ValidationError(missing, code="required")

    def filter_queryset(self, attrs: Any, queryset: Any, serializer: Any) -> Any:
        """Return the rows that have the values; what is not given comes from the instance."""
        sources = [serializer.fields[name].source for name in self.fields]
        if serializer.instance is not None:
            for source in sources:
                if source not in attrs:
                    attrs[source] = getattr(serializer.instance, source)
        return qs_filter(queryset, **{source: attrs[source] for source in sources})

    def exclude_current_instance(self, attrs: Any, queryset: Any, instance: Any) -> Any:
        """Return the rows without the one being updated."""
        return queryset if instance is None else queryset.exclude(pk=instance.pk)

    def _steps(self, value: Any, serializer_field: Any) -> Steps:
        attrs, serializer = value, serializer_field
        instance = serializer.instance
        _require_single(serializer, instance, self)
        self.enforce_required_fields(attrs, serializer)
        given = dict(attrs)
        queryset = self.filter_queryset(attrs, self.queryset, serializer)
        queryset = self.exclude_current_instance(attrs, queryset, instance)
        own = [serializer.fields[name].source for name in self.fields]
        conditional = [serializer.fields[name].source for name in self.condition_fields]
        if instance is not None and not any(
            source in given and given[source] != getattr(instance, source, None)
            for source in {*own, *conditional}
        ):
            # Nothing that the constraint reads has changed.
            return
        values = {
            source: attrs[source] if source in attrs else getattr(instance, source, None)
            for source in (*own, *conditional)
        }
        if self.nulls_distinct is not False and any(values[source] is None for source in own):
            return
        against = {source: values[source] for source in conditional}
        if (yield from _exists_steps(queryset, self.condition, against)):
            message = str(self.message).format(field_names=", ".join(self.fields))
            raise ValidationError(message, code=self.code)

    def _compared(self) -> tuple[Any, ...]:
        return (
            self.message, self.requires_context, self.missing_message, self.queryset, self.fields,
            self.code, self.nulls_distinct,
        )  # fmt: skip

    def __repr__(self) -> str:
        names = ("queryset", "fields", "condition", "nulls_distinct")
        shown = [
            f"{name}={_shown(getattr(self, name))}"
            for name in names
            if getattr(self, name) is not None
        ]
        return f"<{type(self).__name__}({', '.join(shown)})>"


class ProhibitSurrogateCharactersValidator:
    """No lone surrogates, which UTF-8 cannot write."""

    message: Any = _("Surrogate characters are not allowed: U+{code_point:X}.")
    code = "surrogate_characters_not_allowed"

    def __call__(self, value: Any) -> None:
        """Check a text.

        Raises:
            ValidationError: It has one.
        """
        text = str(value)
        if not has_surrogates(text):
            return
        for character in text:
            if 0xD800 <= ord(character) <= 0xDFFF:
                message = str(self.message).format(code_point=ord(character))
                raise ValidationError(message, code=self.code)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return self.message == other.message and self.code == other.code

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # compared by settings


class BaseUniqueForValidator(_Validator):
    """No other row of the same day, month or year has the value.

    Args:
        queryset: The rows that count.
        field: The serializer's field with the value.
        date_field: The serializer's field with the date.
        message: The error's text, with `{date_field}` in it.
    """

    message: Any = None
    missing_message: Any = _("This field is required.")
    date_parts: Sequence[str] = ()

    def __init__(self, queryset: Any, field: str, date_field: str, message: Any = None) -> None:
        self.queryset = queryset
        self.field = field
        self.date_field = date_field
        self.message = message or self.message

    def enforce_required_fields(self, attrs: Any) -> None:
        """Refuse input without the two fields, whatever their own options say."""
        missing = {
            name: self.missing_message
            for name in (self.field, self.date_field)
            if name not in attrs
        }
        if missing:
            raise ValidationError(missing, code="required")

    def filter_queryset(
        self, attrs: Any, queryset: Any, field_name: str, date_field_name: str
    ) -> Any:
        """Return the rows with the value in the same period."""
        if not self.date_parts:
            raise NotImplementedError("`filter_queryset` must be implemented.")
        date = attrs[self.date_field]
        parts = {f"{date_field_name}__{part}": getattr(date, part) for part in self.date_parts}
        return qs_filter(queryset, **{field_name: attrs[self.field]}, **parts)

    def exclude_current_instance(self, attrs: Any, queryset: Any, instance: Any) -> Any:
        """Return the rows without the one being updated."""
        return queryset if instance is None else queryset.exclude(pk=instance.pk)

    def _steps(self, value: Any, serializer_field: Any) -> Steps:
        attrs, serializer = value, serializer_field
        field_name = serializer.fields[self.field].source_attrs[-1]
        date_field_name = serializer.fields[self.date_field].source_attrs[-1]
        _require_single(serializer, serializer.instance, self)
        self.enforce_required_fields(attrs)
        if attrs[self.date_field] is None:
            # A row without a date shares its period with none.
            return
        queryset = self.filter_queryset(attrs, self.queryset, field_name, date_field_name)
        queryset = self.exclude_current_instance(attrs, queryset, serializer.instance)
        if (yield from _exists_steps(queryset)):
            message = str(self.message).format(date_field=self.date_field)
            raise ValidationError({self.field: message}, code="unique")

    def _compared(self) -> tuple[Any, ...]:
        return (
            self.message, self.missing_message, self.requires_context, self.queryset, self.field,
            self.date_field,
        )  # fmt: skip

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}(queryset={_shown(self.queryset)}, "
            f"field={_shown(self.field)}, date_field={_shown(self.date_field)})>"
        )


class UniqueForDateValidator(BaseUniqueForValidator):
    """No other row of the same day has the value."""

    message: Any = _('This field must be unique for the "{date_field}" date.')
    date_parts: Sequence[str] = ("day", "month", "year")


class UniqueForMonthValidator(BaseUniqueForValidator):
    """No other row of the same month of any year has the value, as the model field checks."""

    message: Any = _('This field must be unique for the "{date_field}" month.')
    date_parts: Sequence[str] = ("month",)


class UniqueForYearValidator(BaseUniqueForValidator):
    """No other row of the same year has the value."""

    message: Any = _('This field must be unique for the "{date_field}" year.')
    date_parts: Sequence[str] = ("year",)
