"""One route as the index found it, and what FastAPI would have written into the scope for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, cast

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from .mirror import EffectiveRouteContext, IncludedRouter

__all__ = ["Reply", "Run", "Target"]

# A finished response that nobody has sent yet: status, raw headers, body, background task.
Reply = tuple[int, list[tuple[bytes, bytes]], bytes | memoryview, BackgroundTask | None]

# A compiled endpoint. It returns a response object only when that has a way of sending of its own.
Run = Callable[[Scope, Receive, Send], Awaitable[Reply | Response]]


class Target:
    """A route with everything needed to enter it without asking the routes before it.

    Attributes:
        route: The route as declared; `scope["route"]` for FastAPI's own kinds.
        context: FastAPI's merged view of a route inside an included router, else `None`.
        app: What answers in FastAPI's own way.
        run: The compiled endpoint, or `None` when the route takes FastAPI's own path.
        staged: The compiled endpoint inside FastAPI's exit stacks, for those that need them.
        compiled: Whether `run` has been decided.
        origin: The route's own application when it was compiled; another one voids `run`.
        overrides_provider: Whose `dependency_overrides` void `run` while there are any.
    """

    __slots__ = (
        "_refusing",
        "app",
        "compiled",
        "context",
        "endpoint",
        "fastapi_scope",
        "form_limits",
        "included_router",
        "matches",
        "origin",
        "overrides_provider",
        "route",
        "run",
        "staged",
        "writes_route",
    )

    def __init__(
        self,
        route: BaseRoute,
        *,
        endpoint: object,
        app: ASGIApp,
        context: EffectiveRouteContext | None = None,
        included_router: IncludedRouter | None = None,
        form_limits: Mapping[str, Any] | None = None,
        probed_includes: bool = False,
        writes_route: bool = True,
    ) -> None:
        self.route: BaseRoute = route
        self.endpoint: object = endpoint
        self.matches: Callable[[Scope], tuple[Match, Scope]] = route.matches
        self.app: ASGIApp = app
        self.context: EffectiveRouteContext | None = context
        self.included_router: IncludedRouter | None = included_router
        self.form_limits: Mapping[str, Any] | None = form_limits or None
        self.writes_route: bool = writes_route
        self.run: Run | None = None
        self.staged: ASGIApp | None = None
        self.compiled: bool = False
        self._refusing: Target | None = None
        self.origin: object = None
        self.overrides_provider: Any = None
        self.fastapi_scope: bool = bool(probed_includes or context is not None or form_limits)

    def refusing(self) -> Target:
        """Return this route as it answers a method that it does not take: in its own way."""
        refusing = self._refusing
        if refusing is None:
            refusing = self._refusing = copy(self)
            refusing.run = refusing.staged = None
            refusing.compiled = True
            refusing.app = self.route.handle
        return refusing

    def enter(self, scope: Scope, path_params: dict[str, Any]) -> None:
        """Write what FastAPI's matching would have written into `scope`."""
        scope["endpoint"] = self.endpoint
        scope["path_params"] = path_params
        if self.writes_route:
            scope["route"] = self.route
        if self.fastapi_scope:
            own: dict[str, Any] = scope.setdefault("fastapi", {})
            if self.form_limits is not None:
                own["form_limits"] = dict(self.form_limits)
            if self.context is not None:
                own["included_router"] = self.included_router
                own["effective_route_context"] = self.context

    def enter_child(self, scope: Scope, child: Scope) -> None:
        """Write what the route's own `matches` returned into `scope`."""
        if self.fastapi_scope or "fastapi" in child:
            own: dict[str, Any] = scope.setdefault("fastapi", {})
            if self.form_limits is not None:
                own["form_limits"] = dict(self.form_limits)
            extra = child.get("fastapi")
            if isinstance(extra, dict):
                own.update(cast("dict[str, Any]", extra))
                child = {key: value for key, value in child.items() if key != "fastapi"}
            if self.context is not None:
                own["included_router"] = self.included_router
                own["effective_route_context"] = self.context
        scope.update(child)
