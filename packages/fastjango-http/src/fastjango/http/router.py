"""`Router`: FastAPI's `APIRouter`, with FastJango's way of finding routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from fastapi.routing import APIRouter
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from .dispatch.build import build_index
from .dispatch.core import TARGET_KEY, is_current, prepare
from .dispatch.index import ASK, Index, Verdict
from .dispatch.mirror import MAX_BODY_SIZE_SCOPE_KEY
from .dispatch.pristine import compilation_allowed
from .dispatch.target import Target
from .dispatch.watch import Epoch, WatchedRoutes

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
        routes = cast(list[BaseRoute], held.pop("routes"))
        captured, plain_app = router.middleware_stack, router.app
        router.__class__ = cls
        router.routes = routes
        if captured == plain_app:
            # The constructor had bound the old class's `app`.
            router.middleware_stack = router.app

    @property
    def routes(self) -> list[BaseRoute]:  # type: ignore[override]  # an attribute upstream
        """The routes in declared order; edit the list freely."""
        return cast(list[BaseRoute], vars(self)["_watched_routes"])

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
        return cast(Epoch, epoch)

    def include_router(self, router: APIRouter, **options: Any) -> None:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]  # the same options, passed on
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
        if scope["type"] == "http" and "fastapi.telemetry" not in scope:
            target: Target | None = scope.pop(TARGET_KEY, None)
            if target is None and not scope.get("fastapi"):
                found = self.find(scope)
                if isinstance(found, Target):
                    target = found
            if target is not None:
                if "router" not in scope:
                    scope["router"] = self
                if not target.compiled:
                    prepare(target, self.request_class)
                staged = target.staged
                if (
                    staged is not None
                    and MAX_BODY_SIZE_SCOPE_KEY not in scope
                    and is_current(target)
                ):
                    await staged(scope, receive, send)
                else:
                    await target.app(scope, receive, send)
                return
        await super().app(scope, receive, send)
