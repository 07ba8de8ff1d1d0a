"""Fields of text."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from fastjango.core.exceptions import ValidationError as DjangoValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.messages import add_length_validators
from fastjango.rest.settings import api_settings
from fastjango.rest.validators import ProhibitSurrogateCharactersValidator
from fastjango.values.ipv6 import clean_ipv6_address
from fastjango.values.validators import (
    EmailValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
    URLValidator,
    ip_address_validators,
)

__all__ = [
    "CharField",
    "EmailField",
    "IPAddressField",
    "RegexField",
    "SlugField",
    "URLField",
    "UUIDField",
]


class CharField(Field):
    """Text.

    Args:
        allow_blank: Whether the empty text is a value.
        trim_whitespace: Whether white space around it is dropped.
        max_length: The most characters.
        min_length: The fewest characters.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Not a valid string."),
        "blank": _("This field may not be blank."),
        "max_length": _("Ensure this field has no more than {max_length} characters."),
        "min_length": _("Ensure this field has at least {min_length} characters."),
    }
    initial = ""

    def __init__(
        self,
        *,
        allow_blank: bool = False,
        trim_whitespace: bool = True,
        max_length: int | None = None,
        min_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.allow_blank = allow_blank
        self.trim_whitespace = trim_whitespace
        self.max_length = max_length
        self.min_length = min_length
        super().__init__(**kwargs)
        add_length_validators(self, max_length, min_length)
        self.validators.append(ProhibitNullCharactersValidator())
        self.validators.append(ProhibitSurrogateCharactersValidator())

    def _is_blank(self, data: Any) -> bool:
        """Whether the input is an empty text, which is settled before anything else.

        Raises:
            ValidationError: It is, and may not be.
        """
        if data.__class__ is not str:
            try:
                text = str(data)
            except ValueError:
                # An integer with more digits than Python writes.
                self.fail("invalid")
        else:
            text = data
        if data == "" or (self.trim_whitespace and not text.strip()):
            if not self.allow_blank:
                self.fail("blank")
            return True
        return False

    def run_validation(self, data: Any = empty) -> Any:
        """Return the validated text of a piece of input."""
        return "" if self._is_blank(data) else super().run_validation(data)

    async def arun_validation(self, data: Any = empty) -> Any:
        """`run_validation` for asynchronous code."""
        return "" if self._is_blank(data) else await super().arun_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        """Return the text; numbers are written, booleans and composites refused."""
        if not isinstance(data, str) and (
            isinstance(data, bool)
            or not isinstance(data, (int, float))
            or not api_settings.COERCE_NUMBER_INPUT_TO_STRING
        ):
            self.fail("invalid")
        value = str(data)
        return value.strip() if self.trim_whitespace else value

    def to_representation(self, value: Any) -> Any:
        """Return the value as text."""
        return str(value)


class EmailField(CharField):
    """An email address; options as for `CharField`."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a valid email address.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(EmailValidator(message=self.error_messages["invalid"]))


class RegexField(CharField):
    """Text that a regular expression finds something in.

    Args:
        regex: The expression, compiled or not.
        **kwargs: Options of `CharField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("This value does not match the required pattern.")
    }

    def __init__(self, regex: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.regex = regex
        self.validators.append(RegexValidator(regex, message=self.error_messages["invalid"]))


class SlugField(CharField):
    """A short name for URLs.

    Args:
        allow_unicode: Whether letters of all scripts are allowed.
        **kwargs: Options of `CharField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _(
            'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'
        ),
        "invalid_unicode": _(
            'Enter a valid "slug" consisting of Unicode letters, numbers, underscores, or hyphens.'
        ),
    }

    def __init__(self, allow_unicode: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_unicode = allow_unicode
        pattern, code = (
            (r"^[-\w]+\Z", "invalid_unicode") if allow_unicode else ("^[-a-zA-Z0-9_]+$", "invalid")
        )
        self.validators.append(
            RegexValidator(re.compile(pattern), message=self.error_messages[code])
        )


class URLField(CharField):
    """A URL with its scheme; options as for `CharField`."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Enter a valid URL.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(URLValidator(message=self.error_messages["invalid"]))


class IPAddressField(CharField):
    """An IPv4 or IPv6 address.

    Args:
        protocol: `"both"`, `"IPv4"` or `"IPv6"`.
        **kwargs: Options of `CharField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Enter a valid IPv4 or IPv6 address.")
    }

    def __init__(self, protocol: str = "both", **kwargs: Any) -> None:
        self.protocol: str = protocol.lower()
        self.unpack_ipv4: bool = self.protocol == "both"
        super().__init__(**kwargs)
        self.validators.extend(ip_address_validators(protocol, self.unpack_ipv4))

    def to_internal_value(self, data: Any) -> Any:
        """Return the address, IPv6 in its shortest form."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        if ":" in data and self.protocol in ("both", "ipv6"):
            try:
                return clean_ipv6_address(data, self.unpack_ipv4)
            except DjangoValidationError:
                self.fail("invalid", value=data)
        return super().to_internal_value(data)


class UUIDField(Field):
    """A UUID.

    Args:
        format: How it is shown: `"hex_verbose"`, `"hex"`, `"int"` or `"urn"`.
        **kwargs: Options of every field.
    """

    valid_formats: tuple[str, ...] = ("hex_verbose", "hex", "int", "urn")
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Must be a valid UUID.")}

    def __init__(self, *, format: str = "hex_verbose", **kwargs: Any) -> None:
        self.uuid_format = format
        if format not in self.valid_formats:
            names = '", "'.join(self.valid_formats)
            raise ValueError(f'Invalid format for uuid representation. Must be one of "{names}"')
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the UUID of a text or an integer."""
        if isinstance(data, uuid.UUID):
            return data
        try:
            if isinstance(data, int):
                return uuid.UUID(int=data)
            if isinstance(data, str):
                return uuid.UUID(hex=data)
        except ValueError:
            pass
        return self.fail("invalid", value=data)

    def to_representation(self, value: Any) -> Any:
        """Return the UUID in the field's format."""
        return str(value) if self.uuid_format == "hex_verbose" else getattr(value, self.uuid_format)
