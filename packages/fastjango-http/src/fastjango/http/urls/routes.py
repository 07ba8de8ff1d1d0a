"""From patterns to routes: what the ASGI application matches against.

Every pattern of a URLconf becomes one route, in declared order, so that the first match wins as
it does in `resolve()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.urls.chains import Chain
from fastjango.http.urls.circles import CIRCLE_HINT, find_circle
from fastjango.http.urls.djangoroute import DjangoRoute
from fastjango.http.urls.mounts import MountPattern, RouterResolver
from fastjango.http.urls.operations import (
    AppRoute,
    InjectedRoute,
    OperationRoute,
    WebSocketOperationRoute,
    starlette_path,
)
from fastjango.http.urls.resolvers import URLPattern, URLResolver
from fastjango.http.urls.styles import ViewStyle, style_of, wants_injection
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

__all__ = ["build_routes"]


def build_routes(urlpatterns: Iterable[Any], parent: APIRouter | None = None) -> list[BaseRoute]:
    """Turn the patterns of a URLconf into routes.

    Views in Django style and class-based views become `DjangoRoute`s, views in FastAPI style
    path operations, routers and ASGI applications what FastAPI makes of them. Routers and routes
    may stand among the patterns themselves.

    Args:
        urlpatterns: What `path()`, `re_path()` and `include()` made.
        parent: The router the routes are for; its dependencies, tags and the like apply to the
            path operations, and lifespans of included routers are merged into its own.

    Raises:
        ImproperlyConfigured: An entry is none of these, or includes a URLconf that includes it.
    """
    circle = find_circle(urlpatterns)
    if circle is not None:
        raise ImproperlyConfigured(f"The URLconf includes itself: {circle}. {CIRCLE_HINT}")
    builder = _Builder(APIRouter() if parent is None else parent)
    return list(builder.build(urlpatterns, Chain.root()))


def _wrap(app: ASGIApp, chain: Chain) -> ASGIApp:
    """Put the middleware of a chain around an application."""
    if not chain.middleware:
        return app
    from fastjango.http.middleware import wrap_app

    return wrap_app(app, chain.middleware)


def _wrap_route(route: Any) -> None:
    """Put the middleware of a route's chain around what it calls."""
    if route.chain.middleware:
        route.app = _wrap(route.app, route.chain)


def _refuse_middleware(chain: Chain) -> None:
    if chain.middleware:
        raise ImproperlyConfigured(
            f"The router below {chain.route!r} cannot have middleware of its own. Give it "
            "dependencies, or list the middleware in MIDDLEWARE."
        )


class _Builder:
    def __init__(self, parent: APIRouter) -> None:
        self.parent = parent

    def build(self, entries: Iterable[Any], chain: Chain) -> Iterator[BaseRoute]:
        for entry in entries:
            if isinstance(entry, RouterResolver):
                _refuse_middleware(chain)
                yield self._include(entry.router, starlette_path(chain.down(entry), "router"))
            elif isinstance(entry, MountPattern):
                below = chain.down(entry)
                app = _wrap(entry.app, below)
                yield Mount(starlette_path(below, "mount"), app=app, name=entry.name)
            elif isinstance(entry, URLResolver):
                yield from self.build(entry.url_patterns, chain.down(entry))
            elif isinstance(entry, URLPattern):
                for route in self._view_routes(entry, chain.down(entry)):
                    _wrap_route(route)
                    yield route
            elif isinstance(entry, APIRouter):
                yield self._include(entry, starlette_path(chain, "router"))
            elif isinstance(entry, BaseRoute):
                yield entry
            else:
                raise ImproperlyConfigured(
                    f"Your URL pattern {entry!r} is invalid. Ensure that urlpatterns is a list of "
                    "path() and/or re_path() instances."
                )

    def _include(self, router: APIRouter, prefix: str) -> BaseRoute:
        # include_router() does all the merging; only the place of the result is ours to choose.
        self.parent.include_router(router, prefix=prefix.removesuffix("/"))
        return self.parent.routes.pop()

    def _view_routes(self, entry: URLPattern, chain: Chain) -> Sequence[BaseRoute]:
        view = entry.callback
        own = getattr(getattr(view, "view_class", None), "build_routes", None)
        if own is not None:
            # A class of another distribution whose views are several routes.
            routes: Sequence[BaseRoute] = own(self.parent, chain, view, entry.name)
            return routes
        style = style_of(view, chain.parameters)
        if style is ViewStyle.DJANGO:
            if wants_injection(view):
                return [InjectedRoute.for_view(self.parent, chain, view, entry.name)]
            return [DjangoRoute(chain, view, entry.name)]
        if style is ViewStyle.WEBSOCKET:
            return [WebSocketOperationRoute.for_view(self.parent, chain, view, entry.name)]
        if style is ViewStyle.ASGI:
            return [AppRoute(chain, view, entry.name)]
        view_class = getattr(view, "view_class", None)
        if view_class is not None:
            return OperationRoute.for_class(self.parent, chain, view, entry.name)
        return [OperationRoute.for_view(self.parent, chain, view, entry.name)]
