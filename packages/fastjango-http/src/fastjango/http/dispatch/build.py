"""Builds the index of a router: its routes and those of everything it includes, in one order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi.routing import APIRoute, APIRouter, APIWebSocketRoute
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp

from .index import Candidate, Index
from .mirror import EffectiveRouteContext, IncludedRouter
from .target import Target
from .watch import Epoch, WatchedRoutes

__all__ = ["build_index"]


def build_index(router: APIRouter, epoch: Epoch) -> Index:
    """Flatten the routes of `router` into an index, and have `epoch` marked when they change.

    Building never raises: an include that FastAPI could not build either becomes a barrier, since
    FastAPI would only notice when a request reaches it.
    """
    epoch.stale = False
    return _Builder(router, epoch).build()


class _Builder:
    def __init__(self, router: APIRouter, epoch: Epoch) -> None:
        self.router = router
        self.epoch = epoch
        self.order = 0
        self.probed_includes = False
        self.low_priority = False
        self.index = Index(redirect_slashes=router.redirect_slashes, misses=True)

    def build(self) -> Index:
        self._watch(self.router)
        for route in list(self.router.routes):
            self._add_top(route)
        default = cast("Any", self.router.default)
        plain_default = getattr(default, "__func__", None) is StarletteRouter.not_found
        self.index.misses = plain_default and not self.low_priority
        self.index.includes = self.probed_includes
        return self.index

    def _watch(self, router: APIRouter) -> None:
        """Make both route lists of a router tell this index about changes."""
        for name in ("routes", "_low_priority_routes"):
            routes = cast("list[BaseRoute]", getattr(router, name))
            if not isinstance(routes, WatchedRoutes):
                setattr(router, name, routes)  # a `Router` watches what it is given
                routes = cast("list[BaseRoute]", getattr(router, name))
            if not isinstance(routes, WatchedRoutes):
                routes = WatchedRoutes(routes)
                setattr(router, name, routes)
            routes.watch(self.epoch)
        if getattr(router, "_low_priority_routes", None):
            self.low_priority = True

    def _next(self) -> int:
        self.order += 1
        return self.order

    def _barrier(self) -> None:
        self.index.add(Candidate(self._next()), None)

    def _add_top(self, route: BaseRoute) -> None:
        if _never_http(route):
            return
        limits = dict(self.router.form_limits)
        if isinstance(route, IncludedRouter):
            self._add_include(route, limits)
            return
        if isinstance(route, APIRoute) and _has_own_matching(route, APIRoute):
            self._add_confirming(
                route, Target(route, **self._common(route.endpoint, route.handle, limits))
            )
            return
        if isinstance(route, APIRoute) or (
            isinstance(route, Route) and not _has_own_matching(route, Route)
        ):
            common = self._common(route.endpoint, route.handle, limits)
            target = Target(route, writes_route=isinstance(route, APIRoute), **common)
            self._add_plain(target, route.path_format, route)
            return
        self._add_confirming(route, Target(route, **self._common(None, route.handle, limits)))

    def _common(self, endpoint: object, app: ASGIApp, limits: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "endpoint": endpoint,
            "app": app,
            "form_limits": limits,
            "probed_includes": self.probed_includes,
        }

    def _add_plain(
        self, target: Target, path_format: str, source: Route | EffectiveRouteContext
    ) -> None:
        candidate = Candidate(
            self._next(),
            target=target,
            regex=source.path_regex,
            convertors=source.param_convertors,
            methods=source.methods,
        )
        self.index.add(candidate, path_format)

    def _add_confirming(self, route: BaseRoute, target: Target) -> None:
        candidate = Candidate(self._next(), target=target, confirms=True)
        exact: object = getattr(route, "static_path", None)
        if isinstance(exact, str):
            self.index.add_exact(candidate, exact)
            return
        prefix = _literal_prefix(route)
        if prefix is None:
            self.index.add(candidate, None)
        else:
            self.index.add_prefixed(candidate, prefix)

    def _add_include(self, include: IncludedRouter, limits: Mapping[str, Any]) -> None:
        self.probed_includes = True
        included = include.original_router
        self._watch(included)
        if type(included).matches is not APIRouter.matches or (
            type(included).handle is not APIRouter.handle
        ):
            self._barrier()
            return
        try:
            children = list(include.effective_candidates())
        except Exception:
            self._barrier()
            return
        limits = {**limits, **include.include_context.form_limits}
        for child in children:
            if isinstance(child, IncludedRouter):
                self._add_include(child, limits)
            else:
                self._add_included(child, include, limits)

    def _add_included(
        self, context: EffectiveRouteContext, include: IncludedRouter, limits: Mapping[str, Any]
    ) -> None:
        route = context.original_route
        if _never_http(route):
            return
        if not isinstance(route, APIRoute) or _has_own_matching(route, APIRoute):
            self._barrier_at(context)
            return
        target = Target(
            route,
            context=context,
            included_router=include,
            **self._common(context.endpoint, route.handle, limits),
        )
        self._add_plain(target, context.path_format, context)

    def _barrier_at(self, context: EffectiveRouteContext) -> None:
        """Add a barrier where a route of another kind stands inside an include."""
        prefix = _literal_prefix(context.starlette_route) if context.starlette_route else None
        if prefix is None:
            self._barrier()
        else:
            self.index.add_prefixed(Candidate(self._next()), prefix)


def _has_own_matching(route: BaseRoute, base: type[BaseRoute]) -> bool:
    kind = type(route)
    return (
        kind.matches is not base.matches
        or kind.handle is not base.handle
        or ("matches" in vars(route) or "handle" in vars(route))
    )


def _never_http(route: BaseRoute) -> bool:
    """Return whether a route is a WebSocket's, which no HTTP request can match."""
    return type(route).matches in _SOCKET_MATCHERS and "matches" not in vars(route)


def _literal_prefix(route: BaseRoute) -> str | None:
    """Return text that every path of `route` starts with, or `None` when nothing is known."""
    known: object = getattr(route, "literal_prefix", None)
    if isinstance(known, str):
        return known
    if type(route) is Mount or (
        type(route).matches in _PATH_MATCHERS and not vars(route).get("matches")
    ):
        path: str = getattr(route, "path", "")
        literal = path.split("{", 1)[0]
        # A mount at "/static" also takes part in "/static/...", never in "/statics".
        return f"{literal}/" if type(route) is Mount and literal == path else literal
    return None


_SOCKET_MATCHERS = {WebSocketRoute.matches, APIWebSocketRoute.matches}
_PATH_MATCHERS = {Route.matches, APIRoute.matches}
