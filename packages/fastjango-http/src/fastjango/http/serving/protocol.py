"""uvicorn's HTTP protocol with deadlines for slow clients and a shutdown that loses nothing."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from typing import Any

from fastjango.http.serving.options import Deadlines
from fastjango.http.serving.shutdown import is_shutting_down
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

__all__ = ["DEADLINES_VARIABLE", "GuardedProtocol", "pass_deadlines"]

DEADLINES_VARIABLE = "FASTJANGO_SERVE_DEADLINES"
"""Environment variable by which the deadlines reach worker processes, as JSON."""

_LATE = b"Request timeout."


def pass_deadlines(deadlines: Deadlines) -> None:
    """Leave the deadlines for this process and its children."""
    os.environ[DEADLINES_VARIABLE] = json.dumps(asdict(deadlines))


def _deadlines() -> Deadlines:
    text = os.environ.get(DEADLINES_VARIABLE)
    return Deadlines(**json.loads(text)) if text else Deadlines()


class _Cycle(RequestResponseCycle):
    """One request and its response; knows whether the response is an event stream."""

    endless = False

    async def send(self, message: Any) -> None:
        """Send a message to the client."""
        if not self.response_started and message["type"] == "http.response.start":
            for name, value in message.get("headers", ()):
                if name.lower() == b"content-type":
                    self.endless = value.startswith(b"text/event-stream")
        await super().send(message)

    def tell_disconnect(self) -> None:
        """Let the application see its client go, as if it had."""
        self.disconnected = True
        self.message_event.set()


class GuardedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadlines = _deadlines()
        self._timer: asyncio.TimerHandle | None = None  # of the head, then of the body
        self._write_timer: asyncio.TimerHandle | None = None
        self._received = 0
        self._draining = False

    # -- life of the connection ------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Start the clock for the first request."""
        super().connection_made(transport)
        self._start(self._deadlines.head, self._head_is_late)
        if is_shutting_down():
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop()
        self._stop_write()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the WebSocket protocol, without deadlines."""
        self._stop()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """Finish what was begun; an idle connection waits a moment for a request on its way."""
        self._draining = True
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.loop.call_later(self._deadlines.linger, self._close_if_idle)
            return
        cycle.keep_alive = False
        if getattr(cycle, "endless", False):
            cycle.tell_disconnect()
            self.loop.call_later(self._deadlines.linger, self._close)

    def _close_if_idle(self) -> None:
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self._close()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    # -- deadlines -------------------------------------------------------------------------------

    def _start(self, seconds: float, late: Any) -> None:
        self._stop()
        if seconds > 0:
            self._timer = self.loop.call_later(seconds, late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_message_begin(self) -> None:
        """Start the clock for the headers."""
        super().on_message_begin()
        if self._timer is None:
            self._start(self._deadlines.head, self._head_is_late)

    def on_headers_complete(self) -> None:
        """Start the request, and the clock for its body."""
        before: Any = self.cycle
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is before:
            return
        cycle.__class__ = _Cycle
        if self._draining:
            cycle.keep_alive = False
        self._received = 0
        self._start(self._deadlines.body, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        """Count what arrives."""
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the clock: the request is there."""
        self._stop()
        super().on_message_complete()

    def _head_is_late(self) -> None:
        self._timer = None
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer_late()
        else:
            # The answer before it comes first; after that this head has to end.
            self._start(self._deadlines.head, self._head_is_late)

    def _body_is_late(self) -> None:
        self._timer = None
        cycle: Any = self.cycle
        if self.flow.read_paused or self._received >= (
            self._deadlines.body * self._deadlines.body_rate
        ):
            self._received = 0
            self._start(self._deadlines.body, self._body_is_late)
            return
        cycle.tell_disconnect()
        if cycle.response_started:
            self._close()
        else:
            self._answer_late()

    def _answer_late(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_LATE), _LATE)
        )
        self.transport.close()

    def pause_writing(self) -> None:
        """Start the clock for a client that does not read."""
        super().pause_writing()
        if self._deadlines.write > 0 and self._write_timer is None:
            self._write_timer = self.loop.call_later(self._deadlines.write, self._reader_is_late)

    def resume_writing(self) -> None:
        """Stop that clock."""
        self._stop_write()
        super().resume_writing()

    def _stop_write(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _reader_is_late(self) -> None:
        self._write_timer = None
        cycle: Any = self.cycle
        if isinstance(cycle, _Cycle):
            cycle.tell_disconnect()
        self.transport.abort()
