"""The application under test, called without a server."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any, Final

from fastjango.core.conf import settings
from fastjango.http.bodies import LimitedStream
from fastjango.http.request import REQUEST_KEY, ASGIRequest, HttpRequest, WSGIRequest
from fastjango.http.response import (
    CAPTURE_KEY,
    HttpResponse,
    HttpResponseBase,
    ResponseHeaders,
)
from fastjango.signals import request_finished, request_started
from fastjango.testing.lifespan import entered, left
from fastjango.testing.payload import FakePayload
from fastjango.testing.portal import portal

__all__ = ["AsyncClientHandler", "ClientHandler", "conditional_content_removal"]

_BODILESS: Final = frozenset({204, 304})
_site: list[tuple[int, Any]] = []


def site() -> Any:
    """Return the application that the settings describe, built anew when settings change."""
    from fastjango.http.asgi import get_asgi_application  # boots the project

    generation: int = settings.generation
    if not _site or _site[0][0] != generation:
        _site[:] = [(generation, get_asgi_application())]
        # Booting may have changed settings itself.
        _site[0] = (settings.generation, _site[0][1])
    return _site[0][1]


async def _current_site() -> Any:
    """Return `site()`, after the one that it replaces has been left."""
    former = _site[0][1] if _site else None
    app = site()
    if former is not None and former is not app:
        await left(former)
    return app


def conditional_content_removal(request: HttpRequest, response: Any) -> Any:
    """Take the content from responses that servers send without one (RFC 9112 section 6.3)."""
    status = response.status_code
    if 100 <= status < 200 or status in _BODILESS or request.method == "HEAD":
        if response.streaming:
            response.streaming_content = []
        else:
            response.content = b""
    return response


@contextmanager
def _connections_kept() -> Generator[None]:
    """Keep the ORM from closing the test's connections at the borders of a request."""
    orm: Any = sys.modules.get("fastjango.orm")
    close = getattr(orm, "close_old_connections", None) if orm is not None else None
    receiver: Any = close
    disconnected = [
        signal
        for signal in (request_started, request_finished)
        if close is not None and signal.disconnect(close)
    ]
    try:
        yield
    finally:
        for signal in disconnected:
            signal.connect(receiver, inline=True)


class _Answer:
    """Collects what the application sends."""

    def __init__(self, body: Any) -> None:
        self.body_file = body
        self.captured: list[Any] = []
        self.start: dict[str, Any] | None = None
        self.chunks: list[bytes] = []
        self.body_sent = False
        self.finished = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """Give the request's body, then wait until the response is complete."""
        if not self.body_sent:
            self.body_sent = True
            return {"type": "http.request", "body": self.body_file.read(), "more_body": False}
        await self.finished.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take a message of the response."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.chunks.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self.finished.set()

    def response(self) -> Any:
        """Return the response as it went over the wire, in the view's own object if it made one."""
        if self.start is None:
            return None
        headers, cookies = ResponseHeaders(), SimpleCookie()
        for raw_name, raw_value in self.start.get("headers", ()):
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name.lower() == "set-cookie":
                cookies.load(value)
            elif name in headers:
                headers[name] = f"{headers[name]}, {value}"
            else:
                headers[name] = value
        content, status = b"".join(self.chunks), self.start["status"]
        found = self.captured[-1] if self.captured else None
        if not isinstance(found, HttpResponseBase):
            found = HttpResponse()
        found.status_code, found.headers = status, headers
        found.__dict__["cookies"] = cookies
        if found.streaming:
            streamed: Any = found
            closers = list(streamed._resource_closers)
            streamed.streaming_content = [content]
            streamed._resource_closers = closers
        elif found.content != content:  # type: ignore[attr-defined]  # one with content
            found.content = content  # type: ignore[attr-defined]
        return found


class _Handler:
    """Calls an application with a request."""

    def __init__(self, enforce_csrf_checks: bool = True, app: Any = None) -> None:
        self.enforce_csrf_checks = enforce_csrf_checks
        self.app = app

    async def respond(self, request: Any, body: Any) -> tuple[Any, Exception | None]:
        """Return the response, and the exception that the application let through."""
        app = self.app if self.app is not None else await _current_site()
        request._dont_enforce_csrf_checks = not self.enforce_csrf_checks
        lifespan = await entered(app)
        answer = _Answer(body)
        scope: dict[str, Any] = {
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "raw_path": None,
            "extensions": {},
            "client": ("127.0.0.1", 0),
            "server": ("testserver", 80),
            "root_path": "",
            **request.scope,
            "state": dict(lifespan.state),
            REQUEST_KEY: request,
            CAPTURE_KEY: answer.captured.append,
        }
        server = scope["server"]
        scope["server"] = (server[0], int(server[1]))
        scope["raw_path"] = scope["raw_path"] or scope["path"].encode()
        error: Exception | None = None
        try:
            await app(scope, answer.receive, answer.send)
        except Exception as raised:
            error = raised
        finally:
            answer.finished.set()
        return answer.response(), error


class ClientHandler(_Handler):
    """Calls the application from sync code."""

    def __call__(self, environ: dict[str, Any]) -> tuple[Any, Exception | None]:
        """Return the response to a WSGI environment, and the exception that came with it."""
        request = WSGIRequest(environ)
        request.scope["client"] = (environ.get("REMOTE_ADDR", ""), 0)
        request.scope["server"] = (environ["SERVER_NAME"], environ["SERVER_PORT"])
        with _connections_kept():
            response, error = portal().run(self.respond(request, environ["wsgi.input"]))
        if response is not None:
            conditional_content_removal(request, response)
            response.wsgi_request = request
        return response, error


class AsyncClientHandler(_Handler):
    """Calls the application from async code, on the running loop."""

    async def __call__(self, scope: dict[str, Any]) -> tuple[Any, Exception | None]:
        """Return the response to an ASGI scope, and the exception that came with it."""
        body: Any = scope.pop("_body_file", None) or FakePayload("")
        stream: Any = LimitedStream(body, len(body))
        request = ASGIRequest(scope, stream)
        with _connections_kept():
            response, error = await self.respond(request, body)
        if response is not None:
            conditional_content_removal(request, response)
            response.asgi_request = request
        return response, error
