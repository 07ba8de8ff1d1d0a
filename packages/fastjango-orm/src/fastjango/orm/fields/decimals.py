"""The field holding decimal numbers, whose digits are counted."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators

from .base import Field
from .field_checks import lacks, migratable_connections
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["DecimalField"]


class DecimalField(Field[SetT, GetT]):
    """A decimal number of fixed precision.

    Args:
        max_digits: Digits in all.
        decimal_places: Digits after the point.
    """

    empty_strings_allowed = False
    default_error_messages = {"invalid": _("“%(value)s” value must be a decimal number.")}
    description: Any = _("Decimal number")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DecimalField[Decimal | float | int | str | Combinable, Decimal],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            max_digits: int | None = ...,
            decimal_places: int | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: DecimalField[Decimal | float | int | str | Combinable | None, Decimal | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            max_digits: int | None = ...,
            decimal_places: int | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        max_digits: int | None
        decimal_places: int | None

    else:

        def __init__(
            self, verbose_name=None, name=None, max_digits=None, decimal_places=None, **kwargs
        ):
            self.max_digits, self.decimal_places = max_digits, decimal_places
            super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: digits and places must be given, numbers, and in the right relation."""
        databases = kwargs.get("databases") or []
        digits = [
            *self._check_size("decimal_places", "max_digits", "E130", "E131", databases),
            *self._check_size("max_digits", "decimal_places", "E132", "E133", databases),
        ]
        if digits or self.decimal_places is None or self.max_digits is None:
            return [*super().check(**kwargs), *digits]
        errors = super().check(**kwargs)
        if int(self.decimal_places) > int(self.max_digits):
            errors += self._error(
                "'max_digits' must be greater or equal to 'decimal_places'.", "fields.E134"
            )
        return errors

    def _check_size(
        self, option: str, other: str, missing: str, wrong: str, databases: Sequence[str]
    ) -> list[Any]:
        value = getattr(self, option)
        if value is not None:
            least, kind = (1, "positive") if option == "max_digits" else (0, "non-negative")
            try:
                fine = int(value) >= least
            except ValueError:
                fine = False
            if fine:
                return []
            return self._error(f"'{option}' must be a {kind} integer.", f"fields.{wrong}")
        feature = "supports_no_precision_decimalfield"
        for connection in migratable_connections(databases, self.model):
            if lacks(connection, feature, self.model):
                return self._error(
                    f"DecimalFields must define a '{option}' attribute.", f"fields.{missing}"
                )
            if getattr(self, other) is not None:
                return self._error(
                    "DecimalField’s max_digits and decimal_places must both be defined or both "  # noqa: RUF001
                    "omitted.",
                    "fields.E135",
                )
        return []

    @cached_property
    def validators(self) -> list[Any]:
        """Those given, and the number of digits."""
        return [
            *self.default_validators,
            *self._validators,
            validators.DecimalValidator(self.max_digits, self.decimal_places),
        ]

    @cached_property
    def context(self) -> decimal.Context:
        """Context in which floats are rounded."""
        return decimal.Context(prec=self.max_digits)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.max_digits is not None:
            kwargs["max_digits"] = self.max_digits
        if self.decimal_places is not None:
            kwargs["decimal_places"] = self.decimal_places
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "DecimalField"

    def to_python(self, value: Any) -> Any:
        """A finite `Decimal`, `None` stays; floats are rounded to `max_digits`."""
        if value is None:
            return value
        try:
            if isinstance(value, float):
                number = self.context.create_decimal_from_float(value)
            else:
                number = Decimal(value)
        except (decimal.InvalidOperation, TypeError, ValueError):
            number = None
        if number is None or not number.is_finite():
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            )
        return number

    def get_prep_value(self, value: Any) -> Any:
        """A finite `Decimal`, `None` stays."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A decimal as the driver takes it."""
        value = super().get_db_prep_value(value, connection, prepared)
        if hasattr(value, "as_sql"):
            return value
        return connection.ops.adapt_decimalfield_value(
            self.to_python(value), self.max_digits, self.decimal_places
        )

    def formfield(self, **kwargs: Any) -> Any:
        """A number input with the field's digits."""
        defaults = {
            "max_digits": self.max_digits,
            "decimal_places": self.decimal_places,
            "form_class": "DecimalField",
        }
        return super().formfield(**{**defaults, **kwargs})
