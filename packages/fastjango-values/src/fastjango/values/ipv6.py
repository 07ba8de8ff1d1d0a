"""IPv6 addresses, as in `django.utils.ipv6`."""

import ipaddress
from typing import Any, Final

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _

__all__ = ["MAX_IPV6_ADDRESS_LENGTH", "clean_ipv6_address", "is_valid_ipv6_address"]

MAX_IPV6_ADDRESS_LENGTH: Final = 39  # characters
INVALID_MESSAGE: Final = _("This is not a valid IPv6 address.")


def _address(text: str, max_length: int = MAX_IPV6_ADDRESS_LENGTH) -> ipaddress.IPv6Address:
    if len(text) > max_length:
        raise ValueError(f"Unable to convert {text} to an IPv6 address (value too long).")
    return ipaddress.IPv6Address(int(ipaddress.IPv6Address(text)))  # drops a scope id


def clean_ipv6_address(
    ip_str: str,
    unpack_ipv4: bool = False,
    error_message: Any = INVALID_MESSAGE,
    max_length: int = MAX_IPV6_ADDRESS_LENGTH,
) -> str:
    """Return the shortest lower-case form of an IPv6 address.

    Args:
        unpack_ipv4: Return the plain IPv4 address of an IPv4-mapped one.
        error_message: The message of the error.
        max_length: Longer texts are refused unread.

    Raises:
        ValidationError: The text is no IPv6 address.
    """
    try:
        address = _address(ip_str, max_length)
    except ValueError as error:
        raise ValidationError(
            error_message, code="invalid", params={"protocol": _("IPv6")}
        ) from error
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped) if unpack_ipv4 else f"::ffff:{address.ipv4_mapped}"
    return str(address)


def is_valid_ipv6_address(ip_addr: Any) -> bool:
    """Tell whether the text (or `ipaddress.IPv6Address`) is a valid IPv6 address."""
    if isinstance(ip_addr, ipaddress.IPv6Address):
        return True
    try:
        _address(ip_addr)
    except (TypeError, ValueError):
        return False
    return True
