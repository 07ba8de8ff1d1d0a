"""Fields of numbers and of truth."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values come from outside: they may be anything.

from __future__ import annotations

import contextlib
import decimal
import math
import re
import warnings
from typing import Any, ClassVar

from fastjango.core.translation import gettext_lazy as _
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.messages import LazyFormat
from fastjango.rest.settings import api_settings
from fastjango.values.encoding import smart_str
from fastjango.values.formats import localize_input, sanitize_separators
from fastjango.values.validators import MaxValueValidator, MinValueValidator

__all__ = [
    "BigIntegerField",
    "BooleanField",
    "DecimalField",
    "FloatField",
    "IntegerField",
]

MAX_STRING_LENGTH = 1000  # characters: converting longer texts costs too much


def limit_validators(field: Any) -> None:
    """Add the validators of `max_value` and `min_value`."""
    if field.max_value is not None:
        message = LazyFormat(field.error_messages["max_value"], max_value=field.max_value)
        field.validators.append(MaxValueValidator(field.max_value, message=message))
    if field.min_value is not None:
        message = LazyFormat(field.error_messages["min_value"], min_value=field.min_value)
        field.validators.append(MinValueValidator(field.min_value, message=message))


_LIMIT_MESSAGES: dict[str, Any] = {
    "max_value": _("Ensure this value is less than or equal to {max_value}."),
    "min_value": _("Ensure this value is greater than or equal to {min_value}."),
    "max_string_length": _("String value too large."),
}


class BooleanField(Field):
    """True or false, with the words that forms and people use for them."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Must be a valid boolean.")}
    default_empty_html: bool | None = False
    initial: bool | None = False
    TRUE_VALUES: ClassVar[set[Any]] = {"t", "y", "yes", "true", "on", "1", 1}
    FALSE_VALUES: ClassVar[set[Any]] = {"f", "n", "no", "false", "off", "0", 0}
    NULL_VALUES: ClassVar[set[Any]] = {"null", "", None}

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("allow_null", False):
            self.default_empty_html = None
            self.initial = None
        super().__init__(**kwargs)

    @staticmethod
    def _lower_if_str(value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    def _meant(self, value: Any) -> Any:
        """Return what a word, number or boolean means; `empty` if it means nothing."""
        with contextlib.suppress(TypeError):  # lists and dicts are in no set
            word = self._lower_if_str(value)
            if word in self.TRUE_VALUES:
                return True
            if word in self.FALSE_VALUES:
                return False
            if word in self.NULL_VALUES and self.allow_null:
                return None
        return empty

    def to_internal_value(self, data: Any) -> Any:
        """Return the truth of a word, number or boolean."""
        meant = self._meant(data)
        return self.fail("invalid", input=data) if meant is empty else meant

    def to_representation(self, value: Any) -> Any:
        """Return True or False, or `None` where that is allowed."""
        meant = self._meant(value)
        return bool(value) if meant is empty else meant


class IntegerField(Field):
    """A whole number.

    Args:
        max_value: The greatest number.
        min_value: The least number.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("A valid integer is required."),
        **_LIMIT_MESSAGES,
    }
    MAX_STRING_LENGTH = MAX_STRING_LENGTH
    re_decimal: re.Pattern[str] = re.compile(r"\.0*\s*$")  # "1.0" is an integer, "1.2" is none

    def __init__(self, *, max_value: Any = None, min_value: Any = None, **kwargs: Any) -> None:
        self.max_value = max_value
        self.min_value = min_value
        super().__init__(**kwargs)
        limit_validators(self)

    def to_internal_value(self, data: Any) -> Any:
        """Return the number; texts and whole floats are converted."""
        if data.__class__ is int:
            return data
        if isinstance(data, str) and len(data) > self.MAX_STRING_LENGTH:
            self.fail("max_string_length")
        try:
            return int(self.re_decimal.sub("", str(data)))
        except (ValueError, TypeError):
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        """Return the value as a whole number."""
        return int(value)


class BigIntegerField(IntegerField):
    """A whole number that may be written as text, for clients whose numbers are floats.

    Args:
        coerce_to_string: Whether it is; `COERCE_BIGINT_TO_STRING` if `None`.
        **kwargs: Options of `IntegerField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("A valid biginteger is required."),
        **_LIMIT_MESSAGES,
    }

    def __init__(self, coerce_to_string: bool | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if coerce_to_string is not None:
            self.coerce_to_string = coerce_to_string

    def to_representation(self, value: Any) -> Any:
        """Return the number, or its digits."""
        if getattr(self, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING):
            return "" if value is None else str(value)
        return super().to_representation(value)


class FloatField(Field):
    """A finite floating-point number.

    Args:
        max_value: The greatest number.
        min_value: The least number.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("A valid number is required."),
        **_LIMIT_MESSAGES,
        "overflow": _("Integer value too large to convert to float"),
    }
    MAX_STRING_LENGTH = MAX_STRING_LENGTH

    def __init__(self, *, max_value: Any = None, min_value: Any = None, **kwargs: Any) -> None:
        self.max_value = max_value
        self.min_value = min_value
        super().__init__(**kwargs)
        limit_validators(self)

    def to_internal_value(self, data: Any) -> Any:
        """Return the number; infinities and NaN are refused."""
        if isinstance(data, str) and len(data) > self.MAX_STRING_LENGTH:
            self.fail("max_string_length")
        try:
            value = float(data)
        except (TypeError, ValueError):
            self.fail("invalid")
        except OverflowError:
            self.fail("overflow")
        if not math.isfinite(value):
            self.fail("invalid")
        return value

    def to_representation(self, value: Any) -> Any:
        """Return the value as a float."""
        return float(value)


class DecimalField(Field):
    """An exact decimal number.

    Args:
        max_digits: The most digits; `None` for any number.
        decimal_places: The most digits after the point; `None` for any number.
        coerce_to_string: Whether it is shown as text; `COERCE_DECIMAL_TO_STRING` if `None`.
        max_value: The greatest number, an integer or a `Decimal`.
        min_value: The least number, an integer or a `Decimal`.
        localize: Whether it is read and written as in the current language.
        rounding: A rounding mode of `decimal`.
        normalize_output: Whether trailing zeros are dropped.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("A valid number is required."),
        **_LIMIT_MESSAGES,
        "max_digits": _("Ensure that there are no more than {max_digits} digits in total."),
        "max_decimal_places": _(
            "Ensure that there are no more than {max_decimal_places} decimal places."
        ),
        "max_whole_digits": _(
            "Ensure that there are no more than {max_whole_digits} digits before the decimal point."
        ),
    }
    MAX_STRING_LENGTH = MAX_STRING_LENGTH
    coerce_to_string: bool

    def __init__(
        self,
        max_digits: int | None,
        decimal_places: int | None,
        coerce_to_string: bool | None = None,
        max_value: Any = None,
        min_value: Any = None,
        localize: bool = False,
        rounding: str | None = None,
        normalize_output: bool = False,
        **kwargs: Any,
    ) -> None:
        self.max_digits = max_digits
        self.decimal_places = decimal_places
        self.localize = localize
        self.normalize_output = normalize_output
        if coerce_to_string is not None:
            self.coerce_to_string = coerce_to_string
        if localize:
            self.coerce_to_string = True
        self.max_value = max_value
        self.min_value = min_value
        for name in ("max_value", "min_value"):
            limit = getattr(self, name)
            if limit is not None and not isinstance(limit, (int, decimal.Decimal)):
                warnings.warn(f"{name} should be an integer or Decimal instance.", stacklevel=2)
        self.max_whole_digits: int | None = None
        if max_digits is not None and decimal_places is not None:
            self.max_whole_digits = max_digits - decimal_places
        super().__init__(**kwargs)
        limit_validators(self)
        if rounding is not None:
            valid = [value for name, value in vars(decimal).items() if name.startswith("ROUND_")]
            if rounding not in valid:
                raise AssertionError(
                    f"Invalid rounding option {rounding}. Valid values for rounding are: {valid}"
                )
        self.rounding = rounding

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Take blank text as `None` where that is allowed."""
        if self.allow_null and smart_str(data).strip() == "":
            return True, None
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Any:
        """Return the number, within the digits of the field."""
        try:
            data = smart_str(data).strip()
        except ValueError:
            # An integer with more digits than Python writes.
            self.fail("max_string_length")
        if self.localize:
            data = sanitize_separators(data)
        if len(data) > self.MAX_STRING_LENGTH:
            self.fail("max_string_length")
        try:
            value = decimal.Decimal(data)
        except decimal.DecimalException:
            self.fail("invalid")
        if not value.is_finite():
            self.fail("invalid")
        value = self.validate_precision(value)
        try:
            return self.quantize(value)
        except decimal.InvalidOperation:
            # More digits than the context holds, where the field sets no limit.
            self.fail("invalid")

    def validate_precision(self, value: decimal.Decimal) -> decimal.Decimal:
        """Refuse numbers with too many digits; overriding this admits others.

        Args:
            value: A finite number.
        """
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        if exponent >= 0:
            whole = total = len(digits) + exponent
            places = 0
        elif len(digits) > -exponent:
            total, places = len(digits), -exponent
            whole = total - places
        else:
            total = places = -exponent
            whole = 0
        if self.max_digits is not None and total > self.max_digits:
            self.fail("max_digits", max_digits=self.max_digits)
        if self.decimal_places is not None and places > self.decimal_places:
            self.fail("max_decimal_places", max_decimal_places=self.decimal_places)
        if self.max_whole_digits is not None and whole > self.max_whole_digits:
            self.fail("max_whole_digits", max_whole_digits=self.max_whole_digits)
        return value

    def to_representation(self, value: Any) -> Any:
        """Return the number with the field's decimal places, as text unless that is off."""
        as_text = getattr(self, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
        if value is None:
            return "" if as_text else None
        if not isinstance(value, decimal.Decimal):
            value = decimal.Decimal(str(value).strip())
        quantized = self.quantize(value)
        if self.normalize_output:
            quantized = quantized.normalize()
        if not as_text:
            return quantized
        return localize_input(quantized) if self.localize else f"{quantized:f}"

    def quantize(self, value: decimal.Decimal) -> decimal.Decimal:
        """Return the number with exactly `decimal_places` digits after the point."""
        if self.decimal_places is None:
            return value
        context = decimal.getcontext().copy()
        if self.max_digits is not None:
            context.prec = self.max_digits
        return value.quantize(
            decimal.Decimal(".1") ** self.decimal_places, rounding=self.rounding, context=context
        )
