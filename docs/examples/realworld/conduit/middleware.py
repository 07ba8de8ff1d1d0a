"""What the web layer refuses by itself, in the words of the document."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# NUL bytes in an address, broken headers: what the document calls an unexpected error.
_STATUSES = {400: 422}
_TEXTS = {403: "forbidden", 404: "not found", 405: "not allowed", 413: "is too large",
          422: "is malformed", 431: "has too many headers", 504: "took too long"}  # fmt: skip


class DocumentErrors:
    """Rewrites pages of errors that no view made, so that every error is JSON.

    Faults of the site stay as they are: their page is for developers.

    Args:
        app: What is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        replaced = False

        async def rewriting(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_foreign(message):
                replaced = True
                start, body = _answer(message["status"], scope["method"])
                await send(start)
                await send(body)
            elif not replaced:
                await send(message)

        await self.app(scope, receive, rewriting)


def _is_foreign(start: Message) -> bool:
    headers: dict[bytes, bytes] = {name.lower(): value for name, value in start["headers"]}
    kind = headers.get(b"content-type", b"")
    return (
        start["status"] >= 400
        and start["status"] != 500
        and not kind.startswith(b"application/json")
    )


def _answer(status: int, method: str) -> tuple[dict[str, Any], dict[str, Any]]:
    status = _STATUSES.get(status, status)
    what = "resource" if status == 404 else "request"
    errors = {"errors": {what: [_TEXTS.get(status, "cannot be answered")]}}
    body = json.dumps(errors, separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
    ]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    content = b"" if method == "HEAD" else body
    return start, {"type": "http.response.body", "body": content}
