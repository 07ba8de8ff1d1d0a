"""Validators of sizes, digits and files."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.translation import ngettext_lazy
from fastjango.values.deconstruct import deconstructible


@deconstructible(path="fastjango.values.validators.BaseValidator")
class BaseValidator:
    """Compares a value with a limit; subclasses say how.

    Args:
        limit_value: The limit, or a function that gives it at each check.
        message: The error's message.
    """

    message: Any = _("Ensure this value is %(limit_value)s (it is %(show_value)s).")
    code: str = "limit_value"

    def __init__(self, limit_value: Any, message: Any = None) -> None:
        self.limit_value: Any = limit_value
        if message:
            self.message = message

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value is beyond the limit.
        """
        cleaned, limit = self.clean(value), self.limit()
        if self.compare(cleaned, limit):
            params = {"limit_value": limit, "show_value": cleaned, "value": value}
            raise ValidationError(self.message, code=self.code, params=params)

    def limit(self) -> Any:
        """Return the limit that holds now."""
        return self.limit_value() if callable(self.limit_value) else self.limit_value

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the cleaned value `a` is wrong for the limit `b`."""
        return a is not b

    def clean(self, x: Any) -> Any:
        """Return what is compared of a value."""
        return x

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return bool(
            self.limit_value == other.limit_value
            and self.message == other.message
            and self.code == other.code
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings


@deconstructible(path="fastjango.values.validators.MaxValueValidator")
class MaxValueValidator(BaseValidator):
    """Refuses values above the limit."""

    message: Any = _("Ensure this value is less than or equal to %(limit_value)s.")
    code: str = "max_value"

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the value is above the limit."""
        return bool(a > b)


@deconstructible(path="fastjango.values.validators.MinValueValidator")
class MinValueValidator(BaseValidator):
    """Refuses values below the limit."""

    message: Any = _("Ensure this value is greater than or equal to %(limit_value)s.")
    code: str = "min_value"

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the value is below the limit."""
        return bool(a < b)


@deconstructible(path="fastjango.values.validators.StepValueValidator")
class StepValueValidator(BaseValidator):
    """Refuses values that are no multiple of a step.

    Args:
        offset: Where the steps start; None means 0.
    """

    message: Any = _("Ensure this value is a multiple of step size %(limit_value)s.")
    code: str = "step_size"

    def __init__(self, limit_value: Any, message: Any = None, offset: Any = None) -> None:
        super().__init__(limit_value, message)
        if offset is not None:
            self.message = _(
                "Ensure this value is a multiple of step size %(limit_value)s, starting from "
                "%(offset)s, e.g. %(offset)s, %(valid_value1)s, %(valid_value2)s, and so on."
            )
        self.offset: Any = offset

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value lies between two steps.
        """
        if self.offset is None:
            super().__call__(value)
            return
        cleaned, limit = self.clean(value), self.limit()
        if self.compare(cleaned, limit):
            offset = type(cleaned)(self.offset)
            params = {
                "limit_value": limit,
                "offset": offset,
                "valid_value1": offset + limit,
                "valid_value2": offset + 2 * limit,
            }
            raise ValidationError(self.message, code=self.code, params=params)

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the value is off the steps, but for rounding of 1e-9.

        Whole numbers are compared exactly. Other numbers beyond the range of floats count as off.
        """
        offset = 0 if self.offset is None else self.offset
        if isinstance(a, int) and isinstance(b, int) and isinstance(offset, int):
            return bool((a - offset) % b)
        try:
            return not math.isclose(math.remainder(a - offset, b), 0, abs_tol=1e-9)
        except (ArithmeticError, ValueError):
            return True


@deconstructible(path="fastjango.values.validators.MinLengthValidator")
class MinLengthValidator(BaseValidator):
    """Refuses values that are shorter than the limit."""

    message: Any = ngettext_lazy(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code: str = "min_length"

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the length is below the limit."""
        return bool(a < b)

    def clean(self, x: Any) -> Any:
        """Return the length."""
        return len(x)


@deconstructible(path="fastjango.values.validators.MaxLengthValidator")
class MaxLengthValidator(BaseValidator):
    """Refuses values that are longer than the limit."""

    message: Any = ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code: str = "max_length"

    def compare(self, a: Any, b: Any) -> bool:
        """Tell whether the length is above the limit."""
        return bool(a > b)

    def clean(self, x: Any) -> Any:
        """Return the length."""
        return len(x)


@deconstructible(path="fastjango.values.validators.DecimalValidator")
class DecimalValidator:
    """Refuses decimals with too many digits.

    Args:
        max_digits: The most digits in total; None for no limit.
        decimal_places: The most digits after the point; None for no limit.
    """

    messages: dict[str, Any] = {
        "invalid": _("Enter a number."),
        "max_digits": ngettext_lazy(
            "Ensure that there are no more than %(max)s digit in total.",
            "Ensure that there are no more than %(max)s digits in total.",
            "max",
        ),
        "max_decimal_places": ngettext_lazy(
            "Ensure that there are no more than %(max)s decimal place.",
            "Ensure that there are no more than %(max)s decimal places.",
            "max",
        ),
        "max_whole_digits": ngettext_lazy(
            "Ensure that there are no more than %(max)s digit before the decimal point.",
            "Ensure that there are no more than %(max)s digits before the decimal point.",
            "max",
        ),
    }

    def __init__(self, max_digits: int | None, decimal_places: int | None) -> None:
        self.max_digits = max_digits
        self.decimal_places = decimal_places

    def __call__(self, value: Any) -> None:
        """Check a `decimal.Decimal`.

        Raises:
            ValidationError: The number is not finite, or has too many digits.
        """
        _sign, digit_tuple, exponent = value.as_tuple()
        if exponent in {"F", "n", "N"}:
            raise ValidationError(self.messages["invalid"], code="invalid", params={"value": value})
        digits, decimals = len(digit_tuple), max(0, -exponent)
        if exponent >= 0:
            if digit_tuple != (0,):
                digits += exponent  # that many zeros follow
        else:
            digits = max(digits, decimals)  # zeros follow the point
        self._refuse_above(self.max_digits, digits, "max_digits", value)
        self._refuse_above(self.decimal_places, decimals, "max_decimal_places", value)
        if self.max_digits is not None and self.decimal_places is not None:
            whole = self.max_digits - self.decimal_places
            self._refuse_above(whole, digits - decimals, "max_whole_digits", value)

    def _refuse_above(self, limit: int | None, count: int, code: str, value: Any) -> None:
        if limit is not None and count > limit:
            raise ValidationError(
                self.messages[code], code=code, params={"max": limit, "value": value}
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__)
            and self.max_digits == other.max_digits
            and self.decimal_places == other.decimal_places
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings


@deconstructible(path="fastjango.values.validators.FileExtensionValidator")
class FileExtensionValidator:
    """Refuses files whose name has none of the given extensions.

    The content is not looked at: a name proves nothing about it.

    Args:
        allowed_extensions: Extensions without the dot, in any case; None allows all.
    """

    message: Any = _(
        "File extension “%(extension)s” is not allowed. "
        "Allowed extensions are: %(allowed_extensions)s."
    )
    code: Any = "invalid_extension"

    def __init__(
        self,
        allowed_extensions: Iterable[str] | None = None,
        message: Any = None,
        code: Any = None,
    ) -> None:
        self.allowed_extensions: list[str] | None = (
            None
            if allowed_extensions is None
            else [extension.lower() for extension in allowed_extensions]
        )
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: Any) -> None:
        """Check a file by its `name`.

        Raises:
            ValidationError: The extension is not allowed.
        """
        extension = Path(value.name).suffix[1:].lower()
        if self.allowed_extensions is not None and extension not in self.allowed_extensions:
            raise ValidationError(
                self.message,
                code=self.code,
                params={
                    "extension": extension,
                    "allowed_extensions": ", ".join(self.allowed_extensions),
                    "value": value,
                },
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__)
            and set(self.allowed_extensions or []) == set(other.allowed_extensions or [])
            and self.message == other.message
            and self.code == other.code
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings


def get_available_image_extensions() -> list[str]:
    """Return the extensions of the image formats that Pillow knows; none without Pillow."""
    try:
        from PIL import Image  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return []
    Image.init()
    extensions: Iterable[str] = Image.EXTENSION
    return [extension.lower()[1:] for extension in extensions]


def validate_image_file_extension(value: Any) -> None:
    """Refuse files whose extension is not that of an image format known to Pillow.

    Raises:
        ValidationError: The extension is another one.
    """
    FileExtensionValidator(allowed_extensions=get_available_image_extensions())(value)


@deconstructible(path="fastjango.values.validators.ProhibitNullCharactersValidator")
class ProhibitNullCharactersValidator:
    """Refuses text with a NUL character in it."""

    message: Any = _("Null characters are not allowed.")
    code: Any = "null_characters_not_allowed"

    def __init__(self, message: Any = None, code: Any = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value's text holds a NUL.
        """
        if "\x00" in str(value):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__)
            and self.message == other.message
            and self.code == other.code
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings
