"""Fields of text."""

from __future__ import annotations

import json
import math
import re
import uuid
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators
from fastjango.values.encoding import has_surrogates
from fastjango.values.ipv6 import MAX_IPV6_ADDRESS_LENGTH, clean_ipv6_address

from ._field import Field
from ._widget import EmailInput, Textarea, URLInput, Widget

__all__ = [
    "CharField",
    "EmailField",
    "GenericIPAddressField",
    "InvalidJSONInput",
    "JSONField",
    "JSONString",
    "RegexField",
    "SlugField",
    "URLField",
    "UUIDField",
]

MAX_EMAIL_LENGTH = 320  # characters (RFC 3696 section 3)


class CharField(Field):
    """A text without NUL characters and unpaired surrogates, which nothing could store.

    Args:
        max_length: The most characters.
        min_length: The fewest characters.
        strip: Take white space off both ends.
        empty_value: What nothing entered is cleaned to.
    """

    default_error_messages: dict[str, Any] = {
        "surrogates_not_allowed": _("Enter text without unpaired surrogate characters."),
    }

    def __init__(
        self,
        *,
        max_length: int | None = None,
        min_length: int | None = None,
        strip: bool = True,
        empty_value: Any = "",
        **kwargs: Any,
    ) -> None:
        self.max_length = max_length
        self.min_length = min_length
        self.strip = strip
        self.empty_value = empty_value
        super().__init__(**kwargs)
        if min_length is not None:
            self.validators.append(validators.MinLengthValidator(int(min_length)))
        if max_length is not None:
            self.validators.append(validators.MaxLengthValidator(int(max_length)))
        self.validators.append(validators.ProhibitNullCharactersValidator())

    def to_python(self, value: Any) -> Any:
        """Return the text."""
        if value not in self.empty_values:
            value = str(value)
            if has_surrogates(value):
                raise self._error("surrogates_not_allowed")
            if self.strip:
                value = value.strip()
        if value in self.empty_values:
            return self.empty_value
        return value

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return `maxlength` and `minlength`."""
        attrs = super().widget_attrs(widget)
        if not widget.is_hidden:
            if self.max_length is not None:
                attrs["maxlength"] = str(self.max_length)
            if self.min_length is not None:
                attrs["minlength"] = str(self.min_length)
        return attrs


class RegexField(CharField):
    """A text in which a pattern is found.

    Args:
        regex: The pattern, as text or compiled.
    """

    def __init__(self, regex: Any, **kwargs: Any) -> None:
        kwargs.setdefault("strip", False)
        super().__init__(**kwargs)
        self._set_regex(regex)

    def _get_regex(self) -> Any:
        return self._regex

    def _set_regex(self, regex: Any) -> None:
        self._regex = re.compile(regex) if isinstance(regex, str) else regex
        former = getattr(self, "_regex_validator", None)
        if former is not None and former in self.validators:
            self.validators.remove(former)
        self._regex_validator = validators.RegexValidator(regex=self._regex)
        self.validators.append(self._regex_validator)

    regex = property(_get_regex, _set_regex, doc="The pattern; it may be replaced.")


class EmailField(CharField):
    """An email address of at most 320 characters."""

    widget: Any = EmailInput
    default_validators: Any = [validators.validate_email]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_EMAIL_LENGTH)
        super().__init__(strip=True, **kwargs)


class URLField(CharField):
    """An absolute URL.

    Args:
        assume_scheme: The scheme of a URL that comes without one, `"https"` by default.
    """

    widget: Any = URLInput
    default_error_messages = {"invalid": _("Enter a valid URL.")}
    default_validators: Any = [validators.URLValidator()]

    def __init__(self, *, assume_scheme: str | None = None, **kwargs: Any) -> None:
        self.assume_scheme = assume_scheme or "https"
        super().__init__(strip=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the URL, with the assumed scheme if it has none.

        The text is not parsed, because it may be long and is not checked yet.
        """
        value = super().to_python(value)
        if not value:
            return value
        scheme, colon, _rest = value.partition(":")
        first = scheme[:1]
        if colon and first.isascii() and first.isalpha() and "/" not in scheme:
            return value
        slashes = "" if value.startswith("//") else "//"
        return f"{self.assume_scheme}:{slashes}{value}"


class GenericIPAddressField(CharField):
    """An IPv4 or IPv6 address.

    Args:
        protocol: `"both"`, `"IPv4"` or `"IPv6"`.
        unpack_ipv4: Turn an IPv4-mapped address into the IPv4 one; only with `"both"`.
    """

    def __init__(self, *, protocol: str = "both", unpack_ipv4: bool = False, **kwargs: Any) -> None:
        self.unpack_ipv4 = unpack_ipv4
        self.default_validators = validators.ip_address_validators(protocol, unpack_ipv4)
        kwargs.setdefault("max_length", MAX_IPV6_ADDRESS_LENGTH)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the address; an IPv6 one in its shortest form."""
        value = super().to_python(value)
        if value and ":" in value:
            longest = MAX_IPV6_ADDRESS_LENGTH if self.max_length is None else self.max_length
            return clean_ipv6_address(value, self.unpack_ipv4, max_length=longest)
        return value


class SlugField(CharField):
    """A text of letters, digits, underscores and hyphens.

    Args:
        allow_unicode: Accept letters and digits beyond ASCII.
    """

    default_validators: Any = [validators.validate_slug]

    def __init__(self, *, allow_unicode: bool = False, **kwargs: Any) -> None:
        self.allow_unicode = allow_unicode
        if allow_unicode:
            self.default_validators = [validators.validate_unicode_slug]
        super().__init__(**kwargs)


class UUIDField(CharField):
    """A UUID."""

    default_error_messages = {"invalid": _("Enter a valid UUID.")}

    def prepare_value(self, value: Any) -> Any:
        """Return a UUID as text."""
        return str(value) if isinstance(value, uuid.UUID) else value

    def to_python(self, value: Any) -> Any:
        """Return the UUID, `None` for nothing entered."""
        value = super().to_python(value)
        if value in self.empty_values:
            return None
        if isinstance(value, uuid.UUID):
            return value
        try:
            return uuid.UUID(value)
        except ValueError:
            raise self._error("invalid") from None


class InvalidJSONInput(str):
    """A submitted text that is no JSON, shown again as it came."""

    __slots__ = ()


class JSONString(str):
    """A JSON text that was read already, which must not be read once more."""

    __slots__ = ()


def _is_storable(value: Any) -> bool:
    """Tell whether databases take a JSON value.

    They take no number that is not finite (`NaN`, which `json` reads, and `1e400`), no NUL and no
    unpaired surrogate.
    """
    waiting = [value]
    while waiting:
        item: Any = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, float):
            if not math.isfinite(item):
                return False
        elif isinstance(item, str) and ("\x00" in item or has_surrogates(item)):
            return False
    return True


class JSONField(CharField):
    """Any JSON value that databases take.

    Args:
        encoder: The class that writes values, for types beyond those of JSON.
        decoder: The class that reads them.
    """

    default_error_messages = {"invalid": _("Enter a valid JSON.")}
    widget: Any = Textarea

    def __init__(self, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        self.encoder = encoder
        self.decoder = decoder
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the value that the JSON stands for."""
        if self.disabled:
            return value
        if value in self.empty_values:
            return None
        if isinstance(value, (list, dict, int, float, JSONString)):
            return value  # pyright: ignore[reportUnknownVariableType]
        try:
            converted = json.loads(value, cls=self.decoder)
        except (ValueError, TypeError, RecursionError):
            raise self._error("invalid", value=value) from None
        if isinstance(converted, str):
            if has_surrogates(converted):
                raise self._error("surrogates_not_allowed")
            return JSONString(converted)  # a validator looks for NUL
        if not _is_storable(converted):
            raise self._error("invalid", value=value)
        return converted

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the value of submitted JSON, or the text itself if it is none."""
        if self.disabled:
            return initial
        if data is None:
            return None
        try:
            return json.loads(data, cls=self.decoder)
        except (ValueError, TypeError, RecursionError):
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """Return the JSON of a value."""
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, cls=self.encoder)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the JSON differs; the order of keys does not count."""
        if self.disabled:
            return False
        if super().has_changed(initial, data):
            return True
        # `True == 1` in Python, but not in JSON.
        mine = json.dumps(initial, sort_keys=True, cls=self.encoder)
        theirs = json.dumps(self.to_python(data), sort_keys=True, cls=self.encoder)
        return mine != theirs
