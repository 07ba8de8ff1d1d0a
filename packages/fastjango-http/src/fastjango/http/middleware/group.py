"""`LayerGroup`: neighbouring layers, run by one pair of loops instead of one application each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from .exchange import EXCHANGE_KEY, Exchange
from .layer import OFFERS_KEY, Layer, is_async_hook, overrides

ERROR_SEND_KEY = "fastjango.error_send"
"""Key of the ASGI scope: the way out, through the response hooks, for the page of an exception."""

__all__ = ["ERROR_SEND_KEY", "LayerGroup", "LayerSend", "exchange_of"]

_Hook = tuple[Callable[..., Any], bool, int]
_BODY_KINDS = ("http.response.body", "http.response.pathsend", "http.response.zerocopysend")
OnError = Callable[[Scope, Receive, Send, Exception], Awaitable[None]]


def exchange_of(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return the one exchange of a scope, made on first use."""
    exchange: Exchange | None = scope.get(EXCHANGE_KEY)
    if exchange is None:
        exchange = scope[EXCHANGE_KEY] = Exchange(scope, receive, send)
    return exchange


class LayerGroup:
    """An ASGI application that runs the hooks of some layers around another application."""

    def __init__(
        self, app: ASGIApp, layers: Sequence[Layer], on_error: OnError | None = None
    ) -> None:
        """Sort out which layers have which hooks.

        Args:
            layers: Outermost first.
            on_error: Answers an exception that a request hook raised, or raises it on.
        """
        self.app = app
        self.on_error = on_error
        self.layers: list[Layer] = list(layers)
        self._request = self._hooks("process_request")
        self._response = self._hooks("process_response")[::-1]
        self._websocket = self._hooks("websocket")
        self.offers: dict[str, object] = {}
        for layer in layers:
            self.offers |= layer.offers
        # Without an asynchronous hook nothing has to be awaited: no coroutine for a loop of calls.
        self.waits_before: bool = any(is_async for _, is_async, _ in self._request)
        self.waits_after: bool = any(is_async for _, is_async, _ in self._response)
        # What runs when every layer was entered, as nearly always.
        self._leave = [hook for hook, _, _ in self._response]

    def _hooks(self, name: str) -> list[_Hook]:
        return [
            (getattr(layer, name), is_async_hook(getattr(layer, name)), position)
            for position, layer in enumerate(self.layers)
            if overrides(layer, name)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = exchange_of(scope, receive, send)
            self.offer(scope)
            sender = LayerSend(self, exchange, send)
            try:
                if self.waits_before:
                    response = await self.run_request(exchange, sender)
                else:
                    response = self.enter(exchange, sender)
            except Exception as error:
                if self.on_error is None:
                    raise
                await self.on_error(scope, receive, sender, error)
                return
            if response is not None:
                await response(scope, receive, sender)
                return
            try:
                await self.app(scope, receive, sender)
            except Exception:
                if not sender.started:
                    # The error page goes out through these hooks as well.
                    scope.setdefault(ERROR_SEND_KEY, sender)
                raise
            return
        if scope["type"] == "websocket" and self._websocket:
            status = await self.refusal(exchange_of(scope, receive, send))
            if status is not None:
                await refuse(scope, receive, send, status)
                return
        await self.app(scope, receive, send)

    def offer(self, scope: Scope) -> None:
        """Leave in a scope what the layers offer, beside what those around them do."""
        if self.offers:
            outer: dict[str, object] | None = scope.get(OFFERS_KEY)
            scope[OFFERS_KEY] = self.offers if outer is None else {**outer, **self.offers}

    def enter(self, exchange: Exchange, sender: LayerSend) -> Response | None:
        """Run request hooks of which none waits; note in `sender` how far it got."""
        position = 0
        try:
            for hook, _, position in self._request:
                response: Response | None = hook(exchange)
                if response is not None:
                    sender.entered = position
                    return response
        except BaseException:
            sender.entered = position
            raise
        sender.entered = len(self.layers)
        return None

    async def run_request(self, exchange: Exchange, sender: LayerSend) -> Response | None:
        """Run the request hooks; note in `sender` how far it got."""
        for hook, is_async, position in self._request:
            sender.entered = position
            response: Response | None = await hook(exchange) if is_async else hook(exchange)
            if response is not None:
                return response
        sender.entered = len(self.layers)
        return None

    def leave(self, exchange: Exchange, entered: int) -> None:
        """Run response hooks of which none waits, of the layers that were entered."""
        if entered == len(self.layers):
            for hook in self._leave:
                hook(exchange)
            return
        for hook, _, position in self._response:
            if position <= entered:
                hook(exchange)

    async def run_response(self, exchange: Exchange, entered: int) -> None:
        """Run the response hooks of the layers that were entered."""
        for hook, is_async, position in self._response:
            if position <= entered:
                if is_async:
                    await hook(exchange)
                else:
                    hook(exchange)

    async def refusal(self, exchange: Exchange) -> int | None:
        """Return the status to refuse a WebSocket with, or `None`."""
        for hook, is_async, _ in self._websocket:
            status: int | None = await hook(exchange) if is_async else hook(exchange)
            if status is not None:
                return status
        return None


async def refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """Refuse a WebSocket before it is accepted, with an HTTP status where the server can."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await WebSocket(scope, receive, send).send_denial_response(Response(status_code=status))
        return
    # Without the extension a close before the accept is a 403.
    await send({"type": "websocket.close", "code": 1008, "reason": ""})


def _is_event_stream(head: Message) -> bool:
    """Whether a client waits for the head alone, before there is anything in the body."""
    for name, value in head.get("headers", ()):
        if name == b"content-type":
            return bytes(value).startswith((b"text/event-stream", b"application/jsonl"))
    return False


class LayerSend:
    """The `send` inside a group: holds the head back until the hooks have seen it."""

    _head: Message | None = None
    _stream: Callable[[bytes, bool], bytes] | None = None
    entered = 0
    started: bool = False

    def __init__(self, group: LayerGroup, exchange: Exchange, send: Send) -> None:
        self._group = group
        self._exchange = exchange
        self._send = send

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.started = True
            if _is_event_stream(message):
                await self._start(message, None)
            else:
                self._head = message
        elif self._head is None:
            await self._send(self._transformed(message) if self._stream else message)
        elif (
            kind == "http.response.body"
            or kind == "http.response.pathsend"
            or kind == "http.response.zerocopysend"
        ):
            await self._first(self._head, message)
        else:
            await self._send(message)

    async def reply(
        self, status: int, headers: list[tuple[bytes, bytes]], body: bytes | memoryview
    ) -> None:
        """Send a whole response through the hooks, without taking it apart into messages first."""
        exchange = self._exchange
        exchange.begin_response(status, headers, body if type(body) is bytes else bytes(body))
        group = self._group
        if group.waits_after:
            await group.run_response(exchange, self.entered)
        else:
            group.leave(exchange, self.entered)
        send = self._send
        await send(
            {"type": "http.response.start", "status": exchange.status, "headers": exchange.headers}
        )
        await send({"type": "http.response.body", "body": exchange.body})

    async def _first(self, head: Message, message: Message) -> None:
        self._head = None
        whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        body: bytes | memoryview = message.get("body", b"")
        await self._start(head, bytes(body) if whole else None)
        if whole:
            if self._exchange.body is not body:
                message = {**message, "body": self._exchange.body}
        elif self._stream is not None:
            message = self._transformed(message)
        await self._send(message)

    async def _start(self, head: Message, body: bytes | None) -> None:
        exchange = self._exchange
        exchange.begin_response(head["status"], list(head.get("headers", ())), body)
        await self._group.run_response(exchange, self.entered)
        if body is None:
            self._stream = exchange.stream
        await self._send({**head, "status": exchange.status, "headers": exchange.headers})

    def _transformed(self, message: Message) -> Message:
        if message["type"] != "http.response.body" or self._stream is None:
            return message
        more = message.get("more_body", False)
        return {**message, "body": self._stream(message.get("body", b""), not more)}
