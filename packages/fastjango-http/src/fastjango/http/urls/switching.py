"""Requests with a URLconf of their own: `request.urlconf`, set by a middleware."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastjango.http.exceptions import Resolver404
from fastjango.http.request import HttpRequest
from fastjango.http.urls.context import set_urlconf
from fastjango.http.urls.resolvers import URLResolver, get_resolver
from fastjango.http.urls.routes import build_routes
from starlette._utils import get_route_path
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Scope

__all__ = ["switched_app"]


def switched_app(request: HttpRequest) -> ASGIApp | None:
    """Find what answers a request by its own URLconf.

    That URLconf counts for `reverse()` and `resolve()` until the request ends. The scope gets what
    a match adds to it.

    Args:
        request: The request, after middleware has seen it.

    Returns:
        The route within the layers that FastAPI puts around routes, or `None` for a request
        without a URLconf of its own.

    Raises:
        Resolver404: The URLconf has no route for the path.
    """
    urlconf = request.__dict__.get("urlconf")
    if urlconf is None:
        return None
    set_urlconf(urlconf)
    scope = request.scope
    partial: tuple[BaseRoute, Any] | None = None
    for route in _routes(get_resolver(urlconf)):
        match, child_scope = route.matches(scope)
        if match is Match.FULL:
            scope.update(child_scope)
            return _in_layers(route, scope)
        if match is Match.PARTIAL and partial is None:
            partial = route, child_scope
    if partial is None:
        raise Resolver404({"path": get_route_path(scope).removeprefix("/")})
    route, child_scope = partial
    scope.update(child_scope)
    return _in_layers(route, scope)


def _in_layers(route: BaseRoute, scope: Scope) -> ASGIApp:
    """Put the layers of FastAPI's stack around a route: exception handlers and the exit stack."""
    app: Any = scope.get("app")
    handlers: dict[Any, Any] = {
        key: handler
        for key, handler in getattr(app, "exception_handlers", {}).items()
        if key not in (500, Exception)
    }
    return ExceptionMiddleware(AsyncExitStackMiddleware(route.handle), handlers)


def _routes(resolver: URLResolver) -> Sequence[BaseRoute]:
    """Return the routes of a resolver, built once and forgotten together with it."""
    routes: Sequence[BaseRoute] | None = resolver.__dict__.get("routes")
    if routes is None:
        routes = resolver.__dict__["routes"] = build_routes(resolver.url_patterns)
    return routes
