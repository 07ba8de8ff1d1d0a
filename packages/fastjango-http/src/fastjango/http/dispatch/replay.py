"""Replays an exception through Starlette's own wrappers, so that its handlers run as always."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .mirror import wrap_app_handling_exceptions
from .runtime import request_of

__all__ = ["Failure", "Tracker", "handle_exception", "raising"]


class Failure:
    """An exception that no handler took, and whether the response had started by then."""

    __slots__ = ("error", "send", "started")

    def __init__(self, error: Exception, *, started: bool) -> None:
        self.error: Exception = error
        self.started: bool = started
        self.send: Send | None = None  # the way out through the response hooks


class Tracker:
    """A `send` that remembers whether the response has started."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
        await self._send(message)


async def _swallow(message: Message) -> None:
    """Take the place of a `send` whose response has started already."""


def raising(error: Exception, *, started: bool) -> ASGIApp:
    """Return an application that raises `error`, having told the wrappers that it answered."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    return app


async def handle_exception(
    scope: Scope, receive: Receive, send: Send, error: Exception, *, started: bool, in_route: bool
) -> Failure | None:
    """Run the exception handlers for `error` as the route and the exception middleware would.

    Args:
        started: Whether the response has started, which leaves nothing to send.
        in_route: Whether the route's own wrapper would have seen it first.

    Returns:
        What is still to be raised, or `None` when a handler answered.
    """
    tracker = Tracker(_swallow if started else send)
    app = raising(error, started=started)
    if in_route:
        app = wrap_app_handling_exceptions(app, request_of(scope, receive, send))
    app = wrap_app_handling_exceptions(app, Request(scope, receive, send))
    try:
        await app(scope, receive, tracker)
    except Exception as left:
        return Failure(left, started=tracker.started)
    return None
