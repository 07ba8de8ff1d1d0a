"""Limits on the stream: how much a client may send, and how long an answer may take.

These are plain ASGI middleware, as they stand between the server and everything else.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from fastjango.core import settings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["DeadlineMiddleware", "LimitsMiddleware"]

logger: logging.Logger = logging.getLogger("fastjango.request")


async def _refuse(send: Send, status: int, text: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(text)),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": text})


class LimitsMiddleware:
    """Enforces `REQUEST_MAX_BODY_SIZE`, `REQUEST_MAX_HEADERS` and `REQUEST_MAX_HEADER_SIZE`.

    The body is counted as it arrives, whatever its length was said to be. Paths and queries with a
    NUL character are refused, as no database can store it. WebSockets have no body, and their
    handshake is refused for the same reasons.

    Args:
        app: What is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.max_body: int | None = settings.REQUEST_MAX_BODY_SIZE
        self.max_headers: int = settings.REQUEST_MAX_HEADERS
        self.max_header_size: int = settings.REQUEST_MAX_HEADER_SIZE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._head_refusal(scope)
        if refusal is not None:
            if scope["type"] == "websocket":
                # Before it is accepted, the server answers the handshake with 403.
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
            else:
                await _refuse(send, *refusal)
            return
        if self.max_body is None or scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        await self._counted(scope, receive, send, self.max_body)

    def _head_refusal(self, scope: Scope) -> tuple[int, bytes] | None:
        headers = scope["headers"]
        if len(headers) > self.max_headers:
            return 431, b"Too many request headers."
        lengths: list[bytes] = []
        size = 0
        for name, value in headers:
            size += len(name) + len(value)
            if name == b"content-length":
                lengths.append(value)
        if size > self.max_header_size:
            return 431, b"Request headers are too large."
        if (
            "\0" in scope["path"]
            or b"\0" in scope["query_string"]
            or b"%00" in (scope["query_string"])
        ):
            return 400, b"The address holds a NUL character."
        if lengths:
            if len(set(lengths)) > 1 or not lengths[0].isdigit():
                return 400, b"Content-Length is no single number."
            # Python reads no number of more than 4,300 digits, and no body has one of more than 20.
            digits = lengths[0].lstrip(b"0")
            if self.max_body is not None and (
                len(digits) > 20 or int(digits or b"0") > self.max_body
            ):
                return 413, b"The request body is too large."
        return None

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        received = 0
        too_large = False
        started = False

        async def counting() -> Message:
            nonlocal received, too_large
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    too_large = True
                    return {"type": "http.disconnect"}
            return message

        async def watching(message: Message) -> None:
            nonlocal started
            if too_large and not started:
                # What the application says of the broken body is not what happened.
                if message["type"] == "http.response.start":
                    started = True
                    await _refuse(send, 413, b"The request body is too large.")
                return
            if too_large:
                return
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counting, watching)
        except Exception:
            if not too_large:
                raise
        if too_large and not started:
            await _refuse(send, 413, b"The request body is too large.")


class DeadlineMiddleware:
    """Ends a request whose answer has not begun after `REQUEST_TIMEOUT` seconds, with 504.

    The view is cancelled: its transaction rolls back and its connection goes back. A response that
    has begun, a stream for one, may take as long as it likes.

    Args:
        app: What is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.seconds: float | None = settings.REQUEST_TIMEOUT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.seconds:
            await self.app(scope, receive, send)
            return
        deadline = asyncio.timeout(self.seconds)
        started = ended = False
        try:
            async with deadline:

                async def starting(message: Message) -> None:
                    nonlocal started
                    if message["type"] == "http.response.start":
                        started = True
                        # Too late for this is what a view that was cancelled still has to say,
                        # and the page of an error that has left the block.
                        if not ended and not deadline.expired():
                            deadline.reschedule(None)
                    await send(message)

                try:
                    await self.app(scope, receive, starting)
                finally:
                    ended = True
        except TimeoutError:
            if not deadline.expired():
                raise
            path: Any = scope["path"]
            logger.error("No answer after %g s: %s", self.seconds, path, extra={"status_code": 504})
            # One that began after all and broke off is cut by the server.
            if not started:
                await _refuse(send, 504, b"The request took too long.")
