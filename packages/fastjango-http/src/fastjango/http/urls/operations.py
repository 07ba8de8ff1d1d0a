"""Routes of views that FastAPI calls, under patterns of a URLconf: operations and WebSockets."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute, APIWebSocketRoute
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.invocation import is_async_view
from fastjango.http.request import MATCH_KEY, HttpRequest
from fastjango.http.urls._chain_route import ChainRoute
from fastjango.http.urls.chains import Chain, ChainMatch
from fastjango.http.urls.converters import Converter
from fastjango.http.urls.styles import OPERATION_MARK, wants_request_class
from fastjango.values.regex_helper import normalize
from starlette.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = [
    "AppRoute",
    "InjectedRoute",
    "OperationRoute",
    "RequestOperationRoute",
    "WebSocketOperationRoute",
    "fastapi_path",
    "starlette_path",
]


class ConverterAdapter(Convertor[Any]):
    """A Django converter with the methods of a Starlette convertor."""

    def __init__(self, converter: Converter) -> None:
        # Starlette declares it for the class; every converter has its own.
        vars(self)["regex"] = converter.regex
        self._converter = converter

    def convert(self, value: str) -> Any:
        """Convert the matched text; what the converter refuses is "not found"."""
        try:
            return self._converter.to_python(value)
        except ValueError:
            raise HTTPException(status_code=404) from None

    def to_string(self, value: Any) -> str:
        """Convert a value back to text."""
        return self._converter.to_url(value)


def _convertor_name(type_name: str, converter: Converter) -> str:
    """Return the Starlette name of a converter, registering it on first use."""
    name = "fastjango_" + re.sub(r"\W", "_", type_name)
    known = CONVERTOR_TYPES.get(name)
    if not isinstance(known, ConverterAdapter) or known._converter is not converter:  # pyright: ignore[reportPrivateUsage]
        register_url_convertor(name, ConverterAdapter(converter))
    return name


def starlette_path(chain: Chain, purpose: str) -> str:
    """Return the path of a chain in Starlette's notation, without a trailing slash.

    Args:
        chain: The patterns.
        purpose: What it is for, for the error message.

    Raises:
        ImproperlyConfigured: A level is an expression, which that notation cannot express.
    """
    if not chain.is_plain:
        raise ImproperlyConfigured(
            f"The {purpose} under {chain.route!r} stands below a regular expression or a "
            "translated route. Include it under path() routes only."
        )
    from fastjango.http.urls.converters import get_converters

    known = get_converters()

    def replace(found: re.Match[str]) -> str:
        type_name = found[1] or "str"
        return f"{{{found[2]}:{_convertor_name(type_name, known[type_name])}}}"

    path = re.sub(r"<(?:([^>:]+):)?([^>]+)>", replace, chain.route)
    return ("/" + path).removesuffix("/")


def fastapi_path(chain: Chain) -> str:
    """Return a path with `{parameter}` parts that names every parameter of a chain."""
    if chain.is_plain:
        return chain.path_format
    path = "/"
    for pattern in chain.patterns:
        forms = normalize(pattern.regex.pattern)
        template, names = forms[0] if forms else ("", [])
        path += template % {name: f"{{{name}}}" for name in names}
    return path


def _add_match(
    route: Any, scope: Scope, found: ChainMatch, endpoint: Callable[..., Any]
) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "path_params": {**scope.get("path_params", {}), **found.kwargs},
        "route": route,
        MATCH_KEY: lambda: route.chain.resolver_match(route.view, route.url_name, found),
    }


class OperationRoute(ChainRoute, APIRoute):
    """A view in FastAPI style under a pattern; it is in OpenAPI like any path operation."""

    view: Callable[..., Any]
    url_name: str | None
    sibling_methods: frozenset[str]

    @classmethod
    def for_view(
        cls, parent: APIRouter, chain: Chain, view: Callable[..., Any], name: str | None
    ) -> BaseRoute:
        """Build the route of one function.

        Args:
            parent: The router whose dependencies and defaults apply.
            chain: The patterns.
            view: The function.
            name: The pattern's name.
        """
        options: dict[str, Any] = dict(getattr(view, OPERATION_MARK, None) or {})
        # What require_http_methods() and its like allow.
        if (allowed := getattr(view, "allowed_methods", None)) is not None:
            options.setdefault("methods", list(allowed))
        return cls._make(parent, chain, view, view, name, options)

    @classmethod
    def for_class(
        cls, parent: APIRouter, chain: Chain, view: Any, name: str | None
    ) -> list[BaseRoute]:
        """Build the routes of an `ApiView`, one for each of its methods."""
        routes: list[OperationRoute] = []
        for method, endpoint, options in view.view_class.operations(view.view_initkwargs):
            options = {"methods": [method], **options}
            routes.append(cls._make(parent, chain, view, endpoint, name, options))
        methods = frozenset(method for route in routes for method in route.methods or ())
        for route in routes:
            route.sibling_methods = methods
        return list(routes)

    @classmethod
    def _make(
        cls,
        parent: APIRouter,
        chain: Chain,
        view: Callable[..., Any],
        endpoint: Callable[..., Any],
        name: str | None,
        options: dict[str, Any],
    ) -> OperationRoute:
        if any(chain.defaults):
            raise ImproperlyConfigured(
                f"The pattern {chain.route!r} passes extra arguments to "
                f"{getattr(endpoint, '__qualname__', endpoint)!r}, a view in FastAPI style, which "
                "takes none. Use a dependency, or a first parameter called 'request'."
            )
        if name is not None:
            options.setdefault("name", name)
        route_class = RequestOperationRoute if wants_request_class(endpoint) else OperationRoute
        parent.add_api_route(
            fastapi_path(chain), endpoint, route_class_override=route_class, **options
        )
        route = parent.routes.pop()
        assert isinstance(route, OperationRoute)
        route.chain, route.view, route.url_name = chain, view, name
        route.sibling_methods = frozenset(route.methods or ())
        return route

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match by the chain; a known path with another method matches in part."""
        if scope["type"] != "http":
            return Match.NONE, {}
        found = self.match_chain(scope)
        if found is None:
            return Match.NONE, {}
        child_scope = _add_match(self, scope, found, self.endpoint)
        if self.methods and scope["method"] not in self.methods:
            return Match.PARTIAL, child_scope
        return Match.FULL, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer 405 with the methods of all operations of the view."""
        if self.methods and scope["method"] not in self.methods:
            headers = {"Allow": ", ".join(sorted(self.sibling_methods))}
            if "app" in scope:
                raise HTTPException(status_code=405, headers=headers)
            response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


class RequestOperationRoute(OperationRoute):
    """An operation that asks for `HttpRequest`: it gets one in place of Starlette's request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, called with an `HttpRequest`."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            http_request = HttpRequest.from_scope(
                request.scope,
                request.receive,
                request._send,  # pyright: ignore[reportPrivateUsage]  # Starlette offers no other way
            )
            return await handler(http_request)

        return handle


class InjectedRoute(RequestOperationRoute):
    """A view in Django style that declares `Depends()` or typed parameters as well.

    It takes every method, is not part of OpenAPI, and finds its form loaded.
    """

    @classmethod
    def for_view(
        cls, parent: APIRouter, chain: Chain, view: Callable[..., Any], name: str | None
    ) -> BaseRoute:
        """Build the route of one function."""
        parent.add_api_route(
            fastapi_path(chain),
            _with_typed_request(view),
            route_class_override=cls,
            include_in_schema=False,
            response_model=None,
            name=name,
        )
        route = parent.routes.pop()
        assert isinstance(route, InjectedRoute)
        route.chain, route.view, route.url_name = chain, view, name
        # Django's views are not limited to a method; their decorators are.
        route.methods = set[str]()
        route.sibling_methods = frozenset()
        return route

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, called once the body is there."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            http_request = HttpRequest.from_scope(
                request.scope,
                request.receive,
                request._send,  # pyright: ignore[reportPrivateUsage]  # Starlette offers no other way
            )
            await http_request.aload()
            return await handler(http_request)

        return handle


def _with_typed_request(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return the view with its first parameter typed, so that FastAPI passes the request."""
    signature = inspect.signature(view, eval_str=True)
    first, *others = signature.parameters.values()
    typed = first.replace(annotation=HttpRequest, kind=first.POSITIONAL_OR_KEYWORD)

    if is_async_view(view):

        @functools.wraps(view)
        async def async_endpoint(**kwargs: Any) -> Any:
            return await view(kwargs.pop(first.name), **kwargs)

        endpoint: Any = async_endpoint
    else:

        @functools.wraps(view)
        def sync_endpoint(**kwargs: Any) -> Any:
            return view(kwargs.pop(first.name), **kwargs)

        endpoint = sync_endpoint

    # Read by inspect, and so by FastAPI.
    endpoint.__signature__ = signature.replace(
        parameters=[typed, *others], return_annotation=inspect.Signature.empty
    )
    result: Callable[..., Any] = endpoint
    return result


class WebSocketOperationRoute(ChainRoute, APIWebSocketRoute):
    """A WebSocket view under a pattern, with FastAPI's parameters and dependencies."""

    view: Callable[..., Any]
    url_name: str | None

    @classmethod
    def for_view(
        cls, parent: APIRouter, chain: Chain, view: Callable[..., Any], name: str | None
    ) -> BaseRoute:
        """Build the route of one function whose first parameter is the WebSocket."""
        route = cls(
            fastapi_path(chain),
            view,
            name=name,
            dependencies=parent.dependencies,
            dependency_overrides_provider=parent.dependency_overrides_provider,
        )
        route.chain, route.view, route.url_name = chain, view, name
        return route

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path of a WebSocket handshake."""
        if scope["type"] != "websocket":
            return Match.NONE, {}
        found = self.match_chain(scope)
        if found is None:
            return Match.NONE, {}
        return Match.FULL, _add_match(self, scope, found, self.endpoint)


class AppRoute(ChainRoute, BaseRoute):
    """An ASGI application at one exact path; `include()` mounts one below a prefix."""

    def __init__(self, chain: Chain, app: ASGIApp, name: str | None) -> None:
        self.chain = chain
        self.app: ASGIApp = app
        self.view: ASGIApp = app
        self.endpoint: ASGIApp = app
        self.name: str | None = name
        self.url_name: str | None = name

    @property
    def path(self) -> str:
        """The path with `{parameter}` parts."""
        return self.chain.path_format

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path of a request or a handshake."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        found = self.match_chain(scope)
        if found is None:
            return Match.NONE, {}
        return Match.FULL, _add_match(self, scope, found, self.app)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the connection to the application."""
        await self.app(scope, receive, send)
