"""Turns an ASGI application into a response object, for middleware that takes and returns those.

A route that makes a response object hands it over as it is. Everything else runs in a task of its
own and is read message by message: a body that comes whole becomes an `HttpResponse`, a stream
stays one, with nothing read ahead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream
from fastjango.http.dispatch.core import DELIVER_KEY
from starlette._utils import create_collapsing_task_group
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope

if TYPE_CHECKING:
    from fastjango.http.response import HttpResponseBase

__all__ = ["DELIVER_KEY", "Collector", "Delivery", "as_django_response", "replayed"]


class Collector:
    """A `send` that keeps the messages of a response which comes whole."""

    __slots__ = ("chunks", "head")

    def __init__(self) -> None:
        self.head: Message | None = None
        self.chunks: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.head = message
        elif message["type"] == "http.response.body":
            self.chunks.append(bytes(message.get("body", b"")))

    def response(self) -> HttpResponseBase:
        """Return what was collected.

        Raises:
            RuntimeError: Nothing was.
        """
        if self.head is None:
            raise RuntimeError("The application ended without sending a response.")
        return _whole(self.head, b"".join(self.chunks))


class Delivery:
    """Takes the response of one request.

    Attributes:
        response: A response object that the route handed over, or that was captured.
    """

    __slots__ = ("_group", "_stack", "response")

    def __init__(self, stack: AsyncExitStack, group: TaskGroup | None = None) -> None:
        """Prepare for one response.

        Args:
            stack: Ends what a captured application still does.
            group: Where to run it; needed when the stack belongs to another task.
        """
        self._stack = stack
        self._group = group
        self.response: Response | None = None

    async def capture(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Run `app` in a task until the head of its response and its first chunk are there.

        The task ends with the exit stack; one that still streams to nobody is told so.

        Raises:
            RuntimeError: The application ended without a response.
        """
        sender, receiver = anyio.create_memory_object_stream[Message](0)
        failures: list[Exception] = []

        async def run() -> None:
            async with sender:
                try:
                    await app(scope, receive, sender.send)
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    pass
                except Exception as error:
                    failures.append(error)

        group = self._group
        if group is None:
            group = await self._stack.enter_async_context(create_collapsing_task_group())
        self._stack.callback(receiver.close)
        group.start_soon(run)
        head = await _next(receiver, "http.response.start")
        if head is None:
            if failures:
                raise failures[0]
            raise RuntimeError("The application ended without sending a response.")
        first = await _next(receiver, "http.response.body")
        if first is None and failures:
            raise failures[0]
        if first is None or not first.get("more_body", False):
            self.response = _whole(head, b"" if first is None else bytes(first.get("body", b"")))
            return
        self.response = _streamed(head, first, receiver, failures)


async def _next(receiver: MemoryObjectReceiveStream[Message], kind: str) -> Message | None:
    async for message in receiver:
        if message["type"] == kind:
            return message
    return None


def _whole(head: Message, body: bytes) -> HttpResponseBase:
    from fastjango.http.response import HttpResponse

    response = HttpResponse(body, status=head["status"])
    _copy_headers(response, head.get("headers", ()))
    return response


def _streamed(
    head: Message,
    first: Message,
    receiver: MemoryObjectReceiveStream[Message],
    failures: list[Exception],
) -> HttpResponseBase:
    from fastjango.http.streaming import StreamingHttpResponse

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(first.get("body", b""))
        while (message := await _next(receiver, "http.response.body")) is not None:
            yield bytes(message.get("body", b""))
            if not message.get("more_body", False):
                return
        if failures:
            raise failures[0]

    response = StreamingHttpResponse(chunks(), status=head["status"])
    _copy_headers(response, head.get("headers", ()))
    return response


def as_django_response(response: Response) -> HttpResponseBase:
    """Return a response with Django's surface for a plain one of Starlette's."""
    from fastjango.http.response import HttpResponseBase

    if isinstance(response, HttpResponseBase):
        return response
    made = _whole(
        {"status": response.status_code, "headers": response.raw_headers}, bytes(response.body)
    )
    made.background = response.background
    return made


def _copy_headers(response: HttpResponseBase, headers: Any) -> None:
    del response.headers["Content-Type"]
    for name, value in headers:
        text: str = value.decode("latin-1")
        key: str = name.decode("latin-1")
        if key == "set-cookie":
            response.cookies.load(text)
        elif key in response.headers:
            response.headers[key] = f"{response.headers[key]}, {text}"
        else:
            response.headers["-".join(part.capitalize() for part in key.split("-"))] = text


def replayed(scope: Scope, receive: Receive) -> Receive:
    """Return a `receive` that gives the body again if middleware has read it already."""
    request: Any = scope.get("fastjango.request")
    if request is None:
        return receive
    body: bytes | None = request.__dict__.get("_body")
    stream = request._stream
    if body is None:
        if stream is None or not hasattr(stream, "seek"):
            return receive
        position = stream.tell()
        stream.seek(0)
        body = cast("bytes", stream.read())
        stream.seek(position)
    message: Message = {"type": "http.request", "body": bytes(body), "more_body": False}
    pending = [message]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
