"""Host names of requests: taking them apart and judging them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastjango.values.http import is_same_domain

__all__ = ["split_domain_port", "validate_host"]

_HOST = re.compile(r"([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::([0-9]+))?")


def split_domain_port(host: str) -> tuple[str, str]:
    """Split a `Host` header into a lower-case domain and a port.

    Returns:
        Domain and port; the port is `""` if there is none, both are if the host is invalid.
    """
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return "", ""
    return found[1].removesuffix("."), found[2] or ""


def validate_host(host: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether a lower-case host without port is covered by one of the patterns.

    Args:
        host: The domain part.
        allowed_hosts: `"*"` for any, `".example.com"` for a domain and all below, else exact.
    """
    return any(pattern == "*" or is_same_domain(host, pattern) for pattern in allowed_hosts)
