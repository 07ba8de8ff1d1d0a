"""Fields holding integers and floating point numbers; decimals are in `decimals`."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = [
    "BigIntegerField",
    "FloatField",
    "IntegerField",
    "OrderWrt",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SmallIntegerField",
]

#: Largest signed 64-bit integer.
MAX_BIGINT = 2**63 - 1


def as_number(field: Any, kind: type[int] | type[float], value: Any) -> Any:
    """`kind(value)`, with the field named in the error of a value that is no number."""
    if value is None:
        return None
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise error.__class__(
            f"Field '{field.name}' expected a number but got {value!r}."
        ) from error


class _NumberField(Field[SetT, GetT]):
    """What the fields of `int` and `float` share."""

    empty_strings_allowed = False
    _kind: ClassVar[Any]

    def get_prep_value(self, value: Any) -> Any:
        """A number, `None` stays.

        Raises:
            TypeError: The value cannot be a number; so `ValueError`.
        """
        if type(value) is self._kind:
            return value
        return as_number(self, self._kind, super().get_prep_value(value))

    def to_python(self, value: Any) -> Any:
        """A number, `None` stays."""
        if value is None:
            return value
        try:
            return self._kind(value)
        except (TypeError, ValueError):
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None


class FloatField(_NumberField[SetT, GetT]):
    """A floating point number of 64 bits."""

    default_error_messages = {"invalid": _("“%(value)s” value must be a float.")}
    description: Any = _("Floating point number")
    _kind = float

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: FloatField[float | int | str | Combinable, float],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: FloatField[float | int | str | Combinable | None, float | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "FloatField"

    def formfield(self, **kwargs: Any) -> Any:
        """A number input."""
        return super().formfield(**{"form_class": "FloatField", **kwargs})


def _limit(validator: Any) -> Any:
    value = validator.limit_value
    return value() if callable(value) else value


class IntegerField(_NumberField[SetT, GetT]):
    """An integer of 32 bits."""

    default_error_messages = {"invalid": _("“%(value)s” value must be an integer.")}
    description: Any = _("Integer")
    _kind = int

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: IntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: IntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: `max_length` has no effect."""
        errors = super().check(**kwargs)
        if self.max_length is not None:
            from fastjango.core import checks

            errors.append(
                checks.Warning(
                    f"'max_length' is ignored when used with {type(self).__name__}.",
                    hint="Remove 'max_length' from field",
                    obj=self,
                    id="fields.W122",
                )
            )
        return errors

    @cached_property
    def validators(self) -> list[Any]:
        """Those given, and the range of the column."""
        from fastjango.orm import connection

        found = [*self.default_validators, *self._validators]
        low, high = connection.ops.integer_field_range(self.get_internal_type())
        minimum, maximum = validators.MinValueValidator, validators.MaxValueValidator
        if low is not None and not any(isinstance(v, minimum) and _limit(v) >= low for v in found):
            found.append(minimum(low))
        if high is not None and not any(
            isinstance(v, maximum) and _limit(v) <= high for v in found
        ):
            found.append(maximum(high))
        return found

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """An integer as the driver takes it."""
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.ops.adapt_integerfield_value(value, self.get_internal_type())

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "IntegerField"

    def formfield(self, **kwargs: Any) -> Any:
        """A number input."""
        return super().formfield(**{"form_class": "IntegerField", **kwargs})


class BigIntegerField(IntegerField[SetT, GetT]):
    """An integer of 64 bits."""

    description: Any = _("Big (8 byte) integer")
    MAX_BIGINT: ClassVar[int] = MAX_BIGINT

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BigIntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: BigIntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "BigIntegerField"

    def formfield(self, **kwargs: Any) -> Any:
        """A number input within 64 bits."""
        defaults = {"min_value": -MAX_BIGINT - 1, "max_value": MAX_BIGINT}
        return super().formfield(**{**defaults, **kwargs})


class SmallIntegerField(IntegerField[SetT, GetT]):
    """An integer of 16 bits."""

    description: Any = _("Small integer")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: SmallIntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: SmallIntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "SmallIntegerField"


class PositiveIntegerRelDbTypeMixin:
    """Foreign keys to a positive integer are plain integers where the database has no unsigned."""

    integer_field_class: ClassVar[Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "integer_field_class"):
            cls.integer_field_class = next(
                (parent for parent in cls.__mro__[1:] if issubclass(parent, IntegerField)), None
            )

    def rel_db_type(self, connection: Any) -> str | None:
        """Column type of a foreign key to this field."""
        if connection.features.related_fields_match_type:
            return self.db_type(connection)  # type: ignore[attr-defined]  # Field's
        return self.integer_field_class().db_type(connection=connection)

    def formfield(self, **kwargs: Any) -> Any:
        """A number input from 0."""
        return super().formfield(**{"min_value": 0, **kwargs})  # type: ignore[misc]  # Field's


class PositiveBigIntegerField(PositiveIntegerRelDbTypeMixin, BigIntegerField[SetT, GetT]):
    """A 64-bit integer from 0 up."""

    description: Any = _("Positive big integer")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: PositiveBigIntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: PositiveBigIntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "PositiveBigIntegerField"


class PositiveIntegerField(PositiveIntegerRelDbTypeMixin, IntegerField[SetT, GetT]):
    """A 32-bit integer from 0 up."""

    description: Any = _("Positive integer")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: PositiveIntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: PositiveIntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "PositiveIntegerField"


class PositiveSmallIntegerField(PositiveIntegerRelDbTypeMixin, SmallIntegerField[SetT, GetT]):
    """A 16-bit integer from 0 up."""

    description: Any = _("Positive small integer")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: PositiveSmallIntegerField[int | float | str | Combinable, int],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: PositiveSmallIntegerField[int | float | str | Combinable | None, int | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "PositiveSmallIntegerField"


class OrderWrt(IntegerField[int, int]):
    """The `_order` column of models with `order_with_respect_to`."""

    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):
            kwargs["name"] = "_order"
            kwargs["editable"] = False
            super().__init__(*args, **kwargs)
