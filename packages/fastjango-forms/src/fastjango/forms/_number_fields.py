"""Fields of numbers."""

from __future__ import annotations

import math
import re
from decimal import Decimal, DecimalException
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.values import formats, validators

from ._field import Field
from ._widget import NumberInput, TextInput, Widget

__all__ = ["DecimalField", "FloatField", "IntegerField"]


# What number inputs of browsers send, with an exponent below 1,000.
_WITH_EXPONENT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


def _whole_number(text: str) -> int | None:
    """Return the value of a text such as "1e3" or "50e-1", `None` if it is no whole number."""
    if len(text) > 4300 or not _WITH_EXPONENT.fullmatch(text):  # as long as `int` reads
        return None
    number = Decimal(text)
    whole = int(number)
    return whole if whole == number else None


class IntegerField(Field):
    """A whole number.

    Args:
        max_value: The greatest value.
        min_value: The least value.
        step_size: Refuse values off the steps, which start at `min_value` or 0.
    """

    widget: Any = NumberInput
    default_error_messages = {"invalid": _("Enter a whole number.")}
    re_decimal = re.compile(r"\.0*\s*$")

    def __init__(
        self,
        *,
        max_value: Any = None,
        min_value: Any = None,
        step_size: Any = None,
        **kwargs: Any,
    ) -> None:
        self.max_value, self.min_value, self.step_size = max_value, min_value, step_size
        if kwargs.get("localize") and self.widget == NumberInput:
            # Browsers do not know the separators of other languages in number inputs.
            kwargs.setdefault("widget", TextInput)
        super().__init__(**kwargs)
        if max_value is not None:
            self.validators.append(validators.MaxValueValidator(max_value))
        if min_value is not None:
            self.validators.append(validators.MinValueValidator(min_value))
        if step_size is not None:
            self.validators.append(validators.StepValueValidator(step_size, offset=min_value))

    def to_python(self, value: Any) -> Any:
        """Return the number, `None` for nothing entered."""
        value = super().to_python(value)
        if value in self.empty_values:
            return None
        if self.localize:
            value = formats.sanitize_separators(value)
        text = str(value)
        try:
            return int(self.re_decimal.sub("", text))
        except (ValueError, TypeError):
            if (number := _whole_number(text)) is None:
                raise self._error("invalid") from None
            return number

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return `min`, `max` and `step`."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, NumberInput):
            limits = {"min": self.min_value, "max": self.max_value, "step": self.step_size}
            attrs.update({name: limit for name, limit in limits.items() if limit is not None})
        return attrs


class FloatField(IntegerField):
    """A number."""

    default_error_messages = {"invalid": _("Enter a number.")}

    def to_python(self, value: Any) -> Any:
        """Return the number, `None` for nothing entered."""
        value = super(IntegerField, self).to_python(value)
        if value in self.empty_values:
            return None
        if self.localize:
            value = formats.sanitize_separators(value)
        try:
            return float(value)
        except (ValueError, TypeError, OverflowError):
            raise self._error("invalid") from None

    def validate(self, value: Any) -> None:
        """Refuse what is not finite."""
        super().validate(value)
        if value not in self.empty_values and not math.isfinite(value):
            raise self._error("invalid")

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return `min`, `max` and `step`."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, NumberInput) and "step" not in widget.attrs:
            step = "any" if self.step_size is None else str(self.step_size)
            attrs.setdefault("step", step)
        return attrs


class DecimalField(IntegerField):
    """A decimal number.

    Args:
        max_digits: The most digits in total, without leading zeros.
        decimal_places: The most digits after the point.
    """

    default_error_messages = {"invalid": _("Enter a number.")}

    def __init__(
        self,
        *,
        max_value: Any = None,
        min_value: Any = None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.max_digits, self.decimal_places = max_digits, decimal_places
        super().__init__(max_value=max_value, min_value=min_value, **kwargs)
        self.validators.append(validators.DecimalValidator(max_digits, decimal_places))

    def to_python(self, value: Any) -> Any:
        """Return the number, `None` for nothing entered."""
        if value in self.empty_values:
            return None
        if self.localize:
            value = formats.sanitize_separators(value)
        try:
            return self._without_zeros(Decimal(str(value)))
        except DecimalException:
            raise self._error("invalid") from None

    def _without_zeros(self, number: Decimal) -> Decimal:
        """Return a number without the zeros beyond `decimal_places`: "1.500" is "1.50" there."""
        sign, digits, exponent = number.as_tuple()
        if self.decimal_places is None or not isinstance(exponent, int):
            return number
        beyond = -exponent - self.decimal_places
        if beyond <= 0 or any(digits[-beyond:]):
            return number
        return Decimal((sign, digits[:-beyond] or (0,), -self.decimal_places))

    def validate(self, value: Any) -> None:
        """Refuse what is not finite."""
        super().validate(value)
        if value not in self.empty_values and not value.is_finite():
            raise self._error("invalid", value=value)

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return `min`, `max` and `step`."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, NumberInput) and "step" not in widget.attrs:
            if self.decimal_places is None:
                step = "any"
            else:  # with an exponent, because browsers may read many zeros as 0
                step = str(Decimal(1).scaleb(-self.decimal_places)).lower()
            attrs.setdefault("step", step)
        return attrs
