"""Validators that match text against a pattern."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.deconstruct import deconstructible
from fastjango.values.http import MAX_URL_LENGTH
from fastjango.values.ipv6 import is_valid_ipv6_address
from fastjango.values.regex_helper import lazy_re_compile

_MAX_HOST: Final = 253  # characters of a host name (RFC 1034 section 3.1)
_MAX_EMAIL: Final = 320  # characters of an address (RFC 3696 section 3)


@deconstructible(path="fastjango.values.validators.RegexValidator")
class RegexValidator:
    """Refuses text in which a pattern is not found (or, inverted, is found).

    Args:
        regex: The pattern, as text or compiled; searched for anywhere in the value.
        message: The error's message.
        code: The error's code.
        inverse_match: Refuse what matches.
        flags: Flags to compile the pattern with; only for a pattern given as text.

    Raises:
        TypeError: Flags were given with a compiled pattern.
    """

    regex: Any = ""
    message: Any = _("Enter a valid value.")
    code: Any = "invalid"
    inverse_match: bool = False
    flags: int = 0

    def __init__(
        self,
        regex: Any = None,
        message: Any = None,
        code: Any = None,
        inverse_match: bool | None = None,
        flags: int | None = None,
    ) -> None:
        given = {
            "regex": regex,
            "message": message,
            "code": code,
            "inverse_match": inverse_match,
            "flags": flags,
        }
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)
        if self.flags and not isinstance(self.regex, str):
            raise TypeError("If the flags are set, regex must be a regular expression string.")
        self.regex = lazy_re_compile(self.regex, self.flags)

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value does not fit.
        """
        if bool(self.regex.search(str(value))) is bool(self.inverse_match):
            raise self.error(value)

    def error(self, value: Any) -> ValidationError:
        """Return the error for a value."""
        return ValidationError(self.message, code=self.code, params={"value": value})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RegexValidator)
            and self.regex.pattern == other.regex.pattern
            and self.regex.flags == other.regex.flags
            and self.message == other.message
            and self.code == other.code
            and self.inverse_match == other.inverse_match
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings


@deconstructible(path="fastjango.values.validators.DomainNameValidator")
class DomainNameValidator(RegexValidator):
    """Refuses what is no domain name of at most 255 characters.

    Args:
        accept_idna: Accept letters beyond ASCII.
    """

    message: Any = _("Enter a valid domain name.")
    ul: str = "\u00a1-\uffff"  # letters beyond ASCII, as a character range
    hostname_re: str = rf"[a-z{ul}0-9](?:[a-z{ul}0-9-]{{0,61}}[a-z{ul}0-9])?"
    # A label has at most 63 characters and no dash at its ends (RFC 1034 section 3.1).
    domain_re: str = rf"(?:\.(?!-)[a-z{ul}0-9-]{{1,63}}(?<!-))*"
    tld_no_fqdn_re: str = rf"\.(?!-)(?:[a-z{ul}-]{{2,63}}|xn--[a-z0-9]{{1,59}})(?<!-)"
    tld_re: str = tld_no_fqdn_re + r"\.?"
    ascii_only_hostname_re: str = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    ascii_only_domain_re: str = r"(?:\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*"
    ascii_only_tld_re: str = r"\.(?!-)(?:[a-zA-Z0-9-]{2,63})(?<!-)\.?"
    max_length: int = 255

    def __init__(self, **kwargs: Any) -> None:
        self.accept_idna: bool = kwargs.pop("accept_idna", True)
        if self.accept_idna:
            labels = (self.hostname_re, self.domain_re, self.tld_re)
        else:
            labels = (
                self.ascii_only_hostname_re,
                self.ascii_only_domain_re,
                self.ascii_only_tld_re,
            )
        self.regex: Any = lazy_re_compile("".join(("^", *labels, r"\Z")), re.IGNORECASE)
        super().__init__(**kwargs)

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value is no domain name.
        """
        if not isinstance(value, str) or len(value) > self.max_length:
            raise self.error(value)
        if not self.accept_idna and not value.isascii():
            raise self.error(value)
        super().__call__(value)


validate_domain_name: DomainNameValidator = DomainNameValidator()


@deconstructible(path="fastjango.values.validators.URLValidator")
class URLValidator(RegexValidator):
    """Refuses what is no absolute URL of at most 2,048 characters.

    Args:
        schemes: The accepted schemes, lower case; by default http, https, ftp and ftps.
    """

    ipv4_re = (
        r"(?:0|25[0-5]|2[0-4][0-9]|1[0-9]?[0-9]?|[1-9][0-9]?)"
        r"(?:\.(?:0|25[0-5]|2[0-4][0-9]|1[0-9]?[0-9]?|[1-9][0-9]?)){3}"
    )
    ipv6_re = r"\[[0-9a-f:.]+\]"  # the address itself is checked afterwards
    hostname_re: str = DomainNameValidator.hostname_re
    domain_re: str = DomainNameValidator.domain_re
    tld_re: str = DomainNameValidator.tld_re
    host_re: str = "(" + hostname_re + domain_re + tld_re + "|localhost)"
    regex: Any = lazy_re_compile(
        r"^(?:[a-z0-9.+-]*)://"
        r"(?:[^\s:@/]+(?::[^\s:@/]*)?@)?"  # user and password
        r"(?:" + ipv4_re + "|" + ipv6_re + "|" + host_re + ")"
        r"(?::[0-9]{1,5})?"
        r"(?:[/?#][^\s]*)?"
        r"\Z",
        re.IGNORECASE,
    )
    message: Any = _("Enter a valid URL.")
    schemes: Sequence[str] = ["http", "https", "ftp", "ftps"]
    unsafe_chars: frozenset[str] = frozenset("\t\r\n")  # urlsplit would drop them silently
    max_length: int = MAX_URL_LENGTH

    def __init__(self, schemes: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if schemes is not None:
            self.schemes = schemes

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value is no URL with an accepted scheme.
        """
        if not isinstance(value, str) or len(value) > self.max_length:
            raise self.error(value)
        if self.unsafe_chars.intersection(value):
            raise self.error(value)
        if value.split("://")[0].lower() not in self.schemes:
            raise self.error(value)
        try:
            parts = urlsplit(value)
        except ValueError:
            raise self.error(value) from None
        super().__call__(value)
        address = re.search(r"^\[(.+)\](?::[0-9]{1,5})?$", parts.netloc)
        if address and not is_valid_ipv6_address(address[1]):
            raise self.error(value)
        if parts.hostname is None or len(parts.hostname) > _MAX_HOST:
            raise self.error(value)


integer_validator: RegexValidator = RegexValidator(
    lazy_re_compile(r"^-?\d+\Z"), message=_("Enter a valid integer."), code="invalid"
)


def validate_integer(value: Any) -> None:
    """Refuse what is not written as a whole number.

    Raises:
        ValidationError: The value is no integer.
    """
    integer_validator(value)


@deconstructible(path="fastjango.values.validators.EmailValidator")
class EmailValidator:
    """Refuses what is no email address of at most 320 characters.

    Args:
        allowlist: Domains that are accepted unchecked, `["localhost"]` by default.
    """

    message: Any = _("Enter a valid email address.")
    code: Any = "invalid"
    hostname_re: str = DomainNameValidator.hostname_re
    domain_re: str = DomainNameValidator.domain_re
    tld_no_fqdn_re: str = DomainNameValidator.tld_no_fqdn_re
    user_regex: Any = lazy_re_compile(
        # a dot-atom, or a quoted string
        r"(^[-!#$%&'*+/=?^_`{}|~0-9A-Z]+(\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*\Z"
        r'|^"([\001-\010\013\014\016-\037!#-\[\]-\177]|\\[\001-\011\013\014\016-\177])*"\Z)',
        re.IGNORECASE,
    )
    domain_regex: Any = lazy_re_compile(
        r"^" + hostname_re + domain_re + tld_no_fqdn_re + r"\Z", re.IGNORECASE
    )
    literal_regex: Any = lazy_re_compile(r"\[([A-F0-9:.]+)\]\Z", re.IGNORECASE)  # [192.0.2.1]
    domain_allowlist: Sequence[str] = ["localhost"]

    def __init__(
        self, message: Any = None, code: Any = None, allowlist: Sequence[str] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if allowlist is not None:
            self.domain_allowlist = allowlist

    def __call__(self, value: Any) -> None:
        """Check a value.

        Raises:
            ValidationError: The value is no email address.
        """
        if not value or "@" not in value or len(value) > _MAX_EMAIL:
            raise self._error(value)
        user, domain = value.rsplit("@", 1)
        if not self.user_regex.match(user):
            raise self._error(value)
        if domain not in self.domain_allowlist and not self.validate_domain_part(domain):
            raise self._error(value)

    def _error(self, value: Any) -> ValidationError:
        return ValidationError(self.message, code=self.code, params={"value": value})

    def validate_domain_part(self, domain_part: str) -> bool:
        """Tell whether what follows the `@` is a domain name or an address in brackets."""
        if self.domain_regex.match(domain_part):
            return True
        literal = self.literal_regex.match(domain_part)
        if not literal:
            return False
        try:
            validate_ipv46_address(literal[1])
        except ValidationError:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, EmailValidator)
            and set(self.domain_allowlist) == set(other.domain_allowlist)
            and self.message == other.message
            and self.code == other.code
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # compared by settings


validate_email: EmailValidator = EmailValidator()

slug_re: re.Pattern[str] = lazy_re_compile(r"^[-a-zA-Z0-9_]+\Z")
validate_slug: RegexValidator = RegexValidator(
    slug_re,
    # Translators: "letters" means latin letters: a-z and A-Z.
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    "invalid",
)

slug_unicode_re: re.Pattern[str] = lazy_re_compile(r"^[-\w]+\Z")
validate_unicode_slug: RegexValidator = RegexValidator(
    slug_unicode_re,
    _("Enter a valid “slug” consisting of Unicode letters, numbers, underscores, or hyphens."),
    "invalid",
)


def _address_error(protocol: Any, value: Any) -> ValidationError:
    return ValidationError(
        _("Enter a valid %(protocol)s address."),
        code="invalid",
        params={"protocol": protocol, "value": value},
    )


def validate_ipv4_address(value: Any) -> None:
    """Refuse what is no IPv4 address.

    Raises:
        ValidationError: The value is no IPv4 address.
    """
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        raise _address_error(_("IPv4"), value) from None


def validate_ipv6_address(value: Any) -> None:
    """Refuse what is no IPv6 address.

    Raises:
        ValidationError: The value is no IPv6 address.
    """
    if not is_valid_ipv6_address(value):
        raise _address_error(_("IPv6"), value)


def validate_ipv46_address(value: Any) -> None:
    """Refuse what is neither an IPv4 nor an IPv6 address.

    Raises:
        ValidationError: The value is no IP address.
    """
    try:
        validate_ipv4_address(value)
    except ValidationError:
        if not is_valid_ipv6_address(value):
            raise _address_error(_("IPv4 or IPv6"), value) from None


ip_address_validator_map: dict[str, list[Callable[[Any], None]]] = {
    "both": [validate_ipv46_address],
    "ipv4": [validate_ipv4_address],
    "ipv6": [validate_ipv6_address],
}


def ip_address_validators(protocol: str, unpack_ipv4: bool) -> list[Callable[[Any], None]]:
    """Return the validators for an address field.

    Args:
        protocol: `"both"`, `"ipv4"` or `"ipv6"`, in any case.

    Raises:
        ValueError: The protocol is unknown, or unpacking is asked for without `"both"`.
    """
    if protocol != "both" and unpack_ipv4:
        raise ValueError("You can only use `unpack_ipv4` if `protocol` is set to 'both'")
    try:
        return ip_address_validator_map[protocol.lower()]
    except KeyError:
        raise ValueError(
            f"The protocol '{protocol}' is unknown. Supported: {list(ip_address_validator_map)}"
        ) from None


def int_list_validator(
    sep: str = ",", message: Any = None, code: Any = "invalid", allow_negative: bool = False
) -> RegexValidator:
    """Return a validator for whole numbers separated by `sep`."""
    number = r"(-)?\d+" if allow_negative else r"\d+"
    pattern = lazy_re_compile(rf"^{number}(?:{re.escape(sep)}{number})*\Z")
    return RegexValidator(pattern, message=message, code=code)


validate_comma_separated_integer_list: RegexValidator = int_list_validator(
    message=_("Enter only digits separated by commas.")
)
