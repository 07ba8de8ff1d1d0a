"""The peer "raw": ASGI and pydantic called by hand, which nobody can go below."""

from __future__ import annotations

import json as stdlib_json
from typing import Any

from shapes import MESSAGE, MIDDLEWARE, TEXT, Item
from starlette_like import SEVEN

JSON = b"application/json"


def dumped(value: Any) -> bytes:
    """Return a value as dense JSON."""
    return stdlib_json.dumps(value, separators=(",", ":")).encode()


async def json(scope: Any, receive: Any) -> tuple[bytes, bytes]:
    """Return a small object."""
    return JSON, dumped(MESSAGE)


async def plain(scope: Any, receive: Any) -> tuple[bytes, bytes]:
    """Return a small text."""
    return b"text/plain; charset=utf-8", TEXT.encode()


async def echo(scope: Any, receive: Any) -> tuple[bytes, bytes]:
    """Validate a body and give it back."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return JSON, Item.model_validate_json(body).model_dump_json().encode()


async def dependency(scope: Any, receive: Any) -> tuple[bytes, bytes]:
    """Return a header."""
    token = dict(scope["headers"]).get(b"x-token")
    return JSON, dumped({"token": token and token.decode("latin-1")})


ROUTES = {
    ("GET", "/json"): json,
    ("GET", "/plain"): plain,
    ("POST", "/echo"): echo,
    ("GET", "/dependency"): dependency,
}


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    found = ROUTES.get((scope["method"], scope["path"]))
    status = 200 if found else 404
    kind, body = await found(scope, receive) if found else (JSON, b'{"detail":"Not Found"}')
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app: Any = bare
for middleware in reversed(SEVEN if MIDDLEWARE else []):
    app = middleware(app)
