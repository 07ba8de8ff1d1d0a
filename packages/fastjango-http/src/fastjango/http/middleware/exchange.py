"""`Exchange`: one request and the head of its response, as the layers of the chain see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from fastjango.http.request import HttpRequest

__all__ = ["EXCHANGE_KEY", "Exchange", "request_for"]

EXCHANGE_KEY = "fastjango.exchange"
"""Key of the ASGI scope under which the chain keeps the exchange of a request."""

StreamTransform = Callable[[bytes, bool], bytes]


def request_for(scope: Scope, receive: Receive, send: Send) -> HttpRequest:
    """Return the one `HttpRequest` of a scope, made on first use."""
    from fastjango.http.request import HttpRequest

    return HttpRequest.from_scope(scope, receive, send)


class Exchange:
    """What a layer reads and edits.

    Attributes:
        scope: The ASGI scope.
        view: The endpoint that routing chose; `None` before that.
        status: Status of the response; set when response hooks run.
        headers: Raw headers of the response, names in lower case; edit the list in place.
        stream: Set it in a response hook to transform a streamed body chunk by chunk; it gets each
            chunk and whether it is the last, and returns what to send instead.
    """

    # Most of these stay as they are here: what is not set costs nothing.
    view: object = None
    status: int = 0
    stream: StreamTransform | None = None
    _body: bytes | None = None
    _state: dict[str, Any] | None = None

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.headers: list[tuple[bytes, bytes]] = []

    @property
    def request(self) -> HttpRequest:
        """The request object, the same one that the view gets; made on first use."""
        return request_for(self.scope, self.receive, self.send)

    @property
    def state(self) -> dict[str, Any]:
        """Room for layers to keep things in for the time of one request."""
        if self._state is None:
            self._state = {}
        return self._state

    # -- the request -----------------------------------------------------------------------------

    def header(self, name: bytes) -> str | None:
        """Return the first request header of that lower-case name, without building anything."""
        for key, value in self.scope["headers"]:
            if key == name:
                text: str = value.decode("latin-1")
                return text
        return None

    # -- the response ----------------------------------------------------------------------------

    @property
    def body(self) -> bytes | None:
        """The whole body, or `None` when it is streamed; setting it corrects the content length."""
        return self._body

    @body.setter
    def body(self, body: bytes) -> None:
        if self._body is None:
            raise ValueError("A streamed body cannot be replaced; set `stream` to transform it.")
        self._body = body
        if self.get_header(b"content-length") is not None:
            self.set_header(b"content-length", b"%d" % len(body))

    def begin_response(
        self, status: int, headers: list[tuple[bytes, bytes]], body: bytes | None
    ) -> None:
        """Fill in the response for the response hooks of the next group of layers."""
        self.status = status
        self.headers = headers
        if self.stream is not None:
            self.stream = None
        self._body = body

    def get_header(self, name: bytes) -> bytes | None:
        """Return the first response header of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def set_header(self, name: bytes, value: bytes) -> None:
        """Set a response header, in place of all of that lower-case name."""
        headers = self.headers
        for position, (key, _) in enumerate(headers):
            if key == name:
                headers[position] = (name, value)
                headers[position + 1 :] = [
                    pair for pair in headers[position + 1 :] if pair[0] != name
                ]
                return
        headers.append((name, value))

    def setdefault_header(self, name: bytes, value: bytes) -> None:
        """Set a response header unless there is one of that lower-case name."""
        for key, _ in self.headers:
            if key == name:
                return
        self.headers.append((name, value))

    def add_header(self, name: bytes, value: bytes) -> None:
        """Add a response header beside those of the same lower-case name."""
        self.headers.append((name, value))

    def remove_header(self, name: bytes) -> None:
        """Remove all response headers of that lower-case name."""
        self.headers[:] = [pair for pair in self.headers if pair[0] != name]

    def add_vary(self, *names: str) -> None:
        """Add request header names to `Vary`; names that are there stay, `*` swallows all."""
        for key, _ in self.headers:
            if key == b"vary":
                break
        else:
            text = names[0] if len(names) == 1 else "*" if "*" in names else ", ".join(names)
            self.headers.append((b"vary", text.encode("latin-1")))
            return
        present = [
            part.strip()
            for key, value in self.headers
            if key == b"vary"
            for part in value.decode("latin-1").split(",")
            if part.strip()
        ]
        known = {name.lower() for name in present}
        added = [name for name in names if name.lower() not in known]
        if "*" in known or not added:
            return
        value = "*" if "*" in added else ", ".join([*present, *dict.fromkeys(added)])
        self.set_header(b"vary", value.encode("latin-1"))
