"""What `serve` can be told, as one record."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SITE", "Deadlines", "ServeOptions"]

SITE = "fastjango.http.asgi:get_asgi_application"
"""Import string of the factory that builds the configured site."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a client may take, in seconds; `0` switches a deadline off.

    Attributes:
        head: From the connection, or the first byte of a further request, to the end of the
            headers; then 408.
        body: The interval in which a body has to make progress; then 408.
        body_rate: Bytes per second that count as progress.
        write: How long the client may leave an answer unread once its buffers are full; then the
            connection is cut.
        linger: How long an idle connection stays open when the server stops, for a request that
            is on its way.
    """

    head: float = 10.0
    body: float = 20.0
    body_rate: int = 100
    write: float = 30.0
    linger: float = 0.5


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve.

    Attributes:
        app: Import string `module:attribute` of the application or of its factory.
        factory: Whether `app` is called to get the application.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        uds: Path of a Unix socket, in place of host and port.
        workers: Processes; a dead one is replaced.
        grace: Seconds that requests in flight get to finish when the server stops.
        access_log: Whether each request is logged.
        proxies: Addresses whose X-Forwarded-For and -Proto count, separated by commas.
        engine: `"uvicorn"` or `"granian"`; the latter has a deadline for the headers alone.
        reload: Restart on changes of these folders; none if empty.
        deadlines: How long clients may take.
    """

    app: str = SITE
    factory: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    uds: str | None = None
    workers: int = 1
    grace: float = 30.0
    access_log: bool = False
    proxies: str | None = None
    engine: str = "uvicorn"
    reload: tuple[str, ...] = ()
    deadlines: Deadlines = field(default_factory=Deadlines)
