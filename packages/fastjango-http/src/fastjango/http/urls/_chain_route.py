"""What all routes of a URLconf share, whatever the style of their views."""

from __future__ import annotations

from fastjango.http.urls.chains import Chain, ChainMatch
from starlette._utils import get_route_path
from starlette.types import Scope

__all__ = ["ChainRoute"]


class ChainRoute:
    """A route that matches by a chain instead of a path."""

    chain: Chain

    @property
    def literal_prefix(self) -> str:
        """What every matching path begins with."""
        return self.chain.literal_prefix

    @property
    def static_path(self) -> str | None:
        """The one path that matches, or `None`."""
        return self.chain.static_path

    def match_chain(self, scope: Scope) -> ChainMatch | None:
        """Match the path of a scope."""
        return self.chain.match(get_route_path(scope))
