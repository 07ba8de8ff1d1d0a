"""The site that pages and messages speak of: the host of the request."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["RequestSite", "request_site"]


class RequestSite(NamedTuple):
    """A site by the host that the client asked for."""

    domain: str
    name: str

    def __str__(self) -> str:
        return self.domain


def request_site(request: Any) -> RequestSite:
    """Return the site of a request."""
    host = request.get_host()
    return RequestSite(host, host)
