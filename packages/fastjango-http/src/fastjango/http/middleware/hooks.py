"""`ChainHooks`: what the whole chain does around the view, in the order of the chain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastjango.http.aio import run_in_thread
from fastjango.http.invocation import check_response, is_async_view
from fastjango.http.request import HttpRequest

from .exchange import Exchange
from .group import exchange_of
from .layer import Layer, is_async_hook, overrides

__all__ = ["ChainHooks"]

Around = Callable[..., Awaitable[Any]]


class ChainHooks:
    """The view, exception and template hooks of layers and Django-style middlewares together."""

    def __init__(self, middleware: Sequence[Any]) -> None:
        """Collect the hooks.

        Args:
            middleware: Layers and instances of Django-style middleware, outermost first.
        """
        self.middleware: list[Any] = list(middleware)
        self.parts: tuple[ChainHooks, ...] = (self,)
        self._inside: dict[int, ChainHooks] = {}
        self._views: list[tuple[Callable[..., Any], bool]] = []
        self._layer_views: list[Callable[..., Any]] = []
        self._exceptions: list[Around] = []
        self._templates: list[tuple[Around, Any]] = []
        for one in middleware:
            if isinstance(one, Layer):
                self._add_layer(one)
            else:
                self._add_django(one)
        self.waits_for_views: bool = any(waits for _, waits in self._views)
        self._exceptions.reverse()
        self._templates.reverse()

    def around(self, inner: ChainHooks) -> ChainHooks:
        """Return these hooks with those of a site that is mounted inside."""
        known = self._inside.get(id(inner))
        if known is None:
            known = self._inside[id(inner)] = ChainHooks([*self.middleware, *inner.middleware])
            known.parts = (*self.parts, *inner.parts)
        return known

    def includes(self, inner: ChainHooks) -> bool:
        """Return whether the hooks of a mounted site are among these already."""
        return any(part is inner for part in self.parts)

    def __bool__(self) -> bool:
        return bool(self._views or self._exceptions or self._templates)

    def _add_layer(self, layer: Layer) -> None:
        if overrides(layer, "process_view"):
            hook = layer.process_view
            self._views.append((_layer_view(hook), is_async_hook(hook)))
            self._layer_views.append(hook)
        if overrides(layer, "process_exception"):
            self._exceptions.append(_layer_exception(layer.process_exception))

    def _add_django(self, instance: Any) -> None:
        if hasattr(instance, "process_view"):
            self._views.append((_adapted(instance.process_view), True))
        if hasattr(instance, "process_exception"):
            self._exceptions.append(_adapted(instance.process_exception))
        if hasattr(instance, "process_template_response"):
            hook = instance.process_template_response
            self._templates.append((_adapted(hook), hook))

    async def before_view(
        self, exchange: Exchange, view: Any, path_params: Mapping[str, Any]
    ) -> Any:
        """Run the view hooks for a route in FastAPI style; return a response, if any."""
        exchange.view = view
        return await self._run_views(exchange, view, (), dict(path_params))

    def before_view_now(self, exchange: Exchange, view: Any, path_params: Mapping[str, Any]) -> Any:
        """Do the same where no hook waits (`waits_for_views`): all of them are those of layers."""
        exchange.view = view
        for hook in self._layer_views:
            response = hook(exchange, view, path_params)
            if response is not None:
                return response
        return None

    async def _run_views(
        self, exchange: Exchange, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        for hook, waits in self._views:
            response = hook(exchange, view, args, kwargs)
            if waits:
                response = await response
            if response is not None:
                return response
        return None

    async def after_error(self, exchange: Exchange, error: Exception) -> Any:
        """Run the exception hooks; return a response, if any."""
        for hook in self._exceptions:
            response = await hook(exchange, error)
            if response is not None:
                return response
        return None

    # -- for views in Django style, which call their hooks themselves ----------------------------

    async def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Return a response in place of the view's, or `None`."""
        exchange = _exchange(request)
        exchange.view = view
        return await self._run_views(exchange, view, args, kwargs)

    async def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        """Return a response for an exception the view raised, or `None` to let it pass."""
        return await self.after_error(_exchange(request), exception)

    async def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Return the response to render, the given one or another.

        Raises:
            ValueError: A hook returned no response.
        """
        exchange = _exchange(request)
        for hook, original in self._templates:
            response = await hook(exchange, response)
            holder: object = getattr(original, "__self__", original)
            owner = type(holder)
            check_response(
                response, original, name=f"{owner.__qualname__}.process_template_response"
            )
        return response


def _exchange(request: HttpRequest) -> Exchange:
    return exchange_of(request.scope, request.receive, request._send)  # pyright: ignore[reportPrivateUsage]  # Starlette offers no other way


def _layer_view(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook of a layer that takes what one of Django's takes; awaitable if that one is."""

    def run(exchange: Exchange, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return hook(exchange, view, kwargs)

    return run


def _layer_exception(hook: Callable[..., Any]) -> Around:
    is_async = is_async_hook(hook)

    async def run(exchange: Exchange, error: Exception) -> Any:
        result = hook(exchange, error)
        return await result if is_async else result

    return run


def _adapted(hook: Callable[..., Any]) -> Around:
    """Return a hook of Django's shape, with the request in place of the exchange."""
    is_async = is_async_view(hook)

    async def run(exchange: Exchange, *args: Any) -> Any:
        if is_async:
            return await hook(exchange.request, *args)
        return await run_in_thread(hook, exchange.request, *args)

    return run
