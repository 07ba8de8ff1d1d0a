"""The fused core: two of Starlette's middlewares that skip what a request does not need.

`FusedErrors` is the outermost middleware, `FusedExceptions` the one around the router. Both are the
real thing for whatever is not plain: other scopes, telemetry, body limits, routes that are not
compiled. For a compiled route they find it in the index, run it, and send its reply; an exception
is replayed through the wrappers that would have seen it.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from .compiler import compile_endpoint
from .index import MISS
from .mirror import MAX_BODY_SIZE_SCOPE_KEY
from .replay import Failure, Tracker, handle_exception, raising
from .staged import stage
from .target import Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from ..router import Router

__all__ = ["TARGET_KEY", "FusedErrors", "FusedExceptions", "prepare"]

# Scope key: the route already found, handed from the core to the router.
TARGET_KEY = "fastjango.target"


def prepare(target: Target, request_class: type[Request]) -> None:
    """Decide once how a route runs: compiled, compiled inside exit stacks, or FastAPI's own way."""
    target.compiled = True
    holder: Any = target.context if target.context is not None else target.route
    origin = getattr(holder, "app", None)
    target.origin = origin
    if origin is None or target.context is None and not target.writes_route:
        return
    compiled = compile_endpoint(origin, target.route)  # type: ignore[arg-type]
    if compiled is None:
        return
    target.overrides_provider = compiled.overrides_provider
    if compiled.staged:
        target.staged = stage(compiled.run, request_class)  # type: ignore[arg-type]
    else:
        target.run = compiled.run


class FusedExceptions(ExceptionMiddleware):
    """Starlette's exception middleware, with the way to a compiled route built in."""

    def __init__(
        self,
        app: ASGIApp,
        handlers: Mapping[Any, ExceptionHandler] | None = None,
        debug: bool = False,
        *,
        router: Router,
    ) -> None:
        super().__init__(app, handlers, debug)
        self.router = router
        self._pair = (self._exception_handlers, self._status_handlers)
        self._not_found = JSONResponse({"detail": HTTPException(404).detail}, status_code=404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or "fastapi.telemetry" in scope
            or MAX_BODY_SIZE_SCOPE_KEY in scope
        ):
            await super().__call__(scope, receive, send)
            return
        failure = await self.serve(scope, receive, send)
        if failure is not None:
            raise failure.error

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> Failure | None:
        """Answer one HTTP request; return the exception that nobody handled, if any."""
        router = self.router
        found = None if scope.get("fastapi") else router.find(scope)
        if type(found) is not Target:
            if found is MISS and getattr(router.default, "__func__", None) is _NOT_FOUND:
                return await self._miss(scope, receive, send)
            return await self._own_way(scope, receive, send)
        if not found.compiled:
            prepare(found, router.request_class)
        run = found.run
        if run is None or not is_current(found):
            scope[TARGET_KEY] = found
            return await self._own_way(scope, receive, send)
        scope["starlette.exception_handlers"] = self._pair
        if "router" not in scope:
            scope["router"] = router
        started = False
        try:
            reply = await run(scope, receive, send)
            if type(reply) is tuple:
                status, headers, body, background = reply
                started = True
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                if background is not None:
                    await background()
                return None
        except Exception as error:
            return await handle_exception(
                scope, receive, send, error, started=started, in_route=True
            )
        tracker = Tracker(send)
        try:
            await reply(scope, receive, tracker)  # type: ignore[operator] # pyright: ignore
        except Exception as error:
            return await handle_exception(
                scope, receive, send, error, started=tracker.started, in_route=True
            )
        return None

    async def _miss(self, scope: Scope, receive: Receive, send: Send) -> Failure | None:
        """Answer a request that no route matches."""
        router = self.router
        if "router" not in scope:
            scope["router"] = router
        router.mark_miss(scope)
        scope["starlette.exception_handlers"] = self._pair
        if 404 in self._status_handlers or (
            self._exception_handlers.get(HTTPException) is not http_exception_handler
        ):
            return await handle_exception(
                scope, receive, send, HTTPException(404), started=False, in_route=False
            )
        answer = self._not_found
        headers = list(answer.raw_headers)
        try:
            await send({"type": "http.response.start", "status": 404, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        except Exception as error:
            return Failure(error, started=True)
        return None

    async def _own_way(self, scope: Scope, receive: Receive, send: Send) -> Failure | None:
        tracker = Tracker(send)
        try:
            await super().__call__(scope, receive, tracker)
        except Exception as error:
            return Failure(error, started=tracker.started)
        return None


_NOT_FOUND = StarletteRouter.not_found


def is_current(target: Target) -> bool:
    """Return whether a compiled route still is what it was compiled from."""
    provider = target.overrides_provider
    if provider is not None and provider.dependency_overrides:
        return False
    holder: Any = target.context if target.context is not None else target.route
    return holder.app is target.origin


class FusedErrors(ServerErrorMiddleware):
    """Starlette's outermost middleware, going straight to the core when nothing stands between."""

    def __init__(
        self,
        app: ASGIApp,
        handler: ExceptionHandler | None = None,
        debug: bool = False,
        *,
        core: FusedExceptions | None = None,
        first: ASGIApp | None = None,
    ) -> None:
        """Wrap the rest of the stack.

        Args:
            core: The core, when no other middleware stands before it.
            first: Else the outermost of those middlewares.
        """
        super().__init__(app, handler, debug)
        self.core = core
        self.first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or "fastapi.telemetry" in scope
            or MAX_BODY_SIZE_SCOPE_KEY in scope
        ):
            await super().__call__(scope, receive, send)
            return
        core = self.core
        if core is not None:
            failure = await core.serve(scope, receive, send)
            if failure is not None:
                await self._fail(scope, receive, send, failure)
            return
        first = self.first
        if first is None:
            await super().__call__(scope, receive, send)
            return
        started = False

        def tracked(message: Message) -> Awaitable[None]:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            return send(message)

        try:
            await first(scope, receive, tracked)
        except Exception as error:
            await self._fail(scope, receive, send, Failure(error, started=started))

    async def _fail(self, scope: Scope, receive: Receive, send: Send, failure: Failure) -> None:
        """Answer with the error page and raise the exception on, as Starlette does."""
        replayed = copy(self)
        replayed.app = raising(failure.error, started=failure.started)
        bottom = _swallow if failure.started else send
        await ServerErrorMiddleware.__call__(replayed, scope, receive, bottom)


async def _swallow(message: Message) -> None:
    """Take the place of a `send` whose response has started already."""
