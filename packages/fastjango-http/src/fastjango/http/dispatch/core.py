"""The fused core: two of Starlette's middlewares that skip what a request does not need.

`FusedErrors` is the outermost middleware, `FusedExceptions` the one around the router. Both are the
real thing for whatever is not plain: other scopes, telemetry, body limits, routes that are not
compiled. For a compiled route they find it in the index, run it, and send its reply; an exception
is replayed through the wrappers that would have seen it.
"""

from __future__ import annotations

from copy import copy
from http.client import responses as reason_phrases
from typing import TYPE_CHECKING, Any, cast

from fastapi.exception_handlers import http_exception_handler
from fastapi.routing import APIRoute
from fastjango.http.middleware.exchange import EXCHANGE_KEY, Exchange
from fastjango.http.middleware.group import ERROR_SEND_KEY, LayerSend, exchange_of
from fastjango.http.request import REQUEST_KEY
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from .compiler import compile_endpoint
from .index import MISS
from .mirror import MAX_BODY_SIZE_SCOPE_KEY
from .replay import Failure, Tracker, handle_exception, raising
from .staged import stage
from .target import Reply, Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from fastjango.http.middleware.group import LayerGroup
    from fastjango.http.middleware.hooks import ChainHooks
    from fastjango.http.middleware.layer import Layer
    from fastjango.http.router import Router

__all__ = ["HOOKS_KEY", "TARGET_KEY", "FusedErrors", "FusedExceptions", "is_current", "prepare"]

# Scope keys: the route already found, handed from the core to the router; the hooks of the
# middleware chain around views; where to leave a response object.
TARGET_KEY = "fastjango.target"
HOOKS_KEY = "fastjango.view_hooks"
DELIVER_KEY = "fastjango.deliver"


def prepare(target: Target, request_class: type[Request]) -> None:
    """Decide once how a route runs: compiled, compiled inside exit stacks, or FastAPI's own way."""
    target.compiled = True
    route = target.route
    if not isinstance(route, APIRoute):
        return
    holder: Any = target.context if target.context is not None else route
    target.origin = holder.app
    compiled = compile_endpoint(holder.app, route)
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
        self.layers: LayerGroup | None = None
        self.hooks: ChainHooks | None = None

    def fuse(self, layers: Sequence[Layer]) -> None:
        """Make layers of the middleware chain part of this core."""
        from fastjango.http.middleware.group import LayerGroup

        self.layers = LayerGroup(self._plain, layers, self.answer_error)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" or "fastapi.telemetry" in scope or MAX_BODY_SIZE_SCOPE_KEY in scope:
            layers = self.layers
            await (self._plain if layers is None else layers)(scope, receive, send)
            return
        failure = await self.serve(scope, receive, send)
        if failure is not None:
            if failure.send is not None:
                scope[ERROR_SEND_KEY] = failure.send
            raise failure.error

    async def _plain(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run as Starlette's middleware does."""
        if scope["type"] == "http":
            self._hooks_for(scope)
        await ExceptionMiddleware.__call__(self, scope, receive, send)

    def _hooks_for(self, scope: Scope) -> ChainHooks | None:
        """Return the hooks around the view of this request; those of an outer site come first."""
        outer: ChainHooks | None = scope.get(HOOKS_KEY)
        own = self.hooks
        if own is None or own is outer:
            return outer
        if outer is not None and outer.includes(own):
            return outer
        hooks = scope[HOOKS_KEY] = own if outer is None else outer.around(own)
        return hooks

    async def answer_error(
        self, scope: Scope, receive: Receive, send: Send, error: Exception
    ) -> None:
        """Answer an exception that middleware raised, or raise what no handler takes."""
        scope["starlette.exception_handlers"] = self._pair
        failure = await handle_exception(scope, receive, send, error, started=False, in_route=False)
        if failure is not None:
            raise failure.error

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> Failure | None:
        """Answer one HTTP request; return the exception that nobody handled, if any."""
        layers = self.layers
        if layers is None:
            return await self._serve(scope, receive, send, None, None)
        # It enters the scope when something else may ask for it: most requests end here.
        outer: Exchange | None = scope.get(EXCHANGE_KEY)
        exchange = outer or Exchange(scope, receive, send)
        layers.offer(scope)
        sender = LayerSend(layers, exchange, send)
        failure: Failure | None = None
        scope["starlette.exception_handlers"] = self._pair
        try:
            if layers.waits_before:
                response = await layers.run_request(exchange, sender)
            else:
                response = layers.enter(exchange, sender)
            if response is not None:
                await response(scope, receive, sender)
        except Exception as error:
            failure = await handle_exception(
                scope, receive, sender, error, started=sender.started, in_route=False
            )
        else:
            if response is None:
                failure = await self._serve(scope, receive, sender, sender, exchange)
        if failure is None:
            # They hold each other, and the garbage collector is dearer than the whole request.
            if EXCHANGE_KEY in scope:
                del scope[EXCHANGE_KEY]
            if outer is None and REQUEST_KEY in scope:
                del scope[REQUEST_KEY]
        elif not failure.started:
            failure.send = sender
        return failure

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        sender: LayerSend | None,
        exchange: Exchange | None,
    ) -> Failure | None:
        router = self.router
        found = None if scope.get("fastapi") else router.find(scope)
        hooks = self._hooks_for(scope) if HOOKS_KEY in scope else self.hooks
        if type(found) is not Target:
            if found is MISS and getattr(router.default, "__func__", None) is _NOT_FOUND:
                return await self._miss(scope, receive, send, sender)
            return await self._own_way(scope, receive, send, None, exchange)
        if not found.compiled:
            prepare(found, router.request_class)
        run = found.run
        if run is None or not is_current(found):
            scope[TARGET_KEY] = found
            return await self._own_way(scope, receive, send, found, exchange)
        scope["starlette.exception_handlers"] = self._pair
        if "router" not in scope:
            scope["router"] = router
        started = False
        try:
            reply: Any = None
            if hooks is not None:
                if exchange is None:
                    exchange = exchange_of(scope, receive, send)
                if hooks.waits_for_views:
                    reply = await hooks.before_view(exchange, found.endpoint, scope["path_params"])
                else:
                    reply = hooks.before_view_now(exchange, found.endpoint, scope["path_params"])
            if reply is None:
                reply = await run(scope, receive, send)
            if type(reply) is tuple and DELIVER_KEY not in scope:
                status, headers, body, background = cast("Reply", reply)
                started = True
                if sender is not None:
                    await sender.reply(status, headers, body)
                else:
                    await send(
                        {"type": "http.response.start", "status": status, "headers": headers}
                    )
                    await send({"type": "http.response.body", "body": body})
                if background is not None:
                    await background()
                return None
        except Exception as error:
            _share(exchange, scope)
            return await self._recover(scope, receive, send, error, started=started)
        tracker = Tracker(send)
        try:
            await _deliver(reply, scope, receive, tracker)
        except Exception as error:
            _share(exchange, scope)
            return await self._recover(scope, receive, send, error, started=tracker.started)
        return None

    async def _recover(
        self, scope: Scope, receive: Receive, send: Send, error: Exception, *, started: bool
    ) -> Failure | None:
        """Run the handlers for an exception of a compiled route, then the chain's own hooks."""
        failure = await handle_exception(
            scope, receive, send, error, started=started, in_route=True
        )
        hooks = self._hooks_for(scope)
        if failure is None or failure.started or hooks is None:
            return failure
        tracker = Tracker(send)
        try:
            exchange = exchange_of(scope, receive, send)
            response = await hooks.after_error(exchange, failure.error)
            if response is None:
                return failure
            await _deliver(response, scope, receive, tracker)
        except Exception as left:
            return Failure(left, started=tracker.started)
        return None

    async def _miss(
        self, scope: Scope, receive: Receive, send: Send, sender: LayerSend | None
    ) -> Failure | None:
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
            if sender is not None:
                await sender.reply(404, headers, answer.body)
            else:
                await send({"type": "http.response.start", "status": 404, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body})
        except Exception as error:
            return Failure(error, started=True)
        return None

    async def _own_way(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        target: Target | None,
        exchange: Exchange | None,
    ) -> Failure | None:
        """Answer through Starlette's own wrappers and the router."""
        _share(exchange, scope)
        tracker = Tracker(send)
        delivery = scope.get(DELIVER_KEY)
        try:
            if delivery is not None and not (
                target is not None and getattr(target.route, "delivers_response", False)
            ):
                del scope[DELIVER_KEY]
                await delivery.capture(self._plain, scope, receive)
            else:
                await self._plain(scope, receive, tracker)
        except Exception as error:
            return Failure(error, started=tracker.started)
        return None


async def _deliver(reply: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response, or hand it to middleware that wants the object."""
    delivery = scope.get(DELIVER_KEY)
    if delivery is None:
        await reply(scope, receive, send)
        return
    if type(reply) is tuple:
        status, headers, body, background = cast("Reply", reply)
        response = Response(status_code=status, background=background)
        response.raw_headers, response.body = headers, body
        delivery.response = response
    elif type(reply).__call__ is Response.__call__ or hasattr(reply, "cookies"):
        delivery.response = reply
    else:
        del scope[DELIVER_KEY]
        await delivery.capture(reply, scope, receive)


def _share(exchange: Exchange | None, scope: Scope) -> None:
    """Let whatever runs next find the exchange of the core."""
    if exchange is not None:
        scope[EXCHANGE_KEY] = exchange


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
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        core = self.core
        first = self.first
        if "fastapi.telemetry" in scope or MAX_BODY_SIZE_SCOPE_KEY in scope:
            core, first = None, None
        if core is not None:
            failure = await core.serve(scope, receive, send)
            if failure is not None:
                await self._fail(scope, receive, send, failure)
            return
        if first is None:
            first = self.app
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
        else:
            scope.pop(EXCHANGE_KEY, None)

    def error_response(self, request: Request, exc: Exception) -> Response:
        """Return Starlette's plain answer, or that of the status that the error asks for."""
        from fastjango.http.responder import fault_status

        status = fault_status(exc)
        if status == 500:
            return super().error_response(request, exc)
        return PlainTextResponse(reason_phrases.get(status, "Server Error"), status_code=status)

    async def _fail(self, scope: Scope, receive: Receive, send: Send, failure: Failure) -> None:
        """Answer with the error page and raise the exception on, as Starlette does."""
        replayed = copy(self)
        replayed.app = raising(failure.error, started=failure.started)
        hooked: Send | None = failure.send or scope.pop(ERROR_SEND_KEY, None)
        bottom = _swallow if failure.started else hooked or send
        await ServerErrorMiddleware.__call__(replayed, scope, receive, bottom)


async def _swallow(message: Message) -> None:
    """Take the place of a `send` whose response has started already."""
