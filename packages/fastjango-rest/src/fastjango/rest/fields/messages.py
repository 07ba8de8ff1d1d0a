"""Texts of errors: formatted late, written as UTF-8, with their codes."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Fields and errors may be anything.

from __future__ import annotations

from typing import Any

from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.rest.exceptions import ErrorDetail
from fastjango.values.encoding import has_surrogates
from fastjango.values.validators import MaxLengthValidator, MinLengthValidator

__all__ = ["LazyFormat", "add_length_validators", "get_error_detail", "printable"]


class LazyFormat:
    """A text that is formatted when it is shown, in the language of that moment."""

    __slots__ = ("text", "values")

    def __init__(self, text: Any, **values: Any) -> None:
        self.text: Any = text
        self.values: Any = values

    def __str__(self) -> str:
        return str(self.text).format(**self.values)

    def __mod__(self, params: Any) -> str:
        return str(str(self) % params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LazyFormat) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def printable(text: str) -> str:
    """Return a text that UTF-8 can hold: lone surrogates are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode() if has_surrogates(text) else text


def _detail(error: DjangoValidationError, code: str) -> ErrorDetail:
    message = error.message % error.params if error.params else error.message
    return ErrorDetail(printable(str(message)), code=error.code or code)


def get_error_detail(exc_info: DjangoValidationError) -> Any:
    """Return the errors of `fastjango.core`'s `ValidationError` with their codes.

    Args:
        exc_info: The exception.

    Returns:
        A list of `ErrorDetail`, or a dict of such lists if it names fields.
    """
    code = getattr(exc_info, "code", None) or "invalid"
    if hasattr(exc_info, "error_dict"):
        return {
            name: [_detail(error, code) for error in errors]
            for name, errors in exc_info.error_dict.items()
        }
    return [_detail(error, code) for error in exc_info.error_list]


def add_length_validators(field: Any, max_length: int | None, min_length: int | None) -> None:
    """Let a field refuse what is longer or shorter, with its own texts.

    Args:
        field: The field, which has the messages `max_length` and `min_length`.
        max_length: The greatest length; `None` for any.
        min_length: The smallest length; `None` for any.
    """
    if max_length is not None:
        message = LazyFormat(field.error_messages["max_length"], max_length=max_length)
        field.validators.append(MaxLengthValidator(max_length, message=message))
    if min_length is not None:
        message = LazyFormat(field.error_messages["min_length"], min_length=min_length)
        field.validators.append(MinLengthValidator(min_length, message=message))
