"""The name of this machine, as messages and SMTP greetings give it."""

from __future__ import annotations

import asyncio
import socket

from fastjango.values.encoding import punycode

__all__ = ["DNS_NAME", "CachedDnsName"]


class CachedDnsName:
    """Finds the machine's full name on first use: the resolver may take seconds."""

    _fqdn: str | None = None

    def __str__(self) -> str:
        return self.get_fqdn()

    def get_fqdn(self) -> str:
        """Return the full name in ASCII, asking the resolver once per process."""
        if self._fqdn is None:
            self._fqdn = punycode(socket.getfqdn())
        return self._fqdn

    async def aget_fqdn(self) -> str:
        """Do what `get_fqdn()` does; the one question to the resolver is asked in a thread."""
        if self._fqdn is None:
            self._fqdn = punycode(await asyncio.to_thread(socket.getfqdn))
        return self._fqdn


DNS_NAME = CachedDnsName()
