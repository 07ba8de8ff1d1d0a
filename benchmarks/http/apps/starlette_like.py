"""Seven pure ASGI middlewares, for the peers that have no stack of their own."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SEVEN"]


class _Headers:
    """Adds headers to each response, as most middleware does."""

    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.own(scope)]
            await send(message)

        await self.app(scope, receive, sender)

    def own(self, scope: Scope) -> Any:
        """Return the headers to add."""
        return self.headers


class Security(_Headers):
    """Security headers."""

    headers = (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
    )


class Policy(_Headers):
    """Content security policy."""

    headers = ((b"content-security-policy", b"default-src 'self'"),)


class RequestID(_Headers):
    """A random id per request."""

    def own(self, scope: Scope) -> Any:
        """Return a fresh id."""
        return ((b"x-request-id", secrets.token_hex(16).encode()),)


class Common(_Headers):
    """Checks the host and the user agent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = dict(scope["headers"]) if scope["type"] == "http" else {}
        names.get(b"host")
        names.get(b"user-agent")
        await self.app(scope, receive, send)


class Cors(_Headers):
    """Answers other origins."""

    def own(self, scope: Scope) -> Any:
        """Vary by origin when there is one."""
        return ((b"vary", b"Origin"),) if b"origin" in dict(scope["headers"]) else ()


class Csrf(_Headers):
    """Checks the origin of unsafe requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            dict(scope["headers"]).get(b"sec-fetch-site")
        await self.app(scope, receive, send)


class Frame(_Headers):
    """Forbids frames."""

    headers = ((b"x-frame-options", b"DENY"),)


SEVEN = [Security, Policy, RequestID, Common, Cors, Csrf, Frame]
