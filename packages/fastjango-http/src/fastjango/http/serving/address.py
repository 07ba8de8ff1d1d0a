"""Addresses as the commands take them."""

from __future__ import annotations

import re

from fastjango.core.management import CommandError

__all__ = ["parse_address"]

_ADDRESS = re.compile(
    r"""^(?:
    (?P<host>
        (?P<ipv4>\d{1,3}(?:\.\d{1,3}){3}) |
        (?P<ipv6>\[[a-fA-F0-9:]+\]) |
        (?P<name>[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*)
    ):)?(?P<port>\d+)$""",
    re.VERBOSE,
)


def parse_address(
    text: str, *, ipv6: bool = False, host: str = "127.0.0.1", ipv6_host: str = "::1"
) -> tuple[str, int, bool]:
    """Parse a port or `address:port`.

    Args:
        text: What somebody typed.
        ipv6: Whether IPv6 is asked for.
        host: The address of a port alone.
        ipv6_host: The same where IPv6 is asked for.

    Returns:
        The host, the port, and whether the host is an IPv6 address.

    Raises:
        CommandError: It is neither.
    """
    found = _ADDRESS.match(text)
    if found is None:
        raise CommandError(f'"{text}" is not a valid port number or address:port pair.')
    port = int(found["port"])
    if port > 65535:
        raise CommandError(f"{port} is not a port number; the highest is 65535.")
    if found["ipv6"]:
        return found["ipv6"][1:-1], port, True
    if found["host"]:
        if ipv6 and found["ipv4"]:
            raise CommandError(f'"{found["host"]}" is not a valid IPv6 address.')
        return found["host"], port, ipv6
    return (ipv6_host if ipv6 else host), port, ipv6
