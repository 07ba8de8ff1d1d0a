"""`Router`: FastAPI's `APIRouter`, with FastJango's way of finding routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack, cast

from fastapi._body_limit import wrap_app_with_body_limit
from fastapi.routing import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from .dispatch.build import build_index
from .dispatch.core import HOOKS_KEY, TARGET_KEY, is_current, prepare
from .dispatch.index import ASK, MISS, Index, Verdict
from .dispatch.mirror import MAX_BODY_SIZE_SCOPE_KEY
from .dispatch.pristine import compilation_allowed
from .dispatch.replay import Tracker
from .dispatch.target import Target
from .dispatch.watch import Epoch, WatchedRoutes
from .middleware.group import exchange_of
from .options import IncludeOptions

__all__ = ["Router"]


class Router(APIRouter):
    """An `APIRouter`; everything FastAPI documents works on it.

    Finding a route costs the same for ten routes and for two thousand: an index over the routes,
    and over those of every included router, is built when the first request comes and again after
    any change.
    """

    request_class: type[Request] = Request
    """The class of the request that endpoints and dependencies get."""

    @classmethod
    def adopt(cls, router: APIRouter) -> None:
        """Turn a plain `APIRouter` into this class, in place.

        FastAPI's constructor names its router class itself, so the application converts the
        finished object; an included router is converted so that its changes are noticed. A subclass
        of somebody else's stays what it is.
        """
        if type(router) is not APIRouter:
            return
        held = vars(router)
        routes = cast("list[BaseRoute]", held.pop("routes"))
        router.__class__ = cls
        router.routes = routes
        # The constructor had bound the old class's `app`, inside the body limit if there is one.
        stack: Any = wrap_app_with_body_limit(router.app, router.max_body_size)
        router.middleware_stack = stack

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes in declared order; edit the list freely."""
        return cast("list[BaseRoute]", vars(self)["_watched_routes"])

    @routes.setter
    def routes(self, routes: Iterable[BaseRoute]) -> None:
        watched = routes if isinstance(routes, WatchedRoutes) else WatchedRoutes(routes)
        vars(self)["_watched_routes"] = watched
        self._epoch.stale = True

    @property
    def _epoch(self) -> Epoch:
        held = vars(self)
        epoch = held.get("_index_epoch")
        if epoch is None:
            epoch = held["_index_epoch"] = Epoch()
        return cast("Epoch", epoch)

    def include_router(self, router: APIRouter, **options: Unpack[IncludeOptions]) -> None:
        """Include another router; every option of FastAPI's method is passed on."""
        if isinstance(router, APIRouter):  # pyright: ignore[reportUnnecessaryIsInstance]
            Router.adopt(router)
        super().include_router(router, **options)

    def find(self, scope: Scope) -> Target | Verdict:
        """Return the route for an HTTP request and enter it in the scope, or a verdict."""
        held = vars(self)
        index: Index | None = held.get("_index")
        if index is None or held["_index_epoch"].stale:
            if not compilation_allowed():
                return ASK
            index = build_index(self, self._epoch)
            held["_index"] = index
        index.redirect_slashes = self.redirect_slashes
        return index.find(scope)

    def mark_miss(self, scope: Scope) -> None:
        """Leave in the scope what trying every route in vain would have left."""
        index: Index = vars(self)["_index"]
        if index.includes or self.form_limits:
            own: dict[str, Any] = scope.setdefault("fastapi", {})
            if self.form_limits:
                own["form_limits"] = dict(self.form_limits)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one scope, by the index where it can judge and by FastAPI's own loop elsewhere."""
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        telemetry = "fastapi.telemetry" in scope
        target: Target | None = scope.pop(TARGET_KEY, None)
        if target is None and not telemetry and not scope.get("fastapi"):
            found = self.find(scope)
            if isinstance(found, Target):
                target = found
        hooks = scope.get(HOOKS_KEY)
        if hooks is not None:
            await self._hooked(hooks, target, scope, receive, send)
        elif target is None:
            await super().app(scope, receive, send)
        else:
            await self._enter(target, scope, receive, send)

    async def _enter(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a route that was found."""
        if "router" not in scope:
            scope["router"] = self
        if not target.compiled:
            prepare(target, self.request_class)
        staged = target.staged
        if staged is not None and MAX_BODY_SIZE_SCOPE_KEY not in scope and is_current(target):
            await staged(scope, receive, send)
        else:
            await target.app(scope, receive, send)

    async def _hooked(
        self, hooks: Any, target: Target | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Run the hooks of the middleware chain around a route."""
        if target is None:
            found = self.find(dict(scope))
            route = found.route if isinstance(found, Target) else None
            endpoint = found.endpoint if isinstance(found, Target) else None
            if found is MISS:
                await super().app(scope, receive, send)
                return
        else:
            route, endpoint = target.route, scope.get("endpoint")
        if not _hooks_itself(route):
            exchange = exchange_of(scope, receive, send)
            params = scope.get("path_params", {})
            response = await hooks.before_view(exchange, endpoint, params)
            if response is not None:
                await response(scope, receive, send)
                return
        tracker = Tracker(send)
        try:
            if target is None:
                await super().app(scope, receive, tracker)
            else:
                await self._enter(target, scope, receive, tracker)
        except HTTPException:
            raise
        except Exception as error:
            if tracker.started or _hooks_itself(route):
                raise
            exchange = exchange_of(scope, receive, send)
            response = await hooks.after_error(exchange, error)
            if response is None:
                raise
            await response(scope, receive, send)


def _hooks_itself(route: BaseRoute | None) -> bool:
    """Return whether a route, or the application mounted there, calls the hooks on its own."""
    if getattr(route, "calls_view_hooks", False):
        return True
    return isinstance(route, Mount) and isinstance(getattr(route.app, "router", route.app), Router)
