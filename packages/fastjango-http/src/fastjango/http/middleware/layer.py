"""`Layer`: the cheap kind of middleware, hooks that the chain calls without wrapping anything."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from .exchange import Exchange

__all__ = ["OFFERS_KEY", "Layer", "offer_of", "overrides"]

OFFERS_KEY = "fastjango.layers"
"""Key of the ASGI scope: what the layers around a request offer, by name. One entry for all of
them: a scope that outgrows its table is copied, which costs more than a layer."""


def offer_of(scope: Mapping[str, Any], name: str, default: object = None) -> Any:
    """Return what a layer around a request offers under a name."""
    offers: Mapping[str, object] | None = scope.get(OFFERS_KEY)
    return default if offers is None else offers.get(name, default)


class Layer:
    """Middleware as a set of hooks.

    Override only what is needed: a hook that is not overridden costs nothing. Each may be `def`,
    which must not block, or `async def`. The constructor runs once, when the chain is built; it may
    raise `MiddlewareNotUsed` to leave the chain.
    """

    offers: Mapping[str, object] = MappingProxyType({})
    """What the layer leaves in the scope of every HTTP request, the same for all of them."""

    def process_request(self, exchange: Exchange) -> Response | Awaitable[Response | None] | None:
        """Look at a request before routing; outermost layer first.

        Returns:
            A response that ends the request here, or `None`. The response hooks of this layer and
            of those around it still run.
        """
        return None

    def process_view(
        self, exchange: Exchange, view: Any, path_params: Mapping[str, Any]
    ) -> Response | Awaitable[Response | None] | None:
        """Look at a request whose view is known; outermost layer first.

        Args:
            view: The endpoint; `None` if routing is left to an application inside, in which case
                a layer that protects has to assume that nothing is exempt.
            path_params: What the path gave.

        Returns:
            A response in place of the view's, or `None`.
        """
        return None

    def process_exception(
        self, exchange: Exchange, error: Exception
    ) -> Response | Awaitable[Response | None] | None:
        """Look at an exception that the view raised; innermost layer first.

        Returns:
            A response to answer with, or `None` to let the exception pass on.
        """
        return None

    def process_response(self, exchange: Exchange) -> Awaitable[None] | None:
        """Edit the response before its head is sent; innermost layer first.

        Error pages come by here as well.
        """
        return None

    def websocket(self, exchange: Exchange) -> int | Awaitable[int | None] | None:
        """Look at a WebSocket before it is accepted.

        Returns:
            The status to refuse it with, or `None`.
        """
        return None


def overrides(layer: Layer, hook: str) -> bool:
    """Return whether a layer defines `hook` itself."""
    own = getattr(layer, hook)
    return getattr(own, "__func__", own) is not getattr(Layer, hook)


def is_async_hook(hook: Any) -> bool:
    """Return whether a hook is to be awaited."""
    return inspect.iscoroutinefunction(hook)
